/* SPDX-License-Identifier: MIT */
/*
 * errno_interrupts.c - every call that waits, ended by a signal's handler:
 * EINTR without SA_RESTART; with it those go on that Linux lets go on.
 */
#include "guest.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t caught;
static int ends[2]; /* a pipe nobody writes to */
static int full[2]; /* a pipe that is full */
static int watcher; /* an epoll of ends[0] */

static void
handler(int signal)
{
	(void)signal;
	caught++;
}

static void
prepare(int flags)
{
	struct sigaction act = { .sa_handler = handler, .sa_flags = flags };
	struct epoll_event event = { .events = EPOLLIN };
	static char page[4096];

	OK(sigaction(SIGUSR1, &act, NULL));
	OK(pipe(ends));
	OK(pipe2(full, O_NONBLOCK));
	while (write(full[1], page, sizeof(page)) > 0)
		;
	OK(fcntl(full[1], F_SETFL, 0));
	watcher = (int)OK(epoll_create1(0));
	OK(epoll_ctl(watcher, EPOLL_CTL_ADD, ends[0], &event));
	OK(mkfifo("fifo", 0600));
}

/* --- the calls ----------------------------------------------------------- */

static char byte;

static long
call_read(void)
{
	return read(ends[0], &byte, 1);
}

static long
call_readv(void)
{
	return syscall(SYS_readv, ends[0], &(void *[2]){ &byte, (void *)1 }, 1);
}

static long
call_write(void)
{
	return write(full[1], "x", 1);
}

static long
call_writev(void)
{
	return syscall(SYS_writev, full[1], &(void *[2]){ &byte, (void *)1 },
		       1);
}

static long
call_open(void)
{
	return syscall(SYS_open, "fifo", O_RDONLY);
}

static long
call_openat(void)
{
	return syscall(SYS_openat, AT_FDCWD, "fifo", O_WRONLY);
}

static long
call_creat(void)
{
	return syscall(SYS_creat, "fifo", 0600);
}

static long
call_waitid(void)
{
	return waitid(P_ALL, 0, &(siginfo_t){ 0 }, WEXITED);
}

static long
call_wait4(void)
{
	return wait4(-1, NULL, 0, NULL);
}

static unsigned word;

static long
call_futex(void)
{
	return syscall(SYS_futex, &word, 0, 0, NULL, NULL, 0);
}

static long
call_futex_timed(void)
{
	struct timespec t = { 60, 0 };

	return syscall(SYS_futex, &word, 0, 0, &t, NULL, 0);
}

static long
call_poll(void)
{
	struct pollfd p = { ends[0], POLLIN, 0 };

	return syscall(SYS_poll, &p, 1, -1);
}

static long
call_ppoll(void)
{
	struct pollfd p = { ends[0], POLLIN, 0 };

	return syscall(SYS_ppoll, &p, 1, NULL, NULL, 8);
}

static long
call_select(void)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(ends[0], &set);
	return syscall(SYS_select, ends[0] + 1, &set, NULL, NULL, NULL);
}

static long
call_pselect6(void)
{
	return syscall(SYS_pselect6, 0, NULL, NULL, NULL, NULL, NULL);
}

static long
call_epoll_wait(void)
{
	struct epoll_event e;

	return syscall(SYS_epoll_wait, watcher, &e, 1, -1);
}

static long
call_epoll_pwait(void)
{
	struct epoll_event e;

	return syscall(SYS_epoll_pwait, watcher, &e, 1, -1, NULL, 8);
}

static long
call_epoll_pwait2(void)
{
	struct epoll_event e;

	return syscall(SYS_epoll_pwait2, watcher, &e, 1, NULL, NULL, 8);
}

static long
call_nanosleep(void)
{
	struct timespec t = { 60, 0 };

	return syscall(SYS_nanosleep, &t, NULL);
}

static long
call_clock_nanosleep(void)
{
	struct timespec t = { 60, 0 };

	return syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &t, NULL);
}

static long
call_clock_nanosleep_until(void)
{
	struct timespec t = { 1L << 40, 0 };

	return syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &t,
		       NULL);
}

static long
call_pause(void)
{
	return syscall(SYS_pause);
}

static long
call_sigsuspend(void)
{
	return syscall(SYS_rt_sigsuspend, &(uint64_t){ 0 }, 8);
}

static long
call_sigtimedwait(void)
{
	uint64_t set = 1ull << (SIGUSR2 - 1);

	return syscall(SYS_rt_sigtimedwait, &set, NULL, NULL, 8);
}

