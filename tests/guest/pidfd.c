/* SPDX-License-Identifier: MIT */
/*
 * pidfd.c - processes as files.
 */
#include "guest.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define BY_PIDFD 3 /* P_PIDFD */

static long
pidfd_open(pid_t pid, unsigned flags)
{
	return syscall(SYS_pidfd_open, pid, flags);
}

static long
send(int fd, int number, siginfo_t *info)
{
	return syscall(SYS_pidfd_send_signal, fd, number, info, 0);
}

static long
getfd(int pidfd, int fd)
{
	return syscall(SYS_pidfd_getfd, pidfd, fd, 0);
}

static int
readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return (int)OK(poll(&p, 1, ms));
}

static pid_t
sleeper(void)
{
	return CHILD({
		for (;;)
			pause();
	});
}

CASE(readable_once_it_is_dead)
{
	pid_t pid = sleeper();
	int fd = (int)OK(pidfd_open(pid, 0)), ep = (int)OK(epoll_create1(0));
	struct epoll_event e = { .events = EPOLLIN };

	OK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e));
	CHECK_EQ(readable(fd, 0), 0);
	OK(kill(pid, SIGKILL));
	CHECK_EQ(readable(fd, -1), 1);
	CHECK_EQ(epoll_wait(ep, &e, 1, -1), 1);
	OK(send(fd, 0, NULL));
	DIES(pid, SIGKILL);
	CHECK_EQ(readable(fd, 0), 1);
	FAILS(send(fd, 0, NULL), ESRCH);
	FAILS(getfd(fd, 0), ESRCH);
}

CASE(waiting_in_poll_for_an_exit)
{
	pid_t pid = CHILD({ sleep_ms(20); });
	int fd = (int)OK(pidfd_open(pid, 0));

	CHECK_EQ(readable(fd, -1), 1);
	EXITS(pid, 0);
}

CASE(pidfd_open_errors)
{
	int fd;

	FAILS(pidfd_open(0, 0), EINVAL);
	FAILS(pidfd_open(-1, 0), EINVAL);
	FAILS(pidfd_open(getpid(), 1), EINVAL);
	FAILS(pidfd_open(4194303, 0), ESRCH);
	fd = (int)OK(pidfd_open(getpid(), O_NONBLOCK));
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(fd, F_GETFL), O_RDWR | O_NONBLOCK);
	FAILS(read(fd, &fd, sizeof(fd)), EINVAL);
}

static volatile pid_t thread_id;

static void *
tell_and_wait(void *arg)
{
	thread_id = gettid();
	sleep_ms(2000);
	return arg;
}

CASE(a_thread_is_no_process)
{
	pthread_t thread;

	CHECK(!pthread_create(&thread, NULL, tell_and_wait, NULL));
	while (!thread_id)
		sleep_ms(1);
	FAILS(pidfd_open(thread_id, 0), ENOENT);
}

CASE(signals_through_it)
{
	pid_t pid = sleeper();
	int fd = (int)OK(pidfd_open(pid, 0));
	siginfo_t info = { .si_signo = SIGTERM, .si_code = SI_QUEUE };

	FAILS(send(fd, 99, NULL), EINVAL);
	FAILS(send(fd, SIGUSR1, &info), EINVAL);
	FAILS(send(fd, SIGTERM, (void *)8), EFAULT);
	FAILS(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 64), EINVAL);
	FAILS(send(-1, 0, NULL), EBADF);
	FAILS(send(open("/dev/null", O_RDONLY), 0, NULL), EBADF);
	info.si_code = SI_USER;
	FAILS(send(fd, SIGTERM, &info), EPERM);
	info.si_code = SI_QUEUE;
	OK(send(fd, SIGTERM, &info));
	DIES(pid, SIGTERM);
}

static int
open_proc(const char *format, pid_t pid, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), format, pid);
	return (int)OK(open(path, flags));
}

CASE(signals_through_an_open_directory_of_proc)
{
	pid_t pid = sleeper();
	int fd = open_proc("/proc/%d", pid, O_RDONLY | O_DIRECTORY);

	FAILS(send(open_proc("/proc/%d", pid, O_PATH), 0, NULL), EBADF);
	FAILS(send(open_proc("/proc/%1$d/task/%1$d", pid, O_RDONLY), 0, NULL),
	      EBADF);
	FAILS(send(open_proc("/proc/%d/fd", pid, O_RDONLY), 0, NULL), EBADF);
	FAILS(send(open_proc("/proc/%d/stat", pid, O_RDONLY), 0, NULL), EBADF);
	FAILS(send(open("/proc", O_RDONLY), 0, NULL), EBADF);
	FAILS(getfd(fd, 0), EBADF);
	FAILS(waitid(BY_PIDFD, (id_t)fd, NULL, WEXITED), EBADF);
	OK(send(fd, 0, NULL));
	OK(send(fd, SIGTERM, NULL));
	DIES(pid, SIGTERM);
	FAILS(send(fd, 0, NULL), ESRCH);
}

