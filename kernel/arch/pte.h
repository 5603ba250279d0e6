/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/pte.h - page-table entries, as vm/tree.c sees them.
 *
 * A node is one frame of PTE_PER_NODE entries.  Level 0 entries are 4 KiB
 * leaves; an entry of level 1 is a node or a 2 MiB leaf; levels 2 and 3 hold
 * nodes only.  The root is level 3.  An entry is read and written as one
 * 64-bit word; the processor may set its accessed and dirty bits at any time
 * while it is present, so permission changes use atomic operations.
 *
 * Source: Intel SDM 3A, 4.5; volume 3A table 4-19.
 */

#include "lib/types.h"

typedef uint64_t pte_t;

#define PTE_PER_NODE 512
#define PTE_LEVELS   4

/* What a leaf or the way to it allows. */
enum pte_prot {
	PTE_READ = 0,
	PTE_WRITE_OK = 1 << 0,
	PTE_EXEC_OK = 1 << 1,
	PTE_NONE = 1 << 2, /* the leaf keeps its frame, but nobody may use it */
};

#include "arch/x86_64/machine/pte.h"

/*
 * The machine header gives, inline:
 *	unsigned pte_index(vaddr_t va, unsigned level);
 *	uint64_t pte_span(unsigned level);        bytes one entry covers
 *	pte_t pte_make_node(pfn_t pfn, bool write);  user, executable
 *	pte_t pte_make_leaf(pfn_t pfn, unsigned level, unsigned prot);
 *	bool pte_present(pte_t), pte_is_leaf(pte_t, unsigned level);
 *	bool pte_writable(pte_t), pte_executable(pte_t);
 *	bool pte_dirty(pte_t), pte_accessed(pte_t);
 *	pfn_t pte_pfn(pte_t);
 *	unsigned pte_prot(pte_t);                 enum pte_prot of a leaf
 *	pte_t pte_with_write(pte_t), pte_without_write(pte_t);
 *	pte_t pte_with_prot(pte_t, unsigned level, unsigned prot);
 */
