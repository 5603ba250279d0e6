/* SPDX-License-Identifier: MIT */
#include <asm-generic/mman-common.h>

#include "lib/errno.h"
#include "lib/string.h"
#include "vm/space_priv.h"

/*
 * vm/protect.c - calls on what is mapped already: protection, advice, sync,
 * residency.
 *
 * mprotect(2) is strict: the whole range must be mapped and allow the change,
 * or nothing is changed.  (Linux changes what comes before the first
 * obstacle; no program can rely on that, since POSIX leaves it open.)
 * madvise(2) and msync(2) skip holes, do the rest and then say -ENOMEM.
 */

/* --- mprotect ------------------------------------------------------------- */

#define PROT_BITS ((unsigned)(AREA_READ | AREA_WRITE | AREA_EXEC))

static unsigned
with_prot(unsigned bits, unsigned prot)
{
	return (bits & ~PROT_BITS) | prot;
}

/* May every area of the range change so? */
static int
may_protect(struct vm_space *s, vaddr_t start, vaddr_t end, unsigned prot)
	REQUIRES(s->lock)
{
	uint64_t more_data = 0;
	struct area *a;

	if (!area_covers(s, start, end))
		return -ENOMEM;
	for (a = area_first(s, start); a && a->start < end; a = area_next(a)) {
		if ((prot & AREA_WRITE) && (a->bits & AREA_SHARED) &&
		    !(a->bits & AREA_MAY_WRITE))
			return -EACCES;
		if ((prot & AREA_EXEC) && (a->bits & AREA_NO_EXEC))
			return -EACCES;
		if (vm_wx_refuses(s, a->bits, prot, MAX(a->start, start)))
			return -EACCES;
		if (bits_are_data(with_prot(a->bits, prot)) &&
		    !bits_are_data(a->bits))
			more_data += pages_in(MAX(a->start, start),
					      MIN(a->end, end));
	}
	if (s->data_pages + more_data > s->limits.data >> PAGE_SHIFT)
		return more_data ? -ENOMEM : 0;
	return 0;
}

static void
set_prot(struct vm_space *s, vaddr_t start, vaddr_t end, unsigned prot)
	REQUIRES(s->lock)
{
	struct area *a;

	for (a = area_first(s, start); a && a->start < end; a = area_next(a))
		area_set_bits(s, a, with_prot(a->bits, prot));
}

int
vm_protect(struct vm_space *s, vaddr_t addr, size_t size, unsigned prot)
{
	vaddr_t end = addr + size;
	struct change c;
	int err;

	if (addr & ~PAGE_MASK || prot & ~PROT_BITS)
		return -EINVAL;
	if (size == 0)
		return 0;
	if (!range_ok(addr, size))
		return -ENOMEM;
	change_begin(&c, s);
	err = may_protect(s, addr, end, prot);
	if (!err)
		err = area_isolate(&c, s, addr, end);
	if (!err) {
		err = tree_protect(&s->tree, addr, end, area_prot(prot),
				   &c.batch);
		if (!err)
			set_prot(s, addr, end, prot);
		area_settle(&c, s, addr, end);
	}
	change_end(&c, s);
	return err;
}

/* --- madvise -------------------------------------------------------------- */

/* Drop the pages of [start, end), part of one area: they come back fresh. */
static int
advise_forget(struct change *c, struct vm_space *s, struct area *a,
	      vaddr_t start, vaddr_t end, int advice) REQUIRES(s->lock)
{
	if (a->bits & AREA_LOCKED)
		return -EINVAL;
	/* Only memory that nobody else sees can be given up lazily. */
	if (advice == MADV_FREE && a->object)
		return -EINVAL;
	return tree_unmap(&s->tree, start, end, &c->batch);
}

static unsigned
advised_bits(unsigned bits, int advice)
{
	switch (advice) {
	case MADV_HUGEPAGE:
		return bits & ~(unsigned)AREA_NO_HUGE;
	case MADV_NOHUGEPAGE:
		return bits | AREA_NO_HUGE;
	case MADV_DONTFORK:
		return bits | AREA_NO_FORK;
	default:
		return bits & ~(unsigned)AREA_NO_FORK;
	}
}

