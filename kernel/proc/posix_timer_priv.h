/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/posix_timer_priv.h - the timer itself, and what the signal queues tell
 * it.
 */

#include <sys/tree.h>

#include "core/wallclock.h"
#include "proc/cpu_clock.h"
#include "proc/process_priv.h"

/* S is the signal_lock of the process. */
struct posix_timer {
	RB_ENTRY(posix_timer) node; /* [S] in process->timers */
	struct refcount refs;       /* [a] */
	int id;                     /* [I] once it is published */
	struct process *process;    /* [I] whose it is; it dies first */
	int clock;                  /* [I] */
	bool on_cpu;                /* [I] the clock is cpu_clock */
	struct cpu_clock cpu_clock; /* [I] */

	int notify;                   /* [I] SIGEV_* */
	int signo;                    /* [I] */
	sigval_t value;               /* [I] */
	struct task *target;          /* [I] SIGEV_THREAD_ID, a reference */
	struct user_account *account; /* [I] pays for the entry */

	struct timer timer;           /* [S] to set */
	struct wallclock_watch watch; /* of clocks that can be set */
	bool wall;                    /* [S] deadline is a time of day */
	bool deleted;                 /* [S] */
	uint64_t deadline_ns;         /* [S] 0 = off */
	uint64_t interval_ns;         /* [S] */
	uint64_t seen_ns;             /* [S] see cpu_clock_next_look() */
	uint64_t overrun;             /* [S] periods the signal is late */
	int last_overrun;             /* [S] of the last one taken */
	struct signal_entry entry;    /* [S] its .timer: it is in a queue */
};

/* signal_lock is held; the entry has left its queue. */
void posix_timer_taken_locked(struct posix_timer *t, struct siginfo *info);
void posix_timer_dropped_locked(struct posix_timer *t);
