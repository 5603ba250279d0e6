/* SPDX-License-Identifier: MIT */
#include "mm/slab.h"
#include "vm/space_priv.h"

#include "core/panic.h"
#include "lib/errno.h"

/*
 * vm/space.c - address spaces: made, copied, torn down.
 *
 * Two counts.  `users` are those who run in the space or look into it; when
 * the last leaves, all that is mapped goes at once.  `holds` keep only the
 * structure: who comes from an object to unmap its pages (rmap.c) must not be
 * the one who closes the files of a dying process, in the middle of whatever
 * he is doing to one of them.
 */

static struct slab_cache *space_cache RO_AFTER_BOOT;

void
vm_init(void)
{
	area_system_init();
	vm_object_system_init();
	space_cache =
		slab_cache_create("vm_space", sizeof(struct vm_space), 64);
	if (!space_cache)
		panic("vm: no memory for the first caches");
}

void
change_begin(struct change *c, struct vm_space *s) NO_LOCK_ANALYSIS
{
	mutex_lock(&s->lock);
	tree_batch_begin(&c->batch, &s->tree);
	c->dead = NULL;
}

void
change_end(struct change *c, struct vm_space *s) NO_LOCK_ANALYSIS
{
	tree_batch_finish(&c->batch);
	mutex_unlock(&s->lock);
	area_discard(c->dead);
}

/* Everything but the tree. */
static struct vm_space *
space_alloc(void)
{
	struct vm_space *s = slab_alloc(space_cache);

	if (!s)
		return NULL;
	refcount_set(&s->users, 1);
	refcount_set(&s->holds, 1);
	mutex_init(&s->lock, LOCK_SPACE, "vm space");
	RB_INIT(&s->areas);
	return s;
}

struct vm_space *
vm_space_create(void)
{
	struct vm_space *s = space_alloc();

	if (!s)
		return NULL;
	if (tree_init(&s->tree)) {
		slab_free(space_cache, s);
		return NULL;
	}
	s->mmap_top = USER_TOP - (1UL << 30);
	s->limits = (struct vm_limits){ UINT64_MAX, UINT64_MAX, UINT64_MAX,
					UINT64_MAX };
	return s;
}

/* What a child inherits besides areas and tree. */
static void
copy_layout(struct vm_space *dst, const struct vm_space *src)
	REQUIRES(src->lock)
{
	dst->mmap_top = src->mmap_top;
	dst->mmap_bottom = src->mmap_bottom;
	dst->brk_start = src->brk_start;
	dst->brk_end = src->brk_end;
	dst->stack_top = src->stack_top;
	dst->arg_start = src->arg_start;
	dst->arg_end = src->arg_end;
	dst->env_start = src->env_start;
	dst->env_end = src->env_end;
	dst->auxv_start = src->auxv_start;
	dst->auxv_end = src->auxv_end;
	dst->start_stack = src->start_stack;
	dst->code_start = src->code_start;
	dst->code_end = src->code_end;
	dst->data_start = src->data_start;
	dst->data_end = src->data_end;
	dst->limits = src->limits;
	atomic_init(&dst->membarrier, atomic_load(&src->membarrier));
	dst->wx = vm_wx_inherited(src);
	dst->no_huge = src->no_huge;
	dst->peak_pages = src->tree.resident;
}

/* Areas that a child does not inherit go, with their pages. */
static int
drop_not_inherited(struct change *c, struct vm_space *s) REQUIRES(s->lock)
{
	struct area *a, *next;
	int err;

	for (a = area_lowest(s); a; a = next) {
		next = area_next(a);
		if (!(a->bits & AREA_NO_FORK))
			continue;
		err = tree_unmap(&s->tree, a->start, a->end, &c->batch);
		if (err)
			return err;
		area_kill(c, s, a);
	}
	return 0;
}

/*
 * The tree is cloned first, since it is what may fail; src is locked before
 * dst, which nobody else knows.
 */
int
vm_space_clone(struct vm_space *src, struct vm_space **out) NO_LOCK_ANALYSIS
{
	struct vm_space *s = space_alloc();
	struct change c;
	int err;

	if (!s)
		return -ENOMEM;
	mutex_lock(&src->lock);
	err = tree_clone(&s->tree, &src->tree);
	if (err) {
		mutex_unlock(&src->lock);
		slab_free(space_cache, s);
		return err;
	}
	mutex_lock_nested(&s->lock);
	tree_batch_begin(&c.batch, &s->tree);
	c.dead = NULL;
	copy_layout(s, src);
	err = area_copy_all(s, src);
	if (!err)
		err = drop_not_inherited(&c, s);
	tree_batch_finish(&c.batch);
	mutex_unlock(&s->lock);
	mutex_unlock(&src->lock);
	area_discard(c.dead);
	if (err) {
		vm_space_put(s);
		return err;
	}
	*out = s;
	return 0;
}

void
vm_space_get(struct vm_space *s)
{
	refcount_get(&s->users);
}

/*
 * The tree goes as a whole, with a reference for each subtree that others
 * share; nothing is flushed, for no processor has it loaded any more.
 */
void
vm_space_put(struct vm_space *s)
{
	struct change c;

	if (!refcount_put(&s->users))
		return;
	change_begin(&c, s);
	area_kill_all(&c, s);
	tree_destroy(&s->tree);
	change_end(&c, s);
	space_release(s);
}

void
space_hold(struct vm_space *s)
{
	refcount_get(&s->holds);
}

void
space_release(struct vm_space *s)
{
	if (refcount_put(&s->holds))
		slab_free(space_cache, s);
}
