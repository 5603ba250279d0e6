/* SPDX-License-Identifier: MIT */
/* unit: userspace/init/order.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../userspace/init/order.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static unsigned cycles;

static void
count_cycle(void *context, const struct order_edge *edge)
{
	(void)context;
	assert_true(edge->broken);
	cycles++;
}

/* Sort and check that out is a permutation that honours unbroken edges. */
static void
sort_and_check(size_t n, struct order_edge *edges, size_t edge_count,
	       size_t *out)
{
	size_t place[64];
	unsigned broken = 0;

	cycles = 0;
	memset(place, 0xff, sizeof(place));
	assert_int_equal(
		order_sort(n, edges, edge_count, out, count_cycle, NULL), 0);
	for (size_t i = 0; i < n; i++) {
		assert_true(out[i] < n);
		assert_true(place[out[i]] == SIZE_MAX);
		place[out[i]] = i;
	}
	for (size_t i = 0; i < edge_count; i++) {
		if (edges[i].broken)
			broken++;
		else
			assert_true(place[edges[i].on] < place[edges[i].thing]);
	}
	assert_int_equal(broken, cycles);
}

static void
independent_things_keep_their_order(void **state)
{
	size_t out[4];

	sort_and_check(4, NULL, 0, out);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(out[i], i);
}

static void
chain(void **state)
{
	struct order_edge edges[] = { { 0, 1 }, { 1, 2 }, { 2, 3 } };
	size_t out[4];

	sort_and_check(4, edges, COUNT(edges), out);
	assert_int_equal(cycles, 0);
	assert_int_equal(out[0], 3);
	assert_int_equal(out[3], 0);
}

static void
a_cycle_costs_one_edge(void **state)
{
	struct order_edge edges[] = { { 0, 1 }, { 1, 2 }, { 2, 0 }, { 3, 2 } };
	size_t out[4];

	sort_and_check(4, edges, COUNT(edges), out);
	assert_int_equal(cycles, 1);
}

static void
itself(void **state)
{
	struct order_edge edges[] = { { 0, 0 } };
	size_t out[1];

	sort_and_check(1, edges, COUNT(edges), out);
	assert_int_equal(cycles, 1);
}

/* Without a cycle in the input, none may be reported. */
static void
random_graphs(void **state)
{
	unsigned seed = 7;

	for (int round = 0; round < 5000; round++) {
		size_t n = 1 + (size_t)rand_r(&seed) % 40, out[40];
		size_t m = (size_t)rand_r(&seed) % 80;
		struct order_edge edges[80];
		int acyclic = round & 1;

		for (size_t i = 0; i < m; i++) {
			size_t a = (size_t)rand_r(&seed) % n;
			size_t b = (size_t)rand_r(&seed) % n;

			if (acyclic && a == b)
				b = (a + 1) % n;
			if (acyclic && a < b) {
				size_t t = a;

				a = b;
				b = t;
			}
			if (acyclic && n == 1) {
				m = 0;
				break;
			}
			edges[i] = (struct order_edge){ .thing = a, .on = b };
		}
		sort_and_check(n, edges, m, out);
		if (acyclic)
			assert_int_equal(cycles, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(independent_things_keep_their_order),
		cmocka_unit_test(chain),
		cmocka_unit_test(a_cycle_costs_one_edge),
		cmocka_unit_test(itself),
		cmocka_unit_test(random_graphs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
