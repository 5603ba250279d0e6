/* SPDX-License-Identifier: MIT */
#include "vm/object.h"

#include "arch/cpu.h"
#include "lib/errno.h"
#include "mm/slab.h"

/*
 * vm/object.c - the pages of an object: a radix tree of frames.
 *
 * An entry is empty, a frame, or a node of 64 entries.  A node knows how far
 * its index is shifted, so the tree is only as high as the last page needs; an
 * object whose only page is page 0 has it in the root and no node at all.
 *
 *	root --> node (shift 6) --> node (shift 0) --> frame of page 0
 *	                   |                 `-------> frame of page 5
 *	                   `------> node (shift 0) --> frame of page 64
 *
 * Finding a page that is there takes no lock.  Kernel code is not preempted,
 * so a lookup is a short stretch of instructions on one CPU, which says so in
 * `readers` for as long as it lasts:
 *
 *	lookup                          removal (holds o->lock)
 *	reading = 1, full barrier       entry = 0, full barrier
 *	find the frame, count it up     until each CPU was seen not reading:
 *	reading = 0                             wait
 *	                                drop frames and nodes
 *
 * Either the lookup sees the entry empty, or the removal sees the lookup and
 * waits for the few instructions it takes.  Entries that appear are published
 * with a release store, complete.
 *
 * A missing page is made without the lock, for filling it may mean I/O, and
 * then inserted under it; who comes second drops his.  What if the file is cut
 * in between?  The page would hold what the file no longer has.  So `removals`
 * is read before the size is looked at and the page is filled, and if pages
 * were removed since, all of it is done again.
 */

enum {
	SLOT_BITS = 6,
	SLOTS = 1 << SLOT_BITS
};

#define IS_NODE 1UL

struct object_node {
	unsigned shift;              /* [I] a slot covers 1 << shift pages */
	unsigned count;              /* [L] slots in use */
	object_entry_t slots[SLOTS]; /* [L] to write, [a] to read */
};

static struct slab_cache *node_cache RO_AFTER_BOOT;
static struct slab_cache *object_cache RO_AFTER_BOOT;

/* Is this CPU looking something up?  Its own to write. */
static struct {
	atomic_uint reading; /* [a] */
} ALIGNED(64) readers[CPU_MAX];

void
vm_object_system_init(void)
{
	node_cache = slab_cache_create("object_node",
				       sizeof(struct object_node), 16);
	object_cache =
		slab_cache_create("vm_object", sizeof(struct vm_object), 16);
	if (!node_cache || !object_cache)
		panic("vm: no memory for the first caches");
}

void
vm_object_init(struct vm_object *o, const struct vm_object_ops *ops)
{
	refcount_set(&o->refs, 1);
	o->ops = ops;
	mutex_init(&o->lock, LOCK_OBJECT, "vm object");
	atomic_init(&o->root, 0);
	o->pages = 0;
	atomic_init(&o->removals, 0);
	list_init(&o->areas);
	o->unmap_seq = 0;
	atomic_init(&o->writable_maps, 0);
}

void
vm_object_put(struct vm_object *o)
{
	if (refcount_put(&o->refs))
		o->ops->release(o);
}

/* --- looking up, without the lock ----------------------------------------- */

static inline void
read_begin(void)
{
	/* An exchange is a full barrier, and cheaper than a fence. */
	atomic_exchange_explicit(&readers[cpu_id()].reading, 1,
				 memory_order_seq_cst);
}

static inline void
read_end(void)
{
	atomic_store_explicit(&readers[cpu_id()].reading, 0,
			      memory_order_release);
}

/* After this no lookup uses what was unlinked before. */
static void
wait_for_readers(void)
{
	unsigned cpu, n = cpu_count();

	atomic_thread_fence(memory_order_seq_cst);
	for (cpu = 0; cpu < n; cpu++) {
		while (atomic_load_explicit(&readers[cpu].reading,
					    memory_order_acquire))
			cpu_relax();
	}
}

static inline uintptr_t
entry_load(const object_entry_t *e)
{
	return atomic_load_explicit(e, memory_order_acquire);
}

