/* SPDX-License-Identifier: MIT */
#include "lib/errno.h"
#include "vm/space_priv.h"
#include "vm/tree_priv.h"

/*
 * vm/fault.c - page faults: the tree is made to follow the areas.
 *
 *	fault_locate()   which area, and does it allow this?    -EFAULT, -EACCES
 *	fault_present()  something is mapped: a write to it, or nothing to do
 *	fault_huge()     private anonymous, room for 2 MiB:     zeroed block
 *	fault_anon()     private anonymous:                     zeroed page
 *	fault_copy()     write to a private page of an object:  copy of the page
 *	fault_object()   else: the object's page, and for reads the pages around
 *	fault_read_in()  the object's page is not in memory:    -EIO, -ENXIO
 *
 * All but the last run with the space locked, so two threads do not resolve
 * one fault twice.  Reading a page in may take long: it is done unlocked, with
 * only a reference on the object, and then the fault is looked at afresh, for
 * everything may have changed.
 *
 * Choices.  A read of untouched anonymous memory gets a zeroed page of its own
 * at once, not one shared page of zeros: most memory that is read first is
 * written next, and one fault is cheaper than two; who reads large arrays of
 * nothing pays in pages.  A private page that is written first is copied
 * straight from the object's page and never mapped read-only.  Reads of an
 * object map those of the AROUND pages that are in memory anyway, so going
 * through a file takes a fault each 64 KiB.  Writes do not: a page that is
 * mapped for writing must be taken for dirty.
 *
 * An object's page counts as dirty from the moment it is mapped for writing,
 * so nobody needs the processor's dirty bits; vm_sync() takes the permission
 * away again before it writes.
 */

enum {
	AROUND = 16,   /* pages mapped by a read of an object, aligned so */
	NEED_PAGE = 1, /* not an error: read it in, then try again */
};

struct fault {
	vaddr_t va;               /* of the page */
	unsigned access;          /* enum fault_access */
	struct area *area;        /* valid while the space is locked */
	unsigned prot;            /* what the area allows */
	unsigned flags;           /* TREE_SHARED or 0 */
	struct vm_object *object; /* to read from, with a reference */
	uint64_t index;           /* of the page wanted of it */
};

/* --- where ---------------------------------------------------------------- */

/*
 * Stacks grow down to where they are touched, within their limit, as long as
 * a gap stays below (CVE-2010-2240: a stack must not run into the heap).
 */
int
stack_grow(struct vm_space *s, struct area *a, vaddr_t va)
{
	struct area *prev = area_prev(a);
	vaddr_t low = prev ? prev->end + STACK_GUARD : USER_BOTTOM;

	if (prev && (prev->bits & AREA_GROWS_DOWN))
		low = prev->end;
	if (va < low || a->end - va > s->limits.stack)
		return -EFAULT;
	if (check_limits(s, a->bits, pages_in(va, a->start)))
		return -EFAULT;
	area_resize(s, a, va, a->end);
	return 0;
}

/* Readable is what has any permission: the processor knows no less. */
static bool
allows(const struct area *a, unsigned access)
{
	if (access & FAULT_WRITE)
		return a->bits & AREA_WRITE;
	if (access & FAULT_EXEC)
		return a->bits & AREA_EXEC;
	return a->bits & (AREA_READ | AREA_WRITE | AREA_EXEC);
}

static int
fault_locate(struct vm_space *s, struct fault *f) REQUIRES(s->lock)
{
	struct area *a = area_find(s, f->va);
	int err;

	if (unlikely(!a)) {
		a = area_first(s, f->va);
		if (!a || !(a->bits & AREA_GROWS_DOWN))
			return -EFAULT;
		err = stack_grow(s, a, f->va);
		if (err)
			return err;
	}
	if (!allows(a, f->access))
		return -EACCES;
	f->area = a;
	f->prot = area_prot(a->bits);
	f->flags = a->bits & AREA_SHARED ? TREE_SHARED : 0;
	return 0;
}

/* --- what is there -------------------------------------------------------- */

