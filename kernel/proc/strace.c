/* SPDX-License-Identifier: MIT */
#include "proc/strace.h"

#include "proc/process.h"

/*
 * proc/strace.c - switching the trace of a process on and off.
 *
 * strace_active stays on once it was: processes come and go with their bits,
 * and counting them would cost each clone and exit what this saves.
 */

bool strace_active;

void
strace_set(struct process *p, unsigned bits)
{
	atomic_store(&p->marks.strace, bits);
	if (bits)
		__atomic_store_n(&strace_active, true, __ATOMIC_RELAXED);
}
