/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/futex.h - waiting on a word of user memory.
 *
 * A futex is named by where its word lives, not by its address: the object and
 * offset for shared memory, the space and address for private memory
 * (vm_word_key()).  Waiters are in a hash table of that key.
 *
 * Locking: one spinlock a bucket (LOCK_FUTEX).
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

/* Mark the dying task's robust locks and wake a waiter of each. */
void futex_exit_robust(struct task *t);
void futex_init(void);
