/* SPDX-License-Identifier: MIT */
/* unit: kernel/lib/utf8.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/utf8.h"

struct sample {
	const char *bytes;
	uint32_t want[6]; /* ended by 0 */
};

#define BAD UTF8_REPLACEMENT

/* The broken ones from Unicode 15, tables 3-8 to 3-11. */
static const struct sample samples[] = {
	{ "aZ~", { 'a', 'Z', '~' } },
	{ "\303\251\342\202\254", { 0xe9, 0x20ac } },
	{ "\360\237\230\200", { 0x1f600 } },
	{ "\364\217\277\277", { 0x10ffff } },
	{ "\355\237\277\356\200\200", { 0xd7ff, 0xe000 } },
	{ "\300\257", { BAD, BAD } },
	{ "\340\200\257", { BAD, BAD, BAD } },
	{ "\355\240\200", { BAD, BAD, BAD } },
	{ "\364\220\200\200", { BAD, BAD, BAD, BAD } },
	{ "\377a", { BAD, 'a' } },
	{ "\200a", { BAD, 'a' } },
	{ "\342\202a", { BAD, 'a' } },
	{ "\342\303\251", { BAD, 0xe9 } },
	{ "\360\237\230\342\202\254", { BAD, 0x20ac } },
};

static void
sequences(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		struct utf8_decoder d = { 0 };
		uint32_t out[2];
		size_t at = 0;

		for (const char *p = samples[i].bytes; *p; p++) {
			unsigned n = utf8_feed(&d, (uint8_t)*p, out);

			for (unsigned k = 0; k < n; k++)
				assert_int_equal(samples[i].want[at++], out[k]);
		}
		assert_int_equal(samples[i].want[at], 0);
		assert_int_equal(d.missing, 0);
	}
}

/* Every code point, encoded here and decoded there. */
static void
all_code_points(void **state)
{
	struct utf8_decoder d = { 0 };

	for (uint32_t cp = 0x80; cp < 0x110000; cp++) {
		unsigned extra = cp < 0x800 ? 1 : cp < 0x10000 ? 2 : 3;
		static const uint8_t lead[] = { 0, 0xc0, 0xe0, 0xf0 };
		uint32_t out[2] = { 0 };

		if (cp >= 0xd800 && cp < 0xe000)
			continue;
		assert_int_equal(
			utf8_feed(&d, (uint8_t)(lead[extra] | cp >> 6 * extra),
				  out),
			0);
		while (extra--) {
			uint8_t byte = (uint8_t)(0x80 | (cp >> 6 * extra & 63));

			assert_int_equal(utf8_feed(&d, byte, out), !extra);
		}
		assert_int_equal(out[0], cp);
	}
}

static void
widths(void **state)
{
	assert_int_equal(utf8_width('a'), 1);
	assert_int_equal(utf8_width(0xe9), 1);
	assert_int_equal(utf8_width(0x2500), 1);
	assert_int_equal(utf8_width(0x301), 0);
	assert_int_equal(utf8_width(0x200b), 0);
	assert_int_equal(utf8_width(0x4e00), 2);
	assert_int_equal(utf8_width(0xac00), 2);
	assert_int_equal(utf8_width(0x1f600), 2);
	assert_int_equal(utf8_width(0x10ffff), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sequences),
		cmocka_unit_test(all_code_points),
		cmocka_unit_test(widths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
