/* SPDX-License-Identifier: MIT */
#include "sched/waitq.h"

/*
 * sched/waitq.c - lists of waiters, each with a function that wakes it.
 *
 * Waiters that all want to know of every event stand at the front, exclusive
 * ones (of whom one is enough) behind them in order of arrival.  A waiter stays
 * on the list until it takes itself off, so a wake-up may find one that is
 * awake already; it does not count as woken then, and the next is tried.
 */

void
wait_queue_init(struct wait_queue *wq)
{
	spin_init(&wq->lock, LOCK_WAIT_QUEUE, "wait queue");
	list_init(&wq->waiters);
}

static bool
wake_thread(struct waiter *w, UNUSED unsigned events)
{
	return thread_wake(w->thread, THREAD_WAKE_ANY);
}

void
waiter_init(struct waiter *w)
{
	*w = (struct waiter){
		.wake = wake_thread,
		.thread = current_thread(),
	};
	list_init(&w->link);
}

void
waiter_add(struct wait_queue *wq, struct waiter *w)
{
	unsigned long irq = spin_lock_irq(&wq->lock);

	w->queue = wq;
	if (w->exclusive)
		list_push_back(&wq->waiters, &w->link);
	else
		list_push_front(&wq->waiters, &w->link);
	spin_unlock_irq(&wq->lock, irq);
}

void
waiter_remove(struct waiter *w)
{
	struct wait_queue *wq = w->queue;
	unsigned long irq;

	if (!wq)
		return;
	irq = spin_lock_irq(&wq->lock);
	list_remove(&w->link);
	spin_unlock_irq(&wq->lock, irq);
	w->queue = NULL;
}

static bool
wake_waiter(struct waiter *w, unsigned events)
{
	bool exclusive = w->exclusive;
	bool woken = w->wake(w, events);

	/*
	 * A wake function may take its waiter off the list, and then it may
	 * be gone.  Exclusive ones stay until they get the lock.
	 */
	if (woken && exclusive)
		atomic_store_explicit(&w->woken, true, memory_order_relaxed);
	return woken;
}

/*
 * Wake all, or all but the exclusive ones behind the first of them that really
 * slept; true if one did.  A wake function may take its waiter off the list.
 */
static ALWAYS_INLINE bool
wake_locked(struct wait_queue *wq, unsigned events, bool all)
{
	struct waiter *w, *next;
	bool any = false;

	list_for_each_safe (w, next, &wq->waiters, link) {
		bool exclusive = w->exclusive, woken = wake_waiter(w, events);

		any |= woken;
		if (woken && exclusive && !all)
			break;
	}
	return any;
}

static ALWAYS_INLINE void
wake(struct wait_queue *wq, unsigned events, bool all)
{
	unsigned long irq;

	/* The caller's change comes before our look at the list (sleep.c). */
	atomic_thread_fence(memory_order_seq_cst);
	if (!wait_queue_active(wq))
		return;
	irq = spin_lock_irq(&wq->lock);
	(void)wake_locked(wq, events, all);
	spin_unlock_irq(&wq->lock, irq);
}

void
wait_queue_wake(struct wait_queue *wq, unsigned events)
{
	wake(wq, events, true);
}

void
wait_queue_wake_one(struct wait_queue *wq, unsigned events)
{
	wake(wq, events, false);
}

void
wait_queue_wake_nested(struct wait_queue *wq, unsigned events)
{
	spin_lock_nested(&wq->lock);
	(void)wake_locked(wq, events, true);
	spin_unlock(&wq->lock);
}

bool
wait_queue_wake_one_nested(struct wait_queue *wq, unsigned events)
{
	bool any;

	spin_lock_nested(&wq->lock);
	any = wake_locked(wq, events, false);
	spin_unlock(&wq->lock);
	return any;
}

static void
loop_begin(struct wait_loop *l, struct wait_queue *wq, enum thread_state state)
{
	l->state = state;
	l->err = 0;
	l->gave_up = false;
	waiter_add(wq, &l->waiter);
	thread_sleep_begin(state);
}

void
wait_loop_begin(struct wait_loop *l, struct wait_queue *wq,
		enum thread_state state)
{
	waiter_init(&l->waiter);
	loop_begin(l, wq, state);
}

void
wait_loop_begin_exclusive(struct wait_loop *l, struct wait_queue *wq,
			  enum thread_state state)
{
	waiter_init(&l->waiter);
	l->waiter.exclusive = true;
	loop_begin(l, wq, state);
}

/* An error ends the wait only if the condition, looked at again, is false. */
bool
wait_loop_sleep(struct wait_loop *l, uint64_t deadline_ns)
{
	if (l->err) {
		l->gave_up = true;
		return false;
	}
	current_thread()->wait_pc = __builtin_return_address(0);
	l->err = thread_sleep(deadline_ns);
	/* What woke us until here we are about to look at. */
	atomic_store_explicit(&l->waiter.woken, false, memory_order_relaxed);
	thread_sleep_begin(l->state);
	return true;
}

int
wait_loop_end(struct wait_loop *l)
{
	struct wait_queue *wq = l->waiter.queue;

	thread_sleep_cancel();
	waiter_remove(&l->waiter);
	if (atomic_load_explicit(&l->waiter.woken, memory_order_relaxed))
		wait_queue_wake_one(wq, 0);
	return l->gave_up ? l->err : 0;
}
