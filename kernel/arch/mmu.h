/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/mmu.h - address translation: what a machine provides.
 *
 * The kernel half of every address space is the same: the direct map of all
 * RAM, the frame array, the kmap window (stacks, MMIO) and the kernel image.
 * The user half is a tree of page-table nodes that vm/tree.c owns; this file
 * gives it the entry format (arch/pte.h), loads roots and flushes TLBs.
 *
 * Locking: mmu_context.cpus is atomic; the rest is the owner's.
 * Source:  Intel SDM 3A chapter 4.
 */

#include "arch/pte.h"
#include "arch/smp.h"
#include "lib/types.h"

/* User addresses are below this; the page under it is never mapped. */
#define USER_TOP 0x7ffffffff000UL

/* Lowest address a program may map (mmap_min_addr). */
#define USER_BOTTOM 0x10000UL

/* What the processor needs to know of an address space. */
struct mmu_context {
	paddr_t root;           /* [I] physical address of the root node */
	_Atomic cpumask_t cpus; /* [a] CPUs that may hold translations of it */
};

/*
 * Boot: leave the loader's page tables for our own.  Afterwards the identity
 * map is gone: bi and all it points to are read through phys_to_virt().
 */
struct boot_info;
void mmu_init(const struct boot_info *bi);

/* End of boot: what is RO_AFTER_BOOT becomes read-only. */
void mmu_seal(void);

/* Give a fresh, zeroed root node its kernel half. */
void mmu_root_init(void *root_node);

/*
 * Load next (NULL: the kernel's own space) on this CPU in place of prev.
 * Called by the scheduler with interrupts off.
 */
void mmu_switch(struct mmu_context *prev, struct mmu_context *next);

/*
 * Drop translations of [start, end) of the user half on every CPU that may
 * hold them; a large range flushes all.  Returns when every CPU has done so.
 * Interrupts may be on or off.
 */
void mmu_flush(struct mmu_context *ctx, vaddr_t start, vaddr_t end);

/*
 * The machine header gives phys_to_virt() and virt_to_phys(): physical memory
 * through the direct map.
 */

/*
 * Kernel mappings outside the direct map; used by mm/kmap.c only, which
 * serialises the calls.  -ENOMEM when no page-table frame can be had.
 */
enum mmu_kernel_flags {
	MMU_KERNEL_WRITE = 1 << 0,
	MMU_KERNEL_EXEC = 1 << 1,
	MMU_KERNEL_UNCACHED = 1 << 2,
	MMU_KERNEL_WRITE_COMBINE = 1 << 3,
};
NODISCARD int mmu_kernel_map(vaddr_t va, paddr_t pa, unsigned flags);
void mmu_kernel_unmap(vaddr_t va, size_t pages); /* flushes every CPU */

/*
 * The same in two steps, for many mappings at once: nothing may take the place
 * of what was cleared before the flush is over.  Flushing needs no lock.
 */
void mmu_kernel_clear(vaddr_t va, size_t pages);
void mmu_flush_kernel(void);

/* The window mm/kmap.c hands out. */
vaddr_t mmu_kmap_start(void);
vaddr_t mmu_kmap_end(void);

/* Walk all kernel tables; returns the leaves both writable and executable. */
size_t mmu_count_wx(void);

#include "arch/x86_64/machine/mmu.h"
