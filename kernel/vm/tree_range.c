/* SPDX-License-Identifier: MIT */

/*
 * vm/tree_range.c - operations on ranges: unmap, protect, move, visit.
 *
 * All have two phases.  The first takes what memory is needed: it cuts the
 * range out of the tree, so that what lies across its two ends is this tree's
 * own and no huge leaf sticks out, and un-shares inside what has to change in
 * place.  The second changes entries and cannot fail.
 *
 *	        start                               end
 *	          v                                  v
 *	[ . . . . | . . ] [ . . . . . . ] [ . . . . | . . ]    level 0 nodes
 *	  un-shared        dropped whole,   un-shared
 *	  by the cut       shared or not    by the cut
 */

#include "lib/errno.h"
#include "vm/tree_priv.h"

/*
 * Addresses [start, end) within one node of `level`, as indices; end may be
 * the end of the node's span.
 */
struct span {
	unsigned from, to;
};

static struct span
span_of(unsigned level, vaddr_t start, vaddr_t end)
{
	return (struct span){ pte_index(start, level),
			      pte_index(end - 1, level) + 1 };
}

/* The part of [start, end) that entry i of its node covers. */
static void
clip(unsigned level, unsigned i, vaddr_t *start, vaddr_t *end)
{
	uint64_t size = pte_span(level);
	vaddr_t va = ALIGN_DOWN(*start, size) +
		     (uint64_t)(i - pte_index(*start, level)) * size;

	*start = MAX(*start, va);
	*end = MIN(*end, va + size);
}

static bool
range_valid(vaddr_t start, vaddr_t end)
{
	return start < end && end <= USER_TOP && !((start | end) % PAGE_SIZE);
}

/* --- visit ---------------------------------------------------------------- */

struct visit {
	tree_visit_fn *fn;
	void *arg;
};

static bool
leaf_shared(pte_t pte, unsigned level)
{
	struct frame *f = pte_frame(pte);

	return level == 0 ? !frame_owned(f) : !huge_exclusive(f);
}

static int
visit_node(const struct visit *v, const struct frame *node, unsigned level,
	   vaddr_t start, vaddr_t end, bool shared)
{
	struct span sp = span_of(level, start, end);
	unsigned i;
	int err = 0;

	for (i = node_next(node, sp.from, sp.to); i < sp.to && !err;
	     i = node_next(node, i + 1, sp.to)) {
		pte_t pte = slot_load(node_slots(node) + i);
		vaddr_t s = start, e = end;

		clip(level, i, &s, &e);
		if (pte_is_leaf(pte, level))
			err = v->fn(v->arg, ALIGN_DOWN(s, pte_span(level)), pte,
				    level, shared || leaf_shared(pte, level));
		else
			err = visit_node(v, pte_frame(pte), level - 1, s, e,
					 shared ||
						 !frame_owned(pte_frame(pte)));
	}
	return err;
}

int
tree_visit(const struct tree *t, vaddr_t start, vaddr_t end, tree_visit_fn *fn,
	   void *arg)
{
	struct visit v = { fn, arg };

	ASSERT(range_valid(start, end));
	return visit_node(&v, t->root, PTE_LEVELS - 1, start, end, false);
}

/* There are no nodes without leaves, so any whole entry is something. */
static bool
empty_node(const struct frame *node, unsigned level, vaddr_t start, vaddr_t end)
{
	struct span sp = span_of(level, start, end);
	unsigned i;

	for (i = node_next(node, sp.from, sp.to); i < sp.to;
	     i = node_next(node, i + 1, sp.to)) {
		pte_t pte = slot_load(node_slots(node) + i);
		vaddr_t s = start, e = end;

		clip(level, i, &s, &e);
		if (e - s == pte_span(level) || pte_is_leaf(pte, level) ||
		    !empty_node(pte_frame(pte), level - 1, s, e))
			return false;
	}
	return true;
}

static bool
range_empty(const struct tree *t, vaddr_t start, vaddr_t end)
{
	return empty_node(t->root, PTE_LEVELS - 1, start, end);
}

/* --- cut ------------------------------------------------------------------ */

/* The highest level at which an entry begins at va. */
static unsigned
level_starting(vaddr_t va)
{
	unsigned level = 0;

	while (level < PTE_LEVELS - 1 && va % pte_span(level + 1) == 0)
		level++;
	return level;
}

