/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/cpu_clock.h - clocks that go while a process or a task runs.
 *
 * Units:   nanoseconds of processor time.
 * Locking: reading takes the process's signal_lock, the _locked form has it.
 * Source:  man 2 clock_getres, man 3 clock_getcpuclockid.
 */

#include "proc/process.h"

/* Which part of the time counts; the numbers are those in clock ids. */
enum cpu_time {
	CPU_TIME_PROF,  /* all, as ITIMER_PROF counts it */
	CPU_TIME_VIRT,  /* in user mode */
	CPU_TIME_SCHED, /* all */
	CPU_TIMES,
};

struct cpu_clock {
	struct process *process; /* a reference */
	struct task *task;       /* a reference; NULL: the whole process */
	enum cpu_time time;
};

/* Is it the id of such a clock? */
static inline bool
is_cpu_clock(int id)
{
	return id < 0 || id == CLOCK_PROCESS_CPUTIME_ID ||
	       id == CLOCK_THREAD_CPUTIME_ID;
}

/* -EINVAL: no such clock, or not the caller's to see. */
NODISCARD int cpu_clock_get(int id, struct cpu_clock *out);
void cpu_clock_put(struct cpu_clock *c);
uint64_t cpu_clock_read(const struct cpu_clock *c);
/* Of a whole process. */
uint64_t process_cpu_ns_locked(struct process *p, enum cpu_time time);

/*
 * Nothing is counted while a process runs: who waits for its clock looks again
 * when it can have got there at the earliest.  used is what the clock shows,
 * *seen what it showed at the last look.  Returns the time of the next look.
 */
uint64_t cpu_clock_next_look(const struct process *p, uint64_t used,
			     uint64_t wanted, uint64_t *seen);
