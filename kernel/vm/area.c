/* SPDX-License-Identifier: MIT */
#include "core/panic.h"
#include "lib/errno.h"
#include "mm/slab.h"
#include "vm/space_priv.h"

/*
 * vm/area.c - the areas of a space, and the room between them.
 *
 * Areas are in a red-black tree by address and never overlap.  To find room
 * in a few steps however many areas there are, each knows the gap below it and
 * each subtree its largest gap:
 *
 *	       prev.end               start
 *	  [ prev ]......gap.....(guard)[ area ]      max_gap = max(gap,
 *	                                               left's, right's)
 *
 * The gap of a stack leaves out the guard pages below it, so nothing is ever
 * placed there.  A gap changes when the area itself or its lower neighbour
 * does; after that max_gap is made right from the two up to the root.
 *
 * mmap(2) wants the highest gap that is large enough.  From the area below the
 * limit, the search goes to the left: into a subtree only if its max_gap
 * promises success, so it never comes back from one, and takes O(log n).
 *
 * Neighbours that are equal in all but their addresses are merged, as programs
 * that map a stack of pages one by one expect (and /proc/PID/maps shows).
 */

static struct slab_cache *area_cache RO_AFTER_BOOT;

static void
area_augment(struct area *a)
{
	struct area *left = RB_LEFT(a, node), *right = RB_RIGHT(a, node);
	uint64_t max = a->gap;

	if (left && left->max_gap > max)
		max = left->max_gap;
	if (right && right->max_gap > max)
		max = right->max_gap;
	a->max_gap = max;
}

static inline int
area_compare(const struct area *a, const struct area *b)
{
	return a->start < b->start ? -1 : a->start > b->start;
}

#undef RB_AUGMENT
#define RB_AUGMENT(a) area_augment(a)
RB_GENERATE_STATIC(area_tree, area, node, area_compare)

void
area_system_init(void)
{
	area_cache = slab_cache_create("vm_area", sizeof(struct area), 8);
	if (!area_cache)
		panic("vm: no memory for the first caches");
}

/* --- one area, not linked ----------------------------------------------------- */

struct area *
area_create(void)
{
	return slab_alloc(area_cache);
}

void
area_take_refs(struct area *a)
{
	if (a->object)
		vm_object_get(a->object);
	if (a->source)
		a->source_ops->get(a->source);
}

struct area *
area_dup(const struct area *a)
{
	struct area *copy = area_create();

	if (!copy)
		return NULL;
	*copy = *a;
	area_take_refs(copy);
	return copy;
}

void
area_discard(struct area *list)
{
	struct area *a;

	while ((a = list)) {
		list = a->next_dead;
		if (a->source)
			a->source_ops->put(a->source);
		if (a->object)
			vm_object_put(a->object);
		slab_free(area_cache, a);
	}
}

/* --- finding -------------------------------------------------------------------- */

struct area *
area_next(struct area *a)
{
	return RB_NEXT(area_tree, , a);
}

struct area *
area_prev(struct area *a)
{
	return RB_PREV(area_tree, , a);
}

struct area *
area_lowest(struct vm_space *s)
{
	return RB_MIN(area_tree, &s->areas);
}

struct area *
area_first(struct vm_space *s, vaddr_t va)
{
	struct area *a = RB_ROOT(&s->areas), *found = NULL;

	while (a) {
		if (a->end > va) {
			found = a;
			if (a->start <= va)
				break;
			a = RB_LEFT(a, node);
		} else {
			a = RB_RIGHT(a, node);
		}
	}
	return found;
}

struct area *
area_find(struct vm_space *s, vaddr_t va)
{
	struct area *a = s->last_found;

	if (a && va >= a->start && va < a->end)
		return a;
	a = area_first(s, va);
	if (!a || a->start > va)
		return NULL;
	s->last_found = a;
	return a;
}

/* --- gaps ------------------------------------------------------------------------ */

/* Where free room below an area may end. */
static vaddr_t
area_floor(const struct area *a)
{
	if (!(a->bits & AREA_GROWS_DOWN))
		return a->start;
	return a->start > STACK_GUARD ? a->start - STACK_GUARD : 0;
}

static uint64_t
room_below(struct area *a)
{
	struct area *prev = area_prev(a);
	vaddr_t low = prev ? prev->end : USER_BOTTOM;

	return area_floor(a) > low ? area_floor(a) - low : 0;
}

static void
augment_up(struct area *a)
{
	for (; a; a = RB_PARENT(a, node))
		area_augment(a);
}

static void
gap_changed(struct area *a)
{
	if (!a)
		return;
	a->gap = room_below(a);
	augment_up(a);
}

/* The highest gap of a subtree that is known to have one. */
static vaddr_t
highest_gap(struct area *a, size_t size)
{
	for (;;) {
		struct area *right = RB_RIGHT(a, node);

		if (right && right->max_gap >= size)
			a = right;
		else if (a->gap >= size)
			return area_floor(a) - size;
		else
			a = RB_LEFT(a, node);
	}
}

