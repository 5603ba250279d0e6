/* SPDX-License-Identifier: MIT */

/*
 * vm/tree.c - the page table as a persistent tree.
 *
 * A user address space is a radix tree whose nodes are the hardware's page
 * tables and whose leaves are frames.  Nodes and frames are counted, and one
 * rule holds at each level:
 *
 *	one reference:   mine; I may change it
 *	more than one:   shared and immutable; to change it, put a copy in its
 *	                 place, which takes a reference on each child
 *
 * So to clone is to copy the root.  Everything else follows from the first
 * write, which copies the path from the root to the page, and no more:
 *
 *	   P    C          after clone            P    C       after C wrote
 *	   |    |                                 |    |       to page 2
 *	  [..] [..]   two roots                  [..] [..]
 *	    \  /      no write bit                |     |
 *	    [..] 2    one node, two references   [..]1 [..]1   write bit in C
 *	   / |  \                                / | \/ | \
 *	  1  2   3    frames, one each         1  2 /\ 2' 3  1, 3: 2 references
 *	                                                       2, 2': 1
 *
 * Invariant: an entry that the processor can reach with write permission all
 * the way points to something with exactly one reference (a page of a shared
 * mapping excepted).  The write bit of an upper entry masks all below it, so
 * clone clears it only in the root; copying a node then clears it in all
 * entries of the copy and of the original, whose children now have two
 * parents.  That clearing is the only store ever made into a shared node: it
 * is idempotent, and no processor sees it, being masked from above.
 *
 * When the other side lets go, the count falls back to one and the node is
 * simply owned again.  Its parent entry regains the write bit when somebody
 * walks there to change something; its own entries keep theirs cleared until
 * each is asked for.
 *
 * Locks: a tree is changed under its space's mutex.  Trees that share nodes
 * need no lock between them:
 *	- nobody changes a shared node but for the clearing above;
 *	- a count is raised only by somebody who holds a reference, so one that
 *	  reads 1 through entries of its own stays 1;
 *	- a drop is a release and reading 1 is an acquire, so the last owner
 *	  sees every copy, clearing and read that the others did before;
 *	- two that un-share the same node at once both copy it, and the later
 *	  drop frees the original: wasteful and rare, but right.
 *
 * TLBs: a processor keeps translations, and pointers to nodes, that are no
 * longer in memory.  Giving permission needs no flush, for the worst is a
 * fault that finds nothing to do.  Replacing or removing an entry does, before
 * the reference of what it pointed to is dropped, and that is as true of a
 * node as of a page: its next owner may fill it with his own pages, and a
 * stale pointer to it would show them here.  struct tree_batch keeps the order.
 *
 * Pins: I/O in flight holds a frame by a reference and by frame->pins; see
 * tree_pin.c for how it stays with the tree that asked for it.  A frame that is
 * pinned is never taken back for writing in place, though all other references
 * be gone: the pin may be of somebody who has unmapped the page and waits for
 * what we write into it (CVE-2020-29374).
 *
 * Out of memory: whatever needs a frame takes it before it changes anything.
 * Un-sharing itself changes what the tree is, not what it means, so stopping
 * half way through is no harm.
 *
 * tests/model/cow.pml is the model of this page.
 */

#include "lib/errno.h"
#include "vm/tree_priv.h"

/* Entries of the root that are the user half's. */
_Static_assert((USER_TOP - 1) >> 39 < PTE_PER_NODE / 2, "user half");

/* --- make, clone, destroy ------------------------------------------------- */

int
tree_init(struct tree *t)
{
	t->root = node_make();
	if (!t->root)
		return -ENOMEM;
	mmu_root_init(node_slots(t->root));
	t->mmu.root = frame_paddr(t->root);
	atomic_init(&t->mmu.cpus, 0);
	t->resident = 0;
	return 0;
}

void
tree_destroy(struct tree *t)
{
	node_put(t->root, PTE_LEVELS - 1);
	t->root = NULL;
	t->resident = 0;
}

int
tree_clone(struct tree *dst, struct tree *src)
{
	struct frame *root;

	root = unlikely(node_pin_hint(src->root))
		       ? clone_pinned(src)
		       : node_copy(src->root, PTE_LEVELS - 1);
	if (!root)
		return -ENOMEM;
	mmu_root_init(node_slots(root));
	mmu_flush(&src->mmu, 0, USER_TOP);
	dst->root = root;
	dst->mmu.root = frame_paddr(root);
	atomic_init(&dst->mmu.cpus, 0);
	dst->resident = src->resident;
	return 0;
}

