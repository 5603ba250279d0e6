/* SPDX-License-Identifier: MIT */
/* unit: -Wl,--wrap=frame_alloc,--wrap=frame_alloc_block,--wrap=slab_alloc kernel/vm/space.c kernel/vm/area.c kernel/vm/area_range.c kernel/vm/mmap.c kernel/vm/protect.c kernel/vm/remap.c kernel/vm/fault.c kernel/vm/access.c kernel/vm/rmap.c kernel/vm/usage.c kernel/vm/wx.c kernel/vm/lock.c kernel/vm/object.c @tree @memory */

/*
 * space_test.c - address spaces against a model with one record per page.
 *
 * Everything happens in a window of a few MiB; the rest of the user half is
 * taken.  The model knows for each page what is mapped there and what a program
 * would read.  Programs are played by a walk of the page tables that obeys the
 * entries as the processor does and calls vm_fault() when it has to.  Now and
 * then an allocation fails: the call must say so and have changed nothing.
 *
 * UNIT_OPS: how many operations; UNIT_SEED: which ones.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/mman.h>

#include "arch/cpu.h"
#include "fake_ram.h"
#include "lib/errno.h"
#include "mm/slab.h"
#include "vm/space_priv.h"

#ifndef MAP_FAILED
#define MAP_FAILED ((void *)-1)
#endif

enum {
	SPACES = 4,
	PAGES = 2560,
	OBJECTS = 2,
	OBJECT_PAGES = 700,
	FILE_OBJECT = 0,
};

#define BASE  USER_BOTTOM
#define LIMIT (BASE + PAGES * PAGE_SIZE)
#define PROT  ((unsigned)(AREA_READ | AREA_WRITE | AREA_EXEC))

/* --- the model ------------------------------------------------------------ */

struct page {
	bool mapped;
	bool own; /* private memory with its own bytes */
	unsigned bits;
	int object;     /* -1: none */
	uint64_t index; /* of the object's page */
	uint32_t value; /* if own */
};

struct model {
	struct vm_space *s;
	struct page page[PAGES];
	vaddr_t brk;
};

static struct model *models[SPACES];
static struct vm_object objects[OBJECTS];
static uint32_t object_value[OBJECTS][OBJECT_PAGES];
static uint64_t file_pages = OBJECT_PAGES;
static int source_refs;
static uint64_t seed = 88172645463325252ULL;
static uint32_t next_value;

/* --- failing on purpose --------------------------------------------------- */

static unsigned fail_at; /* the how manieth allocation from now; 0 = none */
static bool failed;

static bool
fails_now(void)
{
	if (!fail_at || --fail_at > 0)
		return false;
	failed = true;
	return true;
}

struct frame *__real_frame_alloc(enum frame_kind kind, unsigned flags);
struct frame *__wrap_frame_alloc(enum frame_kind kind, unsigned flags);
struct frame *
__real_frame_alloc_block(enum frame_kind kind, unsigned order, unsigned flags);
struct frame *
__wrap_frame_alloc_block(enum frame_kind kind, unsigned order, unsigned flags);
void *__real_slab_alloc(struct slab_cache *c);
void *__wrap_slab_alloc(struct slab_cache *c);

struct frame *
__wrap_frame_alloc(enum frame_kind kind, unsigned flags)
{
	return fails_now() ? NULL : __real_frame_alloc(kind, flags);
}

struct frame *
__wrap_frame_alloc_block(enum frame_kind kind, unsigned order, unsigned flags)
{
	return fails_now() ? NULL
			   : __real_frame_alloc_block(kind, order, flags);
}

void *
__wrap_slab_alloc(struct slab_cache *c)
{
	return fails_now() ? NULL : __real_slab_alloc(c);
}

/* --- the machine ---------------------------------------------------------- */

void
mmu_root_init(void *root)
{
}

void
mmu_flush(struct mmu_context *ctx, vaddr_t start, vaddr_t end)
{
}

/* As the processor does; NULL and what to tell vm_fault(). */
static uint32_t *
translate(const struct vm_space *s, vaddr_t va, unsigned *access)
{
	pte_t *node = frame_data(s->tree.root);
	bool write = true, exec = true;
	unsigned level = PTE_LEVELS;
	pte_t pte;

	do {
		pte = node[pte_index(va, --level)];
		if (!pte_present(pte))
			return NULL;
		write &= pte_writable(pte);
		exec &= pte_executable(pte);
		node = phys_to_virt(pte_pfn(pte) << PAGE_SHIFT);
	} while (!pte_is_leaf(pte, level));
	if ((*access & FAULT_WRITE && !write) ||
	    (*access & FAULT_EXEC && !exec)) {
		*access |= FAULT_PRESENT;
		return NULL;
	}
	return (uint32_t *)((char *)node + (va & (pte_span(level) - 1)));
}

/* A program's access; 0 or what vm_fault() said. */
static int
touch(struct vm_space *s, vaddr_t va, unsigned access, uint32_t **out)
{
	unsigned try, how;
	int err;

	for (try = 0; try < 4; try++) {
		how = access | FAULT_USER;
		*out = translate(s, va, &how);
		if (*out)
			return 0;
		err = vm_fault(s, va, how);
		if (err)
			return err;
	}
	fail_msg("fault at %#lx does not help", va);
	return 0;
}

