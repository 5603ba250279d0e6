/* SPDX-License-Identifier: MIT */
/* unit: kernel/mm/kmap.c kernel/mm/kmap_stack.c @memory */

/*
 * kmap_test.c - stacks and windows over a fake machine whose kernel mappings
 * are a table of pages; guards, reuse, failures.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/cpu.h"
#include "fake_ram.h"
#include "lib/errno.h"
#include "mm/kmap.h"
#include "mm/slab.h"

/* What is mapped: host memory at the very address, made accessible. */
#define WINDOW      0x100000000000UL
#define WINDOW_SIZE (256UL << 30)

static unsigned mapped_pages, flushes, fail_in;
static unsigned last_flags;

vaddr_t
mmu_kmap_start(void)
{
	return WINDOW;
}

vaddr_t
mmu_kmap_end(void)
{
	return WINDOW + WINDOW_SIZE;
}

int
mmu_kernel_map(vaddr_t va, paddr_t pa, unsigned flags)
{
	if (fail_in && --fail_in == 0)
		return -ENOMEM;
	assert_true(va >= WINDOW && va < WINDOW + WINDOW_SIZE);
	assert_int_equal(va & ~PAGE_MASK, 0);
	assert_int_equal(pa & ~PAGE_MASK, 0);
	if (mmap((void *)va, PAGE_SIZE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
		 0) != (void *)va)
		fail();
	mapped_pages++;
	last_flags = flags;
	return 0;
}

void
mmu_kernel_clear(vaddr_t va, size_t pages)
{
	assert_int_equal(munmap((void *)va, pages << PAGE_SHIFT), 0);
	mapped_pages -= pages;
}

void
mmu_flush_kernel(void)
{
	flushes++;
}

void
mmu_kernel_unmap(vaddr_t va, size_t pages)
{
	mmu_kernel_clear(va, pages);
	mmu_flush_kernel();
}

static bool
is_mapped(vaddr_t va)
{
	unsigned char vec;

	return mincore((void *)(va & PAGE_MASK), PAGE_SIZE, &vec) == 0;
}

static void
stacks(void **state)
{
	static char *s[400];
	size_t size = 16384;
	uint64_t used;
	vaddr_t base;
	unsigned i;

	for (i = 0; i < 400; i++) {
		s[i] = kmap_stack_alloc(size);
		assert_non_null(s[i]);
		assert_int_equal((vaddr_t)s[i] % size, 0);
		memset(s[i], 1, size);
		assert_false(is_mapped((vaddr_t)s[i] - 1));
		assert_false(is_mapped((vaddr_t)s[i] + size));
		assert_true(kmap_is_guard((vaddr_t)s[i] - 1, &base));
		assert_int_equal(base, (vaddr_t)s[i]);
		assert_true(kmap_is_guard((vaddr_t)s[i] - size, &base));
		assert_false(kmap_is_guard((vaddr_t)s[i], &base));
		assert_false(kmap_is_guard((vaddr_t)s[i] + size - 1, &base));
	}
	assert_int_equal(mapped_pages, 400 * 4);
	used = fake_ram_used();
	flushes = 0;
	for (i = 0; i < 400; i++) {
		fake_cpu = i % 2;
		kmap_stack_free(s[i], size);
	}
	/* 8 for each of two CPUs and 64 for all stay mapped. */
	assert_int_equal(mapped_pages, (16 + 64) * 4);
	assert_int_equal(flushes, 400 - 80);
	assert_int_equal(used - fake_ram_used(), (400 - 80) * 4);
	/* The slots are used again, not new addresses. */
	for (i = 0; i < 300; i++) {
		char *again = kmap_stack_alloc(size);

		assert_true((vaddr_t)again < WINDOW + 3 * (32UL << 30));
		memset(again, 2, size);
		s[i] = again;
	}
	assert_true(kmap_is_guard((vaddr_t)s[299] - 5, &base));
	for (i = 0; i < 300; i++)
		kmap_stack_free(s[i], size);
	fake_cpu = 0;
}