/* --- look up -------------------------------------------------------------- */

struct tree_slot
tree_lookup(const struct tree *t, vaddr_t va)
{
	struct walk w = walk_start(t, va);
	bool shared = false;
	pte_t pte;

	while (pte = slot_load(w.slot), pte_is_node(pte, w.level)) {
		shared |= !frame_owned(pte_frame(pte));
		walk_enter(&w, pte_frame(pte), w.level - 1, va);
	}
	return (struct tree_slot){ pte, pte ? w.level : 0, shared };
}

/* --- map ------------------------------------------------------------------ */

/*
 * Bring w, which walk_owned() has left above `level`, down to an empty entry
 * there, making and un-sharing nodes.
 */
static NOINLINE int
map_walk(struct tree *t, struct walk *w, vaddr_t va, unsigned level)
{
	struct walk there = *w;
	struct tree_batch b;
	int err;

	if (walk_find(&there, va, level))
		return -EEXIST;
	tree_batch_begin(&b, t);
	err = walk_change(w, va, level, WALK_CREATE, &b);
	tree_batch_finish(&b);
	return err;
}

/* The write bit only if nobody else could see or make the writes. */
static unsigned
map_prot(struct frame *f, unsigned prot, unsigned flags)
{
	if (!(flags & TREE_SHARED) && !frame_exclusive(f))
		prot &= ~(unsigned)PTE_WRITE_OK;
	return prot;
}

static int
map_leaf(struct tree *t, vaddr_t va, unsigned level, struct frame *f,
	 unsigned prot)
{
	struct walk w = walk_start(t, va);

	walk_owned(&w, va, level);
	if (unlikely(w.level != level)) {
		struct walk slow = w; /* so that w may live in registers */
		int err = map_walk(t, &slow, va, level);

		if (err)
			return err;
		w = slow;
	}
	if (slot_load(w.slot))
		return -EEXIST;
	if (level == HUGE_LEVEL)
		huge_start(f);
	slot_store(w.slot, pte_make_leaf(frame_pfn(f), level, prot));
	node_note_used(w.node, pte_index(va, level));
	t->resident += leaf_pages(level);
	return 0;
}

int
tree_map(struct tree *t, vaddr_t va, struct frame *f, unsigned prot,
	 unsigned flags)
{
	ASSERT(va < USER_TOP);
	return map_leaf(t, va, 0, f, map_prot(f, prot, flags));
}

int
tree_map_huge(struct tree *t, vaddr_t va, struct frame *head, unsigned prot)
{
	ASSERT(va < USER_TOP && va % HUGE_SIZE == 0);
	ASSERT(head->kind == FRAME_ANON && head->order == HUGE_ORDER);
	return map_leaf(t, va, HUGE_LEVEL, head, prot);
}

/* Fill what is empty of the entries from w on; returns how many. */
static int
fill_run(struct walk *w, unsigned i, struct frame **frames, unsigned n,
	 unsigned prot, unsigned flags)
{
	slot_t *slot = w->slot;
	struct frame **end;
	int mapped = 0;

	for (end = frames + n; frames < end; frames++, slot++, i++) {
		struct frame *f = *frames;

		if (!f || slot_load(slot))
			continue;
		slot_store(slot, pte_make_leaf(frame_pfn(f), 0,
					       map_prot(f, prot, flags)));
		node_note_used(w->node, i);
		*frames = NULL;
		mapped++;
	}
	return mapped;
}

/* An empty walk_change() would leave a node that holds nothing. */
static bool
run_empty(struct frame **frames, unsigned n)
{
	while (n && !frames[n - 1])
		n--;
	return n == 0;
}

