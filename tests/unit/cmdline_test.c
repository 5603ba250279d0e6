/* SPDX-License-Identifier: MIT */
/* unit: -iquote tests/unit/real kernel/core/cmdline.c kernel/lib/string.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/cmdline.h"
#include "core/klog.h"

static unsigned level, warnings;

void
klog(enum klog_level l, const char *fmt, ...)
{
	warnings++;
}

void
klog_set_console_level(unsigned l)
{
	level = l;
}

unsigned
klog_console_level(void)
{
	return level;
}

void
klog_select_consoles(void)
{
}

static void
set(const char *text)
{
	level = 7;
	warnings = 0;
	cmdline_init(text, strlen(text));
}

static void
values(void **state)
{
	set("console=ttyS0 quiet  console=tty0\tmem-limit=5 sched=\n");
	assert_string_equal(cmdline_text(),
			    "console=ttyS0 quiet  console=tty0\tmem-limit=5 "
			    "sched=");
	assert_string_equal(cmdline_get("console"), "tty0");
	assert_string_equal(cmdline_get_nth("console", 0), "ttyS0");
	assert_string_equal(cmdline_get_nth("console", 1), "tty0");
	assert_null(cmdline_get_nth("console", 2));
	assert_string_equal(cmdline_get("quiet"), "");
	assert_string_equal(cmdline_get("sched"), "");
	assert_string_equal(cmdline_get("mem_limit"), "5");
	assert_null(cmdline_get("consol"));
	assert_null(cmdline_get("consoles"));
	assert_null(cmdline_get("debug"));
	assert_int_equal(level, 4);
}

static void
numbers(void **state)
{
	set("a=10 b=0x10 c=ten d= e=99999999999999999999");
	assert_int_equal(cmdline_get_u64("a", 1), 10);
	assert_int_equal(cmdline_get_u64("b", 1), 16);
	assert_int_equal(warnings, 0);
	assert_int_equal(cmdline_get_u64("c", 1), 1);
	assert_int_equal(cmdline_get_u64("d", 2), 2);
	assert_int_equal(cmdline_get_u64("e", 3), 3);
	assert_int_equal(warnings, 3);
	assert_int_equal(cmdline_get_u64("z", 4), 4);
	assert_int_equal(warnings, 3);
}

static void
quotes(void **state)
{
	set("name=\"two words\" \"whole thing=x y\" a\"b c\"d \"\" last");
	assert_string_equal(cmdline_get("name"), "two words");
	assert_string_equal(cmdline_get("whole thing"), "x y");
	assert_string_equal(cmdline_init_arg(0), "ab cd");
	assert_string_equal(cmdline_init_arg(1), "last");
	assert_null(cmdline_init_arg(2));
	set("open=\"never closed");
	assert_string_equal(cmdline_get("open"), "never closed");
}

static void
for_init(void **state)
{
	set("quiet single HOME=/root mod.param=1 loglevel=3 -- -x A=b quiet");
	assert_string_equal(cmdline_init_arg(0), "single");
	assert_string_equal(cmdline_init_arg(1), "-x");
	assert_string_equal(cmdline_init_arg(2), "A=b");
	assert_string_equal(cmdline_init_arg(3), "quiet");
	assert_null(cmdline_init_arg(4));
	assert_string_equal(cmdline_init_env(0), "HOME=/root");
	assert_null(cmdline_init_env(1));
	assert_int_equal(level, 3);

	/* Words behind -- are not the kernel's. */
	set("-- console=ttyS0");
	assert_null(cmdline_get("console"));
	assert_string_equal(cmdline_init_arg(0), "console=ttyS0");
	set("a --");
	assert_string_equal(cmdline_init_arg(0), "a");
	assert_null(cmdline_init_arg(1));
}

static void
extremes(void **state)
{
	static char big[CMDLINE_MAX * 2];

	set("");
	assert_null(cmdline_get("quiet"));
	assert_null(cmdline_init_arg(0));
	set("   \t\r\n ");
	assert_null(cmdline_init_arg(0));
	memset(big, 'x', sizeof(big) - 1);
	set(big);
	assert_int_equal(warnings, 1);
	assert_int_equal(strlen(cmdline_text()), CMDLINE_MAX - 1);
	assert_int_equal(strlen(cmdline_init_arg(0)), CMDLINE_MAX - 1);
	for (size_t i = 0; i < sizeof(big) - 1; i++)
		big[i] = i % 2 ? ' ' : 'y';
	set(big);
	assert_string_equal(cmdline_init_arg(2047), "y");
	assert_null(cmdline_init_arg(2048));
	/* Not NUL-terminated within size. */
	cmdline_init("abcdef", 3);
	assert_string_equal(cmdline_text(), "abc");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),   cmocka_unit_test(numbers),
		cmocka_unit_test(quotes),   cmocka_unit_test(for_init),
		cmocka_unit_test(extremes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
