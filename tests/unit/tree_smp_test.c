/* SPDX-License-Identifier: MIT */
/* unit: @tree */

/*
 * tree_smp_test.c - threads that share nodes, frames and blocks without a lock.
 *
 * Each round clones one tree for every thread; all write, unmap, protect,
 * clone and destroy at once, each against its own model.  Afterwards no frame
 * may be missing.  Built with -fsanitize=thread it also proves the orders that
 * tree.c claims: TSan sees every copy, every write in place and every count.
 *
 * UNIT_ROUNDS: how many rounds (60).
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/errno.h"
#include "tree_fake.h"

enum {
	THREADS = 4,
	STEPS = 120,
	SMALL = 48, /* pages around a 2 MiB border */
	HUGE = 2,   /* blocks */
	PAGES = SMALL + HUGE * 512,
};

#define SMALL_BASE ((1UL << 30) - 24 * PAGE_SIZE)
#define HUGE_BASE  (0x7f0000000000UL)

struct view {
	struct tree tree;
	uint64_t value[PAGES]; /* 0 = not mapped */
	uint64_t rng;
	pthread_t thread;
};

static struct view ancestor, views[THREADS];
static pthread_barrier_t start;

/* No CPU has these trees loaded. */
void
mmu_flush(struct mmu_context *ctx, vaddr_t from, vaddr_t to)
{
}

static vaddr_t
va_of(unsigned i)
{
	return i < SMALL ? SMALL_BASE + i * PAGE_SIZE
			 : HUGE_BASE + (i - SMALL) * PAGE_SIZE;
}

static uint64_t *
words(struct view *v, unsigned i)
{
	struct tree_slot s = tree_lookup(&v->tree, va_of(i));
	uint64_t offset = va_of(i) % pte_span(s.level);

	if (!s.pte)
		return NULL;
	return frame_data(frame_from_pfn(pte_pfn(s.pte)) + offset / PAGE_SIZE);
}

static unsigned
pick(struct view *v, unsigned n)
{
	return (unsigned)(fake_random(&v->rng) >> 33) % n;
}

static unsigned
pick_page(struct view *v)
{
	return pick(v, 2) ? pick(v, SMALL)
			  : SMALL + pick(v, HUGE) * 512 + pick(v, 6);
}

static void
check(struct view *v, unsigned i)
{
	uint64_t *word = words(v, i);

	assert(!word == !v->value[i]);
	assert(!word || (word[0] == v->value[i] && word[511] == v->value[i]));
}

static void
write_page(struct view *v, unsigned i)
{
	uint64_t *word;
	int err;

	check(v, i);
	err = tree_write_fault(&v->tree, va_of(i), PTE_WRITE_OK, 0);
	assert(err == (v->value[i] ? 0 : -ENOENT));
	if (err)
		return;
	word = words(v, i);
	assert(word[0] == v->value[i]);
	v->value[i] = fake_random(&v->rng) | 1;
	word[0] = word[511] = v->value[i];
}

static void
unmap(struct view *v)
{
	unsigned i = pick_page(v), n = 1 + pick(v, 4), k;
	struct tree_batch b;

	if (i < SMALL && i + n > SMALL)
		n = SMALL - i;
	if (i + n > PAGES)
		n = PAGES - i;
	tree_batch_begin(&b, &v->tree);
	assert(!tree_unmap(&v->tree, va_of(i), va_of(i) + n * PAGE_SIZE, &b));
	tree_batch_finish(&b);
	for (k = i; k < i + n; k++)
		v->value[k] = 0;
}

static void
protect(struct view *v)
{
	unsigned i = pick_page(v);
	struct tree_batch b;

	tree_batch_begin(&b, &v->tree);
	assert(!tree_protect(&v->tree, va_of(i), va_of(i) + PAGE_SIZE,
			     PTE_EXEC_OK, &b));
	tree_batch_finish(&b);
}

/* fork, a few writes on both sides, exit. */
static void
fork_and_exit(struct view *v)
{
	struct view *child = malloc(sizeof(*child));
	unsigned n;

	memcpy(child->value, v->value, sizeof(v->value));
	child->rng = fake_random(&v->rng);
	assert(!tree_clone(&child->tree, &v->tree));
	for (n = pick(v, 6); n; n--) {
		write_page(child, pick_page(child));
		write_page(v, pick_page(v));
	}
	tree_check(&child->tree);
	tree_destroy(&child->tree);
	free(child);
}

static void *
run(void *arg)
{
	struct view *v = arg;
	unsigned n;

	pthread_barrier_wait(&start);
	for (n = 0; n < STEPS; n++) {
		unsigned what = pick(v, 16);

		if (what < 10)
			write_page(v, pick_page(v));
		else if (what < 12)
			unmap(v);
		else if (what < 13)
			protect(v);
		else if (what < 14)
			fork_and_exit(v);
		else
			check(v, pick_page(v));
	}
	for (n = 0; n < PAGES; n++)
		check(v, n);
	tree_check(&v->tree);
	tree_destroy(&v->tree);
	return NULL;
}

static void
make_ancestor(void)
{
	unsigned i, k;

	assert(!tree_init(&ancestor.tree));
	for (i = 0; i < SMALL; i++) {
		struct frame *f = frame_alloc(FRAME_ANON, FRAME_ANY);

		assert(!tree_map(&ancestor.tree, va_of(i), f, PTE_WRITE_OK, 0));
	}
	for (i = 0; i < HUGE; i++) {
		struct frame *head = frame_alloc_block(FRAME_ANON, 9, 0);

		assert(!tree_map_huge(&ancestor.tree, va_of(SMALL + i * 512),
				      head, PTE_WRITE_OK));
	}
	for (i = 0; i < PAGES; i++) {
		uint64_t *word = words(&ancestor, i);

		ancestor.value[i] = k = i + 1;
		word[0] = word[511] = k;
	}
}

static void
test_threads(void **state)
{
	const char *env = getenv("UNIT_ROUNDS");
	unsigned rounds = env ? (unsigned)atoi(env) : 60, r, i;
	uint64_t seed = 0x1234567;

	fake_init();
	pthread_barrier_init(&start, NULL, THREADS);
	for (r = 0; r < rounds; r++) {
		make_ancestor();
		for (i = 0; i < THREADS; i++) {
			struct view *v = &views[i];

			assert(!tree_clone(&v->tree, &ancestor.tree));
			memcpy(v->value, ancestor.value, sizeof(v->value));
			v->rng = fake_random(&seed);
		}
		if (r % 2)
			tree_destroy(&ancestor.tree);
		for (i = 0; i < THREADS; i++)
			pthread_create(&views[i].thread, NULL, run, &views[i]);
		for (i = 0; i < THREADS; i++)
			pthread_join(views[i].thread, NULL);
		if (r % 2 == 0) {
			for (i = 0; i < PAGES; i++)
				check(&ancestor, i);
			tree_destroy(&ancestor.tree);
		}
		assert_int_equal(fake_out, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