/* Change the bits of [start, end), part of one area. */
static int
advise_bits(struct change *c, struct vm_space *s, struct area *a, vaddr_t start,
	    vaddr_t end, int advice) REQUIRES(s->lock)
{
	unsigned bits = advised_bits(a->bits, advice);
	int err;

	if (bits == a->bits)
		return 0;
	err = area_isolate(c, s, start, end);
	if (!err)
		area_set_bits(s, area_find(s, start), bits);
	return err;
}

/* The part of the range in one area.  Hints we have no use for are taken. */
static int
advise_area(struct change *c, struct vm_space *s, struct area *a, vaddr_t start,
	    vaddr_t end, int advice) REQUIRES(s->lock)
{
	switch (advice) {
	case MADV_DONTNEED:
	case MADV_FREE:
		return advise_forget(c, s, a, start, end, advice);
	case MADV_COLD:
	case MADV_PAGEOUT:
		return a->bits & AREA_LOCKED ? -EINVAL : 0;
	case MADV_HUGEPAGE:
	case MADV_NOHUGEPAGE:
	case MADV_DONTFORK:
	case MADV_DOFORK:
		return advise_bits(c, s, a, start, end, advice);
	default:
		return 0;
	}
}

static int
advise_range(struct change *c, struct vm_space *s, vaddr_t start, vaddr_t end,
	     int advice) REQUIRES(s->lock)
{
	vaddr_t at = start;
	bool hole = false;
	struct area *a;
	int err;

	while (at < end) {
		a = area_first(s, at);
		if (!a || a->start >= end)
			return -ENOMEM;
		hole |= a->start > at;
		start = MAX(at, a->start);
		at = MIN(a->end, end);
		err = advise_area(c, s, a, start, at, advice);
		if (err)
			return err;
	}
	return hole ? -ENOMEM : 0;
}

/* Start reading what the range maps of an object; errors are no matter. */
static void
read_ahead(struct vm_space *s, vaddr_t start, vaddr_t end)
{
	struct frame *page;
	struct vm_object *o;
	struct area *a;
	uint64_t index, n;

	mutex_lock(&s->lock);
	a = area_find(s, start);
	o = a ? a->object : NULL;
	if (o) {
		index = area_index(a, start);
		n = pages_in(start, MIN(a->end, end));
		vm_object_get(o);
	}
	mutex_unlock(&s->lock);
	if (!o)
		return;
	for (; o->ops->fill && n > 0; n--, index++) {
		if (vm_object_page(o, index, OBJECT_CREATE | OBJECT_IN_SIZE,
				   &page))
			break;
		frame_put(page);
	}
	vm_object_put(o);
}

static bool
known_advice(int advice)
{
	switch (advice) {
	case MADV_NORMAL:
	case MADV_RANDOM:
	case MADV_SEQUENTIAL:
	case MADV_WILLNEED:
	case MADV_DONTNEED:
	case MADV_FREE:
	case MADV_DONTFORK:
	case MADV_DOFORK:
	case MADV_HUGEPAGE:
	case MADV_NOHUGEPAGE:
	case MADV_DONTDUMP: /* there are no dumps */
	case MADV_DODUMP:
	case MADV_COLD: /* there is no swap */
	case MADV_PAGEOUT:
	case MADV_POPULATE_READ:
	case MADV_POPULATE_WRITE:
		return true;
	default:
		return false;
	}
}

int
vm_advise(struct vm_space *s, vaddr_t addr, size_t size, int advice)
{
	vaddr_t end = addr + size;
	struct change c;
	int err;

	if (!known_advice(advice) || addr & ~PAGE_MASK)
		return -EINVAL;
	if (size == 0)
		return 0;
	if (!range_ok(addr, size))
		return addr + size < addr ? -EINVAL : -ENOMEM;
	if (advice == MADV_POPULATE_READ)
		return populate_range(s, addr, end, FAULT_READ);
	if (advice == MADV_POPULATE_WRITE)
		return populate_range(s, addr, end, FAULT_WRITE);
	change_begin(&c, s);
	err = advise_range(&c, s, addr, end, advice);
	area_settle(&c, s, addr, end);
	change_end(&c, s);
	if (!err && advice == MADV_WILLNEED)
		read_ahead(s, addr, end);
	return err;
}

