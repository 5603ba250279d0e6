/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/itimer.h - the three interval timers of a process: ITIMER_REAL,
 * ITIMER_VIRTUAL, ITIMER_PROF.
 *
 * Units:   nanoseconds, of the clock, of user time, of processor time.
 * Context: the process itself.
 * Source:  man 2 setitimer, alarm.
 */

#include "proc/process.h"

struct itimer_value {
	uint64_t left_ns; /* 0 = off */
	uint64_t interval_ns;
};

void itimer_get(struct process *p, unsigned which, struct itimer_value *now);
/* old may be NULL. */
void itimer_set(struct process *p, unsigned which,
		const struct itimer_value *to, struct itimer_value *old);
