/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/posix_timer.h - timers that programs make: timer_create(2) and family.
 *
 * A timer belongs to the process that made it; exec and exit delete it, fork
 * does not copy it.
 *
 * Units:  nanoseconds of the timer's clock.
 * Errors: -EINVAL: no such timer.
 */

#include <linux/time.h>

#include "proc/process.h"

struct posix_timer_value {
	uint64_t value_ns; /* 0 = off */
	uint64_t interval_ns;
};

/*
 * event NULL: SIGALRM with the id as value.  -EAGAIN (too many signals), also
 * -EINVAL (event, clock), -EOPNOTSUPP (a clock without timers), -EPERM.
 */
NODISCARD int
posix_timer_create(int clock, const struct sigevent *event, int *id);
/* old may be NULL. */
NODISCARD int posix_timer_set(int id, bool absolute,
			      const struct posix_timer_value *to,
			      struct posix_timer_value *old);
NODISCARD int posix_timer_get(int id, struct posix_timer_value *out);
/* Periods missed before the last signal, or -EINVAL. */
NODISCARD int posix_timer_overrun(int id);
NODISCARD int posix_timer_delete(int id);

void posix_timers_end(struct process *p);
