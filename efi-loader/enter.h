/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * enter.h - the last instructions of the loader (enter.S).
 */

#include <stdint.h>

#include "lib/compiler.h"

/*
 * Load the page tables, take the stack, jump to the kernel's entry with info
 * in RDI.  Begins a page of its own, which both page tables map one to one.
 */
NORETURN void
enter(uint64_t root, uint64_t entry, uint64_t stack_top, uint64_t info);
