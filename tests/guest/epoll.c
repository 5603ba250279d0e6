/* SPDX-License-Identifier: MIT */
/*
 * epoll.c - sets of watched files: triggering, nesting, the end of files, and
 * what concurrent changes leave behind.
 */
#include "guest.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int
set(void)
{
	return (int)OK(epoll_create1(EPOLL_CLOEXEC));
}

static int
change(int ep, int op, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.fd = fd };

	return epoll_ctl(ep, op, fd, &e);
}

static int
event(unsigned count)
{
	return (int)OK(eventfd(count, EFD_NONBLOCK));
}

static void
add_to(int fd)
{
	CHECK_EQ(write(fd, &(uint64_t){ 1 }, 8), 8);
}

static void
take_from(int fd)
{
	uint64_t n;

	CHECK_EQ(read(fd, &n, 8), 8);
}

/* Exactly this many events are there now. */
static struct epoll_event *
now(int ep, int count)
{
	static struct epoll_event e[64];

	CHECK_EQ(epoll_wait(ep, e, COUNT(e), 0), count);
	return e;
}

CASE(level_triggered_reports_while_it_holds)
{
	int ep = set(), fd = event(0);

	OK(change(ep, EPOLL_CTL_ADD, fd, EPOLLIN));
	now(ep, 0);
	add_to(fd);
	CHECK_EQ(now(ep, 1)->events, EPOLLIN);
	CHECK_EQ(now(ep, 1)->data.fd, fd);
	take_from(fd);
	now(ep, 0);
}

CASE(edge_triggered_reports_once)
{
	int ep = set(), fd = event(1);

	OK(change(ep, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLET));
	now(ep, 1);
	now(ep, 0);
	add_to(fd);
	now(ep, 1);
	now(ep, 0);
}

CASE(one_shot_wants_to_be_armed_again)
{
	int ep = set(), fd = event(1);

	OK(change(ep, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLONESHOT));
	now(ep, 1);
	add_to(fd);
	now(ep, 0);
	OK(change(ep, EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLONESHOT));
	now(ep, 1);
	now(ep, 0);
}

CASE(modify_changes_events_and_data)
{
	int ep = set(), fd = event(1);
	struct epoll_event e = { .events = EPOLLOUT, .data.u64 = 77 };

	OK(change(ep, EPOLL_CTL_ADD, fd, EPOLLPRI));
	now(ep, 0);
	OK(epoll_ctl(ep, EPOLL_CTL_MOD, fd, &e));
	CHECK_EQ(now(ep, 1)->events, EPOLLOUT);
	CHECK_EQ(now(ep, 1)->data.u64, 77);
}

CASE(hang_up_is_reported_unasked)
{
	int ep = set(), fds[2];

	OK(pipe(fds));
	OK(change(ep, EPOLL_CTL_ADD, fds[0], 0));
	OK(change(ep, EPOLL_CTL_ADD, fds[1], 0));
	now(ep, 0);
	OK(close(fds[0]));
	CHECK_EQ(now(ep, 1)->events, EPOLLERR);
	CHECK_EQ(now(ep, 1)->data.fd, fds[1]);
}

CASE(few_places_rotate)
{
	int ep = set(), fds[3], seen[3] = { 0 };
	struct epoll_event e;

	for (int i = 0; i < 3; i++) {
		fds[i] = event(1);
		OK(change(ep, EPOLL_CTL_ADD, fds[i], EPOLLIN));
	}
	for (int n = 0; n < 6; n++) {
		CHECK_EQ(epoll_wait(ep, &e, 1, 0), 1);
		for (int i = 0; i < 3; i++)
			seen[i] += e.data.fd == fds[i];
	}
	for (int i = 0; i < 3; i++)
		CHECK_EQ(seen[i], 2);
}

CASE(a_closed_file_leaves)
{
	int ep = set(), fd = event(1), other = event(1);

	OK(change(ep, EPOLL_CTL_ADD, fd, EPOLLIN));
	OK(change(ep, EPOLL_CTL_ADD, other, EPOLLIN));
	now(ep, 2);
	OK(close(fd));
	CHECK_EQ(now(ep, 1)->data.fd, other);
}

