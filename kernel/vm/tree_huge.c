/* SPDX-License-Identifier: MIT */

/*
 * vm/tree_huge.c - 2 MiB blocks in the tree.
 *
 * A block is 512 single frames that lie together.  Two counts say who has it:
 *
 *	head->huge_refs   huge leaves that map it (FRAME_HUGE is set meanwhile)
 *	frame->refs       4 KiB leaves and others that hold this one frame,
 *	                  plus one for all huge leaves together
 *
 *	 tree A: huge leaf ----\                      huge_refs  2
 *	 tree B: huge leaf -----> [0][1][2]...[511]
 *	 tree C: node of leaves ---^  ^  ^     ^      refs       2 2 2 .. 2
 *
 * So a huge leaf is copied, and dropped, by one count; C broke its huge leaf
 * into a node of small ones, which took a reference on each frame.  A and B
 * may break or drop theirs at the same time without a common lock: each takes
 * its small references first and drops its huge one afterwards, and the
 * one whose atomic decrement finds the 1 drops the collective references.
 *
 * Who reads huge_refs == 1 through a leaf of his own, in nodes of his own,
 * stays the only one: a new huge leaf comes only from copying one.  He may
 * turn the collective references into those of his 512 entries without
 * touching the frames.  But he may write through the huge leaf only if also
 * each frame has just the collective reference: C may still share some.
 *
 * tests/model/huge.pml is the model of this page.
 */

#include "lib/errno.h"
#include "vm/tree_priv.h"

/* The caller's fresh block (one reference, on the head) becomes huge. */
void
huge_start(struct frame *head)
{
	frame_split_block(head, HUGE_ORDER);
	atomic_store_explicit(&head->huge_refs, 1, memory_order_relaxed);
	atomic_fetch_or_explicit(&head->bits, FRAME_HUGE, memory_order_relaxed);
}

/* Through a huge leaf that cannot go away meanwhile, so never from zero. */
void
huge_get(struct frame *head)
{
	unsigned old = atomic_fetch_add_explicit(&head->huge_refs, 1,
						 memory_order_relaxed);

	ASSERT(old != 0 && old < REFCOUNT_SATURATED);
}

static bool
huge_frames_owned(struct frame *head)
{
	unsigned i;

	for (i = 0; i < HUGE_FRAMES; i++)
		if (!frame_exclusive(&head[i]))
			return false;
	return true;
}

static bool
huge_alone(struct frame *head)
{
	return atomic_load_explicit(&head->huge_refs, memory_order_acquire) ==
	       1;
}

bool
huge_exclusive(struct frame *head)
{
	return huge_alone(head) && huge_frames_owned(head);
}

/* No huge leaf maps the block any more and none can: it is only frames. */
static void
huge_end(struct frame *head)
{
	atomic_fetch_and_explicit(&head->bits, (uint8_t)~FRAME_HUGE,
				  memory_order_relaxed);
}

void
huge_put(struct frame *head)
{
	unsigned old = atomic_fetch_sub_explicit(&head->huge_refs, 1,
						 memory_order_acq_rel);
	unsigned i;

	ASSERT(old != 0);
	if (old != 1)
		return;
	huge_end(head);
	if (huge_frames_owned(head)) {
		frame_join_block(head, HUGE_ORDER);
		frame_free_block(head, HUGE_ORDER);
		return;
	}
	for (i = 0; i < HUGE_FRAMES; i++)
		frame_put(&head[i]);
}

/* The leaves of a broken block allow what the huge leaf did. */
static void
fill_leaves(struct frame *node, pte_t huge, bool get)
{
	struct frame *head = pte_frame(huge);
	unsigned prot = pte_prot(huge);
	slot_t *slots = node_slots(node);
	unsigned i;

	for (i = 0; i < HUGE_FRAMES; i++) {
		if (get)
			frame_get(&head[i]);
		atomic_init(&slots[i],
			    pte_make_leaf(frame_pfn(&head[i]), 0, prot));
	}
	node->used = HUGE_FRAMES;
	node->first = 0;
	node->last = HUGE_FRAMES - 1;
}

int
huge_break(struct walk *w, vaddr_t va, struct tree_batch *b)
{
	pte_t huge = slot_load(w->slot);
	struct frame *head = pte_frame(huge);
	struct frame *node = node_make();
	bool alone;

	if (!node)
		return -ENOMEM;
	alone = huge_alone(head);
	fill_leaves(node, huge, !alone);
	node_set_pin_hint(node, node_pin_hint(w->node));
	slot_store(w->slot, pte_make_node(frame_pfn(node), true));
	va = ALIGN_DOWN(va, HUGE_SIZE);
	batch_cover(b, va, va + HUGE_SIZE);
	if (alone) {
		atomic_store_explicit(&head->huge_refs, 0,
				      memory_order_relaxed);
		huge_end(head);
	} else {
		batch_drop(b, head, DROP_LEAF(HUGE_LEVEL));
	}
	return 0;
}