/* Own every node and break a huge leaf that has `edge` inside it. */
static int
cut(struct tree *t, vaddr_t edge, struct tree_batch *b)
{
	struct walk w = walk_start(t, edge);

	return walk_change(&w, edge, level_starting(edge), WALK_BREAK, b);
}

static int
cut_range(struct tree *t, vaddr_t start, vaddr_t end, struct tree_batch *b)
{
	int err = cut(t, start, b);

	return err ? err : cut(t, end, b);
}

/* --- unmap ---------------------------------------------------------------- */

/* Pages below a node; a node of level 0 knows without being read. */
static uint64_t
node_pages(const struct frame *node, unsigned level)
{
	const slot_t *slots = node_slots(node);
	uint64_t pages = 0;
	unsigned i, left;

	if (level == 0)
		return node->used;
	for (i = node->first, left = node->used; left; i++, left--) {
		i = slots_next(slots, i);
		pages += pte_is_leaf(slot_load(&slots[i]), level)
				 ? leaf_pages(level)
				 : node_pages(pte_frame(slot_load(&slots[i])),
					      level - 1);
	}
	return pages;
}

/* Empty entry i of a node of ours; what it held waits for the flush. */
static void
entry_remove(struct frame *node, unsigned level, unsigned i,
	     struct tree_batch *b)
{
	pte_t pte = slot_take(node_slots(node) + i);
	struct frame *f = pte_frame(pte);

	node_note_unused(node, i);
	if (pte_is_leaf(pte, level)) {
		leaf_note_dirty(pte, level);
		b->tree->resident -= leaf_pages(level);
		batch_drop(b, f, DROP_LEAF(level));
	} else {
		b->tree->resident -= node_pages(f, level - 1);
		batch_drop(b, f, DROP_NODE(level - 1));
	}
}

/* Also removes nodes that this leaves empty, and those that were. */
static void
unmap_node(struct frame *node, unsigned level, vaddr_t start, vaddr_t end,
	   struct tree_batch *b)
{
	struct span sp = span_of(level, start, end);
	unsigned i;

	for (i = node_next(node, sp.from, sp.to); i < sp.to;
	     i = node_next(node, i + 1, sp.to)) {
		pte_t pte = slot_load(node_slots(node) + i);
		vaddr_t s = start, e = end;

		clip(level, i, &s, &e);
		if (e - s < pte_span(level)) {
			struct frame *child = pte_frame(pte);

			unmap_node(child, level - 1, s, e, b);
			if (child->used)
				continue;
		}
		batch_cover(b, s, e);
		entry_remove(node, level, i, b);
	}
}

int
tree_unmap(struct tree *t, vaddr_t start, vaddr_t end, struct tree_batch *b)
{
	int err;

	ASSERT(range_valid(start, end));
	if (range_empty(t, start, end))
		return 0;
	err = cut_range(t, start, end, b);
	if (!err)
		unmap_node(t->root, PTE_LEVELS - 1, start, end, b);
	return err;
}

/* --- protect -------------------------------------------------------------- */

/* Un-share every node that has something in [start, end). */
static int
own_node(struct frame *node, unsigned level, vaddr_t start, vaddr_t end,
	 struct tree_batch *b)
{
	struct span sp = span_of(level, start, end);
	unsigned i;
	int err = 0;

	for (i = node_next(node, sp.from, sp.to); i < sp.to && !err;
	     i = node_next(node, i + 1, sp.to)) {
		slot_t *slot = node_slots(node) + i;
		struct walk w = { node, slot, level };
		vaddr_t s = start, e = end;

		if (pte_is_leaf(slot_load(slot), level))
			continue;
		clip(level, i, &s, &e);
		err = walk_change(&w, s, level - 1, 0, b);
		if (!err)
			err = own_node(w.node, level - 1, s, e, b);
	}
	return err;
}

static void
protect_node(struct frame *node, unsigned level, vaddr_t start, vaddr_t end,
	     unsigned prot, struct tree_batch *b)
{
	struct span sp = span_of(level, start, end);
	unsigned i;

	for (i = node_next(node, sp.from, sp.to); i < sp.to;
	     i = node_next(node, i + 1, sp.to)) {
		slot_t *slot = node_slots(node) + i;
		pte_t pte = slot_load(slot);
		vaddr_t s = start, e = end;
		unsigned allow = prot;

		clip(level, i, &s, &e);
		if (!pte_is_leaf(pte, level)) {
			protect_node(pte_frame(pte), level - 1, s, e, prot, b);
			continue;
		}
		if (!pte_writable(pte))
			allow &= ~(unsigned)PTE_WRITE_OK;
		if (slot_set_prot(slot, level, allow))
			batch_cover(b, s, e);
	}
}

