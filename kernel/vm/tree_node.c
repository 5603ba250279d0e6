/* SPDX-License-Identifier: MIT */

/*
 * vm/tree_node.c - nodes of the tree, the walk that un-shares, the batch.
 *
 * Everything that creates, copies or drops a node is here, so that the rule
 * at the head of tree.c can be read off one page.
 */

#include "lib/errno.h"
#include "vm/tree_priv.h"

/* --- scanning ------------------------------------------------------------- */

/* Eight empty entries: one cache line. */
static inline bool
line_empty(const slot_t *s)
{
	return !(slot_load(&s[0]) | slot_load(&s[1]) | slot_load(&s[2]) |
		 slot_load(&s[3]) | slot_load(&s[4]) | slot_load(&s[5]) |
		 slot_load(&s[6]) | slot_load(&s[7]));
}

unsigned
slots_next(const slot_t *slots, unsigned i)
{
	while (!slot_load(&slots[i])) {
		i++;
		while (i % 8 == 0 && line_empty(&slots[i]))
			i += 8;
	}
	return i;
}

unsigned
node_next(const struct frame *node, unsigned i, unsigned end)
{
	const slot_t *slots = node_slots(node);
	unsigned stop = MIN(end, node->last + 1u);

	i = MAX(i, node->first);
	while (i < stop && !slot_load(&slots[i])) {
		i++;
		while (i % 8 == 0 && i + 8 <= stop && line_empty(&slots[i]))
			i += 8;
	}
	return i < stop ? i : end;
}

/* --- what an entry holds -------------------------------------------------- */

void
leaf_note_dirty(pte_t pte, unsigned level)
{
	struct frame *f = pte_frame(pte);

	if (level == 0 && pte_dirty(pte) && f->kind == FRAME_CACHE)
		atomic_fetch_or_explicit(&f->bits, FRAME_DIRTY,
					 memory_order_relaxed);
}

/*
 * The reference comes before the clearing, and both before the caller drops
 * its own hold on the node: who finds the node his alone again (acquire) sees
 * both.
 */
pte_t
slot_share(slot_t *slot, unsigned level)
{
	pte_t pte = slot_load(slot);

	if (level == HUGE_LEVEL && pte_is_leaf(pte, level)) {
		huge_get(pte_frame(pte));
	} else {
		frame_get(pte_frame(pte));
		leaf_note_dirty(pte, level);
	}
	if (pte_writable(pte))
		slot_clear_write(slot);
	return pte_without_write(pte);
}

void
entry_put(pte_t pte, unsigned level)
{
	struct frame *f = pte_frame(pte);

	if (!pte_is_leaf(pte, level)) {
		node_put(f, level - 1);
	} else if (level > 0) {
		huge_put(f);
	} else {
		leaf_note_dirty(pte, level);
		frame_put(f);
	}
}

/* --- nodes ---------------------------------------------------------------- */

struct frame *
node_make(void)
{
	struct frame *node = frame_alloc(FRAME_NODE, FRAME_ZERO);

	if (node) {
		node_note_empty(node);
		node_set_pin_hint(node, false);
	}
	return node;
}

struct frame *
node_copy(struct frame *src, unsigned level)
{
	struct frame *dst = node_make();
	slot_t *from, *to;
	unsigned i, left;

	ASSERT(!node_pin_hint(src));
	if (!dst)
		return NULL;
	from = node_slots(src);
	to = node_slots(dst);
	for (i = src->first, left = src->used; left; i++, left--) {
		i = slots_next(from, i);
		atomic_init(&to[i], slot_share(&from[i], level));
	}
	dst->used = src->used;
	dst->first = src->first;
	dst->last = src->last;
	return dst;
}

/* Recursion is three deep at most: one call per level. */
void
node_put(struct frame *node, unsigned level)
{
	slot_t *slots;
	unsigned i, left;

	if (!refcount_put(&node->refs))
		return;
	slots = node_slots(node);
	for (i = node->first, left = node->used; left; i++, left--) {
		i = slots_next(slots, i);
		entry_put(slot_load(&slots[i]), level);
	}
	frame_free(node);
}