CASE(the_directory_of_a_thread_is_its_process)
{
	pthread_t thread;
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	OK(sigprocmask(SIG_BLOCK, &set, NULL));
	thread_id = 0;
	CHECK(!pthread_create(&thread, NULL, tell_and_wait, NULL));
	while (!thread_id)
		sleep_ms(1);
	fd = open_proc("/proc/%d", thread_id, O_RDONLY);
	OK(send(fd, SIGUSR1, NULL));
	CHECK_EQ(sigtimedwait(&set, NULL, &(struct timespec){ 10, 0 }),
		 SIGUSR1);
}

CASE(signals_need_permission)
{
	pid_t pid;
	int fd;

	need_root();
	pid = sleeper();
	fd = (int)OK(pidfd_open(pid, 0));
	EXITS(CHILD({
		      become_nobody();
		      FAILS(send(fd, SIGTERM, NULL), EPERM);
		      FAILS(getfd(fd, 0), EPERM);
	      }),
	      0);
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

CASE(a_descriptor_of_another)
{
	int theirs[2], told[2], fd, copy, number;
	char c = 0;
	pid_t pid;

	OK(pipe(told));
	pid = CHILD({
		OK(pipe(theirs));
		CHECK_EQ(write(theirs[1], "x", 1), 1);
		CHECK_EQ(write(told[1], &theirs[0], sizeof(int)), sizeof(int));
		for (;;)
			pause();
	});
	CHECK_EQ(read(told[0], &number, sizeof(int)), sizeof(int));
	fd = (int)OK(pidfd_open(pid, 0));
	copy = (int)OK(getfd(fd, number));
	CHECK_EQ(fcntl(copy, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(read(copy, &c, 1), 1);
	CHECK_EQ(c, 'x');
	FAILS(getfd(fd, 900), EBADF);
	FAILS(getfd(told[0], 0), EBADF);
	FAILS(syscall(SYS_pidfd_getfd, fd, 0, 1), EINVAL);
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

CASE(waitid_by_pidfd)
{
	pid_t pid = sleeper();
	int fd = (int)OK(pidfd_open(pid, 0));
	siginfo_t info = { 0 };

	OK(waitid(BY_PIDFD, fd, &info, WEXITED | WNOHANG));
	CHECK_EQ(info.si_pid, 0);
	FAILS(waitid(BY_PIDFD, -1, &info, WEXITED), EINVAL);
	FAILS(waitid(BY_PIDFD, 999, &info, WEXITED), EBADF);
	FAILS(waitid(BY_PIDFD, open("/dev/null", O_RDONLY), &info, WEXITED),
	      EBADF);
	FAILS(waitid(BY_PIDFD, (id_t)OK(pidfd_open(getppid(), 0)), &info,
		     WEXITED),
	      ECHILD);
	OK(fcntl(fd, F_SETFL, O_NONBLOCK));
	FAILS(waitid(BY_PIDFD, fd, &info, WEXITED), EAGAIN);
	OK(fcntl(fd, F_SETFL, 0));
	OK(kill(pid, SIGKILL));
	OK(waitid(BY_PIDFD, fd, &info, WEXITED));
	CHECK_EQ(info.si_pid, pid);
	CHECK_EQ(info.si_code, CLD_KILLED);
	CHECK_EQ(info.si_status, SIGKILL);
	FAILS(waitid(BY_PIDFD, fd, &info, WEXITED), ECHILD);
}

CASE(clone_gives_one)
{
	siginfo_t info;
	int fd = -1;
	long pid = syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, NULL, &fd, NULL,
			   NULL);

	if (!pid)
		_exit(fcntl(fd, F_GETFD) < 0 ? 5 : 6);
	CHECK(pid > 0);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	OK(waitid(BY_PIDFD, fd, &info, WEXITED));
	CHECK_EQ(info.si_pid, pid);
	CHECK_EQ(info.si_status, 5);
}

CASE(clone3_gives_one)
{
	int fd = -1;
	struct clone_args a = { .flags = CLONE_PIDFD,
				.pidfd = (uintptr_t)&fd,
				.exit_signal = SIGCHLD };
	long pid = syscall(SYS_clone3, &a, sizeof(a));

	if (!pid)
		_exit(0);
	CHECK(pid > 0);
	CHECK_EQ(readable(fd, -1), 1);
	EXITS((pid_t)pid, 0);
}

CASE(clone_pidfd_errors)
{
	int fd, before = (int)OK(dup(0));

	FAILS(syscall(SYS_clone, CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD,
		      NULL, &fd, NULL, NULL),
	      EINVAL);
	FAILS(syscall(SYS_clone, CLONE_PIDFD | CLONE_DETACHED | SIGCHLD, NULL,
		      &fd, NULL, NULL),
	      EINVAL);
	FAILS(syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, NULL, 8, NULL, NULL),
	      EFAULT);
	/* No descriptor, and no child, is left behind. */
	CHECK_EQ(OK(dup(0)), before + 1);
	FAILS(waitpid(-1, NULL, 0), ECHILD);
}