/* The usual case, a few pages under one node of ours: no path to prepare. */
static bool
protect_owned(struct tree *t, vaddr_t start, vaddr_t end, unsigned prot,
	      struct tree_batch *b)
{
	struct walk w = walk_start(t, start);

	if (start >> HUGE_SHIFT != (end - 1) >> HUGE_SHIFT)
		return false;
	walk_owned(&w, start, 0);
	if (w.level > 0)
		return false;
	protect_node(w.node, 0, start, end, prot, b);
	return true;
}

int
tree_protect(struct tree *t, vaddr_t start, vaddr_t end, unsigned prot,
	     struct tree_batch *b)
{
	int err;

	ASSERT(range_valid(start, end));
	if (start == end || protect_owned(t, start, end, prot, b))
		return 0;
	if (range_empty(t, start, end))
		return 0;
	err = cut_range(t, start, end, b);
	if (!err)
		err = own_node(t->root, PTE_LEVELS - 1, start, end, b);
	if (!err)
		protect_node(t->root, PTE_LEVELS - 1, start, end, prot, b);
	return err;
}

/* --- move ----------------------------------------------------------------- */

/* A move under way, an entry at a time, the largest that fits at both ends. */
struct move {
	struct tree *t;
	vaddr_t from, to, end; /* now; end of the source */
	unsigned level;        /* of the entries at from and to */
	struct tree_batch *batch;
};

static unsigned
move_level(const struct move *m)
{
	unsigned level = level_starting(m->from | m->to);

	while (level > 0 && m->end - m->from < pte_span(level))
		level--;
	return level;
}

static void
move_advance(struct move *m, vaddr_t from)
{
	m->to += from - m->from;
	m->from = from;
}

/* Go on to the next entry in use, at m->from or after; false: the end. */
static bool
move_find(struct move *m)
{
	while (m->from < m->end) {
		struct walk w = walk_start(m->t, m->from);

		m->level = move_level(m);
		if (walk_find(&w, m->from, m->level))
			return true;
		move_advance(m, ALIGN_DOWN(m->from, pte_span(w.level)) +
					pte_span(w.level));
	}
	return false;
}

/* Own both entries: the full one and the empty one. */
static int
move_prepare(struct move m)
{
	int err = 0;

	while (!err && move_find(&m)) {
		struct walk w = walk_start(m.t, m.from);

		err = walk_change(&w, m.from, m.level, WALK_BREAK, m.batch);
		w = walk_start(m.t, m.to);
		if (!err)
			err = walk_change(&w, m.to, m.level, WALK_CREATE,
					  m.batch);
		ASSERT(err || !slot_load(w.slot));
		move_advance(&m, m.from + pte_span(m.level));
	}
	return err;
}

static void
move_entries(struct move m)
{
	while (move_find(&m)) {
		struct walk from = walk_start(m.t, m.from);
		struct walk to = walk_start(m.t, m.to);

		walk_owned(&from, m.from, m.level);
		walk_owned(&to, m.to, m.level);
		slot_store(to.slot, slot_take(from.slot));
		node_note_used(to.node, pte_index(m.to, m.level));
		node_note_unused(from.node, pte_index(m.from, m.level));
		if (node_pin_hint(from.node))
			pin_hint_path(m.t, m.to, m.level);
		batch_cover(m.batch, m.from, m.from + pte_span(m.level));
		move_advance(&m, m.from + pte_span(m.level));
	}
}

int
tree_move(struct tree *t, vaddr_t from, vaddr_t to, size_t size,
	  struct tree_batch *b)
{
	struct move m = { t, from, to, from + size, 0, b };
	int err;

	ASSERT(range_valid(from, from + size) && range_valid(to, to + size));
	ASSERT(from + size <= to || to + size <= from);
	err = move_prepare(m);
	if (!err)
		move_entries(m);
	/* The side that has nothing now may have nodes that hold nothing. */
	if (err)
		unmap_node(t->root, PTE_LEVELS - 1, to, to + size, b);
	else
		unmap_node(t->root, PTE_LEVELS - 1, from, from + size, b);
	return err;
}
