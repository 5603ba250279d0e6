/* SPDX-License-Identifier: MIT */
/* unit: kernel/net/cycle.c */

/*
 * cycle_test.c - garbage among sockets in flight: known shapes, then random
 * graphs against a search from what is held.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "net/cycle.h"

#define MOST 24

struct node {
	struct cycle_node cycle;
	unsigned held;     /* references that are no message's */
	unsigned in[MOST]; /* in[j]: times node j is in this one's queue */
	unsigned looked;   /* times its queue was looked at */
};

static struct node nodes[MOST];
static unsigned count;
static struct list_node flying, garbage;

static struct node *
node_of(struct cycle_node *n)
{
	return list_entry(n, struct node, cycle);
}

static unsigned
holders(struct cycle_node *n)
{
	return n->count + node_of(n)->held;
}

static void
each(struct cycle_node *n, void (*fn)(struct cycle_node *child, void *arg),
     void *arg)
{
	node_of(n)->looked++;
	for (unsigned j = 0; j < count; j++)
		for (unsigned k = 0; k < node_of(n)->in[j]; k++)
			fn(&nodes[j].cycle, arg);
}

static const struct cycle_ops ops = { .holders = holders, .each = each };

static void
begin(unsigned n)
{
	memset(nodes, 0, sizeof(nodes));
	count = n;
	list_init(&flying);
	list_init(&garbage);
}

/* j waits in the queue of i. */
static void
put(unsigned i, unsigned j)
{
	nodes[i].in[j]++;
	nodes[j].cycle.count++;
}

/* What is in no message is not in the list: nobody asks about it. */
static void
find(void)
{
	for (unsigned i = 0; i < count; i++) {
		list_init(&nodes[i].cycle.link);
		if (nodes[i].cycle.count)
			list_push_back(&flying, &nodes[i].cycle.link);
		/* Left over from an earlier search. */
		nodes[i].cycle.state = CYCLE_CANDIDATE;
		if (!nodes[i].cycle.count)
			nodes[i].cycle.state = CYCLE_REACHABLE;
	}
	cycle_find(&flying, &garbage, &ops);
}

static bool
on(const struct list_node *list, unsigned i)
{
	struct cycle_node *n;

	list_for_each (n, list, link)
		if (n == &nodes[i].cycle)
			return true;
	return false;
}

static void
nothing_in_flight(void **state)
{
	begin(1);
	find();
	assert_true(list_empty(&garbage));
}

static void
held_by_somebody(void **state)
{
	begin(2);
	nodes[0].held = nodes[1].held = 1;
	put(0, 1);
	put(1, 0);
	find();
	assert_true(list_empty(&garbage));
	assert_true(on(&flying, 0) && on(&flying, 1));
}

static void
in_its_own_queue(void **state)
{
	begin(1);
	put(0, 0);
	put(0, 0);
	find();
	assert_true(on(&garbage, 0));
	assert_true(list_empty(&flying));
}

static void
one_holder_saves_the_circle(void **state)
{
	begin(3);
	nodes[1].held = 1;
	put(0, 1);
	put(1, 2);
	put(2, 0);
	find();
	assert_true(list_empty(&garbage));
}

static void
reached_from_a_socket_not_in_flight(void **state)
{
	begin(3);
	nodes[0].held = 1; /* and in no message */
	put(0, 1);
	put(1, 2);
	put(2, 1);
	find();
	assert_true(list_empty(&garbage));
}

static void
message_not_queued_yet(void **state)
{
	begin(2);
	put(0, 1);
	put(1, 0);
	nodes[1].cycle.count++; /* counted, and in no queue so far */
	find();
	assert_true(list_empty(&garbage));
}

/* What somebody can reach, by going where it leads. */
static void
reach(unsigned i, bool *seen)
{
	if (seen[i])
		return;
	seen[i] = true;
	for (unsigned j = 0; j < count; j++)
		if (nodes[i].in[j])
			reach(j, seen);
}

static void
random_graphs(void **state)
{
	srand(1);
	for (unsigned round = 0; round < 20000; round++) {
		bool seen[MOST] = { false };

		begin(1 + (unsigned)rand() % MOST);
		for (unsigned e = (unsigned)rand() % (2 * count + 1); e; e--)
			put((unsigned)rand() % count, (unsigned)rand() % count);
		for (unsigned i = 0; i < count; i++)
			nodes[i].held = rand() % 5 == 0;
		/* A socket nobody holds and that is in no message is closed. */
		for (unsigned i = 0; i < count; i++)
			if (!nodes[i].cycle.count)
				nodes[i].held = 1;
		for (unsigned i = 0; i < count; i++)
			if (nodes[i].held)
				reach(i, seen);
		find();
		for (unsigned i = 0; i < count; i++) {
			bool flew = nodes[i].cycle.count;

			assert_int_equal(on(&garbage, i), flew && !seen[i]);
			assert_int_equal(on(&flying, i), flew && seen[i]);
			assert_true(nodes[i].looked <= 2);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_in_flight),
		cmocka_unit_test(held_by_somebody),
		cmocka_unit_test(in_its_own_queue),
		cmocka_unit_test(one_holder_saves_the_circle),
		cmocka_unit_test(reached_from_a_socket_not_in_flight),
		cmocka_unit_test(message_not_queued_yet),
		cmocka_unit_test(random_graphs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
