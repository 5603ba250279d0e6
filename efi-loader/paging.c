/* SPDX-License-Identifier: MIT */

/*
 * paging.c - the page tables the kernel begins on.
 *
 * They map the kernel's segments, each with its own permissions, and one to
 * one all RAM that is or will be free, the loader's memory included; nothing
 * is both writable and executable, and the kernel image has no second,
 * writable mapping.  Where two mappings meet, the first stays: the page of
 * enter.S is mapped, executable, before the RAM round it.
 *
 * With 5-level paging on (firmware's choice; it cannot be changed in long
 * mode) one more table goes on top.  Its first and last entry name the same
 * fourth-level table: the low and the high half of a 4-level address space.
 *
 * Source: Intel SDM 3A, 4.5.
 */

#include "io.h"
#include "lib/string.h"
#include "loader.h"
#include "out.h"

#define ENTRIES      512
#define PTE_PRESENT  (1ULL << 0)
#define PTE_WRITE    (1ULL << 1)
#define PTE_LARGE    (1ULL << 7)
#define PTE_NX       (1ULL << 63)
#define PTE_ADDRESS  0x000ffffffffff000ULL
#define LARGE        (2ULL << 20)
#define CR4_LA57     (1ULL << 12)
#define CHUNK_FIRST  64
#define CPUID_NX_BIT (1U << 20)

/* One zeroed page for a table; 0 when memory is out. */
static uint64_t
table_alloc(struct loader *l)
{
	struct table_pool *t = &l->tables;

	if (t->left == 0) {
		t->chunk_pages =
			t->chunk_pages ? 2 * t->chunk_pages : CHUNK_FIRST;
		t->next = mem_alloc(l, t->chunk_pages * LOADER_PAGE);
		if (!t->next)
			return 0;
		t->left = t->chunk_pages;
	}
	t->left--;
	t->next += LOADER_PAGE;
	return t->next - LOADER_PAGE;
}

EFI_STATUS
paging_init(struct loader *l)
{
	uint64_t root = table_alloc(l);

	l->tables.nx = cpu_id(0x80000000, 0).eax >= 0x80000001 &&
		       (cpu_id(0x80000001, 0).edx & CPUID_NX_BIT);
	if (root && (cpu_cr4() & CR4_LA57)) {
		uint64_t *top = (uint64_t *)table_alloc(l);

		if (!top)
			root = 0;
		else
			top[0] = top[ENTRIES - 1] =
				root | PTE_PRESENT | PTE_WRITE;
		l->tables.root = (uint64_t)top;
	} else {
		l->tables.root = root;
	}
	if (!root)
		return fail(EFI_OUT_OF_RESOURCES, "no memory for page tables");
	return EFI_SUCCESS;
}

/* The fourth-level table, also below a fifth. */
static uint64_t *
top_table(const struct loader *l)
{
	uint64_t *root = (uint64_t *)l->tables.root;

	return cpu_cr4() & CR4_LA57 ? (uint64_t *)(root[0] & PTE_ADDRESS)
				    : root;
}

/* The entry for va at level (0: 4 KiB, 1: 2 MiB); NULL without memory. */
static uint64_t *
entry_for(struct loader *l, uint64_t va, unsigned level)
{
	uint64_t *table = top_table(l);

	for (unsigned at = 3;; at--) {
		uint64_t *e = &table[va >> (12 + 9 * at) & (ENTRIES - 1)];
		uint64_t next;

		if (at == level)
			return e;
		if (!(*e & PTE_PRESENT)) {
			next = table_alloc(l);
			if (!next)
				return NULL;
			*e = next | PTE_PRESENT | PTE_WRITE;
		}
		table = (uint64_t *)(*e & PTE_ADDRESS);
	}
}

/*
 * Map what can be reached at va + done and is not mapped yet: a large page or
 * a small one.  Returns the bytes that are done with, 0 without memory.
 */
static uint64_t
map_step(struct loader *l, uint64_t va, uint64_t pa, uint64_t left,
	 uint64_t bits)
{
	uint64_t *e = entry_for(l, va, 1);

	if (!e)
		return 0;
	if ((*e & PTE_PRESENT) && (*e & PTE_LARGE))
		return MIN(left, LARGE - va % LARGE);
	if (!(*e & PTE_PRESENT) && (va | pa) % LARGE == 0 && left >= LARGE) {
		*e = pa | bits | PTE_LARGE;
		return LARGE;
	}
	e = entry_for(l, va, 0);
	if (!e)
		return 0;
	if (!(*e & PTE_PRESENT))
		*e = pa | bits;
	return LOADER_PAGE;
}

EFI_STATUS
paging_map(struct loader *l, uint64_t va, uint64_t pa, uint64_t size,
	   unsigned flags)
{
	uint64_t bits = PTE_PRESENT | (flags & MAP_WRITE ? PTE_WRITE : 0);
	uint64_t done = 0, step;

	if (!(flags & MAP_EXEC) && l->tables.nx)
		bits |= PTE_NX;
	for (; done < size; done += step) {
		step = map_step(l, va + done, pa + done, size - done, bits);
		if (!step)
			return fail(EFI_OUT_OF_RESOURCES,
				    "no memory for page tables");
	}
	return EFI_SUCCESS;
}

/* Memory of ours that the firmware gave an odd type is mapped all the same. */
static EFI_STATUS
map_blocks(struct loader *l)
{
	EFI_STATUS status = EFI_SUCCESS;

	/* Mapping may take new blocks, for tables: the loop reaches those. */
	for (size_t i = 0; i < l->nblocks && !EFI_ERROR(status); i++) {
		const struct mem_block *b = &l->blocks[i];

		if (b->base != l->info->kernel_base)
			status = paging_map(l, b->base, b->base,
					    b->pages * LOADER_PAGE, MAP_WRITE);
	}
	return status;
}

EFI_STATUS
paging_map_ram(struct loader *l, const struct boot_mem *mem, size_t count)
{
	EFI_STATUS status = EFI_SUCCESS;

	for (size_t i = 0; i < count && !EFI_ERROR(status); i++) {
		if (mem[i].type == BOOT_MEM_FREE ||
		    mem[i].type == BOOT_MEM_BOOT ||
		    mem[i].type == BOOT_MEM_LOADER)
			status = paging_map(l, mem[i].base, mem[i].base,
					    mem[i].size, MAP_WRITE);
	}
	return EFI_ERROR(status) ? status : map_blocks(l);
}