/* --- objects and sources -------------------------------------------------- */

static void
check_unlocked(void)
{
	unsigned i;

	for (i = 0; i < SPACES; i++)
		assert_true(!models[i] || !mutex_held(&models[i]->s->lock));
	for (i = 0; i < OBJECTS; i++)
		assert_false(mutex_held(&objects[i].lock));
}

static int
file_fill(struct vm_object *o, uint64_t index, struct frame *f)
{
	check_unlocked();
	*(uint32_t *)frame_data(f) = 1000 + index;
	return 0;
}

static uint64_t
file_size(struct vm_object *o)
{
	return file_pages * PAGE_SIZE - 17;
}

static void
object_release(struct vm_object *o)
{
	check_unlocked();
	vm_object_fini(o);
}

static const struct vm_object_ops object_ops[OBJECTS] = {
	{ .fill = file_fill, .size = file_size, .release = object_release },
	{ .release = object_release },
};

static void
source_get(void *source)
{
	source_refs++;
}

static void
source_put(void *source)
{
	check_unlocked();
	source_refs--;
}

static const struct area_source_ops source_ops = {
	.get = source_get,
	.put = source_put,
};

static uint32_t
initial_value(unsigned object, uint64_t index)
{
	return object == FILE_OBJECT ? 1000 + index : 0;
}

/* --- model helpers -------------------------------------------------------- */

static uint64_t
rnd(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % n;
}

static vaddr_t
va_of(unsigned page)
{
	return BASE + page * PAGE_SIZE;
}

static unsigned
page_of(vaddr_t va)
{
	assert_true(va >= BASE && va <= LIMIT);
	return (va - BASE) >> PAGE_SHIFT;
}

static bool
is_free(const struct model *m, unsigned first, unsigned n)
{
	unsigned i;

	if (first + n > PAGES)
		return false;
	for (i = first; i < first + n; i++) {
		if (m->page[i].mapped)
			return false;
	}
	return true;
}

/* All mapped? */
static bool
is_full(const struct model *m, unsigned first, unsigned n)
{
	unsigned i;

	for (i = first; i < first + n; i++) {
		if (i >= PAGES || !m->page[i].mapped)
			return false;
	}
	return true;
}

/* The highest free run of n pages, or -1. */
static int
highest_free(const struct model *m, unsigned n)
{
	unsigned run = 0;
	int i;

	for (i = PAGES - 1; i >= 0; i--) {
		run = m->page[i].mapped ? 0 : run + 1;
		if (run == n)
			return i;
	}
	return -1;
}

/* Would page i and i + 1 be in one area? */
static bool
joined(const struct model *m, unsigned i)
{
	const struct page *a = &m->page[i], *b = a + 1;

	return i + 1 < PAGES && a->mapped && b->mapped && a->bits == b->bits &&
	       a->object == b->object &&
	       (a->object < 0 || a->index + 1 == b->index);
}

static void
forget(struct model *m, unsigned first, unsigned n)
{
	memset(&m->page[first], 0, n * sizeof(struct page));
}

static uint32_t
value_of(const struct page *p)
{
	if (p->own)
		return p->value;
	return p->object < 0 ? 0 : object_value[p->object][p->index];
}

static struct model *
some_model(void)
{
	struct model *m;

	do
		m = models[rnd(SPACES)];
	while (!m);
	return m;
}

/* A range: mostly small, at times whole huge pages. */
static unsigned
some_range(unsigned *n)
{
	unsigned first;

	*n = rnd(4) ? 1 + rnd(24) : 1 + rnd(rnd(2) ? 1200 : 100);
	first = rnd(PAGES - *n + 1);
	if (rnd(8) == 0) {
		first = ALIGN_DOWN(first + 16, 512U) + 512 - 16;
		first = first + *n > PAGES ? PAGES - *n : first;
	}
	return first;
}

/* --- checks --------------------------------------------------------------- */

static void
check_area_pages(const struct model *m, const struct area *a)
{
	unsigned i, first = page_of(a->start), last = page_of(a->end);

	for (i = first; i < last; i++) {
		const struct page *p = &m->page[i];

		assert_true(p->mapped);
		assert_int_equal(p->bits, a->bits);
		if (p->object < 0) {
			assert_null(a->object);
			continue;
		}
		assert_ptr_equal(a->object, &objects[p->object]);
		assert_int_equal(p->index, area_index(a, va_of(i)));
	}
	assert_false(joined(m, last - 1));
}

static void
check_areas(struct model *m)
{
	unsigned at = 0;
	struct area *a;

	mutex_lock(&m->s->lock);
	area_check(m->s);
	tree_check(&m->s->tree);
	for (a = area_lowest(m->s); a && a->start < LIMIT; a = area_next(a)) {
		assert_true(is_free(m, at, page_of(a->start) - at));
		check_area_pages(m, a);
		at = page_of(a->end);
	}
	assert_true(is_free(m, at, PAGES - at));
	assert_int_equal(m->s->brk_end, m->brk);
	mutex_unlock(&m->s->lock);
}

