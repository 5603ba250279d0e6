/* SPDX-License-Identifier: MIT */
#include "core/spinlock.h"
#include "core/wallclock.h"

/*
 * core/wallclock_watch.c - who has to know that the clock was set.
 *
 * Setting is rare, timers are many: the list is in shards, so that those who
 * come and go seldom meet.  A watcher that comes while the clock is being set
 * is either told, or came after its shard was done and sees the new time.
 */

#define SHARDS 16

static struct shard {
	struct spinlock lock;
	struct list_node watches; /* [L] */
} shards[SHARDS];

static struct shard *
shard_of(const struct wallclock_watch *w)
{
	return &shards[(uintptr_t)w / 64 % SHARDS];
}

void
wallclock_watch_init(void)
{
	for (unsigned i = 0; i < SHARDS; i++) {
		spin_init(&shards[i].lock, LOCK_WALLCLOCK, "wallclock watch");
		list_init(&shards[i].watches);
	}
}

void
wallclock_watch_add(struct wallclock_watch *w,
		    void (*changed)(struct wallclock_watch *w))
{
	struct shard *s = shard_of(w);
	unsigned long irq = spin_lock_irq(&s->lock);

	w->changed = changed;
	list_push_back(&s->watches, &w->link);
	spin_unlock_irq(&s->lock, irq);
}

void
wallclock_watch_remove(struct wallclock_watch *w)
{
	struct shard *s = shard_of(w);
	unsigned long irq;

	if (!w->changed)
		return;
	irq = spin_lock_irq(&s->lock);
	list_remove(&w->link);
	spin_unlock_irq(&s->lock, irq);
}

void
wallclock_tell_watchers(void)
{
	for (unsigned i = 0; i < SHARDS; i++) {
		struct shard *s = &shards[i];
		unsigned long irq = spin_lock_irq(&s->lock);
		struct wallclock_watch *w;

		list_for_each (w, &s->watches, link)
			w->changed(w);
		spin_unlock_irq(&s->lock, irq);
	}
}
