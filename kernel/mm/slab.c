/* SPDX-License-Identifier: MIT */
#include "mm/slab.h"

#include "core/panic.h"
#include "mm/slab_priv.h"

/*
 * mm/slab.c - caches of equal objects.
 *
 *	cache --> magazine of this CPU   objects ready to hand out
 *	      --> partial: slab, slab    slabs with free objects
 *	          (full slabs are on no list; their objects lead back)
 *
 * A slab is a block of frames cut into objects.  Its free objects are linked
 * through their own first word; those never handed out yet are only counted
 * (`fresh`), so making a slab touches none of its memory.  What describes it,
 * struct slab, lives outside, so that objects whose size is a power of two
 * are aligned to it; each frame's `owner` names it.
 *
 * A magazine is a stack of free objects that only its CPU uses, with
 * interrupts off: the common alloc and free take no lock.  An empty magazine
 * takes half its capacity from the slabs, a full one gives half back.
 * Objects in magazines count as free, but their slabs cannot be released.
 *
 * A slab all of whose objects are back is released, except for one per cache:
 * a cache whose use swings around a slab's edge would else thrash.
 *
 * Two caches serve the others, and must not need what they serve: neither has
 * magazines, and that of struct slab keeps the description in the slab's own
 * first object.
 *
 * Objects are cleared when handed out, not when they come back: the caller
 * is about to use the lines that this brings into the cache.
 *
 * Lock order: cache->lock (LOCK_SLAB), then frame_lock.  No two cache locks
 * are ever held together: slabs are made before, and released after.
 */

#define POISON 0xf5e1a3c7096b2d84ULL

enum {
	SLAB_ORDERS = 4,  /* a slab is 1, 2, 4 or 8 frames */
	SLAB_OBJECTS = 8, /* and holds so many objects, if it can */
};

static struct slab_cache cache_of_slabs;
static struct slab_cache cache_of_magazines;
static struct slab_cache cache_of_caches;

/* All caches, oldest first. */
static struct spinlock list_lock = SPINLOCK_INIT(LOCK_SLAB, "slab list");
static struct slab_cache *first_cache;
static struct slab_cache **list_end = &first_cache;

static void *alloc_slowly(struct slab_cache *c);
static void free_slowly(struct slab_cache *c, void *obj);
static void give_objects(struct slab_cache *c, void **objects, unsigned n);

/* Fill a free object: whoever writes to it later is found out on reuse. */
static void
poison(const struct slab_cache *c, void *obj)
{
	uint64_t *w = obj;
	size_t i;

	for (i = 1; i < c->size / 8; i++)
		w[i] = POISON;
}

static bool
poisoned(const struct slab_cache *c, const void *obj)
{
	const uint64_t *w = obj;
	size_t i;

	for (i = 1; i < c->size / 8; i++) {
		if (w[i] != POISON)
			return false;
	}
	return true;
}

void *
slab_alloc(struct slab_cache *c)
{
	unsigned long irq = irq_save();
	struct magazine *m = c->magazines[cpu_id()];
	void *obj;

	if (likely(m && m->count)) {
		obj = m->objects[--m->count];
		m->used++;
	} else {
		obj = alloc_slowly(c);
	}
	irq_restore(irq);
	if (unlikely(!obj))
		return NULL;
	if (DEBUG_KERNEL && !poisoned(c, obj))
		panic("slab: %s %p written while free", c->name, obj);
	clear_words(obj, c->size);
	return obj;
}

void
slab_free(struct slab_cache *c, void *obj)
{
	struct magazine *m;
	unsigned long irq;

	DEBUG_ASSERT(slab_of(obj)->cache == c);
	if (DEBUG_KERNEL && poisoned(c, obj) && c->size >= 32)
		panic("slab: %s %p freed twice", c->name, obj);
	if (DEBUG_KERNEL)
		poison(c, obj);
	irq = irq_save();
	m = c->magazines[cpu_id()];
	if (likely(m && m->count < m->capacity)) {
		m->objects[m->count++] = obj;
		m->used--;
	} else {
		free_slowly(c, obj);
	}
	irq_restore(irq);
}

/* Cut a block into a slab of c; the largest order that is to be had. */
static struct frame *
slab_block(const struct slab_cache *c, unsigned *order)
{
	struct frame *head;
	unsigned o = 0;

	while (o < SLAB_ORDERS - 1 && (PAGE_SIZE << o) / c->size < SLAB_OBJECTS)
		o++;
	for (;;) {
		head = frame_alloc_block(FRAME_SLAB, o, FRAME_ANY);
		*order = o;
		if (head || o == 0 || (PAGE_SIZE << (o - 1)) < c->size)
			return head;
		o--;
	}
}

