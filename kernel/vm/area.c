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
 * promises success, so it never comes back from one, and takes O(log n).  The
 * old layout (ADDR_COMPAT_LAYOUT) wants the lowest: the same, mirrored.
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

/* --- one area, not linked ------------------------------------------------- */

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

/* --- finding -------------------------------------------------------------- */

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
area_highest(struct vm_space *s)
{
	return RB_MAX(area_tree, &s->areas);
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

/* --- gaps ----------------------------------------------------------------- */

static uint64_t
room_below(struct area *a)
{
	struct area *prev = area_prev(a);
	vaddr_t low = prev ? prev->end : USER_BOTTOM;

	return area_floor(a) > low ? area_floor(a) - low : 0;
}

/* Up to where it makes no difference any more. */
static void
set_gap(struct area *a, uint64_t gap)
{
	uint64_t old;

	a->gap = gap;
	do {
		old = a->max_gap;
		area_augment(a);
		if (a->max_gap == old)
			return;
		a = RB_PARENT(a, node);
	} while (a);
}

static void
gap_changed(struct area *a)
{
	if (a)
		set_gap(a, room_below(a));
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
	a = above ? area_prev(above) : area_highest(s);
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

/* The lowest gap of a subtree that is known to have one. */
static vaddr_t
lowest_gap(struct area *a, size_t size)
{
	for (;;) {
		struct area *left = RB_LEFT(a, node);

		if (left && left->max_gap >= size)
			a = left;
		else if (a->gap >= size)
			return area_floor(a) - a->gap;
		else
			a = RB_RIGHT(a, node);
	}
}

/* The nearest ancestor that lies above a. */
static struct area *
higher_ancestor(struct area *a)
{
	struct area *parent = RB_PARENT(a, node);

	while (parent && a == RB_RIGHT(parent, node)) {
		a = parent;
		parent = RB_PARENT(a, node);
	}
	return parent;
}

vaddr_t
area_find_gap_above(struct vm_space *s, size_t size, vaddr_t bottom)
{
	struct area *a = area_first(s, bottom), *prev, *right;
	vaddr_t low;

	if (a) {
		prev = area_prev(a);
		low = prev ? MAX(prev->end, bottom) : bottom;
		if (area_floor(a) > low && area_floor(a) - low >= size)
			return low;
	}
	for (; a; a = higher_ancestor(a)) {
		right = RB_RIGHT(a, node);
		if (right && right->max_gap >= size)
			return lowest_gap(right, size);
		prev = higher_ancestor(a);
		if (prev && prev->gap >= size)
			return area_floor(prev) - prev->gap;
	}
	a = area_highest(s);
	low = a ? MAX(a->end, bottom) : bottom;
	return USER_TOP - low >= size ? low : 0;
}

/* --- linking -------------------------------------------------------------- */

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
	if (bits & AREA_LOCKED)
		s->locked_pages += pages;
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
	struct area *next = area_next(a);

	/* Nobody may count on a's gap when it leaves its place. */
	set_gap(a, 0);
	RB_REMOVE(area_tree, &s->areas, a);
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
	if (start != a->start) {
		a->offset += start - a->start;
		a->start = start;
		gap_changed(a);
	}
	if (end != a->end) {
		a->end = end;
		gap_changed(area_next(a));
	}
}

void
area_set_bits(struct vm_space *s, struct area *a, unsigned bits)
{
	uint64_t pages = pages_in(a->start, a->end);

	count_pages(s, a->bits, -pages);
	a->bits = bits;
	count_pages(s, a->bits, pages);
}

/* --- all at once ---------------------------------------------------------- */

/*
 * Copy a subtree as it is, colours and gaps too: nothing has to be searched or
 * balanced.  Each copy is linked before its children, so that after a failure
 * area_kill_all() finds them.
 */
static int
copy_subtree(struct vm_space *dst, const struct area *a, struct area *parent,
	     struct area **link) REQUIRES(dst->lock)
{
	struct area *copy = area_dup(a);
	int err;

	if (!copy)
		return -ENOMEM;
	copy->space = dst;
	/* Locks are not inherited. */
	copy->bits &= ~(unsigned)(AREA_LOCKED | AREA_LOCK_ON_FAULT);
	RB_LEFT(copy, node) = NULL;
	RB_RIGHT(copy, node) = NULL;
	RB_PARENT(copy, node) = parent;
	*link = copy;
	if (copy->object)
		link_to_object(copy);
	if (RB_LEFT(a, node)) {
		err = copy_subtree(dst, RB_LEFT(a, node), copy,
				   &RB_LEFT(copy, node));
		if (err)
			return err;
	}
	if (!RB_RIGHT(a, node))
		return 0;
	return copy_subtree(dst, RB_RIGHT(a, node), copy,
			    &RB_RIGHT(copy, node));
}

int
area_copy_all(struct vm_space *dst, struct vm_space *src)
{
	if (!RB_ROOT(&src->areas))
		return 0;
	dst->area_count = src->area_count;
	dst->mapped_pages = src->mapped_pages;
	dst->data_pages = src->data_pages;
	return copy_subtree(dst, RB_ROOT(&src->areas), NULL,
			    &RB_ROOT(&dst->areas));
}

static void
kill_subtree(struct change *c, struct area *a)
{
	if (!a)
		return;
	kill_subtree(c, RB_LEFT(a, node));
	kill_subtree(c, RB_RIGHT(a, node));
	if (a->object)
		unlink_from_object(a);
	a->next_dead = c->dead;
	c->dead = a;
}

void
area_kill_all(struct change *c, struct vm_space *s)
{
	kill_subtree(c, RB_ROOT(&s->areas));
	RB_INIT(&s->areas);
	s->last_found = NULL;
	s->area_count = 0;
	s->mapped_pages = 0;
	s->data_pages = 0;
	s->locked_pages = 0;
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