CASE(a_duplicate_keeps_the_file_watched)
{
	int ep = set(), fd = event(1), copy = (int)OK(dup(fd));

	OK(change(ep, EPOLL_CTL_ADD, fd, EPOLLIN));
	OK(change(ep, EPOLL_CTL_ADD, copy, EPOLLIN));
	now(ep, 2);
	OK(close(fd));
	now(ep, 2);
	FAILS(change(ep, EPOLL_CTL_DEL, fd, 0), EBADF);
	OK(close(copy));
	now(ep, 0);
}

CASE(deleted_is_deleted)
{
	int ep = set(), fd = event(1);

	OK(change(ep, EPOLL_CTL_ADD, fd, EPOLLIN));
	OK(epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL));
	now(ep, 0);
	FAILS(epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL), ENOENT);
}

CASE(epoll_create_errors)
{
	struct rlimit limit = { 3, 3 };

	FAILS(syscall(SYS_epoll_create, 0), EINVAL);
	FAILS(syscall(SYS_epoll_create, -1), EINVAL);
	FAILS(epoll_create1(1), EINVAL);
	CHECK_EQ(fcntl((int)OK(epoll_create(1)), F_GETFD), 0);
	CHECK_EQ(fcntl(set(), F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(set(), F_GETFL), O_RDWR);
	for (int fd = 3; fd < 10; fd++)
		close(fd);
	OK(setrlimit(RLIMIT_NOFILE, &limit));
	FAILS(epoll_create1(0), EMFILE);
}

CASE(epoll_ctl_errors)
{
	int ep = set(), fd = event(0), file, path;

	put_file("file", "");
	file = (int)OK(open("file", O_RDWR));
	path = (int)OK(open("file", O_PATH));
	OK(change(ep, EPOLL_CTL_ADD, fd, EPOLLIN));
	FAILS(change(ep, EPOLL_CTL_ADD, fd, EPOLLIN), EEXIST);
	FAILS(change(ep, EPOLL_CTL_MOD, file, EPOLLIN), EPERM);
	FAILS(change(ep, EPOLL_CTL_MOD, event(0), EPOLLIN), ENOENT);
	FAILS(change(ep, EPOLL_CTL_ADD, file, EPOLLIN), EPERM);
	FAILS(change(ep, EPOLL_CTL_ADD, path, EPOLLIN), EBADF);
	FAILS(change(ep, EPOLL_CTL_ADD, open("/", O_RDONLY), 0), EPERM);
	FAILS(change(ep, EPOLL_CTL_ADD, open("/dev/null", O_RDONLY), 0), EPERM);
	FAILS(change(ep, EPOLL_CTL_ADD, -1, EPOLLIN), EBADF);
	FAILS(change(-1, EPOLL_CTL_ADD, fd, EPOLLIN), EBADF);
	FAILS(change(fd, EPOLL_CTL_ADD, ep, EPOLLIN), EINVAL);
	FAILS(change(ep, EPOLL_CTL_ADD, ep, EPOLLIN), EINVAL);
	FAILS(change(ep, 4, fd, EPOLLIN), EINVAL);
	FAILS(epoll_ctl(ep, EPOLL_CTL_ADD, event(0), NULL), EFAULT);
	FAILS(epoll_ctl(ep, EPOLL_CTL_ADD, event(0), (void *)8), EFAULT);
}

CASE(epoll_wait_errors)
{
	int ep = set(), fd = event(1);
	struct epoll_event e;

	FAILS(epoll_wait(ep, &e, 0, 0), EINVAL);
	FAILS(epoll_wait(ep, &e, -1, 0), EINVAL);
	FAILS(epoll_wait(ep, &e, INT32_MAX, 0), EINVAL);
	FAILS(epoll_wait(fd, &e, 1, 0), EINVAL);
	FAILS(epoll_wait(-1, &e, 1, 0), EBADF);
	FAILS(epoll_wait(ep, (void *)-4096, 1, 0), EFAULT);
	OK(change(ep, EPOLL_CTL_ADD, fd, EPOLLIN));
	FAILS(epoll_wait(ep, (void *)8, 1, 0), EFAULT);
	now(ep, 1);
	FAILS(read(ep, &e, sizeof(e)), EINVAL);
}

CASE(exclusive_rules)
{
	int ep = set(), fd = event(1);
	const uint32_t all = EPOLLIN | EPOLLEXCLUSIVE;

	FAILS(change(ep, EPOLL_CTL_ADD, fd, all | EPOLLONESHOT), EINVAL);
	FAILS(change(ep, EPOLL_CTL_ADD, fd, all | EPOLLPRI), EINVAL);
	FAILS(change(ep, EPOLL_CTL_ADD, set(), all), EINVAL);
	OK(change(ep, EPOLL_CTL_ADD, fd, all | EPOLLET));
	FAILS(change(ep, EPOLL_CTL_MOD, fd, EPOLLIN), EINVAL);
	FAILS(change(ep, EPOLL_CTL_MOD, fd, all), EINVAL);
	now(ep, 1);
	now(ep, 0);
}

CASE(exclusive_wakes_one_at_least)
{
	int fds[2], fd = event(0);
	struct epoll_event e;
	pid_t children[4];

	OK(pipe(fds));
	for (int i = 0; i < 4; i++)
		children[i] = CHILD({
			int ep = set();

			OK(change(ep, EPOLL_CTL_ADD, fd,
				  EPOLLIN | EPOLLEXCLUSIVE));
			CHECK_EQ(write(fds[1], "x", 1), 1);
			/* Another may be faster. */
			do
				CHECK_EQ(epoll_wait(ep, &e, 1, -1), 1);
			while (read(fd, &e, 8) < 0);
			add_to(fd);
		});
	for (int i = 0; i < 4; i++)
		CHECK_EQ(read(fds[0], &e, 1), 1);
	sleep_ms(20);
	add_to(fd);
	for (int i = 0; i < 4; i++)
		EXITS(children[i], 0);
}

/* --- nesting --- */

CASE(an_epoll_is_watched_by_another)
{
	int inner = set(), outer = set(), fd = event(0);
	struct pollfd p = { .fd = outer, .events = POLLIN };

	OK(change(inner, EPOLL_CTL_ADD, fd, EPOLLIN));
	OK(change(outer, EPOLL_CTL_ADD, inner, EPOLLIN));
	CHECK_EQ(poll(&p, 1, 0), 0);
	now(outer, 0);
	add_to(fd);
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(now(outer, 1)->data.fd, inner);
	/* What nobody fetched is asked again. */
	take_from(fd);
	CHECK_EQ(poll(&p, 1, 0), 0);
	now(outer, 0);
	OK(close(inner));
	add_to(fd);
	now(outer, 0);
}

CASE(no_circles)
{
	int a = set(), b = set(), c = set();

	OK(change(a, EPOLL_CTL_ADD, b, EPOLLIN));
	OK(change(b, EPOLL_CTL_ADD, c, EPOLLIN));
	FAILS(change(b, EPOLL_CTL_ADD, a, EPOLLIN), ELOOP);
	FAILS(change(c, EPOLL_CTL_ADD, a, EPOLLIN), ELOOP);
	OK(change(a, EPOLL_CTL_DEL, b, 0));
	OK(change(c, EPOLL_CTL_ADD, a, EPOLLIN));
}

CASE(not_too_deep)
{
	int down[6], up[6];

	for (int i = 0; i < 6; i++) {
		down[i] = set();
		up[i] = set();
	}
	for (int i = 0; i < 4; i++) {
		OK(change(down[i], EPOLL_CTL_ADD, down[i + 1], EPOLLIN));
		OK(change(up[4 - i], EPOLL_CTL_ADD, up[5 - i], EPOLLIN));
	}
	FAILS(change(down[4], EPOLL_CTL_ADD, down[5], EPOLLIN), ELOOP);
	FAILS(change(up[0], EPOLL_CTL_ADD, up[1], EPOLLIN), ELOOP);
}

CASE(a_wake_up_climbs_four_steps)
{
	int ep[5], fd = event(0);
	struct epoll_event e;
	pid_t child;

	for (int i = 0; i < 5; i++) {
		ep[i] = set();
		OK(change(ep[i], EPOLL_CTL_ADD, i ? ep[i - 1] : fd, EPOLLIN));
	}
	child = CHILD({ CHECK_EQ(epoll_wait(ep[4], &e, 1, -1), 1); });
	sleep_ms(20);
	add_to(fd);
	EXITS(child, 0);
}

/* --- waiting --- */

static void *
add_later(void *arg)
{
	sleep_ms(20);
	add_to(*(int *)arg);
	return NULL;
}

CASE(waiting_ends_with_an_event)
{
	int ep = set(), fd = event(0);
	struct epoll_event e;
	pthread_t thread;

	OK(change(ep, EPOLL_CTL_ADD, fd, EPOLLIN));
	CHECK(!pthread_create(&thread, NULL, add_later, &fd));
	CHECK_EQ(epoll_wait(ep, &e, 1, -1), 1);
	pthread_join(thread, NULL);
}

CASE(waiting_ends_with_the_time)
{
	struct epoll_event e;
	long before = now_ms();

	CHECK_EQ(epoll_wait(set(), &e, 1, 30), 0);
	CHECK(now_ms() - before >= 29);
}

static volatile sig_atomic_t caught;

static void catch (int number)
{
	caught = number;
}

CASE(epoll_pwait_lets_a_signal_in)
{
	struct sigaction action = { .sa_handler = catch,
				    .sa_flags = SA_RESTART };
	sigset_t mask, none;
	struct epoll_event e;
	int ep = set();

	sigemptyset(&none);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	OK(sigaction(SIGUSR1, &action, NULL));
	OK(sigprocmask(SIG_BLOCK, &mask, NULL));
	OK(raise(SIGUSR1));
	CHECK_EQ(epoll_wait(ep, &e, 1, 0), 0);
	CHECK_EQ(caught, 0);
	FAILS(epoll_pwait(ep, &e, 1, -1, &none), EINTR);
	CHECK_EQ(caught, SIGUSR1);
	OK(sigprocmask(SIG_SETMASK, NULL, &none));
	CHECK(sigismember(&none, SIGUSR1));
	FAILS(syscall(SYS_epoll_pwait, ep, &e, 1, 0, &mask, 4), EINVAL);
	FAILS(syscall(SYS_epoll_pwait, ep, &e, 1, 0, (void *)8, 8), EFAULT);
}

CASE(epoll_pwait2_takes_nanoseconds)
{
	struct timespec t = { .tv_nsec = 1000 }, bad = { .tv_nsec = -1 };
	struct epoll_event e;
	int ep = set();

	CHECK_EQ(syscall(SYS_epoll_pwait2, ep, &e, 1, &t, NULL, 0), 0);
	FAILS(syscall(SYS_epoll_pwait2, ep, &e, 1, &bad, NULL, 0), EINVAL);
	FAILS(syscall(SYS_epoll_pwait2, ep, &e, 1, (void *)8, NULL, 0), EFAULT);
	OK(change(ep, EPOLL_CTL_ADD, event(1), EPOLLIN));
	CHECK_EQ(syscall(SYS_epoll_pwait2, ep, &e, 1, NULL, NULL, 0), 1);
}

CASE(each_event_wakes_somebody)
{
	int ep = set(), fds[3];
	struct epoll_event e;
	pid_t children[3];

	for (int i = 0; i < 3; i++) {
		fds[i] = event(0);
		OK(change(ep, EPOLL_CTL_ADD, fds[i], EPOLLIN | EPOLLET));
	}
	for (int i = 0; i < 3; i++)
		children[i] =
			CHILD({ CHECK_EQ(epoll_wait(ep, &e, 1, -1), 1); });
	sleep_ms(20);
	for (int i = 0; i < 3; i++)
		add_to(fds[i]);
	for (int i = 0; i < 3; i++)
		EXITS(children[i], 0);
}

/* --- all at once --- */

#define FILES  16
#define ROUNDS 3000

static int churn_set[3];
static atomic_int churn_fds[FILES];
static atomic_bool churn_over;

static int
pick(unsigned *seed)
{
	return churn_fds[rand_r(seed) % FILES];
}

/* Close and make anew. */
static void *
renew(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg;

	for (int n = 0; n < ROUNDS; n++) {
		int i = rand_r(&seed) % FILES;
		int fd = atomic_exchange(&churn_fds[i], -1);

		if (fd >= 0)
			close(fd);
		churn_fds[i] = event(rand_r(&seed) % 2);
	}
	return NULL;
}

static void *
rearrange(void *arg)
{
	static const int ops[] = { EPOLL_CTL_ADD, EPOLL_CTL_ADD, EPOLL_CTL_MOD,
				   EPOLL_CTL_DEL };
	static const uint32_t modes[] = { 0, EPOLLET, EPOLLONESHOT };
	unsigned seed = (unsigned)(uintptr_t)arg;

	for (int n = 0; n < ROUNDS; n++) {
		int ep = churn_set[rand_r(&seed) % 3];
		int fd = rand_r(&seed) % 16 ? pick(&seed)
					    : churn_set[rand_r(&seed) % 3];

		(void)change(ep, ops[rand_r(&seed) % 4], fd,
			     EPOLLIN | modes[rand_r(&seed) % 3]);
		if (write(pick(&seed), &(uint64_t){ 1 }, 8) < 0)
			continue;
	}
	return NULL;
}

static void *
watch(void *arg)
{
	struct epoll_event e[4];
	unsigned seed = (unsigned)(uintptr_t)arg;

	while (!churn_over)
		(void)epoll_wait(churn_set[rand_r(&seed) % 3], e, 4, 1);
	return NULL;
}

CASE(files_come_and_go_under_load)
{
	void *(*const work[])(void *) = { renew,     renew, rearrange,
					  rearrange, watch, watch };
	pthread_t threads[COUNT(work)];

	guest_limit(100);
	for (int i = 0; i < 3; i++)
		churn_set[i] = set();
	for (int i = 0; i < FILES; i++)
		churn_fds[i] = event(0);
	for (size_t i = 0; i < COUNT(work); i++)
		CHECK(!pthread_create(&threads[i], NULL, work[i],
				      (void *)(i + 1)));
	for (size_t i = 0; i < COUNT(work); i++) {
		if (i == COUNT(work) - 2)
			churn_over = true;
		pthread_join(threads[i], NULL);
	}
	/* It still works. */
	for (int i = 0; i < FILES; i++)
		close(churn_fds[i]);
	for (int i = 0; i < 3; i++)
		close(churn_set[i]);
	churn_set[0] = set();
	OK(change(churn_set[0], EPOLL_CTL_ADD, event(1), EPOLLIN));
	now(churn_set[0], 1);
}

#define MANY 4000

CASE(the_cost_is_of_what_is_ready)
{
	struct rlimit limit = { MANY + 50, MANY + 50 };
	int ep = set(), fds[MANY];

	if (setrlimit(RLIMIT_NOFILE, &limit))
		SKIP("descriptors are limited");
	for (int i = 0; i < MANY; i++) {
		fds[i] = event(0);
		OK(change(ep, EPOLL_CTL_ADD, fds[i], EPOLLIN));
	}
	for (int i = 0; i < 1000; i++) {
		add_to(fds[i * 7 % MANY]);
		CHECK_EQ(now(ep, 1)->data.fd, fds[i * 7 % MANY]);
		take_from(fds[i * 7 % MANY]);
	}
	now(ep, 0);
}
