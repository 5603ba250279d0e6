/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/strace.h - which processes have their system calls logged.
 *
 * The dispatcher tests one word, strace_active: is anybody traced at all?  Only
 * then does it look at the process (marks.strace).
 *
 * Context: any.  Locking: strace_active is atomic and only grows but for the
 *          last tracer's end; a process's bits are atomic.
 */

#include "lib/types.h"

struct process;

extern bool strace_active; /* [a] test with unlikely() */

/* bits: enum strace_bits. */
void strace_set(struct process *p, unsigned bits);
