/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * sched/waitq.h - wait queues: threads, and poll sets, that wait for an event.
 *
 * The event's owner changes its state, then calls wait_queue_wake().  A waiter
 * links itself first and checks the state afterwards, so no wake-up is lost.
 *
 * Locking: the queue's lock (spin, irq-safe, LOCK_WAIT_QUEUE); the run queue's
 *          is taken under it.
 * Context: waking: any.  Waiting: a thread that may sleep.
 * Errors:  -EINTR a signal came; callers make it a restart code as they need.
 */

#include "core/spinlock.h"
#include "lib/list.h"
#include "sched/thread.h"

struct wait_queue {
	struct spinlock lock;
	struct list_node waiters; /* [L] */
};

struct waiter;
/* Called with the queue's lock held; true = a thread was really woken. */
typedef bool waiter_wake_fn(struct waiter *w, unsigned events);

struct waiter {
	struct list_node link;    /* [L] */
	waiter_wake_fn *wake;     /* [I] */
	struct thread *thread;    /* [I] for the plain wake function */
	struct wait_queue *queue; /* [I] */
	bool exclusive;           /* [I] wake_one stops after waking it */
	atomic_bool woken;        /* [a] by this queue since its last look */
};

#define WAIT_QUEUE_INIT(name)                          \
	{                                              \
		SPINLOCK_INIT(LOCK_WAIT_QUEUE, #name), \
			LIST_INIT((name).waiters)      \
	}

void wait_queue_init(struct wait_queue *wq);

/* events: POLL* bits that became true, 0 = unknown. */
void wait_queue_wake(struct wait_queue *wq, unsigned events); /* all */
void wait_queue_wake_one(struct wait_queue *wq, unsigned events);

/*
 * The same from within a wake function, so with another queue's lock held.  The
 * caller sees to it that queues cannot lead to each other in a circle.
 */
void wait_queue_wake_nested(struct wait_queue *wq, unsigned events);
bool wait_queue_wake_one_nested(struct wait_queue *wq, unsigned events);

/* Does anybody wait?  A glance without the lock: see wait_queue_wake(). */
static inline bool
wait_queue_active(const struct wait_queue *wq)
{
	return __atomic_load_n(&wq->waiters.next, __ATOMIC_RELAXED) !=
	       &wq->waiters;
}

void waiter_init(struct waiter *w); /* for the current thread */
void waiter_add(struct wait_queue *wq, struct waiter *w);
void waiter_remove(struct waiter *w); /* safe if never added */

/* One wait_event() under way. */
struct wait_loop {
	struct waiter waiter;
	enum thread_state state;
	int err;      /* of the last sleep */
	bool gave_up; /* it ended for err, not because of the condition */
};

/* On the queue, and about to sleep: now look at the condition. */
void wait_loop_begin(struct wait_loop *l, struct wait_queue *wq,
		     enum thread_state state);
void wait_loop_begin_exclusive(struct wait_loop *l, struct wait_queue *wq,
			       enum thread_state state);
/* Sleep, then be about to sleep again; false: it is over, see l->err. */
bool wait_loop_sleep(struct wait_loop *l, uint64_t deadline_ns);
/*
 * Leave.  A wake_one that met an exclusive waiter between its last look and
 * here may have been for another: it is passed on.
 */
int wait_loop_end(struct wait_loop *l);

/*
 * Wait until cond; the macro's value is 0, -EINTR or -ETIMEDOUT.  cond is
 * evaluated several times and must not sleep.
 */
#define wait_event_state(wq, cond, state, deadline) \
	((cond) ? 0 : wait_event_slow(wq, cond, state, deadline))
#define wait_event_slow(wq, cond, state, deadline)                     \
	({                                                             \
		struct wait_loop loop_;                                \
		wait_loop_begin(&loop_, (wq), (state));                \
		while (!(cond) && wait_loop_sleep(&loop_, (deadline))) \
			;                                              \
		wait_loop_end(&loop_);                                 \
	})
#define wait_event(wq, cond) \
	((void)wait_event_state(wq, cond, THREAD_SLEEP, NEVER))
#define wait_event_interruptible(wq, cond) \
	wait_event_state(wq, cond, THREAD_SLEEP_INTERRUPT, NEVER)
#define wait_event_deadline(wq, cond, deadline) \
	wait_event_state(wq, cond, THREAD_SLEEP_INTERRUPT, deadline)

/* For wait_queue_wake_one(): cond takes what is waited for, if it is there. */
#define wait_event_exclusive(wq, cond)                             \
	((cond) ? 0 : ({                                           \
		struct wait_loop loop_;                            \
		wait_loop_begin_exclusive(&loop_, (wq),            \
					  THREAD_SLEEP_INTERRUPT); \
		while (!(cond) && wait_loop_sleep(&loop_, NEVER))  \
			;                                          \
		wait_loop_end(&loop_);                             \
	}))
