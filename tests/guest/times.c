/* SPDX-License-Identifier: MIT */
/*
 * times.c - clocks, sleeps, timers, and the calls that tell about the machine.
 */
#include "guest.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile int rings;

static void
ring(int number)
{
	(void)number;
	rings++;
}

static void
hear_alarms(void)
{
	struct sigaction action = { .sa_handler = ring };

	OK(sigaction(SIGALRM, &action, NULL));
}

CASE(monotonic_never_goes_back)
{
	struct timespec a, b;

	OK(clock_gettime(CLOCK_MONOTONIC, &a));
	for (int i = 0; i < 20000; i++) {
		OK(clock_gettime(CLOCK_MONOTONIC, &b));
		CHECK(b.tv_sec > a.tv_sec ||
		      (b.tv_sec == a.tv_sec && b.tv_nsec >= a.tv_nsec));
		CHECK(b.tv_nsec >= 0 && b.tv_nsec < 1000000000);
		a = b;
	}
}

CASE(every_clock_answers)
{
	static const clockid_t ids[] = {
		CLOCK_REALTIME,           CLOCK_MONOTONIC,
		CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID,
		CLOCK_MONOTONIC_RAW,      CLOCK_REALTIME_COARSE,
		CLOCK_MONOTONIC_COARSE,   CLOCK_BOOTTIME
	};
	struct timespec t;

	for (size_t i = 0; i < COUNT(ids); i++) {
		OK(syscall(SYS_clock_gettime, ids[i], &t));
		OK(syscall(SYS_clock_getres, ids[i], &t));
		CHECK(t.tv_sec == 0 && t.tv_nsec > 0);
	}
	FAILS(syscall(SYS_clock_gettime, 99, &t), EINVAL);
	FAILS(syscall(SYS_clock_getres, 99, NULL), EINVAL);
	OK(syscall(SYS_clock_getres, CLOCK_MONOTONIC, NULL));
}

CASE(real_time_is_of_this_century)
{
	struct timeval tv;
	time_t t = time(NULL);

	CHECK(t > 1577836800l); /* 2020 */
	OK(gettimeofday(&tv, NULL));
	CHECK(tv.tv_sec >= t && tv.tv_sec <= t + 1);
	CHECK_EQ(syscall(SYS_time, &t), t);
}

CASE(sleep_is_long_enough)
{
	for (long ms = 1; ms <= 64; ms *= 4) {
		long begun = now_ms();

		sleep_ms(ms);
		CHECK(now_ms() - begun >= ms - 1);
	}
}

CASE(sleep_is_not_much_too_long)
{
	long begun = now_ms();

	for (int i = 0; i < 10; i++)
		sleep_ms(5);
	CHECK(now_ms() - begun < 1000);
}

CASE(absolute_sleep)
{
	struct timespec t;
	long begun = now_ms();

	OK(clock_gettime(CLOCK_MONOTONIC, &t));
	t.tv_nsec += 30000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_nsec -= 1000000000;
		t.tv_sec++;
	}
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL), 0);
	CHECK(now_ms() - begun >= 29);
	t.tv_sec = 0; /* long ago: at once */
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL), 0);
}

CASE(sleep_errors)
{
	struct timespec bad = { 0, 1000000000 }, negative = { -1, 0 };

	FAILS(nanosleep(&bad, NULL), EINVAL);
	FAILS(nanosleep(&negative, NULL), EINVAL);
	CHECK_EQ(clock_nanosleep(99, 0, &(struct timespec){ 0, 1 }, NULL),
		 EINVAL);
	OK(nanosleep(&(struct timespec){ 0, 0 }, NULL));
}

CASE(alarm_rings_once)
{
	hear_alarms();
	CHECK_EQ(alarm(100), 0);
	CHECK(alarm(1) >= 99);
	FAILS(pause(), EINTR);
	CHECK_EQ(rings, 1);
	CHECK_EQ(alarm(0), 0);
}

CASE(alarm_kills_by_default)
{
	DIES_BY(SIGALRM, {
		alarm(1);
		for (;;)
			;
	});
}

CASE(interval_timer_repeats)
{
	struct itimerval t = { { 0, 20000 }, { 0, 10000 } }, old;

	hear_alarms();
	OK(setitimer(ITIMER_REAL, &t, NULL));
	while (rings < 4)
		pause();
	OK(getitimer(ITIMER_REAL, &old));
	CHECK_EQ(old.it_interval.tv_usec, 20000);
	memset(&t, 0, sizeof(t));
	OK(setitimer(ITIMER_REAL, &t, &old));
	rings = 0;
	sleep_ms(50);
	CHECK_EQ(rings, 0);
	FAILS(setitimer(9, &t, NULL), EINVAL);
	t.it_value.tv_usec = 1000000;
	FAILS(setitimer(ITIMER_REAL, &t, NULL), EINVAL);
}

