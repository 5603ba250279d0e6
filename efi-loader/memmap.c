/* SPDX-License-Identifier: MIT */

/*
 * memmap.c - from the firmware's memory map to one the kernel can trust.
 *
 * The method is painting.  The output begins empty; entries are painted on it
 * kind by kind, from the least to the most careful:
 *
 *	free < boot < loader < persistent < ACPI < NVS < runtime < MMIO
 *	     < reserved < what the loader knows itself
 *
 * and a later coat covers an earlier one.  Where the firmware contradicts
 * itself the careful reading wins, and neither sorting nor the order of the
 * input matters.  Each coat splits at most one entry in two and adds itself,
 * hence memmap_room().
 *
 * Usable memory shrinks to whole pages, everything else grows to them.
 */

#include "memmap.h"

#include <stdbool.h>

#include "efi.h"
#include "lib/string.h"

#define PAGE      4096ULL
#define PHYS_END  (1ULL << 52) /* what a page-table entry can hold */
#define RAW_LEAST 40           /* EFI_MEMORY_DESCRIPTOR, version 1 */

_Static_assert(sizeof(EFI_MEMORY_DESCRIPTOR) == RAW_LEAST, "descriptor");

struct canvas {
	struct boot_mem *mem;
	size_t count;
	size_t cap;
	bool full;
};

/* The kinds, least careful first. */
static const uint32_t coats[] = {
	BOOT_MEM_FREE,       BOOT_MEM_BOOT, BOOT_MEM_LOADER,
	BOOT_MEM_PERSISTENT, BOOT_MEM_ACPI, BOOT_MEM_NVS,
	BOOT_MEM_RUNTIME,    BOOT_MEM_MMIO, BOOT_MEM_RESERVED,
};

#define COATS (sizeof(coats) / sizeof(coats[0]))

size_t
memmap_room(size_t raw_entries, size_t facts)
{
	return 2 * (raw_entries + facts) + 1;
}

static bool
usable(uint32_t type)
{
	return type == BOOT_MEM_FREE || type == BOOT_MEM_BOOT ||
	       type == BOOT_MEM_LOADER;
}

static uint32_t
kind_by_type(uint32_t efi_type)
{
	switch (efi_type) {
	case EfiLoaderCode:
	case EfiLoaderData:
		return BOOT_MEM_LOADER;
	case EfiBootServicesCode:
	case EfiBootServicesData:
		return BOOT_MEM_BOOT;
	case EfiConventionalMemory:
		return BOOT_MEM_FREE;
	case EfiRuntimeServicesCode:
	case EfiRuntimeServicesData:
		return BOOT_MEM_RUNTIME;
	case EfiACPIReclaimMemory:
		return BOOT_MEM_ACPI;
	case EfiACPIMemoryNVS:
		return BOOT_MEM_NVS;
	case EfiMemoryMappedIO:
	case EfiMemoryMappedIOPortSpace:
		return BOOT_MEM_MMIO;
	case EFI_PERSISTENT_MEMORY:
		return BOOT_MEM_PERSISTENT;
	default:
		return BOOT_MEM_RESERVED;
	}
}

/*
 * Memory with the runtime bit belongs to runtime services whatever its type
 * says; memory that is set aside for a purpose (SP), or cannot be cached, is
 * no general RAM.
 */
static uint32_t
kind_of(const EFI_MEMORY_DESCRIPTOR *d)
{
	uint32_t type = kind_by_type(d->Type);

	if (!usable(type))
		return type;
	if (d->Attribute & EFI_MEMORY_RUNTIME)
		return BOOT_MEM_RUNTIME;
	if ((d->Attribute & EFI_MEMORY_SP) || !(d->Attribute & EFI_MEMORY_WB))
		return BOOT_MEM_RESERVED;
	return type;
}

/* Make whole pages of [start, end); false if nothing remains. */
static bool
round_range(struct boot_mem *m, uint64_t start, uint64_t end)
{
	if (end > PHYS_END)
		end = PHYS_END;
	if (start >= end)
		return false;
	if (usable(m->type)) {
		start = (start + PAGE - 1) & ~(PAGE - 1);
		end &= ~(PAGE - 1);
	} else {
		start &= ~(PAGE - 1);
		end = (end + PAGE - 1) & ~(PAGE - 1);
	}
	m->base = start;
	m->size = end - start;
	return start < end;
}

