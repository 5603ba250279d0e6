/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/x86_64/page_map.h - building page tables for the kernel's own use: the
 * kernel half, and the private space of firmware calls.
 *
 * Not for the user half: that is vm/tree.c.
 */

#include "arch/pte.h"

/* Every kernel mapping has these; global, because all spaces share it. */
#define PAGE_KERNEL_RX (PTE_P | PTE_A | PTE_G)
#define PAGE_KERNEL_RO (PAGE_KERNEL_RX | PTE_NX)
#define PAGE_KERNEL_RW (PAGE_KERNEL_RO | PTE_D | PTE_W)

/* Leaf sizes a mapping may use. */
enum page_sizes {
	PAGES_4K = 0,
	PAGES_2M = 1,
	PAGES_1G = 2, /* if the processor has them */
};

/*
 * The entry of level for va, making the nodes on the way to it if create is
 * set.  NULL: no such entry, a larger leaf is in the way, or no memory.
 */
pte_t *page_entry(paddr_t root, vaddr_t va, unsigned level, bool create);

/*
 * Map size bytes at va to pa with leaves as large as alignment and limit
 * allow.  -ENOMEM; -EEXIST if something is mapped there already.
 */
NODISCARD int page_map_range(paddr_t root, vaddr_t va, paddr_t pa, size_t size,
			     uint64_t flags, enum page_sizes limit);

/* A zeroed node, or 0. */
paddr_t page_table_alloc(void);

/* From now on nodes come from the frame allocator. */
void page_map_late(void);
