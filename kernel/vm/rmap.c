/* SPDX-License-Identifier: MIT */
#include "vm/space_priv.h"

/*
 * vm/rmap.c - from an object to the spaces that map it.
 *
 * An object lists the areas that map it.  A space's lock comes before an
 * object's, so from the object's side the two are never held together: the
 * list gives one space, which is held, visited without the object's lock, and
 * then the list is looked at again from its start.  So that this ends, areas
 * that were visited are marked with the number of the run, while their space
 * is still locked.  A fork meanwhile copies areas with their marks: a child
 * of a parent not yet visited has its pages and is unmarked, one of a parent
 * already visited has neither.
 *
 * Runs on one object are one after the other: file systems hold the inode's
 * lock when they cut or punch a file.
 */

/* A space with an unmarked area, held, or NULL. */
static struct vm_space *
next_space(struct vm_object *o, uint64_t seq) REQUIRES(o->lock)
{
	struct area *a;

	list_for_each (a, &o->areas, in_object) {
		if (a->unmap_seq < seq) {
			space_hold(a->space);
			return a->space;
		}
	}
	return NULL;
}

static void
mark_areas(struct vm_space *s, struct vm_object *o, uint64_t seq)
{
	struct area *a;

	mutex_lock(&o->lock);
	list_for_each (a, &o->areas, in_object) {
		if (a->space == s)
			a->unmap_seq = seq;
	}
	mutex_unlock(&o->lock);
}

/* Remove the translations of pages first .. last in one area. */
static void
unmap_in_area(struct change *c, struct vm_space *s, struct area *a,
	      uint64_t first, uint64_t last) REQUIRES(s->lock)
{
	uint64_t low = a->offset >> PAGE_SHIFT;
	uint64_t high = low + pages_in(a->start, a->end) - 1;
	vaddr_t from, to;
	int err;

	if (last < low || first > high)
		return;
	from = a->start + ((MAX(first, low) - low) << PAGE_SHIFT);
	to = a->start + ((MIN(last, high) - low + 1) << PAGE_SHIFT);
	err = tree_unmap(&s->tree, from, to, &c->batch);
	/*
	 * No memory to un-share part of a node: these pages stay readable to
	 * who has them mapped, but they are out of the file, and nobody's
	 * else.
	 */
	(void)err;
}

static void
unmap_in_space(struct vm_space *s, struct vm_object *o, uint64_t first,
	       uint64_t last, uint64_t seq)
{
	struct change c;
	struct area *a;

	change_begin(&c, s);
	for (a = area_lowest(s); a; a = area_next(a)) {
		if (a->object == o)
			unmap_in_area(&c, s, a, first, last);
	}
	mark_areas(s, o, seq);
	change_end(&c, s);
}

void
vm_object_unmap(struct vm_object *o, uint64_t first, uint64_t last)
{
	struct vm_space *s;
	uint64_t seq;

	mutex_lock(&o->lock);
	seq = ++o->unmap_seq;
	while ((s = next_space(o, seq))) {
		mutex_unlock(&o->lock);
		unmap_in_space(s, o, first, last, seq);
		space_release(s);
		mutex_lock(&o->lock);
	}
	mutex_unlock(&o->lock);
}
