/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * machine/mmu.h - the x86-64 kernel address map.
 *
 *	0000000000000000  user half: vm/tree.c
 *	ffff800000000000  direct map of all RAM, base slid by whole GiB, NX
 *	ffffe00000000000  frame array, mapped where there is RAM, NX
 *	fffff00000000000  kmap window: stacks with guards, MMIO
 *	ffffffff80000000  kernel image + slide, W^X
 *
 * One root entry covers 512 GiB; the entries of the kernel half are filled at
 * boot and never change, so every root may copy them.
 */

#include "lib/types.h"

#define DIRECT_MAP_START 0xffff800000000000UL
#define DIRECT_MAP_END   0xffffe00000000000UL
#define FRAME_ARRAY_VA   0xffffe00000000000UL
#define KMAP_START       0xfffff00000000000UL
#define KMAP_END         0xfffff08000000000UL
#define KERNEL_LINK_VA   0xffffffff80000000UL

extern uintptr_t direct_map_base; /* [I] after mmu_init() */

static inline void *
phys_to_virt(paddr_t pa)
{
	return (void *)(pa + direct_map_base);
}

static inline paddr_t
virt_to_phys(const void *direct_va)
{
	return (uintptr_t)direct_va - direct_map_base;
}
