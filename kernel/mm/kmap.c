/* SPDX-License-Identifier: MIT */
#include "mm/kmap_priv.h"

#include "core/panic.h"
#include "lib/list.h"
#include "mm/slab.h"

/*
 * mm/kmap.c - mapping physical memory at kernel addresses of its own.
 *
 *	mmu_kmap_start()                                     mmu_kmap_end()
 *	| stacks, by size: kmap_stack.c | windows on physical memory: here |
 *
 * Windows are few and long-lived, so they are one list in order of address,
 * searched from the start for the first gap; between two there is at least one
 * unmapped page, which stops a driver that runs off the end of its registers.
 */

struct window {
	struct list_node link; /* kmap_lock */
	vaddr_t va;            /* [I] */
	size_t pages;          /* [I] */
};

struct spinlock kmap_lock = SPINLOCK_INIT(LOCK_KMAP, "kmap");

static struct list_node windows = LIST_INIT(windows); /* kmap_lock */

static vaddr_t
windows_start(void)
{
	return mmu_kmap_start() + KMAP_STACKS_SPAN;
}

/* Place w in the first gap that holds it and a page more on each side. */
static bool
place_window(struct window *w) REQUIRES(kmap_lock)
{
	vaddr_t at = windows_start() + PAGE_SIZE;
	size_t need = (w->pages + 1) << PAGE_SHIFT;
	struct window *next;

	list_for_each (next, &windows, link) {
		if (next->va - at >= need)
			break;
		at = next->va + ((next->pages + 1) << PAGE_SHIFT);
	}
	if (mmu_kmap_end() - at < need)
		return false;
	w->va = at;
	list_push_back(&next->link, &w->link);
	return true;
}

int
kmap_map_pages(vaddr_t va, paddr_t pa, size_t pages, unsigned flags)
{
	size_t i;
	int err;

	for (i = 0; i < pages; i++) {
		err = mmu_kernel_map(va + (i << PAGE_SHIFT),
				     pa + (i << PAGE_SHIFT), flags);
		if (err) {
			if (i > 0)
				mmu_kernel_unmap(va, i);
			return err;
		}
	}
	return 0;
}

static unsigned
flags_for(enum kmap_cache how)
{
	switch (how) {
	case KMAP_CACHED:
		return MMU_KERNEL_WRITE;
	case KMAP_WRITE_COMBINE:
		return MMU_KERNEL_WRITE | MMU_KERNEL_WRITE_COMBINE;
	case KMAP_UNCACHED:
		break;
	}
	return MMU_KERNEL_WRITE | MMU_KERNEL_UNCACHED;
}

/* More than any device has; keeps the sums below from overflowing. */
#define WINDOW_MAX (1UL << 38)

void *
kmap_physical(paddr_t pa, size_t size, enum kmap_cache how)
{
	size_t offset = pa & (PAGE_SIZE - 1);
	struct window *w;
	int err = -1;

	if (size == 0 || size > WINDOW_MAX || pa + size < pa)
		return NULL;
	w = kmalloc(sizeof(*w));
	if (!w)
		return NULL;
	w->pages = ALIGN_UP(offset + size, PAGE_SIZE) >> PAGE_SHIFT;
	spin_lock(&kmap_lock);
	if (place_window(w)) {
		err = kmap_map_pages(w->va, pa - offset, w->pages,
				     flags_for(how));
		if (err)
			list_remove(&w->link);
	}
	spin_unlock(&kmap_lock);
	if (err) {
		kfree(w);
		return NULL;
	}
	return (void *)(w->va + offset);
}

void
kunmap_physical(void *va, size_t size)
{
	vaddr_t page = (vaddr_t)va & PAGE_MASK;
	struct window *w, *found = NULL;

	spin_lock(&kmap_lock);
	list_for_each (w, &windows, link) {
		if (w->va == page)
			found = w;
	}
	ASSERT(found &&
	       (vaddr_t)va + size <= found->va + (found->pages << PAGE_SHIFT));
	list_remove(&found->link);
	mmu_kernel_unmap(found->va, found->pages);
	spin_unlock(&kmap_lock);
	kfree(found);
}
