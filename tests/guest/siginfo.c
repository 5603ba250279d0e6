/* SPDX-License-Identifier: MIT */
/*
 * siginfo.c - what signals carry, who may make it up, and that none is lost.
 */
#include "guest.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static siginfo_t told;
static volatile sig_atomic_t seen;

static void
note(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	told = *info;
	seen++;
}

static void
handle(int number, int flags)
{
	struct sigaction action = { .sa_sigaction = note,
				    .sa_flags = flags | SA_SIGINFO };

	OK(sigaction(number, &action, NULL));
}

static sigset_t
blocked(int number)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, number);
	OK(sigprocmask(SIG_BLOCK, &mask, NULL));
	return mask;
}

static long
queue_info(pid_t pid, int number, int code)
{
	siginfo_t info = { .si_code = code };

	info.si_value.sival_int = 9;
	return syscall(SYS_rt_sigqueueinfo, pid, number, &info);
}

/* --- made up by programs --- */

CASE(oneself_may_be_told_anything)
{
	static const int codes[] = { SI_USER,  SI_KERNEL,  SI_QUEUE, SI_TIMER,
				     SI_TKILL, CLD_EXITED, -60 };

	handle(SIGUSR1, 0);
	for (size_t i = 0; i < COUNT(codes); i++) {
		OK(queue_info(getpid(), SIGUSR1, codes[i]));
		CHECK_EQ(told.si_code, codes[i]);
		CHECK_EQ(told.si_signo, SIGUSR1);
	}
}

CASE(others_are_not_lied_to)
{
	pid_t pid = CHILD({
		for (;;)
			pause();
	});

	FAILS(queue_info(pid, SIGUSR1, SI_USER), EPERM);
	FAILS(queue_info(pid, SIGUSR1, SI_KERNEL), EPERM);
	FAILS(queue_info(pid, SIGUSR1, SI_TKILL), EPERM);
	FAILS(queue_info(pid, 65, SI_QUEUE), EINVAL);
	FAILS(queue_info(4194303, SIGUSR1, SI_QUEUE), ESRCH);
	FAILS(syscall(SYS_rt_sigqueueinfo, pid, SIGUSR1, 8), EFAULT);
	FAILS(syscall(SYS_rt_tgsigqueueinfo, pid, pid, SIGUSR1, 8), EFAULT);
	OK(queue_info(pid, 0, SI_QUEUE));
	OK(queue_info(pid, SIGUSR1, SI_QUEUE));
	DIES(pid, SIGUSR1);
}

CASE(a_thread_is_told)
{
	siginfo_t info = { .si_code = SI_QUEUE };

	handle(SIGUSR1, 0);
	info.si_value.sival_int = 12;
	OK(syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), SIGUSR1, &info));
	CHECK_EQ(told.si_value.sival_int, 12);
	FAILS(syscall(SYS_rt_tgsigqueueinfo, getpid(), getppid(), SIGUSR1,
		      &info),
	      ESRCH);
	FAILS(syscall(SYS_rt_tgsigqueueinfo, 0, gettid(), SIGUSR1, &info),
	      EINVAL);
	FAILS(syscall(SYS_rt_tgsigqueueinfo, getpid(), 0, SIGUSR1, &info),
	      EINVAL);
	OK(syscall(SYS_tkill, gettid(), SIGUSR1));
	CHECK_EQ(told.si_code, SI_TKILL);
	CHECK_EQ(told.si_pid, getpid());
}

/* --- made by the kernel --- */

CASE(an_alarm_is_the_kernels)
{
	handle(SIGALRM, 0);
	ualarm(1000, 0);
	while (!seen)
		sleep_ms(1);
	CHECK_EQ(told.si_code, SI_KERNEL);
}

CASE(a_broken_pipe_is_a_users)
{
	int fds[2];

	handle(SIGPIPE, 0);
	OK(pipe(fds));
	OK(close(fds[0]));
	FAILS(write(fds[1], "x", 1), EPIPE);
	CHECK_EQ(told.si_code, SI_USER);
	CHECK_EQ(told.si_pid, getpid());
}

static char *fault_at;

/* The handler cannot go back: it is said from there. */
static void
check_bus(int number, siginfo_t *info, void *context)
{
	(void)context;
	_exit(number == SIGBUS && info->si_code == BUS_ADRERR &&
			      info->si_addr == fault_at
		      ? 7
		      : 8);
}

CASE(beyond_the_end_of_a_file)
{
	char *p;
	int fd;

	put_file("short", "");
	fd = (int)OK(open("short", O_RDWR));
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	fault_at = p;
	EXITS(CHILD({
		      struct sigaction action = { .sa_sigaction = check_bus,
						  .sa_flags = SA_SIGINFO };

		      OK(sigaction(SIGBUS, &action, NULL));
		      (void)*(volatile char *)p;
	      }),
	      7);
}

