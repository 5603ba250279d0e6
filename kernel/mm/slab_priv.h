/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * mm/slab_priv.h - the inside of a cache, for slab.c and kmalloc.c.
 */

#include "core/spinlock.h"
#include "lib/list.h"
#include "mm/frame.h"
#include "mm/slab.h"

enum {
	MAGAZINE_MAX = 30
};

/* Free objects of one cache on one CPU; used with interrupts off. */
struct magazine {
	uint32_t count;    /* [o] objects it holds */
	uint32_t capacity; /* [I] */
	int64_t used;      /* [o] handed out less taken back, on this CPU */
	void *objects[MAGAZINE_MAX]; /* [o] */
};

struct slab_cache {
	const char *name;       /* [I] */
	size_t size;            /* [I] of an object, with padding */
	uint32_t magazine_size; /* [I] 0: this cache has no magazines */
	bool inside;            /* [I] struct slab is the first object */
	struct spinlock lock;
	struct list_node partial; /* [L] slabs with free objects */
	uint64_t slabs, objects;  /* [L] held now; room in them */
	uint64_t empty;           /* [L] slabs without an object in use */
	int64_t used_directly;    /* [L] handed out past the magazines */
	struct magazine *magazines[CPU_MAX]; /* [o] NULL until needed */
	struct slab_cache *next; /* list_lock while it grows, then [I] */
};

/* Some objects of a cache in one block of frames. */
struct slab {
	struct list_node link;    /* [L] cache->partial, or nowhere */
	struct slab_cache *cache; /* [I] */
	struct frame *head;       /* [I] */
	char *data;               /* [I] first object */
	void *free;               /* [L] linked through their first word */
	uint16_t capacity;        /* [I] */
	uint16_t fresh;           /* [L] the last ones, never handed out */
	uint16_t used;            /* [L] handed out, or in a magazine */
	uint8_t order;            /* [I] */
};

/* The slab an object lies in. */
static inline struct slab *
slab_of(const void *obj)
{
	return frame_from_data(obj)->owner;
}

/* Make *c, in memory of the caller, a cache that lives for ever. */
void slab_cache_setup(struct slab_cache *c, const char *name, size_t size,
		      size_t align);

/* Store zeros in words of 8 bytes. */
static inline void
clear_words(void *p, size_t bytes)
{
	uint64_t *w = p;
	size_t n = bytes / 8;

	/* Short runs: starting the string instruction costs more. */
	if (n > 32) {
		__asm__ volatile("rep stosq"
				 : "+D"(w), "+c"(n)
				 : "a"(0UL)
				 : "memory");
		return;
	}
	for (; n >= 2; n -= 2, w += 2) {
		w[0] = 0;
		w[1] = 0;
	}
	if (n)
		w[0] = 0;
}

void kmalloc_init(void);
