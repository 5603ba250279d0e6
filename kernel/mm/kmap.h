/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * mm/kmap.h - the kernel's own virtual address windows: stacks with guard
 * pages, and memory-mapped I/O.
 *
 * Locking: kmap_lock (spin, LOCK_KMAP).  Context: not in interrupts.
 */

#include "lib/types.h"

/* A stack of size bytes (power of two) with an unmapped page below it. */
NODISCARD void *kmap_stack_alloc(size_t size); /* lowest mapped byte, or NULL */
void kmap_stack_free(void *stack, size_t size);
/* Many at once: each one's lowest word leads to the next. */
void kmap_stacks_free(void *first, size_t size);

/* Is va in the guard page of a stack?  Sets *base to the stack. */
bool kmap_is_guard(vaddr_t va, vaddr_t *base);

enum kmap_cache {
	KMAP_UNCACHED,
	KMAP_WRITE_COMBINE,
	KMAP_CACHED,
};

/* Map device memory or firmware tables; pa and size need no alignment. */
NODISCARD void *kmap_physical(paddr_t pa, size_t size, enum kmap_cache how);
void kunmap_physical(void *va, size_t size);