CASE(children_tell_how_they_fare)
{
	pid_t pid;

	handle(SIGCHLD, SA_RESTART);
	pid = CHILD({
		for (;;)
			pause();
	});
	OK(kill(pid, SIGSTOP));
	while (seen < 1)
		sleep_ms(1);
	CHECK_EQ(told.si_code, CLD_STOPPED);
	CHECK_EQ(told.si_status, SIGSTOP);
	OK(kill(pid, SIGCONT));
	while (seen < 2)
		sleep_ms(1);
	CHECK_EQ(told.si_code, CLD_CONTINUED);
	CHECK_EQ(told.si_status, SIGCONT);
	OK(kill(pid, SIGTERM));
	while (seen < 3)
		sleep_ms(1);
	CHECK_EQ(told.si_code, CLD_KILLED);
	CHECK_EQ(told.si_status, SIGTERM);
	CHECK_EQ(told.si_pid, pid);
	DIES(pid, SIGTERM);
}

CASE(stops_may_be_kept_quiet)
{
	pid_t pid;
	int status;

	handle(SIGCHLD, SA_RESTART | SA_NOCLDSTOP);
	pid = CHILD({
		for (;;)
			pause();
	});
	OK(kill(pid, SIGSTOP));
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status));
	CHECK_EQ(seen, 0);
	OK(kill(pid, SIGKILL));
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(seen, 1);
}

CASE(nocldwait_leaves_no_zombies)
{
	handle(SIGCHLD, SA_RESTART | SA_NOCLDWAIT);
	(void)CHILD({ _exit(0); });
	FAILS(waitpid(-1, NULL, 0), ECHILD);
	while (!seen)
		sleep_ms(1);
	CHECK_EQ(told.si_code, CLD_EXITED);
}

/* --- the alternate stack, once --- */

static stack_t during;

static void
look_at_stack(int number)
{
	(void)number;
	OK(sigaltstack(NULL, &during));
	seen++;
}

CASE(an_alternate_stack_that_disarms)
{
	struct sigaction action = { .sa_handler = look_at_stack,
				    .sa_flags = SA_ONSTACK };
	stack_t stack = { .ss_sp = anon(65536),
			  .ss_size = 65536,
			  .ss_flags = (int)(1u << 31) /* SS_AUTODISARM */ };
	stack_t after;

	OK(sigaction(SIGUSR1, &action, NULL));
	if (sigaltstack(&stack, NULL) && errno == EINVAL)
		SKIP("no SS_AUTODISARM");
	OK(raise(SIGUSR1));
	CHECK_EQ(during.ss_flags, SS_DISABLE);
	OK(sigaltstack(NULL, &after));
	CHECK(after.ss_sp == stack.ss_sp);
	CHECK_EQ(after.ss_flags, stack.ss_flags);
	OK(raise(SIGUSR1));
	CHECK_EQ(seen, 2);
}

/* --- limits --- */

CASE(the_queue_has_a_limit)
{
	struct rlimit limit = { 5, 5 };
	sigset_t mask;
	int n = 0;

	need_root();
	become_nobody();
	mask = blocked(SIGRTMIN);
	OK(setrlimit(RLIMIT_SIGPENDING, &limit));
	while (n < 100 && !sigqueue(getpid(), SIGRTMIN, (union sigval){ n }))
		n++;
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(n, 5);
	/* kill(2) and standard signals get through. */
	(void)blocked(SIGRTMIN + 1);
	(void)blocked(SIGUSR1);
	OK(kill(getpid(), SIGRTMIN + 1));
	OK(sigqueue(getpid(), SIGUSR1, (union sigval){ 1 }) ? -1 : 0);
	for (int i = 0; i < n; i++) {
		siginfo_t info;

		OK(sigwaitinfo(&mask, &info));
		CHECK_EQ(info.si_value.sival_int, i);
	}
	OK(sigqueue(getpid(), SIGRTMIN, (union sigval){ 1 }));
}

/* --- none is lost --- */

#ifndef SIGNALS
#define SIGNALS 20000
#endif

static int expected;
static volatile sig_atomic_t wrong;

static void
count(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	if (info->si_value.sival_int != expected)
		wrong = 1;
	expected++;
}

/* Take them all, the first half by waiting, the others in a handler. */
static void
receive(void)
{
	struct sigaction action = { .sa_sigaction = count,
				    .sa_flags = SA_SIGINFO };
	sigset_t mask, none;
	siginfo_t info;

	sigemptyset(&none);
	sigemptyset(&mask);
	sigaddset(&mask, SIGRTMIN + 3);
	while (expected < SIGNALS / 2) {
		OK(sigwaitinfo(&mask, &info));
		CHECK_EQ(info.si_value.sival_int, expected);
		CHECK_EQ(info.si_pid, getppid());
		expected++;
	}
	OK(sigaction(SIGRTMIN + 3, &action, NULL));
	while (expected < SIGNALS)
		sigsuspend(&none);
	CHECK_EQ(wrong, 0);
	CHECK_EQ(expected, SIGNALS);
}

CASE(queued_signals_are_not_lost)
{
	static char status[8192];
	pid_t pid;

	guest_limit(170);
	(void)blocked(SIGRTMIN + 3);
	/* Nobody else's signals count as ours. */
	if (!getuid())
		become_nobody();
	for (int round = 0; round < 2; round++) {
		pid = CHILD({ receive(); });
		for (int i = 0; i < SIGNALS; i++)
			while (sigqueue(pid, SIGRTMIN + 3,
					(union sigval){ i })) {
				CHECK_EQ(errno, EAGAIN);
				sched_yield();
			}
		EXITS(pid, 0);
	}
	get_file("/proc/self/status", status, sizeof(status));
	CHECK(strstr(status, "SigQ:\t0/"));
}
