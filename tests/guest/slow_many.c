/* SPDX-License-Identifier: MIT */
/*
 * slow_many.c - 10,000 processes at once, 100,000 one after the other.
 *
 * Takes long under emulation: `make test-slow`.
 */
#define ALIVE 10000
#define FORKS 100000

#include "many.c"
