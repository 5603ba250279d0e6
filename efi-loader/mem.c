/* SPDX-License-Identifier: MIT */

#include "lib/string.h"
#include "loader.h"

static uint64_t
pages_of(uint64_t size)
{
	return size / LOADER_PAGE + (size % LOADER_PAGE != 0);
}

/* Remember a block; without room for that it goes back at once. */
static uint64_t
remember(struct loader *l, uint64_t base, uint64_t pages)
{
	if (l->nblocks == ALLOCS_MAX) {
		l->bs->FreePages(base, pages);
		return 0;
	}
	l->blocks[l->nblocks++] = (struct mem_block){ base, pages };
	memset((void *)base, 0, pages * LOADER_PAGE);
	return base;
}

uint64_t
mem_alloc(struct loader *l, uint64_t size)
{
	EFI_PHYSICAL_ADDRESS base = 0;
	uint64_t pages = pages_of(size);

	if (EFI_ERROR(l->bs->AllocatePages(AllocateAnyPages, EfiLoaderData,
					   pages, &base)))
		return 0;
	return remember(l, base, pages);
}

/* Take too much and give the ends back: the firmware cannot align. */
uint64_t
mem_alloc_aligned(struct loader *l, uint64_t size, uint64_t align)
{
	EFI_PHYSICAL_ADDRESS raw = 0;
	uint64_t pages = pages_of(size);
	uint64_t extra = align / LOADER_PAGE;
	uint64_t base, before, after;

	if (EFI_ERROR(l->bs->AllocatePages(AllocateAnyPages, EfiLoaderData,
					   pages + extra, &raw)))
		return 0;
	base = ALIGN_UP(raw, align);
	before = (base - raw) / LOADER_PAGE;
	after = extra - before;
	if (before)
		l->bs->FreePages(raw, before);
	if (after)
		l->bs->FreePages(base + pages * LOADER_PAGE, after);
	return remember(l, base, pages);
}

uint64_t
mem_alloc_below(struct loader *l, uint64_t limit)
{
	EFI_PHYSICAL_ADDRESS base = limit - 1, second = limit - 1;
	EFI_STATUS status;

	if (EFI_ERROR(l->bs->AllocatePages(AllocateMaxAddress, EfiLoaderData, 1,
					   &base)))
		return 0;
	if (base != 0)
		return remember(l, base, 1);
	status = l->bs->AllocatePages(AllocateMaxAddress, EfiLoaderData, 1,
				      &second);
	l->bs->FreePages(base, 1);
	return EFI_ERROR(status) ? 0 : remember(l, second, 1);
}

void
mem_free(struct loader *l, uint64_t base)
{
	for (size_t i = 0; i < l->nblocks; i++) {
		if (l->blocks[i].base != base)
			continue;
		l->bs->FreePages(base, l->blocks[i].pages);
		l->blocks[i] = l->blocks[--l->nblocks];
		return;
	}
}

void
mem_free_all(struct loader *l)
{
	while (l->nblocks) {
		l->nblocks--;
		l->bs->FreePages(l->blocks[l->nblocks].base,
				 l->blocks[l->nblocks].pages);
	}
}
