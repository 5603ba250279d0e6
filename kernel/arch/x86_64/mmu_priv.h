/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/x86_64/mmu_priv.h - the kernel's root table inside the machine layer.
 */

#include "arch/mmu.h"

extern paddr_t mmu_kernel_root; /* [I] after mmu_init() */

/* A page below 1 MiB for the first page table of starting CPUs, or 0. */
extern paddr_t mmu_low_page;

/* Load a root on this CPU; also drops all translations but global ones. */
void mmu_load_root(paddr_t root);

/* What this CPU has loaded now. */
paddr_t mmu_loaded_root(void);

/* Before CPU n starts: what it needs to load a root.  -ENOMEM. */
NODISCARD int mmu_prepare_cpu(unsigned cpu);

/* Drop every translation of this CPU, global ones too. */
void mmu_flush_all_local(void);
