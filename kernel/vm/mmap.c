/* SPDX-License-Identifier: MIT */
#include "lib/errno.h"
#include "vm/space_priv.h"

/*
 * vm/mmap.c - mapping, unmapping, the break.
 *
 * All of these first find out whether they can succeed, take the memory they
 * will need, and then make changes that cannot fail: a call that returns an
 * error has changed nothing (man 2 mmap lists the errors).  The one step in
 * between that may fail is tree_unmap(), itself all or nothing; it comes
 * before the first change of an area.
 */

int
check_limits(const struct vm_space *s, unsigned bits, uint64_t more)
{
	if (s->mapped_pages + more > s->limits.address_space >> PAGE_SHIFT)
		return -ENOMEM;
	if (bits_are_data(bits) &&
	    s->data_pages + more > s->limits.data >> PAGE_SHIFT)
		return -ENOMEM;
	if ((bits & AREA_LOCKED) && !lock_within_limit(s, more))
		return -EAGAIN;
	return 0;
}

int
choose_address(struct vm_space *s, vaddr_t hint, size_t size, vaddr_t *out)
{
	hint = ALIGN_DOWN(hint, PAGE_SIZE);
	if (hint >= USER_BOTTOM && range_ok(hint, size) &&
	    area_range_free(s, hint, hint + size, true)) {
		*out = hint;
		return 0;
	}
	*out = 0;
	if (s->mmap_bottom)
		*out = area_find_gap_above(s, size, s->mmap_bottom);
	if (!*out)
		*out = area_find_gap(s, size, s->mmap_top);
	if (!*out)
		*out = area_find_gap(s, size, USER_TOP);
	return *out ? 0 : -ENOMEM;
}

/* --- unmap ---------------------------------------------------------------- */

/* An area loses its middle; upper is a copy of it. */
static void
cut_hole(struct vm_space *s, struct area *a, struct area *upper, vaddr_t start,
	 vaddr_t end) REQUIRES(s->lock)
{
	upper->offset += end - upper->start;
	upper->start = end;
	area_resize(s, a, a->start, start);
	area_link(s, upper);
}

int
unmap_range(struct change *c, struct vm_space *s, vaddr_t start, vaddr_t end)
{
	struct area *a = area_first(s, start), *upper = NULL;
	int err;

	if (!a || a->start >= end)
		return 0;
	if (a->start < start && a->end > end) {
		if (s->area_count >= areas_max())
			return -ENOMEM;
		upper = area_dup(a);
		if (!upper)
			return -ENOMEM;
	}
	err = tree_unmap(&s->tree, start, end, &c->batch);
	if (err) {
		if (upper) {
			upper->next_dead = c->dead;
			c->dead = upper;
		}
		return err;
	}
	if (upper)
		cut_hole(s, a, upper, start, end);
	else
		area_trim(c, s, start, end);
	return 0;
}

int
vm_unmap(struct vm_space *s, vaddr_t addr, size_t size)
{
	struct change c;
	int err;

	if (size == 0 || !range_ok(addr, size))
		return -EINVAL;
	change_begin(&c, s);
	err = unmap_range(&c, s, addr, addr + size);
	change_end(&c, s);
	return err;
}

/* --- settings ------------------------------------------------------------- */

atomic_int vm_areas_max = AREAS_MAX;
atomic_int vm_overcommit;

/* --- map ------------------------------------------------------------------ */

bool
beyond_reason(unsigned bits, uint64_t more)
{
	struct frame_stats st;

	if (atomic_load_explicit(&vm_overcommit, memory_order_relaxed))
		return false;
	if (bits & AREA_NO_RESERVE || !bits_are_data(bits) || more < 1 << 14)
		return false;
	frame_stats(&st);
	return more > st.total;
}

static int
check_request(const struct vm_map_request *r)
{
	bool fixed = r->fixed || r->no_replace;

	if (r->size == 0 || (r->size | r->offset) & ~PAGE_MASK)
		return -EINVAL;
	if (r->size > USER_TOP || beyond_reason(r->bits, r->size >> PAGE_SHIFT))
		return -ENOMEM;
	if (r->object && r->offset + r->size < r->offset)
		return -EOVERFLOW;
	if (!fixed)
		return 0;
	if (r->addr & ~PAGE_MASK)
		return -EINVAL;
	if (!range_ok(r->addr, r->size))
		return -ENOMEM;
	return r->addr < USER_BOTTOM ? -EPERM : 0;
}

static struct area *
area_for(const struct vm_map_request *r)
{
	struct area *a = area_create();

	if (!a)
		return NULL;
	a->bits = r->bits;
	a->object = r->object;
	a->offset = r->object ? r->offset : 0;
	a->source = r->source;
	a->source_ops = r->source_ops;
	area_take_refs(a);
	return a;
}

