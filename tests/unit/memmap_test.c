/* SPDX-License-Identifier: MIT */
/* unit: efi-loader/memmap.c */

/*
 * Cases by hand for each rule, then random maps against a model that keeps
 * one kind per page.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../efi-loader/efi.h"
#include "../../efi-loader/memmap.h"

#define STRIDE 48
#define RAW    256
#define WB     EFI_MEMORY_WB

static unsigned char raw_bytes[RAW * STRIDE];
static size_t raw_count;
static struct boot_mem out[2 * RAW + 16];

static int
empty(void **state)
{
	(void)state;
	memset(raw_bytes, 0xee, sizeof(raw_bytes)); /* what pads a stride */
	raw_count = 0;
	return 0;
}

static void
add(uint32_t type, uint64_t base, uint64_t pages, uint64_t attributes)
{
	EFI_MEMORY_DESCRIPTOR d = {
		.Type = type,
		.PhysicalStart = base,
		.NumberOfPages = pages,
		.Attribute = attributes,
	};

	memcpy(raw_bytes + STRIDE * raw_count++, &d, sizeof(d));
}

static size_t
clean(const struct memmap_fact *facts, size_t nfacts)
{
	const struct memmap_raw raw = { raw_bytes, raw_count * STRIDE, STRIDE };

	return memmap_clean(out, memmap_room(raw_count, nfacts), &raw, facts,
			    nfacts);
}

static void
expect(size_t i, uint64_t base, uint64_t size, uint32_t type)
{
	assert_int_equal(out[i].base, base);
	assert_int_equal(out[i].size, size);
	assert_int_equal(out[i].type, type);
}

static void
sorts_and_merges(void **state)
{
	(void)state;
	add(EfiConventionalMemory, 0x5000, 3, WB);
	add(EfiLoaderData, 0x1000, 1, WB);
	add(EfiConventionalMemory, 0x3000, 2, WB);
	add(EfiBootServicesCode, 0x2000, 1, WB);
	assert_int_equal(clean(NULL, 0), 3);
	expect(0, 0x1000, 0x1000, BOOT_MEM_LOADER);
	expect(1, 0x2000, 0x1000, BOOT_MEM_BOOT);
	expect(2, 0x3000, 0x5000, BOOT_MEM_FREE);
}

static void
drops_and_clips(void **state)
{
	(void)state;
	add(EfiConventionalMemory, 0x1000, 0, WB);
	add(EfiReservedMemoryType, 0x1001, 0, 0);
	add(EfiConventionalMemory, 1ULL << 52, 4, WB);
	add(EfiConventionalMemory, UINT64_MAX - 4095, 4, WB);
	add(EfiMemoryMappedIO, (1ULL << 52) - 0x2000, UINT64_MAX, 0);
	add(EfiConventionalMemory, 0x10800, 2, WB); /* shrinks */
	add(EfiACPIMemoryNVS, 0x20800, 1, WB);      /* grows */
	assert_int_equal(clean(NULL, 0), 3);
	expect(0, 0x11000, 0x1000, BOOT_MEM_FREE);
	expect(1, 0x20000, 0x2000, BOOT_MEM_NVS);
	expect(2, (1ULL << 52) - 0x2000, 0x2000, BOOT_MEM_MMIO);
}

static void
types_and_attributes(void **state)
{
	static const struct {
		uint32_t efi;
		uint64_t attributes;
		uint32_t type;
	} cases[] = {
		{ EfiLoaderCode, WB, BOOT_MEM_LOADER },
		{ EfiBootServicesData, WB, BOOT_MEM_BOOT },
		{ EfiRuntimeServicesCode, WB, BOOT_MEM_RUNTIME },
		{ EfiACPIReclaimMemory, WB, BOOT_MEM_ACPI },
		{ EfiMemoryMappedIOPortSpace, 0, BOOT_MEM_MMIO },
		{ EfiPalCode, WB, BOOT_MEM_RESERVED },
		{ EfiUnusableMemory, WB, BOOT_MEM_RESERVED },
		{ 14, WB, BOOT_MEM_PERSISTENT },
		{ 15, WB, BOOT_MEM_RESERVED },
		{ 16, WB, BOOT_MEM_RESERVED },
		{ 0x80000001, WB, BOOT_MEM_RESERVED },
		{ EfiConventionalMemory, WB | 0x40000, BOOT_MEM_RESERVED },
		{ EfiConventionalMemory, 1, BOOT_MEM_RESERVED },
		{ EfiBootServicesData, WB | 1ULL << 63, BOOT_MEM_RUNTIME },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		empty(NULL);
		add(cases[i].efi, 0x1000, 1, cases[i].attributes);
		assert_int_equal(clean(NULL, 0), 1);
		expect(0, 0x1000, 0x1000, cases[i].type);
		assert_int_equal(out[0].efi_type, cases[i].efi);
		assert_int_equal(out[0].attributes, cases[i].attributes);
	}
}

