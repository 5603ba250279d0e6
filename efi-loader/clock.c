/* SPDX-License-Identifier: MIT */

/*
 * clock.c - time stamps of the boot, the rate of the TSC and the time of day.
 *
 * Stall() waits at least as long as it was asked to; what disturbs it makes
 * it longer.  So the shortest of several waits is nearest to the truth.
 */

#include "io.h"
#include "loader.h"

#define SAMPLES   5
#define SAMPLE_US 1000

void
clock_stamp(struct loader *l, enum boot_step step)
{
	l->info->tsc[step] = cpu_tsc();
}

static void
measure_tsc(struct loader *l)
{
	uint64_t best = UINT64_MAX;

	for (unsigned i = 0; i < SAMPLES; i++) {
		uint64_t start = cpu_tsc();

		if (EFI_ERROR(l->bs->Stall(SAMPLE_US)))
			return;
		best = MIN(best, cpu_tsc() - start);
	}
	l->info->tsc_hz = best * (1000000 / SAMPLE_US);
}

static bool
sound_time(const EFI_TIME *t)
{
	return t->Year >= 1900 && t->Year <= 9999 && t->Month >= 1 &&
	       t->Month <= 12 && t->Day >= 1 && t->Day <= 31 && t->Hour <= 23 &&
	       t->Minute <= 59 && t->Second <= 59 && t->Nanosecond <= 999999999;
}

static void
ask_time(struct loader *l)
{
	EFI_TIME t = { 0 };

	if (EFI_ERROR(l->st->RuntimeServices->GetTime(&t, NULL)) ||
	    !sound_time(&t))
		return;
	l->info->time = (struct boot_time){
		.year = t.Year,
		.month = t.Month,
		.day = t.Day,
		.hour = t.Hour,
		.minute = t.Minute,
		.second = t.Second,
		.daylight = t.Daylight,
		.nanosecond = t.Nanosecond,
		.timezone = t.TimeZone,
		.tsc = cpu_tsc(),
	};
}

void
clock_collect(struct loader *l)
{
	measure_tsc(l);
	ask_time(l);
}