static int
expected_fault(const struct page *p, unsigned access)
{
	if (!p->mapped)
		return -EFAULT;
	if ((access & FAULT_WRITE && !(p->bits & AREA_WRITE)) ||
	    (access & FAULT_EXEC && !(p->bits & AREA_EXEC)) ||
	    !(p->bits & PROT))
		return -EACCES;
	if (!p->own && p->object == FILE_OBJECT && p->index >= file_pages)
		return -ENXIO;
	return 0;
}

static void
note_write(struct page *p, uint32_t value)
{
	if (p->bits & AREA_SHARED && p->object >= 0) {
		object_value[p->object][p->index] = value;
		return;
	}
	p->own = true;
	p->value = value;
}

/* Whoever writes a file's pages back must know of them. */
static void
check_dirty(const struct page *p)
{
	struct frame *f;

	if (!(p->bits & AREA_SHARED) || p->object < 0)
		return;
	assert_int_equal(vm_object_page(&objects[p->object], p->index, 0, &f),
			 0);
	assert_true(f->bits & FRAME_DIRTY);
	frame_put(f);
}

static void
check_touch(struct model *m, unsigned i, unsigned access)
{
	struct page *p = &m->page[i];
	int err, expected = expected_fault(p, access);
	uint32_t *word;

	err = touch(m->s, va_of(i), access, &word);
	if (err == -ENOMEM && failed)
		return;
	assert_int_equal(err, expected);
	if (err)
		return;
	assert_int_equal(*word, value_of(p));
	if (access & FAULT_WRITE) {
		*word = ++next_value;
		note_write(p, next_value);
		check_dirty(p);
	}
}

/* --- operations ----------------------------------------------------------- */

static void
op_touch(struct model *m)
{
	static const unsigned how[] = { FAULT_READ, FAULT_WRITE, FAULT_EXEC };
	unsigned n = 1 + rnd(20), i = rnd(PAGES), access = how[rnd(9) / 4];

	while (n-- > 0 && i < PAGES)
		check_touch(m, i++, access);
}

/* What shmem, files and plain memory may be mapped with. */
static void
choose_request(struct vm_map_request *r, unsigned n, int *object)
{
	unsigned kind = rnd(5);

	r->bits = rnd(8) & PROT;
	if (rnd(2))
		r->bits = AREA_READ | AREA_WRITE;
	r->bits |= AREA_MAY_WRITE;
	*object = kind < 2 ? -1 : kind == 2 ? 1 : 0;
	if (rnd(4) == 0)
		r->bits |= AREA_NO_HUGE;
	if (*object < 0)
		return;
	if (rnd(2))
		r->bits |= AREA_SHARED;
	r->object = &objects[*object];
	r->offset = rnd(OBJECT_PAGES - n % OBJECT_PAGES) * PAGE_SIZE;
	r->source = &source_refs;
	r->source_ops = &source_ops;
}

static void
model_map(struct model *m, unsigned first, unsigned n,
	  const struct vm_map_request *r, int object)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		m->page[first + i] = (struct page){
			.mapped = true,
			.bits = r->bits,
			.object = object,
			.index = (r->offset >> PAGE_SHIFT) + i,
		};
	}
}

/* Private writable memory is written, as far as there is something. */
static void
model_populate(struct model *m, unsigned first, unsigned n)
{
	struct page *p = &m->page[first];

	for (; n > 0 && bits_are_data(p->bits); n--, p++) {
		if (expected_fault(p, FAULT_WRITE))
			return;
		p->value = value_of(p);
		p->own = true;
	}
}

static void
op_map(struct model *m)
{
	struct vm_map_request r = { 0 };
	unsigned n, first = some_range(&n), how = rnd(6);
	int object, expected = 0, at = (int)first, err;
	vaddr_t got = 0;

	n = MIN(n, 690U);
	choose_request(&r, n, &object);
	r.size = n * PAGE_SIZE;
	r.populate = rnd(10) == 0;
	if (r.populate)
		fail_at = 0;
	r.addr = how < 4 ? va_of(first) : 0;
	r.fixed = how < 2;
	r.no_replace = how == 2;
	if (how == 2 && !is_free(m, first, n))
		expected = -EEXIST;
	if (how > 3 || (how == 3 && !is_free(m, first, n))) {
		at = highest_free(m, n);
		expected = at < 0 ? -ENOMEM : 0;
	}
	err = vm_map(m->s, &r, &got);
	if (err == -ENOMEM && failed)
		return;
	assert_int_equal(err, expected);
	if (err)
		return;
	assert_int_equal(got, va_of(at));
	model_map(m, at, n, &r, object);
	if (r.populate)
		model_populate(m, at, n);
}

static void
op_unmap(struct model *m)
{
	unsigned n, first = some_range(&n);
	int err = vm_unmap(m->s, va_of(first), n * PAGE_SIZE);

	if (err == -ENOMEM && failed)
		return;
	assert_int_equal(err, 0);
	forget(m, first, n);
}

