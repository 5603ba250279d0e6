/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * memmap.h - from the firmware's memory map to one the kernel can trust.
 *
 * Real maps have entries of no length, entries that overlap, types of later
 * specifications, descriptors longer than the structure, and hundreds of
 * lines.  What comes out is sorted, disjoint, page-aligned and never empty.
 *
 * Context: pure; also compiled for the host tests.
 * Source:  UEFI 2.10, 7.2.3 GetMemoryMap().
 */

#include <stddef.h>

#include "umbra/boot.h"

/* The map as GetMemoryMap() gives it. */
struct memmap_raw {
	const void *bytes;
	uint64_t size;
	uint64_t desc_size; /* the stride: may exceed the structure */
};

/* A range the loader knows better than the firmware's types can say. */
struct memmap_fact {
	uint64_t base;
	uint64_t size;
	uint32_t type; /* enum boot_mem_type */
};

/* Entries out may need for a raw map of this many and so many facts. */
size_t memmap_room(size_t raw_entries, size_t facts);

/*
 * Clean raw into out[cap]; the facts win over everything.  Returns the number
 * of entries, 0 if cap is too small or desc_size is nonsense.
 */
size_t memmap_clean(struct boot_mem *out, size_t cap,
		    const struct memmap_raw *raw,
		    const struct memmap_fact *facts, size_t nfacts);
