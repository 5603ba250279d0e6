/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/timerfd.h - a timer as a file: reading tells how often it has expired.
 *
 * Units:  nanoseconds of the clock it was made for.
 * Source: man 2 timerfd_create.
 */

#include "fs/file.h"

enum timerfd_flags {
	TIMERFD_ABSOLUTE = 1 << 0,
	TIMERFD_CANCEL_ON_SET = 1 << 1, /* reads fail once the clock is set */
};

struct timerfd_time {
	uint64_t value_ns; /* 0 = off */
	uint64_t interval_ns;
};

/* clock: CLOCK_REALTIME, _MONOTONIC, _BOOTTIME or their _ALARM forms. */
NODISCARD int timerfd_create(int clock, unsigned flags, struct file **out);
bool file_is_timerfd(const struct file *f);
void timerfd_get(struct file *f, struct timerfd_time *now);
void timerfd_set(struct file *f, unsigned flags, const struct timerfd_time *to,
		 struct timerfd_time *old);
