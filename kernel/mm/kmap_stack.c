/* SPDX-License-Identifier: MIT */
#include "core/panic.h"
#include "lib/errno.h"
#include "mm/frame.h"
#include "mm/kmap_priv.h"

/*
 * mm/kmap_stack.c - kernel stacks, each above unmapped memory.
 *
 * The addresses are divided by stack size, and each part into slots of twice
 * that size: the lower half of a slot is never mapped, the upper is the stack.
 * So a stack is aligned, running off its end faults, and whether an address is
 * in a guard is arithmetic.
 *
 *	slot:	|......guard......|======stack======|
 *		0               size             2 * size
 *
 * A stack that is freed stays mapped and goes to a short list of this CPU, then
 * to one of its class, each linked through the lowest word of the stacks: a
 * thread that starts after another has ended costs no mapping, and no CPU has
 * to flush anything.  Beyond IDLE_MAX stacks are really given back; their slot
 * is remembered and used again before new ones.
 *
 * The frames of a stack are single ones (no need to be contiguous), linked
 * through `owner`; the slot knows the first.
 *
 * A stack is freed by whoever saw its thread leave it for good, never by code
 * running on it.  The per-CPU lists need no lock: kernel code is not preempted,
 * and interrupt handlers make no threads.
 */

enum {
	CPU_IDLE_MAX = 8, /* idle stacks a CPU keeps of each class */
	IDLE_MAX = 64,    /* and all together */
	UNMAP_BATCH = 64, /* stacks given back by one flush */
	SLOTS_PER_CHUNK = PAGE_SIZE / 8,
	CHUNKS = STACK_SLOTS / SLOTS_PER_CHUNK,
};

struct slot {
	uint32_t frame; /* [L] first frame's number; 0 = free */
	uint32_t next;  /* [L] if free: the next free slot + 1 */
};
_Static_assert(sizeof(struct slot) == 8, "slots per chunk");

struct idle_list {
	void **first; /* each one's lowest word leads to the next */
	unsigned count;
};

struct stack_class {
	struct slot *chunks[CHUNKS]; /* [L] made as needed, kept for ever */
	uint32_t made;               /* [L] slots that were ever used */
	uint32_t free;               /* [L] first free slot + 1 */
	struct idle_list idle;       /* [L] */
};

static struct stack_class classes[STACK_CLASSES];         /* kmap_lock */
static struct idle_list own_idle[CPU_MAX][STACK_CLASSES]; /* [o] */

static size_t
class_size(unsigned class)
{
	return PAGE_SIZE << class;
}

static unsigned
class_for(size_t size)
{
	unsigned class = (unsigned)__builtin_ctzl(size) - PAGE_SHIFT;

	ASSERT(class < STACK_CLASSES && size == class_size(class));
	return class;
}

static vaddr_t
stack_va(unsigned class, uint32_t slot)
{
	return mmu_kmap_start() + class * KMAP_CLASS_SPAN +
	       (2UL * slot + 1) * class_size(class);
}

static uint32_t
slot_index(unsigned class, vaddr_t va)
{
	return (uint32_t)((va - mmu_kmap_start() - class * KMAP_CLASS_SPAN) /
			  (2 * class_size(class)));
}

static struct slot *
slot_at(const struct stack_class *c, uint32_t slot)
{
	return &c->chunks[slot / SLOTS_PER_CHUNK][slot % SLOTS_PER_CHUNK];
}

static void *
idle_pop(struct idle_list *l)
{
	void **stack = l->first;

	if (stack) {
		l->first = *stack;
		l->count--;
	}
	return stack;
}

static void
idle_push(struct idle_list *l, void *stack)
{
	*(void ***)stack = l->first;
	l->first = stack;
	l->count++;
}

static void
free_frames(struct frame *f)
{
	struct frame *next;

	for (; f; f = next) {
		next = f->owner;
		frame_put(f);
	}
}

/* n frames linked through owner, or NULL. */
static struct frame *
alloc_frames(size_t n)
{
	struct frame *list = NULL, *f;

	while (n-- > 0) {
		f = frame_alloc(FRAME_KERNEL, FRAME_ANY);
		if (!f) {
			free_frames(list);
			return NULL;
		}
		f->owner = list;
		list = f;
	}
	return list;
}

/* The next slot never used before; -ENOMEM. */
static int
new_slot(struct stack_class *c, uint32_t *out) REQUIRES(kmap_lock)
{
	struct slot **chunk;
	struct frame *f;

	if (c->made == STACK_SLOTS)
		return -ENOMEM;
	chunk = &c->chunks[c->made / SLOTS_PER_CHUNK];
	if (!*chunk) {
		f = frame_alloc(FRAME_KERNEL, FRAME_ZERO);
		if (!f)
			return -ENOMEM;
		*chunk = frame_data(f);
	}
	*out = c->made++;
	return 0;
}

static int
take_slot(struct stack_class *c, uint32_t *out) REQUIRES(kmap_lock)
{
	if (!c->free)
		return new_slot(c, out);
	*out = c->free - 1;
	c->free = slot_at(c, *out)->next;
	return 0;
}

