/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * core/panic.h - stop the machine, saying why.
 *
 * A panic stops the other CPUs, prints message, registers and a symbolised
 * backtrace of every CPU on all consoles, then halts, resets or exits the
 * emulator as `panic=` and `debug_exit=` say.
 * ASSERT is for kernel invariants; user input must never reach it.
 */

#include "lib/types.h"

struct trap_frame;

NORETURN void panic(const char *fmt, ...) PRINTF(1, 2);
/* The same, with the registers of the context that failed. */
NORETURN void panic_at(const struct trap_frame *f, const char *fmt, ...)
	PRINTF(2, 3);

bool panic_in_progress(void);

/*
 * What to call the thread that runs on a CPU (NULL = nothing to say); set by
 * sched/.  Called in a panic: it takes no locks.
 */
void panic_set_thread_name(const char *(*fn)(unsigned cpu));

/* Status for the emulator's debug exit after a panic: `qemu` exits with 7. */
#define PANIC_EXIT_STATUS 3

#ifdef UMBRA_HOST_TEST
#include <assert.h>
#define ASSERT(x) assert(x)
#else
#define ASSERT(x)                                                             \
	(likely(x) ? (void)0                                                  \
		   : panic("%s:%d: assertion failed: %s", __FILE__, __LINE__, \
			   #x))
#endif

/* Costly checks: only in debug kernels. */
#define DEBUG_ASSERT(x)            \
	do {                       \
		if (DEBUG_KERNEL)  \
			ASSERT(x); \
	} while (0)
