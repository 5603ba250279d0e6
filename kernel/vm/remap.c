/* SPDX-License-Identifier: MIT */
#include <linux/mman.h>

#include "lib/errno.h"
#include "vm/space_priv.h"

/*
 * vm/remap.c - mremap(2): resize a mapping in place, or move it.
 *
 *	new smaller		cut the end off
 *	room behind		grow in place
 *	MREMAP_MAYMOVE		find a place, move the translations there
 *	MREMAP_FIXED		the place is given, what is there goes
 *	MREMAP_DONTUNMAP	the old area stays, its pages are gone
 *	old size 0		a second mapping of shared memory
 *
 * Moving takes entries out of one place of the tree and puts them in another:
 * no page is copied, none is lost for want of memory.  Two things cannot be
 * undone should memory run out afterwards, as on Linux: a smaller mapping has
 * lost its end, and what was at the target of MREMAP_FIXED is gone.
 */

struct remap {
	vaddr_t old;
	size_t old_size, new_size;
	unsigned flags;
	vaddr_t new_addr;  /* in if fixed; out */
	struct area *area; /* valid while the space is locked */
};

static int
check_remap(const struct remap *r)
{
	const unsigned known = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP;

	if ((r->flags & ~known) || r->new_size == 0 || r->old & ~PAGE_MASK)
		return -EINVAL;
	if ((r->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) &&
	    !(r->flags & MREMAP_MAYMOVE))
		return -EINVAL;
	if ((r->flags & MREMAP_DONTUNMAP) && r->old_size != r->new_size)
		return -EINVAL;
	if (r->new_size > USER_TOP)
		return -EINVAL;
	if (!range_ok(r->old, r->old_size))
		return -EFAULT;
	if (!(r->flags & MREMAP_FIXED))
		return 0;
	if (!range_ok(r->new_addr, r->new_size))
		return -EINVAL;
	if (r->new_addr < r->old + r->old_size &&
	    r->old < r->new_addr + r->new_size)
		return -EINVAL;
	return r->new_addr < USER_BOTTOM ? -EPERM : 0;
}

/* The area must be one, and be able to be what is asked of it. */
static int
check_area(struct vm_space *s, struct remap *r) REQUIRES(s->lock)
{
	struct area *a = area_find(s, r->old);
	uint64_t more = 0;

	if (!a || r->old_size > a->end - r->old)
		return -EFAULT;
	if (r->old_size == 0 && !(a->bits & AREA_SHARED))
		return -EINVAL;
	if ((r->flags & MREMAP_DONTUNMAP) && a->object)
		return -EINVAL;
	if (a->object &&
	    a->offset + (r->old - a->start) + r->new_size < r->new_size)
		return -EINVAL;
	if (r->flags & MREMAP_DONTUNMAP)
		more = r->new_size >> PAGE_SHIFT;
	else if (r->new_size > r->old_size)
		more = (r->new_size - r->old_size) >> PAGE_SHIFT;
	r->area = a;
	if (beyond_reason(a->bits, more))
		return -ENOMEM;
	return more ? check_limits(s, a->bits, more) : 0;
}

static bool
grows_in_place(struct vm_space *s, const struct remap *r) REQUIRES(s->lock)
{
	vaddr_t end = r->old + r->old_size;

	return !(r->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) &&
	       r->old_size > 0 && r->area->end == end &&
	       range_ok(r->old, r->new_size) &&
	       area_range_free(s, end, r->old + r->new_size, true);
}

/* Merging afterwards may join it with what it now touches. */
static void
grow_in_place(struct change *c, struct vm_space *s, struct remap *r)
	REQUIRES(s->lock)
{
	area_resize(s, r->area, r->area->start, r->old + r->new_size);
	area_settle(c, s, r->old, r->old + r->new_size);
	r->new_addr = r->old;
}

/* What the moved area will be, but for its place; its name stays behind. */
static struct area *
moved_area(const struct remap *r)
{
	struct area *a = area_dup(r->area);

	if (!a)
		return NULL;
	a->offset += r->old - a->start;
	a->bits &= ~(unsigned)(AREA_HEAP | AREA_STACK | AREA_GROWS_DOWN);
	return a;
}

