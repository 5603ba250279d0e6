/* SPDX-License-Identifier: MIT */
#include "core/panic.h"
#include "lib/errno.h"
#include "vm/space_priv.h"

/*
 * vm/area_range.c - areas as the calls of programs see them: ranges, whose
 * ends lie where they like.
 *
 * Neighbours that are equal in all but their addresses are merged, as programs
 * that map a stack of pages one by one expect (and /proc/PID/maps shows).  So
 * every change of a range is: let areas begin and end at its ends, change
 * those in between, and merge what has become equal.
 */

/* --- splitting and merging ------------------------------------------------ */

static bool
mergeable(const struct area *low, const struct area *high)
{
	return low->end == high->start && low->bits == high->bits &&
	       !(low->bits & AREA_GROWS_DOWN) && low->object == high->object &&
	       low->source == high->source &&
	       low->source_ops == high->source_ops &&
	       (!low->object ||
		low->offset + (low->end - low->start) == high->offset);
}

/* Merge `low` with its upper neighbour if they are equal. */
static bool
merge_next(struct change *c, struct vm_space *s, struct area *low)
	REQUIRES(s->lock)
{
	struct area *high = area_next(low);
	vaddr_t end;

	if (!high || !mergeable(low, high))
		return false;
	end = high->end;
	area_kill(c, s, high);
	area_resize(s, low, low->start, end);
	return true;
}

bool
area_add(struct change *c, struct vm_space *s, struct area *a)
{
	struct area *next = area_first(s, a->end);
	struct area *prev = next ? area_prev(next) : area_highest(s);

	if (prev && mergeable(prev, a)) {
		area_resize(s, prev, prev->start, a->end);
		merge_next(c, s, prev);
		return false;
	}
	if (next && mergeable(a, next)) {
		area_resize(s, next, a->start, next->end);
		return false;
	}
	area_link(s, a);
	return true;
}

/* Let an area begin at `at`, if one goes across it. */
static int
split_at(struct vm_space *s, vaddr_t at) REQUIRES(s->lock)
{
	struct area *low = area_find(s, at), *high;

	if (!low || low->start == at)
		return 0;
	if (s->area_count >= areas_max())
		return -ENOMEM;
	high = area_dup(low);
	if (!high)
		return -ENOMEM;
	high->offset += at - high->start;
	high->start = at;
	area_resize(s, low, low->start, at);
	area_link(s, high);
	return 0;
}

int
area_isolate(struct change *c, struct vm_space *s, vaddr_t start, vaddr_t end)
{
	int err = split_at(s, start);

	if (err)
		return err;
	err = split_at(s, end);
	if (err)
		area_settle(c, s, start, start);
	return err;
}

void
area_settle(struct change *c, struct vm_space *s, vaddr_t start, vaddr_t end)
{
	struct area *a = area_first(s, start - 1);

	while (a && a->end <= end) {
		if (!merge_next(c, s, a))
			a = area_next(a);
	}
}

/* --- ranges --------------------------------------------------------------- */

bool
area_covers(struct vm_space *s, vaddr_t start, vaddr_t end)
{
	struct area *a;

	for (a = area_first(s, start); start < end; a = area_next(a)) {
		if (!a || a->start > start)
			return false;
		start = a->end;
	}
	return true;
}

uint64_t
area_pages_in(struct vm_space *s, vaddr_t start, vaddr_t end)
{
	struct area *a;
	uint64_t pages = 0;

	for (a = area_first(s, start); a && a->start < end; a = area_next(a))
		pages += pages_in(MAX(a->start, start), MIN(a->end, end));
	return pages;
}

bool
area_range_free(struct vm_space *s, vaddr_t start, vaddr_t end, bool guard)
{
	struct area *a = area_first(s, start);

	return !a || (guard ? area_floor(a) : a->start) >= end;
}

void
area_trim(struct change *c, struct vm_space *s, vaddr_t start, vaddr_t end)
{
	struct area *a, *next;

	for (a = area_first(s, start); a && a->start < end; a = next) {
		next = area_next(a);
		ASSERT(a->start >= start || a->end <= end);
		if (a->start < start)
			area_resize(s, a, a->start, start);
		else if (a->end > end)
			area_resize(s, a, end, a->end);
		else
			area_kill(c, s, a);
	}
}
