/* SPDX-License-Identifier: MIT */
#include "fs/eventpoll_priv.h"
#include "lib/errno.h"

/*
 * fs/eventpoll_nest.c - epolls that watch epolls.
 *
 * A wake-up travels from the watched to the watching, with the lock of a wait
 * queue held at each step, and asking goes the other way with the mutexes.
 * Both end, and cannot deadlock, because epolls never watch each other in a
 * circle and no chain has more than EPOLL_NESTS_MAX steps.  One mutex makes
 * that hold: under it a step is checked and made.
 *
 * Each search has a number, and an epoll remembers what it answered: so one
 * that is reached by many ways is searched once.
 */

struct mutex epoll_nest_lock;

static unsigned search; /* [N] */

/* Steps below ep, or -ELOOP if target is among them. */
static int
depth_below(struct eventpoll *ep, const struct eventpoll *target)
{
	struct epoll_item *i;
	int depth;

	if (ep == target)
		return -ELOOP;
	if (ep->visit == search)
		return ep->depth;
	ep->visit = search;
	ep->depth = 0;
	list_for_each (i, &ep->below, below_link) {
		depth = depth_below(i->file->data, target);
		if (depth < 0)
			return depth;
		ep->depth = MAX(ep->depth, depth + 1);
	}
	return ep->depth;
}

static int
depth_above(struct eventpoll *ep)
{
	struct epoll_item *i;

	if (ep->visit == search)
		return ep->depth;
	ep->visit = search;
	ep->depth = 0;
	list_for_each (i, &ep->above, above_link)
		ep->depth = MAX(ep->depth, depth_above(i->ep) + 1);
	return ep->depth;
}

int
epoll_nest_check(struct eventpoll *ep, struct eventpoll *other)
{
	int below;

	search++;
	below = depth_below(other, ep);
	if (below < 0)
		return below;
	search++;
	return depth_above(ep) + 1 + below > EPOLL_NESTS_MAX ? -ELOOP : 0;
}
