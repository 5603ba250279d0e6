/* SPDX-License-Identifier: MIT */
/* unit: userspace/init/unit_file.c userspace/init/words.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../userspace/init/unit_file.h"

/* What the parser said last, and how often it spoke. */
static struct {
	unsigned count;
	unsigned line;
	char what[200];
} said;

static void
hear(void *context, unsigned line, const char *what)
{
	assert_ptr_equal(context, &said);
	said.count++;
	said.line = line;
	snprintf(said.what, sizeof(said.what), "%s", what);
}

/* Parse a copy without a NUL behind it, so that ASan sees a read too far. */
static int
parse_bytes(struct unit *u, const char *text, size_t length)
{
	char *copy = malloc(length + !length);
	int err;

	memcpy(copy, text, length);
	memset(&said, 0, sizeof(said));
	err = unit_parse(u, copy, length, hear, &said);
	free(copy);
	return err;
}

static int
parse(struct unit *u, const char *text)
{
	return parse_bytes(u, text, strlen(text));
}

static void
whole_unit(void **state)
{
	struct unit u;

	assert_int_equal(parse(&u,
			       "# a comment\n"
			       "[Unit]\n"
			       "Description = The web server \n"
			       "After=net.service log\n"
			       "Requires=net\r\n"
			       "\n"
			       "[Service]\n"
			       "ExecStart=/bin/httpd -f \"a b\" 'c\\d' e\\ f\n"
			       "Type=simple\n"
			       "Restart=on-failure\n"
			       "RestartSec=250ms\n"
			       "Environment=A=1 \"B=x y\"\n"
			       "Environment=C=\n"
			       "StandardOutput=file:/var/log/httpd\n"
			       "[Install]\n"
			       "WantedBy=multi-user.target"),
			 0);
	assert_int_equal(said.count, 0);
	assert_string_equal(u.description, "The web server");
	assert_int_equal(u.after.count, 2);
	assert_string_equal(u.after.word[1], "log");
	assert_int_equal(u.requires.count, 1);
	assert_string_equal(u.requires.word[0], "net");
	assert_int_equal(u.exec.count, 5);
	assert_string_equal(u.exec.word[2], "a b");
	assert_string_equal(u.exec.word[3], "c\\d");
	assert_string_equal(u.exec.word[4], "e f");
	assert_null(u.exec.word[5]);
	assert_int_equal(u.type, UNIT_SIMPLE);
	assert_int_equal(u.restart, UNIT_RESTART_ON_FAILURE);
	assert_int_equal(u.restart_ns, 250000000);
	assert_int_equal(u.environment.count, 3);
	assert_string_equal(u.environment.word[1], "B=x y");
	assert_string_equal(u.environment.word[2], "C=");
	assert_int_equal(u.output, UNIT_OUTPUT_FILE);
	assert_string_equal(u.output_path, "/var/log/httpd");
	unit_fini(&u);
}

static void
defaults(void **state)
{
	struct unit u;

	assert_int_equal(parse(&u, "[Service]\nExecStart=/a"), 0);
	assert_int_equal(u.type, UNIT_SIMPLE);
	assert_int_equal(u.restart, UNIT_RESTART_NO);
	assert_int_equal(u.output, UNIT_OUTPUT_INHERIT);
	assert_int_equal(u.restart_ns, 100000000);
	assert_null(u.description);
	unit_fini(&u);
}

/* Each text is bad, at that line, for a reason that has that word. */
static const struct {
	const char *text;
	unsigned line;
	const char *reason;
} bad[] = {
	{ "", 1, "no ExecStart" },
	{ "[Service]\n", 1, "no ExecStart" },
	{ "ExecStart=/a\n", 1, "outside" },
	{ "[Service]\nExecStart\n", 2, "no '='" },
	{ "[Service\nExecStart=/a\n", 2, "outside" },
	{ "[", 1, "not a section" },
	{ "[ServiceServiceServiceService]\n", 1, "not a section" },
	{ "[Service]\n\n# c\nExecStart=a\n", 4, "absolute" },
	{ "[Service]\nExecStart=\n", 2, "empty" },
	{ "[Service]\nExecStart=/a 'b\n", 2, "quote" },
	{ "[Service]\nExecStart=/a \"b\n", 2, "quote" },
	{ "[Service]\nExecStart=/a\nExecStart=/b\n", 3, "second" },
	{ "[Service]\nExecStart=/a\nType=forking\n", 3, "Type=" },
	{ "[Service]\nExecStart=/a\nRestart=yes\n", 3, "Restart=" },
	{ "[Service]\nExecStart=/a\nRestartSec=-1\n", 3, "RestartSec=" },
	{ "[Service]\nExecStart=/a\nRestartSec=1h\n", 3, "RestartSec=" },
	{ "[Service]\nExecStart=/a\nRestartSec=99999999999999999999\n", 3,
	  "too long" },
	{ "[Service]\nExecStart=/a\nEnvironment=1A=2\n", 3, "NAME=" },
	{ "[Service]\nExecStart=/a\nEnvironment=A\n", 3, "NAME=" },
	{ "[Service]\nExecStart=/a\nStandardOutput=file:a\n", 3,
	  "StandardOutput" },
	{ "[Service]\nExecStart=/a \\\n b \\\n c\nType=x\n", 5, "Type=" },
	{ "[Service]\nType=oneshot\nRestart=always\nExecStart=/a\n", 4,
	  "oneshot" },
};

