/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fake/core/panic.h - a panic fails the test.
 */

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/types.h"

#define panic(...)                            \
	do {                                  \
		fprintf(stderr, __VA_ARGS__); \
		fputc('\n', stderr);          \
		abort();                      \
	} while (0)

#define ASSERT(x)       assert(x)
#define DEBUG_ASSERT(x) assert(x)
