/* SPDX-License-Identifier: MIT */
#include <umbra/boot.h>

#include "core/klog.h"
#include "mm/frame_priv.h"

/*
 * mm/frame_init.c - coming up: from the loader's memory map to free lists.
 *
 * Before page tables and the frame array exist, memory for them comes from a
 * bump allocator: it takes frames from the start of the largest range of free
 * RAM, then of the next largest.  What it took stays taken; frame_init() gives
 * the rest to the buddy lists.
 *
 * The first MiB is never used: the page for starting processors is there, and
 * firmware is known to write to it behind everybody's back.
 */

#define LOW_END (1UL << 20)

enum {
	EARLY_RANGES = 8
};

/* A range the bump allocator has begun to use. */
struct early_range {
	paddr_t base, next, end;
};

/* All of this: one CPU, before frame_init() ends. */
static const struct boot_mem *early_map;
static uint64_t early_map_count;
static struct early_range early[EARLY_RANGES];
static unsigned early_used; /* the last of them is the current one */
static bool early_over;

/* Where the allocator may look; tests and fakes point it elsewhere. */
struct frame *frame_array = (struct frame *)FRAME_ARRAY_VA;

static paddr_t
usable_base(const struct boot_mem *m)
{
	return MAX(m->base, LOW_END);
}

static bool
early_has(const struct boot_mem *m)
{
	unsigned i;

	for (i = 0; i < early_used; i++) {
		if (early[i].base == usable_base(m))
			return true;
	}
	return false;
}

/* Begin the largest free range not begun yet. */
static bool
early_next_range(void)
{
	const struct boot_mem *best = NULL;
	uint64_t best_size = 0, i;

	for (i = 0; i < early_map_count; i++) {
		const struct boot_mem *m = &early_map[i];
		paddr_t base = usable_base(m), end = m->base + m->size;

		if (m->type != BOOT_MEM_FREE || end <= base || early_has(m))
			continue;
		if (end - base > best_size) {
			best = m;
			best_size = end - base;
		}
	}
	if (!best || early_used == EARLY_RANGES)
		return false;
	early[early_used].base = usable_base(best);
	early[early_used].next = usable_base(best);
	early[early_used].end = best->base + best->size;
	early_used++;
	return true;
}

void
frame_early_init(const struct boot_info *bi)
{
	early_map = (const struct boot_mem *)(uintptr_t)bi->mem_map;
	early_map_count = bi->mem_count;
	early_used = 0;
	early_over = false;
	if (!early_next_range())
		panic("frame: the boot map has no free memory");
}

paddr_t
frame_early_alloc(size_t pages)
{
	size_t size = pages << PAGE_SHIFT;
	struct early_range *r;
	paddr_t pa;

	ASSERT(!early_over && early_used > 0);
	do {
		r = &early[early_used - 1];
		if (r->end - r->next >= size) {
			pa = r->next;
			r->next += size;
			return pa;
		}
	} while (early_next_range());
	panic("frame: no %zu contiguous free frames while booting", pages);
}

/* The part of a free range the bump allocator left. */
static paddr_t
after_early(const struct boot_mem *m)
{
	unsigned i;

	for (i = 0; i < early_used; i++) {
		if (early[i].base == usable_base(m))
			return early[i].next;
	}
	return usable_base(m);
}

void
frame_init(const struct boot_info *bi)
{
	const struct boot_mem *map = phys_to_virt(bi->mem_map);
	unsigned long irq = spin_lock_irq(&frame_lock);
	uint64_t i, added = 0;

	for (i = 0; i < bi->mem_count; i++) {
		paddr_t start = usable_base(&map[i]);
		paddr_t end = map[i].base + map[i].size;

		if (map[i].type == BOOT_MEM_FREE)
			start = after_early(&map[i]);
		else if (map[i].type != BOOT_MEM_BOOT)
			continue;
		if (start < end)
			added += buddy_add_range(start, end);
	}
	frame_count_total(added);
	early_over = true;
	spin_unlock_irq(&frame_lock, irq);
	klog(KLOG_INFO, "frame: %llu MiB free",
	     (unsigned long long)(added >> (20 - PAGE_SHIFT)));
}

void
frame_reclaim(paddr_t start, paddr_t end)
{
	unsigned long irq;

	start = MAX(start, LOW_END);
	if (start >= end)
		return;
	irq = spin_lock_irq(&frame_lock);
	frame_count_total(buddy_add_range(start, end));
	spin_unlock_irq(&frame_lock, irq);
}
