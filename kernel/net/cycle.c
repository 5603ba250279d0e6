/* SPDX-License-Identifier: MIT */

/*
 * net/cycle.c - garbage among the sockets in flight, by trial deletion.
 *
 *	1  Who is held by messages alone is a candidate.
 *	2  Each time a candidate is found in a candidate's queue, one of the
 *	   references to it is explained.
 *	3  A candidate with references left is in a queue somebody can read, and
 *	   so is, in turn, everything in its own queue: reachable.
 *	4  What is left is garbage.
 *
 * Each step looks at each queue at most once, so the whole takes time linear in
 * sockets and messages in flight.  (Lins' and Bacon and Rajan's cycle
 * collectors are this idea for memory; here there is no partial trial, since
 * messages with sockets in them are few.)
 *
 * Queues may change meanwhile, but only so that it does no harm.  Who takes a
 * message out of a queue has its socket, which then is no candidate, and adds
 * to no explained reference; the references of what it took stay counted until
 * it gets the lock.  A message that comes too late for step 2 leaves a
 * reference unexplained, which errs on the side of keeping.  Garbage stays
 * garbage: nobody has a way to it.
 *
 * Source: the rule is that of Linux's unix(7) sockets; D. Bacon, V. Rajan,
 *         "Concurrent Cycle Collection in Reference Counted Systems", 2001.
 */

#include "net/cycle.h"

static void
explain(struct cycle_node *child, UNUSED void *arg)
{
	if (child->state == CYCLE_CANDIDATE && child->left)
		child->left--;
}

/* arg: the list of those whose queues are still to be looked at. */
static void
rescue(struct cycle_node *child, void *arg)
{
	if (child->state != CYCLE_CANDIDATE)
		return;
	child->state = CYCLE_REACHABLE;
	list_remove(&child->link);
	list_push_back(arg, &child->link);
}

static void
pick_candidates(struct list_node *flying, struct list_node *candidates,
		const struct cycle_ops *ops)
{
	struct cycle_node *n, *next;

	list_for_each_safe (n, next, flying, link) {
		n->state = CYCLE_REACHABLE;
		if (ops->holders(n) != n->count)
			continue;
		n->state = CYCLE_CANDIDATE;
		n->left = n->count;
		list_remove(&n->link);
		list_push_back(candidates, &n->link);
	}
}

void
cycle_find(struct list_node *flying, struct list_node *garbage,
	   const struct cycle_ops *ops)
{
	struct list_node reached = LIST_INIT(reached);
	struct cycle_node *n, *next;

	pick_candidates(flying, garbage, ops);
	list_for_each (n, garbage, link)
		ops->each(n, explain, NULL);
	list_for_each_safe (n, next, garbage, link)
		if (n->left)
			rescue(n, &reached);
	while (!list_empty(&reached)) {
		n = list_first(&reached, struct cycle_node, link);
		list_remove(&n->link);
		list_push_back(flying, &n->link);
		ops->each(n, rescue, &reached);
	}
}
