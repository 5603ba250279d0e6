/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * core/cmdline.h - the kernel command line.
 *
 * Words are separated by blanks, double quotes keep blanks together.  Words
 * after a lone "--" belong to init.  As on Linux, a word the kernel does not
 * know goes to init too: NAME=VALUE as environment, others as arguments;
 * the list of known names is in cmdline.c.
 */

#include "lib/types.h"

#define CMDLINE_MAX 4096

void cmdline_init(const char *text, size_t size);
const char *cmdline_text(void); /* as given: /proc/cmdline */

/* Value of the last NAME=VALUE ("" for a bare NAME), or NULL. */
const char *cmdline_get(const char *name);
/* The nth (from 0) value of a name given several times, or NULL. */
const char *cmdline_get_nth(const char *name, unsigned n);
/* Number of a NAME=NUMBER, or fallback if absent or malformed (logged). */
uint64_t cmdline_get_u64(const char *name, uint64_t fallback);

/* The nth argument / environment string for init, or NULL. */
const char *cmdline_init_arg(unsigned n);
const char *cmdline_init_env(unsigned n);
