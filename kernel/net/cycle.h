/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * net/cycle.h - which of the sockets in flight can nobody reach any more?
 *
 * A socket sent in a message is held by the message, and so by the socket in
 * whose queue it waits.  When all that is held of a set of sockets is held by
 * queues of the set itself, no program can ever receive them: they are garbage
 * that reference counts alone would keep for ever.
 *
 * Pure: the caller's lock makes every count hold still.  Host-tested.
 */

#include "lib/list.h"

enum cycle_state {
	CYCLE_REACHABLE, /* by a program, as far as is known */
	CYCLE_CANDIDATE, /* held by messages only */
};

/* One socket in flight. */
struct cycle_node {
	struct list_node link; /* in the list of all in flight */
	unsigned count;        /* times in flight */
	unsigned left;         /* scratch: of these, not found in a queue */
	enum cycle_state state;
};

struct cycle_ops {
	/* How many hold the node, messages and others together. */
	unsigned (*holders)(struct cycle_node *n);
	/* Call fn for every node in the queue of n, as often as it is there. */
	void (*each)(struct cycle_node *n,
		     void (*fn)(struct cycle_node *child, void *arg),
		     void *arg);
};

/* Move what is garbage from flying to garbage. */
void cycle_find(struct list_node *flying, struct list_node *garbage,
		const struct cycle_ops *ops);