static void
op_protect(struct model *m)
{
	unsigned n, first = some_range(&n), prot = rnd(8) & PROT, i;
	int err, expected = is_full(m, first, n) ? 0 : -ENOMEM;

	err = vm_protect(m->s, va_of(first), n * PAGE_SIZE, prot);
	if (err == -ENOMEM && failed)
		return;
	assert_int_equal(err, expected);
	for (i = first; !err && i < first + n; i++)
		m->page[i].bits = (m->page[i].bits & ~PROT) | prot;
}

static void
op_advise(struct model *m)
{
	static const int what[] = { MADV_DONTNEED, MADV_NOHUGEPAGE,
				    MADV_HUGEPAGE, MADV_DONTFORK,
				    MADV_DOFORK,   MADV_WILLNEED };
	unsigned n, first = some_range(&n), i;
	int advice = what[rnd(6)], err;

	fail_at = 0;
	err = vm_advise(m->s, va_of(first), n * PAGE_SIZE, advice);
	assert_int_equal(err, is_full(m, first, n) ? 0 : -ENOMEM);
	for (i = first; i < first + n; i++) {
		struct page *p = &m->page[i];

		if (!p->mapped)
			continue;
		if (advice == MADV_DONTNEED)
			p->own = false;
		else if (advice == MADV_NOHUGEPAGE)
			p->bits |= AREA_NO_HUGE;
		else if (advice == MADV_HUGEPAGE)
			p->bits &= ~(unsigned)AREA_NO_HUGE;
		else if (advice == MADV_DONTFORK)
			p->bits |= AREA_NO_FORK;
		else if (advice == MADV_DOFORK)
			p->bits &= ~(unsigned)AREA_NO_FORK;
	}
}

struct remap_case {
	unsigned old, old_n, new_n, flags, target;
};

/* Is the old range in one area? */
static bool
one_area(const struct model *m, const struct remap_case *c)
{
	unsigned i;

	if (!m->page[c->old].mapped || c->old + c->old_n > PAGES)
		return false;
	for (i = c->old; i + 1 < c->old + c->old_n; i++) {
		if (!joined(m, i))
			return false;
	}
	return true;
}

static int
expected_remap(const struct model *m, const struct remap_case *c,
	       unsigned *where)
{
	unsigned old_end = c->old + c->old_n, tend = c->target + c->new_n;
	int at;

	if ((c->flags & MREMAP_DONTUNMAP) && c->old_n != c->new_n)
		return -EINVAL;
	if ((c->flags & MREMAP_FIXED) && c->target < old_end && c->old < tend)
		return -EINVAL;
	if (!one_area(m, c))
		return -EFAULT;
	if ((c->flags & MREMAP_DONTUNMAP) && m->page[c->old].object >= 0)
		return -EINVAL;
	*where = c->flags & MREMAP_FIXED ? c->target : c->old;
	if (c->flags & MREMAP_FIXED)
		return 0;
	if (!(c->flags & MREMAP_DONTUNMAP) &&
	    (c->new_n <= c->old_n || is_free(m, old_end, c->new_n - c->old_n)))
		return 0;
	if (!(c->flags & MREMAP_MAYMOVE))
		return -ENOMEM;
	at = highest_free(m, c->new_n);
	*where = at;
	return at < 0 ? -ENOMEM : 0;
}

static void
model_remap(struct model *m, const struct remap_case *c, unsigned to)
{
	static struct page copy[PAGES];
	struct page last = m->page[c->old];
	unsigned i, keep = MIN(c->old_n, c->new_n);

	memcpy(copy, &m->page[c->old], c->old_n * sizeof(struct page));
	forget(m, c->old, c->old_n);
	if (c->flags & MREMAP_FIXED)
		forget(m, to, c->new_n);
	for (i = 0; i < c->new_n; i++) {
		if (i < keep) {
			m->page[to + i] = copy[i];
		} else {
			m->page[to + i] = last;
			m->page[to + i].own = false;
		}
		m->page[to + i].index = last.index + i;
		if (to != c->old)
			m->page[to + i].bits &= ~(unsigned)AREA_HEAP;
	}
	for (i = 0; (c->flags & MREMAP_DONTUNMAP) && i < c->old_n; i++) {
		m->page[c->old + i] = copy[i];
		m->page[c->old + i].own = false;
	}
}

static void
op_remap(struct model *m)
{
	static const unsigned modes[] = { 0, MREMAP_MAYMOVE,
					  MREMAP_MAYMOVE | MREMAP_FIXED,
					  MREMAP_MAYMOVE | MREMAP_DONTUNMAP };
	struct remap_case c = { .flags = modes[rnd(4)] };
	unsigned where = 0;
	vaddr_t got;
	int err, expected;

	c.old = some_range(&c.old_n);
	c.new_n = rnd(3) ? 1 + rnd(2 * c.old_n) : c.old_n;
	c.new_n = MIN(c.new_n, PAGES / 2U);
	c.target = rnd(PAGES - c.new_n);
	/* Objects end somewhere, in the model. */
	if (m->page[c.old].mapped && m->page[c.old].object >= 0 &&
	    m->page[c.old].index + c.new_n > OBJECT_PAGES)
		return;
	if (c.flags & MREMAP_FIXED)
		fail_at = 0;
	expected = expected_remap(m, &c, &where);
	got = va_of(c.target);
	err = vm_remap(m->s, va_of(c.old), c.old_n * PAGE_SIZE,
		       c.new_n * PAGE_SIZE, c.flags, &got);
	if (err == -ENOMEM && failed)
		return;
	assert_int_equal(err, expected);
	if (err)
		return;
	assert_int_equal(got, va_of(where));
	model_remap(m, &c, where);
}

