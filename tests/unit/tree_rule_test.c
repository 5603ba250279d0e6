/* SPDX-License-Identifier: MIT */
/* unit: @tree */

/*
 * tree_rule_test.c - what the random test cannot see: that no more is copied,
 * allocated or flushed than the rule asks for, and in which order references
 * and flushes come.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/errno.h"
#include "tree_machine.h"

enum {
	RW = PTE_WRITE_OK,
	MANY = 600, /* in two level-0 nodes */
};

#define BASE 0x40000000UL

static struct tree parent, child;

static int
setup(void **state)
{
	fake_init();
	fake_free_hook = machine_freed;
	return 0;
}

static int
make_parent(void **state)
{
	assert_int_equal(tree_init(&parent), 0);
	cpu_load(0, &parent.mmu);
	return 0;
}

/* Every test ends with nothing left over. */
static int
drop_parent(void **state)
{
	fake_fail_after = -1;
	cpu_load(0, NULL);
	cpu_load(1, NULL);
	tree_destroy(&parent);
	assert_int_equal(fake_out, 0);
	return 0;
}

static struct frame *
map_anon(struct tree *t, vaddr_t va)
{
	struct frame *f = frame_alloc(FRAME_ANON, FRAME_ANY);

	*(uint64_t *)frame_data(f) = va;
	assert_int_equal(tree_map(t, va, f, RW, 0), 0);
	return f;
}

static void
map_pages(struct tree *t, vaddr_t va, unsigned n)
{
	for (; n; n--, va += PAGE_SIZE)
		map_anon(t, va);
}

static struct frame *
mapped(struct tree *t, vaddr_t va)
{
	struct tree_slot s = tree_lookup(t, va);

	return s.pte ? frame_from_pfn(pte_pfn(s.pte)) +
			       va % pte_span(s.level) / PAGE_SIZE
		     : NULL;
}

static int
unmap(struct tree *t, vaddr_t start, vaddr_t end)
{
	struct tree_batch b;
	int err;

	tree_batch_begin(&b, t);
	err = tree_unmap(t, start, end, &b);
	tree_batch_finish(&b);
	return err;
}

static void
clone_child(void)
{
	assert_int_equal(tree_clone(&child, &parent), 0);
}

/* --- cost ----------------------------------------------------------------- */

static void
test_clone_is_one_frame(void **state)
{
	unsigned before;

	map_pages(&parent, BASE, MANY);
	map_anon(&parent, USER_TOP - PAGE_SIZE);
	before = fake_out;
	flushes = 0;
	clone_child();
	assert_int_equal(fake_out, before + 1);
	assert_int_equal(flushes, 1);
	assert_int_equal(child.resident, MANY + 1);
	assert_true(tree_lookup(&child, BASE).path_shared);
	tree_destroy(&child);
	assert_int_equal(fake_out, before);
	assert_false(tree_lookup(&parent, BASE).path_shared);
}

static void
test_first_write_copies_the_path(void **state)
{
	unsigned before;

	map_pages(&parent, BASE, MANY);
	clone_child();
	before = fake_out;
	assert_int_equal(tree_write_fault(&child, BASE, RW, 0), 0);
	assert_int_equal(fake_out, before + 4); /* three nodes and the page */
	assert_int_equal(tree_write_fault(&child, BASE + PAGE_SIZE, RW, 0), 0);
	assert_int_equal(fake_out, before + 5);
	assert_ptr_not_equal(mapped(&child, BASE), mapped(&parent, BASE));
	assert_ptr_equal(mapped(&child, BASE + 2 * PAGE_SIZE),
			 mapped(&parent, BASE + 2 * PAGE_SIZE));
	tree_destroy(&child);
}