static inline void
entry_store(object_entry_t *e, uintptr_t value)
{
	atomic_store_explicit(e, value, memory_order_release);
}

static inline struct object_node *
to_node(uintptr_t entry)
{
	return (struct object_node *)(entry & ~IS_NODE);
}

static inline bool
node_covers(const struct object_node *n, uint64_t index)
{
	return index >> n->shift < SLOTS;
}

static inline object_entry_t *
node_slot(struct object_node *n, uint64_t index)
{
	return &n->slots[(index >> n->shift) & (SLOTS - 1)];
}

/* The node of shift 0 over a page, or NULL.  Not for a page in the root. */
static struct object_node *
find_leaf_node(const struct vm_object *o, uint64_t index)
{
	uintptr_t e = entry_load(&o->root);

	if (!(e & IS_NODE) || !node_covers(to_node(e), index))
		return NULL;
	while (to_node(e)->shift > 0) {
		e = entry_load(node_slot(to_node(e), index));
		if (!e)
			return NULL;
	}
	return to_node(e);
}

static struct frame *
find_frame(const struct vm_object *o, uint64_t index)
{
	uintptr_t e = entry_load(&o->root);
	struct object_node *n;

	if (!(e & IS_NODE))
		return index == 0 ? (struct frame *)e : NULL;
	n = find_leaf_node(o, index);
	return n ? (struct frame *)entry_load(node_slot(n, index)) : NULL;
}

/* The page with a reference, if it is there. */
static struct frame *
get_present(const struct vm_object *o, uint64_t index)
{
	struct frame *f;

	read_begin();
	f = find_frame(o, index);
	if (f)
		frame_get(f);
	read_end();
	return f;
}

unsigned
vm_object_pages(struct vm_object *o, uint64_t first, unsigned n,
		struct frame **out)
{
	struct object_node *leaf = NULL;
	unsigned i, found = 0;
	uint64_t index;

	read_begin();
	for (i = 0; i < n; i++) {
		index = first + i;
		if (i == 0 || (index & (SLOTS - 1)) == 0)
			leaf = find_leaf_node(o, index);
		if (leaf)
			out[i] = (void *)entry_load(node_slot(leaf, index));
		else
			out[i] = index == 0 ? find_frame(o, 0) : NULL;
		if (out[i]) {
			frame_get(out[i]);
			found++;
		}
	}
	read_end();
	return found;
}

/* --- inserting ------------------------------------------------------------ */

static struct object_node *
node_create(unsigned shift)
{
	struct object_node *n = slab_alloc(node_cache);

	if (n)
		n->shift = shift;
	return n;
}

/* Make the root cover index, which page 0 in the root does not. */
static int
grow_root(struct vm_object *o, uint64_t index) REQUIRES(o->lock)
{
	uintptr_t root = entry_load(&o->root);
	struct object_node *n;
	unsigned shift = 0;

	if (!root) {
		while (index >> shift >= SLOTS)
			shift += SLOT_BITS;
	} else if (root & IS_NODE) {
		if (node_covers(to_node(root), index))
			return 0;
		shift = to_node(root)->shift + SLOT_BITS;
	}
	n = node_create(shift);
	if (!n)
		return -ENOMEM;
	if (root) {
		atomic_init(&n->slots[0], root);
		n->count = 1;
	}
	entry_store(&o->root, (uintptr_t)n | IS_NODE);
	return grow_root(o, index);
}

/* The entry for a page, with all nodes above it made. */
static int
make_slot(struct vm_object *o, uint64_t index, struct object_node **out)
	REQUIRES(o->lock)
{
	struct object_node *n, *child;
	object_entry_t *slot;
	int err = grow_root(o, index);

	if (err)
		return err;
	n = to_node(entry_load(&o->root));
	while (n->shift > 0) {
		slot = node_slot(n, index);
		if (!entry_load(slot)) {
			child = node_create(n->shift - SLOT_BITS);
			if (!child)
				return -ENOMEM;
			entry_store(slot, (uintptr_t)child | IS_NODE);
			n->count++;
		}
		n = to_node(entry_load(slot));
	}
	*out = n;
	return 0;
}