static void
bad_units_are_named(void **state)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct unit u;

		if (!parse(&u, bad[i].text))
			fail_msg("accepted: %s", bad[i].text);
		if (!strstr(said.what, bad[i].reason))
			fail_msg("%s: said '%s'", bad[i].text, said.what);
		if (said.line != bad[i].line)
			fail_msg("%s: said line %u", bad[i].text, said.line);
		unit_fini(&u);
	}
}

static void
unknown_keys_are_named_only(void **state)
{
	struct unit u;

	assert_int_equal(parse(&u, "[Service]\nExecStart=/a\nNice=5\n"), 0);
	assert_int_equal(said.count, 1);
	assert_int_equal(said.line, 3);
	assert_string_equal(said.what, "unknown key 'Nice'");
	unit_fini(&u);
}

static void
empty_list_resets(void **state)
{
	struct unit u;

	assert_int_equal(parse(&u, "[Unit]\nAfter=a b\nAfter=\nAfter=c\n"
				   "[Service]\nExecStart=/a\n"),
			 0);
	assert_int_equal(u.after.count, 1);
	assert_string_equal(u.after.word[0], "c");
	unit_fini(&u);
}

static void
continued_lines_join(void **state)
{
	struct unit u;

	assert_int_equal(parse(&u, "[Service]\nExecStart=/a \\\n  b\\\n"), 0);
	assert_int_equal(u.exec.count, 2);
	assert_string_equal(u.exec.word[1], "b");
	unit_fini(&u);
}

static void
binary_is_refused(void **state)
{
	struct unit u;

	assert_int_equal(parse_bytes(&u, "[Unit]\n\0", 8), -1);
	assert_int_equal(said.count, 1);
	unit_fini(&u);
}

static void
too_many_words(void **state)
{
	char text[2 * UNIT_WORDS_MAX + 64] = "[Service]\nExecStart=/a";
	struct unit u;

	for (int i = 0; i < UNIT_WORDS_MAX - 1; i++)
		strcat(text, " b");
	assert_int_equal(parse(&u, text), 0);
	assert_int_equal(u.exec.count, UNIT_WORDS_MAX);
	unit_fini(&u);
	strcat(text, " b");
	assert_int_equal(parse(&u, text), -1);
	assert_string_equal(said.what, "too many words");
	unit_fini(&u);
}

/* Random lines out of pieces that matter: whatever comes, no harm is done. */
static void
random_text(void **state)
{
	static const char *const pieces[] = {
		"[Service]", "[Unit]",     "\n",
		"=",         "ExecStart=", "/bin/x",
		"\"",        "'",          "\\",
		" ",         "After=",     "RestartSec=",
		"12",        "ms",         "file:/",
		"Restart=",  "always",     "Environment=",
		"A=",        "#",          ";",
		"[",         "]",          "\t",
		"\r\n",
	};
	unsigned seed = 1;

	for (int round = 0; round < 20000; round++) {
		char text[512] = "";
		struct unit u;

		for (int i = rand_r(&seed) % 30; i > 0; i--)
			strcat(text,
			       pieces[(size_t)rand_r(&seed) %
				      (sizeof(pieces) / sizeof(*pieces))]);
		if (parse(&u, text))
			assert_true(said.count > 0);
		else
			assert_true(u.exec.count > 0 &&
				    u.exec.word[0][0] == '/');
		unit_fini(&u);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_unit),
		cmocka_unit_test(defaults),
		cmocka_unit_test(bad_units_are_named),
		cmocka_unit_test(unknown_keys_are_named_only),
		cmocka_unit_test(empty_list_resets),
		cmocka_unit_test(continued_lines_join),
		cmocka_unit_test(binary_is_refused),
		cmocka_unit_test(too_many_words),
		cmocka_unit_test(random_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
