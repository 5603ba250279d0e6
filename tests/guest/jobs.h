/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * jobs.h - sessions and jobs on a pseudo-terminal, for the families about job
 * control: a leader that has the terminal, its jobs, and what they tell.
 */
#include "terminal.h"

#include <sched.h>
#include <signal.h>

static struct pair p;

/* What the children tell; each in a byte. */
static int said[2];

HELPER void
say(char c)
{
	OK(write(said[1], &c, 1));
}

HELPER char
hear(void)
{
	struct pollfd in = { .fd = said[0], .events = POLLIN };
	char c = 0;

	CHECK_EQ(poll(&in, 1, 5000), 1);
	CHECK_EQ(read(said[0], &c, 1), 1);
	return c;
}

/* SIGHUP and SIGCONT, whichever handler runs first. */
HELPER void
hear_hangup(void)
{
	char a = hear(), b = hear();

	CHECK((a == 'H' && b == 'C') || (a == 'C' && b == 'H'));
}

HELPER bool
silence(void)
{
	struct pollfd in = { .fd = said[0], .events = POLLIN };

	return poll(&in, 1, 30) == 0;
}

/* Run the statements as the leader of a session that has the terminal. */
#define LEADER(...)                               \
	CHILD({                                   \
		OK(setsid());                     \
		OK(ioctl(p.slave, TIOCSCTTY, 0)); \
		__VA_ARGS__;                      \
	})

/* A child in a group of its own, which is there when this returns. */
#define JOB(...)                           \
	({                                 \
		pid_t job_ = CHILD({       \
			OK(setpgid(0, 0)); \
			__VA_ARGS__;       \
		});                        \
		setpgid(job_, job_);       \
		job_;                      \
	})

HELPER void
begin(void)
{
	p = new_pair();
	OK(pipe(said));
}

static volatile sig_atomic_t told;

HELPER void
tell_signal(int signo)
{
	char c = signo == SIGHUP     ? 'H'
		 : signo == SIGCONT  ? 'C'
		 : signo == SIGWINCH ? 'W'
		 : signo == SIGINT   ? 'I'
		 : signo == SIGTSTP  ? 'T'
		 : signo == SIGTTOU  ? 'O'
		 : signo == SIGTTIN  ? 'N'
				     : '?';

	(void)!write(said[1], &c, 1);
	told++;
}

/* Until a signal of the above has come. */
HELPER void
wait_told(void)
{
	while (!told)
		sleep_ms(1);
}

HELPER void
tell_of(int signo)
{
	struct sigaction sa = { .sa_handler = tell_signal };

	OK(sigaction(signo, &sa, NULL));
}

HELPER _Noreturn void
wait_for_ever(void)
{
	for (;;)
		pause();
}
