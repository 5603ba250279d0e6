/* SPDX-License-Identifier: MIT */
#include "lib/errno.h"
#include "lib/string.h"
#include "vm/space_priv.h"

/*
 * vm/access.c - memory of a space, reached from outside: procfs, ptrace, exec,
 * futexes, I/O that pins pages.
 *
 * The bytes are copied through the direct map while the space is locked: no
 * user address is used, so nothing can fault, and nobody can unmap, fork or
 * copy the page in between.
 */

/* The frame a leaf maps at va. */
static struct frame *
frame_at(const struct tree_slot *slot, vaddr_t va)
{
	pfn_t pfn = pte_pfn(slot->pte);

	if (slot->level > 0)
		pfn += (va & (HUGE_SIZE - 1)) >> PAGE_SHIFT;
	return frame_from_pfn(pfn);
}

static unsigned
area_flags(const struct area *a)
{
	return a->bits & AREA_SHARED ? TREE_SHARED : 0;
}

/*
 * The page at va.  For a write it becomes this space's own, though a private
 * one need not be writable: a debugger plants its breakpoints so.  -ENOENT: it
 * is not there, a fault of kind *access may help.
 */
static int
ready_page(struct vm_space *s, vaddr_t va, bool write, unsigned *access,
	   struct frame **out) REQUIRES(s->lock)
{
	struct area *a = area_find(s, va);
	struct tree_slot slot;
	int err;

	*access = FAULT_READ;
	if (!a)
		return -ENOENT;
	if (write && (a->bits & AREA_WRITE))
		*access = FAULT_WRITE;
	else if (write && (a->bits & AREA_SHARED))
		return -EFAULT;
	if (write) {
		err = tree_write_fault(&s->tree, va, area_prot(a->bits),
				       area_flags(a));
		if (err)
			return err;
	}
	slot = tree_lookup(&s->tree, va);
	if (!slot.pte)
		return -ENOENT;
	*out = frame_at(&slot, va);
	if (write && (a->bits & AREA_SHARED))
		frame_note_dirty(*out);
	return 0;
}

/* One copy between kernel memory and user pages. */
struct transfer {
	char *bytes; /* kernel side */
	bool write;  /* to the space */
	bool force;  /* what the program itself may not do, too */
};

/* Without force; what is not there is left to the fault. */
static bool
permitted(struct vm_space *s, const struct transfer *t, vaddr_t va)
	REQUIRES(s->lock)
{
	const struct area *a = area_find(s, va);

	return !a || (a->bits & (t->write ? AREA_WRITE : AREA_READ));
}

static void
copy_part(const struct transfer *t, struct frame *f, vaddr_t va, size_t n)
{
	char *page = (char *)frame_data(f) + (va & ~PAGE_MASK);

	if (t->write)
		memcpy(page, t->bytes, n);
	else
		memcpy(t->bytes, page, n);
}

/* Within one page. */
static int
transfer_part(struct vm_space *s, const struct transfer *t, vaddr_t va,
	      size_t n)
{
	struct frame *frame;
	unsigned access;
	int err;

	for (;;) {
		mutex_lock(&s->lock);
		err = -EACCES;
		if (t->force || permitted(s, t, va))
			err = ready_page(s, va & PAGE_MASK, t->write, &access,
					 &frame);
		if (!err)
			copy_part(t, frame, va, n);
		mutex_unlock(&s->lock);
		if (err != -ENOENT)
			return err;
		err = vm_fault(s, va, access);
		if (err)
			return err;
	}
}

static size_t
transfer(struct vm_space *s, struct transfer *t, vaddr_t va, size_t n)
{
	size_t done = 0, part;

	for (; done < n; done += part, t->bytes += part, va += part) {
		part = MIN(n - done, PAGE_SIZE - (va & ~PAGE_MASK));
		if (va >= USER_TOP || transfer_part(s, t, va, part))
			break;
	}
	return done;
}

size_t
vm_space_read(struct vm_space *s, vaddr_t va, void *dst, size_t n)
{
	struct transfer t = { .bytes = dst, .force = true };

	return transfer(s, &t, va, n);
}