/* --- the walk that changes ------------------------------------------------ */

/* The rule: replace the shared node below w by a copy of it. */
static int
node_unshare(struct walk *w, vaddr_t va, struct tree_batch *b)
{
	struct frame *old = pte_frame(slot_load(w->slot));
	struct frame *copy = node_copy(old, w->level - 1);

	if (!copy)
		return -ENOMEM;
	slot_store(w->slot, pte_make_node(frame_pfn(copy), true));
	/* Any page of its span; a range may end, and be cut, at USER_TOP. */
	va = MIN(ALIGN_DOWN(va, PAGE_SIZE), USER_TOP - PAGE_SIZE);
	batch_cover(b, va, va + PAGE_SIZE);
	batch_drop(b, old, DROP_NODE(w->level - 1));
	return 0;
}

/*
 * Hang a chain of nodes, one for each level down to `bottom`, into the empty
 * entry at w.  It is built from below and published last, so that running out
 * of memory leaves nothing behind.
 */
static int
chain_make(struct walk *w, vaddr_t va, unsigned bottom)
{
	struct frame *below = NULL, *node;
	unsigned level, i;

	for (level = bottom; level < w->level; level++) {
		node = node_make();
		if (!node) {
			if (below)
				node_put(below, level - 1);
			return -ENOMEM;
		}
		if (below) {
			i = pte_index(va, level);
			slot_store(node_slots(node) + i,
				   pte_make_node(frame_pfn(below), true));
			node_note_used(node, i);
		}
		below = node;
	}
	slot_store(w->slot, pte_make_node(frame_pfn(below), true));
	node_note_used(w->node, pte_index(va, w->level));
	return 0;
}

int
walk_change(struct walk *w, vaddr_t va, unsigned bottom, unsigned flags,
	    struct tree_batch *b)
{
	pte_t pte;
	int err;

	for (;;) {
		walk_owned(w, va, bottom);
		if (w->level == bottom)
			return 0;
		pte = slot_load(w->slot);
		if (!pte) {
			if (!(flags & WALK_CREATE))
				return 0;
			err = chain_make(w, va, bottom);
		} else if (pte_is_leaf(pte, w->level)) {
			if (!(flags & WALK_BREAK))
				return 0;
			err = huge_break(w, va, b);
		} else {
			err = node_unshare(w, va, b);
		}
		if (err)
			return err;
	}
}

/* --- batches -------------------------------------------------------------- */

void
tree_batch_begin(struct tree_batch *b, struct tree *t)
{
	b->tree = t;
	b->start = USER_TOP;
	b->end = 0;
	b->drops = 0;
}

static void
drop_put(struct frame *f, unsigned drop_level)
{
	if (drop_level == DROP_LEAF(0))
		frame_put(f);
	else if (drop_level == DROP_LEAF(HUGE_LEVEL))
		huge_put(f);
	else
		node_put(f, drop_level - DROP_NODE(0));
}

/* First the flush, then the references: CVE-2018-18281 is the other order. */
void
tree_batch_finish(struct tree_batch *b)
{
	unsigned i;

	if (b->start < b->end)
		mmu_flush(&b->tree->mmu, b->start, b->end);
	for (i = 0; i < b->drops; i++)
		drop_put(b->drop[i], b->drop_level[i]);
	tree_batch_begin(b, b->tree);
}

void
batch_cover(struct tree_batch *b, vaddr_t start, vaddr_t end)
{
	b->start = MIN(b->start, start);
	b->end = MAX(b->end, end);
}

void
batch_drop(struct tree_batch *b, struct frame *f, unsigned drop_level)
{
	if (b->drops == ARRAY_SIZE(b->drop))
		tree_batch_finish(b);
	b->drop[b->drops] = f;
	b->drop_level[b->drops] = (uint8_t)drop_level;
	b->drops++;
}
