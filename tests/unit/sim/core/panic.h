/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * sim/core/panic.h - panics as functions: the test says what happens.
 */

#include "lib/types.h"

NORETURN void panic(const char *fmt, ...) PRINTF(1, 2);
bool panic_in_progress(void);
void panic_set_thread_name(const char *(*fn)(unsigned cpu));

#define ASSERT(x) ((x) ? (void)0 : panic("%s:%d: %s", __FILE__, __LINE__, #x))

#define DEBUG_ASSERT(x) ASSERT(x)
