/* SPDX-License-Identifier: MIT */
#include "mm/frame_priv.h"

/*
 * mm/frame_cache.c - handing out frames: per-CPU caches, the zeroed pool, and
 * the count of what is used for what.
 *
 *	            frame_alloc()      frame_alloc(FRAME_ZERO)
 *	                 |                     |
 *	this CPU:    [ hot ]               [ zeroed ]  <-- frame_idle_zero()
 *	            BATCH | ^              BATCH | ^           |
 *	all CPUs:        v |                     v |           v
 *	             buddy lists             [ pool ] of zeroed frames
 *
 * A frame in one of the caches is FRAME_FREE and linked through `link`; the
 * cache is touched by its CPU only, with interrupts off, so the common case
 * takes no lock and its lines stay on this CPU.  Only every BATCH frames the
 * global lists are asked.  If one kind of memory runs out the other is used,
 * so a caller hears NULL only when this CPU cannot reach any free frame; what
 * other CPUs cache (CACHE_MAX + ZEROED_MAX each, at most) stays theirs.
 *
 * Memory of programs (anonymous, page cache, pipes) leaves the last `reserve`
 * frames of the buddy lists to the kernel itself, so that a program that eats
 * everything meets an error, while the kernel can still undo and exit.
 *
 * The counts by kind are per CPU too and may go below zero on one CPU; only
 * their sum means anything.
 */

enum {
	BATCH = 32,      /* frames moved to or from the lists at once */
	CACHE_MAX = 128, /* hot frames a CPU keeps */
	ZEROED_MAX = 64, /* zeroed frames a CPU keeps */
	POOL_MAX = 512,  /* zeroed frames for everybody */
};

struct frame_cache {
	struct frame *hot;                /* [o] last freed first */
	struct frame *zeroed;             /* [o] */
	unsigned hot_count, zeroed_count; /* [o] */
	int64_t used[FRAME_KINDS]; /* [o] others read it for statistics */
} ALIGNED(64);

/* [o] each CPU's own, with interrupts off */
static struct frame_cache caches[CPU_MAX];

static struct frame *pool;  /* [F] */
static unsigned pool_count; /* [F] */
static uint64_t total;      /* [F] */
static uint64_t reserve;    /* [F] frames kept from programs */

static struct frame *refill_hot(struct frame_cache *c, enum frame_kind kind);
static struct frame *take_zeroed(struct frame_cache *c);
static void drain_hot(struct frame_cache *c, unsigned keep);

static inline struct frame *
pop(struct frame **list, unsigned *count)
{
	struct frame *f = *list;

	if (likely(f != NULL)) {
		*list = f->link;
		--*count;
	}
	return f;
}

static inline void
push(struct frame **list, unsigned *count, struct frame *f)
{
	f->link = *list;
	*list = f;
	++*count;
}

/* A free frame becomes the caller's. */
static inline void
start_use(struct frame *f, enum frame_kind kind, unsigned order)
{
	ASSERT(f->kind == FRAME_FREE);
	f->kind = (uint8_t)kind;
	f->order = (uint8_t)order;
	atomic_store_explicit(&f->bits, 0, memory_order_relaxed);
	f->owner = NULL;
	refcount_set(&f->refs, 1);
}

static void
check_zero(const struct frame *f)
{
	const uint64_t *word = frame_data(f);
	unsigned i;

	for (i = 0; i < PAGE_SIZE / sizeof(*word); i++)
		ASSERT(word[i] == 0);
}

struct frame *
frame_alloc(enum frame_kind kind, unsigned flags)
{
	unsigned long irq = irq_save();
	struct frame_cache *c = &caches[cpu_id()];
	struct frame *f = NULL;
	bool zero = flags & FRAME_ZERO;

	if (zero) {
		f = take_zeroed(c);
		zero = !f;
	}
	if (!f)
		f = pop(&c->hot, &c->hot_count);
	if (unlikely(!f))
		f = refill_hot(c, kind);
	if (unlikely(!f)) {
		irq_restore(irq);
		return NULL;
	}
	c->used[kind]++;
	irq_restore(irq);
	start_use(f, kind, 0);
	if (zero)
		frame_zero(f);
	else if (DEBUG_KERNEL && (flags & FRAME_ZERO))
		check_zero(f);
	return f;
}

