/* SPDX-License-Identifier: MIT */
/*
 * pipes.c - pipes, and waiting for descriptors: poll, ppoll, select.
 */
#include "guest.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char buffer[70000];

CASE(bytes_come_out_in_order)
{
	int fds[2];

	OK(pipe(fds));
	CHECK_EQ(write(fds[1], "hello", 5), 5);
	CHECK_EQ(write(fds[1], " world", 6), 6);
	CHECK_EQ(read(fds[0], buffer, 3), 3);
	CHECK_EQ(read(fds[0], buffer + 3, 100), 8);
	CHECK(!memcmp(buffer, "hello world", 11));
}

CASE(wrong_ends)
{
	int fds[2];

	OK(pipe(fds));
	FAILS(write(fds[0], "x", 1), EBADF);
	FAILS(read(fds[1], buffer, 1), EBADF);
}

CASE(end_of_file)
{
	int fds[2];

	OK(pipe(fds));
	CHECK_EQ(write(fds[1], "x", 1), 1);
	OK(close(fds[1]));
	CHECK_EQ(read(fds[0], buffer, 10), 1);
	CHECK_EQ(read(fds[0], buffer, 10), 0);
	CHECK_EQ(read(fds[0], buffer, 10), 0);
}

CASE(capacity_and_nonblocking)
{
	ssize_t total = 0, n;
	int fds[2];

	OK(pipe2(fds, O_NONBLOCK));
	FAILS(read(fds[0], buffer, 1), EAGAIN);
	while ((n = write(fds[1], buffer, 4096)) > 0)
		total += n;
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(total, 65536);
	CHECK_EQ(read(fds[0], buffer, 4096), 4096);
	CHECK_EQ(write(fds[1], buffer, 4096), 4096);
	CHECK_EQ(fcntl(fds[0], F_GETFL) & O_NONBLOCK, O_NONBLOCK);
}

