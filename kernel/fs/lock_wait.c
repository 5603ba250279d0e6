/* SPDX-License-Identifier: MIT */
#include "fs/locks_priv.h"

/*
 * fs/lock_wait.c - who waits for whose lock, and whether in a circle.
 *
 * Only locks of processes (LOCK_KIND_POSIX) are looked at, as POSIX asks: an
 * open file can belong to many.  Each waiter is an edge from its owner to the
 * one who has what it wants.  Before an edge is made, the way from there is
 * followed; if it comes back, the wait would never end.  An edge that may be
 * out of date, since something was given up, leads nowhere until its waiter has
 * looked again: a lock that is there is not refused for a wait that is over.
 */

enum {
	BUCKETS = 64,
	STEPS_MAX = 16, /* a longer way is taken for no circle */
};

static struct spinlock graph_lock =
	SPINLOCK_INIT(LOCK_LOCK_GRAPH, "lock graph");
static struct list_node buckets[BUCKETS]; /* [G] waiters by owner */

static struct list_node *
bucket_of(const void *owner)
{
	struct list_node *b = &buckets[((uintptr_t)owner >> 6) % BUCKETS];

	if (!b->next)
		list_init(b);
	return b;
}

void
lock_wait_begin(struct lock_waiter *w, struct file_locks *l, const void *owner)
{
	w->owner = owner;
	w->holder = NULL;
	spin_lock(&graph_lock);
	list_push_back(bucket_of(owner), &w->in_owners);
	list_push_back(&l->waiting, &w->in_locks);
	spin_unlock(&graph_lock);
}

void
lock_wait_end(struct lock_waiter *w)
{
	spin_lock(&graph_lock);
	list_remove(&w->in_owners);
	list_remove(&w->in_locks);
	spin_unlock(&graph_lock);
}

/* For whom the owner waits, or NULL. */
static const void *
holder_of(const void *owner)
{
	struct lock_waiter *w;

	list_for_each (w, bucket_of(owner), in_owners) {
		if (w->owner == owner && w->holder)
			return w->holder;
	}
	return NULL;
}

bool
lock_wait_for(struct lock_waiter *w, const void *holder)
{
	const void *at = holder;

	spin_lock(&graph_lock);
	w->holder = NULL;
	for (int i = 0; at && at != w->owner && i < STEPS_MAX; i++)
		at = holder_of(at);
	if (at != w->owner)
		w->holder = holder;
	spin_unlock(&graph_lock);
	return at != w->owner;
}

void
lock_wait_again(struct file_locks *l)
{
	struct lock_waiter *w;

	spin_lock(&graph_lock);
	list_for_each (w, &l->waiting, in_locks)
		w->holder = NULL;
	spin_unlock(&graph_lock);
}
