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
 * Locking: lock (mutex, LOCK_OBJECT): pages, count.  A page found stays valid
 *          while the caller holds the reference it was given.
 * Errors:  -ENOMEM, -EIO; -EFBIG beyond OBJECT_PAGES_MAX.
 */

#include "core/refcount.h"
#include "mm/frame.h"
#include "sched/mutex.h"

struct vm_object;

struct vm_object_ops {
	/* Fill a fresh zeroed frame with page `index`; NULL: leave it zero. */
	int (*fill)(struct vm_object *o, uint64_t index, struct frame *f);
	/* The last reference is gone: free what embeds the object. */
	void (*release)(struct vm_object *o);
	/* Size in bytes now; faults at or past its last page get SIGBUS.
	 * NULL: unlimited. */
	uint64_t (*size)(struct vm_object *o);
};

struct object_node; /* inner node of the radix tree, object.c */

struct vm_object {
	struct refcount refs;            /* [a] */
	const struct vm_object_ops *ops; /* [I] */
	struct mutex lock;
	struct object_node *root;        /* [L] */
	unsigned height;                 /* [L] levels below root */
	uint64_t pages;                  /* [L] frames held */
	atomic_uint writable_maps;       /* [a] shared writable areas */
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
	OBJECT_CREATE = 1 << 0, /* make the page if it is missing */
};
/*
 * Page `index`, with a reference for the caller.  Without OBJECT_CREATE a hole
 * gives 0 and *out = NULL.
 */
NODISCARD int vm_object_page(struct vm_object *o, uint64_t index,
			     unsigned flags, struct frame **out);

/* Drop pages from index first on (truncate); mappings are the caller's. */
void vm_object_truncate(struct vm_object *o, uint64_t first);
/* Drop pages first .. last (hole punching). */
void vm_object_punch(struct vm_object *o, uint64_t first, uint64_t last);

/* The next held page at or after index: false at the end (SEEK_DATA). */
bool vm_object_next(struct vm_object *o, uint64_t *index);

/* An object of zero pages that frees itself: shared anonymous memory. */
struct vm_object *vm_object_create_anon(void);
