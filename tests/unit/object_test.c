/* SPDX-License-Identifier: MIT */
/* unit: kernel/vm/object.c @memory */

/*
 * object_test.c - the pages of an object against a plain list of indices.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/cpu.h"
#include "fake_ram.h"
#include "lib/errno.h"
#include "mm/slab.h"
#include "vm/object.h"

enum {
	INDICES = 96,
	ROUNDS = 60000
};

/* Candidates: dense, at the edges of nodes, and far out. */
static uint64_t index_of[INDICES];
static struct frame *held[INDICES]; /* what the model says is there */

static uint64_t file_size;
static unsigned fills, fail_fill;
static bool released;
static struct vm_object *under_fill; /* truncate it while a page is filled */
static uint64_t seed = 88172645463325252ULL;

static uint64_t
rnd(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % n;
}

static int
fill(struct vm_object *o, uint64_t index, struct frame *f)
{
	struct vm_object *cut = under_fill;

	assert_false(mutex_held(&o->lock));
	fills++;
	if (fail_fill && --fail_fill == 0)
		return -EIO;
	*(uint64_t *)frame_data(f) = index;
	if (cut) {
		under_fill = NULL;
		file_size = PAGE_SIZE;
		vm_object_truncate(cut, 1);
	}
	return 0;
}

static void
release(struct vm_object *o)
{
	vm_object_fini(o);
	released = true;
}

static uint64_t
size(struct vm_object *o)
{
	return file_size;
}

static const struct vm_object_ops file_ops = {
	.fill = fill,
	.release = release,
	.size = size,
};

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void
choose_indices(void)
{
	unsigned i, j;

	for (i = 0; i < INDICES; i++) {
		if (i < 32)
			index_of[i] = i;
		else if (i < 64)
			index_of[i] = (1ULL << (i - 32) % 8 * 6) + i % 5 - 2 +
				      64 * (i - 32);
		else
			index_of[i] = rnd(OBJECT_PAGES_MAX);
	}
	index_of[INDICES - 1] = OBJECT_PAGES_MAX - 1;
	qsort(index_of, INDICES, sizeof(index_of[0]), compare);
	for (i = 1, j = 1; i < INDICES; i++)
		assert_true(index_of[i] != index_of[i - 1] || j++ < 8);
}

static void
remove_range(struct vm_object *o, uint64_t first, uint64_t last)
{
	unsigned i;

	for (i = 0; i < INDICES; i++) {
		if (index_of[i] >= first && index_of[i] <= last)
			held[i] = NULL;
	}
	if (last == UINT64_MAX)
		vm_object_truncate(o, first);
	else
		vm_object_punch(o, first, last);
}

static void
get(struct vm_object *o, unsigned i, unsigned flags)
{
	struct frame *f = NULL;
	int err = vm_object_page(o, index_of[i], flags, &f);

	assert_int_equal(err, 0);
	if (held[i] || !(flags & OBJECT_CREATE))
		assert_ptr_equal(f, held[i]);
	else
		assert_non_null(f);
	held[i] = f;
	if (!f)
		return;
	assert_int_equal(refcount_read(&f->refs), 2);
	assert_int_equal(*(uint64_t *)frame_data(f), index_of[i]);
	frame_put(f);
}

static void
insert(struct vm_object *o, unsigned i)
{
	struct frame *f = frame_alloc(FRAME_CACHE, FRAME_ZERO);
	int err;

	*(uint64_t *)frame_data(f) = index_of[i];
	err = vm_object_insert(o, index_of[i], f);
	assert_int_equal(err, held[i] ? -EEXIST : 0);
	if (err)
		frame_put(f);
	else
		held[i] = f;
}

static void
check_next(struct vm_object *o, uint64_t from)
{
	uint64_t at = from;
	bool found = vm_object_next(o, &at);
	unsigned i;

	for (i = 0; i < INDICES; i++) {
		if (held[i] && index_of[i] >= from) {
			assert_true(found);
			assert_int_equal(at, index_of[i]);
			return;
		}
	}
	assert_false(found);
	assert_int_equal(at, from);
}

static void
check_pages(struct vm_object *o, unsigned i)
{
	struct frame *out[16];
	unsigned n = 1 + rnd(16), found = 0, k, j;
	uint64_t first = index_of[i] - MIN(index_of[i], rnd(16));

	found = vm_object_pages(o, first, n, out);
	for (k = 0; k < n; k++) {
		struct frame *expect = NULL;

		for (j = 0; j < INDICES; j++) {
			if (index_of[j] == first + k && held[j])
				expect = held[j];
		}
		assert_ptr_equal(out[k], expect);
		if (expect) {
			frame_put(expect);
			found--;
		}
	}
	assert_int_equal(found, 0);
}

static void
check_count(struct vm_object *o)
{
	uint64_t n = 0;
	unsigned i;

	for (i = 0; i < INDICES; i++)
		n += held[i] && (i == 0 || index_of[i] != index_of[i - 1]);
	assert_int_equal(o->pages, n);
}

