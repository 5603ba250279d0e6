/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * vm/space_priv.h - what the files of an address space share.
 *
 *	area.c     areas: the tree of them, the gaps between them
 *	area_range.c  splitting, merging, ranges
 *	space.c    create, clone, tear down
 *	mmap.c     map, unmap, break
 *	protect.c  protect, advise, sync, residency
 *	remap.c    move and resize
 *	fault.c    page faults
 *	access.c   reading, writing, pinning from outside
 *	rmap.c     from an object to the spaces that map it
 *	wx.c       no memory that is written and then run
 *	lock.c     memory that stays
 *	layout.c   where its parts are said to be
 *	usage.c    what /proc shows
 */

#include "vm/space.h"

enum {
	AREAS_MAX = 65530,       /* in one space, as on Linux */
	STACK_GUARD_PAGES = 256, /* kept free below a stack */
};
#define STACK_GUARD (STACK_GUARD_PAGES * PAGE_SIZE)

static inline unsigned
areas_max(void)
{
	return (unsigned)atomic_load_explicit(&vm_areas_max,
					      memory_order_relaxed);
}

static inline uint64_t
pages_in(vaddr_t start, vaddr_t end)
{
	return (end - start) >> PAGE_SHIFT;
}

/* Where free room below an area may end: a stack keeps its guard free. */
static inline vaddr_t
area_floor(const struct area *a)
{
	if (!(a->bits & AREA_GROWS_DOWN))
		return a->start;
	return a->start > STACK_GUARD ? a->start - STACK_GUARD : 0;
}

/* The page of the area's object that is at va. */
static inline uint64_t
area_index(const struct area *a, vaddr_t va)
{
	return (a->offset + (va - a->start)) >> PAGE_SHIFT;
}

/* What entries of the area may allow; write: once asked for. */
static inline unsigned
area_prot(unsigned bits)
{
	if (!(bits & (AREA_READ | AREA_WRITE | AREA_EXEC)))
		return PTE_NONE;
	return (bits & AREA_WRITE ? PTE_WRITE_OK : 0) |
	       (bits & AREA_EXEC ? PTE_EXEC_OK : 0);
}

/* Counted against RLIMIT_DATA. */
static inline bool
bits_are_data(unsigned bits)
{
	return (bits & (AREA_WRITE | AREA_SHARED | AREA_GROWS_DOWN)) ==
	       AREA_WRITE;
}

/* Are these whole pages of the user half? */
static inline bool
range_ok(vaddr_t start, size_t size)
{
	return ((start | size) & ~PAGE_MASK) == 0 && start <= USER_TOP &&
	       size <= USER_TOP - start;
}

/* A page of an object is, or is about to be, written through a mapping. */
static inline void
frame_note_dirty(struct frame *f)
{
	uint8_t bits = atomic_load_explicit(&f->bits, memory_order_relaxed);

	if (!(bits & FRAME_DIRTY))
		atomic_fetch_or_explicit(&f->bits, FRAME_DIRTY,
					 memory_order_release);
}

/* --- one change of a space ------------------------------------------------ */

/*
 * Areas and translations that go with a change are dropped when it ends: the
 * frames after the flush, the areas' files after the unlock, since closing a
 * file takes locks that come before LOCK_SPACE.
 */
struct change {
	struct tree_batch batch;
	struct area *dead;
};

void change_begin(struct change *c, struct vm_space *s) ACQUIRES(s->lock);
void change_end(struct change *c, struct vm_space *s) RELEASES(s->lock);

/* --- areas ---------------------------------------------------------------- */

void area_system_init(void);

/* Unlinked, zeroed; NULL = no memory. */
NODISCARD struct area *area_create(void);
/* Unlinked, like a, with references of its own; NULL = no memory. */
NODISCARD struct area *area_dup(const struct area *a);
/* Take the references that a->object and a->source stand for. */
void area_take_refs(struct area *a);
/* Drop the references of unlinked areas and free them; no locks held. */
void area_discard(struct area *list);

/* The area va is in, or NULL. */
struct area *area_find(struct vm_space *s, vaddr_t va) REQUIRES(s->lock);
/* The first area that ends above va, or NULL. */
struct area *area_first(struct vm_space *s, vaddr_t va) REQUIRES(s->lock);
struct area *area_next(struct area *a);
struct area *area_prev(struct area *a);
/* Lowest and highest, or NULL. */
struct area *area_lowest(struct vm_space *s) REQUIRES(s->lock);
struct area *area_highest(struct vm_space *s) REQUIRES(s->lock);