#define HEAP (AREA_READ | AREA_WRITE | AREA_MAY_WRITE | AREA_HEAP)

static void
op_brk(struct model *m)
{
	vaddr_t want = m->s->brk_start + rnd(300 * PAGE_SIZE);
	unsigned from = page_of(ALIGN_UP(m->brk, PAGE_SIZE));
	unsigned to = page_of(ALIGN_UP(want, PAGE_SIZE));
	struct vm_map_request r = { .bits = HEAP };
	bool can = to <= from || is_free(m, from, to - from + 1);
	vaddr_t got = vm_brk(m->s, want, 0);

	if (got == m->brk && failed)
		return;
	assert_int_equal(got, can ? want : m->brk);
	if (can && to > from)
		model_map(m, from, to - from, &r, -1);
	else if (can)
		forget(m, to, from - to);
	m->brk = got;
}

static void
op_mincore(struct model *m)
{
	static uint8_t vec[PAGES];
	unsigned n, first = some_range(&n), i;
	int err = vm_mincore(m->s, va_of(first), n * PAGE_SIZE, vec);

	assert_int_equal(err, is_full(m, first, n) ? 0 : -ENOMEM);
	for (i = 0; !err && i < n; i++) {
		if (m->page[first + i].own)
			assert_int_equal(vec[i], 1);
	}
}

/* A debugger: reads all that is there, writes all that is not read-only
 * shared; stops at the first page where it cannot. */
static void
op_peek(struct model *m)
{
	unsigned i = rnd(PAGES), n = 1 + rnd(3), done = 0;
	size_t got;
	uint32_t word;
	struct page *p;

	for (; done < n && i < PAGES; done++, i++) {
		p = &m->page[i];
		got = vm_space_read(m->s, va_of(i), &word, sizeof(word));
		if (failed)
			return;
		if (got)
			assert_int_equal(word, value_of(p));
		else
			assert_true(expected_fault(p, FAULT_READ));
		if (!(p->mapped && (p->bits & PROT)))
			continue;
		word = ++next_value;
		got = vm_space_write(m->s, va_of(i), &word, sizeof(word));
		if (got)
			note_write(p, word);
		else
			assert_true(failed || expected_fault(p, FAULT_READ) ||
				    ((p->bits & AREA_SHARED) &&
				     !(p->bits & AREA_WRITE)));
		if (failed)
			return;
	}
}

static void
op_pin(struct model *m)
{
	unsigned i = rnd(PAGES);
	bool write = rnd(2);
	struct page *p = &m->page[i];
	int expected = expected_fault(p, write ? FAULT_WRITE : FAULT_READ);
	struct frame *f = NULL;
	uint32_t *word;
	int err = vm_pin(m->s, va_of(i), write, &f);

	if (err == -ENOMEM && failed)
		return;
	/* What is there can be pinned for reading, whatever the area says. */
	if (err == 0 && !write && expected == -EACCES)
		expected = 0;
	assert_int_equal(err, expected);
	if (err)
		return;
	word = frame_data(f);
	assert_int_equal(*word, value_of(p));
	if (write) {
		*word = ++next_value;
		note_write(p, next_value);
	} else if (!(p->bits & AREA_SHARED) && !p->own) {
		p->value = value_of(p);
		p->own = true;
	}
	frame_unpin(f);
}

static void
op_fork(struct model *m)
{
	unsigned slot = rnd(SPACES), i;
	struct model *child;
	int err;

	if (models[slot])
		return;
	child = malloc(sizeof(*child));
	*child = *m;
	err = vm_space_clone(m->s, &child->s);
	if (err) {
		assert_true(err == -ENOMEM && failed);
		free(child);
		return;
	}
	for (i = 0; i < PAGES; i++) {
		if (child->page[i].bits & AREA_NO_FORK)
			forget(child, i, 1);
	}
	models[slot] = child;
}

static void
drop_model(unsigned slot)
{
	struct model *m = models[slot];

	models[slot] = NULL;
	vm_space_put(m->s);
	free(m);
}

static void
op_exit(struct model *m)
{
	unsigned slot, alive = 0;

	for (slot = 0; slot < SPACES; slot++)
		alive += models[slot] != NULL;
	for (slot = 0; alive > 1 && slot < SPACES; slot++) {
		if (models[slot] == m) {
			drop_model(slot);
			return;
		}
	}
}