/* Twin indices are one page. */
static void
settle_twins(void)
{
	unsigned i;

	for (i = 1; i < INDICES; i++) {
		if (index_of[i] == index_of[i - 1] && (held[i] || held[i - 1]))
			held[i] = held[i - 1] = held[i] ? held[i] : held[i - 1];
	}
}

static void
random_use(void **state)
{
	uint64_t before = fake_ram_used();
	struct vm_object o;
	unsigned round, i;

	choose_indices();
	file_size = UINT64_MAX;
	released = false;
	vm_object_init(&o, &file_ops);
	for (round = 0; round < ROUNDS; round++) {
		i = rnd(INDICES);
		switch (rnd(10)) {
		case 0 ... 2:
			get(&o, i, OBJECT_CREATE);
			break;
		case 3:
			get(&o, i, 0);
			break;
		case 4 ... 5:
			insert(&o, i);
			break;
		case 6:
			check_pages(&o, i);
			break;
		case 7:
			check_next(&o, index_of[i] + rnd(3));
			break;
		case 8:
			remove_range(&o, index_of[i],
				     index_of[i] + rnd(1 << rnd(30)));
			break;
		default:
			if (rnd(20) == 0)
				remove_range(&o, index_of[i], UINT64_MAX);
			break;
		}
		settle_twins();
		check_count(&o);
	}
	vm_object_put(&o);
	assert_true(released);
	memset(held, 0, sizeof(held));
	/* Slabs kept for the next time, nothing else. */
	assert_true(fake_ram_used() <= before + 20);
}

static void
errors(void **state)
{
	struct vm_object o;
	struct frame *f;

	vm_object_init(&o, &file_ops);
	file_size = 2 * PAGE_SIZE + 1;
	assert_int_equal(
		vm_object_page(&o, 3, OBJECT_CREATE | OBJECT_IN_SIZE, &f),
		-ENXIO);
	assert_int_equal(
		vm_object_page(&o, 2, OBJECT_CREATE | OBJECT_IN_SIZE, &f), 0);
	frame_put(f);
	assert_int_equal(
		vm_object_page(&o, OBJECT_PAGES_MAX, OBJECT_CREATE, &f),
		-EFBIG);
	fail_fill = 1;
	assert_int_equal(vm_object_page(&o, 1, OBJECT_CREATE, &f), -EIO);
	assert_int_equal(vm_object_page(&o, 1, 0, &f), 0);
	assert_null(f);
	vm_object_put(&o);
}

/* The file is cut while a page beyond its new end is being read. */
static void
truncate_during_fill(void **state)
{
	struct vm_object o;
	struct frame *f;

	vm_object_init(&o, &file_ops);
	file_size = 10 * PAGE_SIZE;
	under_fill = &o;
	assert_int_equal(
		vm_object_page(&o, 5, OBJECT_CREATE | OBJECT_IN_SIZE, &f),
		-ENXIO);
	assert_int_equal(o.pages, 0);
	/* Within the new size it is simply read again. */
	file_size = 10 * PAGE_SIZE;
	under_fill = &o;
	fills = 0;
	assert_int_equal(
		vm_object_page(&o, 0, OBJECT_CREATE | OBJECT_IN_SIZE, &f), 0);
	assert_int_equal(fills, 2);
	frame_put(f);
	vm_object_put(&o);
}

/* Whatever allocation fails, nothing is lost and nothing half made. */
static void
out_of_memory(void **state)
{
	struct frame *hog = NULL, *f;
	struct vm_object o;
	unsigned n = 0;

	vm_object_init(&o, &file_ops);
	file_size = UINT64_MAX;
	while ((f = frame_alloc(FRAME_KERNEL, FRAME_ANY))) {
		*(struct frame **)frame_data(f) = hog;
		hog = f;
	}
	while (vm_object_page(&o, OBJECT_PAGES_MAX / 2, OBJECT_CREATE, &f)) {
		n++;
		f = hog;
		hog = *(struct frame **)frame_data(f);
		frame_put(f);
	}
	assert_true(n > 0);
	frame_put(f);
	assert_int_equal(o.pages, 1);
	while ((f = hog)) {
		hog = *(struct frame **)frame_data(f);
		frame_put(f);
	}
	vm_object_put(&o);
}

static void
anonymous(void **state)
{
	struct vm_object *o = vm_object_create_anon();
	uint64_t used = fake_ram_used();
	struct frame *f;

	assert_int_equal(vm_object_page(o, 0, OBJECT_CREATE, &f), 0);
	assert_int_equal(fake_ram_used(), used + 1);
	assert_true(o->root == (uintptr_t)f);
	vm_object_put(o);
	/* The page outlives the object while somebody holds it. */
	assert_int_equal(fake_ram_used(), used + 1);
	assert_true(frame_owned(f));
	frame_put(f);
}

static int
start(void **state)
{
	fake_ram_start(16UL << 20);
	slab_init();
	vm_object_system_init();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors),
		cmocka_unit_test(random_use),
		cmocka_unit_test(truncate_during_fill),
		cmocka_unit_test(out_of_memory),
		cmocka_unit_test(anonymous),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