/*
 * Nodes made on the way to a failure stay, empty: they are few, and go with the
 * next removal or with the object.
 */
static int
insert_locked(struct vm_object *o, uint64_t index, struct frame *f)
	REQUIRES(o->lock)
{
	struct object_node *n;
	int err;

	if (find_frame(o, index))
		return -EEXIST;
	if (index == 0 && !entry_load(&o->root)) {
		entry_store(&o->root, (uintptr_t)f);
		o->pages++;
		return 0;
	}
	err = make_slot(o, index, &n);
	if (err)
		return err;
	entry_store(node_slot(n, index), (uintptr_t)f);
	n->count++;
	o->pages++;
	return 0;
}

int
vm_object_insert(struct vm_object *o, uint64_t index, struct frame *f)
{
	int err;

	ASSERT(f->kind == FRAME_CACHE);
	if (index >= OBJECT_PAGES_MAX)
		return -EFBIG;
	mutex_lock(&o->lock);
	err = insert_locked(o, index, f);
	mutex_unlock(&o->lock);
	return err;
}

uint64_t
vm_object_size_pages(struct vm_object *o)
{
	uint64_t size;

	if (!o->ops->size)
		return OBJECT_PAGES_MAX;
	size = o->ops->size(o);
	return (size >> PAGE_SHIFT) + ((size & ~PAGE_MASK) != 0);
}

static bool
in_size(struct vm_object *o, uint64_t index)
{
	return index < vm_object_size_pages(o);
}

static int
filled_frame(struct vm_object *o, uint64_t index, struct frame **out)
{
	struct frame *f = frame_alloc(FRAME_CACHE, FRAME_ZERO);
	int err = 0;

	if (!f)
		return -ENOMEM;
	if (o->ops->fill)
		err = o->ops->fill(o, index, f);
	if (err) {
		frame_put(f);
		return err;
	}
	*out = f;
	return 0;
}

/*
 * One try to make a missing page.  -EAGAIN: somebody else made it, or took
 * pages away meanwhile.
 */
static int
try_make_page(struct vm_object *o, uint64_t index, unsigned flags,
	      struct frame **out)
{
	uint64_t removals =
		atomic_load_explicit(&o->removals, memory_order_acquire);
	struct frame *f;
	int err;

	if ((flags & OBJECT_IN_SIZE) && !in_size(o, index))
		return -ENXIO;
	err = filled_frame(o, index, &f);
	if (err)
		return err;
	mutex_lock(&o->lock);
	if (atomic_load_explicit(&o->removals, memory_order_relaxed) !=
	    removals)
		err = -EAGAIN;
	else
		err = insert_locked(o, index, f);
	if (!err)
		frame_get(f);
	mutex_unlock(&o->lock);
	if (err) {
		frame_put(f);
		return err == -EEXIST ? -EAGAIN : err;
	}
	*out = f;
	return 0;
}

int
vm_object_page(struct vm_object *o, uint64_t index, unsigned flags,
	       struct frame **out)
{
	int err;

	for (;;) {
		if ((flags & OBJECT_IN_SIZE) && !in_size(o, index))
			return -ENXIO;
		*out = get_present(o, index);
		if (*out || !(flags & OBJECT_CREATE))
			return 0;
		if (index >= OBJECT_PAGES_MAX)
			return -EFBIG;
		err = try_make_page(o, index, flags, out);
		if (err != -EAGAIN)
			return err;
	}
}

/* --- removing ------------------------------------------------------------- */

/* Frames and nodes no longer linked, waiting for the lookups under way. */
struct removal {
	uint64_t first, last; /* pages to remove */
	uint64_t frames;      /* removed so far */
	unsigned count;
	uintptr_t dead[48];
};

static void
removal_flush(struct removal *r)
{
	unsigned i;

	if (r->count == 0)
		return;
	wait_for_readers();
	for (i = 0; i < r->count; i++) {
		if (r->dead[i] & IS_NODE)
			slab_free(node_cache, to_node(r->dead[i]));
		else
			frame_put((struct frame *)r->dead[i]);
	}
	r->count = 0;
}

