/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * vm/object.h - memory objects: the pages of a file, or of shared memory.
 *
 * An object is a sparse array of frames.  Each frame it holds carries one
 * reference of the object's, so a page that is also mapped has at least two
 * and private mappings copy it before writing.  read(2), write(2) and mmap(2)
 * of one inode use the same object.
 *
 * Locking: lock (mutex, LOCK_OBJECT): changes of pages, list of areas.  A page
 *          that is there is found without it (see object.c) and stays valid
 *          while the caller holds the reference it was given.
 * Context: may sleep; ops are called without any lock of vm/ held.
 * Errors:  -ENOMEM, -EIO; -EFBIG beyond OBJECT_PAGES_MAX.
 */

#include "core/refcount.h"
#include "lib/list.h"
#include "mm/frame.h"
#include "sched/mutex.h"

/* As many pages as a file offset can name. */
#define OBJECT_PAGES_MAX (1ULL << (63 - PAGE_SHIFT))

struct vm_object;

struct vm_object_ops {
	/*
	 * Fill a fresh zeroed frame with page `index`; NULL: leave it zero.
	 * May be called for one page by two threads at once; the frame of
	 * one of them is dropped then.
	 */
	int (*fill)(struct vm_object *o, uint64_t index, struct frame *f);
	/* The last reference is gone: free what embeds the object. */
	void (*release)(struct vm_object *o);
	/* Size in bytes now; faults past its last page get SIGBUS.
	 * NULL: unlimited.  Takes no lock. */
	uint64_t (*size)(struct vm_object *o);
	/* Are new writable shared mappings refused for ever?  NULL: no. */
	bool (*sealed)(struct vm_object *o);
	/* Write back the FRAME_DIRTY pages of first .. last; NULL: memory is
	 * all there is. */
	int (*sync)(struct vm_object *o, uint64_t first, uint64_t last);
};

/* Empty (0), a frame, or (bit 0 set) an inner node; see object.c. */
typedef _Atomic(uintptr_t) object_entry_t;

struct vm_object {
	struct refcount refs;            /* [a] */
	const struct vm_object_ops *ops; /* [I] */
	struct mutex lock;
	object_entry_t root;       /* [L] to write, [a] to read */
	uint64_t pages;            /* [L] frames held */
	_Atomic uint64_t removals; /* [L] to write, [a]: times pages were
					    taken away */
	struct list_node areas;    /* [L] that map it: area.in_object */
	uint64_t unmap_seq;        /* [L] of the last vm_object_unmap() */
	atomic_uint writable_maps; /* [a] areas that are shared and may
					    become writable */
};

void vm_object_init(struct vm_object *o, const struct vm_object_ops *ops);
/* Drop all pages; called by release functions. */
void vm_object_fini(struct vm_object *o);

static inline void
vm_object_get(struct vm_object *o)
{
	refcount_get(&o->refs);
}
void vm_object_put(struct vm_object *o);

enum object_get_flags {
	OBJECT_CREATE = 1 << 0,  /* make the page if it is missing */
	OBJECT_IN_SIZE = 1 << 1, /* -ENXIO if it lies beyond ops->size() */
};
/*
 * Page `index`, with a reference for the caller.  Without OBJECT_CREATE a hole
 * gives 0 and *out = NULL.
 */
NODISCARD int vm_object_page(struct vm_object *o, uint64_t index,
			     unsigned flags, struct frame **out);

/* Pages the object has now, as ops->size() says. */
uint64_t vm_object_size_pages(struct vm_object *o);

/*
 * Those of the pages first .. first + n - 1 that are there, each with a
 * reference; the others are NULL.  Returns how many.
 */
unsigned vm_object_pages(struct vm_object *o, uint64_t first, unsigned n,
			 struct frame **out);

/*
 * Put a page the caller has filled (FRAME_CACHE, its one reference is taken
 * over) at an empty index.  On error, -EEXIST too, the caller keeps it.
 */
NODISCARD int
vm_object_insert(struct vm_object *o, uint64_t index, struct frame *f);

/* Drop pages from index first on (truncate); mappings are the caller's: set
 * the size first, then truncate, then vm_object_unmap(). */
void vm_object_truncate(struct vm_object *o, uint64_t first);
/* Drop pages first .. last (hole punching). */
void vm_object_punch(struct vm_object *o, uint64_t first, uint64_t last);

/* The next held page at or after index: false at the end (SEEK_DATA). */
bool vm_object_next(struct vm_object *o, uint64_t *index);

/*
 * Drop the translations of pages first .. last from every space that maps the
 * object.  Context: no lock of rank LOCK_SPACE or later held.  -ENOMEM: some
 * may be left.
 */
void vm_object_unmap(struct vm_object *o, uint64_t first, uint64_t last);

/* An object of zero pages that frees itself: shared anonymous memory. */
struct vm_object *vm_object_create_anon(void);

/* Make the caches; called by vm_init(). */
void vm_object_system_init(void);
