/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fake/arch/mmu.h - a machine whose physical addresses are host addresses.
 *
 * A test maps its "RAM" at a low host address and uses it as physical memory;
 * entries keep the real x86-64 format.  The functions that are not inline are
 * the test's to define (or those of fake/machine.h).
 */

#include "arch/pte.h"
#include "arch/smp.h"
#include "lib/types.h"

#define USER_TOP       0x7ffffffff000UL
#define USER_BOTTOM    0x10000UL
#define FRAME_ARRAY_VA 0UL /* the test sets frame_array */

struct mmu_context {
	paddr_t root;
	_Atomic cpumask_t cpus;
};

static inline void *
phys_to_virt(paddr_t pa)
{
	return (void *)(uintptr_t)pa;
}

static inline paddr_t
virt_to_phys(const void *direct_va)
{
	return (uintptr_t)direct_va;
}

enum mmu_kernel_flags {
	MMU_KERNEL_WRITE = 1 << 0,
	MMU_KERNEL_EXEC = 1 << 1,
	MMU_KERNEL_UNCACHED = 1 << 2,
	MMU_KERNEL_WRITE_COMBINE = 1 << 3,
};

void mmu_root_init(void *root_node);
void mmu_switch(struct mmu_context *prev, struct mmu_context *next);
void mmu_flush(struct mmu_context *ctx, vaddr_t start, vaddr_t end);
NODISCARD int mmu_kernel_map(vaddr_t va, paddr_t pa, unsigned flags);
void mmu_kernel_unmap(vaddr_t va, size_t pages);
void mmu_kernel_clear(vaddr_t va, size_t pages);
void mmu_flush_kernel(void);
vaddr_t mmu_kmap_start(void);
vaddr_t mmu_kmap_end(void);
