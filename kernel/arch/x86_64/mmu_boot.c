/* SPDX-License-Identifier: MIT */
#include <umbra/boot.h>

#include "arch/mmu.h"
#include "arch/x86_64/features.h"
#include "arch/x86_64/machine/x86.h"
#include "arch/x86_64/mmu_priv.h"
#include "arch/x86_64/page_map.h"
#include "core/cmdline.h"
#include "core/panic.h"
#include "core/random.h"
#include "lib/string.h"
#include "mm/frame.h"

/*
 * arch/x86_64/mmu_boot.c - the kernel half of every address space.
 *
 *	direct map    all RAM, never executable; the kernel's text and constants
 *	              are read-only there too
 *	frame array   a struct frame for every page of RAM, in whole sections
 *	kmap window   one root entry, filled on demand
 *	kernel image  4 KiB pages with the permissions of its segments
 *
 * All root entries are made here, so that copies of the kernel half never go
 * stale.  It is built through the loader's identity map and then loaded; the
 * identity map is gone from that moment.
 */

#define GIB           (1UL << 30)
#define LOW_MEMORY    0x100000UL
#define SECTION_BYTES (FRAME_SECTION << PAGE_SHIFT)
#define SECTION_ARRAY (FRAME_SECTION * sizeof(struct frame))

extern char kernel_start[], kernel_end[];
extern char text_start[], text_end[], rodata_start[], rodata_end[];
extern char ro_after_boot_start[], ro_after_boot_end[];
extern char boot_stack_guard[];

/* Where the image lies: physical = virtual - image_offset. */
static uintptr_t image_offset RO_AFTER_BOOT;

BOOT_CODE static paddr_t
image_pa(const void *va)
{
	return (uintptr_t)va - image_offset;
}

BOOT_CODE static bool
is_ram(const struct boot_mem *m)
{
	switch (m->type) {
	case BOOT_MEM_FREE:
	case BOOT_MEM_BOOT:
	case BOOT_MEM_LOADER:
	case BOOT_MEM_KERNEL:
	case BOOT_MEM_ACPI:
		return true;
	default:
		return false;
	}
}

BOOT_CODE static void
must_map(vaddr_t va, paddr_t pa, size_t size, uint64_t flags,
	 enum page_sizes limit)
{
	int err = page_map_range(mmu_kernel_root, va, pa, size, flags, limit);

	if (err)
		panic("mmu: cannot map %#lx (%zu bytes): error %d",
		      (unsigned long)pa, size, err);
}

/*
 * A piece of a run of RAM; pieces keep the alignment of addresses, so that
 * everything but their edges gets large pages.
 */
BOOT_CODE static void
map_direct(uintptr_t base, paddr_t start, paddr_t end, uint64_t flags,
	   enum page_sizes limit)
{
	if (start < end)
		must_map(base + start, start, end - start, flags, limit);
}

/* A run, without the kernel image in it, which is mapped piece by piece. */
BOOT_CODE static void
map_run(uintptr_t base, paddr_t start, paddr_t end)
{
	paddr_t image = image_pa(kernel_start);
	paddr_t constant_end = image_pa(rodata_end);
	paddr_t image_end = image_pa(kernel_end);

	if (image_end <= start || image >= end) {
		map_direct(base, start, end, PAGE_KERNEL_RW, PAGES_1G);
		return;
	}
	map_direct(base, start, image, PAGE_KERNEL_RW, PAGES_1G);
	map_direct(base, image, constant_end, PAGE_KERNEL_RO, PAGES_4K);
	map_direct(base, constant_end, image_end, PAGE_KERNEL_RW, PAGES_4K);
	map_direct(base, image_end, end, PAGE_KERNEL_RW, PAGES_1G);
}

/* Neighbouring ranges are one run, however the firmware cut them up. */
BOOT_CODE static void
map_ram(const struct boot_info *bi, uintptr_t base)
{
	const struct boot_mem *map = phys_to_virt(bi->mem_map);
	paddr_t start = 0, end = 0;
	uint64_t i;

	for (i = 0; i < bi->mem_count; i++) {
		if (!is_ram(&map[i]))
			continue;
		if (map[i].base != end) {
			map_run(base, start, end);
			start = map[i].base;
		}
		end = map[i].base + map[i].size;
	}
	map_run(base, start, end);
}

/* Sections [first, end) of the frame array, backed by zeroed early frames. */
BOOT_CODE static void
map_sections(uint64_t first, uint64_t end)
{
	size_t size = (end - first) * SECTION_ARRAY;
	paddr_t pa;

	if (first >= end)
		return;
	pa = frame_early_alloc(size >> PAGE_SHIFT);
	memset(phys_to_virt(pa), 0, size);
	must_map(FRAME_ARRAY_VA + first * SECTION_ARRAY, pa, size,
		 PAGE_KERNEL_RW, PAGES_2M);
}