size_t
vm_space_write(struct vm_space *s, vaddr_t va, const void *src, size_t n)
{
	struct transfer t = { .bytes = (char *)(uintptr_t)src,
			      .write = true,
			      .force = true };

	return transfer(s, &t, va, n);
}

size_t
vm_space_read_allowed(struct vm_space *s, vaddr_t va, void *dst, size_t n)
{
	struct transfer t = { .bytes = dst };

	return transfer(s, &t, va, n);
}

size_t
vm_space_write_allowed(struct vm_space *s, vaddr_t va, const void *src,
		       size_t n)
{
	struct transfer t = { .bytes = (char *)(uintptr_t)src, .write = true };

	return transfer(s, &t, va, n);
}

/* --- pins ----------------------------------------------------------------- */

/* -ENOENT: fault it in, then try again. */
static int
try_pin(struct vm_space *s, vaddr_t va, bool write, struct frame **out)
	REQUIRES(s->lock)
{
	struct area *a = area_find(s, va);
	unsigned prot;
	int err;

	if (!a)
		return -ENOENT;
	if (write && !(a->bits & AREA_WRITE))
		return -EACCES;
	prot = area_prot(a->bits);
	if (!write && (a->bits & AREA_SHARED))
		prot &= ~(unsigned)PTE_WRITE_OK;
	err = tree_pin(&s->tree, va, prot, area_flags(a), out);
	if (!err && write && (a->bits & AREA_SHARED))
		frame_note_dirty(*out);
	return err;
}

int
vm_pin(struct vm_space *s, vaddr_t va, bool write, struct frame **out)
{
	int err;

	if (va >= USER_TOP)
		return -EFAULT;
	for (;;) {
		mutex_lock(&s->lock);
		err = try_pin(s, va & PAGE_MASK, write, out);
		mutex_unlock(&s->lock);
		if (err != -ENOENT)
			return err;
		err = vm_fault(s, va, write ? FAULT_WRITE : FAULT_READ);
		if (err)
			return err;
	}
}

/* Pins first: a frame that looks unpinned and owned by one is just that. */
void
frame_unpin(struct frame *f)
{
	atomic_fetch_sub_explicit(&f->pins, 1, memory_order_release);
	frame_put(f);
}

int
vm_word_key(struct vm_space *s, vaddr_t va, struct vm_word_key *out)
{
	struct area *a;

	mutex_lock(&s->lock);
	a = area_find(s, va);
	if (a && (a->bits & AREA_SHARED)) {
		out->owner = (uintptr_t)a->object;
		out->offset = a->offset + (va - a->start);
	} else if (a) {
		out->owner = (uintptr_t)s;
		out->offset = va;
	}
	mutex_unlock(&s->lock);
	return a ? 0 : -EFAULT;
}

/* --- populate ------------------------------------------------------------- */

/* Bytes from va on that need no fault of this kind. */
static size_t
present_bytes(struct vm_space *s, vaddr_t va, unsigned access)
{
	struct tree_slot slot;

	mutex_lock(&s->lock);
	slot = tree_lookup(&s->tree, va);
	mutex_unlock(&s->lock);
	if (!slot.pte || !pte_present(slot.pte))
		return 0;
	if ((access & FAULT_WRITE) &&
	    (slot.path_shared || !pte_writable(slot.pte)))
		return 0;
	return pte_span(slot.level) - (va & (pte_span(slot.level) - 1));
}

int
populate_range(struct vm_space *s, vaddr_t start, vaddr_t end, unsigned access)
{
	vaddr_t va = start;
	size_t present;

	while (va < end) {
		present = present_bytes(s, va, access);
		va += present;
		if (present)
			continue;
		switch (vm_fault(s, va, access)) {
		case 0:
			va += PAGE_SIZE;
			break;
		case -EFAULT:
		case -ENOMEM:
			return -ENOMEM;
		case -EACCES:
			return -EINVAL;
		default:
			return -EFAULT;
		}
	}
	return 0;
}