int
tree_map_run(struct tree *t, vaddr_t va, struct frame **frames, unsigned n,
	     unsigned prot, unsigned flags)
{
	struct walk w = walk_start(t, va);
	unsigned i = pte_index(va, 0);
	struct tree_batch b;
	int err, mapped;

	ASSERT(va < USER_TOP && i + n <= PTE_PER_NODE);
	if (run_empty(frames, n))
		return 0;
	walk_owned(&w, va, 0);
	if (w.level > 0) {
		tree_batch_begin(&b, t);
		err = walk_change(&w, va, 0, WALK_CREATE, &b);
		tree_batch_finish(&b);
		if (err)
			return err;
	}
	if (w.level > 0)
		return 0; /* a huge leaf fills it all */
	mapped = fill_run(&w, i, frames, n, prot, flags);
	t->resident += (unsigned)mapped;
	return mapped;
}

/* --- write fault ---------------------------------------------------------- */

/* What a write fault is about. */
struct write {
	struct tree *t;
	vaddr_t va;
	unsigned prot, flags;
	struct tree_batch *batch; /* NULL: nothing was un-shared on the way */
};

/* After this no processor has the translation that was at slot. */
static pte_t
take_leaf(const struct write *wr, slot_t *slot)
{
	vaddr_t va = ALIGN_DOWN(wr->va, PAGE_SIZE);
	pte_t pte = slot_take(slot);

	if (wr->batch) {
		batch_cover(wr->batch, va, va + PAGE_SIZE);
		tree_batch_finish(wr->batch);
	} else {
		mmu_flush(&wr->t->mmu, va, va + PAGE_SIZE);
	}
	return pte;
}

/*
 * Put the copy in its place by way of an empty entry: were the new translation
 * to be had before all processors have lost the old one, one thread could
 * write to the copy and another, told of it, still read the original.
 */
static void
replace_leaf(const struct write *wr, slot_t *slot, struct frame *copy)
{
	pte_t pte = take_leaf(wr, slot);

	slot_store(slot, pte_make_leaf(frame_pfn(copy), 0, wr->prot));
	leaf_note_dirty(pte, 0);
	frame_put(pte_frame(pte));
}

/*
 * The path is ours and ends in this 4 KiB leaf.  If it is writable already the
 * fault came from a stale translation, or the write bit missing was above.
 */
static int
write_leaf(const struct write *wr, slot_t *slot)
{
	pte_t pte = slot_load(slot);
	struct frame *old, *copy;

	if (!pte)
		return -ENOENT;
	if (pte_writable(pte))
		return 0;
	old = pte_frame(pte);
	if ((wr->flags & TREE_SHARED) || frame_exclusive(old)) {
		slot_set_prot(slot, 0, wr->prot);
		return 0;
	}
	copy = frame_alloc(FRAME_ANON, FRAME_ANY);
	if (!copy)
		return -ENOMEM;
	frame_copy(copy, old);
	replace_leaf(wr, slot, copy);
	return 0;
}

/* The path is ours and ends in a huge leaf. */
static int
write_huge(const struct write *wr, struct walk *w)
{
	pte_t pte = slot_load(w->slot);
	int err;

	ASSERT(!(wr->flags & TREE_SHARED));
	if (pte_writable(pte))
		return 0;
	if (huge_exclusive(pte_frame(pte))) {
		slot_set_prot(w->slot, HUGE_LEVEL, wr->prot);
		return 0;
	}
	err = huge_break(w, wr->va, wr->batch);
	if (err)
		return err;
	walk_owned(w, wr->va, 0);
	return write_leaf(wr, w->slot);
}

/* Something on the way is missing, shared or huge. */
static NOINLINE int
write_walk(struct write *wr, struct walk w)
{
	struct tree_batch b;
	int err;

	if (!tree_lookup(wr->t, wr->va).pte)
		return -ENOENT;
	tree_batch_begin(&b, wr->t);
	wr->batch = &b;
	err = walk_change(&w, wr->va, 0, 0, &b);
	if (!err)
		err = w.level == 0 ? write_leaf(wr, w.slot)
				   : write_huge(wr, &w);
	tree_batch_finish(&b);
	wr->batch = NULL;
	return err;
}

int
tree_write_fault(struct tree *t, vaddr_t va, unsigned prot, unsigned flags)
{
	struct write wr = { t, va, prot, flags, NULL };
	struct walk w = walk_start(t, va);

	ASSERT(va < USER_TOP);
	walk_owned(&w, va, 0);
	if (unlikely(w.level > 0))
		return write_walk(&wr, w);
	return write_leaf(&wr, w.slot);
}