CASE(pipe2_flags)
{
	int fds[2];

	OK(pipe2(fds, O_CLOEXEC));
	CHECK_EQ(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(fds[1], F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(fds[0], F_GETFL) & O_ACCMODE, O_RDONLY);
	CHECK_EQ(fcntl(fds[1], F_GETFL) & O_ACCMODE, O_WRONLY);
	FAILS(pipe2(fds, 0x40000000), EINVAL);
}

CASE(small_writes_are_whole)
{
	int fds[2];
	pid_t pids[4];

	OK(pipe(fds));
	for (int k = 0; k < 4; k++)
		pids[k] = CHILD({
			char line[100];

			memset(line, 'a' + k, sizeof(line));
			for (int i = 0; i < 200; i++)
				CHECK_EQ(write(fds[1], line, 100), 100);
		});
	OK(close(fds[1]));
	for (int i = 0; i < 800; i++) {
		size_t n = 0;
		ssize_t got;

		while (n < 100 &&
		       (got = OK(read(fds[0], buffer + n, 100 - n))) > 0)
			n += (size_t)got;
		CHECK_EQ(n, 100);
		for (int j = 1; j < 100; j++)
			CHECK_EQ(buffer[j], buffer[0]);
	}
	for (int k = 0; k < 4; k++)
		EXITS(pids[k], 0);
}

CASE(large_write_waits_for_the_reader)
{
	size_t total = 0;
	int fds[2];
	pid_t pid;

	OK(pipe(fds));
	pid = CHILD({
		OK(close(fds[0]));
		memset(buffer, 'L', sizeof(buffer));
		for (int i = 0; i < 5; i++)
			CHECK_EQ(write(fds[1], buffer, sizeof(buffer)),
				 sizeof(buffer));
	});
	OK(close(fds[1]));
	for (;;) {
		ssize_t n = OK(read(fds[0], buffer, 7777));

		if (!n)
			break;
		for (ssize_t i = 0; i < n; i += 100)
			CHECK_EQ(buffer[i], 'L');
		total += (size_t)n;
	}
	CHECK_EQ(total, 5 * sizeof(buffer));
	EXITS(pid, 0);
}

CASE(reader_goes_away)
{
	int fds[2];
	pid_t pid;

	signal(SIGPIPE, SIG_IGN);
	OK(pipe(fds));
	pid = CHILD({
		OK(close(fds[1]));
		sleep_ms(20);
	});
	OK(close(fds[0]));
	while (write(fds[1], buffer, sizeof(buffer)) > 0)
		;
	CHECK_EQ(errno, EPIPE);
	EXITS(pid, 0);
}

CASE(ring_of_processes)
{
	int first[2], in, next[2], token = 0;

	OK(pipe(first));
	in = first[0];
	for (int i = 0; i < 20; i++) {
		OK(pipe(next));
		CHILD({
			int t;

			for (int round = 0; round < 20; round++) {
				CHECK_EQ(read(in, &t, sizeof(t)), sizeof(t));
				t++;
				CHECK_EQ(write(next[1], &t, sizeof(t)),
					 sizeof(t));
			}
		});
		in = next[0];
		OK(close(next[1]));
	}
	for (int round = 0; round < 20; round++) {
		CHECK_EQ(write(first[1], &token, sizeof(token)), sizeof(token));
		CHECK_EQ(read(in, &token, sizeof(token)), sizeof(token));
	}
	CHECK_EQ(token, 400);
}

CASE(fionread_and_stat)
{
	struct stat st;
	int fds[2], n = -1;

	OK(pipe(fds));
	CHECK_EQ(write(fds[1], "abc", 3), 3);
	OK(ioctl(fds[0], FIONREAD, &n));
	CHECK_EQ(n, 3);
	OK(fstat(fds[0], &st));
	CHECK(S_ISFIFO(st.st_mode));
	FAILS(ioctl(fds[0], TCGETS, &n), ENOTTY);
}

static short
ready(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	OK(poll(&p, 1, 0));
	return p.revents;
}

CASE(poll_states_of_a_pipe)
{
	int fds[2];

	OK(pipe2(fds, O_NONBLOCK));
	CHECK_EQ(ready(fds[0], POLLIN), 0);
	CHECK_EQ(ready(fds[1], POLLOUT), POLLOUT);
	CHECK_EQ(write(fds[1], "x", 1), 1);
	CHECK_EQ(ready(fds[0], POLLIN), POLLIN);
	while (write(fds[1], buffer, 4096) > 0)
		;
	CHECK_EQ(ready(fds[1], POLLOUT), 0);
	OK(close(fds[1]));
	CHECK_EQ(ready(fds[0], POLLIN), POLLIN | POLLHUP);
	while (read(fds[0], buffer, sizeof(buffer)) > 0)
		;
	CHECK_EQ(ready(fds[0], POLLIN), POLLHUP);
	OK(pipe(fds));
	OK(close(fds[0]));
	CHECK_EQ(ready(fds[1], POLLOUT), POLLOUT | POLLERR);
}

CASE(poll_others)
{
	int fd;

	put_file("f", "x");
	fd = (int)OK(open("f", O_RDWR));
	CHECK_EQ(ready(fd, POLLIN | POLLOUT), POLLIN | POLLOUT);
	CHECK_EQ(ready(99, POLLIN), POLLNVAL);
	CHECK_EQ(ready(-1, POLLIN), 0);
	fd = (int)OK(open("/dev/null", O_RDWR));
	CHECK_EQ(ready(fd, POLLIN | POLLOUT), POLLIN | POLLOUT);
}

CASE(poll_times_out)
{
	struct pollfd p = { .events = POLLIN };
	long begun = now_ms();
	int fds[2];

	OK(pipe(fds));
	p.fd = fds[0];
	CHECK_EQ(poll(&p, 1, 50), 0);
	CHECK(now_ms() - begun >= 49);
	CHECK_EQ(poll(NULL, 0, 10), 0);
}

CASE(poll_wakes_up)
{
	struct pollfd p[2] = { { .events = POLLIN }, { .events = POLLIN } };
	int a[2], b[2];
	pid_t pid;

	OK(pipe(a));
	OK(pipe(b));
	p[0].fd = a[0];
	p[1].fd = b[0];
	pid = CHILD({
		sleep_ms(20);
		OK(write(b[1], "x", 1));
	});
	CHECK_EQ(poll(p, 2, -1), 1);
	CHECK_EQ(p[0].revents, 0);
	CHECK_EQ(p[1].revents, POLLIN);
	EXITS(pid, 0);
}

static volatile int seen;

static void
note(int number)
{
	seen = number;
}

CASE(ppoll_swaps_the_mask)
{
	struct sigaction action = { .sa_handler = note };
	struct timespec t = { 5, 0 };
	sigset_t blocked, empty;

	sigemptyset(&empty);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	OK(sigaction(SIGUSR1, &action, NULL));
	OK(sigprocmask(SIG_BLOCK, &blocked, NULL));
	OK(raise(SIGUSR1));
	FAILS(ppoll(NULL, 0, &t, &empty), EINTR);
	CHECK_EQ(seen, SIGUSR1);
	t.tv_nsec = 2000000000;
	FAILS(syscall(SYS_ppoll, NULL, 0, &t, NULL, 8), EINVAL);
	FAILS(syscall(SYS_ppoll, NULL, 0, &(struct timespec){ 0, 0 }, &empty,
		      4),
	      EINVAL);
}

CASE(select_sets)
{
	struct timeval zero = { 0, 0 };
	fd_set r, w;
	int fds[2];

	OK(pipe(fds));
	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_SET(fds[0], &r);
	FD_SET(fds[1], &w);
	CHECK_EQ(select(fds[1] + 1, &r, &w, NULL, &zero), 1);
	CHECK(!FD_ISSET(fds[0], &r));
	CHECK(FD_ISSET(fds[1], &w));
	OK(write(fds[1], "x", 1));
	FD_SET(fds[0], &r);
	CHECK_EQ(select(fds[1] + 1, &r, &w, NULL, &zero), 2);
	OK(close(fds[1]));
	FD_SET(fds[1], &w);
	FAILS(select(fds[1] + 1, &r, &w, NULL, &zero), EBADF);
	FAILS(select(-1, NULL, NULL, NULL, &zero), EINVAL);
}

CASE(select_sleeps)
{
	struct timeval t = { 0, 50000 };
	long begun = now_ms();

	CHECK_EQ(syscall(SYS_select, 0, NULL, NULL, NULL, &t), 0);
	CHECK(now_ms() - begun >= 49);
	CHECK_EQ(t.tv_sec + t.tv_usec, 0); /* the rest is written back */
}