/* The nearest ancestor that lies below a. */
static struct area *
lower_ancestor(struct area *a)
{
	struct area *parent = RB_PARENT(a, node);

	while (parent && a == RB_LEFT(parent, node)) {
		a = parent;
		parent = RB_PARENT(a, node);
	}
	return parent;
}

vaddr_t
area_find_gap(struct vm_space *s, size_t size, vaddr_t top)
{
	struct area *above = area_first(s, top), *a, *left;
	vaddr_t high = top, low;

	if (above && area_floor(above) < high)
		high = area_floor(above);
	a = above ? area_prev(above) : RB_MAX(area_tree, &s->areas);
	low = a ? a->end : USER_BOTTOM;
	if (high > low && high - low >= size)
		return high - size;
	for (; a; a = lower_ancestor(a)) {
		if (a->gap >= size)
			return area_floor(a) - size;
		left = RB_LEFT(a, node);
		if (left && left->max_gap >= size)
			return highest_gap(left, size);
	}
	return 0;
}

bool
area_range_free(struct vm_space *s, vaddr_t start, vaddr_t end, bool guard)
{
	struct area *a = area_first(s, start);

	return !a || (guard ? area_floor(a) : a->start) >= end;
}

/* --- linking ---------------------------------------------------------------------- */

static bool
may_write_object(const struct area *a)
{
	return (a->bits & (AREA_SHARED | AREA_MAY_WRITE)) ==
	       (AREA_SHARED | AREA_MAY_WRITE);
}

static void
link_to_object(struct area *a)
{
	struct vm_object *o = a->object;

	mutex_lock(&o->lock);
	list_push_front(&o->areas, &a->in_object);
	mutex_unlock(&o->lock);
	if (may_write_object(a))
		atomic_fetch_add(&o->writable_maps, 1);
}

static void
unlink_from_object(struct area *a)
{
	struct vm_object *o = a->object;

	mutex_lock(&o->lock);
	list_remove(&a->in_object);
	mutex_unlock(&o->lock);
	if (may_write_object(a))
		atomic_fetch_sub(&o->writable_maps, 1);
}

/* Add (or take away, as two's complement) the pages an area stands for. */
static void
count_pages(struct vm_space *s, unsigned bits, uint64_t pages)
{
	s->mapped_pages += pages;
	if (bits_are_data(bits))
		s->data_pages += pages;
}

void
area_link(struct vm_space *s, struct area *a)
{
	ASSERT(a->start < a->end && a->end <= USER_TOP);
	a->space = s;
	a->gap = 0;
	a->max_gap = 0;
	if (RB_INSERT(area_tree, &s->areas, a))
		panic("vm: two areas at %#llx", (unsigned long long)a->start);
	gap_changed(a);
	gap_changed(area_next(a));
	s->area_count++;
	count_pages(s, a->bits, pages_in(a->start, a->end));
	if (a->object)
		link_to_object(a);
}

void
area_unlink(struct vm_space *s, struct area *a)
{
	struct area *prev = area_prev(a), *next = area_next(a);

	RB_REMOVE(area_tree, &s->areas, a);
	/*
	 * The place a left in the tree is below one of its neighbours, so the
	 * two ways up cover all that changed.
	 */
	augment_up(prev);
	gap_changed(next);
	if (s->last_found == a)
		s->last_found = NULL;
	s->area_count--;
	count_pages(s, a->bits, -pages_in(a->start, a->end));
	if (a->object)
		unlink_from_object(a);
}

void
area_kill(struct change *c, struct vm_space *s, struct area *a)
{
	area_unlink(s, a);
	a->next_dead = c->dead;
	c->dead = a;
}

void
area_resize(struct vm_space *s, struct area *a, vaddr_t start, vaddr_t end)
{
	ASSERT(start < end);
	count_pages(s, a->bits,
		    pages_in(start, end) - pages_in(a->start, a->end));
	a->offset += start - a->start;
	a->start = start;
	a->end = end;
	gap_changed(a);
	gap_changed(area_next(a));
}

void
area_set_bits(struct vm_space *s, struct area *a, unsigned bits)
{
	uint64_t pages = pages_in(a->start, a->end);

	count_pages(s, a->bits, -pages);
	a->bits = bits;
	count_pages(s, a->bits, pages);
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

/* --- splitting and merging ------------------------------------------------------------ */

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
	struct area *prev =
		next ? area_prev(next) : RB_MAX(area_tree, &s->areas);

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
	if (s->area_count >= AREAS_MAX)
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

/* --- ranges ------------------------------------------------------------------------------ */

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

void
area_check(struct vm_space *s)
{
	uint64_t pages = 0, data = 0, count = 0, max;
	vaddr_t end = 0;
	struct area *a;

	RB_FOREACH(a, area_tree, &s->areas)
	{
		ASSERT(a->start >= end && a->start < a->end);
		ASSERT(a->space == s && a->gap == room_below(a));
		max = a->max_gap;
		area_augment(a);
		ASSERT(a->max_gap == max);
		end = a->end;
		count++;
		pages += pages_in(a->start, a->end);
		data += bits_are_data(a->bits) ? pages_in(a->start, a->end) : 0;
	}
	ASSERT(count == s->area_count && pages == s->mapped_pages);
	ASSERT(data == s->data_pages && end <= USER_TOP);
}
