/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fake_ram.h - "physical memory" for tests of everything above mm/frame.
 *
 * A stretch of host memory at a fixed low address is RAM; physical addresses
 * are host addresses.  The frame array covers it in whole sections, and what
 * lies before and after in the array is not accessible.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <umbra/boot.h>

#include "mm/frame.h"

#define FAKE_RAM_BASE 0x20000000UL

struct fake_ram {
	struct boot_mem map[64];
	struct boot_info bi;
};

static struct fake_ram fake_ram;

static void *
fake_ram_map(uintptr_t at, size_t size)
{
	int fixed = at ? MAP_FIXED_NOREPLACE : 0;
	void *p = mmap((void *)at, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | fixed, -1,
		       0);

	if (p == MAP_FAILED || (at && p != (void *)at)) {
		perror("fake_ram");
		exit(1);
	}
	return p;
}

/* Map size bytes of RAM and the frame array for it. */
static void
fake_ram_create(size_t size)
{
	pfn_t first = FAKE_RAM_BASE >> PAGE_SHIFT;
	pfn_t last =
		ALIGN_UP((FAKE_RAM_BASE + size) >> PAGE_SHIFT, FRAME_SECTION);
	size_t bytes = (last - first) * sizeof(struct frame);

	fake_ram_map(FAKE_RAM_BASE, size);
	frame_array = (struct frame *)fake_ram_map(0, bytes) - first;
}

/* One range of the boot map; ranges come sorted. */
static void UNUSED
fake_ram_range(paddr_t base, size_t size, enum boot_mem_type type)
{
	fake_ram.map[fake_ram.bi.mem_count++] =
		(struct boot_mem){ .base = base, .size = size, .type = type };
	fake_ram.bi.mem_map = (uintptr_t)fake_ram.map;
}

/* All of it free, and the allocator up. */
static void UNUSED
fake_ram_start(size_t size)
{
	fake_ram_create(size);
	fake_ram_range(FAKE_RAM_BASE, size, BOOT_MEM_FREE);
	frame_early_init(&fake_ram.bi);
	frame_init(&fake_ram.bi);
}

static uint64_t UNUSED
fake_ram_used(void)
{
	struct frame_stats st;

	frame_stats(&st);
	return st.total - st.free;
}
