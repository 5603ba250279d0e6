/* SPDX-License-Identifier: MIT */

/*
 * fs/poll.c - waiting for one of several files: poll(2), select(2).
 *
 * The first round asks each file and, until one is ready, hangs a waiter on
 * each queue it names.  A wake-up only marks the set and wakes the thread; the
 * next round asks again, without hanging anything.  The mark is looked at after
 * the thread has announced its sleep, so a wake-up between asking and sleeping
 * is not lost, and asking may itself sleep.
 *
 * A few waiters fit on the stack; more come in chunks.
 */

#include "arch/clock.h"
#include "fs/file.h"
#include "lib/errno.h"
#include "mm/slab.h"
#include "sched/thread.h"

#define INLINE_WAITERS 6
#define CHUNK_WAITERS  40

struct poll_waiter {
	struct waiter waiter;
	struct poll_set *set;
	unsigned events; /* wake-ups for other ones are ignored */
};

struct poll_chunk {
	struct poll_chunk *next;
	unsigned used;
	struct poll_waiter waiters[CHUNK_WAITERS];
};

struct poll_set {
	struct poll_table table;
	unsigned events;       /* wanted of the file that is being asked */
	bool failed;           /* no memory for a waiter */
	atomic_bool triggered; /* something happened since it was cleared */
	unsigned used;
	struct poll_waiter waiters[INLINE_WAITERS];
	struct poll_chunk *chunks;
};

/* Any context, the queue's lock is held. */
static bool
poll_wake(struct waiter *w, unsigned events)
{
	struct poll_waiter *pw = container_of(w, struct poll_waiter, waiter);

	if (events && !(events & pw->events))
		return false;
	pw->set->triggered = true;
	return thread_wake(w->thread, THREAD_WAKE_ANY);
}

static struct poll_waiter *
waiter_alloc(struct poll_set *set)
{
	struct poll_chunk *c = set->chunks;

	if (set->used < INLINE_WAITERS)
		return &set->waiters[set->used++];
	if (!c || c->used == CHUNK_WAITERS) {
		c = kmalloc(sizeof(*c));
		if (!c)
			return NULL;
		c->next = set->chunks;
		set->chunks = c;
	}
	return &c->waiters[c->used++];
}

static void
poll_set_add(struct poll_table *pt, struct wait_queue *wq)
{
	struct poll_set *set = container_of(pt, struct poll_set, table);
	struct poll_waiter *pw = waiter_alloc(set);

	if (!pw) {
		set->failed = true;
		return;
	}
	waiter_init(&pw->waiter);
	pw->waiter.wake = poll_wake;
	pw->set = set;
	pw->events = set->events;
	waiter_add(wq, &pw->waiter);
}

static void
poll_set_release(struct poll_set *set)
{
	for (unsigned i = 0; i < set->used; i++)
		waiter_remove(&set->waiters[i].waiter);
	while (set->chunks) {
		struct poll_chunk *c = set->chunks;

		set->chunks = c->next;
		for (unsigned i = 0; i < c->used; i++)
			waiter_remove(&c->waiters[i].waiter);
		kfree(c);
	}
}

/* Ask every file; with table, hang on to each until one is ready. */
static int
poll_round(struct poll_set *set, struct poll_entry *e, unsigned n,
	   struct poll_table *table)
{
	int ready = 0;

	for (unsigned i = 0; i < n; i++) {
		e[i].revents = 0;
		if (!e[i].file)
			continue;
		set->events = e[i].events | POLLERR | POLLHUP;
		e[i].revents =
			file_poll(e[i].file, table) & (set->events | POLLNVAL);
		if (e[i].revents) {
			ready++;
			table = NULL;
		}
	}
	return ready;
}

static int
poll_sleep(struct poll_set *set, uint64_t deadline_ns)
{
	int err = 0;

	thread_sleep_begin(THREAD_SLEEP_INTERRUPT);
	if (set->triggered)
		thread_sleep_cancel();
	else
		err = thread_sleep(deadline_ns);
	set->triggered = false;
	return err;
}

int
file_poll_many(struct poll_entry *e, unsigned n, uint64_t deadline_ns)
{
	struct poll_set set;
	struct poll_table *table = &set.table;
	int ready, err = 0;

	set.table.add = poll_set_add;
	set.used = 0;
	set.chunks = NULL;
	set.failed = false;
	set.triggered = false;
	if (deadline_ns != NEVER && deadline_ns <= clock_now_ns())
		table = NULL;
	ready = poll_round(&set, e, n, table);
	while (table && !ready && !err && !set.failed) {
		err = poll_sleep(&set, deadline_ns);
		/* What is ready by now counts more than a time-out. */
		ready = poll_round(&set, e, n, NULL);
	}
	poll_set_release(&set);
	if (ready)
		return ready;
	if (set.failed)
		return -ENOMEM;
	return err == -ETIMEDOUT ? 0 : err;
}
