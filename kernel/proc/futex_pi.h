/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/futex_pi.h - locks that lend their waiters' priority to their owner.
 *
 * Each contested PI lock knows its owner and its waiters, best first; each task
 * knows the contested locks it owns and the lock it waits for.  That is a
 * forest: a waiter points to a lock, a lock to its owner.  A task runs with at
 * least the priority of the best waiter of any lock it owns, and what it has
 * that way it lends on along the way to the root.
 *
 * Locking: futex_pi_lock (spin, LOCK_FUTEX_PI) for all of it.  Only calls that
 *          find a lock taken come here, or that give one back others wait for.
 */

#include <sys/tree.h>

#include "core/spinlock.h"
#include "vm/space.h"

struct task;

RB_HEAD(pi_waiters, pi_waiter);
RB_HEAD(pi_owned, pi_futex);

/* A task's place in the graph. */
struct task_pi {
	struct pi_owned owned;     /* [P] contested locks, best waiter first */
	struct pi_waiter *waiting; /* [P] NULL: it waits for none */
	bool exited;               /* [P] it can own nothing any more */
};

/* A PI lock somebody waits for; it exists as long as somebody does. */
struct pi_futex {
	struct list_node link;  /* [P] in its hash list */
	struct vm_word_key key; /* [I] */
	struct task *owner;     /* [P] NULL: it died, a waiter is to take it */
	struct pi_waiters waiters; /* [P] */
	RB_ENTRY(pi_futex) owned;  /* [P] in owner->pi.owned */
	int priority;              /* [P] of the best waiter */
};

struct pi_waiter {
	RB_ENTRY(pi_waiter) node; /* [P] in futex->waiters */
	struct task *task;        /* [I] */
	struct pi_futex *futex;   /* [P] NULL: not waiting */
	int priority;             /* [P] */
	uint64_t ticket; /* [P] first come, first served among equals */
	bool granted;    /* [P] to write, [a]: it is ours, word and all */
	bool turn;       /* [P] to write, [a]: owner died, try to take it */
};

extern struct spinlock futex_pi_lock;

/* All of these are called with futex_pi_lock held. */
struct pi_futex *pi_find(const struct vm_word_key *key);
/* Make f, zeroed memory, a lock of this owner that nobody waits for yet. */
void pi_create(struct pi_futex *f, const struct vm_word_key *key,
	       struct task *owner);
/* Unhook f, for which nobody waits; the caller frees it. */
void pi_destroy(struct pi_futex *f);
/* -EDEADLK if t, waiting for owner, would wait for itself. */
NODISCARD int pi_check_cycle(const struct task *t, const struct task *owner);
void pi_wait(struct pi_futex *f, struct pi_waiter *w, struct task *t);
void pi_unwait(struct pi_waiter *w);
/* f's owner is another from now on, or NULL. */
void pi_set_owner(struct pi_futex *f, struct task *owner);
/* t's own priority has changed. */
void pi_refresh(struct task *t);

static inline bool
pi_contested(const struct pi_futex *f)
{
	return !RB_EMPTY(&f->waiters);
}

struct pi_waiter *pi_best(struct pi_futex *f);
/* Does anybody wait for the lock that w waits for, too? */
bool pi_others_wait(const struct pi_waiter *w);

/* Does anybody wait for a PI lock of that key?  Takes futex_pi_lock. */
bool futex_pi_has_waiters(const struct vm_word_key *key);