/*
 * Something is mapped.  A read or fetch finds it by now (another thread was
 * faster, or the translation was stale); a write may need its own page.
 * -ENOENT: it is gone again.
 */
static int
fault_present(struct vm_space *s, struct fault *f) REQUIRES(s->lock)
{
	struct tree_slot slot;

	if (!(f->access & FAULT_WRITE))
		return 0;
	if (f->flags & TREE_SHARED) {
		slot = tree_lookup(&s->tree, f->va);
		if (!slot.pte)
			return -ENOENT;
		frame_note_dirty(frame_from_pfn(pte_pfn(slot.pte)));
	}
	return tree_write_fault(&s->tree, f->va, f->prot, f->flags);
}

/* Map a frame whose reference the caller gives away, whatever comes of it. */
static int
map_frame(struct vm_space *s, struct fault *f, struct frame *frame)
	REQUIRES(s->lock)
{
	int err = tree_map(&s->tree, f->va, frame, f->prot, f->flags);

	if (unlikely(err)) {
		frame_put(frame);
		if (err == -EEXIST)
			err = fault_present(s, f);
	}
	return err;
}

/* --- private anonymous memory --------------------------------------------- */

/* Is nothing mapped, nor a node for small pages there, in the 2 MiB of va? */
static bool
huge_slot_empty(const struct tree *t, vaddr_t va)
{
	struct walk w = walk_start(t, va);
	pte_t pte;

	while (pte = slot_load(w.slot), w.level > HUGE_LEVEL && pte)
		walk_enter(&w, pte_frame(pte), w.level - 1, va);
	return !pte;
}

/* Is there room for a huge page around va, in the area and in the tree? */
static bool
huge_fits(struct vm_space *s, const struct fault *f) REQUIRES(s->lock)
{
	vaddr_t base = ALIGN_DOWN(f->va, HUGE_SIZE);
	const struct area *a = f->area;

	if (base < a->start || a->end - base < HUGE_SIZE)
		return false;
	if (s->no_huge || (a->bits & (AREA_NO_HUGE | AREA_GROWS_DOWN)))
		return false;
	return huge_slot_empty(&s->tree, f->va);
}

/* -ENOENT: it has to be small pages. */
static int
fault_huge(struct vm_space *s, struct fault *f) REQUIRES(s->lock)
{
	vaddr_t base = ALIGN_DOWN(f->va, HUGE_SIZE);
	unsigned order = HUGE_SHIFT - PAGE_SHIFT;
	struct frame *head;

	if (!huge_fits(s, f))
		return -ENOENT;
	head = frame_alloc_block(FRAME_ANON, order, FRAME_ZERO);
	if (!head)
		return -ENOENT;
	if (tree_map_huge(&s->tree, base, head, f->prot)) {
		frame_free_block(head, order);
		return -ENOENT;
	}
	return 0;
}

static int
fault_anon(struct vm_space *s, struct fault *f) REQUIRES(s->lock)
{
	struct frame *frame;
	int err;

	if (f->area->end - f->area->start >= HUGE_SIZE) {
		err = fault_huge(s, f);
		if (err != -ENOENT)
			return err;
	}
	frame = frame_alloc(FRAME_ANON, FRAME_ZERO);
	if (!frame)
		return -ENOMEM;
	return map_frame(s, f, frame);
}

/* --- pages of objects ----------------------------------------------------- */

/*
 * The object's page for this fault, with a reference.  NEED_PAGE: it is not in
 * memory and takes I/O; f->object is set.
 */
static int
object_page(struct fault *f, struct frame **out)
{
	struct vm_object *o = f->area->object;
	unsigned flags = OBJECT_IN_SIZE;
	int err;

	f->index = area_index(f->area, f->va);
	if (!o->ops->fill)
		flags |= OBJECT_CREATE;
	err = vm_object_page(o, f->index, flags, out);
	if (err || *out)
		return err;
	vm_object_get(o);
	f->object = o;
	return NEED_PAGE;
}

