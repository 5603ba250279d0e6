/* SPDX-License-Identifier: MIT */
/*
 * order.c - a topological order by depth-first search.
 *
 * A thing is written out once everything it comes after has been.  An edge
 * that leads to a thing still being visited closes a cycle: it is reported and
 * left out, so a cycle costs one edge and not the boot.
 */
#include "order.h"

#include <stdlib.h>

enum mark {
	UNSEEN,
	OPEN,
	WRITTEN
};

/* The state of one sort. */
struct sorter {
	struct order_edge *edges;
	size_t edge_count;
	enum mark *marks; /* one per thing */
	size_t *out;      /* the result */
	size_t written;   /* things in it */
	order_cycle *cycle;
	void *context;
};

/* Recursion is as deep as the longest chain: at most one level per thing. */
static void
visit(struct sorter *s, size_t thing)
{
	if (s->marks[thing] != UNSEEN)
		return;
	s->marks[thing] = OPEN;
	for (size_t i = 0; i < s->edge_count; i++) {
		struct order_edge *edge = &s->edges[i];

		if (edge->thing != thing)
			continue;
		edge->broken = s->marks[edge->on] == OPEN;
		if (edge->broken)
			s->cycle(s->context, edge);
		else
			visit(s, edge->on);
	}
	s->marks[thing] = WRITTEN;
	s->out[s->written++] = thing;
}

int
order_sort(size_t count, struct order_edge *edges, size_t edge_count,
	   size_t *out, order_cycle *cycle, void *context)
{
	struct sorter s = {
		.edges = edges,
		.edge_count = edge_count,
		.marks = calloc(count + 1, sizeof(*s.marks)),
		.out = out,
		.cycle = cycle,
		.context = context,
	};

	if (!s.marks)
		return -1;
	for (size_t i = 0; i < count; i++)
		visit(&s, i);
	free(s.marks);
	return 0;
}
