/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * vm/tree.h - a page table as a persistent, reference-counted tree.
 *
 * One rule holds at every level (theory at the head of tree.c):
 *
 *   A node or frame with one reference belongs to its single parent entry and
 *   may be changed.  With more than one it is shared and immutable.  To change
 *   it: make a copy, take a reference to each child, put the copy in your
 *   parent entry, drop your reference to the original.
 *
 * Invariant: an entry's write bit is set only if what it points to has exactly
 * one reference - leaves of shared mappings excepted, which the caller marks.
 *
 * Units:    addresses in bytes, page-aligned; user half only (< USER_TOP).
 * Locking:  one tree is changed under its space's mutex; nodes shared with
 *           other trees are safe without their locks (see tree.c).
 * Context:  may not be used in interrupts; does not sleep by itself.
 * Errors:   -ENOMEM leaves the tree valid and nothing lost.
 */

#include "arch/mmu.h"
#include "mm/frame.h"

struct tree {
	struct frame *root;      /* [S] owned by this tree alone */
	struct mmu_context mmu;  /* what the processors load */
	uint64_t resident;       /* [S] pages mapped here, as far as known */
};

/*
 * Translations removed but perhaps still in a TLB, and the references that
 * wait for the flush.  One per operation, on the stack; tree_batch_finish()
 * flushes once and then drops them all.
 */
struct tree_batch {
	struct tree *tree;
	vaddr_t start, end;       /* what must be flushed; empty: start >= end */
	struct frame *drop[32];   /* leaves and nodes to put after the flush */
	uint8_t drop_level[32];   /* 0: 4 KiB leaf, 1: huge leaf, 2..: node of
	                             level (value - 1) */
	unsigned drops;
};

NODISCARD int tree_init(struct tree *t);
/* Drop everything; no CPU has it loaded any more. */
void tree_destroy(struct tree *t);

/*
 * Make dst (uninitialised) a copy-on-write clone of src in constant time: it
 * copies the root, shares every child, clears write bits in both and flushes
 * src.  -ENOMEM.
 */
NODISCARD int tree_clone(struct tree *dst, struct tree *src);

void tree_batch_begin(struct tree_batch *b, struct tree *t);
void tree_batch_finish(struct tree_batch *b);

/* What a lookup found; nothing is changed. */
struct tree_slot {
	pte_t pte;          /* the leaf, 0 = none */
	unsigned level;     /* 0: 4 KiB, 1: 2 MiB */
	bool path_shared;   /* some node on the way has more than one ref */
};
struct tree_slot tree_lookup(const struct tree *t, vaddr_t va);

/*
 * Map one frame at an empty slot; takes over the caller's reference on
 * success.  shared: the area is MAP_SHARED, so the write bit may stand though
 * others hold references.  -EEXIST: the slot is filled (by another thread),
 * nothing changed.
 */
enum tree_map_flags {
	TREE_SHARED = 1 << 0,
};
NODISCARD int tree_map(struct tree *t, vaddr_t va, struct frame *f,
		       unsigned prot, unsigned flags);
/* The same for a 2 MiB block (order 9, FRAME_HUGE) at an aligned address. */
NODISCARD int tree_map_huge(struct tree *t, vaddr_t va, struct frame *head,
			    unsigned prot);

/*
 * A write fault hit a present leaf.  Private: un-share the path, then reuse
 * the frame if it is owned alone and not pinned, else copy it.  Shared: un-
 * share the path and set the write bit.  0, -ENOMEM, or -ENOENT if there is
 * no leaf any more.
 */
NODISCARD int tree_write_fault(struct tree *t, vaddr_t va, unsigned prot,
			       unsigned flags);

/*
 * Remove all translations of [start, end) into the batch.  Whole shared
 * subtrees go by one reference.  -ENOMEM can happen only where the range ends
 * inside a shared node or a huge leaf; then nothing at all is removed.
 */
NODISCARD int tree_unmap(struct tree *t, vaddr_t start, vaddr_t end,
			 struct tree_batch *b);

/* Change what [start, end) allows.  Write is only ever taken away here; a
 * later write fault gives it back.  -ENOMEM: nothing changed. */
NODISCARD int tree_protect(struct tree *t, vaddr_t start, vaddr_t end,
			   unsigned prot, struct tree_batch *b);

/* Move the translations of [from, from + size) to to (empty there).
 * -ENOMEM: nothing moved. */
NODISCARD int tree_move(struct tree *t, vaddr_t from, vaddr_t to, size_t size,
			struct tree_batch *b);

/*
 * Visit the leaves of [start, end) in order, skipping empty subtrees; fn's
 * nonzero return ends the walk.  For mincore, smaps, msync.
 */
typedef int tree_visit_fn(void *arg, vaddr_t va, pte_t pte, unsigned level,
			  bool shared);
int tree_visit(const struct tree *t, vaddr_t start, vaddr_t end,
	       tree_visit_fn *fn, void *arg);

/* Debug: check the invariant and the counts of the whole tree; panics. */
void tree_check(const struct tree *t);
