/* SPDX-License-Identifier: MIT */

/*
 * ptrace_races.c - ptrace(2) against death: tracers and tracees are killed at
 * any moment, and whoever is left finds everything in order.
 */

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tracee.h"

static void
busy(void)
{
	for (;;) {
		syscall(SYS_getppid);
		sched_yield();
	}
}

static void
doze(unsigned max_us)
{
	struct timespec ts = { .tv_nsec = (rand() % (int)max_us) * 1000 };

	nanosleep(&ts, NULL);
}

/* Like strace: from call to call until the end. */
static void
follow(pid_t pid)
{
	int status;

	for (;;) {
		if (pt(PTRACE_SYSCALL, pid, 0, 0)) {
			CHECK_EQ(errno, ESRCH);
		}
		if (waitpid(pid, &status, __WALL) != pid)
			guest_fail(__FILE__, __LINE__, "lost %d", pid);
		if (!WIFSTOPPED(status))
			return;
	}
}

CASE(tracee_is_killed_anywhere)
{
	for (int i = 0; i < 100; i++) {
		pid_t pid = tracee(busy);
		pid_t killer = CHILD({
			srand((unsigned)i);
			doze(3000);
			OK(kill(pid, SIGKILL));
		});

		follow(pid);
		EXITS(killer, 0);
	}
}

/* In the middle of requests: they succeed or say ESRCH. */
CASE(tracee_is_killed_in_requests)
{
	for (int i = 0; i < 100; i++) {
		pid_t pid = tracee(busy);
		struct user_regs_struct r;
		pid_t killer = CHILD({
			srand((unsigned)i);
			doze(1000);
			OK(kill(pid, SIGKILL));
		});

		while (!pt(PTRACE_GETREGS, pid, 0, (uintptr_t)&r)) {
			CHECK_EQ(r.cs, 0x33);
			if (pt(PTRACE_SETREGS, pid, 0, (uintptr_t)&r))
				CHECK_EQ(errno, ESRCH);
		}
		CHECK_EQ(errno, ESRCH);
		EXITS(killer, 0);
		DIES(pid, SIGKILL);
	}
}

CASE(tracer_is_killed_anywhere)
{
	int status;

	for (int i = 0; i < 100; i++) {
		pid_t pid = CHILD(busy());
		pid_t tracer = CHILD({
			OK(pt(PTRACE_ATTACH, pid, 0, 0));
			follow(pid);
		});

		srand((unsigned)i);
		doze(3000);
		OK(kill(tracer, SIGKILL));
		DIES(tracer, SIGKILL);
		/* A stop of before may last, but it listens to these. */
		OK(kill(pid, SIGCONT));
		OK(kill(pid, SIGKILL));
		/* On Linux the SIGTRAP of a call nobody waited for kills. */
		CHECK_EQ(OK(waitpid(pid, &status, 0)), pid);
		CHECK(WIFSIGNALED(status) && (WTERMSIG(status) == SIGKILL ||
					      WTERMSIG(status) == SIGTRAP));
	}
}

CASE(both_are_killed)
{
	for (int i = 0; i < 100; i++) {
		pid_t pid = CHILD(busy());
		pid_t tracer = CHILD({
			if (!pt(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXIT)) {
				pt(PTRACE_INTERRUPT, pid, 0, 0);
				follow(pid);
			}
		});

		srand((unsigned)i);
		doze(2000);
		OK(kill(i & 1 ? pid : tracer, SIGKILL));
		OK(kill(i & 1 ? tracer : pid, SIGKILL));
		DIES(pid, SIGKILL);
		OK(waitpid(tracer, NULL, 0));
	}
}

/* --- many threads --- */

static void *
busy_thread(void *arg)
{
	busy();
	return arg;
}

static void
threads(void)
{
	pthread_t t;

	for (int i = 0; i < 6; i++)
		pthread_create(&t, NULL, busy_thread, NULL);
	busy();
}

/* All that is reported, until everything is gone. */
static int
follow_all(pid_t pid, pid_t killer)
{
	int status, ends = 0;
	pid_t who;

	for (;;) {
		who = waitpid(-1, &status, __WALL);
		if (who < 0)
			break;
		if (who == killer)
			continue;
		if (WIFSTOPPED(status)) {
			int signo = status >> 8;

			if (signo >= 128 || signo == SIGTRAP ||
			    signo == SIGSTOP)
				signo = 0;
			if (pt(PTRACE_SYSCALL, who, 0, (uintptr_t)signo))
				CHECK_EQ(errno, ESRCH);
			continue;
		}
		ends++;
		if (who == pid)
			CHECK(WIFSIGNALED(status));
	}
	CHECK_EQ(errno, ECHILD);
	return ends;
}

CASE(process_of_threads_is_killed)
{
	guest_limit(60);
	for (int i = 0; i < 20; i++) {
		pid_t pid = tracee(threads), killer;

		OK(pt(PTRACE_SETOPTIONS, pid, 0,
		      PTRACE_O_TRACECLONE | PTRACE_O_TRACESYSGOOD |
			      (i & 1 ? PTRACE_O_TRACEEXIT : 0)));
		go(PTRACE_SYSCALL, pid, 0);
		killer = CHILD({
			srand((unsigned)i);
			doze(20000);
			OK(kill(pid, SIGKILL));
		});
		CHECK(follow_all(pid, killer) >= 1);
	}
}

/* --- attach and detach against everything --- */

static volatile int stop_it;

static void *
attacher(void *arg)
{
	pid_t pid = *(pid_t *)arg;
	int status;

	while (!stop_it) {
		if (pt(PTRACE_ATTACH, pid, 0, 0)) {
			CHECK(errno == EPERM || errno == ESRCH);
			sched_yield();
			continue;
		}
		if (waitpid(pid, &status, __WALL) != pid)
			break;
		if (!WIFSTOPPED(status))
			break;
		pt(PTRACE_DETACH, pid, 0, 0);
	}
	return NULL;
}

CASE(tracers_compete)
{
	pid_t pid = CHILD(busy());
	pthread_t t[3];

	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, attacher, &pid), 0);
	for (int i = 0; i < 50; i++) {
		OK(kill(pid, SIGSTOP));
		sched_yield();
		OK(kill(pid, SIGCONT));
		sleep_ms(2);
	}
	stop_it = 1;
	/* Frees one that waits for a stop, whoever holds it. */
	OK(kill(pid, SIGKILL));
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
	if (waitpid(pid, NULL, __WALL) < 0)
		CHECK_EQ(errno, ECHILD);
}