static struct slab *
slab_create(struct slab_cache *c)
{
	struct frame *head;
	struct slab *s;
	unsigned order, i;

	head = slab_block(c, &order);
	if (!head)
		return NULL;
	if (c->inside) {
		s = frame_data(head);
		*s = (struct slab){ .data = (char *)s + c->size };
	} else {
		s = slab_alloc(&cache_of_slabs);
		if (!s) {
			frame_free_block(head, order);
			return NULL;
		}
		s->data = frame_data(head);
	}
	s->cache = c;
	s->head = head;
	s->order = (uint8_t)order;
	s->capacity = (uint16_t)((PAGE_SIZE << order) / c->size - c->inside);
	s->fresh = s->capacity;
	list_init(&s->link);
	for (i = 0; i < 1u << order; i++) {
		head[i].kind = FRAME_SLAB;
		head[i].owner = s;
	}
	for (i = 0; i < (DEBUG_KERNEL ? s->capacity : 0); i++)
		poison(c, s->data + i * c->size);
	return s;
}

static void
slab_release(struct slab *s)
{
	struct frame *head = s->head;
	unsigned order = s->order, i;

	for (i = 1; i < 1u << order; i++) {
		head[i].kind = FRAME_RESERVED;
		head[i].owner = NULL;
	}
	if (!s->cache->inside)
		slab_free(&cache_of_slabs, s);
	frame_free_block(head, order);
}

static void *
slab_pop(struct slab *s)
{
	void *obj = s->free;

	if (obj) {
		s->free = *(void **)obj;
	} else {
		obj = s->data + (s->capacity - s->fresh) * s->cache->size;
		s->fresh--;
	}
	if (s->used++ == 0)
		s->cache->empty--;
	if (s->used == s->capacity)
		list_remove(&s->link);
	return obj;
}

static void
slab_add(struct slab_cache *c, struct slab *s) REQUIRES(c->lock)
{
	list_push_front(&c->partial, &s->link);
	c->slabs++;
	c->empty++;
	c->objects += s->capacity;
}

/* Take 1 to n objects from the slabs, or 0: no memory. */
static unsigned
take_objects(struct slab_cache *c, void **out, unsigned n)
{
	unsigned long irq = spin_lock_irq(&c->lock);
	struct slab *s;
	unsigned got = 0;

	if (list_empty(&c->partial)) {
		spin_unlock_irq(&c->lock, irq);
		s = slab_create(c);
		if (!s)
			return 0;
		irq = spin_lock_irq(&c->lock);
		slab_add(c, s);
	}
	while (got < n && !list_empty(&c->partial))
		out[got++] =
			slab_pop(list_first(&c->partial, struct slab, link));
	spin_unlock_irq(&c->lock, irq);
	return got;
}

static void
count_directly(struct slab_cache *c, int64_t n)
{
	unsigned long irq = spin_lock_irq(&c->lock);

	c->used_directly += n;
	spin_unlock_irq(&c->lock, irq);
}

/* This CPU's magazine, made if it is missing; NULL: do without. */
static struct magazine *
get_magazine(struct slab_cache *c)
{
	struct magazine *m = c->magazines[cpu_id()];

	if (m || !c->magazine_size)
		return m;
	m = slab_alloc(&cache_of_magazines);
	if (m) {
		m->capacity = c->magazine_size;
		c->magazines[cpu_id()] = m;
	}
	return m;
}

/* Interrupts are off. */
static NOINLINE void *
alloc_slowly(struct slab_cache *c)
{
	struct magazine *m = get_magazine(c);
	void *obj;

	if (!m) {
		if (!take_objects(c, &obj, 1))
			return NULL;
		count_directly(c, 1);
		return obj;
	}
	m->count = take_objects(c, m->objects, MAX(m->capacity / 2, 1u));
	if (!m->count)
		return NULL;
	m->used++;
	return m->objects[--m->count];
}

