/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * vfs/sched/waitq.h - wait queues of a test: instead of sleeping, the test's
 * hook runs and makes what is waited for happen, or fails the wait.
 */

#include "core/spinlock.h"
#include "lib/list.h"
#include "sched/thread.h"

struct wait_queue {
	struct list_node waiters;
};

struct waiter;
typedef bool waiter_wake_fn(struct waiter *w, unsigned events);

struct waiter {
	struct list_node link;
	waiter_wake_fn *wake;
	struct thread *thread;
	struct wait_queue *queue;
};

void wait_queue_init(struct wait_queue *wq);
void wait_queue_wake(struct wait_queue *wq, unsigned events);
bool wait_queue_active(const struct wait_queue *wq);
void waiter_init(struct waiter *w);
void waiter_add(struct wait_queue *wq, struct waiter *w);
void waiter_remove(struct waiter *w);

#define wait_event_interruptible(wq, cond)          \
	({                                          \
		int err_ = 0;                       \
		while (!(cond) && !err_)            \
			err_ = thread_sleep(NEVER); \
		err_;                               \
	})
