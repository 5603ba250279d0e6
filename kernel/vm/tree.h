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
	struct frame *root;     /* [S] owned by this tree alone */
	struct mmu_context mmu; /* what the processors load */
	uint64_t resident;      /* [S] pages mapped here, as far as known */
};

/*
 * Translations removed but perhaps still in a TLB, and the references that
 * wait for the flush.  One per operation, on the stack; tree_batch_finish()
 * flushes once and then drops them all.  It must be called before the space's
 * mutex is released, after errors too.
 */
struct tree_batch {
	struct tree *tree;
	vaddr_t start, end;     /* what must be flushed; empty: start >= end */
	struct frame *drop[32]; /* leaves and nodes to put after the flush */
	uint8_t drop_level[32]; /* 0: 4 KiB leaf, 1: huge leaf, 2..: node of
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
	pte_t pte;        /* the leaf, 0 = none; PTE_NONE: not present */
	unsigned level;   /* 0: 4 KiB, 1: 2 MiB */
	bool path_shared; /* some node on the way has more than one ref */
};
struct tree_slot tree_lookup(const struct tree *t, vaddr_t va);

/*
 * Map one frame at an empty slot; takes over the caller's reference on
 * success.  Without TREE_SHARED the write bit of prot is dropped if the frame
 * is not the caller's alone.  -EEXIST: the slot is filled (by another thread),
 * nothing changed.
 */
enum tree_map_flags {
	TREE_SHARED = 1 << 0, /* the area is MAP_SHARED: others see writes */
};
NODISCARD int tree_map(struct tree *t, vaddr_t va, struct frame *f,
		       unsigned prot, unsigned flags);
/*
 * The same for a 2 MiB block at an aligned address, private only: the head of
 * frame_alloc_block(FRAME_ANON, 9, ...), which becomes 512 frames here.
 */
NODISCARD int
tree_map_huge(struct tree *t, vaddr_t va, struct frame *head, unsigned prot);

/*
 * Map frames[i] (NULL: none) at va + i * PAGE_SIZE where that is empty, all in
 * one 2 MiB stretch.  Takes over the reference of each frame it maps and makes
 * frames[i] NULL.  Returns how many it mapped; -ENOMEM: nothing changed.
 */
NODISCARD int tree_map_run(struct tree *t, vaddr_t va, struct frame **frames,
			   unsigned n, unsigned prot, unsigned flags);

/*
 * A write fault hit a present leaf.  Private: un-share the path, then reuse
 * the frame if it is owned alone and not pinned, else copy it.  Shared: un-
 * share the path and set the write bit.  prot is what the area allows; without
 * PTE_WRITE_OK the page becomes this tree's own but not writable.  0, -ENOMEM,
 * or -ENOENT if there is no leaf any more.
 */
NODISCARD int
tree_write_fault(struct tree *t, vaddr_t va, unsigned prot, unsigned flags);

/*
 * Pin the frame at va for I/O: its reference and its pin are the caller's (to
 * give back, pins first).  prot and flags as for tree_write_fault(), which
 * comes first: a private page becomes this tree's own and stays so over clone,
 * which copies pinned pages for the child.  0, -ENOMEM, -ENOENT.
 */
NODISCARD int tree_pin(struct tree *t, vaddr_t va, unsigned prot,
		       unsigned flags, struct frame **out);

/*
 * Remove all translations of [start, end) into the batch.  Whole shared
 * subtrees go by one reference.  -ENOMEM can happen only where the range ends
 * inside a shared node or a huge leaf; then nothing at all is removed.
 */
NODISCARD int
tree_unmap(struct tree *t, vaddr_t start, vaddr_t end, struct tree_batch *b);

/*
 * Change what [start, end) allows.  Write is only ever taken away here; a
 * later write fault gives it back.  PTE_NONE keeps the pages, out of reach.
 * -ENOMEM: nothing changed.
 */
NODISCARD int tree_protect(struct tree *t, vaddr_t start, vaddr_t end,
			   unsigned prot, struct tree_batch *b);

/*
 * Move the translations of [from, from + size) to [to, to + size), which is
 * empty and does not overlap.  -ENOMEM: nothing moved.
 */
NODISCARD int tree_move(struct tree *t, vaddr_t from, vaddr_t to, size_t size,
			struct tree_batch *b);

/*
 * Visit the leaves of [start, end) in order, skipping empty subtrees; fn's
 * nonzero return ends the walk.  A huge leaf is visited whole though it may
 * begin before start.  shared: the leaf, or a node on the way to it,
 * has more than one reference.  For mincore, smaps, msync.
 */
typedef int
tree_visit_fn(void *arg, vaddr_t va, pte_t pte, unsigned level, bool shared);
int tree_visit(const struct tree *t, vaddr_t start, vaddr_t end,
	       tree_visit_fn *fn, void *arg);

/* Debug: check the invariant and the counts of the whole tree; panics. */
void tree_check(const struct tree *t);
