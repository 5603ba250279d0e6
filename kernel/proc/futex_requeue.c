/* SPDX-License-Identifier: MIT */
#include "arch/usercopy.h"
#include "proc/futex_priv.h"

/*
 * proc/futex_requeue.c - waiters of one word become those of another.
 *
 * Two buckets are locked in address order.
 */

static int
move_locked(struct futex_bucket *from, const struct vm_word_key *from_key,
	    struct futex_bucket *to, const struct vm_word_key *to_key,
	    unsigned count)
{
	struct futex_waiter *w, *next;
	unsigned moved = 0;

	list_for_each_safe (w, next, &from->waiters, link) {
		if (moved >= count)
			break;
		if (!futex_key_equal(&w->key, from_key))
			continue;
		if (w->pi_move)
			return -EINVAL;
		list_remove(&w->link);
		w->key = *to_key;
		futex_insert(to, w);
		moved++;
	}
	return (int)moved;
}

int
futex_lock_and_compare(struct futex_bucket *a, struct futex_bucket *b,
		       uint32_t USER *from, const uint32_t *expected)
{
	uint32_t value;

	for (;;) {
		futex_lock_two(a, b);
		if (!expected)
			return 0;
		if (!user_load_u32_nofault(&value, from)) {
			if (value == *expected)
				return 0;
			futex_unlock_two(a, b);
			return -EAGAIN;
		}
		futex_unlock_two(a, b);
		if (futex_fault_in(from))
			return -EFAULT;
	}
}

int
futex_requeue(uint32_t USER *from, uint32_t USER *to, unsigned wake,
	      unsigned move, const uint32_t *expected, bool private)
{
	struct vm_word_key from_key, to_key;
	struct futex_bucket *a, *b;
	int err, n, moved = 0;

	err = futex_key(from, private, &from_key);
	if (!err)
		err = futex_key(to, private, &to_key);
	if (err)
		return err;
	a = futex_bucket_of(&from_key);
	b = futex_bucket_of(&to_key);
	err = futex_lock_and_compare(a, b, from, expected);
	if (err)
		return err;
	n = futex_wake_key(a, &from_key, wake, FUTEX_BITSET_MATCH_ANY);
	/* Onto itself would only turn the queue round. */
	if (n >= 0 && !futex_key_equal(&from_key, &to_key))
		moved = move_locked(a, &from_key, b, &to_key, move);
	futex_unlock_two(a, b);
	return n < 0 || moved < 0 ? -EINVAL : n + moved;
}
