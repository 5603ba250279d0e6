/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * core/wallclock.h - the time of day: the monotonic clock plus an offset.
 *
 * Units:   nanoseconds since 1970-01-01 00:00 UTC.
 * Context: any; the offset is one atomic word.
 */

#include "lib/types.h"

uint64_t wallclock_ns(void);
/* Make it now this time; the monotonic clock does not move. */
void wallclock_set_ns(uint64_t now);
/* What to add to clock_now_ns() to get the time of day. */
uint64_t wallclock_offset_ns(void);

struct boot_time;
/*
 * Set the clock from the time the loader was given, advanced by the cycles
 * passed since.  False: the time is unknown or not a date; the clock stays.
 */
bool wallclock_set_boot_time(const struct boot_time *t, uint64_t now_cycles,
			     uint64_t cycles_hz);