/* Empty a slot, owing the drop of what it held. */
static void
removal_take(struct removal *r, object_entry_t *slot)
{
	uintptr_t e = entry_load(slot);

	if (r->count == ARRAY_SIZE(r->dead))
		removal_flush(r);
	entry_store(slot, 0);
	r->dead[r->count++] = e;
	if (!(e & IS_NODE))
		r->frames++;
}

/* Remove what the range has below n, whose first page is `base`.  Recursion
 * ends after OBJECT_PAGES_MAX's 9 levels. */
static void
remove_below(struct removal *r, struct object_node *n, uint64_t base)
{
	uint64_t last = base + ((uint64_t)SLOTS << n->shift) - 1;
	uint64_t from = MAX(r->first, base), to = MIN(r->last, last);
	unsigned i, end;

	if (from > to)
		return;
	i = (unsigned)((from - base) >> n->shift);
	end = (unsigned)((to - base) >> n->shift);
	for (; i <= end; i++) {
		uintptr_t e = entry_load(&n->slots[i]);

		if (!e)
			continue;
		if (e & IS_NODE) {
			remove_below(r, to_node(e),
				     base + ((uint64_t)i << n->shift));
			if (to_node(e)->count > 0)
				continue;
		}
		removal_take(r, &n->slots[i]);
		n->count--;
	}
}

static void
remove_range(struct vm_object *o, uint64_t first, uint64_t last)
	REQUIRES(o->lock)
{
	struct removal r = { .first = first, .last = last };
	uintptr_t root = entry_load(&o->root);

	atomic_fetch_add_explicit(&o->removals, 1, memory_order_acq_rel);
	if (root & IS_NODE) {
		remove_below(&r, to_node(root), 0);
		if (to_node(root)->count == 0)
			removal_take(&r, &o->root);
	} else if (root && first == 0) {
		removal_take(&r, &o->root);
	}
	removal_flush(&r);
	o->pages -= r.frames;
}

void
vm_object_punch(struct vm_object *o, uint64_t first, uint64_t last)
{
	if (first > last)
		return;
	mutex_lock(&o->lock);
	remove_range(o, first, last);
	mutex_unlock(&o->lock);
}

void
vm_object_truncate(struct vm_object *o, uint64_t first)
{
	vm_object_punch(o, first, UINT64_MAX);
}

void
vm_object_fini(struct vm_object *o)
{
	ASSERT(list_empty(&o->areas));
	vm_object_truncate(o, 0);
	ASSERT(o->pages == 0 && !entry_load(&o->root));
}

/* --- walking, anonymous objects ------------------------------------------- */

/* The first page at or after *index below n, whose first page is `base`. */
static bool
next_below(struct object_node *n, uint64_t base, uint64_t *index)
{
	unsigned i = (unsigned)((*index - base) >> n->shift);

	for (; i < SLOTS; i++) {
		uintptr_t e = entry_load(&n->slots[i]);
		uint64_t at = base + ((uint64_t)i << n->shift);

		*index = MAX(*index, at);
		if (e && !(e & IS_NODE))
			return true;
		if (e && next_below(to_node(e), at, index))
			return true;
	}
	return false;
}

bool
vm_object_next(struct vm_object *o, uint64_t *index)
{
	uint64_t at = *index;
	bool found = false;
	uintptr_t root;

	mutex_lock(&o->lock);
	root = entry_load(&o->root);
	if (root & IS_NODE) {
		if (node_covers(to_node(root), at))
			found = next_below(to_node(root), 0, &at);
	} else {
		found = root && at == 0;
	}
	mutex_unlock(&o->lock);
	if (found)
		*index = at;
	return found;
}

static void
anon_release(struct vm_object *o)
{
	vm_object_fini(o);
	slab_free(object_cache, o);
}

static const struct vm_object_ops anon_ops = { .release = anon_release };

struct vm_object *
vm_object_create_anon(void)
{
	struct vm_object *o = slab_alloc(object_cache);

	if (o)
		vm_object_init(o, &anon_ops);
	return o;
}
