/* SPDX-License-Identifier: MIT */
/* unit: kernel/lib/string.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "string_host.h"

#include "lib/string.h"

#define ROOM 160

static void
fill(uint8_t *p, size_t n, unsigned seed)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(seed + i * 37);
}

/* Every size up to 80 at every alignment, with guards on both sides. */
static void
copies(void **state)
{
	for (size_t n = 0; n < 80; n++) {
		for (size_t at = 0; at < 64; at++) {
			uint8_t src[ROOM], dst[ROOM], want[ROOM];
			size_t from = at & 7, to = at >> 3;

			fill(src, ROOM, 1);
			fill(dst, ROOM, 2);
			fill(want, ROOM, 2);
			for (size_t i = 0; i < n; i++)
				want[8 + to + i] = src[from + i];
			assert_ptr_equal(memcpy(dst + 8 + to, src + from, n),
					 dst + 8 + to);
			assert_memory_equal(dst, want, ROOM);
		}
	}
}

/* Overlap by every distance in both directions. */
static void
moves(void **state)
{
	for (size_t n = 0; n < 64; n++) {
		for (int shift = -40; shift <= 40; shift++) {
			uint8_t buf[ROOM], want[ROOM];

			fill(buf, ROOM, 3);
			fill(want, ROOM, 3);
			for (size_t i = 0; i < n; i++)
				want[48 + (size_t)shift + i] = buf[48 + i];
			assert_ptr_equal(memmove(buf + 48 + shift, buf + 48, n),
					 buf + 48 + shift);
			assert_memory_equal(buf, want, ROOM);
		}
	}
}

static void
sets(void **state)
{
	for (size_t n = 0; n < 80; n++) {
		for (size_t at = 0; at < 8; at++) {
			uint8_t buf[ROOM], want[ROOM];

			fill(buf, ROOM, 4);
			fill(want, ROOM, 4);
			for (size_t i = 0; i < n; i++)
				want[8 + at + i] = 0xa5;
			assert_ptr_equal(memset(buf + 8 + at, 0x7a5, n),
					 buf + 8 + at);
			assert_memory_equal(buf, want, ROOM);
		}
	}
}

static int
sign(int v)
{
	return (v > 0) - (v < 0);
}

static void
compares(void **state)
{
	uint8_t a[40], b[40];

	for (size_t n = 0; n <= 40; n++) {
		fill(a, sizeof(a), 9);
		fill(b, sizeof(b), 9);
		assert_int_equal(memcmp(a, b, n), 0);
		for (size_t i = 0; i < n; i++) {
			b[i] ^= 0x80;
			assert_int_equal(sign(memcmp(a, b, n)),
					 a[i] < b[i] ? -1 : 1);
			b[i] ^= 0x80;
		}
	}
	assert_int_equal(sign(strcmp("abc", "abd")), -1);
	assert_int_equal(sign(strcmp("ab\xff", "ab\x01")), 1);
	assert_int_equal(strcmp("", ""), 0);
	assert_int_equal(sign(strcmp("ab", "a")), 1);
	assert_int_equal(strncmp("abc", "abd", 2), 0);
	assert_int_equal(sign(strncmp("abc", "abd", 3)), -1);
	assert_int_equal(strncmp("ab", "ab", 99), 0);
	assert_int_equal(strncmp("x", "y", 0), 0);
}

static void
searches(void **state)
{
	const char *s = "hello, world";

	assert_int_equal(strlen(s), 12);
	assert_int_equal(strlen(""), 0);
	assert_int_equal(strnlen(s, 5), 5);
	assert_int_equal(strnlen(s, 50), 12);
	assert_ptr_equal(strchr(s, 'o'), s + 4);
	assert_ptr_equal(strrchr(s, 'o'), s + 8);
	assert_ptr_equal(strchr(s, '\0'), s + 12);
	assert_ptr_equal(strrchr(s, '\0'), s + 12);
	assert_null(strchr(s, 'z'));
	assert_null(strrchr(s, 'z'));
	assert_ptr_equal(strstr(s, "lo"), s + 3);
	assert_ptr_equal(strstr(s, ""), s);
	assert_null(strstr(s, "worlds"));
	assert_null(strstr("", "x"));
	assert_ptr_equal(memchr(s, 'w', 12), s + 7);
	assert_null(memchr(s, 'w', 7));
	assert_true(str_starts(s, "hell"));
	assert_true(str_starts(s, ""));
	assert_false(str_starts("he", "hell"));
}

static void
bounded_copy(void **state)
{
	char buf[5] = "zzzz";

	assert_int_equal(strlcpy(buf, "abc", sizeof(buf)), 3);
	assert_string_equal(buf, "abc");
	assert_int_equal(strlcpy(buf, "abcdefgh", sizeof(buf)), 8);
	assert_string_equal(buf, "abcd");
	assert_int_equal(strlcpy(buf, "q", 0), 1);
	assert_string_equal(buf, "abcd");
}

static void
numbers(void **state)
{
	static const struct {
		const char *text;
		unsigned base;
		bool ok;
		uint64_t value;
	} cases[] = {
		{ "0", 0, true, 0 },
		{ "0x1F", 0, true, 31 },
		{ "0x1f", 16, true, 31 },
		{ "1f", 16, true, 31 },
		{ "017", 0, true, 15 },
		{ "18446744073709551615", 10, true, UINT64_MAX },
		{ "18446744073709551616", 10, false, 0 },
		{ "0xffffffffffffffff", 0, true, UINT64_MAX },
		{ "0x10000000000000000", 0, false, 0 },
		{ "", 0, false, 0 },
		{ "0x", 0, false, 0 },
		{ "08", 0, false, 0 },
		{ "-1", 10, false, 0 },
		{ "+1", 10, false, 0 },
		{ " 1", 10, false, 0 },
		{ "1 ", 10, false, 0 },
		{ "12a", 10, false, 0 },
		{ "zz", 36, true, 35 * 36 + 35 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t v = 12345;

		assert_int_equal(str_to_u64(cases[i].text, cases[i].base, &v),
				 cases[i].ok);
		assert_int_equal(v, cases[i].ok ? cases[i].value : 12345);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies),   cmocka_unit_test(moves),
		cmocka_unit_test(sets),     cmocka_unit_test(compares),
		cmocka_unit_test(searches), cmocka_unit_test(bounded_copy),
		cmocka_unit_test(numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
