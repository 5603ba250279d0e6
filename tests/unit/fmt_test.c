/* SPDX-License-Identifier: MIT */
/* unit: kernel/lib/fmt.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/fmt.h"

__attribute__((format(printf, 3, 4))) static int
ours(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = fmt_buffer(buf, size, fmt, ap);
	va_end(ap);
	return n;
}

/* The C library's printf is the reference. */
#define SAME(...)                                               \
	do {                                                    \
		char a_[512], b_[512];                          \
		int n_ = ours(a_, sizeof(a_), __VA_ARGS__);     \
		int m_ = snprintf(b_, sizeof(b_), __VA_ARGS__); \
		assert_string_equal(a_, b_);                    \
		assert_int_equal(n_, m_);                       \
	} while (0)

#define EACH_FLAGS(length, conv, value)                     \
	do {                                                \
		SAME("[%" length conv "]", value);          \
		SAME("[%12" length conv "]", value);        \
		SAME("[%-12" length conv "]", value);       \
		SAME("[%012" length conv "]", value);       \
		SAME("[%.5" length conv "]", value);        \
		SAME("[%12.5" length conv "]", value);      \
		SAME("[%-12.5" length conv "]", value);     \
		SAME("[%.0" length conv "]", value);        \
		SAME("[%*.*" length conv "]", 9, 3, value); \
		SAME("[%*" length conv "]", -9, value);     \
		SAME("[%.*" length conv "]", -1, value);    \
	} while (0)

static const int64_t values[] = { 0,         1,         -1,        9,
				  255,       -256,      65535,     2147483647,
				  INT32_MIN, INT64_MAX, INT64_MIN, 0xdeadbeef };

#pragma clang diagnostic ignored "-Wformat"
static void
integers(void **state)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		int64_t v = values[i];

		EACH_FLAGS("", "d", (int)v);
		EACH_FLAGS("", "i", (int)v);
		EACH_FLAGS("", "u", (unsigned)v);
		EACH_FLAGS("", "x", (unsigned)v);
		EACH_FLAGS("hh", "d", (int)v);
		EACH_FLAGS("hh", "u", (int)v);
		EACH_FLAGS("h", "d", (int)v);
		EACH_FLAGS("h", "x", (int)v);
		EACH_FLAGS("l", "d", (long)v);
		EACH_FLAGS("l", "X", (long)v);
		EACH_FLAGS("ll", "u", (long long)v);
		EACH_FLAGS("z", "o", (size_t)v);
		EACH_FLAGS("j", "d", (intmax_t)v);
		EACH_FLAGS("t", "d", (ptrdiff_t)v);
	}
}

static void
flags(void **state)
{
	SAME("%+d %+d % d % d", 5, -5, 5, -5);
	SAME("%#x %#X %#o %#x %#o", 255u, 255u, 8u, 0u, 0u);
	SAME("%#010x|%#-10x|%#10x", 255u, 255u, 255u);
	SAME("%+08d|%+-8d|% 08d", 42, 42, 42);
	SAME("%-08d|%08.3d", 42, 42);
	SAME("%p %20p %-20p|", (void *)0x1234, (void *)~0UL, (void *)8);
	SAME("%p %8p", NULL, NULL);
}

static void
strings(void **state)
{
	char open[3] = { 'a', 'b', 'c' }; /* no NUL: precision must bound */

	SAME("%s|%10s|%-10s|%.2s|%.0s", "abc", "abc", "abc", "abc", "abc");
	SAME("%.3s", open);
	SAME("%s", (char *)NULL);
	SAME("%c%5c%-5c|%%", 'a', 'b', 'c');
	SAME("no conversion");
	SAME("%s%s", "", "x");
	SAME("%200d|%0100d", 1, 2);
}

static void
truncation(void **state)
{
	char buf[4] = "zzz";

	assert_int_equal(ours(buf, 4, "%d", 123456), 6);
	assert_string_equal(buf, "123");
	assert_int_equal(ours(buf, 1, "abc"), 3);
	assert_string_equal(buf, "");
	buf[0] = 'q';
	assert_int_equal(ours(buf, 0, "abc"), 3);
	assert_int_equal(buf[0], 'q');
	assert_int_equal(ours(NULL, 0, "%s", "hello"), 5);
}

/* What no one understands is shown; a lone % at the end is not read past. */
static void
unknown(void **state)
{
	char buf[32];

	ours(buf, sizeof(buf), "a%yb");
	assert_string_equal(buf, "a%?yb");
	ours(buf, sizeof(buf), "a%");
	assert_string_equal(buf, "a%?");
	ours(buf, sizeof(buf), "a%-5l");
	assert_string_equal(buf, "a%?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers), cmocka_unit_test(flags),
		cmocka_unit_test(strings),  cmocka_unit_test(truncation),
		cmocka_unit_test(unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