/* 2 -> 1: the last owner gets everything back without a copy or a flush. */
static void
test_last_owner_copies_nothing(void **state)
{
	struct frame *f = map_anon(&parent, BASE);
	unsigned before = fake_out;

	clone_child();
	assert_int_equal(tree_write_fault(&child, BASE, RW, 0), 0);
	tree_destroy(&child);
	flushes = 0;
	fake_fail_after = 0;
	assert_int_equal(tree_write_fault(&parent, BASE, RW, 0), 0);
	assert_ptr_equal(mapped(&parent, BASE), f);
	assert_true(machine_truth(parent.mmu.root, BASE, 0).write);
	assert_int_equal(fake_out, before);
	assert_int_equal(flushes, 0);
}

static void
test_shared_subtree_goes_by_one_reference(void **state)
{
	map_pages(&parent, BASE, MANY);
	clone_child();
	fake_fail_after = 0; /* needs no memory */
	assert_int_equal(unmap(&child, 0, 1UL << 39), 0);
	assert_int_equal(child.resident, 0);
	assert_null(mapped(&child, BASE));
	assert_non_null(mapped(&parent, BASE));
	assert_int_equal(parent.resident, MANY);
	fake_fail_after = -1;
	tree_destroy(&child);
}

static void
test_nothing_to_unmap_costs_nothing(void **state)
{
	map_anon(&parent, BASE);
	clone_child();
	flushes = 0;
	fake_fail_after = 0;
	assert_int_equal(unmap(&child, BASE + PAGE_SIZE, BASE + HUGE_SIZE), 0);
	assert_true(tree_lookup(&child, BASE).path_shared);
	assert_int_equal(flushes, 0);
	tree_destroy(&child);
}

static void
test_empty_nodes_go(void **state)
{
	unsigned before = fake_out;

	map_pages(&parent, BASE - 4 * PAGE_SIZE, 8);
	assert_int_equal(unmap(&parent, BASE - 4 * PAGE_SIZE, BASE), 0);
	assert_int_equal(unmap(&parent, BASE, BASE + 4 * PAGE_SIZE), 0);
	assert_int_equal(fake_out, before);
	assert_int_equal(parent.root->used, 0);
}

static void
test_aligned_move_takes_nodes_whole(void **state)
{
	vaddr_t to = BASE + (1UL << 30);
	struct frame *f = map_anon(&parent, BASE);
	struct tree_batch b;

	map_anon(&parent, to + HUGE_SIZE); /* the path there */
	map_pages(&parent, BASE + PAGE_SIZE, 511);
	clone_child();
	assert_int_equal(tree_write_fault(&child, to + HUGE_SIZE, RW, 0), 0);
	assert_int_equal(tree_write_fault(&child, BASE, RW, 0), 0);
	f = mapped(&child, BASE);
	cpu_load(0, NULL);
	tree_destroy(&parent);
	parent = child;
	fake_fail_after = 0;
	tree_batch_begin(&b, &parent);
	assert_int_equal(tree_move(&parent, BASE, to, HUGE_SIZE, &b), 0);
	tree_batch_finish(&b);
	assert_ptr_equal(mapped(&parent, to), f);
	assert_null(mapped(&parent, BASE));
	tree_check(&parent);
}

/* --- order: the flush comes before the reference goes --------------------- */

static struct frame *watched;
static unsigned watched_refs;

static void
watch_flush(vaddr_t start)
{
	if (watched)
		assert_int_equal(refcount_read(&watched->refs), watched_refs);
	watched_refs = 0;
}

static void
watch(struct frame *f)
{
	watched = f;
	watched_refs = refcount_read(&f->refs);
	fake_flush_hook = watch_flush;
}

/* There was a flush, and after it the count fell by one. */
static void
watch_end(unsigned refs)
{
	assert_int_equal(watched_refs, 0);
	assert_int_equal(refcount_read(&watched->refs), refs);
	watched = NULL;
	fake_flush_hook = NULL;
}

static void
test_write_drops_after_flush(void **state)
{
	struct frame *f;

	map_pages(&parent, BASE, 2);
	clone_child();
	f = mapped(&parent, BASE);
	assert_int_equal(tree_write_fault(&child, BASE + PAGE_SIZE, RW, 0), 0);
	watch(f);
	assert_int_equal(tree_write_fault(&child, BASE, RW, 0), 0);
	watch_end(1);
	tree_destroy(&child);
}

