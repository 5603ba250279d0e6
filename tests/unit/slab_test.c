/* SPDX-License-Identifier: MIT */
/* unit: @memory */

/*
 * slab_test.c - object caches against a model: objects do not overlap, come
 * zeroed and aligned, are counted exactly, and their memory comes back.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/cpu.h"
#include "fake_ram.h"
#include "mm/slab.h"

enum {
	CACHES = 6,
	OBJECTS = 4000,
	ROUNDS = 300000,
	CPUS = 4
};

static const struct {
	size_t size, align;
} shapes[CACHES] = { { 1, 1 },    { 24, 8 },      { 192, 64 },
		     { 700, 16 }, { 2048, 2048 }, { 9000, 4096 } };

static struct slab_cache *caches[CACHES];
static uint64_t in_use[CACHES];

struct object {
	uint8_t *p;
	size_t size;
	unsigned cache; /* CACHES: kmalloc */
	uint8_t mark;
};

static struct object held[OBJECTS];
static unsigned held_count;
static uint64_t seed = 88172645463325252ULL;

static uint64_t
rnd(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % n;
}

static void
check_fresh(const struct object *o, size_t align)
{
	size_t i;

	assert_int_equal((uintptr_t)o->p & (align - 1), 0);
	for (i = 0; i < o->size; i++)
		assert_int_equal(o->p[i], 0);
}

static void
take(void)
{
	struct object o = { .cache = rnd(CACHES + 3), .mark = 1 + rnd(255) };
	size_t align;

	if (held_count == OBJECTS)
		return;
	if (o.cache < CACHES) {
		o.size = shapes[o.cache].size;
		align = shapes[o.cache].align;
		o.p = slab_alloc(caches[o.cache]);
		if (!o.p)
			return;
		in_use[o.cache]++;
	} else {
		o.size = rnd(20) ? rnd(3000) : rnd(256 << 10);
		align = o.size && !(o.size & (o.size - 1)) ? o.size : 16;
		align = MAX(MIN(align, PAGE_SIZE), 16UL);
		o.p = kmalloc(o.size);
		if (!o.p)
			return;
	}
	check_fresh(&o, align);
	memset(o.p, o.mark, o.size);
	held[held_count++] = o;
}

static void
give(unsigned i)
{
	struct object o = held[i];
	size_t n;

	held[i] = held[--held_count];
	for (n = 0; n < o.size; n++)
		assert_int_equal(o.p[n], o.mark);
	if (o.cache < CACHES) {
		slab_free(caches[o.cache], o.p);
		in_use[o.cache]--;
	} else {
		kfree(o.p);
	}
}

static void
check_counts(void)
{
	unsigned c;

	for (c = 0; c < CACHES; c++)
		assert_int_equal(slab_in_use(caches[c]), in_use[c]);
}

static uint64_t
slabs_of(const char *name)
{
	struct slab_stats st;
	unsigned n;

	for (n = 0; slab_stats(n, &st); n++) {
		if (!strcmp(st.name, name))
			return st.slabs;
	}
	return 0;
}

static void
random_use(void **state)
{
	unsigned i;

	for (i = 0; i < ROUNDS; i++) {
		fake_cpu = rnd(100) ? fake_cpu : rnd(CPUS);
		if (rnd(100) < (i / 30000 % 2 ? 40 : 60))
			take();
		else if (held_count)
			give(rnd(held_count));
		if (i % 256 == 0)
			check_counts();
	}
	while (held_count)
		give(held_count - 1);
	check_counts();
	assert_int_equal(fake_irqs_off, false);
}

/* Thousands of objects come and go: all but a few slabs are given back. */
static void
empty_slabs_are_released(void **state)
{
	struct slab_cache *c = slab_cache_create("tide", 200, 8);
	static void *p[20000];
	uint64_t before = fake_ram_used();
	unsigned i;

	fake_cpu = 0;
	for (i = 0; i < 20000; i++) {
		p[i] = slab_alloc(c);
		assert_non_null(p[i]);
	}
	assert_int_equal(slab_in_use(c), 20000);
	assert_int_equal(slabs_of("tide"), 1000);
	for (i = 0; i < 20000; i++)
		slab_free(c, p[i]);
	assert_int_equal(slab_in_use(c), 0);
	/* One kept empty, and those whose objects the magazine holds. */
	assert_true(slabs_of("tide") <= 4);
	assert_true(fake_ram_used() <= before + 6);
}

static void
out_of_memory(void **state)
{
	struct slab_cache *c = slab_cache_create("greedy", 4096, 4096);
	void *list = NULL, *p;
	uint64_t n = 0;

	while ((p = slab_alloc(c))) {
		*(void **)p = list;
		list = p;
		n++;
	}
	assert_int_equal(slab_in_use(c), n);
	assert_null(kmalloc(KMALLOC_MAX));
	while ((p = list)) {
		list = *(void **)p;
		slab_free(c, p);
	}
	assert_int_equal(slab_in_use(c), 0);
	p = kmalloc(KMALLOC_MAX);
	assert_non_null(p);
	kfree(p);
}

static void
edges(void **state)
{
	char *p;

	kfree(NULL);
	assert_null(kmalloc(KMALLOC_MAX + 1));
	assert_null(kmalloc(SIZE_MAX));
	assert_null(kcalloc(SIZE_MAX / 2, 3));
	p = kmalloc(0);
	assert_non_null(p);
	kfree(p);
	p = kcalloc(3, 5);
	assert_non_null(p);
	kfree(p);
	p = kstrdup("umbra");
	assert_string_equal(p, "umbra");
	kfree(p);
}

static int
start(void **state)
{
	unsigned c;

	fake_ram_start(64UL << 20);
	slab_init();
	for (c = 0; c < CACHES; c++) {
		caches[c] = slab_cache_create("test", shapes[c].size,
					      shapes[c].align);
		assert_non_null(caches[c]);
	}
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edges),
		cmocka_unit_test(random_use),
		cmocka_unit_test(empty_slabs_are_released),
		cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
