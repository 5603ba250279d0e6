/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * vm/tree_priv.h - what the files of the tree share: entries, nodes, walks.
 *
 *	tree.c        theory; make, clone, look up, map, write fault
 *	tree_node.c   nodes: make, copy, drop; walks that un-share; batches
 *	tree_huge.c   2 MiB blocks: count, break, release
 *	tree_range.c  unmap, protect, move, visit
 *	tree_pin.c    frames pinned for I/O, and clone with such
 *	tree_check.c  the checker of debug kernels
 */

#include "vm/tree.h"

/*
 * An entry in memory.  The processor sets A and D in it and other trees clear
 * its write bit at any time, so all access is atomic; "used" means nonzero,
 * which a leaf without any permission is, though not present.
 */
typedef _Atomic pte_t slot_t;

static inline pte_t
slot_load(const slot_t *slot)
{
	return atomic_load_explicit(slot, memory_order_relaxed);
}

/* Release: what the entry points to is complete before it can be reached. */
static inline void
slot_store(slot_t *slot, pte_t pte)
{
	atomic_store_explicit(slot, pte, memory_order_release);
}

/* Empty it; the last A and D the processor set are in the result. */
static inline pte_t
slot_take(slot_t *slot)
{
	return atomic_exchange_explicit(slot, 0, memory_order_acq_rel);
}

/* The one store that is also made into shared nodes. */
static inline void
slot_clear_write(slot_t *slot)
{
	atomic_fetch_and_explicit(slot, pte_without_write(~(pte_t)0),
				  memory_order_relaxed);
}

/* Give a leaf exactly these permissions; false: it had them. */
static inline bool
slot_set_prot(slot_t *slot, unsigned level, unsigned prot)
{
	pte_t old = slot_load(slot), pte;

	do {
		pte = pte_with_prot(old, level, prot);
		if (pte == old)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(
		slot, &old, pte, memory_order_release, memory_order_relaxed));
	return true;
}

/* The node or frame an entry points to (of a huge leaf: the head). */
static inline struct frame *
pte_frame(pte_t pte)
{
	return frame_from_pfn(pte_pfn(pte));
}

static inline bool
pte_is_node(pte_t pte, unsigned level)
{
	return pte_present(pte) && !pte_is_leaf(pte, level);
}

/* Pages a leaf of this level maps. */
static inline uint64_t
leaf_pages(unsigned level)
{
	return pte_span(level) >> PAGE_SHIFT;
}

/* --- nodes ---------------------------------------------------------------- */

static inline slot_t *
node_slots(const struct frame *node)
{
	return frame_data(node);
}

/* Entry i of a node this tree owns came into use. */
static inline void
node_note_used(struct frame *node, unsigned i)
{
	node->used++;
	if (i < node->first)
		node->first = (uint16_t)i;
	if (i > node->last)
		node->last = (uint16_t)i;
}

/* No entry yet; first > last, so nothing is scanned. */
static inline void
node_note_empty(struct frame *node)
{
	node->used = 0;
	node->first = PTE_PER_NODE;
	node->last = 0;
}

/* Entry i went out of use.  The bounds stay bounds; they need not be tight. */
static inline void
node_note_unused(struct frame *node, unsigned i)
{
	if (--node->used == 0)
		node_note_empty(node);
	else if (i == node->first)
		node->first = (uint16_t)(i + 1);
	else if (i == node->last)
		node->last = (uint16_t)(i - 1);
}

/* The first used entry of [i, end), or end. */
unsigned node_next(const struct frame *node, unsigned i, unsigned end);

/* The first used entry at or after i; the caller knows that there is one. */
unsigned slots_next(const slot_t *slots, unsigned i);

NODISCARD struct frame *node_make(void);
/* A node of this level like src, which is shared with it from now on. */
NODISCARD struct frame *node_copy(struct frame *src, unsigned level);
/* Drop a reference; the last drops the node's own references too. */
void node_put(struct frame *node, unsigned level);
/* Make one more entry like *slot: both get a reference and lose write. */
pte_t slot_share(slot_t *slot, unsigned level);
/* An entry of this level went away for good: drop what it held. */
void entry_put(pte_t pte, unsigned level);
/* A dirty leaf is about to be forgotten or shared: its frame remembers. */
void leaf_note_dirty(pte_t pte, unsigned level);