/* The careful reading wins, in either order. */
static void
overlaps(void **state)
{
	(void)state;
	for (int swap = 0; swap < 2; swap++) {
		empty(NULL);
		if (swap)
			add(EfiReservedMemoryType, 0x4000, 2, 0);
		add(EfiConventionalMemory, 0x1000, 16, WB);
		if (!swap)
			add(EfiReservedMemoryType, 0x4000, 2, 0);
		assert_int_equal(clean(NULL, 0), 3);
		expect(0, 0x1000, 0x3000, BOOT_MEM_FREE);
		expect(1, 0x4000, 0x2000, BOOT_MEM_RESERVED);
		expect(2, 0x6000, 0xb000, BOOT_MEM_FREE);
	}
}

static void
facts_win(void **state)
{
	const struct memmap_fact kernel = { 0x3000, 0x2000, BOOT_MEM_KERNEL };

	(void)state;
	add(EfiLoaderData, 0x1000, 8, WB);
	add(EfiReservedMemoryType, 0x4000, 1, 0);
	assert_int_equal(clean(&kernel, 1), 3);
	expect(0, 0x1000, 0x2000, BOOT_MEM_LOADER);
	expect(1, 0x3000, 0x2000, BOOT_MEM_KERNEL);
	assert_int_equal(out[1].efi_type, EfiLoaderData);
	expect(2, 0x5000, 0x4000, BOOT_MEM_LOADER);
}

static void
refuses(void **state)
{
	struct memmap_raw raw = { raw_bytes, STRIDE, 39 };

	(void)state;
	add(EfiConventionalMemory, 0x1000, 1, WB);
	assert_int_equal(memmap_clean(out, 8, &raw, NULL, 0), 0);
	raw.desc_size = 0;
	assert_int_equal(memmap_clean(out, 8, &raw, NULL, 0), 0);
	raw.desc_size = STRIDE;
	assert_int_equal(memmap_clean(out, 0, &raw, NULL, 0), 0);
	assert_int_equal(memmap_clean(out, 1, &raw, NULL, 0), 1);
	raw.size = STRIDE - 1; /* half a descriptor says nothing */
	assert_int_equal(memmap_clean(out, 1, &raw, NULL, 0), 0);
}

/* One kind per page, the same order of care, no cleverness. */
#define MODEL_PAGES 128
static const uint32_t efi_types[] = { 7, 4, 2, 14, 9, 10, 6, 11, 0 };
static const uint32_t kinds[] = {
	BOOT_MEM_FREE,       BOOT_MEM_BOOT, BOOT_MEM_LOADER,
	BOOT_MEM_PERSISTENT, BOOT_MEM_ACPI, BOOT_MEM_NVS,
	BOOT_MEM_RUNTIME,    BOOT_MEM_MMIO, BOOT_MEM_RESERVED,
};

static void
compare_model(const int *model, size_t n)
{
	uint64_t end = 0;
	size_t pages = 0, expected = 0;

	for (size_t i = 0; i < n; i++) {
		assert_true(out[i].base >= end && out[i].size > 0);
		assert_int_equal((out[i].base | out[i].size) & 4095, 0);
		end = out[i].base + out[i].size;
		for (uint64_t a = out[i].base; a < end; a += 4096, pages++) {
			assert_true(model[a / 4096] >= 0);
			assert_int_equal(kinds[model[a / 4096]], out[i].type);
		}
	}
	for (size_t p = 0; p < MODEL_PAGES; p++)
		expected += model[p] >= 0;
	assert_int_equal(pages, expected);
}

static void
random_maps(void **state)
{
	int model[MODEL_PAGES];

	(void)state;
	srand(1);
	for (int round = 0; round < 20000; round++) {
		size_t n = (size_t)rand() % 40;

		empty(NULL);
		memset(model, -1, sizeof(model));
		for (size_t i = 0; i < n; i++) {
			int rank = rand() % 9;
			size_t base = (size_t)rand() % MODEL_PAGES;
			size_t pages = (size_t)rand() % 20;

			if (base + pages > MODEL_PAGES)
				pages = MODEL_PAGES - base;
			add(efi_types[rank], base * 4096, pages, WB);
			for (size_t p = base; p < base + pages; p++)
				if (model[p] < rank)
					model[p] = rank;
		}
		compare_model(model, clean(NULL, 0));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(sorts_and_merges, empty),
		cmocka_unit_test_setup(drops_and_clips, empty),
		cmocka_unit_test_setup(types_and_attributes, empty),
		cmocka_unit_test_setup(overlaps, empty),
		cmocka_unit_test_setup(facts_win, empty),
		cmocka_unit_test_setup(refuses, empty),
		cmocka_unit_test_setup(random_maps, empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
