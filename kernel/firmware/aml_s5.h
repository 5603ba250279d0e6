/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * firmware/aml_s5.h - the two numbers of the \_S5 package.  Pure.
 */

#include "lib/types.h"

/*
 * Look for \_S5 in n bytes of ACPI bytecode; false if there is no well-formed
 * one.  a, b: the sleep types for PM1a and PM1b, 0-7.
 */
NODISCARD bool
aml_find_s5(const uint8_t *code, size_t n, uint8_t *a, uint8_t *b);
