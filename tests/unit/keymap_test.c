/* SPDX-License-Identifier: MIT */
/* unit: kernel/dev/keymap.c kernel/lib/string.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dev/keymap.h"

struct sample {
	const char *codes; /* ended by FFh */
	const char *text;
	size_t size; /* of text; 0 = strlen */
};

#define END "\377"

static const struct sample samples[] = {
	{ "\x1e\x9e\x30\xb0" END, "ab", 0 },
	{ "\x02\x0b\x0c\x0d\x1a\x1b\x27\x28\x29\x2b\x33\x34\x35" END,
	  "10-=[];'`\\,./", 0 },
	{ "\x2a\x1e\xaa\x1e" END, "Aa", 0 },
	{ "\x36\x02\x0b\x35\xb6\x02" END, "!)?1", 0 },
	{ "\x3a\xba\x1e\x2a\x1e\xaa\x02\x3a\xba\x1e" END, "Aa1a", 0 },
	{ "\x1d\x2e\x9d\x2e" END, "\003c", 0 },
	{ "\x1d\x39\x9d" END, "\0", 1 },
	{ "\x1d\x2a\x03\xaa\x9d" END, "\0", 1 },
	{ "\x1d\x2b\x1a\x9d" END, "\034\033", 0 },
	{ "\x38\x30\xb8\x30" END, "\033bb", 0 },
	{ "\xe0\x38\x30\xe0\xb8\x30" END, "\033bb", 0 },
	{ "\xe0\x1d\x2e\xe0\x9d\x2e" END, "\003c", 0 },
	{ "\x1c\x0e\x01\x0f\x39" END, "\r\177\033\t ", 0 },
	{ "\xe0\x1c\xe0\x35" END, "\r/", 0 },
	{ "\x2a\x0f\xaa" END, "\033[Z", 0 },
	{ "\xe0\x48\xe0\xc8\xe0\x50\xe0\x4d\xe0\x4b" END,
	  "\033[A\033[B\033[C\033[D", 0 },
	{ "\xe0\x47\xe0\x4f\xe0\x49\xe0\x51\xe0\x52\xe0\x53" END,
	  "\033[1~\033[4~\033[5~\033[6~\033[2~\033[3~", 0 },
	/* shifts that keyboards send around grey keys are none */
	{ "\xe0\x2a\xe0\x48\xe0\xc8\xe0\xaa\x1e" END, "\033[Aa", 0 },
	{ "\x3b\x3f\x40\x44\x57\x58" END,
	  "\033[[A\033[[E\033[17~\033[21~\033[23~\033[24~", 0 },
	/* keypad: motions, digits with Num Lock */
	{ "\x48\x45\xc5\x48\x53\x37\x4a\x4e" END, "\033[A8.*-+", 0 },
	/* Pause, Print Screen, Windows keys: nothing */
	{ "\xe1\x1d\x45\xe1\x9d\xc5\x1e" END, "a", 0 },
	{ "\xe0\x2a\xe0\x37\xe0\xb7\xe0\xaa\xe0\x5b\xe0\xdb\x1e" END, "a", 0 },
};

static size_t
feed(struct keymap *k, const char *codes, char *text)
{
	size_t n = 0;

	for (; *codes != '\377'; codes++)
		n += keymap_feed(k, (uint8_t)*codes, text + n);
	return n;
}

static void
keys(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		const struct sample *s = &samples[i];
		struct keymap k = { 0 };
		char text[128];
		size_t n = feed(&k, s->codes, text);

		assert_int_equal(n, s->size ? s->size : strlen(s->text));
		assert_memory_equal(text, s->text, n);
	}
}

static void
application_cursor(void **state)
{
	struct keymap k = { .app_cursor = true };
	char text[128];
	size_t n = feed(&k, "\xe0\x48\xe0\x4b\xe0\x53\x47" END, text);

	assert_int_equal(n, 14);
	assert_memory_equal(text, "\033OA\033OD\033[3~\033[1~", 14);
}

static void
all_codes(void **state)
{
	struct keymap k = { 0 };
	char text[KEYMAP_BYTES];

	for (unsigned i = 0; i < 256 * 256; i++) {
		assert_true(keymap_feed(&k, (uint8_t)(i >> 8), text) <=
			    KEYMAP_BYTES);
		assert_true(keymap_feed(&k, (uint8_t)i, text) <= KEYMAP_BYTES);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys),
		cmocka_unit_test(application_cursor),
		cmocka_unit_test(all_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
