/* SPDX-License-Identifier: MIT */
#include "mm/slab.h"
#include "proc/futex_pi_priv.h"

/*
 * proc/futex_pi_requeue.c - condition variables whose mutex is a PI lock.
 *
 * A waiter says beforehand which lock it will want (FUTEX_WAIT_REQUEUE_PI) and
 * sleeps in an ordinary bucket.  FUTEX_CMP_REQUEUE_PI makes an attempt at the
 * lock for each waiter as if it had made it itself: it gets the lock and is
 * woken, or waits in the graph from then on, asleep all the while.
 *
 * The bucket's lock is taken first, then futex_pi_lock.
 */

struct moving {
	uint32_t USER *to;
	struct vm_word_key from_key, to_key;
	unsigned limit, done;
};

/* Both locks held. */
static int
move_one(struct moving *m, struct futex_waiter *w)
{
	struct pi_move *move = w->pi_move;
	struct pi_request r = { .word = m->to,
				.key = m->to_key,
				.task = (struct task *)w->thread,
				.waiter = &move->waiter,
				.spare = move->spare };
	int result = pi_attempt(&r);

	move->spare = r.spare;
	if (result < 0)
		return result;
	if (result == PI_TAKEN)
		__atomic_store_n(&move->waiter.granted, true, __ATOMIC_RELEASE);
	m->done++;
	if (result == PI_TAKEN || move->waiter.turn)
		futex_wake_waiter(w);
	else
		futex_unlink(w);
	return 0;
}

static int
move_all(struct moving *m, struct futex_bucket *b)
{
	struct futex_waiter *w, *next;
	int err;

	list_for_each_safe (w, next, &b->waiters, link) {
		if (m->done >= m->limit)
			break;
		if (!futex_key_equal(&w->key, &m->from_key))
			continue;
		if (!w->pi_move ||
		    !futex_key_equal(&w->pi_move->to, &m->to_key))
			return -EINVAL;
		err = move_one(m, w);
		if (err)
			return err;
	}
	return 0;
}

int
futex_cmp_requeue_pi(uint32_t USER *from, uint32_t USER *to, unsigned wake,
		     unsigned move, uint32_t expected, bool private)
{
	struct moving m = { .to = to, .limit = wake + move };
	struct futex_bucket *b;
	int err;

	if (from == to || wake != 1)
		return -EINVAL;
	err = futex_key(from, private, &m.from_key);
	if (!err)
		err = futex_key(to, private, &m.to_key);
	if (err)
		return err;
	if (futex_key_equal(&m.from_key, &m.to_key))
		return -EINVAL;
	b = futex_bucket_of(&m.from_key);
	do {
		err = futex_lock_and_compare(b, b, from, &expected);
		if (err)
			break;
		spin_lock(&futex_pi_lock);
		err = move_all(&m, b);
		spin_unlock(&futex_pi_lock);
		futex_unlock_two(b, b);
		if (err != -EAGAIN && err != -EFAULT)
			break;
		err = pi_prepare_retry(err, to);
	} while (!err);
	/* What has been done is done. */
	return m.done ? (int)m.done : err;
}

/* --- the waiter's side --------------------------------------------------- */

/* In the bucket until moved; then in the graph until the lock is ours. */
static int
wait_moved(struct futex_waiter *w, uint32_t USER *to, uint64_t deadline_ns)
{
	struct pi_waiter *waiter = &w->pi_move->waiter;
	int err = 0;

	while (!err && futex_still_waiting(w)) {
		thread_sleep_begin(THREAD_SLEEP_INTERRUPT);
		if (futex_still_waiting(w))
			err = thread_sleep(deadline_ns);
		else
			thread_sleep_cancel();
	}
	if (!futex_dequeue(w))
		return err == -EINTR ? -ERESTARTNOINTR : err;
	if (err)
		err = pi_give_up(waiter, err);
	else
		err = pi_sleep(waiter, to, deadline_ns);
	/* The word we waited for has changed: no use in beginning again. */
	return err == -EINTR ? -EWOULDBLOCK : err;
}

int
futex_wait_requeue_pi(uint32_t USER *word, uint32_t expected,
		      uint64_t deadline_ns, uint32_t USER *to, bool private)
{
	struct pi_move move = { .waiter.task = current_task() };
	struct futex_waiter w = { .thread = current_thread(),
				  .bitset = FUTEX_BITSET_MATCH_ANY,
				  .pi_move = &move };
	int err;

	if (word == to)
		return -EINVAL;
	err = futex_key(word, private, &w.key);
	if (!err)
		err = futex_key(to, private, &move.to);
	if (err)
		return err;
	if (futex_key_equal(&w.key, &move.to))
		return -EINVAL;
	move.spare = kmalloc(sizeof(*move.spare));
	if (!move.spare)
		return -ENOMEM;
	err = futex_enqueue(&w, word, expected);
	if (!err)
		err = wait_moved(&w, to, deadline_ns);
	kfree(move.spare);
	return err;
}