/* The common case of fork and exit: no mapping, no flush, same stack. */
static void
fork_and_exit(void **state)
{
	unsigned before = mapped_pages, i;
	void *first = kmap_stack_alloc(16384);

	flushes = 0;
	kmap_stack_free(first, 16384);
	for (i = 0; i < 1000; i++) {
		void *s = kmap_stack_alloc(16384);

		assert_ptr_equal(s, first);
		kmap_stack_free(s, 16384);
	}
	assert_int_equal(mapped_pages, before);
	assert_int_equal(flushes, 0);
}

static void
stack_failures(void **state)
{
	uint64_t used;
	void *s;
	unsigned n;

	s = kmap_stack_alloc(65536);
	for (n = 1; n <= 16; n++) {
		used = fake_ram_used();
		fail_in = n;
		assert_null(kmap_stack_alloc(65536));
		assert_int_equal(fake_ram_used(), used);
	}
	fail_in = 0;
	kmap_stack_free(s, 65536);
}

static void
windows(void **state)
{
	unsigned before = mapped_pages;
	char *a, *b, *c, *d;

	a = kmap_physical(0xfee00123, 4, KMAP_UNCACHED);
	assert_int_equal((vaddr_t)a & 0xfff, 0x123);
	assert_int_equal(last_flags, MMU_KERNEL_WRITE | MMU_KERNEL_UNCACHED);
	b = kmap_physical(0xfed00ffe, 4, KMAP_CACHED);
	assert_int_equal(mapped_pages, before + 3);
	assert_int_equal(last_flags, MMU_KERNEL_WRITE);
	c = kmap_physical(0x80000000, 1 << 20, KMAP_WRITE_COMBINE);
	assert_true(b > a && c > b);
	assert_false(is_mapped((vaddr_t)b - PAGE_SIZE));
	assert_false(is_mapped((vaddr_t)c - PAGE_SIZE));
	kunmap_physical(b, 4);
	/* Too large for the gap, then just right for it. */
	d = kmap_physical(0x1000, 3 * PAGE_SIZE, KMAP_CACHED);
	assert_true(d > c);
	assert_ptr_equal(kmap_physical(0x5fff, 2, KMAP_CACHED), b + 1);
	kunmap_physical(b + 1, 2);
	kunmap_physical(d, 3 * PAGE_SIZE);
	kunmap_physical(c, 1 << 20);
	kunmap_physical(a, 4);
	assert_int_equal(mapped_pages, before);
	assert_null(kmap_physical(0x1000, 0, KMAP_CACHED));
	assert_null(kmap_physical(UINT64_MAX - 10, 20, KMAP_CACHED));
	assert_null(kmap_physical(0, SIZE_MAX, KMAP_CACHED));
	assert_null(kmap_physical(0, 1UL << 38, KMAP_CACHED));
}

static void
window_failures(void **state)
{
	unsigned before = mapped_pages, n;

	for (n = 1; n <= 5; n++) {
		fail_in = n;
		assert_null(kmap_physical(0x1000, 5 * PAGE_SIZE, KMAP_CACHED));
		assert_int_equal(mapped_pages, before);
	}
	fail_in = 0;
}

/* A list of stacks costs one flush for each batch of 64. */
static void
stacks_at_once(void **state)
{
	unsigned before = mapped_pages;
	void *list = NULL, *s[200];
	unsigned i;

	for (i = 0; i < 200; i++) {
		s[i] = kmap_stack_alloc(8192);
		assert_non_null(s[i]);
		*(void **)s[i] = list;
		list = s[i];
	}
	assert_int_equal(mapped_pages - before, 200 * 2);
	flushes = 0;
	kmap_stacks_free(list, 8192);
	/* 8 stay with this CPU, 64 for all; 128 go. */
	assert_int_equal(flushes, 2);
	for (i = 0; i < 200; i++)
		assert_int_equal(is_mapped((vaddr_t)s[i]), i >= 128);
	for (i = 0; i < 200; i++) {
		s[i] = kmap_stack_alloc(8192);
		memset(s[i], 1, 8192);
		assert_true(is_mapped((vaddr_t)s[i]));
	}
	for (i = 0; i < 200; i++)
		kmap_stack_free(s[i], 8192);
}

static int
start(void **state)
{
	fake_ram_start(32UL << 20);
	slab_init();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stacks),
		cmocka_unit_test(fork_and_exit),
		cmocka_unit_test(stack_failures),
		cmocka_unit_test(stacks_at_once),
		cmocka_unit_test(windows),
		cmocka_unit_test(window_failures),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
