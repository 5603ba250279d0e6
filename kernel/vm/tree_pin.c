/* SPDX-License-Identifier: MIT */

/*
 * vm/tree_pin.c - frames pinned for I/O, and how they live through clone.
 *
 * While I/O is in flight the device, or another process's pipe, reads or
 * writes a frame without the page tables.  Who pinned it expects that frame
 * and his page to be one; everybody else must neither see what the I/O brings
 * nor let it see what they write.  Two ways to get this wrong, and what we do:
 *
 *  - the pinned frame is shared copy-on-write when it is pinned.  The pinner
 *    unmaps it, the other one is the last owner, writes in place, and the
 *    pinner reads that (CVE-2020-29374).  So a page is made the pinner's own
 *    before it is pinned, and a write fault never reuses a pinned frame.
 *  - it becomes shared after it is pinned.  The pinner writes first and gets
 *    a copy, and the I/O goes on in a frame that is now the child's.  So clone
 *    copies pinned pages for the child at once, and leaves the parent's
 *    entries alone.
 *
 * Thus a private frame that is pinned is mapped by the tree it was pinned
 * through or by none.
 *
 * Clone must not look at every page for that.  Pinning leaves a hint in the
 * nodes on the way, which are unshared then; clone follows hints only, and
 * copies hinted nodes instead of sharing them:
 *
 *	        [root*]                    clone     [root*]      [root]
 *	        /     \                              /    \       /    |
 *	   [A*]        [B]      * = hint         [A*]     [B]----'    [A']
 *	   /  \                                  /  \      two        /  \
 *	  1    2 pinned                         1    2    references 1    2'
 *
 * A hint says "may be": unpinning does not take it back, the next clone does.
 */

#include "lib/errno.h"
#include "vm/tree_priv.h"

void
pin_hint_path(struct tree *t, vaddr_t va, unsigned level)
{
	struct walk w = walk_start(t, va);
	unsigned l = w.level;

	for (;;) {
		ASSERT(w.level == l);
		node_set_pin_hint(w.node, true);
		if (l == level)
			return;
		walk_owned(&w, va, --l);
	}
}

static bool
frame_pinned(struct frame *f)
{
	return f->kind == FRAME_ANON &&
	       atomic_load_explicit(&f->pins, memory_order_acquire) != 0;
}

/* The frame that a leaf maps at va. */
static struct frame *
slot_frame(struct tree_slot slot, vaddr_t va)
{
	return pte_frame(slot.pte) + (va % pte_span(slot.level) >> PAGE_SHIFT);
}

/*
 * A private frame that is pinned already is ours, though a write fault would
 * copy it; pinning it again must not part it from the first pin.
 */
int
tree_pin(struct tree *t, vaddr_t va, unsigned prot, unsigned flags,
	 struct frame **out)
{
	struct tree_slot slot = tree_lookup(t, va);
	int err;

	if (!slot.pte)
		return -ENOENT;
	if (slot.path_shared || !frame_pinned(slot_frame(slot, va))) {
		err = tree_write_fault(t, va, prot, flags);
		if (err)
			return err;
		slot = tree_lookup(t, va);
	}
	pin_hint_path(t, va, slot.level);
	*out = slot_frame(slot, va);
	frame_get(*out);
	atomic_fetch_add_explicit(&(*out)->pins, 1, memory_order_relaxed);
	return 0;
}

/* --- clone with pins ------------------------------------------------------ */

struct pinned_clone {
	struct tree_batch batch; /* of the source */
	vaddr_t va;              /* what the entry at hand covers */
	bool found;              /* something is pinned below it */
};

static struct frame *
clone_node(struct pinned_clone *c, struct frame *src, unsigned level);

static bool
huge_pinned(struct frame *head)
{
	unsigned i;

	for (i = 0; i < HUGE_FRAMES; i++)
		if (frame_pinned(&head[i]))
			return true;
	return false;
}

/* The child's entry for a page that stays the parent's; 0: no memory. */
static pte_t
clone_pinned_leaf(struct pinned_clone *c, pte_t pte)
{
	struct frame *copy = frame_alloc(FRAME_ANON, FRAME_ANY);

	if (!copy)
		return 0;
	frame_copy(copy, pte_frame(pte));
	c->found = true;
	return pte_make_leaf(frame_pfn(copy), 0, pte_prot(pte));
}

/* The child's entry for the parent's entry at w; 0: no memory. */
static pte_t
clone_entry(struct pinned_clone *c, struct walk *w)
{
	pte_t pte = slot_load(w->slot);
	struct frame *copy;

	if (w->level == 0)
		return frame_pinned(pte_frame(pte)) ? clone_pinned_leaf(c, pte)
						    : slot_share(w->slot, 0);
	if (pte_is_leaf(pte, w->level)) {
		if (!huge_pinned(pte_frame(pte)))
			return slot_share(w->slot, w->level);
		if (huge_break(w, c->va, &c->batch))
			return 0;
		pte = slot_load(w->slot);
	}
	if (!node_pin_hint(pte_frame(pte)))
		return slot_share(w->slot, w->level);
	copy = clone_node(c, pte_frame(pte), w->level - 1);
	return copy ? pte_make_node(frame_pfn(copy), true) : 0;
}

/* Like node_copy(), but what is pinned stays src's alone. */
static struct frame *
clone_node(struct pinned_clone *c, struct frame *src, unsigned level)
{
	struct frame *dst = node_make();
	bool found_before = c->found;
	vaddr_t va = c->va;
	unsigned i, left;

	if (!dst)
		return NULL;
	c->found = false;
	for (i = src->first, left = src->used; left; i++, left--) {
		struct walk w = { src, node_slots(src), level };
		pte_t pte;

		i = slots_next(w.slot, i);
		w.slot += i;
		c->va = va + i * pte_span(level);
		pte = clone_entry(c, &w);
		if (!pte) {
			node_put(dst, level);
			return NULL;
		}
		atomic_init(node_slots(dst) + i, pte);
		node_note_used(dst, i);
	}
	node_set_pin_hint(src, c->found);
	c->found |= found_before;
	return dst;
}

NOINLINE struct frame *
clone_pinned(struct tree *src)
{
	struct pinned_clone c = { .va = 0 };
	struct frame *root;

	tree_batch_begin(&c.batch, src);
	root = clone_node(&c, src->root, PTE_LEVELS - 1);
	if (!root) /* the write bits that were cleared on the way */
		batch_cover(&c.batch, 0, USER_TOP);
	tree_batch_finish(&c.batch);
	return root;
}
