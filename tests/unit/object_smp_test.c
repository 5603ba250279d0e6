/* SPDX-License-Identifier: MIT */
/* unit: -iquote tests/unit/smp kernel/vm/object.c */

/*
 * object_smp_test.c - lookups without a lock against threads that make and
 * remove pages.
 *
 * Each page says which one it is, a freed frame is poisoned and a freed node
 * is the sanitizer's: a lookup that uses what is gone is found out.
 * With -fsanitize=thread in place of the others it proves the orders too.
 *
 * UNIT_STEPS: how many per thread (40000).
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/cpu.h"
#include "lib/errno.h"
#include "tree_fake.h"
#include "vm/object.h"

enum {
	LOOKERS = 4,
	REMOVERS = 2,
	PAGES = 200
};

struct slab_cache {
	size_t size;
};

static struct vm_object object;
static pthread_barrier_t begin;
static unsigned long steps = 40000;

void
mmu_flush(struct mmu_context *ctx, vaddr_t from, vaddr_t to)
{
}

struct slab_cache *
slab_cache_create(const char *name, size_t size, size_t align);
void *slab_alloc(struct slab_cache *c);
void slab_free(struct slab_cache *c, void *obj);

struct slab_cache *
slab_cache_create(const char *name, size_t size, size_t align)
{
	struct slab_cache *c = malloc(sizeof(*c));

	c->size = size;
	return c;
}

void *
slab_alloc(struct slab_cache *c)
{
	return calloc(1, c->size);
}

void
slab_free(struct slab_cache *c, void *obj)
{
	free(obj);
}

static int
fill(struct vm_object *o, uint64_t index, struct frame *f)
{
	*(uint64_t *)frame_data(f) = index;
	return 0;
}

static void
release(struct vm_object *o)
{
	vm_object_fini(o);
}

static const struct vm_object_ops ops = { .fill = fill, .release = release };

static uint64_t
rnd(uint64_t *seed, uint64_t n)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed % n;
}

/* Spread over three levels of nodes. */
static uint64_t
some_index(uint64_t *seed)
{
	return rnd(seed, PAGES) * (rnd(seed, 2) ? 1 : 37);
}

static void
check(struct frame *f, uint64_t index)
{
	if (!f)
		return;
	assert(f->kind == FRAME_CACHE);
	assert(*(uint64_t *)frame_data(f) == index);
	frame_put(f);
}

static void *
look(void *arg)
{
	uint64_t seed = 88172645463325252ULL + (uintptr_t)arg, i;
	struct frame *f, *around[16];
	unsigned long n;
	unsigned k;

	smp_cpu = (uintptr_t)arg;
	pthread_barrier_wait(&begin);
	for (n = 0; n < steps; n++) {
		i = some_index(&seed);
		if (rnd(&seed, 4) == 0) {
			vm_object_pages(&object, i, 16, around);
			for (k = 0; k < 16; k++)
				check(around[k], i + k);
			continue;
		}
		assert(vm_object_page(&object, i,
				      rnd(&seed, 2) ? OBJECT_CREATE : 0,
				      &f) == 0);
		check(f, i);
	}
	return NULL;
}

static void *
cut(void *arg)
{
	uint64_t seed = 88172645463325252ULL + (uintptr_t)arg, i;
	unsigned long n;

	smp_cpu = (uintptr_t)arg;
	pthread_barrier_wait(&begin);
	for (n = 0; n < steps / 4; n++) {
		i = some_index(&seed);
		if (rnd(&seed, 8) == 0)
			vm_object_truncate(&object, i);
		else
			vm_object_punch(&object, i, i + rnd(&seed, 70));
	}
	return NULL;
}

static void
lookups_and_removals(void **state)
{
	pthread_t t[LOOKERS + REMOVERS];
	uintptr_t i;

	vm_object_init(&object, &ops);
	pthread_barrier_init(&begin, NULL, LOOKERS + REMOVERS);
	for (i = 0; i < LOOKERS + REMOVERS; i++)
		pthread_create(&t[i], NULL, i < LOOKERS ? look : cut,
			       (void *)i);
	for (i = 0; i < LOOKERS + REMOVERS; i++)
		pthread_join(t[i], NULL);
	vm_object_put(&object);
	assert_int_equal(fake_out, 0);
}

static int
start(void **state)
{
	const char *s = getenv("UNIT_STEPS");

	if (s)
		steps = strtoul(s, NULL, 0);
	fake_init();
	vm_object_system_init();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lookups_and_removals),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
