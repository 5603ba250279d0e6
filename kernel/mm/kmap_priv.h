/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * mm/kmap_priv.h - what kmap.c (windows) and kmap_stack.c share: the address
 * range and the lock that serialises changes of kernel mappings.
 */

#include "arch/mmu.h"
#include "core/spinlock.h"
#include "mm/kmap.h"

enum {
	STACK_CLASSES = 5,     /* stacks of 4, 8, 16, 32, 64 KiB */
	STACK_SLOTS = 1 << 18, /* of each */
};

/* Addresses for one class, enough for the largest; and for all of them. */
#define KMAP_CLASS_SPAN  ((uint64_t)STACK_SLOTS * 2 * (64UL << 10))
#define KMAP_STACKS_SPAN (STACK_CLASSES * KMAP_CLASS_SPAN)

extern struct spinlock kmap_lock; /* LOCK_KMAP */

/* Map pages; on -ENOMEM none stays mapped. */
NODISCARD int kmap_map_pages(vaddr_t va, paddr_t pa, size_t pages,
			     unsigned flags) REQUIRES(kmap_lock);
