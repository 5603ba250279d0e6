/* SPDX-License-Identifier: MIT */
/* unit: kernel/core/uio.c kernel/lib/string.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arch/usercopy.h"
#include "core/uio.h"

/* "User memory": reachable below the fault line only. */
static char memory[3 * 4096] ALIGNED(4096);
static const char *fault_at = memory + sizeof(memory);

static size_t
reachable(const void *p, size_t n)
{
	const char *at = p;

	if (at >= fault_at)
		return 0;
	return MIN(n, (size_t)(fault_at - at));
}

size_t
copy_to_user_partial(void *dst, const void *src, size_t n)
{
	n = reachable(dst, n);
	memcpy(dst, src, n);
	return n;
}

size_t
copy_from_user_partial(void *dst, const void *src, size_t n)
{
	n = reachable(src, n);
	memcpy(dst, src, n);
	return n;
}

int
clear_user(void *dst, size_t n)
{
	size_t ok = reachable(dst, n);

	memset(dst, 0, ok);
	return ok == n ? 0 : -14;
}

static void
segments(void **state)
{
	char a[4], b[1], c[6];
	struct uio_segment seg[] = {
		{ (uintptr_t)a, 0 }, { (uintptr_t)a, 4 }, { (uintptr_t)b, 0 },
		{ (uintptr_t)b, 1 }, { (uintptr_t)c, 6 },
	};
	struct uio u = { .seg = seg, .left = 10 };
	char back[16];

	assert_int_equal(uio_copy_out(&u, "ab", 2), 2);
	assert_int_equal(uio_copy_out(&u, "cdefgh", 6), 6);
	assert_int_equal(u.left, 2);
	assert_int_equal(uio_copy_out(&u, "ijklmn", 6), 2);
	assert_int_equal(u.left, 0);
	assert_int_equal(uio_copy_out(&u, "x", 1), 0);
	assert_memory_equal(a, "abcd", 4);
	assert_memory_equal(b, "e", 1);
	assert_memory_equal(c, "fghij", 5);

	u = (struct uio){ .seg = seg, .left = 11 };
	uio_skip(&u, 3);
	assert_int_equal(uio_copy_in(&u, back, 3), 3);
	assert_memory_equal(back, "def", 3);
	uio_skip(&u, 100);
	assert_int_equal(u.left, 0);
	u = (struct uio){ .seg = seg, .left = 11 };
	uio_skip(&u, 2);
	assert_int_equal(uio_zero_out(&u, 4), 4);
	assert_memory_equal(a, "ab\0\0", 4);
	assert_memory_equal(c, "\0ghij", 5);
}

static void
faults(void **state)
{
	struct uio u;
	struct uio_segment s;
	char back[8192];

	memset(memory, 'x', sizeof(memory));
	fault_at = memory + 4096 + 100;
	uio_user(&u, &s, memory, sizeof(memory));
	assert_int_equal(uio_copy_in(&u, back, 8192), 4196);
	assert_int_equal(u.left, sizeof(memory) - 4196);
	assert_int_equal(uio_copy_in(&u, back, 1), 0);

	/* Faults of real memory start at a page. */
	fault_at = memory + 8192;
	uio_user(&u, &s, memory + 50, sizeof(memory) - 50);
	assert_int_equal(uio_zero_out(&u, sizeof(memory)), 8192 - 50);
	assert_int_equal(memory[49], 'x');
	assert_int_equal(memory[50], 0);
	assert_int_equal(memory[8191], 0);
	uio_user(&u, &s, memory + 8192, 10);
	assert_int_equal(uio_copy_out(&u, "q", 1), 0);
	assert_int_equal(u.left, 10);
	uio_kernel(&u, &s, back, 10);
	assert_int_equal(uio_zero_out(&u, 20), 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(segments),
		cmocka_unit_test(faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