BOOT_CODE static void
map_frame_array(const struct boot_info *bi)
{
	const struct boot_mem *map = phys_to_virt(bi->mem_map);
	uint64_t first = 0, end = 0, i;

	for (i = 0; i < bi->mem_count; i++) {
		paddr_t top = map[i].base + map[i].size;

		if (!is_ram(&map[i]))
			continue;
		if (map[i].base / SECTION_BYTES > end) {
			map_sections(first, end);
			first = map[i].base / SECTION_BYTES;
		}
		end = (top + SECTION_BYTES - 1) / SECTION_BYTES;
	}
	map_sections(first, end);
}

BOOT_CODE static void
map_segment(const char *start, const char *end, uint64_t flags)
{
	must_map((uintptr_t)start, image_pa(start), (size_t)(end - start),
		 flags, PAGES_4K);
}

BOOT_CODE static void
map_image(void)
{
	map_segment(text_start, text_end, PAGE_KERNEL_RX);
	map_segment(rodata_start, rodata_end, PAGE_KERNEL_RO);
	map_segment(ro_after_boot_start, boot_stack_guard, PAGE_KERNEL_RW);
	map_segment(boot_stack_guard + PAGE_SIZE, kernel_end, PAGE_KERNEL_RW);
}

BOOT_CODE static paddr_t
ram_end(const struct boot_info *bi)
{
	const struct boot_mem *map = phys_to_virt(bi->mem_map);
	paddr_t end = 0;
	uint64_t i;

	for (i = 0; i < bi->mem_count; i++) {
		if (is_ram(&map[i]))
			end = map[i].base + map[i].size;
	}
	return end;
}

/* Whole GiB, so that physical alignment survives. */
BOOT_CODE static uintptr_t
choose_direct_base(const struct boot_info *bi)
{
	uint64_t room = (DIRECT_MAP_END - DIRECT_MAP_START) / GIB;
	uint64_t need = (ram_end(bi) + GIB - 1) / GIB;

	if (need > room)
		panic("mmu: RAM ends at %#lx, beyond the direct map",
		      (unsigned long)ram_end(bi));
	if (cmdline_get("nokaslr"))
		return DIRECT_MAP_START;
	return DIRECT_MAP_START + random_below(room - need + 1) * GIB;
}

/*
 * The first MiB is nobody's (mm/frame_init.c), so one of its free pages can
 * serve the start of other processors, which must load CR3 in 32-bit mode.
 */
BOOT_CODE static paddr_t
find_low_page(const struct boot_info *bi)
{
	const struct boot_mem *map = phys_to_virt(bi->mem_map);
	uint64_t i;

	for (i = 0; i < bi->mem_count; i++) {
		paddr_t end = MIN(map[i].base + map[i].size, LOW_MEMORY);
		paddr_t pa = end - PAGE_SIZE;

		if (map[i].type != BOOT_MEM_FREE || map[i].base >= LOW_MEMORY)
			continue;
		if (pa == bi->ap_trampoline)
			pa -= PAGE_SIZE;
		if (pa >= map[i].base && pa > 0)
			return pa;
	}
	return 0;
}

BOOT_CODE void
mmu_init(const struct boot_info *bi)
{
	uintptr_t base;

	if (!x86_features.nx)
		panic("mmu: this processor cannot forbid execution (NX)");
	image_offset = bi->kernel_va - bi->kernel_base;
	mmu_low_page = find_low_page(bi);
	mmu_kernel_root = page_table_alloc();
	base = choose_direct_base(bi);
	map_ram(bi, base);
	map_frame_array(bi);
	map_image();
	if (!page_entry(mmu_kernel_root, KMAP_START, 2, true) ||
	    mmu_prepare_cpu(0))
		panic("mmu: no memory for the first page tables");
	page_map_late();

	/*
	 * The root goes live before direct_map_base changes: with five levels
	 * mmu_load_root() writes through the tables being left.
	 */
	mmu_load_root(mmu_kernel_root);
	direct_map_base = base;
	mmu_flush_all_local();
}

static void
make_read_only(paddr_t root, vaddr_t va)
{
	pte_t *entry = page_entry(root, va, 0, false);

	ASSERT(entry && (*entry & PTE_P));
	*entry &= ~PTE_W;
}

void
mmu_seal(void)
{
	const char *p;

	for (p = ro_after_boot_start; p < ro_after_boot_end; p += PAGE_SIZE) {
		make_read_only(mmu_kernel_root, (uintptr_t)p);
		make_read_only(
			mmu_kernel_root,
			(uintptr_t)phys_to_virt((uintptr_t)p - image_offset));
	}
	mmu_flush_kernel();
}
