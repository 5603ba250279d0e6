/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * sched/sched.h - starting the scheduler, and what it can tell.
 */

#include "lib/types.h"

/* Make the running boot context CPU 0's idle thread; choose the policy by
 * name (`sched=`), NULL = fair. */
void sched_init(const char *policy);

/* A secondary CPU joins: its context becomes the idle thread. */
void sched_init_cpu(void);

/* Become the idle loop; never returns. */
NORETURN void sched_idle_loop(void);

struct sched_stats {
	unsigned running, threads; /* ready threads; all threads */
	uint64_t switches;
	uint64_t blocked; /* threads in uninterruptible sleep */
	uint64_t load[3]; /* 1, 5, 15 minutes, fixed point << 11 */
	uint64_t user_ns, kernel_ns, idle_ns; /* sums over CPUs */
};
void sched_stats(struct sched_stats *out);
void sched_cpu_stats(unsigned cpu, struct sched_stats *out);
