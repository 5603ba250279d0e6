/* SPDX-License-Identifier: MIT */

/*
 * vm/tree_check.c - is the tree what tree.c says it is?
 *
 * What other trees may change meanwhile is not judged: below a shared node a
 * write bit may be about to be cleared, and it is masked.
 */

#include "core/panic.h"
#include "vm/tree_priv.h"

#define CHECK(x, va)                                                    \
	do {                                                            \
		if (unlikely(!(x)))                                     \
			panic("tree_check: %s at %lx", #x, (long)(va)); \
	} while (0)

enum {
	PIN_SPINS = 1000, /* a pin is dropped in two steps; wait them out */
};

/* Written in place: by one tree, and by I/O that pinned it. */
static bool
frame_writable(struct frame *f)
{
	unsigned spins, pins;

	if (f->kind == FRAME_CACHE)
		return true;
	for (spins = 0; spins < PIN_SPINS; spins++) {
		pins = atomic_load_explicit(&f->pins, memory_order_acquire);
		if (refcount_read(&f->refs) <= 1 + pins)
			return true;
	}
	return false;
}

static void
check_huge(pte_t pte, vaddr_t va, bool owned)
{
	struct frame *head = pte_frame(pte);
	unsigned huge = atomic_load(&head->huge_refs), i;

	CHECK(frame_pfn(head) % HUGE_FRAMES == 0, va);
	CHECK(atomic_load(&head->bits) & FRAME_HUGE, va);
	CHECK(huge >= 1, va);
	CHECK(!owned || !pte_writable(pte) || huge == 1, va);
	for (i = 0; i < HUGE_FRAMES; i++) {
		CHECK(head[i].kind == FRAME_ANON && head[i].order == 0, va);
		CHECK(refcount_read(&head[i].refs) >= 1, va);
		CHECK(!owned || !pte_writable(pte) || frame_writable(&head[i]),
		      va);
	}
}

static void
check_leaf(pte_t pte, unsigned level, vaddr_t va, bool owned)
{
	struct frame *f = pte_frame(pte);

	if (level > 0) {
		CHECK(level == HUGE_LEVEL, va);
		check_huge(pte, va, owned);
		return;
	}
	CHECK(f->kind != FRAME_FREE && f->kind != FRAME_NODE, va);
	CHECK(refcount_read(&f->refs) >= 1, va);
	CHECK(!owned || !pte_writable(pte) || frame_writable(f), va);
}

/* Returns the pages below. */
static uint64_t
check_node(const struct frame *node, unsigned level, vaddr_t va, bool owned)
{
	const slot_t *slots = node_slots(node);
	bool root = level == PTE_LEVELS - 1;
	unsigned i, used = 0;
	uint64_t pages = 0;

	CHECK(node->kind == FRAME_NODE, va);
	CHECK(node->used || root, va);
	for (i = 0; i < (root ? PTE_PER_NODE / 2 : PTE_PER_NODE); i++) {
		pte_t pte = slot_load(&slots[i]);
		vaddr_t at = va + i * pte_span(level);
		bool mine;

		if (!pte)
			continue;
		used++;
		CHECK(i >= node->first && i <= node->last, at);
		if (pte_is_leaf(pte, level)) {
			check_leaf(pte, level, at, owned);
			pages += leaf_pages(level);
			continue;
		}
		CHECK(pte_present(pte), at);
		CHECK(refcount_read(&pte_frame(pte)->refs) >= 1, at);
		mine = owned && frame_owned(pte_frame(pte));
		CHECK(mine || !owned || !pte_writable(pte), at);
		pages += check_node(pte_frame(pte), level - 1, at, mine);
	}
	CHECK(used == node->used, va);
	return pages;
}

void
tree_check(const struct tree *t)
{
	CHECK(frame_owned(t->root), 0);
	CHECK(t->mmu.root == frame_paddr(t->root), 0);
	CHECK(check_node(t->root, PTE_LEVELS - 1, 0, true) == t->resident, 0);
}
