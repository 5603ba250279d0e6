/* SPDX-License-Identifier: MIT */
#include <linux/mman.h>

#include "lib/errno.h"
#include "vm/space_priv.h"

/*
 * vm/lock.c - memory that stays: mlock(2) and its family.
 *
 * Nothing here is ever taken back from a program to be put elsewhere, so what a
 * lock means is: the pages are there now (unless asked for only on a fault),
 * madvise(2) may not drop them, and they count against RLIMIT_MEMLOCK.  The
 * space counts the pages of locked areas; a child has no locks.
 */

#define LOCK_BITS ((unsigned)(AREA_LOCKED | AREA_LOCK_ON_FAULT))

static bool (*is_privileged)(void) RO_AFTER_BOOT;

void
vm_lock_set_privileged(bool (*fn)(void))
{
	is_privileged = fn;
}

static bool
privileged(void)
{
	return is_privileged && is_privileged();
}

bool
vm_may_lock(const struct vm_space *s)
{
	return s->limits.locked || privileged();
}

bool
lock_within_limit(const struct vm_space *s, uint64_t more)
{
	return s->locked_pages + more <= s->limits.locked >> PAGE_SHIFT ||
	       privileged();
}

/* --- populating ----------------------------------------------------------- */

/* The part of [at, end) in the first area there, if it is to be there now. */
struct locked_part {
	vaddr_t start, end;
	unsigned access;
	bool wanted;
};

static bool
next_part(struct vm_space *s, vaddr_t at, vaddr_t end, struct locked_part *p)
{
	struct area *a;

	mutex_lock(&s->lock);
	a = area_first(s, at);
	if (a && a->start < end) {
		p->start = MAX(a->start, at);
		p->end = MIN(a->end, end);
		p->wanted = (a->bits & LOCK_BITS) == AREA_LOCKED;
		p->access =
			bits_are_data(a->bits) || (a->bits & AREA_GROWS_DOWN)
				? FAULT_WRITE
				: FAULT_READ;
	} else {
		a = NULL;
	}
	mutex_unlock(&s->lock);
	return a;
}

/* As mlock(2) has it: no memory is "try again", no access "no memory". */
static int
lock_error(int err)
{
	switch (err) {
	case 0:
		return 0;
	case -ENOMEM:
		return -EAGAIN;
	default:
		return -ENOMEM;
	}
}

int
populate_locked(struct vm_space *s, vaddr_t start, vaddr_t end)
{
	struct locked_part p;
	int err;

	while (start < end && next_part(s, start, end, &p)) {
		err = p.wanted ? populate_range(s, p.start, p.end, p.access)
			       : 0;
		if (err)
			return lock_error(err);
		start = p.end;
	}
	return 0;
}

/* --- ranges --------------------------------------------------------------- */

static void
set_lock_bits(struct change *c, struct vm_space *s, vaddr_t start, vaddr_t end,
	      unsigned bits) REQUIRES(s->lock)
{
	struct area *a;

	for (a = area_first(s, start); a && a->start < end; a = area_next(a))
		area_set_bits(s, a, (a->bits & ~LOCK_BITS) | bits);
	area_settle(c, s, start, end);
}

static uint64_t
locked_in(struct vm_space *s, vaddr_t start, vaddr_t end) REQUIRES(s->lock)
{
	uint64_t pages = 0;
	struct area *a;

	for (a = area_first(s, start); a && a->start < end; a = area_next(a)) {
		if (a->bits & AREA_LOCKED)
			pages += pages_in(MAX(a->start, start),
					  MIN(a->end, end));
	}
	return pages;
}

/* Give all of [start, end) these lock bits; -ENOMEM: nothing changed. */
static int
change_locks(struct vm_space *s, vaddr_t start, vaddr_t end, unsigned bits)
{
	struct change c;
	uint64_t more;
	int err = -ENOMEM;

	change_begin(&c, s);
	more = pages_in(start, end) - locked_in(s, start, end);
	if (area_covers(s, start, end) && (!bits || lock_within_limit(s, more)))
		err = area_isolate(&c, s, start, end);
	if (!err)
		set_lock_bits(&c, s, start, end, bits);
	change_end(&c, s);
	return err;
}

int
vm_lock(struct vm_space *s, vaddr_t addr, size_t size, bool on_fault)
{
	unsigned bits = AREA_LOCKED | (on_fault ? AREA_LOCK_ON_FAULT : 0u);
	int err;

	if (!vm_may_lock(s))
		return -EPERM;
	if (!size)
		return 0;
	if (!range_ok(addr, size))
		return -ENOMEM;
	err = change_locks(s, addr, addr + size, bits);
	return err ? err : populate_locked(s, addr, addr + size);
}

int
vm_unlock(struct vm_space *s, vaddr_t addr, size_t size)
{
	if (!size)
		return 0;
	if (!range_ok(addr, size))
		return -ENOMEM;
	return change_locks(s, addr, addr + size, 0);
}

/* --- everything ----------------------------------------------------------- */

int
vm_lock_all(struct vm_space *s, unsigned flags)
{
	unsigned known = MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT;
	unsigned bits = AREA_LOCKED;
	struct change c;
	int err = 0;

	if (!flags || (flags & ~known) || flags == MCL_ONFAULT)
		return -EINVAL;
	if (!vm_may_lock(s))
		return -EPERM;
	if (flags & MCL_ONFAULT)
		bits |= AREA_LOCK_ON_FAULT;
	change_begin(&c, s);
	if ((flags & MCL_CURRENT) &&
	    !lock_within_limit(s, s->mapped_pages - s->locked_pages))
		err = -ENOMEM;
	if (!err)
		s->lock_future = flags & MCL_FUTURE ? bits : 0;
	if (!err && (flags & MCL_CURRENT))
		set_lock_bits(&c, s, 0, USER_TOP, bits);
	change_end(&c, s);
	/* As Linux: what cannot be had now is no error. */
	if (!err && (flags & MCL_CURRENT))
		(void)populate_locked(s, 0, USER_TOP);
	return err;
}

void
vm_unlock_all(struct vm_space *s)
{
	struct change c;

	change_begin(&c, s);
	s->lock_future = 0;
	set_lock_bits(&c, s, 0, USER_TOP, 0);
	change_end(&c, s);
}
