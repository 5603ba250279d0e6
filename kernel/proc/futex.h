/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/futex.h - waiting on a word of user memory.
 *
 * A futex is named by where its word lives, not by its address: the object and
 * offset for shared memory, the space and address for private memory
 * (vm_word_key()).  Waiters are in a hash table of that key.
 *
 * Locking: one spinlock a bucket (LOCK_FUTEX); futex_pi_lock for PI locks.
 * Errors:  as futex(2).
 * Source:  man 2 futex, man 2 get_robust_list; <linux/futex.h>.
 */

#include <linux/futex.h>

#include "lib/types.h"

struct task;

/* Sleep while *word == expected.  0, -EAGAIN, -ETIMEDOUT, a restart code. */
NODISCARD int futex_wait(uint32_t USER *word, uint32_t expected,
			 uint32_t bitset, uint64_t deadline_ns, bool private);
/* Wake up to count waiters whose bitset meets ours; how many, or -errno. */
int
futex_wake(uint32_t USER *word, unsigned count, uint32_t bitset, bool private);
/*
 * Wake `wake` waiters of from and move up to `move` others to to.  expected:
 * NULL, or *from must still hold it (-EAGAIN).  Sum of woken and moved.
 */
int futex_requeue(uint32_t USER *from, uint32_t USER *to, unsigned wake,
		  unsigned move, const uint32_t *expected, bool private);
/* FUTEX_WAKE_OP: op encoded as in futex(2). */
int futex_wake_op(uint32_t USER *a, uint32_t USER *b, unsigned wake_a,
		  unsigned wake_b, uint32_t op, bool private);

/* Wait for any of n words; which was woken, or as futex_wait(). */
struct futex_wait {
	uint32_t USER *word;
	uint32_t expected;
	bool private;
};
struct futex_waiter;
/* waiters: room for n times futex_waiter_size(). */
NODISCARD int futex_wait_any(const struct futex_wait *from,
			     struct futex_waiter *waiters, unsigned n,
			     uint64_t deadline_ns);
size_t futex_waiter_size(void);

/*
 * PI locks.  -EDEADLK, -EINVAL (the word does not fit what we know), -ENOMEM,
 * -ESRCH (no such owner), -ETIMEDOUT; -EWOULDBLOCK: try_only and it is taken.
 */
NODISCARD int futex_lock_pi(uint32_t USER *word, uint64_t deadline_ns,
			    bool private, bool try_only);
/* -EPERM: not ours. */
NODISCARD int futex_unlock_pi(uint32_t USER *word, bool private);
/* From a condition variable to the PI lock `to`. */
NODISCARD int futex_wait_requeue_pi(uint32_t USER *word, uint32_t expected,
				    uint64_t deadline_ns, uint32_t USER *to,
				    bool private);
NODISCARD int futex_cmp_requeue_pi(uint32_t USER *from, uint32_t USER *to,
				   unsigned wake, unsigned move,
				   uint32_t expected, bool private);
/* t dies or executes another program: its PI locks go to their waiters. */
void futex_pi_exit(struct task *t);
/* It has executed it, and may own locks again. */
void futex_pi_exec(struct task *t);
/* t's priority was set: it may wait for somebody who is to know. */
void futex_pi_changed(struct task *t);
void futex_pi_init(void);

/* Mark the dying task's robust locks and wake a waiter of each. */
void futex_exit_robust(struct task *t);
void futex_init(void);
