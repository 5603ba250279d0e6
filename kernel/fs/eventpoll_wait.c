/* SPDX-License-Identifier: MIT */
#include "arch/clock.h"
#include "arch/usercopy.h"
#include "fs/eventpoll_priv.h"
#include "lib/errno.h"

/*
 * fs/eventpoll_wait.c - what is ready.
 *
 *	file's wait queue --wake--> ready list --wait--> events of the program
 *
 * A wake-up puts the item on the ready list, and nothing more is known: the
 * event may be another's by the time somebody looks.  So waiting takes the list
 * as it is, asks each file on it again, and only then reports: the work is in
 * proportion to what happened, not to what is watched.
 *
 * A level-triggered item that was reported goes back to the end of the list,
 * where the next wait asks it again; an edge-triggered one waits for the next
 * wake-up.  Wake-ups that come while the list is being looked at start a new
 * one, so no item is reported twice by one call.
 */

/* --- from the watched file ------------------------------------------------ */

/* Put it on the list, unless it is there; any context. */
static void
enlist(struct epoll_item *i)
{
	struct eventpoll *ep = i->ep;
	unsigned long irq = spin_lock_irq(&ep->ready_lock);

	if (list_empty(&i->ready_link))
		list_push_back(&ep->ready, &i->ready_link);
	spin_unlock_irq(&ep->ready_lock, irq);
}

/* Called with the lock of the file's wait queue held. */
bool
epoll_item_wake(struct waiter *w, unsigned events)
{
	struct epoll_item *i = container_of(w, struct epoll_hook, waiter)->item;
	struct eventpoll *ep = i->ep;
	unsigned wanted = i->events & ~EPOLL_MODE_BITS;
	bool woken = false;

	/* None: its one shot is spent. */
	if (!wanted || (events && !(events & wanted)))
		return false;
	enlist(i);
	/* Queued first, then looked for who waits: see wait_queue_wake(). */
	atomic_thread_fence(memory_order_seq_cst);
	if (wait_queue_active(&ep->wait))
		woken = wait_queue_wake_one_nested(&ep->wait, POLLIN);
	if (wait_queue_active(&ep->poll_wait)) {
		wait_queue_wake_nested(&ep->poll_wait, POLLIN);
		woken = true;
	}
	return woken;
}

void
epoll_item_ready(struct epoll_item *i)
{
	enlist(i);
	wait_queue_wake_one(&i->ep->wait, POLLIN);
	wait_queue_wake(&i->ep->poll_wait, POLLIN);
}

/* --- looking -------------------------------------------------------------- */

/* Take all that may be ready; its items stay enlisted till taken off. */
static void
ready_take_all(struct eventpoll *ep, struct list_node *list) REQUIRES(ep->lock)
{
	unsigned long irq = spin_lock_irq(&ep->ready_lock);

	list_splice_back(list, &ep->ready);
	spin_unlock_irq(&ep->ready_lock, irq);
}

/* Give back what was not looked at, before what came meanwhile. */
static void
ready_give_back(struct eventpoll *ep, struct list_node *list,
		struct list_node *again) REQUIRES(ep->lock)
{
	unsigned long irq = spin_lock_irq(&ep->ready_lock);

	list_splice_back(list, &ep->ready);
	list_splice_back(list, again);
	list_splice_back(&ep->ready, list);
	spin_unlock_irq(&ep->ready_lock, irq);
}

/* From now on a wake-up enlists it anew. */
static struct epoll_item *
take_first(struct eventpoll *ep, struct list_node *list) REQUIRES(ep->lock)
{
	struct epoll_item *i = list_first(list, struct epoll_item, ready_link);
	unsigned long irq = spin_lock_irq(&ep->ready_lock);

	list_remove(&i->ready_link);
	spin_unlock_irq(&ep->ready_lock, irq);
	return i;
}

static void
enlist_on(struct epoll_item *i, struct list_node *list)
{
	unsigned long irq = spin_lock_irq(&i->ep->ready_lock);

	if (list_empty(&i->ready_link))
		list_push_back(list, &i->ready_link);
	spin_unlock_irq(&i->ep->ready_lock, irq);
}

/* Report i, if it has something to report: 1, 0 or -EFAULT. */
static int
report(struct epoll_item *i, struct epoll_event USER *out,
       struct list_node *again)
{
	unsigned events = epoll_item_poll(i, NULL);
	struct epoll_event e = { .events = events, .data = i->data };

	if (!events)
		return 0;
	if (copy_to_user(out, &e, sizeof(e))) {
		enlist_on(i, again);
		return -EFAULT;
	}
	if (i->events & EPOLLONESHOT)
		i->events &= EPOLL_MODE_BITS;
	else if (!(i->events & EPOLLET))
		enlist_on(i, again);
	return 1;
}

static int
collect(struct eventpoll *ep, struct epoll_event USER *out, int max)
{
	struct list_node list = LIST_INIT(list), again = LIST_INIT(again);
	int n = 0, got = 0;

	mutex_lock(&ep->lock);
	ready_take_all(ep, &list);
	while (n < max && got >= 0 && !list_empty(&list)) {
		got = report(take_first(ep, &list), out + n, &again);
		n += got > 0;
	}
	ready_give_back(ep, &list, &again);
	mutex_unlock(&ep->lock);
	/* There may be something left for the others who wait. */
	if (n && epoll_maybe_ready(ep))
		wait_queue_wake_one(&ep->wait, POLLIN);
	return n ? n : MIN(got, 0);
}

/* --- waiting -------------------------------------------------------------- */

static int
sleep_until_ready(struct eventpoll *ep, uint64_t deadline_ns)
{
	struct wait_loop l;

	wait_loop_begin_exclusive(&l, &ep->wait, THREAD_SLEEP_INTERRUPT);
	while (!epoll_maybe_ready(ep) && wait_loop_sleep(&l, deadline_ns))
		;
	return wait_loop_end(&l);
}

int
eventpoll_wait(struct file *f, struct epoll_event USER *out, int max,
	       uint64_t deadline_ns)
{
	struct eventpoll *ep = f->data;
	int n = 0, err = 0;

	for (;;) {
		if (epoll_maybe_ready(ep))
			n = collect(ep, out, max);
		if (n)
			return n;
		if (err)
			return err == -ETIMEDOUT ? 0 : err;
		if (deadline_ns != NEVER && deadline_ns <= clock_now_ns())
			return 0;
		err = sleep_until_ready(ep, deadline_ns);
	}
}

/* Drop from the list what turns out not to be ready; is anything? */
static bool
really_ready(struct eventpoll *ep)
{
	struct list_node list = LIST_INIT(list), again = LIST_INIT(again);
	bool ready = false;

	/* The one that watches us, if any, holds its own. */
	mutex_lock_nested(&ep->lock);
	ready_take_all(ep, &list);
	while (!ready && !list_empty(&list)) {
		struct epoll_item *i = take_first(ep, &list);

		ready = epoll_item_poll(i, NULL);
		if (ready)
			enlist_on(i, &again);
	}
	list_splice_back(&again, &list);
	ready_give_back(ep, &again, &list);
	mutex_unlock(&ep->lock);
	return ready;
}

unsigned
eventpoll_poll(struct file *f, struct poll_table *pt)
{
	struct eventpoll *ep = f->data;

	poll_add(pt, &ep->poll_wait);
	if (epoll_maybe_ready(ep) && really_ready(ep))
		return POLLIN | POLLRDNORM;
	return 0;
}
