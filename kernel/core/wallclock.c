/* SPDX-License-Identifier: MIT */

#include "core/wallclock.h"

#include <umbra/boot.h>

#include "arch/clock.h"

#define TIMEZONE_UNSPECIFIED 0x7ff

static _Atomic uint64_t offset_ns;

uint64_t
wallclock_offset_ns(void)
{
	return atomic_load_explicit(&offset_ns, memory_order_relaxed);
}

uint64_t
wallclock_ns(void)
{
	return clock_now_ns() + wallclock_offset_ns();
}

void
wallclock_set_ns(uint64_t now)
{
	atomic_store_explicit(&offset_ns, now - clock_now_ns(),
			      memory_order_relaxed);
}

/*
 * Days from 1970-01-01 in the Gregorian calendar.  Years are counted from
 * March, so the leap day is the last day of its year.
 */
static int64_t
days_from_date(int64_t year, unsigned month, unsigned day)
{
	int64_t era_day, y = month <= 2 ? year - 1 : year;
	unsigned m = month <= 2 ? month + 9 : month - 3;

	era_day = y * 365 + y / 4 - y / 100 + y / 400;
	return era_day + (153 * m + 2) / 5 + day - 1 - 719468;
}

static bool
boot_time_valid(const struct boot_time *t)
{
	return t->year >= 1970 && t->year <= 9999 && t->month >= 1 &&
	       t->month <= 12 && t->day >= 1 && t->day <= 31 && t->hour < 24 &&
	       t->minute < 60 && t->second < 61 && t->nanosecond < NSEC_PER_SEC;
}

bool
wallclock_set_boot_time(const struct boot_time *t, uint64_t now_cycles,
			uint64_t cycles_hz)
{
	int64_t sec;
	uint64_t passed = 0, ns;

	if (!boot_time_valid(t))
		return false;
	sec = days_from_date(t->year, t->month, t->day) * 86400 +
	      t->hour * 3600 + t->minute * 60 + t->second;
	if (t->timezone != TIMEZONE_UNSPECIFIED && t->timezone >= -1440 &&
	    t->timezone <= 1440)
		sec += t->timezone * 60;
	if (cycles_hz && t->tsc && now_cycles > t->tsc)
		passed = now_cycles - t->tsc;
	if (sec < 0)
		return false;
	ns = (uint64_t)sec * NSEC_PER_SEC + t->nanosecond;
	if (passed) {
		ns += passed / cycles_hz * NSEC_PER_SEC;
		ns += passed % cycles_hz * NSEC_PER_SEC / cycles_hz;
	}
	wallclock_set_ns(ns);
	return true;
}