/* --- msync ---------------------------------------------------------------- */

/* What is to be written of the first shared area at or above *at. */
struct sync_part {
	struct vm_object *object; /* with a reference, or NULL */
	uint64_t first, last;
};

/*
 * Take the next part and move *at past it.  Its pages lose write permission:
 * what is written from now on is noticed, and for the next time.
 */
static int
next_sync_part(struct vm_space *s, vaddr_t *at, vaddr_t end, bool invalidate,
	       struct sync_part *part)
{
	struct change c;
	struct area *a;
	vaddr_t start;
	int err = 0;

	part->object = NULL;
	change_begin(&c, s);
	a = area_first(s, *at);
	if (!a || a->start > *at) {
		err = -ENOMEM;
		*at = a ? MIN(a->start, end) : end;
	} else if (invalidate && (a->bits & AREA_LOCKED)) {
		err = -EBUSY;
	} else {
		start = *at;
		*at = MIN(a->end, end);
		if ((a->bits & AREA_SHARED) && a->object->ops->sync) {
			part->object = a->object;
			part->first = area_index(a, start);
			part->last = area_index(a, *at - 1);
			err = tree_protect(&s->tree, start, *at,
					   area_prot(a->bits) &
						   ~(unsigned)PTE_WRITE_OK,
					   &c.batch);
		}
	}
	if (part->object)
		vm_object_get(part->object);
	change_end(&c, s);
	return err;
}

int
vm_sync(struct vm_space *s, vaddr_t addr, size_t size, bool invalidate)
{
	struct sync_part part;
	int result = 0, err;
	vaddr_t at;

	if (addr & ~PAGE_MASK)
		return -EINVAL;
	if (!range_ok(addr, size))
		return -ENOMEM;
	for (at = addr; at < addr + size;) {
		err = next_sync_part(s, &at, addr + size, invalidate, &part);
		if (part.object) {
			if (!err)
				err = part.object->ops->sync(
					part.object, part.first, part.last);
			vm_object_put(part.object);
		}
		if (err && err != -ENOMEM)
			return err;
		result = result ?: err;
	}
	return result;
}

/* --- mincore -------------------------------------------------------------- */

struct residency {
	vaddr_t start;
	uint8_t *vec;
	size_t pages;
};

static int
note_resident(void *arg, vaddr_t va, pte_t pte, unsigned level, bool shared)
{
	struct residency *r = arg;
	uint64_t first = va < r->start ? 0 : pages_in(r->start, va);
	uint64_t last = pages_in(r->start, va + pte_span(level));

	memset(r->vec + first, 1, MIN(last, r->pages) - first);
	return 0;
}

/* Pages of an object count when they are in memory, mapped or not. */
static void
note_cached(const struct area *a, vaddr_t start, vaddr_t end, uint8_t *vec)
{
	struct frame *page;
	vaddr_t va;

	for (va = start; va < end; va += PAGE_SIZE, vec++) {
		vm_object_pages(a->object, area_index(a, va), 1, &page);
		if (page) {
			*vec = 1;
			frame_put(page);
		}
	}
}

int
vm_mincore(struct vm_space *s, vaddr_t addr, size_t size, uint8_t *vec)
{
	struct residency r = { addr, vec, size >> PAGE_SHIFT };
	vaddr_t end = addr + size;
	struct area *a;

	if (addr & ~PAGE_MASK)
		return -EINVAL;
	if (!range_ok(addr, size))
		return -ENOMEM;
	mutex_lock(&s->lock);
	if (!area_covers(s, addr, end)) {
		mutex_unlock(&s->lock);
		return -ENOMEM;
	}
	memset(vec, 0, r.pages);
	tree_visit(&s->tree, addr, end, note_resident, &r);
	for (a = area_first(s, addr); a && a->start < end; a = area_next(a)) {
		vaddr_t from = MAX(a->start, addr);

		if (a->object)
			note_cached(a, from, MIN(a->end, end),
				    vec + pages_in(addr, from));
	}
	mutex_unlock(&s->lock);
	return 0;
}
