/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/itimer.h - the real-time interval timer of a process.
 *
 * Units:   nanoseconds.  Context: the process itself.
 * Source:  man 2 setitimer, alarm.
 */

#include "proc/process.h"

/* Time until it fires (0 = off) and period. */
void itimer_get(struct process *p, uint64_t *left_ns, uint64_t *interval_ns);
/* first 0 turns it off. */
void itimer_set(struct process *p, uint64_t first_ns, uint64_t interval_ns);
