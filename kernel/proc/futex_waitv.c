/* SPDX-License-Identifier: MIT */
#include "proc/futex_priv.h"

/*
 * proc/futex_waitv.c - wait for any of several words.
 *
 * One thread has several waiters, which are linked one by one.  A word that
 * differs ends that, but a waiter linked before may have been woken by then:
 * its wake-up must be told, for nobody else got it.
 */

static int
first_woken(const struct futex_waiter *w, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (!futex_still_waiting(&w[i]))
			return (int)i;
	return -1;
}

/* Unlink all; which was woken, or -1. */
static int
dequeue_all(struct futex_waiter *w, unsigned n)
{
	int woken = -1;

	for (unsigned i = n; i > 0; i--)
		if (futex_dequeue(&w[i - 1]))
			woken = (int)i - 1;
	return woken;
}

static int
prepare(struct futex_waiter *w, const struct futex_wait *from)
{
	*w = (struct futex_waiter){ .thread = current_thread(),
				    .bitset = FUTEX_BITSET_MATCH_ANY };
	return futex_key(from->word, from->private, &w->key);
}

static int
sleep_any(struct futex_waiter *w, unsigned n, uint64_t deadline_ns)
{
	int err = 0;

	while (!err && first_woken(w, n) < 0) {
		thread_sleep_begin(THREAD_SLEEP_INTERRUPT);
		if (first_woken(w, n) < 0)
			err = thread_sleep(deadline_ns);
		else
			thread_sleep_cancel();
	}
	return err;
}

int
futex_wait_any(const struct futex_wait *from, struct futex_waiter *w,
	       unsigned n, uint64_t deadline_ns)
{
	unsigned linked = 0;
	int err = 0, woken;

	for (unsigned i = 0; !err && i < n; i++)
		err = prepare(&w[i], &from[i]);
	if (err)
		return err;
	while (!err && linked < n) {
		err = futex_enqueue(&w[linked], from[linked].word,
				    from[linked].expected);
		linked += !err;
	}
	if (!err)
		err = sleep_any(w, n, deadline_ns);
	woken = dequeue_all(w, linked);
	if (woken >= 0)
		return woken;
	return err == -EINTR ? -ERESTARTSYS : err;
}

size_t
futex_waiter_size(void)
{
	return sizeof(struct futex_waiter);
}
