/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * mm/frame.h - physical page frames.
 *
 * Owns every usable 4 KiB frame of RAM: a buddy allocator over all of it, a
 * per-CPU cache of single frames in front, and a pool of frames that are
 * already zero.  A frame is named by its struct frame, an element of one array
 * indexed by frame number; code above mm/ sees a physical address only to fill
 * a page-table entry or program hardware.
 *
 * Every frame in use carries references.  What one means is up to the owner;
 * for page-table nodes and the leaves below them it is the rule of vm/tree.c.
 *
 * Units:    orders are log2(frames); counts are frames.
 * Locking:  frame_lock (spin, irq-safe, LOCK_FRAME) for the buddy lists; the
 *           per-CPU caches are used with interrupts off.
 * Context:  any; nothing here sleeps.
 * Errors:   NULL = out of memory: the caller's -ENOMEM.
 * Source:   UEFI 2.10, 7.2.3: what is usable after ExitBootServices().
 */

#include "arch/mmu.h"
#include "core/panic.h"
#include "core/refcount.h"
#include "lib/types.h"

#define FRAME_MAX_ORDER 10 /* largest block of the buddy lists: 4 MiB */

/*
 * The frame array is mapped in whole sections: buddies are always in one
 * section, so merging never looks at memory that is not there.
 */
#define FRAME_SECTION (1UL << FRAME_MAX_ORDER)

/* What a frame is used for: accounting, and a check when it is freed. */
enum frame_kind {
	FRAME_RESERVED, /* 0: not RAM, firmware's, or inside a larger block */
	FRAME_FREE,
	FRAME_KERNEL, /* kernel image, boot data, stacks, percpu */
	FRAME_SLAB,
	FRAME_NODE,  /* page-table node */
	FRAME_ANON,  /* private memory of programs */
	FRAME_CACHE, /* page of a vm_object: file data, shared memory */
	FRAME_PIPE,  /* pipe buffers and other kernel buffers of programs */
	FRAME_KINDS,
};

enum frame_bits {
	FRAME_DIRTY = 1 << 0, /* cache page written through a mapping */
	FRAME_HUGE = 1 << 1,  /* head of a 2 MiB block: huge_refs is valid */
};

/*
 *	I  immutable after frame_init()
 *	a  atomic
 *	F  frame_lock while free; the owner while in use
 */
struct frame {
	struct refcount refs; /* [a] 0 = free */
	uint8_t kind;         /* [F] enum frame_kind */
	uint8_t order;        /* [F] of the block this frame heads */
	_Atomic uint8_t bits; /* [a] enum frame_bits */
	uint8_t listed;       /* [F] 1: heads a block in a buddy list */
	union {
		struct {               /* FRAME_FREE, listed: place in it */
			uint32_t next; /* [F] frame numbers; 0 ends */
			uint32_t prev; /* [F] */
		};
		struct frame *link;     /* FRAME_FREE, in a CPU's cache or the
					   zeroed pool: the next of it */
		struct {                /* FRAME_NODE */
			uint16_t used;  /* [o] entries in use */
			uint16_t first; /* [o] no entry below is used */
			uint16_t last;  /* [o] no entry above is used */
			uint16_t pin_hint; /* [o] a leaf below may be pinned */
		};
		struct {                       /* FRAME_ANON, FRAME_CACHE */
			atomic_uint pins;      /* [a] I/O in flight: no reuse */
			atomic_uint huge_refs; /* [a] if FRAME_HUGE */
		};
		void *owner; /* [o] FRAME_SLAB: its slab */
	};
};
_Static_assert(sizeof(struct frame) == 16, "a frame costs 16 bytes");

extern struct frame *frame_array; /* [I] indexed by frame number */

static inline pfn_t
frame_pfn(const struct frame *f)
{
	return (pfn_t)(f - frame_array);
}

static inline struct frame *
frame_from_pfn(pfn_t pfn)
{
	return &frame_array[pfn];
}

static inline paddr_t
frame_paddr(const struct frame *f)
{
	return frame_pfn(f) << PAGE_SHIFT;
}

/* Its 4096 bytes, through the direct map. */
static inline void *
frame_data(const struct frame *f)
{
	return phys_to_virt(frame_paddr(f));
}

static inline struct frame *
frame_from_data(const void *direct_va)
{
	return frame_from_pfn(virt_to_phys(direct_va) >> PAGE_SHIFT);
}

enum frame_flags {
	FRAME_ANY = 0,
	FRAME_ZERO = 1 << 0, /* the bytes are zero; from the pool if possible */
};

/* Take one frame with one reference. */
NODISCARD struct frame *frame_alloc(enum frame_kind kind, unsigned flags);

/*
 * Take 2^order frames, contiguous and aligned to their size.  Only the head
 * carries the reference.  frame_free_block() takes the block back from its
 * only user: with the last reference already dropped, or about to be.
 */
NODISCARD struct frame *
frame_alloc_block(enum frame_kind kind, unsigned order, unsigned flags);
void frame_free_block(struct frame *head, unsigned order);

/* Make a block of 2^order into single frames with one reference each. */
void frame_split_block(struct frame *head, unsigned order);

/* The reverse: single frames, all the caller's alone, are one block again. */
void frame_join_block(struct frame *head, unsigned order);

/* Give back a frame whose last reference the caller has dropped. */
void frame_free(struct frame *f);

static inline void
frame_get(struct frame *f)
{
	refcount_get(&f->refs);
}

/* Drop a reference; the last frees.  Not for nodes: tree.c knows their kids. */
static inline void
frame_put(struct frame *f)
{
	if (refcount_put(&f->refs))
		frame_free(f);
}

/* Exactly one reference?  Acquire: sees all that earlier owners did. */
static inline bool
frame_owned(const struct frame *f)
{
	return refcount_read(&f->refs) == 1;
}

void frame_copy(struct frame *dst, const struct frame *src);
void frame_zero(struct frame *f);

/* Zero free frames for the pool while the CPU idles; false = nothing to do. */
bool frame_idle_zero(void);

struct frame_stats {
	uint64_t total; /* RAM the allocator manages, frame array excluded */
	uint64_t free;  /* incl. per-CPU caches and the zeroed pool */
	uint64_t by_kind[FRAME_KINDS];
};
void frame_stats(struct frame_stats *out);

/* Blocks of each order in the buddy lists, for /proc/buddyinfo. */
void frame_free_blocks(uint64_t out[FRAME_MAX_ORDER + 1]);

/* Give this CPU's cached frames back to the buddy lists (tests, low memory). */
void frame_cache_drain(void);

/*
 * Coming up, on one CPU, in this order:
 *
 * frame_early_init()   reads the boot map through the loader's identity map.
 * frame_early_alloc()  contiguous frames for the first page tables and the
 *                      frame array: not zeroed, never given back; panics when
 *                      no range of free RAM has room.
 * frame_init()         with direct map and frame array in place (every RAM
 *                      range rounded outwards to FRAME_SECTION, zeroed): the
 *                      rest of the free RAM goes to the buddy lists.
 * frame_reclaim()      adds what the loader and boot services occupied, whole
 *                      frames of [start, end) only; nothing of it is used now.
 */
struct boot_info;
void frame_early_init(const struct boot_info *bi);
paddr_t frame_early_alloc(size_t pages);
void frame_init(const struct boot_info *bi);
void frame_reclaim(paddr_t start, paddr_t end);