/* Make the target free, or find one. */
static int
prepare_target(struct change *c, struct vm_space *s, struct remap *r)
	REQUIRES(s->lock)
{
	if (!(r->flags & MREMAP_FIXED))
		return choose_address(s, 0, r->new_size, &r->new_addr);
	return unmap_range(c, s, r->new_addr, r->new_addr + r->new_size);
}

/* Bring the entries to the target.  -ENOMEM: they are where they were. */
static int
move_entries(struct change *c, struct vm_space *s, struct remap *r)
	REQUIRES(s->lock)
{
	int err = prepare_target(c, s, r);

	if (err || r->old_size == 0)
		return err;
	return tree_move(&s->tree, r->old, r->new_addr, r->old_size, &c->batch);
}

/* The old range goes, or stays without pages, and so without a lock. */
static void
leave_old_range(struct change *c, struct vm_space *s, struct remap *r)
	REQUIRES(s->lock)
{
	struct area *old = area_find(s, r->old);

	if (!r->old_size)
		return;
	if (r->flags & MREMAP_DONTUNMAP)
		area_set_bits(s, old,
			      old->bits & ~(unsigned)(AREA_LOCKED |
						      AREA_LOCK_ON_FAULT));
	else
		area_trim(c, s, r->old, r->old + r->old_size);
}

/*
 * The old range is made an area of its own first, so that it can be removed
 * without memory; when the entries have moved, nothing can fail any more.
 */
static int
move_area(struct change *c, struct vm_space *s, struct remap *r)
	REQUIRES(s->lock)
{
	vaddr_t old_end = r->old + r->old_size;
	struct area *a;
	int err;

	if (s->area_count + 2 > areas_max())
		return -ENOMEM;
	a = moved_area(r);
	if (!a)
		return -ENOMEM;
	err = r->old_size ? area_isolate(c, s, r->old, old_end) : 0;
	if (!err)
		err = move_entries(c, s, r);
	if (!err) {
		leave_old_range(c, s, r);
		a->start = r->new_addr;
		a->end = r->new_addr + r->new_size;
		if (area_add(c, s, a))
			a = NULL;
	}
	if (a) {
		a->next_dead = c->dead;
		c->dead = a;
	}
	return err;
}

/* The part of the old range that the new size has no room for. */
static int
cut_end(struct change *c, struct vm_space *s, struct remap *r) REQUIRES(s->lock)
{
	vaddr_t end = r->old + r->old_size;
	int err;

	if (r->old_size <= r->new_size)
		return 0;
	err = unmap_range(c, s, r->old + r->new_size, end);
	if (!err)
		r->old_size = r->new_size;
	return err;
}

/* In place, or elsewhere. */
static int
resize(struct change *c, struct vm_space *s, struct remap *r) REQUIRES(s->lock)
{
	int err = cut_end(c, s, r);

	if (err)
		return err;
	if (r->old_size == r->new_size &&
	    !(r->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP))) {
		r->new_addr = r->old;
		return 0;
	}
	r->area = area_find(s, r->old);
	if (grows_in_place(s, r)) {
		grow_in_place(c, s, r);
		return 0;
	}
	if (!(r->flags & MREMAP_MAYMOVE))
		return -ENOMEM;
	err = move_area(c, s, r);
	area_settle(c, s, r->old, r->old + r->old_size);
	return err;
}

int
vm_remap(struct vm_space *s, vaddr_t old, size_t old_size, size_t new_size,
	 unsigned flags, vaddr_t *new_addr)
{
	struct remap r = {
		.old = old,
		.old_size = ALIGN_UP(old_size, PAGE_SIZE),
		.new_size = ALIGN_UP(new_size, PAGE_SIZE),
		.flags = flags,
		.new_addr = *new_addr,
	};
	struct change c;
	int err = check_remap(&r);

	if (err)
		return err;
	change_begin(&c, s);
	err = check_area(s, &r);
	if (!err)
		err = resize(&c, s, &r);
	change_end(&c, s);
	if (err)
		return err;
	*new_addr = r.new_addr;
	if (r.new_size > old_size)
		(void)populate_locked(s, r.new_addr, r.new_addr + r.new_size);
	return 0;
}