/* Mapped once, not pinned, nobody else's data: may be written in place. */
static inline bool
frame_exclusive(struct frame *f)
{
	return f->kind == FRAME_ANON && frame_owned(f) &&
	       atomic_load_explicit(&f->pins, memory_order_acquire) == 0;
}

/*
 * May a leaf below be pinned?  Set on all the way to a leaf when it is pinned,
 * so only in nodes with one reference; cleared by the next clone that finds
 * nothing pinned there.
 */
static inline bool
node_pin_hint(const struct frame *node)
{
	return node->pin_hint;
}

static inline void
node_set_pin_hint(struct frame *node, bool hint)
{
	node->pin_hint = hint;
}

/* A copy of src's root for a clone, when something may be pinned below. */
NODISCARD struct frame *clone_pinned(struct tree *src);
/* Tell the nodes on the way to the entry of `level` at va. */
void pin_hint_path(struct tree *t, vaddr_t va, unsigned level);

/* --- 2 MiB blocks --------------------------------------------------------- */

#define HUGE_LEVEL  1u
#define HUGE_ORDER  (HUGE_SHIFT - PAGE_SHIFT)
#define HUGE_FRAMES (1u << HUGE_ORDER)

void huge_start(struct frame *head);
void huge_get(struct frame *head);
void huge_put(struct frame *head);
bool huge_exclusive(struct frame *head);

/* --- walks ---------------------------------------------------------------- */

/* A place in the tree: the entry of `level` that covers an address. */
struct walk {
	struct frame *node;
	slot_t *slot;
	unsigned level;
};

static inline void
walk_enter(struct walk *w, struct frame *node, unsigned level, vaddr_t va)
{
	w->node = node;
	w->level = level;
	w->slot = node_slots(node) + pte_index(va, level);
}

/*
 * Go down while the nodes are this tree's alone.  Ends at level `bottom`, or
 * above it at an empty entry, a huge leaf or a node that is shared.  Entries
 * on the way regain the write bit that sharing had taken from them.
 */
static inline void
walk_owned(struct walk *w, vaddr_t va, unsigned bottom)
{
	while (w->level > bottom) {
		pte_t pte = slot_load(w->slot);

		if (!pte_is_node(pte, w->level) || !frame_owned(pte_frame(pte)))
			return;
		if (!pte_writable(pte))
			slot_store(w->slot, pte_with_write(pte));
		walk_enter(w, pte_frame(pte), w->level - 1, va);
	}
}

static inline struct walk
walk_start(const struct tree *t, vaddr_t va)
{
	struct walk w;

	walk_enter(&w, t->root, PTE_LEVELS - 1, va);
	return w;
}

/* Go down as far as there are nodes, to `bottom` at most; returns the entry. */
static inline pte_t
walk_find(struct walk *w, vaddr_t va, unsigned bottom)
{
	pte_t pte;

	while (pte = slot_load(w->slot),
	       w->level > bottom && pte_is_node(pte, w->level))
		walk_enter(w, pte_frame(pte), w->level - 1, va);
	return pte;
}

enum walk_flags {
	WALK_CREATE = 1 << 0, /* make the nodes that are missing */
	WALK_BREAK = 1 << 1,  /* break a huge leaf that is in the way */
};

/*
 * The same, un-sharing what is shared.  Without the flags it ends early at an
 * empty entry or a huge leaf.  What it replaced waits in the batch.  -ENOMEM:
 * got only so far; the tree means the same as before.
 */
NODISCARD int walk_change(struct walk *w, vaddr_t va, unsigned bottom,
			  unsigned flags, struct tree_batch *b);

/* Put a node of 512 leaves in the place of the huge leaf at w. */
NODISCARD int huge_break(struct walk *w, vaddr_t va, struct tree_batch *b);

/* --- batches -------------------------------------------------------------- */

/* Values of tree_batch.drop_level. */
#define DROP_LEAF(level) (level)
#define DROP_NODE(level) ((level) + 2)

/* Translations of [start, end) have changed. */
void batch_cover(struct tree_batch *b, vaddr_t start, vaddr_t end);
/* Drop this reference after the next flush; its entry is gone already. */
void batch_drop(struct tree_batch *b, struct frame *f, unsigned drop_level);