/* Everybody loses the pages, private copies too. */
static void
op_truncate(void)
{
	uint64_t cut = rnd(OBJECT_PAGES) + 1, i;
	unsigned slot;

	fail_at = 0;
	file_pages = cut;
	vm_object_truncate(&objects[FILE_OBJECT], cut);
	vm_object_unmap(&objects[FILE_OBJECT], cut, UINT64_MAX);
	for (i = cut; i < OBJECT_PAGES; i++)
		object_value[FILE_OBJECT][i] = initial_value(FILE_OBJECT, i);
	for (slot = 0; slot < SPACES; slot++) {
		for (i = 0; models[slot] && i < PAGES; i++) {
			struct page *p = &models[slot]->page[i];

			if (p->mapped && p->object == FILE_OBJECT &&
			    p->index >= cut)
				p->own = false;
		}
	}
	if (rnd(4))
		file_pages = OBJECT_PAGES;
}

static void
one_operation(void)
{
	struct model *m = some_model();
	unsigned what = rnd(100);

	failed = false;
	fail_at = rnd(12) ? 0 : 1 + rnd(5);
	if (what < 45)
		op_touch(m);
	else if (what < 58)
		op_map(m);
	else if (what < 64)
		op_unmap(m);
	else if (what < 72)
		op_protect(m);
	else if (what < 80)
		op_remap(m);
	else if (what < 83)
		op_advise(m);
	else if (what < 86)
		op_brk(m);
	else if (what < 88)
		op_mincore(m);
	else if (what < 91)
		op_peek(m);
	else if (what < 93)
		op_pin(m);
	else if (what < 96)
		op_fork(m);
	else if (what < 98)
		op_exit(m);
	else if (rnd(4) == 0)
		op_truncate();
	fail_at = 0;
	if (what < 96 && (failed || rnd(16) == 0))
		check_areas(m);
}

static struct model *
new_model(void)
{
	struct model *m = calloc(1, sizeof(*m));
	struct vm_map_request r = {
		.addr = LIMIT,
		.size = USER_TOP - LIMIT,
		.bits = AREA_VDSO,
		.fixed = true,
	};
	vaddr_t at;

	m->s = vm_space_create();
	assert_non_null(m->s);
	assert_int_equal(vm_map(m->s, &r, &at), 0);
	m->s->mmap_top = LIMIT;
	m->s->brk_start = m->s->brk_end = m->brk = va_of(40) + 5;
	return m;
}

static void
init_objects(void)
{
	unsigned o, i;

	for (o = 0; o < OBJECTS; o++) {
		vm_object_init(&objects[o], &object_ops[o]);
		for (i = 0; i < OBJECT_PAGES; i++)
			object_value[o][i] = initial_value(o, i);
	}
}

/* No frame of programs and no node is left; no reference of anything. */
static void
check_nothing_left(void)
{
	struct frame_stats st;
	unsigned o;

	for (o = 0; o < OBJECTS; o++) {
		assert_true(list_empty(&objects[o].areas));
		assert_int_equal(objects[o].writable_maps, 0);
		assert_int_equal(refcount_read(&objects[o].refs), 1);
		vm_object_put(&objects[o]);
	}
	assert_int_equal(source_refs, 0);
	frame_stats(&st);
	assert_int_equal(st.by_kind[FRAME_ANON], 0);
	assert_int_equal(st.by_kind[FRAME_NODE], 0);
	assert_int_equal(st.by_kind[FRAME_CACHE], 0);
}

static void
random_operations(void **state)
{
	const char *ops = getenv("UNIT_OPS"), *s = getenv("UNIT_SEED");
	unsigned long n = ops ? strtoul(ops, NULL, 0) : 60000, i;
	unsigned slot;

	if (s)
		seed = strtoul(s, NULL, 0) * 2654435761u + 1;
	init_objects();
	models[0] = new_model();
	for (i = 0; i < n; i++)
		one_operation();
	for (slot = 0; slot < SPACES; slot++) {
		if (models[slot]) {
			check_areas(models[slot]);
			drop_model(slot);
		}
	}
	check_nothing_left();
}

/* --- what the model does not know ----------------------------------------- */

static int
map_at(struct vm_space *s, vaddr_t at, size_t pages, unsigned bits)
{
	struct vm_map_request r = {
		.addr = at,
		.size = pages * PAGE_SIZE,
		.bits = bits | AREA_MAY_WRITE,
		.fixed = true,
	};
	vaddr_t out = 0;

	return vm_map(s, &r, &out);
}

