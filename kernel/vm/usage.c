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
	if (a->object)
		tree_visit(&s->tree, a->start, a->end, count_shared,
			   &u->shared_pages);
}

void
vm_space_usage(struct vm_space *s, struct vm_usage *out)
{
	struct area *a;

	*out = (struct vm_usage){ 0 };
	mutex_lock(&s->lock);
	for (a = area_lowest(s); a; a = area_next(a))
		add_area(s, a, out);
	out->total_pages = s->mapped_pages;
	out->resident_pages = s->tree.resident;
	out->peak_pages = MAX(s->peak_pages, s->tree.resident);
	mutex_unlock(&s->lock);
}
