/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * machine/pte.h - x86-64 page-table entries (Intel SDM 3A, tables 4-15..4-20).
 *
 * Pure: also compiled for the host tests.
 */

#include "lib/types.h"

#define PTE_P         (1ULL << 0)
#define PTE_W         (1ULL << 1)
#define PTE_U         (1ULL << 2)
#define PTE_PWT       (1ULL << 3)
#define PTE_PCD       (1ULL << 4)
#define PTE_A         (1ULL << 5)
#define PTE_D         (1ULL << 6)
#define PTE_PS        (1ULL << 7) /* leaf, at level 1 and above */
#define PTE_G         (1ULL << 8)
#define PTE_NX        (1ULL << 63)
#define PTE_ADDR_MASK 0x000ffffffffff000ULL

/* Which entry of a level's node covers va. */
static inline unsigned
pte_index(vaddr_t va, unsigned level)
{
	return (unsigned)(va >> (PAGE_SHIFT + 9 * level)) & 511;
}

/* Bytes one entry of this level covers. */
static inline uint64_t
pte_span(unsigned level)
{
	return 1ULL << (PAGE_SHIFT + 9 * level);
}

static inline pte_t
pte_make_node(pfn_t pfn, bool write)
{
	return pfn << PAGE_SHIFT | PTE_P | PTE_U | PTE_A | (write ? PTE_W : 0);
}

/*
 * A leaf made PTE_NONE is not present, but its address bits stay, inverted: a
 * processor that speculates through it (L1TF, CVE-2018-3620) sees an address
 * where there is no memory.
 */
static inline pte_t
pte_with_prot(pte_t pte, unsigned level, unsigned prot)
{
	if (!(pte & PTE_P))
		pte = (pte ^ PTE_ADDR_MASK) | PTE_P;
	pte &= ~(PTE_W | PTE_NX | PTE_PS);
	if (level > 0)
		pte |= PTE_PS;
	if (prot & PTE_NONE)
		return ((pte ^ PTE_ADDR_MASK) & ~PTE_P) | PTE_NX;
	if (prot & PTE_WRITE_OK)
		pte |= PTE_W;
	if (!(prot & PTE_EXEC_OK))
		pte |= PTE_NX;
	return pte;
}

/* Accessed is set at once: it saves the processor a locked update. */
static inline pte_t
pte_make_leaf(pfn_t pfn, unsigned level, unsigned prot)
{
	return pte_with_prot(pfn << PAGE_SHIFT | PTE_P | PTE_U | PTE_A, level,
			     prot);
}

static inline bool
pte_present(pte_t pte)
{
	return pte & PTE_P;
}

static inline bool
pte_is_leaf(pte_t pte, unsigned level)
{
	return level == 0 || (pte & PTE_PS);
}

static inline bool
pte_writable(pte_t pte)
{
	return pte & PTE_W;
}

static inline bool
pte_executable(pte_t pte)
{
	return !(pte & PTE_NX);
}

static inline bool
pte_dirty(pte_t pte)
{
	return pte & PTE_D;
}

static inline bool
pte_accessed(pte_t pte)
{
	return pte & PTE_A;
}

static inline pfn_t
pte_pfn(pte_t pte)
{
	if (!(pte & PTE_P))
		pte ^= PTE_ADDR_MASK; /* PTE_NONE */
	return (pte & PTE_ADDR_MASK) >> PAGE_SHIFT;
}

static inline unsigned
pte_prot(pte_t pte)
{
	if (!(pte & PTE_P))
		return PTE_NONE;
	return (pte & PTE_W ? PTE_WRITE_OK : 0) |
	       (pte & PTE_NX ? 0 : PTE_EXEC_OK);
}

static inline pte_t
pte_with_write(pte_t pte)
{
	return pte | PTE_W;
}

static inline pte_t
pte_without_write(pte_t pte)
{
	return pte & ~PTE_W;
}