void
frame_free(struct frame *f)
{
	struct frame_cache *c;
	unsigned long irq;

	ASSERT(f->kind > FRAME_FREE && f->kind < FRAME_KINDS);
	ASSERT(f->order == 0 && refcount_read(&f->refs) == 0);
	irq = irq_save();
	c = &caches[cpu_id()];
	c->used[f->kind]--;
	f->kind = FRAME_FREE;
	push(&c->hot, &c->hot_count, f);
	if (unlikely(c->hot_count > CACHE_MAX))
		drain_hot(c, CACHE_MAX - BATCH);
	irq_restore(irq);
}

/* Is `kind` memory of programs, which must not use up everything? */
static bool
for_programs(enum frame_kind kind)
{
	return kind == FRAME_ANON || kind == FRAME_CACHE || kind == FRAME_PIPE;
}

/* How many of `want` frames this kind may still take from the lists. */
static unsigned
allowance(enum frame_kind kind, unsigned want) REQUIRES(frame_lock)
{
	uint64_t have = buddy_free_frames();

	if (!for_programs(kind))
		return want;
	return have > reserve ? (unsigned)MIN(have - reserve, want) : 0;
}

/*
 * Move up to BATCH frames from the lists into the cache, small blocks first:
 * that keeps the large ones whole.
 */
static void
fetch_batch(struct frame_cache *c, enum frame_kind kind) REQUIRES(frame_lock)
{
	unsigned want = allowance(kind, BATCH);

	while (want) {
		unsigned log = 31 - (unsigned)__builtin_clz(want);
		unsigned order = MIN(buddy_smallest(), log);
		struct frame *f = buddy_take(order);
		unsigned i;

		if (!f)
			return;
		for (i = 1u << order; i-- > 0;) {
			f[i].kind = FRAME_FREE;
			push(&c->hot, &c->hot_count, &f[i]);
		}
		want -= 1u << order;
	}
}

/* The cache is empty: fill it and take one, or any zeroed frame at all. */
static NOINLINE struct frame *
refill_hot(struct frame_cache *c, enum frame_kind kind)
{
	unsigned long irq = spin_lock_irq(&frame_lock);
	struct frame *f;

	fetch_batch(c, kind);
	f = pop(&c->hot, &c->hot_count);
	if (!f && !for_programs(kind))
		f = pop(&pool, &pool_count);
	spin_unlock_irq(&frame_lock, irq);
	if (!f)
		f = pop(&c->zeroed, &c->zeroed_count);
	return f;
}

static struct frame *
take_zeroed(struct frame_cache *c)
{
	unsigned long irq;
	struct frame *f;
	unsigned i;

	f = pop(&c->zeroed, &c->zeroed_count);
	/* Unlocked look: a stale answer costs one miss. */
	if (likely(f != NULL) || !__atomic_load_n(&pool, __ATOMIC_RELAXED))
		return f;
	irq = spin_lock_irq(&frame_lock);
	for (i = 0; i < BATCH; i++) {
		f = pop(&pool, &pool_count);
		if (!f)
			break;
		push(&c->zeroed, &c->zeroed_count, f);
	}
	spin_unlock_irq(&frame_lock, irq);
	return pop(&c->zeroed, &c->zeroed_count);
}

static NOINLINE void
drain_hot(struct frame_cache *c, unsigned keep)
{
	unsigned long irq = spin_lock_irq(&frame_lock);

	while (c->hot_count > keep)
		buddy_give(pop(&c->hot, &c->hot_count), 0);
	spin_unlock_irq(&frame_lock, irq);
}

void
frame_cache_drain(void)
{
	unsigned long irq = irq_save();
	struct frame_cache *c = &caches[cpu_id()];
	struct frame *f;

	while ((f = pop(&c->zeroed, &c->zeroed_count)))
		push(&c->hot, &c->hot_count, f);
	drain_hot(c, 0);
	spin_lock_irq(&frame_lock);
	while ((f = pop(&pool, &pool_count)))
		buddy_give(f, 0);
	spin_unlock_irq(&frame_lock, irq);
}

static struct frame *
take_block(enum frame_kind kind, unsigned order)
{
	unsigned long irq = spin_lock_irq(&frame_lock);
	struct frame *f = NULL;

	if (allowance(kind, 1u << order) == 1u << order)
		f = buddy_take(order);
	spin_unlock_irq(&frame_lock, irq);
	return f;
}

