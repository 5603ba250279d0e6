/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * mm/slab.h - small kernel objects.
 *
 * A cache hands out objects of one size from slabs of 2^order frames, through
 * a per-CPU stack of free objects.  Memory is zeroed when handed out.  Debug
 * kernels poison free objects and check the poison on reuse.
 * kmalloc() picks the cache by size, up to KMALLOC_MAX; larger requests take
 * whole frames.
 *
 * Locking: each cache's lock (spin, irq-safe, LOCK_SLAB); per-CPU stacks with
 *          interrupts off.
 * Context: any; nothing here sleeps.
 * Errors:  NULL = out of memory.
 */

#include "lib/types.h"

struct slab_cache;

/* Objects of size bytes aligned to align (power of two, <= 4096). */
NODISCARD struct slab_cache *
slab_cache_create(const char *name, size_t size, size_t align);
NODISCARD void *slab_alloc(struct slab_cache *c);
void slab_free(struct slab_cache *c, void *obj);
uint64_t slab_in_use(const struct slab_cache *c); /* objects handed out */

#define KMALLOC_MAX (4UL << 20) /* the largest block of frames */

/* Zeroed, aligned to 16 bytes at least (to its size if a power of two). */
NODISCARD void *kmalloc(size_t size);
NODISCARD void *kcalloc(size_t n, size_t size); /* NULL on overflow too */
void kfree(void *p);                            /* NULL is fine */
NODISCARD char *kstrdup(const char *s);

/* For /proc/slabinfo and leak checks: the nth cache, or false. */
struct slab_stats {
	const char *name;
	size_t object_size;
	uint64_t objects, slabs; /* handed out; blocks of frames held */
	uint64_t room;           /* objects those have room for */
	unsigned pages_per_slab;
};
bool slab_stats(unsigned n, struct slab_stats *out);
void slab_init(void);
