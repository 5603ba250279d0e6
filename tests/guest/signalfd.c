/* SPDX-License-Identifier: MIT */
/*
 * signalfd.c - pending signals as bytes of a file.
 */
#include "guest.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static sigset_t
all_blocked(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGRTMIN);
	OK(sigprocmask(SIG_BLOCK, &set, NULL));
	return set;
}

static int
signals(int flags)
{
	sigset_t set = all_blocked();

	return (int)OK(signalfd(-1, &set, flags));
}

static struct signalfd_siginfo
next(int fd)
{
	struct signalfd_siginfo s;

	CHECK_EQ(read(fd, &s, sizeof(s)), sizeof(s));
	return s;
}

static int
readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return (int)OK(poll(&p, 1, ms));
}

CASE(a_signal_is_read)
{
	int fd = signals(SFD_NONBLOCK);
	struct signalfd_siginfo s;

	FAILS(read(fd, &s, sizeof(s)), EAGAIN);
	CHECK_EQ(readable(fd, 0), 0);
	OK(kill(getpid(), SIGUSR1));
	CHECK_EQ(readable(fd, 0), 1);
	s = next(fd);
	CHECK_EQ(s.ssi_signo, SIGUSR1);
	CHECK_EQ(s.ssi_code, SI_USER);
	CHECK_EQ(s.ssi_pid, getpid());
	CHECK_EQ(s.ssi_uid, getuid());
	FAILS(read(fd, &s, sizeof(s)), EAGAIN);
}

CASE(queued_signals_carry_values)
{
	int fd = signals(SFD_NONBLOCK);

	for (int i = 0; i < 3; i++)
		OK(sigqueue(getpid(), SIGRTMIN, (union sigval){ 70 + i }));
	for (int i = 0; i < 3; i++) {
		struct signalfd_siginfo s = next(fd);

		CHECK_EQ(s.ssi_signo, SIGRTMIN);
		CHECK_EQ(s.ssi_code, SI_QUEUE);
		CHECK_EQ(s.ssi_int, 70 + i);
		CHECK_EQ(s.ssi_pid, getpid());
	}
}

CASE(several_in_one_read)
{
	struct signalfd_siginfo s[4];
	int fd = signals(SFD_NONBLOCK);

	OK(kill(getpid(), SIGUSR1));
	OK(kill(getpid(), SIGUSR2));
	OK(sigqueue(getpid(), SIGRTMIN, (union sigval){ 1 }));
	CHECK_EQ(read(fd, s, sizeof(s)), 3 * sizeof(*s));
	CHECK_EQ(s[0].ssi_signo, SIGUSR1);
	CHECK_EQ(s[1].ssi_signo, SIGUSR2);
	CHECK_EQ(s[2].ssi_signo, SIGRTMIN);
	FAILS(read(fd, s, sizeof(*s) - 1), EINVAL);
}

CASE(the_death_of_a_child)
{
	int fd = signals(0);
	pid_t pid = CHILD({ _exit(7); });
	struct signalfd_siginfo s = next(fd);

	CHECK_EQ(s.ssi_signo, SIGCHLD);
	CHECK_EQ(s.ssi_code, CLD_EXITED);
	CHECK_EQ(s.ssi_pid, pid);
	CHECK_EQ(s.ssi_status, 7);
	EXITS(pid, 7);
}

CASE(a_thread_reads_its_own)
{
	int fd = signals(SFD_NONBLOCK);

	OK(syscall(SYS_tgkill, getpid(), gettid(), SIGUSR2));
	CHECK_EQ(next(fd).ssi_code, SI_TKILL);
}

CASE(a_child_reads_its_own)
{
	int fd = signals(SFD_NONBLOCK);
	pid_t pid;

	OK(kill(getpid(), SIGUSR1));
	pid = CHILD({
		struct signalfd_siginfo s;

		FAILS(read(fd, &s, sizeof(s)), EAGAIN);
		CHECK_EQ(readable(fd, 0), 0);
		OK(kill(getpid(), SIGUSR2));
		CHECK_EQ(next(fd).ssi_signo, SIGUSR2);
	});
	EXITS(pid, 0);
	CHECK_EQ(next(fd).ssi_signo, SIGUSR1);
}

CASE(waiting_for_a_signal)
{
	int fd = signals(0);
	pid_t parent = getpid();
	pid_t pid = CHILD({
		sleep_ms(20);
		OK(kill(parent, SIGUSR1));
		sleep_ms(20);
		OK(kill(parent, SIGUSR2));
	});

	CHECK_EQ(readable(fd, -1), 1);
	CHECK_EQ(next(fd).ssi_signo, SIGUSR1);
	CHECK_EQ(next(fd).ssi_signo, SIGUSR2);
	EXITS(pid, 0);
}

CASE(an_epoll_sees_signals)
{
	int fd = signals(SFD_NONBLOCK), ep = (int)OK(epoll_create1(0));
	struct epoll_event e = { .events = EPOLLIN };
	pid_t parent = getpid(), pid;

	OK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e));
	CHECK_EQ(epoll_wait(ep, &e, 1, 0), 0);
	pid = CHILD({
		sleep_ms(20);
		OK(kill(parent, SIGUSR1));
	});
	CHECK_EQ(epoll_wait(ep, &e, 1, -1), 1);
	CHECK_EQ(next(fd).ssi_signo, SIGUSR1);
	EXITS(pid, 0);
}

CASE(the_set_can_be_changed)
{
	sigset_t set = all_blocked();
	int fd = (int)OK(signalfd(-1, &set, SFD_NONBLOCK));
	struct signalfd_siginfo s;

	OK(kill(getpid(), SIGUSR1));
	sigdelset(&set, SIGUSR1);
	CHECK_EQ(signalfd(fd, &set, 0), fd);
	FAILS(read(fd, &s, sizeof(s)), EAGAIN);
	sigaddset(&set, SIGUSR1);
	CHECK_EQ(signalfd(fd, &set, 0), fd);
	CHECK_EQ(next(fd).ssi_signo, SIGUSR1);
}

CASE(signalfd_errors)
{
	sigset_t set = all_blocked();
	int fd = (int)OK(signalfd(-1, &set, SFD_CLOEXEC));

	FAILS(signalfd(-1, &set, 1), EINVAL);
	FAILS(signalfd(99, &set, 0), EBADF);
	FAILS(signalfd(open("/dev/null", O_RDONLY), &set, 0), EINVAL);
	FAILS(syscall(SYS_signalfd4, -1, &set, 4, 0), EINVAL);
	FAILS(syscall(SYS_signalfd4, -1, 8, 8, 0), EFAULT);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	OK(kill(getpid(), SIGUSR1));
	FAILS(read(fd, before_hole(), sizeof(struct signalfd_siginfo)), EFAULT);
	FAILS(write(fd, &set, 8), EINVAL);
}