static void
count_used(enum frame_kind kind, int64_t frames)
{
	unsigned long irq = irq_save();

	caches[cpu_id()].used[kind] += frames;
	irq_restore(irq);
}

struct frame *
frame_alloc_block(enum frame_kind kind, unsigned order, unsigned flags)
{
	struct frame *head;
	unsigned i;

	if (order == 0)
		return frame_alloc(kind, flags);
	if (order > FRAME_MAX_ORDER)
		return NULL;
	head = take_block(kind, order);
	if (!head && order <= 3) {
		/* The missing neighbour may be in our own cache. */
		frame_cache_drain();
		head = take_block(kind, order);
	}
	if (!head)
		return NULL;
	count_used(kind, 1L << order);
	start_use(head, kind, order);
	if (flags & FRAME_ZERO) {
		for (i = 0; i < 1u << order; i++)
			frame_zero(&head[i]);
	}
	return head;
}

void
frame_free_block(struct frame *head, unsigned order)
{
	unsigned long irq;

	ASSERT(head->kind > FRAME_FREE && head->kind < FRAME_KINDS);
	ASSERT(head->order == order && refcount_read(&head->refs) <= 1);
	refcount_set(&head->refs, 0);
	if (order == 0) {
		frame_free(head);
		return;
	}
	count_used(head->kind, -(1L << order));
	irq = spin_lock_irq(&frame_lock);
	buddy_give(head, order);
	spin_unlock_irq(&frame_lock, irq);
}

void
frame_split_block(struct frame *head, unsigned order)
{
	uint8_t kind = head->kind;
	unsigned i;

	ASSERT(head->order == order && refcount_read(&head->refs) == 1);
	for (i = 0; i < 1u << order; i++) {
		head[i].kind = FRAME_FREE;
		start_use(&head[i], kind, 0);
	}
}

void
frame_join_block(struct frame *head, unsigned order)
{
	unsigned i;

	ASSERT((frame_pfn(head) & ((1UL << order) - 1)) == 0);
	for (i = 0; i < 1u << order; i++) {
		ASSERT(head[i].kind == head->kind && head[i].order == 0);
		ASSERT(frame_owned(&head[i]));
		if (i == 0)
			continue;
		refcount_set(&head[i].refs, 0);
		head[i].kind = FRAME_RESERVED;
	}
	head->order = (uint8_t)order;
}

/*
 * One frame per call, so that an idle CPU looks for work in between.  Own
 * stock first: it is taken without a lock.
 */
bool
frame_idle_zero(void)
{
	unsigned long irq = irq_save();
	struct frame_cache *c = &caches[cpu_id()];
	bool own = c->zeroed_count < ZEROED_MAX;
	struct frame *f = NULL;

	if (own || __atomic_load_n(&pool_count, __ATOMIC_RELAXED) < POOL_MAX) {
		spin_lock_irq(&frame_lock);
		if (buddy_free_frames() > 2 * reserve + POOL_MAX)
			f = buddy_take(0);
		spin_unlock_irq(&frame_lock, irq);
	}
	irq_restore(irq);
	if (!f)
		return false;
	f->kind = FRAME_FREE;
	frame_zero(f);
	irq = irq_save();
	c = &caches[cpu_id()];
	if (c->zeroed_count < ZEROED_MAX) {
		push(&c->zeroed, &c->zeroed_count, f);
		irq_restore(irq);
		return true;
	}
	spin_lock_irq(&frame_lock);
	push(&pool, &pool_count, f);
	spin_unlock_irq(&frame_lock, irq);
	return true;
}

void
frame_count_total(uint64_t frames)
{
	total += frames;
	reserve = MIN(total / 256, 1024);
}

void
frame_stats(struct frame_stats *out)
{
	unsigned cpu, kind;
	uint64_t used = 0;
	int64_t sum;

	for (kind = 0; kind < FRAME_KINDS; kind++) {
		sum = 0;
		for (cpu = 0; cpu < CPU_MAX; cpu++)
			sum += caches[cpu].used[kind];
		/* The CPUs are not stopped: a sum may be off by a moment. */
		out->by_kind[kind] = sum > 0 ? (uint64_t)sum : 0;
		used += out->by_kind[kind];
	}
	out->total = total;
	out->free = total > used ? total - used : 0;
	out->by_kind[FRAME_FREE] = out->free;
}