static void
test_unshare_drops_after_flush(void **state)
{
	struct frame *node;

	map_anon(&parent, BASE);
	clone_child();
	node = machine_truth(parent.mmu.root, BASE, 2).node;
	watch(node);
	assert_int_equal(tree_write_fault(&child, BASE, RW, 0), 0);
	watch_end(1);
	tree_destroy(&child);
}

static void
test_unmap_drops_after_flush(void **state)
{
	struct frame *f = map_anon(&parent, BASE);

	frame_get(f);
	watch(f);
	assert_int_equal(unmap(&parent, BASE, BASE + PAGE_SIZE), 0);
	watch_end(1);
	frame_put(f);
}

/* --- 2 MiB ---------------------------------------------------------------- */

static struct frame *
map_huge(struct tree *t, vaddr_t va)
{
	struct frame *head = frame_alloc_block(FRAME_ANON, 9, 0);

	assert_int_equal(tree_map_huge(t, va, head, RW), 0);
	return head;
}

static void
test_huge_breaks_only_when_shared(void **state)
{
	struct frame *head = map_huge(&parent, BASE);
	vaddr_t va = BASE + 5 * PAGE_SIZE;

	clone_child();
	tree_destroy(&child);
	fake_fail_after = 0;
	assert_int_equal(tree_write_fault(&parent, va, RW, 0), 0);
	fake_fail_after = -1;
	assert_int_equal(tree_lookup(&parent, va).level, 1);
	clone_child();
	assert_int_equal(tree_write_fault(&child, va, RW, 0), 0);
	assert_int_equal(tree_lookup(&child, va).level, 0);
	assert_ptr_not_equal(mapped(&child, va), &head[5]);
	assert_ptr_equal(mapped(&child, va + PAGE_SIZE), &head[6]);
	/* The parent's leaf is still huge, but must not be written whole. */
	assert_int_equal(tree_lookup(&parent, va).level, 1);
	assert_int_equal(tree_write_fault(&parent, va + PAGE_SIZE, RW, 0), 0);
	assert_int_equal(tree_lookup(&parent, va).level, 0);
	assert_ptr_not_equal(mapped(&parent, va + PAGE_SIZE), &head[6]);
	assert_ptr_equal(mapped(&parent, va), &head[5]);
	tree_destroy(&child);
}

static void
test_huge_is_whole_again_when_the_other_is_gone(void **state)
{
	map_huge(&parent, BASE);
	clone_child();
	assert_int_equal(tree_write_fault(&child, BASE, RW, 0), 0);
	tree_destroy(&child);
	fake_fail_after = 0;
	assert_int_equal(tree_write_fault(&parent, BASE, RW, 0), 0);
	assert_int_equal(tree_lookup(&parent, BASE).level, 1);
}

/* --- small print ---------------------------------------------------------- */

static void
test_file_frame_is_never_reused(void **state)
{
	struct frame *f = frame_alloc(FRAME_CACHE, FRAME_ZERO);

	assert_int_equal(tree_map(&parent, BASE, f, RW, 0), 0);
	assert_false(pte_writable(tree_lookup(&parent, BASE).pte));
	assert_int_equal(tree_write_fault(&parent, BASE, RW, 0), 0);
	assert_int_equal(mapped(&parent, BASE)->kind, FRAME_ANON);
}

static void
test_errors(void **state)
{
	struct frame *f = frame_alloc(FRAME_ANON, FRAME_ANY);
	struct frame *head = frame_alloc_block(FRAME_ANON, 9, 0);

	assert_int_equal(tree_write_fault(&parent, BASE, RW, 0), -ENOENT);
	fake_fail_after = 1;
	assert_int_equal(tree_map(&parent, BASE, f, RW, 0), -ENOMEM);
	assert_int_equal(parent.root->used, 0);
	fake_fail_after = -1;
	map_anon(&parent, BASE);
	assert_int_equal(tree_map(&parent, BASE, f, RW, 0), -EEXIST);
	assert_int_equal(tree_map_huge(&parent, BASE, head, RW), -EEXIST);
	frame_free_block(head, 9);
	frame_put(f);
}

