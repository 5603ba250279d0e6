/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * order.h - put numbered things into an order their dependencies allow.
 *
 * Pure and deterministic: equal input gives equal output, and things that do
 * not depend on one another keep their order.
 */

#include <stdbool.h>
#include <stddef.h>

/* thing comes after on. */
struct order_edge {
	size_t thing;
	size_t on;
	bool broken; /* [out] left out, because it closes a cycle */
};

/* Told of each edge left out, before the next one is looked at. */
typedef void order_cycle(void *context, const struct order_edge *edge);

/*
 * Write the numbers 0..count-1 to out in an order that honours every edge but
 * the broken ones.  Returns 0, or -1 when memory is short.
 */
int order_sort(size_t count, struct order_edge *edges, size_t edge_count,
	       size_t *out, order_cycle *cycle, void *context);
