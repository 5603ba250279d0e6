/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * core/wallclock.h - the time of day: the monotonic clock plus an offset.
 *
 * Units:   nanoseconds since 1970-01-01 00:00 UTC.
 * Context: any; the offset is one atomic word.
 */

#include "lib/list.h"
#include "lib/types.h"

uint64_t wallclock_ns(void);
/* Make it now this time; the monotonic clock does not move. */
void wallclock_set_ns(uint64_t now);
/* What to add to clock_now_ns() to get the time of day. */
uint64_t wallclock_offset_ns(void);

/* When a time of day comes, on the monotonic clock; 0 if it is long past. */
static inline uint64_t
wallclock_to_monotonic(uint64_t wall_ns)
{
	uint64_t offset = wallclock_offset_ns();

	return wall_ns > offset ? wall_ns - offset : 0;
}

/*
 * Who has to know that the clock was set: timers to a time of day.  changed is
 * called after each setting, with interrupts off and no lock held that is
 * ranked LOCK_PROC_TREE or later; never while or after remove returns.
 */
struct wallclock_watch {
	struct list_node link;                      /* [W] lock of its shard */
	void (*changed)(struct wallclock_watch *w); /* [I] */
};
void wallclock_watch_add(struct wallclock_watch *w,
			 void (*changed)(struct wallclock_watch *w));
void wallclock_watch_remove(struct wallclock_watch *w); /* if it was added */
void wallclock_tell_watchers(void); /* whoever calls wallclock_set_ns() */
void wallclock_watch_init(void);

struct boot_time;
/*
 * Set the clock from the time the loader was given, advanced by the cycles
 * passed since.  False: the time is unknown or not a date; the clock stays.
 */
bool wallclock_set_boot_time(const struct boot_time *t, uint64_t now_cycles,
			     uint64_t cycles_hz);