CASE(timers_are_not_inherited)
{
	struct itimerval t = { { 0, 0 }, { 100, 0 } }, now;

	OK(setitimer(ITIMER_REAL, &t, NULL));
	EXITS(CHILD({
		      OK(getitimer(ITIMER_REAL, &now));
		      CHECK_EQ(now.it_value.tv_sec + now.it_value.tv_usec, 0);
	      }),
	      0);
	OK(getitimer(ITIMER_REAL, &now));
	CHECK(now.it_value.tv_sec >= 90);
}

CASE(many_sleepers)
{
	pid_t pids[40];
	long begun = now_ms();

	for (size_t i = 0; i < COUNT(pids); i++)
		pids[i] = CHILD({ sleep_ms(20 + (long)(i * 7) % 40); });
	for (size_t i = 0; i < COUNT(pids); i++)
		EXITS(pids[i], 0);
	CHECK(now_ms() - begun < 3000);
}

CASE(cpu_time_is_counted)
{
	struct timespec a, b;
	struct rusage usage;
	struct tms tms;
	long begun = now_ms();

	OK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a));
	burn_ms(50);
	CHECK(now_ms() - begun >= 49);
	OK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b));
	CHECK((b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000 >
	      10);
	OK(getrusage(RUSAGE_SELF, &usage));
	CHECK(usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec +
		      usage.ru_stime.tv_sec * 1000000 + usage.ru_stime.tv_usec >
	      10000);
	CHECK(times(&tms) != -1);
	FAILS(getrusage(5, &usage), EINVAL);
}

CASE(a_busy_process_does_not_starve_others)
{
	pid_t hog = CHILD({
		for (;;)
			;
	});
	pid_t other = CHILD({
		for (;;)
			;
	});
	long begun = now_ms();

	for (int i = 0; i < 5; i++)
		EXITS(CHILD({ sleep_ms(1); }), 0);
	CHECK(now_ms() - begun < 5000);
	OK(kill(hog, SIGKILL));
	OK(kill(other, SIGKILL));
	DIES(hog, SIGKILL);
	DIES(other, SIGKILL);
}

CASE(uname_says_linux)
{
	struct utsname u;

	OK(uname(&u));
	CHECK(!strcmp(u.sysname, "Linux"));
	CHECK(!strcmp(u.machine, "x86_64"));
	CHECK(*u.release && *u.version && *u.nodename);
}

CASE(sysinfo_is_plausible)
{
	struct sysinfo info;
	unsigned long total;

	OK(sysinfo(&info));
	total = info.totalram * info.mem_unit >> 20;
	CHECK(total > 32);
	CHECK(info.freeram <= info.totalram);
	CHECK(info.procs > 0);
	CHECK(info.uptime < 1000000000);
}

CASE(host_name)
{
	char before[65] = "", now[65];

	need_root();
	OK(gethostname(before, sizeof(before)));
	if (sethostname("guest-test", 10))
		SKIP("may not set the host name here");
	OK(gethostname(now, sizeof(now)));
	CHECK(!strcmp(now, "guest-test"));
	OK(sethostname(before, strlen(before)));
	FAILS(sethostname(now, 65), EINVAL);
}

CASE(processor_set)
{
	unsigned long mask[16] = { 0 };
	long n = OK(syscall(SYS_sched_getaffinity, 0, sizeof(mask), mask));

	CHECK(n >= 8 && n % 8 == 0);
	CHECK(mask[0] != 0);
	OK(syscall(SYS_sched_setaffinity, 0, sizeof(mask), mask));
	memset(mask, 0, sizeof(mask));
	FAILS(syscall(SYS_sched_setaffinity, 0, sizeof(mask), mask), EINVAL);
	FAILS(syscall(SYS_sched_getaffinity, 0, 1, mask), EINVAL);
}

CASE(nice_values)
{
	OK(setpriority(PRIO_PROCESS, 0, 5));
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 5);
	EXITS(CHILD({ CHECK_EQ(getpriority(PRIO_PROCESS, 0), 5); }), 0);
	need_root();
	become_nobody();
	FAILS(setpriority(PRIO_PROCESS, 0, 0), EACCES);
	FAILS(getpriority(9, 0), EINVAL);
	FAILS(getpriority(PRIO_PROCESS, 4194303), ESRCH);
}

CASE(yield)
{
	for (int i = 0; i < 1000; i++)
		OK(syscall(SYS_sched_yield));
}
