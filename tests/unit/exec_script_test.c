/* SPDX-License-Identifier: MIT */
/* unit: kernel/proc/exec_script.c kernel/lib/string.c */

/*
 * exec_script_test.c - the first line of a script, as Linux reads it.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proc/exec_script.h"

/* Split text in a block of its exact size, so that any overrun is seen. */
static int
split(const char *text, size_t n, char interp[300], char arg[300])
{
	char *line = malloc(n + 1), *i, *a;
	int err;

	memcpy(line, text, n);
	line[n] = 'x';
	err = exec_parse_script(line, n, &i, &a);
	interp[0] = arg[0] = '\0';
	if (!err) {
		strcpy(interp, i);
		strcpy(arg, a ? a : "(none)");
	}
	free(line);
	return err;
}

static void
expect(const char *text, const char *interp, const char *arg)
{
	char i[300], a[300];

	assert_int_equal(split(text, strlen(text), i, a), 0);
	assert_string_equal(i, interp);
	assert_string_equal(a, arg);
}

static void
refuse(const char *text)
{
	char i[300], a[300];

	assert_int_equal(split(text, strlen(text), i, a), -ENOEXEC);
}

static void
test_words(void **state)
{
	expect("#!/bin/sh\necho", "/bin/sh", "(none)");
	expect("#!/bin/sh", "/bin/sh", "(none)");
	expect("#! \t/bin/sh \t\n", "/bin/sh", "(none)");
	expect("#!/bin/sh -e\n", "/bin/sh", "-e");
	expect("#!/bin/sh  -e  -x \t\nrest", "/bin/sh", "-e  -x");
	expect("#!a\tb", "a", "b");
}

static void
test_nothing(void **state)
{
	refuse("#!");
	refuse("#!\n");
	refuse("#!  \t \n/bin/sh\n");
	refuse("#!   ");
}

static void
test_nul_ends_the_line(void **state)
{
	char i[300], a[300];

	assert_int_equal(split("#!/bin/sh\0 -e\n", 14, i, a), 0);
	assert_string_equal(i, "/bin/sh");
}

/* A name that fills what was read may go on: it is not run cut off. */
static void
test_cut_off(void **state)
{
	char text[EXEC_HEAD_SIZE], i[300], a[300];

	memset(text, 'n', sizeof(text));
	memcpy(text, "#!/", 3);
	assert_int_equal(split(text, sizeof(text), i, a), -ENOEXEC);
	text[254] = ' ';
	assert_int_equal(split(text, sizeof(text), i, a), 0);
	assert_int_equal(strlen(i), 252);
	text[10] = ' ';
	assert_int_equal(split(text, sizeof(text), i, a), 0);
	assert_string_equal(i, "/nnnnnnn");
	/* One byte less is a whole file that ends there. */
	text[10] = text[254] = 'n';
	assert_int_equal(split(text, sizeof(text) - 1, i, a), 0);
	assert_int_equal(strlen(i), sizeof(text) - 3);
}

static void
test_random(void **state)
{
	static const char letters[] = "#!/ab \t\n";
	char text[EXEC_HEAD_SIZE], i[300], a[300];

	srandom(1);
	for (int n = 0; n < 200000; n++) {
		size_t size = 2 + (size_t)random() % (sizeof(text) - 1);

		for (size_t k = 0; k < size; k++)
			text[k] = letters[random() % 9]; /* NUL, too */
		memcpy(text, "#!", 2);
		if (split(text, size, i, a))
			continue;
		assert_true(i[0] && !strpbrk(i, " \t\n"));
		assert_false(strchr(a, '\n'));
	}
}

static void
test_is_script(void **state)
{
	assert_true(exec_is_script("#!x", 3));
	assert_true(exec_is_script("#!", 2));
	assert_false(exec_is_script("#!", 1));
	assert_false(exec_is_script("\177ELF", 4));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_nul_ends_the_line),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_is_script),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