static void
stack_growth(void **state)
{
	struct vm_space *s = vm_space_create();
	vaddr_t top = 0x7fff00000000UL, at;
	const unsigned rw = AREA_READ | AREA_WRITE;
	struct vm_map_request r = { .size = PAGE_SIZE, .bits = rw };
	uint32_t *word;

	s->limits.stack = 8UL << 20;
	assert_int_equal(map_at(s, top - 4 * PAGE_SIZE, 4,
				rw | AREA_GROWS_DOWN | AREA_STACK),
			 0);
	assert_int_equal(touch(s, top - (1 << 20), FAULT_WRITE, &word), 0);
	assert_int_equal(s->mapped_pages, 256);
	assert_int_equal(touch(s, top - (8 << 20), FAULT_WRITE, &word), 0);
	assert_int_equal(touch(s, top - (8 << 20) - 1, FAULT_WRITE, &word),
			 -EFAULT);
	/* Nothing is placed into the guard gap by itself... */
	s->mmap_top = USER_TOP;
	r.addr = top - (8 << 20) - PAGE_SIZE;
	assert_int_equal(vm_map(s, &r, &at), 0);
	assert_int_equal(at, USER_TOP - PAGE_SIZE);
	s->mmap_top = top;
	r.addr = 0;
	assert_int_equal(vm_map(s, &r, &at), 0);
	assert_int_equal(at, top - (8 << 20) - STACK_GUARD - PAGE_SIZE);
	/* ... and a stack does not grow near what is there. */
	s->limits.stack = UINT64_MAX;
	assert_int_equal(
		touch(s, top - (8 << 20) - PAGE_SIZE, FAULT_READ, &word),
		-EFAULT);
	assert_int_equal(vm_unmap(s, at, PAGE_SIZE), 0);
	assert_int_equal(touch(s, top - (9 << 20), FAULT_READ, &word), 0);
	s->limits.address_space = s->mapped_pages * PAGE_SIZE;
	assert_int_equal(touch(s, top - (10 << 20), FAULT_READ, &word),
			 -EFAULT);
	vm_space_put(s);
}

static void
limits(void **state)
{
	struct vm_space *s = vm_space_create();
	const unsigned rw = AREA_READ | AREA_WRITE;
	vaddr_t out = 0;

	s->limits.address_space = 10 * PAGE_SIZE;
	assert_int_equal(map_at(s, 0x100000, 11, rw), -ENOMEM);
	assert_int_equal(map_at(s, 0x100000, 10, rw), 0);
	/* Replaced pages do not count. */
	assert_int_equal(map_at(s, 0x102000, 8, rw), 0);
	assert_int_equal(map_at(s, 0x108000, 3, rw), -ENOMEM);
	assert_int_equal(vm_remap(s, 0x100000, 0xa000, 0xb000, 0, &out),
			 -ENOMEM);
	s->limits.address_space = UINT64_MAX;
	s->limits.data = 10 * PAGE_SIZE;
	assert_int_equal(map_at(s, 0x200000, 1, rw), -ENOMEM);
	assert_int_equal(map_at(s, 0x200000, 1, AREA_READ), 0);
	assert_int_equal(vm_protect(s, 0x200000, PAGE_SIZE, rw), -ENOMEM);
	assert_int_equal(vm_unmap(s, 0x100000, PAGE_SIZE), 0);
	assert_int_equal(vm_protect(s, 0x200000, PAGE_SIZE, rw), 0);
	s->brk_start = s->brk_end = 0x400000;
	assert_int_equal(vm_brk(s, 0x400001, 0), 0x400000);
	s->limits.data = 11 * PAGE_SIZE;
	assert_int_equal(vm_brk(s, 0x400001, 0), 0x400001);
	assert_int_equal(vm_brk(s, 0, 0), 0x400001);
	vm_space_put(s);
}

static void
bad_arguments(void **state)
{
	struct vm_space *s = vm_space_create();
	vaddr_t out = 0;

	assert_int_equal(map_at(s, 0, 1, 0), -EPERM);
	assert_int_equal(map_at(s, 0x10001, 1, 0), -EINVAL);
	assert_int_equal(map_at(s, 0x10000, 0, 0), -EINVAL);
	assert_int_equal(map_at(s, USER_TOP, 1, 0), -ENOMEM);
	assert_int_equal(map_at(s, UINT64_MAX << 12, 1, 0), -ENOMEM);
	assert_int_equal(map_at(s, 0x10000, 1UL << 51, 0), -ENOMEM);
	assert_int_equal(map_at(s, 0x10000, 1UL << 30, AREA_WRITE), -ENOMEM);
	assert_int_equal(vm_unmap(s, 0x10001, PAGE_SIZE), -EINVAL);
	assert_int_equal(vm_unmap(s, 0x10000, 0), -EINVAL);
	assert_int_equal(vm_unmap(s, UINT64_MAX << 12, 2 * PAGE_SIZE), -EINVAL);
	assert_int_equal(vm_protect(s, 1, PAGE_SIZE, 0), -EINVAL);
	assert_int_equal(vm_protect(s, 0, PAGE_SIZE, 0), -ENOMEM);
	assert_int_equal(vm_advise(s, 0, PAGE_SIZE, 12345), -EINVAL);
	assert_int_equal(vm_remap(s, 0x10000, 4096, 4096, 8, &out), -EINVAL);
	assert_int_equal(vm_remap(s, 0x10000, 4096, 0, 0, &out), -EINVAL);
	assert_int_equal(vm_remap(s, 0x10000, 4096, 4096, 0, &out), -EFAULT);
	assert_int_equal(vm_fault(s, USER_TOP, 0), -EFAULT);
	assert_int_equal(vm_fault(s, UINT64_MAX, FAULT_WRITE), -EFAULT);
	vm_space_put(s);
}

