/* SPDX-License-Identifier: MIT */
/*
 * timerfd.c - timers as files.
 */
#include "guest.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define MS 1000000l

static int
timer(int clock)
{
	return (int)OK(timerfd_create(clock, TFD_NONBLOCK));
}

static void
set(int fd, long value_ns, long interval_ns)
{
	struct itimerspec t = {
		.it_value = { value_ns / 1000000000, value_ns % 1000000000 },
		.it_interval = { interval_ns / 1000000000,
				 interval_ns % 1000000000 },
	};

	OK(timerfd_settime(fd, 0, &t, NULL));
}

static uint64_t
expirations(int fd)
{
	uint64_t n = 0;

	CHECK_EQ(read(fd, &n, 8), 8);
	return n;
}

static int
readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return (int)OK(poll(&p, 1, ms));
}

static const int clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME };

CASE(one_expiration_on_every_clock)
{
	for (size_t i = 0; i < COUNT(clocks); i++) {
		int fd = timer(clocks[i]);

		FAILS(read(fd, &(uint64_t){ 0 }, 8), EAGAIN);
		set(fd, 5 * MS, 0);
		CHECK_EQ(readable(fd, 0), 0);
		CHECK_EQ(readable(fd, -1), 1);
		CHECK_EQ(expirations(fd), 1);
		CHECK_EQ(readable(fd, 20), 0);
	}
}

CASE(a_blocking_read_waits)
{
	int fd = (int)OK(timerfd_create(CLOCK_MONOTONIC, 0));
	long before = now_ms();

	set(fd, 30 * MS, 0);
	CHECK_EQ(expirations(fd), 1);
	CHECK(now_ms() - before >= 29);
}

CASE(periods_are_counted)
{
	int fd = timer(CLOCK_MONOTONIC);
	uint64_t n;

	set(fd, MS, MS);
	sleep_ms(40);
	n = expirations(fd);
	CHECK(n >= 39);
	sleep_ms(10);
	CHECK(expirations(fd) >= 9);
	set(fd, 0, MS);
	sleep_ms(5);
	FAILS(read(fd, &n, 8), EAGAIN);
}

CASE(absolute_times)
{
	for (size_t i = 0; i < COUNT(clocks); i++) {
		int fd = timer(clocks[i]);
		struct itimerspec t = { 0 };

		OK(clock_gettime(clocks[i], &t.it_value));
		t.it_value.tv_sec -= 1;
		t.it_interval.tv_nsec = 100 * MS;
		OK(timerfd_settime(fd, TFD_TIMER_ABSTIME, &t, NULL));
		CHECK_EQ(readable(fd, -1), 1);
		CHECK(expirations(fd) >= 11);
		OK(clock_gettime(clocks[i], &t.it_value));
		t.it_value.tv_sec += 1000;
		OK(timerfd_settime(fd, TFD_TIMER_ABSTIME, &t, NULL));
		CHECK_EQ(readable(fd, 0), 0);
	}
}

CASE(what_is_left)
{
	int fd = timer(CLOCK_MONOTONIC);
	struct itimerspec t, old;

	OK(timerfd_gettime(fd, &t));
	CHECK(!t.it_value.tv_sec && !t.it_value.tv_nsec);
	set(fd, 100000 * MS, 7 * MS);
	OK(timerfd_gettime(fd, &t));
	CHECK(t.it_value.tv_sec == 99 && t.it_interval.tv_nsec == 7 * MS);
	memset(&t, 0, sizeof(t));
	OK(timerfd_settime(fd, 0, &t, &old));
	CHECK(old.it_value.tv_sec == 99 && old.it_interval.tv_nsec == 7 * MS);
	OK(timerfd_gettime(fd, &t));
	CHECK(!t.it_value.tv_sec && !t.it_value.tv_nsec);
	/* One that has expired is off; a periodic one never is. */
	set(fd, 1, 0);
	CHECK_EQ(readable(fd, -1), 1);
	OK(timerfd_gettime(fd, &t));
	CHECK(!t.it_value.tv_sec && !t.it_value.tv_nsec);
	set(fd, 1, 1000 * MS);
	CHECK_EQ(readable(fd, -1), 1);
	OK(timerfd_gettime(fd, &t));
	CHECK(t.it_value.tv_nsec > 0);
	CHECK_EQ(expirations(fd), 1);
}

