/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/backtrace.h - who called whom, by frame pointers.
 *
 * Every step is bounded and every load may fail, so a smashed stack ends the
 * walk instead of the machine.  Context: any, panics and NMIs included.
 */

#include "lib/types.h"

struct arch_thread;
struct trap_frame;

/*
 * Store the program counters of the interrupted context f, or of the caller if
 * f is NULL, innermost first; returns how many.
 */
size_t backtrace_from(const struct trap_frame *f, uintptr_t *pcs, size_t max);

/* The same of a thread that does not run now. */
size_t
backtrace_thread(const struct arch_thread *t, uintptr_t *pcs, size_t max);

/* The registers as lines of text with a NUL at the end; returns the length. */
size_t trap_frame_format(const struct trap_frame *f, char *buf, size_t size);

/* Read kernel memory that may not be there. */
NODISCARD bool kernel_load_u64(const void *p, uint64_t *out);
