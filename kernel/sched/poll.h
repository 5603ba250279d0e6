/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * sched/poll.h - how an object tells a poller its readiness.
 *
 * A poll operation adds the wait queues that announce changes (poll_add), then
 * returns the POLL* bits that hold now.  A NULL table only asks.
 */

#include <asm/poll.h>

#include "sched/waitq.h"

struct poll_table {
	/* -ENOMEM is remembered by the table and reported by its owner. */
	void (*add)(struct poll_table *pt, struct wait_queue *wq);
};

static inline void
poll_add(struct poll_table *pt, struct wait_queue *wq)
{
	if (pt)
		pt->add(pt, wq);
}
