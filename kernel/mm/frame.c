/* SPDX-License-Identifier: MIT */
#include "mm/frame_priv.h"

#include "lib/string.h"

/*
 * mm/frame.c - the buddy lists: all free memory in blocks of 2^order frames.
 *
 * A block of order n starts at a frame number divisible by 2^n.  Its buddy is
 * the block whose number differs in bit n only; the two together are a block
 * of order n + 1.  Splitting a block gives two buddies; a block given back
 * merges with its buddy as long as that is free and whole.  Both are a few
 * instructions per level and need no search:
 *
 *	order 2     [  0 .. 3  ][  4 .. 7  ]
 *	order 1     [0 1] [2 3] [4 5] [6 7]	buddy of 4, order 1: 4 ^ 2 = 6
 *
 * Only the head of a block says anything: `listed` and `order`.  The frames
 * inside keep whatever they held, so adding a gigabyte touches 256 heads.
 * Frames that are not the allocator's (and those not RAM within a section)
 * are zero in the array, hence never listed, hence never merged with.
 *
 * The lists are linked by frame number; frame 0 is never free (below 1 MiB),
 * so 0 ends a list.
 */

#define ORDERS (FRAME_MAX_ORDER + 1)

struct spinlock frame_lock = SPINLOCK_INIT(LOCK_FRAME, "frame");

static uint32_t heads[ORDERS]; /* [F] first block of each list, 0 = none */
static unsigned nonempty;      /* [F] bit per order: its list has a block */
static uint64_t listed_frames; /* [F] sum over the lists */
static uint64_t listed_blocks[ORDERS]; /* [F] */

static void
list_block(struct frame *f, unsigned order)
{
	uint32_t pfn = (uint32_t)frame_pfn(f);

	f->kind = FRAME_FREE;
	f->order = (uint8_t)order;
	f->listed = 1;
	f->prev = 0;
	f->next = heads[order];
	if (f->next)
		frame_from_pfn(f->next)->prev = pfn;
	heads[order] = pfn;
	listed_blocks[order]++;
	nonempty |= 1u << order;
}

static void
unlist_block(struct frame *f)
{
	unsigned order = f->order;

	if (f->prev)
		frame_from_pfn(f->prev)->next = f->next;
	else
		heads[order] = f->next;
	if (f->next)
		frame_from_pfn(f->next)->prev = f->prev;
	if (!heads[order])
		nonempty &= ~(1u << order);
	f->listed = 0;
	listed_blocks[order]--;
}

void
frame_free_blocks(uint64_t out[ORDERS])
{
	unsigned long irq = spin_lock_irq(&frame_lock);

	for (unsigned i = 0; i < ORDERS; i++)
		out[i] = listed_blocks[i];
	spin_unlock_irq(&frame_lock, irq);
}

/* The smallest block that is large enough, cut down to size. */
struct frame *
buddy_take(unsigned order)
{
	unsigned fits = nonempty & ~0u << order;
	struct frame *f;
	unsigned have;

	if (!fits)
		return NULL;
	have = (unsigned)__builtin_ctz(fits);
	f = frame_from_pfn(heads[have]);
	ASSERT(f->kind == FRAME_FREE && f->order == have);
	unlist_block(f);
	while (have > order) {
		have--;
		list_block(f + (1UL << have), have);
	}
	listed_frames -= 1UL << order;
	return f;
}

void
buddy_give(struct frame *head, unsigned order)
{
	pfn_t pfn = frame_pfn(head);

	ASSERT(!head->listed && (pfn & ((1UL << order) - 1)) == 0);
	listed_frames += 1UL << order;
	while (order < FRAME_MAX_ORDER) {
		struct frame *buddy = frame_from_pfn(pfn ^ 1UL << order);

		if (!buddy->listed || buddy->order != order)
			break;
		unlist_block(buddy);
		pfn &= ~(1UL << order);
		order++;
	}
	list_block(frame_from_pfn(pfn), order);
}

unsigned
buddy_smallest(void)
{
	return nonempty ? (unsigned)__builtin_ctz(nonempty) : ORDERS;
}

uint64_t
buddy_free_frames(void)
{
	return listed_frames;
}

/* Largest block that may start at pfn and ends at or before end. */
static unsigned
fitting_order(pfn_t pfn, pfn_t end)
{
	unsigned room = 63 - (unsigned)__builtin_clzll(end - pfn);
	unsigned aligned = (unsigned)__builtin_ctzll(pfn);

	return MIN(MIN(room, aligned), (unsigned)FRAME_MAX_ORDER);
}

uint64_t
buddy_add_range(paddr_t start, paddr_t end)
{
	pfn_t last = MIN(end >> PAGE_SHIFT, (pfn_t)UINT32_MAX);
	pfn_t first = ALIGN_UP(start, PAGE_SIZE) >> PAGE_SHIFT;
	unsigned order;
	pfn_t pfn;

	if (first == 0)
		first = 1;
	for (pfn = first; pfn < last; pfn += 1UL << order) {
		order = fitting_order(pfn, last);
		buddy_give(frame_from_pfn(pfn), order);
	}
	return last > first ? last - first : 0;
}

/*
 * Why string instructions: they are one line of cache-friendly microcode on
 * every processor since 2013, and need no vector registers, which the kernel
 * may not touch.
 */
void
frame_copy(struct frame *dst, const struct frame *src)
{
	const void *from = frame_data(src);
	void *to = frame_data(dst);
	size_t words = PAGE_SIZE / 8;

	__asm__ volatile("rep movsq"
			 : "+S"(from), "+D"(to), "+c"(words)
			 :
			 : "memory");
}

void
frame_zero(struct frame *f)
{
	void *to = frame_data(f);
	size_t words = PAGE_SIZE / 8;

	__asm__ volatile("rep stosq"
			 : "+D"(to), "+c"(words)
			 : "a"(0UL)
			 : "memory");
}