/* Entry i of the raw map; false if it says nothing. */
static bool
raw_entry(const struct memmap_raw *raw, size_t i, struct boot_mem *m)
{
	EFI_MEMORY_DESCRIPTOR d;
	uint64_t end;

	memcpy(&d, (const char *)raw->bytes + i * raw->desc_size, sizeof(d));
	m->type = kind_of(&d);
	m->efi_type = d.Type;
	m->attributes = d.Attribute;
	end = PHYS_END;
	if (d.PhysicalStart < PHYS_END &&
	    d.NumberOfPages <= (PHYS_END - d.PhysicalStart) / PAGE)
		end = d.PhysicalStart + d.NumberOfPages * PAGE;
	return round_range(m, d.PhysicalStart, end);
}

/* Open a gap of n entries at i, or close one (n < 0). */
static bool
shift(struct canvas *c, size_t i, ptrdiff_t n)
{
	size_t tail = c->count - i;

	if (n > 0 && (size_t)n > c->cap - c->count) {
		c->full = true;
		return false;
	}
	if (n < 0)
		tail -= (size_t)-n;
	memmove(&c->mem[n > 0 ? i + (size_t)n : i],
		&c->mem[n < 0 ? i + (size_t)-n : i], tail * sizeof(*c->mem));
	c->count = (size_t)((ptrdiff_t)c->count + n);
	return true;
}

/* First entry that ends above addr. */
static size_t
find(const struct canvas *c, uint64_t addr)
{
	size_t lo = 0, hi = c->count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (c->mem[mid].base + c->mem[mid].size > addr)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

/* Make addr a border: an entry that spans it becomes two. */
static void
split(struct canvas *c, uint64_t addr)
{
	size_t i = find(c, addr);
	struct boot_mem *m = &c->mem[i];

	if (i == c->count || m->base >= addr || !shift(c, i, 1))
		return;
	m[0].size = addr - m[0].base;
	m[1].size -= addr - m[1].base;
	m[1].base = addr;
}

static void
paint(struct canvas *c, const struct boot_mem *coat)
{
	size_t first, last;

	split(c, coat->base);
	split(c, coat->base + coat->size);
	first = find(c, coat->base);
	for (last = first;
	     last < c->count && c->mem[last].base < coat->base + coat->size;)
		last++;
	if (c->full || !shift(c, first, 1 - (ptrdiff_t)(last - first)))
		return;
	c->mem[first] = *coat;
}

/* Join neighbours that say the same. */
static void
merge(struct canvas *c)
{
	struct boot_mem *to = c->mem;

	if (c->count == 0)
		return;
	for (size_t i = 1; i < c->count; i++) {
		struct boot_mem *m = &c->mem[i];

		if (m->type == to->type && m->efi_type == to->efi_type &&
		    m->attributes == to->attributes &&
		    m->base == to->base + to->size)
			to->size += m->size;
		else
			*++to = *m;
	}
	c->count = (size_t)(to - c->mem) + 1;
}

/* A fact keeps what the firmware said of the place. */
static void
paint_fact(struct canvas *c, const struct memmap_fact *fact)
{
	struct boot_mem m = { .type = fact->type };
	size_t i = find(c, fact->base);

	if (i < c->count && c->mem[i].base <= fact->base) {
		m.efi_type = c->mem[i].efi_type;
		m.attributes = c->mem[i].attributes;
	}
	if (round_range(&m, fact->base, fact->base + fact->size))
		paint(c, &m);
}

size_t
memmap_clean(struct boot_mem *out, size_t cap, const struct memmap_raw *raw,
	     const struct memmap_fact *facts, size_t nfacts)
{
	struct canvas c = { .mem = out, .cap = cap };
	struct boot_mem m;
	size_t n;

	if (raw->desc_size < RAW_LEAST)
		return 0;
	n = raw->size / raw->desc_size;
	for (size_t coat = 0; coat < COATS; coat++) {
		for (size_t i = 0; i < n; i++) {
			if (raw_entry(raw, i, &m) && m.type == coats[coat])
				paint(&c, &m);
		}
	}
	for (size_t i = 0; i < nfacts; i++)
		paint_fact(&c, &facts[i]);
	merge(&c);
	return c.full ? 0 : c.count;
}
