/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/futex_priv.h - what the futex files share among themselves.
 *
 *	futex.c             the hash table; wait and wake
 *	futex_waitv.c       wait for any of several words
 *	futex_requeue.c     move waiters to another word
 *	futex_op.c          FUTEX_WAKE_OP
 *	futex_robust.c      locks of threads that died
 *	futex_pi.c          who waits for whom with what priority: a graph
 *	futex_pi_lock.c     PI locks: the user's word and that graph
 *	futex_pi_requeue.c  from a condition variable to a PI lock
 */

#include "lib/list.h"
#include "proc/futex.h"
#include "proc/process_priv.h"

struct pi_move;

/*
 *	F  the lock of the bucket of key
 */
struct futex_waiter {
	struct list_node link;   /* [F] in its bucket; by priority, then FIFO */
	struct vm_word_key key;  /* [F] */
	struct thread *thread;   /* [I] */
	uint32_t bitset;         /* [I] */
	int priority;            /* [I] realtime, 0 = none: those come first */
	struct pi_move *pi_move; /* [I] FUTEX_WAIT_REQUEUE_PI, else NULL */
	struct futex_bucket *in; /* [F] NULL: woken */
};

struct futex_bucket {
	struct spinlock lock;     /* LOCK_FUTEX */
	struct list_node waiters; /* [F] */
} ALIGNED(64);

struct futex_bucket *futex_bucket_of(const struct vm_word_key *key);

static inline bool
futex_key_equal(const struct vm_word_key *a, const struct vm_word_key *b)
{
	return a->owner == b->owner && a->offset == b->offset;
}

/* Name the word: -EFAULT, -EINVAL (not aligned). */
NODISCARD int
futex_key(uint32_t USER *word, bool private, struct vm_word_key *key);

/* Two buckets in the order of their addresses; they may be one. */
void futex_lock_two(struct futex_bucket *a, struct futex_bucket *b);
void futex_unlock_two(struct futex_bucket *a, struct futex_bucket *b);
/* The same, and *word must hold *expected unless that is NULL: -EAGAIN. */
NODISCARD int
futex_lock_and_compare(struct futex_bucket *a, struct futex_bucket *b,
		       uint32_t USER *word, const uint32_t *expected);

/* Fault the word in, after a look or a change without faulting failed. */
NODISCARD int futex_fault_in(uint32_t USER *word);
NODISCARD int futex_fault_in_write(uint32_t USER *word);

/* Link w, whose key is set, if the word still holds expected: -EAGAIN. */
NODISCARD int
futex_enqueue(struct futex_waiter *w, uint32_t USER *word, uint32_t expected);
/* Put w in its place; its bucket, which is locked. */
void futex_insert(struct futex_bucket *b, struct futex_waiter *w);
/* Unlink w unless a waker did; true if a waker did. */
bool futex_dequeue(struct futex_waiter *w);

static inline bool
futex_still_waiting(const struct futex_waiter *w)
{
	return __atomic_load_n(&w->in, __ATOMIC_ACQUIRE) != NULL;
}

/* Bucket locked: off the list.  w may go as soon as the bucket is unlocked. */
void futex_unlink(struct futex_waiter *w);
/* The same, and wake it. */
void futex_wake_waiter(struct futex_waiter *w);
/* Does anybody wait for it, otherwise than for a PI lock? */
bool futex_has_waiters(const struct vm_word_key *key);
/* Wake up to count of key in b, which is locked; -EINVAL: one waits for PI. */
int futex_wake_key(struct futex_bucket *b, const struct vm_word_key *key,
		   unsigned limit, uint32_t bitset);
