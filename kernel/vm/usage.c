/* SPDX-License-Identifier: MIT */
#include "vm/space_priv.h"

/*
 * vm/usage.c - what /proc shows of a space.
 */

bool
vm_area_next(struct vm_space *s, vaddr_t after, struct area *out)
{
	struct area *a;

	mutex_lock(&s->lock);
	a = area_first(s, after);
	if (a) {
		*out = *a;
		if (out->source)
			out->source_ops->get(out->source);
	}
	mutex_unlock(&s->lock);
	return a;
}

void
vm_area_copy_put(struct area *copy)
{
	if (copy->source)
		copy->source_ops->put(copy->source);
}

static int
count_shared(void *arg, vaddr_t va, pte_t pte, unsigned level, bool shared)
{
	uint64_t *pages = arg;

	if (frame_from_pfn(pte_pfn(pte))->kind == FRAME_CACHE)
		++*pages;
	return 0;
}

/* Only areas with an object have pages of one. */
static void
add_area(struct vm_space *s, const struct area *a, struct vm_usage *u)
	REQUIRES(s->lock)
{
	uint64_t pages = pages_in(a->start, a->end);

	if (a->bits & AREA_GROWS_DOWN)
		u->stack_pages += pages;
	else if (bits_are_data(a->bits))
		u->data_pages += pages;
	if ((a->bits & AREA_EXEC) && !(a->bits & AREA_WRITE) && a->object)
		u->text_pages += pages;
	if (a->object) {
		uint64_t shared = 0;

		tree_visit(&s->tree, a->start, a->end, count_shared, &shared);
		u->shared_pages += shared;
		u->shmem_pages += a->source ? 0 : shared;
	}
}

void
vm_space_usage(struct vm_space *s, struct vm_usage *out)
{
	struct area *a;

	vm_space_size(s, out);
	mutex_lock(&s->lock);
	for (a = area_lowest(s); a; a = area_next(a))
		add_area(s, a, out);
	mutex_unlock(&s->lock);
}

void
vm_space_size(struct vm_space *s, struct vm_usage *out)
{
	*out = (struct vm_usage){ 0 };
	mutex_lock(&s->lock);
	out->total_pages = s->mapped_pages;
	out->locked_pages = s->locked_pages;
	out->resident_pages = s->tree.resident;
	out->peak_pages = MAX(s->peak_pages, s->tree.resident);
	mutex_unlock(&s->lock);
}

/* --- page by page --------------------------------------------------------- */

#define PROPORTION 4096

/*
 * How many mappings a frame has, at least.  An object holds a reference of its
 * own; a subtree shared with a child has one reference for all its leaves, so
 * two is then as much as can be said without looking at the child.
 */
static uint64_t
mappings_of(const struct frame *f, bool path_shared)
{
	uint64_t n = refcount_read(&f->refs);

	if (f->kind == FRAME_CACHE && n > 1)
		n--;
	return path_shared ? MAX(n, 2) : MAX(n, 1);
}

struct range_walk {
	struct vm_range_usage *u;
	vaddr_t start, end;
};

static void
count_frame(struct vm_range_usage *u, const struct frame *f, bool path_shared)
{
	uint64_t n = mappings_of(f, path_shared);
	bool dirty = f->kind == FRAME_ANON ||
		     (atomic_load_explicit(&f->bits, memory_order_relaxed) &
		      FRAME_DIRTY);

	u->resident++;
	u->anonymous += f->kind == FRAME_ANON;
	u->proportional_4k += PROPORTION / n;
	if (n > 1)
		*(dirty ? &u->shared_dirty : &u->shared_clean) += 1;
	else
		*(dirty ? &u->private_dirty : &u->private_clean) += 1;
}

static int
count_leaf(void *arg, vaddr_t va, pte_t pte, unsigned level, bool shared)
{
	struct range_walk *w = arg;
	const struct frame *f = frame_from_pfn(pte_pfn(pte));
	unsigned pages = level ? 512 : 1;

	/* A huge leaf may reach beyond both ends. */
	for (unsigned i = 0; i < pages; i++, va += PAGE_SIZE) {
		if (va < w->start || va >= w->end)
			continue;
		count_frame(w->u, level ? f + i : f, shared);
		w->u->huge += level ? 1 : 0;
	}
	return 0;
}

void
vm_range_usage(struct vm_space *s, vaddr_t start, vaddr_t end,
	       struct vm_range_usage *out)
{
	struct range_walk w = { .u = out, .start = start, .end = end };

	*out = (struct vm_range_usage){ 0 };
	mutex_lock(&s->lock);
	tree_visit(&s->tree, start, end, count_leaf, &w);
	mutex_unlock(&s->lock);
}

#define PAGEMAP_EXCLUSIVE (1ULL << 56)
#define PAGEMAP_FILE      (1ULL << 61)
#define PAGEMAP_PRESENT   (1ULL << 63)

void
vm_page_words(struct vm_space *s, vaddr_t va, size_t n, bool with_frames,
	      uint64_t *out)
{
	mutex_lock(&s->lock);
	for (size_t i = 0; i < n; i++, va += PAGE_SIZE) {
		struct tree_slot slot = { 0 };
		const struct frame *f;
		uint64_t pfn;

		out[i] = 0;
		if (va < USER_TOP)
			slot = tree_lookup(&s->tree, va);
		if (!slot.pte)
			continue;
		pfn = pte_pfn(slot.pte);
		if (slot.level)
			pfn += (va >> PAGE_SHIFT) & 511;
		f = frame_from_pfn(pfn);
		out[i] = PAGEMAP_PRESENT | (with_frames ? pfn : 0);
		if (f->kind == FRAME_CACHE)
			out[i] |= PAGEMAP_FILE;
		if (mappings_of(f, slot.path_shared) == 1)
			out[i] |= PAGEMAP_EXCLUSIVE;
	}
	mutex_unlock(&s->lock);
}