/* A private page written before it was read: copied, never mapped shared. */
static int
fault_copy(struct vm_space *s, struct fault *f) REQUIRES(s->lock)
{
	struct frame *page, *copy;
	int err = object_page(f, &page);

	if (err)
		return err;
	copy = frame_alloc(FRAME_ANON, FRAME_ANY);
	if (copy)
		frame_copy(copy, page);
	frame_put(page);
	return copy ? map_frame(s, f, copy) : -ENOMEM;
}

/* A shared page that is written. */
static int
fault_write_shared(struct vm_space *s, struct fault *f) REQUIRES(s->lock)
{
	struct frame *page;
	int err = object_page(f, &page);

	if (err)
		return err;
	frame_note_dirty(page);
	return map_frame(s, f, page);
}

/* The pages around va that the area has. */
static unsigned
around(const struct fault *f, vaddr_t *start)
{
	const struct area *a = f->area;
	vaddr_t low = ALIGN_DOWN(f->va, AROUND * PAGE_SIZE);
	vaddr_t end = MIN(low + AROUND * PAGE_SIZE, a->end);

	*start = MAX(low, a->start);
	return (unsigned)pages_in(*start, end);
}

/* A page that is read: map it and its neighbours, without write. */
static int
fault_read(struct vm_space *s, struct fault *f) REQUIRES(s->lock)
{
	struct vm_object *o = f->area->object;
	uint64_t size = vm_object_size_pages(o), first;
	struct frame *pages[AROUND];
	unsigned n, here, i;
	int err = 0, mapped = 0;
	vaddr_t start;

	n = around(f, &start);
	here = (unsigned)pages_in(start, f->va);
	first = area_index(f->area, start);
	if (first + here >= size)
		return -ENXIO;
	n = (unsigned)MIN(n, size - first);
	vm_object_pages(o, first, n, pages);
	if (!pages[here])
		err = object_page(f, &pages[here]);
	if (!err)
		mapped = tree_map_run(&s->tree, start, pages, n,
				      f->prot & ~(unsigned)PTE_WRITE_OK,
				      f->flags);
	for (i = 0; i < n; i++) {
		if (pages[i])
			frame_put(pages[i]);
	}
	return mapped < 0 ? mapped : err;
}

/* --- the driver ----------------------------------------------------------- */

static int
fault_missing(struct vm_space *s, struct fault *f) REQUIRES(s->lock)
{
	if (!f->area->object)
		return fault_anon(s, f);
	if (!(f->access & FAULT_WRITE))
		return fault_read(s, f);
	if (f->area->bits & AREA_SHARED)
		return fault_write_shared(s, f);
	return fault_copy(s, f);
}

static int
fault_resolve(struct vm_space *s, struct fault *f) REQUIRES(s->lock)
{
	int err = -ENOENT;

	if (f->access & FAULT_PRESENT)
		err = fault_present(s, f);
	if (err == -ENOENT)
		err = fault_missing(s, f);
	if (s->tree.resident > s->peak_pages)
		s->peak_pages = s->tree.resident;
	return err;
}

static int
fault_read_in(struct vm_space *s, struct fault *f)
{
	struct frame *page;
	int err = vm_object_page(f->object, f->index,
				 OBJECT_CREATE | OBJECT_IN_SIZE, &page);

	if (!err)
		frame_put(page);
	vm_object_put(f->object);
	f->object = NULL;
	atomic_fetch_add_explicit(&s->major_faults, 1, memory_order_relaxed);
	return err;
}

int
vm_fault(struct vm_space *s, vaddr_t va, unsigned access)
{
	struct fault f = { .va = va & PAGE_MASK, .access = access };
	int err;

	if (va >= USER_TOP)
		return -EFAULT;
	do {
		mutex_lock(&s->lock);
		err = fault_locate(s, &f);
		if (!err)
			err = fault_resolve(s, &f);
		mutex_unlock(&s->lock);
		if (err != NEED_PAGE) {
			atomic_fetch_add_explicit(&s->minor_faults, 1,
						  memory_order_relaxed);
			return err;
		}
		err = fault_read_in(s, &f);
	} while (!err);
	return err;
}