static NOINLINE void
free_slowly(struct slab_cache *c, void *obj)
{
	struct magazine *m = get_magazine(c);
	unsigned half, i;

	if (!m) {
		give_objects(c, &obj, 1);
		count_directly(c, -1);
		return;
	}
	if (m->count == m->capacity) {
		/* The oldest go; the youngest are still in the CPU's cache. */
		half = MAX(m->capacity / 2, 1u);
		give_objects(c, m->objects, half);
		m->count -= half;
		for (i = 0; i < m->count; i++)
			m->objects[i] = m->objects[half + i];
	}
	m->objects[m->count++] = obj;
	m->used--;
}

/* Put an object back; true if its slab is to be released. */
static bool
slab_push(struct slab_cache *c, struct slab *s, void *obj) REQUIRES(c->lock)
{
	ASSERT(s->cache == c && s->used > 0);
	if (s->used-- == s->capacity)
		list_push_front(&c->partial, &s->link);
	*(void **)obj = s->free;
	s->free = obj;
	if (s->used > 0)
		return false;
	list_remove(&s->link);
	if (c->empty > 0) {
		c->slabs--;
		c->objects -= s->capacity;
		return true;
	}
	/* Last in line: it may stay empty. */
	c->empty++;
	list_push_back(&c->partial, &s->link);
	return false;
}

static void
give_objects(struct slab_cache *c, void **objects, unsigned n)
{
	unsigned long irq = spin_lock_irq(&c->lock);
	struct slab *dead[MAGAZINE_MAX], *s;
	unsigned dying = 0, i;

	for (i = 0; i < n; i++) {
		s = slab_of(objects[i]);
		if (slab_push(c, s, objects[i]))
			dead[dying++] = s;
	}
	spin_unlock_irq(&c->lock, irq);
	for (i = 0; i < dying; i++)
		slab_release(dead[i]);
}

/* Small objects in large numbers, large ones without hoarding. */
static uint32_t
magazine_size_for(size_t size)
{
	if (size <= 256)
		return MAGAZINE_MAX;
	return size <= 1024 ? 16 : 8;
}

static void
list_cache(struct slab_cache *c)
{
	unsigned long irq = spin_lock_irq(&list_lock);

	*list_end = c;
	list_end = &c->next;
	spin_unlock_irq(&list_lock, irq);
}

void
slab_cache_setup(struct slab_cache *c, const char *name, size_t size,
		 size_t align)
{
	ASSERT(align <= PAGE_SIZE && (align & (align - 1)) == 0);
	size = ALIGN_UP(MAX(size, 16UL), MAX(align, 8UL));
	ASSERT(size <= PAGE_SIZE << (SLAB_ORDERS - 1));
	*c = (struct slab_cache){ .name = name, .size = size };
	c->magazine_size = magazine_size_for(size);
	spin_init(&c->lock, LOCK_SLAB, name);
	list_init(&c->partial);
	list_cache(c);
}

struct slab_cache *
slab_cache_create(const char *name, size_t size, size_t align)
{
	struct slab_cache *c = slab_alloc(&cache_of_caches);

	if (c)
		slab_cache_setup(c, name, size, align);
	return c;
}

uint64_t
slab_in_use(const struct slab_cache *c)
{
	int64_t sum = c->used_directly;
	unsigned cpu;

	for (cpu = 0; cpu < CPU_MAX; cpu++) {
		if (c->magazines[cpu])
			sum += c->magazines[cpu]->used;
	}
	/* The CPUs are not stopped: a sum may be off by a moment. */
	return sum > 0 ? (uint64_t)sum : 0;
}

bool
slab_stats(unsigned n, struct slab_stats *out)
{
	const struct slab_cache *c = first_cache;

	while (c && n-- > 0)
		c = c->next;
	if (!c)
		return false;
	out->name = c->name;
	out->object_size = c->size;
	out->objects = slab_in_use(c);
	out->slabs = c->slabs;
	out->room = c->objects;
	out->pages_per_slab = 1;
	if (out->slabs)
		out->pages_per_slab =
			(unsigned)ALIGN_UP(c->size * (out->room / out->slabs),
					   PAGE_SIZE) /
			PAGE_SIZE;
	return true;
}

void
slab_init(void)
{
	slab_cache_setup(&cache_of_slabs, "slab", sizeof(struct slab), 8);
	cache_of_slabs.inside = true;
	cache_of_slabs.magazine_size = 0;
	slab_cache_setup(&cache_of_magazines, "magazine",
			 sizeof(struct magazine), 64);
	cache_of_magazines.magazine_size = 0;
	slab_cache_setup(&cache_of_caches, "slab_cache",
			 sizeof(struct slab_cache), 64);
	kmalloc_init();
}
