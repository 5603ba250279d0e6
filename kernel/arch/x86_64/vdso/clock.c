/* SPDX-License-Identifier: MIT */

/*
 * arch/x86_64/vdso/clock.c - the clock, read in user mode.
 *
 * The same arithmetic as clock_now_ns(), on the same counter, so that both
 * agree.  Compiled for programs: no kernel header but the shared data's.
 */

#include <asm/unistd.h>
#include <linux/time.h>
#include <linux/time_types.h>

#include "arch/x86_64/machine/vdso_data.h"

#define EXPORT       __attribute__((visibility("default")))
#define NSEC_PER_SEC 1000000000ULL

/* The page before the image (vdso.ld). */
extern const volatile struct vdso_data vdso_data
	__attribute__((visibility("hidden")));

int __vdso_clock_gettime(int id, struct __kernel_timespec *ts);
int __vdso_clock_getres(int id, struct __kernel_timespec *ts);
int __vdso_gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz);
long __vdso_time(long *t);

static inline long
system_call(long nr, long a, long b)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(nr), "D"(a), "S"(b)
			 : "rcx", "r11", "memory");
	return result;
}

static inline uint64_t
cycles(void)
{
	uint32_t lo, hi;

	__asm__ volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

/* 0 if the counter must not be used. */
static inline int
read_clock(int wall, uint64_t *ns)
{
	const volatile struct vdso_data *d = &vdso_data;
	uint32_t seq;

	do {
		seq = __atomic_load_n(&d->seq, __ATOMIC_ACQUIRE);
		if (!d->usable)
			return 0;
		*ns = (uint64_t)((unsigned __int128)(cycles() - d->origin) *
					 d->ns_per_cycle >>
				 32);
		if (wall)
			*ns += d->wall_offset;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while ((seq & 1) || d->seq != seq);
	return 1;
}

/* 1 and *wall for the clocks the counter gives, 0 for the others. */
static inline int
clock_known(int id, int *wall)
{
	*wall = id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE ||
		id == CLOCK_TAI;
	return *wall || id == CLOCK_MONOTONIC || id == CLOCK_MONOTONIC_RAW ||
	       id == CLOCK_MONOTONIC_COARSE || id == CLOCK_BOOTTIME;
}

EXPORT int
__vdso_clock_gettime(int id, struct __kernel_timespec *ts)
{
	uint64_t ns;
	int wall;

	if (!clock_known(id, &wall) || !read_clock(wall, &ns))
		return (int)system_call(__NR_clock_gettime, id, (long)ts);
	ts->tv_sec = (long long)(ns / NSEC_PER_SEC);
	ts->tv_nsec = (long long)(ns % NSEC_PER_SEC);
	return 0;
}

EXPORT int
__vdso_clock_getres(int id, struct __kernel_timespec *ts)
{
	return (int)system_call(__NR_clock_getres, id, (long)ts);
}

EXPORT int
__vdso_gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz)
{
	uint64_t ns;

	if (tz || !tv || !read_clock(1, &ns))
		return (int)system_call(__NR_gettimeofday, (long)tv, (long)tz);
	tv->tv_sec = (long)(ns / NSEC_PER_SEC);
	tv->tv_usec = (long)(ns % NSEC_PER_SEC / 1000);
	return 0;
}

EXPORT long
__vdso_time(long *t)
{
	uint64_t ns;
	long now;

	if (!read_clock(1, &ns))
		return system_call(__NR_time, (long)t, 0);
	now = (long)(ns / NSEC_PER_SEC);
	if (t)
		*t = now;
	return now;
}