static const struct call {
	const char *name;
	long (*run)(void);
	bool restarts; /* with SA_RESTART */
} calls[] = {
	{ "read", call_read, true },
	{ "readv", call_readv, true },
	{ "write", call_write, true },
	{ "writev", call_writev, true },
	{ "open", call_open, true },
	{ "openat", call_openat, true },
	{ "creat", call_creat, true },
	{ "waitid", call_waitid, true },
	{ "wait4", call_wait4, true },
	{ "futex", call_futex, true },
	{ "futex_timed", call_futex_timed, false },
	{ "poll", call_poll, false },
	{ "ppoll", call_ppoll, false },
	{ "select", call_select, false },
	{ "pselect6", call_pselect6, false },
	{ "epoll_wait", call_epoll_wait, false },
	{ "epoll_pwait", call_epoll_pwait, false },
	{ "epoll_pwait2", call_epoll_pwait2, false },
	{ "nanosleep", call_nanosleep, false },
	{ "clock_nanosleep", call_clock_nanosleep, false },
	{ "clock_nanosleep_until", call_clock_nanosleep_until, false },
	{ "pause", call_pause, false },
	{ "rt_sigsuspend", call_sigsuspend, false },
	{ "rt_sigtimedwait", call_sigtimedwait, false },
};

/* --- the cases ----------------------------------------------------------- */

/* State of a process in /proc: 'S' once it waits in its call. */
static char
state_of(pid_t pid)
{
	char path[64], text[512], *end;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	get_file(path, text, sizeof(text));
	end = strrchr(text, ')');
	return end ? end[2] : '?';
}

static void
wait_asleep(pid_t pid)
{
	while (state_of(pid) != 'S')
		sched_yield();
}

/* 0 = EINTR, 1 = it returned something else, 2 = another error. */
static int
run_call(const struct call *c)
{
	long r;

	/* Someone to wait for, who never ends by itself. */
	pid_t child = fork();

	if (child == 0) {
		for (;;)
			pause();
	}
	errno = 0;
	r = c->run();
	r = r != -1 ? 1 : errno != EINTR ? 2 : 0;
	kill(child, SIGKILL);
	return caught ? (int)r : 3;
}

CASE(signal_ends_waiting_calls)
{
	prepare(0);
	for (size_t i = 0; i < COUNT(calls); i++) {
		pid_t pid = CHILD(_exit(run_call(&calls[i])));
		int status;

		wait_asleep(pid);
		OK(kill(pid, SIGUSR1));
		OK(waitpid(pid, &status, 0));
		if (status)
			guest_fail(__FILE__, __LINE__, "%s: status %#x",
				   calls[i].name, status);
	}
}

/* The handler ran and the call still waits, or it ended with EINTR. */
CASE(signal_with_restart)
{
	prepare(SA_RESTART);
	for (size_t i = 0; i < COUNT(calls); i++) {
		int status;
		pid_t pid;

		pid = CHILD(_exit(run_call(&calls[i])));
		wait_asleep(pid);
		OK(kill(pid, SIGUSR1));
		if (calls[i].restarts) {
			sleep_ms(20);
			wait_asleep(pid);
			OK(kill(pid, SIGKILL));
			DIES(pid, SIGKILL);
		} else {
			OK(waitpid(pid, &status, 0));
			if (status)
				guest_fail(__FILE__, __LINE__, "%s: status %#x",
					   calls[i].name, status);
		}
	}
}

/* A stop and SIGCONT without a handler: no call that waits notices, but those
 * that Linux documents to. */
CASE(stop_and_continue_disturb_nobody)
{
	prepare(0);
	for (size_t i = 0; i < COUNT(calls); i++) {
		bool ends_it = strncmp(calls[i].name, "epoll", 5) == 0 ||
			       !strcmp(calls[i].name, "rt_sigtimedwait");
		pid_t pid;
		int status;

		caught = 1; /* not what this case is about */
		pid = CHILD(_exit(run_call(&calls[i])));
		wait_asleep(pid);
		OK(kill(pid, SIGSTOP));
		OK(waitpid(pid, &status, WUNTRACED));
		CHECK(WIFSTOPPED(status));
		OK(kill(pid, SIGCONT));
		if (ends_it) {
			OK(waitpid(pid, &status, 0));
			if (status)
				guest_fail(__FILE__, __LINE__, "%s: status %#x",
					   calls[i].name, status);
			continue;
		}
		wait_asleep(pid);
		sleep_ms(5);
		CHECK_EQ(waitpid(pid, &status, WNOHANG), 0);
		OK(kill(pid, SIGKILL));
		DIES(pid, SIGKILL);
	}
}