CASE(setting_forgets_what_was_not_read)
{
	int fd = timer(CLOCK_MONOTONIC);

	set(fd, 1, 0);
	CHECK_EQ(readable(fd, -1), 1);
	set(fd, 100000 * MS, 0);
	FAILS(read(fd, &(uint64_t){ 0 }, 8), EAGAIN);
}

CASE(timerfd_errors)
{
	int fd = timer(CLOCK_MONOTONIC), null = open("/dev/null", O_RDWR);
	struct itimerspec t = { .it_value.tv_sec = 1 }, bad = t;
	char buffer[8];

	FAILS(timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0), EINVAL);
	FAILS(timerfd_create(-1, 0), EINVAL);
	FAILS(timerfd_create(CLOCK_MONOTONIC, 1), EINVAL);
	FAILS(timerfd_settime(fd, 4, &t, NULL), EINVAL);
	bad.it_value.tv_nsec = 1000000000;
	FAILS(timerfd_settime(fd, 0, &bad, NULL), EINVAL);
	bad = t;
	bad.it_interval.tv_sec = -1;
	FAILS(timerfd_settime(fd, 0, &bad, NULL), EINVAL);
	FAILS(timerfd_settime(null, 0, &t, NULL), EINVAL);
	FAILS(timerfd_settime(-1, 0, &t, NULL), EBADF);
	FAILS(syscall(SYS_timerfd_settime, fd, 0, NULL, NULL), EFAULT);
	FAILS(syscall(SYS_timerfd_settime, fd, 0, &t, 8), EFAULT);
	FAILS(syscall(SYS_timerfd_gettime, fd, 8), EFAULT);
	FAILS(timerfd_gettime(null, &t), EINVAL);
	FAILS(timerfd_gettime(-1, &t), EBADF);
	FAILS(read(fd, buffer, 7), EINVAL);
	FAILS(write(fd, buffer, 8), EINVAL);
}

CASE(alarm_clocks_are_for_the_privileged)
{
	need_root();
	if (timerfd_create(CLOCK_BOOTTIME_ALARM, 0) < 0 && errno == EPERM)
		SKIP("no CAP_WAKE_ALARM");
	OK(timerfd_create(CLOCK_REALTIME_ALARM, 0));
	become_nobody();
	FAILS(timerfd_create(CLOCK_BOOTTIME_ALARM, 0), EPERM);
	FAILS(timerfd_create(CLOCK_REALTIME_ALARM, 0), EPERM);
}

CASE(an_epoll_sees_timers)
{
	int ep = (int)OK(epoll_create1(0)), fd = timer(CLOCK_MONOTONIC);
	struct epoll_event e = { .events = EPOLLIN };

	OK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e));
	CHECK_EQ(epoll_wait(ep, &e, 1, 0), 0);
	set(fd, MS, 0);
	CHECK_EQ(epoll_wait(ep, &e, 1, -1), 1);
	CHECK_EQ(e.events, EPOLLIN);
	expirations(fd);
	CHECK_EQ(epoll_wait(ep, &e, 1, 0), 0);
}

/* Move the clock by so many seconds; false: it may not be set here. */
static bool
move_clock(long seconds)
{
	struct timespec t;

	OK(clock_gettime(CLOCK_REALTIME, &t));
	t.tv_sec += seconds;
	return !clock_settime(CLOCK_REALTIME, &t);
}

CASE(setting_the_clock_moves_and_cancels)
{
	int late = timer(CLOCK_REALTIME), cancelled = timer(CLOCK_REALTIME);
	int relative = timer(CLOCK_REALTIME);
	struct itimerspec t = { 0 };

	need_own_machine();
	if (!move_clock(0))
		SKIP("the clock cannot be set");
	OK(clock_gettime(CLOCK_REALTIME, &t.it_value));
	t.it_value.tv_sec += 5;
	OK(timerfd_settime(late, TFD_TIMER_ABSTIME, &t, NULL));
	t.it_value.tv_sec += 5000;
	OK(timerfd_settime(cancelled,
			   TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &t,
			   NULL));
	set(relative, 50000 * MS, 0);
	CHECK(move_clock(8));
	CHECK_EQ(readable(late, 1000), 1);
	CHECK_EQ(expirations(late), 1);
	CHECK_EQ(readable(cancelled, 1000), 1);
	FAILS(read(cancelled, &t, 8), ECANCELED);
	FAILS(read(cancelled, &t, 8), EAGAIN);
	CHECK_EQ(readable(relative, 0), 0);
	CHECK(move_clock(-8));
	FAILS(read(cancelled, &t, 8), ECANCELED);
}