/* The cost of finding room must not grow with the number of areas. */
static void
many_areas(void **state)
{
	struct vm_space *s = vm_space_create();
	struct vm_map_request r = { .size = PAGE_SIZE };
	vaddr_t at, first = 0;
	unsigned i;

	/* Equal neighbours merge, so that they alternate. */
	for (i = 0; i < 65000; i++) {
		r.bits = i % 2 ? AREA_READ : AREA_READ | AREA_EXEC;
		assert_int_equal(vm_map(s, &r, &at), 0);
		assert_true(i == 0 || at == first - i * PAGE_SIZE);
		first = i ? first : at;
	}
	assert_int_equal(s->area_count, 65000);
	for (i = 0; i < 30000; i += 2)
		assert_int_equal(vm_unmap(s, at + i * PAGE_SIZE, PAGE_SIZE), 0);
	/* The highest of the holes is filled first. */
	for (i = 0; i < 15000; i++) {
		r.bits = AREA_WRITE;
		assert_int_equal(vm_map(s, &r, &first), 0);
		assert_int_equal(first, at + (29998 - 2 * i) * PAGE_SIZE);
	}
	mutex_lock(&s->lock);
	area_check(s);
	mutex_unlock(&s->lock);
	for (i = 0; s->area_count < AREAS_MAX; i++) {
		r.bits = i % 2 ? AREA_READ : AREA_READ | AREA_EXEC;
		assert_int_equal(vm_map(s, &r, &at), 0);
	}
	assert_int_equal(vm_map(s, &r, &at), -ENOMEM);
	vm_space_put(s);
}

static void
huge_pages(void **state)
{
	struct vm_space *s = vm_space_create();
	const unsigned rw = AREA_READ | AREA_WRITE;
	struct frame_stats st;
	uint32_t *word;

	assert_int_equal(map_at(s, 0x1f0000, 512 * 3, rw), 0);
	assert_int_equal(touch(s, 0x1f0000, FAULT_WRITE, &word), 0);
	frame_stats(&st);
	assert_int_equal(st.by_kind[FRAME_ANON], 1);
	assert_int_equal(touch(s, 0x2ff000, FAULT_WRITE, &word), 0);
	frame_stats(&st);
	assert_int_equal(st.by_kind[FRAME_ANON], 513);
	assert_int_equal(s->tree.resident, 513);
	assert_int_equal(s->peak_pages, 513);
	assert_int_equal(vm_advise(s, 0x300000, 4096, MADV_DONTNEED), 0);
	assert_int_equal(touch(s, 0x300000, FAULT_READ, &word), 0);
	assert_int_equal(*word, 0);
	vm_space_put(s);
	frame_stats(&st);
	assert_int_equal(st.by_kind[FRAME_ANON], 0);
}

static void
usage_and_areas(void **state)
{
	struct vm_space *s = vm_space_create();
	struct vm_map_request r = { .size = 4 * PAGE_SIZE,
				    .bits = AREA_READ | AREA_EXEC,
				    .source = &source_refs,
				    .source_ops = &source_ops };
	struct vm_word_key a, b;
	struct vm_usage u;
	struct area copy;
	uint32_t *word;
	vaddr_t at;

	init_objects();
	file_pages = OBJECT_PAGES;
	r.object = &objects[FILE_OBJECT];
	assert_int_equal(vm_map(s, &r, &at), 0);
	assert_int_equal(touch(s, at, FAULT_EXEC, &word), 0);
	vm_space_usage(s, &u);
	assert_int_equal(u.total_pages, 4);
	assert_int_equal(u.text_pages, 4);
	/* Only the one page was in memory, so only that was mapped. */
	assert_int_equal(u.shared_pages, 1);
	assert_int_equal(u.resident_pages, 1);
	assert_int_equal(s->major_faults, 1);
	/* The neighbours come along once they are in memory. */
	assert_int_equal(vm_advise(s, at, r.size, MADV_WILLNEED), 0);
	assert_int_equal(touch(s, at + PAGE_SIZE, FAULT_READ, &word), 0);
	vm_space_usage(s, &u);
	assert_int_equal(u.resident_pages, 4);
	assert_true(vm_area_next(s, 0, &copy));
	assert_int_equal(copy.start, at);
	assert_int_equal(source_refs, 2);
	vm_area_copy_put(&copy);
	assert_false(vm_area_next(s, at + r.size, &copy));
	assert_int_equal(vm_word_key(s, at + 8, &a), 0);
	assert_int_equal(a.owner, (uintptr_t)s);
	r.bits |= AREA_SHARED;
	r.offset = 2 * PAGE_SIZE;
	assert_int_equal(vm_map(s, &r, &at), 0);
	assert_int_equal(vm_word_key(s, at + 8, &b), 0);
	assert_int_equal(b.owner, (uintptr_t)r.object);
	assert_int_equal(b.offset, 2 * PAGE_SIZE + 8);
	assert_int_equal(vm_word_key(s, 0, &b), -EFAULT);
	vm_space_put(s);
	check_nothing_left();
}

static int
start(void **state)
{
	fake_ram_start(192UL << 20);
	slab_init();
	vm_init();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_arguments),
		cmocka_unit_test(limits),
		cmocka_unit_test(stack_growth),
		cmocka_unit_test(huge_pages),
		cmocka_unit_test(usage_and_areas),
		cmocka_unit_test(many_areas),
		cmocka_unit_test(random_operations),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