void area_link(struct vm_space *s, struct area *a) REQUIRES(s->lock);
void area_unlink(struct vm_space *s, struct area *a) REQUIRES(s->lock);
/* Unlink, and owe the rest to the end of the change. */
void area_kill(struct change *c, struct vm_space *s, struct area *a)
	REQUIRES(s->lock);

/*
 * Give dst, which has none, copies of all areas of src.  -ENOMEM: some are
 * there, and only area_kill_all() may be called.
 */
NODISCARD int area_copy_all(struct vm_space *dst, struct vm_space *src)
	REQUIRES(dst->lock) REQUIRES(src->lock);
void area_kill_all(struct change *c, struct vm_space *s) REQUIRES(s->lock);

/* Move the ends of a linked area; the neighbours are not touched. */
void area_resize(struct vm_space *s, struct area *a, vaddr_t start, vaddr_t end)
	REQUIRES(s->lock);
void area_set_bits(struct vm_space *s, struct area *a, unsigned bits)
	REQUIRES(s->lock);

/* Take [start, end) out of all areas; none goes across both ends. */
void area_trim(struct change *c, struct vm_space *s, vaddr_t start, vaddr_t end)
	REQUIRES(s->lock);

/*
 * Add what a describes: by extending a neighbour that is equal, or by linking
 * a itself.  True: a is linked; false: a is still the caller's.
 */
bool area_add(struct change *c, struct vm_space *s, struct area *a)
	REQUIRES(s->lock);

/* Let areas begin and end at start and end.  -ENOMEM: nothing to be seen. */
NODISCARD int area_isolate(struct change *c, struct vm_space *s, vaddr_t start,
			   vaddr_t end) REQUIRES(s->lock);
/* Merge equal neighbours from start to end, both sides included. */
void area_settle(struct change *c, struct vm_space *s, vaddr_t start,
		 vaddr_t end) REQUIRES(s->lock);

/* Is all of [start, end) in areas? */
bool area_covers(struct vm_space *s, vaddr_t start, vaddr_t end)
	REQUIRES(s->lock);
/* Pages of [start, end) that are in areas. */
uint64_t area_pages_in(struct vm_space *s, vaddr_t start, vaddr_t end)
	REQUIRES(s->lock);
/* Is [start, end) free, and clear of a stack's guard if guard is set? */
bool area_range_free(struct vm_space *s, vaddr_t start, vaddr_t end, bool guard)
	REQUIRES(s->lock);

/* The highest free range of size bytes that ends at or below top; 0 = none. */
vaddr_t area_find_gap(struct vm_space *s, size_t size, vaddr_t top)
	REQUIRES(s->lock);
/* The lowest that begins at or above bottom; 0 = none. */
vaddr_t area_find_gap_above(struct vm_space *s, size_t size, vaddr_t bottom)
	REQUIRES(s->lock);
/* Debug and tests: order, gaps, counts. */
void area_check(struct vm_space *s) REQUIRES(s->lock);

/* --- across files --------------------------------------------------------- */

/* Remove areas and translations of [start, end).  -ENOMEM: nothing changed. */
NODISCARD int unmap_range(struct change *c, struct vm_space *s, vaddr_t start,
			  vaddr_t end) REQUIRES(s->lock);

/* May these bits grow by so many pages?  -ENOMEM; -EAGAIN: locked ones. */
NODISCARD int check_limits(const struct vm_space *s, unsigned bits,
			   uint64_t more_pages) REQUIRES(s->lock);

/* More than all RAM cannot be meant, unless the area says that it is. */
bool beyond_reason(unsigned bits, uint64_t more_pages);

/* A free range for a mapping; -ENOMEM. */
NODISCARD int choose_address(struct vm_space *s, vaddr_t hint, size_t size,
			     vaddr_t *out) REQUIRES(s->lock);

/* Let the stack area grow down to va; -EFAULT if it may not. */
NODISCARD int stack_grow(struct vm_space *s, struct area *a, vaddr_t va)
	REQUIRES(s->lock);

/*
 * Fault in all of [start, end) that is not there; up to the first error, which
 * is as madvise(2) says of MADV_POPULATE_READ.
 */
int
populate_range(struct vm_space *s, vaddr_t start, vaddr_t end, unsigned access);

/* lock.c: fault in what is locked of [start, end); an error of mlock(2). */
int populate_locked(struct vm_space *s, vaddr_t start, vaddr_t end);
/* May so many more pages be locked? */
bool lock_within_limit(const struct vm_space *s, uint64_t more)
	REQUIRES(s->lock);

/* A reference that keeps the structure, not what is mapped. */
void space_hold(struct vm_space *s);
void space_release(struct vm_space *s);
