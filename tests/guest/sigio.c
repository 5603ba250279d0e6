/* SPDX-License-Identifier: MIT */
/*
 * sigio.c - signals about files: O_ASYNC, F_SETOWN, F_SETSIG.
 */
#include "guest.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static sigset_t mask;

static void
block(int number)
{
	sigemptyset(&mask);
	sigaddset(&mask, number);
	OK(sigprocmask(SIG_BLOCK, &mask, NULL));
}

static int
wait_ms(siginfo_t *info, long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	return sigtimedwait(&mask, info, &t);
}

static void
expect_sigio_of(int from, int to)
{
	siginfo_t info;

	block(SIGIO);
	OK(fcntl(from, F_SETOWN, getpid()));
	CHECK_EQ(fcntl(from, F_GETOWN), getpid());
	OK(fcntl(from, F_SETFL, O_ASYNC | O_NONBLOCK));
	CHECK(fcntl(from, F_GETFL) & O_ASYNC);
	FAILS(wait_ms(&info, 5), EAGAIN);
	CHECK_EQ(write(to, "x", 1), 1);
	CHECK_EQ(wait_ms(&info, 10000), SIGIO);
	CHECK_EQ(info.si_code, SI_KERNEL);
	OK(fcntl(from, F_SETFL, O_NONBLOCK));
	while (wait_ms(&info, 5) > 0)
		;
	CHECK_EQ(write(to, "x", 1), 1);
	FAILS(wait_ms(&info, 5), EAGAIN);
}

CASE(a_pipe_signals_its_owner)
{
	int fds[2];

	OK(pipe(fds));
	expect_sigio_of(fds[0], fds[1]);
}

CASE(a_socket_signals_its_owner)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		SKIP("no sockets");
	expect_sigio_of(fds[0], fds[1]);
}

CASE(a_signal_of_choice_tells_more)
{
	siginfo_t info;
	int fds[2];

	block(SIGRTMIN);
	OK(pipe(fds));
	OK(fcntl(fds[0], F_SETSIG, SIGRTMIN));
	CHECK_EQ(fcntl(fds[0], F_GETSIG), SIGRTMIN);
	OK(fcntl(fds[0], F_SETOWN, getpid()));
	OK(fcntl(fds[0], F_SETFL, O_ASYNC));
	CHECK_EQ(write(fds[1], "x", 1), 1);
	CHECK_EQ(wait_ms(&info, 10000), SIGRTMIN);
	CHECK_EQ(info.si_code, POLL_IN);
	CHECK_EQ(info.si_band, POLLIN | POLLRDNORM);
	CHECK_EQ(info.si_fd, fds[0]);
}

CASE(a_thread_or_a_group_owns_it)
{
	struct f_owner_ex o = { .type = F_OWNER_TID, .pid = gettid() };
	siginfo_t info;
	int fds[2];

	block(SIGIO);
	OK(pipe(fds));
	OK(fcntl(fds[0], F_SETOWN_EX, &o));
	OK(fcntl(fds[0], F_SETFL, O_ASYNC));
	o.pid = 0;
	OK(fcntl(fds[0], F_GETOWN_EX, &o));
	CHECK(o.type == F_OWNER_TID && o.pid == gettid());
	CHECK_EQ(write(fds[1], "x", 1), 1);
	CHECK_EQ(wait_ms(&info, 10000), SIGIO);
	CHECK_EQ(read(fds[0], &info, 1), 1);
	/* musl makes F_GETOWN of F_GETOWN_EX: a group is below zero there. */
	OK(fcntl(fds[0], F_SETOWN, -getpgrp()));
	OK(fcntl(fds[0], F_GETOWN_EX, &o));
	CHECK(o.type == F_OWNER_PGRP && o.pid == getpgrp());
	CHECK_EQ(write(fds[1], "x", 1), 1);
	CHECK_EQ(wait_ms(&info, 10000), SIGIO);
}

CASE(owners_and_signals_are_checked)
{
	struct f_owner_ex o = { .type = 7 };
	int fds[2];

	OK(pipe(fds));
	FAILS(fcntl(fds[0], F_SETOWN, 4194303), ESRCH);
	FAILS(fcntl(fds[0], F_SETOWN, -4194303), ESRCH);
	FAILS(fcntl(fds[0], F_SETOWN, INT32_MIN), EINVAL);
	FAILS(fcntl(fds[0], F_SETOWN_EX, &o), EINVAL);
	o = (struct f_owner_ex){ .type = F_OWNER_PID, .pid = 4194303 };
	FAILS(fcntl(fds[0], F_SETOWN_EX, &o), ESRCH);
	FAILS(fcntl(fds[0], F_SETOWN_EX, 8), EFAULT);
	FAILS(fcntl(fds[0], F_SETSIG, 65), EINVAL);
	FAILS(fcntl(fds[0], F_SETSIG, -1), EINVAL);
	OK(fcntl(fds[0], F_SETOWN, 0));
	CHECK_EQ(fcntl(fds[0], F_GETOWN), 0);
	CHECK_EQ(fcntl(fds[0], F_GETSIG), 0);
}

CASE(fioasync_is_the_same)
{
	int fds[2], on = 1;

	OK(pipe(fds));
	OK(ioctl(fds[0], FIOASYNC, &on));
	CHECK(fcntl(fds[0], F_GETFL) & O_ASYNC);
	on = 0;
	OK(ioctl(fds[0], FIOASYNC, &on));
	CHECK(!(fcntl(fds[0], F_GETFL) & O_ASYNC));
	FAILS(ioctl(fds[0], FIOASYNC, 8), EFAULT);
}
