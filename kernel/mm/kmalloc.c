/* SPDX-License-Identifier: MIT */
#include "core/panic.h"
#include "lib/string.h"
#include "mm/slab_priv.h"

/*
 * mm/kmalloc.c - memory by size.
 *
 * Up to CLASS_MAX bytes from one of a few caches, chosen through a table by
 * size in units of 16; above that a block of frames.  kfree() tells the two
 * apart by the kind of the frame, and a block of ours from the rest of the
 * kernel's by its owner mark.
 */

#define CLASS_MAX  2048UL
#define CLASS_UNIT 16UL

static const uint16_t class_size[] = { 16,  32,  48,  64,  96,   128,  192,
				       256, 384, 512, 768, 1024, 1536, 2048 };
static const char *const class_name[] = {
	"kmalloc-16",   "kmalloc-32",   "kmalloc-48",  "kmalloc-64",
	"kmalloc-96",   "kmalloc-128",  "kmalloc-192", "kmalloc-256",
	"kmalloc-384",  "kmalloc-512",  "kmalloc-768", "kmalloc-1024",
	"kmalloc-1536", "kmalloc-2048",
};
static struct slab_cache classes[ARRAY_SIZE(class_size)];
static uint8_t class_of[CLASS_MAX / CLASS_UNIT]; /* by (size - 1) / UNIT */

static char block_mark; /* its address is the owner of our blocks */

/* A class's natural alignment: the largest power of two dividing it. */
static size_t
alignment_of(size_t size)
{
	return size & -size;
}

void
kmalloc_init(void)
{
	unsigned c, unit = 0;

	for (c = 0; c < ARRAY_SIZE(class_size); c++) {
		slab_cache_setup(&classes[c], class_name[c], class_size[c],
				 alignment_of(class_size[c]));
		while (unit < class_size[c] / CLASS_UNIT)
			class_of[unit++] = (uint8_t)c;
	}
}

static void *
alloc_frames(size_t size)
{
	size_t frames = ALIGN_UP(size, PAGE_SIZE) >> PAGE_SHIFT;
	unsigned order = 0;
	struct frame *head;

	while (1UL << order < frames)
		order++;
	head = frame_alloc_block(FRAME_KERNEL, order, FRAME_ZERO);
	if (!head)
		return NULL;
	head->owner = &block_mark;
	return frame_data(head);
}

void *
kmalloc(size_t size)
{
	if (likely(size - 1 < CLASS_MAX))
		return slab_alloc(&classes[class_of[(size - 1) / CLASS_UNIT]]);
	if (size == 0)
		return slab_alloc(&classes[0]);
	if (size > KMALLOC_MAX)
		return NULL;
	return alloc_frames(size);
}

void *
kcalloc(size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return kmalloc(bytes);
}

void
kfree(void *p)
{
	struct frame *f;

	if (!p)
		return;
	f = frame_from_data(p);
	if (likely(f->kind == FRAME_SLAB)) {
		slab_free(slab_of(p)->cache, p);
		return;
	}
	ASSERT(f->kind == FRAME_KERNEL && f->owner == &block_mark);
	ASSERT(((uintptr_t)p & (PAGE_SIZE - 1)) == 0);
	frame_free_block(f, f->order);
}

char *
kstrdup(const char *s)
{
	size_t size = strlen(s) + 1;
	char *copy = kmalloc(size);

	if (copy)
		memcpy(copy, s, size);
	return copy;
}