/* Where it goes, and whether it may; replaced areas do not count. */
static int
place(struct vm_space *s, const struct vm_map_request *r, vaddr_t *out)
	REQUIRES(s->lock)
{
	uint64_t more = r->size >> PAGE_SHIFT;
	vaddr_t end = r->addr + r->size;
	int err = 0;

	*out = r->addr;
	if (r->no_replace) {
		if (!area_range_free(s, r->addr, end, false))
			return -EEXIST;
	} else if (r->fixed) {
		more -= area_pages_in(s, r->addr, end);
	} else {
		err = choose_address(s, r->addr, r->size, out);
	}
	if (err)
		return err;
	if (s->area_count >= areas_max())
		return -ENOMEM;
	if (vm_wx_refuses(s, r->bits, r->bits, *out))
		return -EACCES;
	return check_limits(s, r->bits | s->lock_future, more);
}

/* As far as it goes: the mapping stands, and what is missing will fault. */
static void
populate(struct vm_space *s, const struct vm_map_request *r, vaddr_t at)
{
	unsigned access = bits_are_data(r->bits) ? FAULT_WRITE : FAULT_READ;

	populate_range(s, at, at + r->size, access);
}

static int
map_checked(struct vm_space *s, const struct vm_map_request *r, vaddr_t *out)
{
	bool locked = false;
	struct change c;
	struct area *a;
	int err;

	a = area_for(r);
	if (!a)
		return -ENOMEM;
	change_begin(&c, s);
	err = place(s, r, out);
	if (!err && r->fixed)
		err = unmap_range(&c, s, *out, *out + r->size);
	if (!err) {
		a->start = *out;
		a->end = *out + r->size;
		a->bits |= s->lock_future;
		locked = a->bits & AREA_LOCKED;
		if (area_add(&c, s, a))
			a = NULL;
	}
	change_end(&c, s);
	if (a)
		area_discard(a);
	if (!err && r->populate)
		populate(s, r, *out);
	else if (locked)
		(void)populate_locked(s, *out, *out + r->size);
	return err;
}

/*
 * What may be sealed counts as mapped before the question, so that whoever
 * seals meanwhile sees one that got the answer "no".
 */
static int
map_unsealed(struct vm_space *s, const struct vm_map_request *r, vaddr_t *out)
{
	struct vm_object *o = r->object;
	int err = -EPERM;

	atomic_fetch_add(&o->writable_maps, 1);
	if (!o->ops->sealed(o))
		err = map_checked(s, r, out);
	atomic_fetch_sub(&o->writable_maps, 1);
	return err;
}

int
vm_map(struct vm_space *s, const struct vm_map_request *r, vaddr_t *out)
{
	unsigned shared = AREA_SHARED | AREA_MAY_WRITE;
	int err = check_request(r);

	if (err)
		return err;
	if (r->object && r->object->ops->sealed && (r->bits & shared) == shared)
		return map_unsealed(s, r, out);
	return map_checked(s, r, out);
}

/* --- break ---------------------------------------------------------------- */

#define HEAP_BITS (AREA_READ | AREA_WRITE | AREA_MAY_WRITE | AREA_HEAP)

static int
brk_grow(struct change *c, struct vm_space *s, vaddr_t from, vaddr_t to,
	 unsigned bits) REQUIRES(s->lock)
{
	struct area *a;
	int err = check_limits(s, bits, pages_in(from, to));

	/* A page is kept free above, as on Linux: something must stop it. */
	if (err || s->area_count >= areas_max() ||
	    vm_wx_refuses(s, bits, bits, from) ||
	    beyond_reason(bits, pages_in(from, to)) ||
	    !area_range_free(s, from, to + PAGE_SIZE, true))
		return -ENOMEM;
	a = area_create();
	if (!a)
		return -ENOMEM;
	a->start = from;
	a->end = to;
	a->bits = bits;
	if (!area_add(c, s, a)) {
		a->next_dead = c->dead;
		c->dead = a;
	}
	return 0;
}

/* RLIMIT_DATA covers the program's own data too. */
static bool
brk_allowed(const struct vm_space *s, vaddr_t want) REQUIRES(s->lock)
{
	uint64_t data = want - s->brk_start + (s->data_end - s->data_start);

	return want >= s->brk_start && want < USER_TOP - PAGE_SIZE &&
	       data <= s->limits.data;
}

vaddr_t
vm_brk(struct vm_space *s, vaddr_t want, unsigned more)
{
	struct change c;
	vaddr_t from, to, result;
	int err = -ENOMEM;
	bool locked;

	change_begin(&c, s);
	if (brk_allowed(s, want)) {
		from = ALIGN_UP(s->brk_end, PAGE_SIZE);
		to = ALIGN_UP(want, PAGE_SIZE);
		if (to > from)
			err = brk_grow(&c, s, from, to,
				       HEAP_BITS | more | s->lock_future);
		else
			err = to < from ? unmap_range(&c, s, to, from) : 0;
	}
	if (!err)
		s->brk_end = want;
	result = s->brk_end;
	locked = s->lock_future;
	change_end(&c, s);
	if (!err && locked)
		(void)populate_locked(s, from, to);
	return result;
}
