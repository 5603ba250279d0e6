/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * sched/mutex.h - sleeping locks with one owner, ranked like spinlocks.
 *
 * Uncontended lock and unlock are one atomic operation each.  mutex_unlock()
 * looks at the mutex until it returns: it must not be freed before.
 * Context: a thread that may sleep, no spinlock held.
 */

#include "core/lock_rank.h"
#include "sched/waitq.h"

struct CAPABILITY("mutex") mutex {
	_Atomic(struct thread *) owner; /* [a] NULL = free */
	atomic_bool handoff; /* [a] the next owner shall be a waiter */
	struct wait_queue waiters;
	uint16_t rank;    /* [I] */
	const char *name; /* [I] */
};

void mutex_init(struct mutex *m, enum lock_rank rank, const char *name);
void mutex_lock(struct mutex *m) ACQUIRES(*m);
void mutex_lock_nested(struct mutex *m) ACQUIRES(*m); /* same rank, ordered */
/* -EINTR if a signal came first. */
NODISCARD int mutex_lock_interruptible(struct mutex *m) NO_LOCK_ANALYSIS;
NODISCARD bool mutex_try_lock(struct mutex *m) TRY_ACQUIRES(true, *m);
void mutex_unlock(struct mutex *m) RELEASES(*m);
bool mutex_held(const struct mutex *m); /* by the current thread */