static void
give_slot(struct stack_class *c, uint32_t slot) REQUIRES(kmap_lock)
{
	*slot_at(c, slot) = (struct slot){ .next = c->free };
	c->free = slot + 1;
}

static int
map_frames(vaddr_t va, struct frame *frames) REQUIRES(kmap_lock)
{
	struct frame *f;
	vaddr_t at = va;
	int err;

	for (f = frames; f; f = f->owner, at += PAGE_SIZE) {
		err = mmu_kernel_map(at, frame_paddr(f), MMU_KERNEL_WRITE);
		if (err) {
			if (at > va)
				mmu_kernel_unmap(va, (at - va) >> PAGE_SHIFT);
			return err;
		}
	}
	return 0;
}

static void *
new_stack(unsigned class, struct frame *frames) REQUIRES(kmap_lock)
{
	struct stack_class *c = &classes[class];
	uint32_t slot;

	if (take_slot(c, &slot))
		return NULL;
	if (map_frames(stack_va(class, slot), frames)) {
		give_slot(c, slot);
		return NULL;
	}
	slot_at(c, slot)->frame = (uint32_t)frame_pfn(frames);
	return (void *)stack_va(class, slot);
}

void *
kmap_stack_alloc(size_t size)
{
	unsigned class = class_for(size);
	struct frame *frames;
	void *stack;

	stack = idle_pop(&own_idle[cpu_id()][class]);
	if (stack)
		return stack;
	spin_lock(&kmap_lock);
	stack = idle_pop(&classes[class].idle);
	spin_unlock(&kmap_lock);
	if (stack)
		return stack;
	frames = alloc_frames(size >> PAGE_SHIFT);
	if (!frames)
		return NULL;
	spin_lock(&kmap_lock);
	stack = new_stack(class, frames);
	spin_unlock(&kmap_lock);
	if (!stack)
		free_frames(frames);
	return stack;
}

/* The frames of a stack, with others' behind them. */
static struct frame *
chain_frames(struct frame *first, struct frame *others)
{
	struct frame *f = first;

	while (f->owner)
		f = f->owner;
	f->owner = others;
	return first;
}

/* Out of the page table, but nowhere else; returns the next stack. */
static void **
clear_stack(unsigned class, void **stack, uint32_t *slot, struct frame **frames)
	REQUIRES(kmap_lock)
{
	struct stack_class *c = &classes[class];
	void **next = *stack;

	*slot = slot_index(class, (vaddr_t)stack);
	*frames =
		chain_frames(frame_from_pfn(slot_at(c, *slot)->frame), *frames);
	mmu_kernel_clear((vaddr_t)stack, class_size(class) >> PAGE_SHIFT);
	return next;
}

/*
 * Really give back one batch of the list; returns its rest.  The lock is not
 * held while other CPUs are made to flush, for they may be waiting for it, and
 * one flush is for all: thousands of threads may have died together.
 */
static void **
unmap_batch(unsigned class, void **stack)
{
	uint32_t slots[UNMAP_BATCH];
	struct frame *frames = NULL;
	unsigned n;

	spin_lock(&kmap_lock);
	for (n = 0; stack && n < UNMAP_BATCH; n++)
		stack = clear_stack(class, stack, &slots[n], &frames);
	spin_unlock(&kmap_lock);
	mmu_flush_kernel();
	spin_lock(&kmap_lock);
	while (n > 0)
		give_slot(&classes[class], slots[--n]);
	spin_unlock(&kmap_lock);
	free_frames(frames);
	return stack;
}

/* Move stacks to l until it holds max; returns the rest. */
static void **
keep_idle(struct idle_list *l, unsigned max, void **stack)
{
	while (stack && l->count < max) {
		void **next = *stack;

		idle_push(l, stack);
		stack = next;
	}
	return stack;
}

void
kmap_stacks_free(void *first, size_t size)
{
	unsigned class = class_for(size);
	void **stack = first;

	stack = keep_idle(&own_idle[cpu_id()][class], CPU_IDLE_MAX, stack);
	if (stack) {
		spin_lock(&kmap_lock);
		stack = keep_idle(&classes[class].idle, IDLE_MAX, stack);
		spin_unlock(&kmap_lock);
	}
	while (stack)
		stack = unmap_batch(class, stack);
}

void
kmap_stack_free(void *stack, size_t size)
{
	unsigned class = class_for(size);

	ASSERT((vaddr_t)stack ==
	       stack_va(class, slot_index(class, (vaddr_t)stack)));
	*(void **)stack = NULL;
	kmap_stacks_free(stack, size);
}

/* Takes no lock: it is asked when something has already gone wrong. */
bool
kmap_is_guard(vaddr_t va, vaddr_t *base)
{
	uint64_t offset = va - mmu_kmap_start();
	unsigned class;
	uint32_t slot;

	if (va < mmu_kmap_start() || offset >= KMAP_STACKS_SPAN)
		return false;
	class = (unsigned)(offset / KMAP_CLASS_SPAN);
	slot = slot_index(class, va);
	if (slot >= classes[class].made ||
	    !slot_at(&classes[class], slot)->frame)
		return false;
	*base = stack_va(class, slot);
	return va < *base;
}
