/* SPDX-License-Identifier: MIT */
#include "arch/x86_64/page_map.h"

#include "arch/mmu.h"
#include "arch/x86_64/features.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/frame.h"

/*
 * arch/x86_64/page_map.c - building page tables.
 *
 * Works before and after the kernel's own tables are live: until then
 * direct_map_base is 0, and phys_to_virt() is the loader's identity map.
 */

static bool late RO_AFTER_BOOT;

void
page_map_late(void)
{
	late = true;
}

paddr_t
page_table_alloc(void)
{
	struct frame *f;
	paddr_t pa;

	if (late) {
		f = frame_alloc(FRAME_KERNEL, FRAME_ZERO);
		return f ? frame_paddr(f) : 0;
	}
	pa = frame_early_alloc(1);
	memset(phys_to_virt(pa), 0, PAGE_SIZE);
	return pa;
}

/* Nodes allow everything; their leaves decide. */
static pte_t *
node_below(pte_t *entry, unsigned level, bool create)
{
	paddr_t node;

	if (!(*entry & PTE_P)) {
		node = create ? page_table_alloc() : 0;
		if (!node)
			return NULL;
		*entry = node | PTE_P | PTE_W | PTE_A;
	} else if (pte_is_leaf(*entry, level)) {
		return NULL;
	}
	return phys_to_virt(*entry & PTE_ADDR_MASK);
}

pte_t *
page_entry(paddr_t root, vaddr_t va, unsigned level, bool create)
{
	pte_t *node = phys_to_virt(root);
	unsigned at;

	for (at = PTE_LEVELS - 1; at > level; at--) {
		node = node_below(&node[pte_index(va, at)], at, create);
		if (!node)
			return NULL;
	}
	return &node[pte_index(va, level)];
}

/* Largest level whose leaf fits at va and pa and into size. */
static unsigned
leaf_level(vaddr_t va, paddr_t pa, size_t size, enum page_sizes limit)
{
	unsigned level = (unsigned)limit;

	if (level == PAGES_1G && !x86_features.gbpages)
		level = PAGES_2M;
	while (level > 0 &&
	       (((va | pa) & (pte_span(level) - 1)) || size < pte_span(level)))
		level--;
	return level;
}

int
page_map_range(paddr_t root, vaddr_t va, paddr_t pa, size_t size,
	       uint64_t flags, enum page_sizes limit)
{
	size_t done, span;

	for (done = 0; done < size; done += span) {
		unsigned level =
			leaf_level(va + done, pa + done, size - done, limit);
		pte_t *entry = page_entry(root, va + done, level, true);

		if (!entry)
			return -ENOMEM;
		if (*entry & PTE_P)
			return -EEXIST;
		*entry = (pa + done) | flags | (level > 0 ? PTE_PS : 0);
		span = pte_span(level);
	}
	return 0;
}