/* No memory for the second end of the range: both ends are as they were. */
static void
test_unmap_is_all_or_nothing(void **state)
{
	vaddr_t end = BASE + 4 * HUGE_SIZE;
	unsigned n;
	int err;

	map_pages(&parent, BASE, 2);
	map_pages(&parent, end - PAGE_SIZE, 2);
	for (n = 0, err = -ENOMEM; err; n++) {
		clone_child();
		fake_fail_after = (long)n;
		err = unmap(&child, BASE + PAGE_SIZE, end);
		fake_fail_after = -1;
		tree_check(&child);
		assert_int_equal(!mapped(&child, BASE + PAGE_SIZE), !err);
		assert_int_equal(!mapped(&child, end - PAGE_SIZE), !err);
		assert_non_null(mapped(&child, BASE));
		assert_non_null(mapped(&child, end));
		tree_destroy(&child);
	}
	assert_true(n > 3);
}

static int
count_leaf(void *arg, vaddr_t va, pte_t pte, unsigned level, bool shared)
{
	unsigned *seen = arg;

	assert_true(va >= BASE && !shared);
	seen[level]++;
	return seen[0] + seen[1] == 5 ? 7 : 0;
}

static void
test_visit(void **state)
{
	unsigned seen[2] = { 0, 0 };

	map_anon(&parent, BASE - PAGE_SIZE);
	map_pages(&parent, BASE, 3);
	map_huge(&parent, BASE + HUGE_SIZE);
	assert_int_equal(tree_visit(&parent, BASE, USER_TOP, count_leaf, seen),
			 0);
	assert_true(seen[0] == 3 && seen[1] == 1);
	map_anon(&parent, USER_TOP - PAGE_SIZE);
	seen[0] = seen[1] = 0;
	assert_int_equal(tree_visit(&parent, BASE, USER_TOP, count_leaf, seen),
			 7);
}

/* A fork with I/O in flight: the parent keeps the frame, and no fault. */
static void
test_clone_copies_pinned(void **state)
{
	struct frame *f;
	unsigned before;

	map_pages(&parent, BASE, 3);
	assert_int_equal(tree_pin(&parent, BASE, RW, 0, &f), 0);
	clone_child();
	assert_true(machine_truth(parent.mmu.root, BASE, 0).write);
	assert_ptr_equal(mapped(&parent, BASE), f);
	assert_ptr_not_equal(mapped(&child, BASE), f);
	assert_ptr_equal(mapped(&child, BASE + PAGE_SIZE),
			 mapped(&parent, BASE + PAGE_SIZE));
	tree_destroy(&child);
	atomic_fetch_sub(&f->pins, 1);
	frame_put(f);
	clone_child(); /* finds that nothing is pinned any more */
	tree_destroy(&child);
	before = fake_out;
	clone_child();
	assert_int_equal(fake_out, before + 1);
	tree_destroy(&child);
}

#define RULE(name) \
	cmocka_unit_test_setup_teardown(name, make_parent, drop_parent)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(test_clone_is_one_frame),
		RULE(test_first_write_copies_the_path),
		RULE(test_last_owner_copies_nothing),
		RULE(test_shared_subtree_goes_by_one_reference),
		RULE(test_nothing_to_unmap_costs_nothing),
		RULE(test_empty_nodes_go),
		RULE(test_aligned_move_takes_nodes_whole),
		RULE(test_write_drops_after_flush),
		RULE(test_unshare_drops_after_flush),
		RULE(test_unmap_drops_after_flush),
		RULE(test_huge_breaks_only_when_shared),
		RULE(test_huge_is_whole_again_when_the_other_is_gone),
		RULE(test_file_frame_is_never_reused),
		RULE(test_errors),
		RULE(test_unmap_is_all_or_nothing),
		RULE(test_visit),
		RULE(test_clone_copies_pinned),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
