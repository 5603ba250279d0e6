/* SPDX-License-Identifier: MIT */
/* unit: efi-loader/text.c kernel/lib/string.c efi-loader/tcglog.c */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uchar.h>

#include <cmocka.h>

#include "../../efi-loader/tcglog.h"
#include "../../efi-loader/text.h"

static void
cleans(const char *in, size_t n, const char *want)
{
	char *text = malloc(n + 1); /* exact: the sanitizer guards its end */

	memcpy(text, in, n);
	n = text_clean(text, n);
	text[n] = '\0';
	assert_string_equal(text, want);
	free(text);
}

#define CLEANS(text, want) cleans(text, sizeof(text) - 1, want)

static void
clean(void **state)
{
	(void)state;
	CLEANS("", "");
	CLEANS("a b", "a b");
	CLEANS("a b\n", "a b");
	CLEANS("\xef\xbb\xbf a=1\r\nb\tc\r\n\r\n", "a=1  b c");
	CLEANS("\xef\xbb", "\xef\xbb");
	CLEANS("  \n", "");
	CLEANS("ab\0cd", "ab");
}

#define UCS2(s) s, sizeof(s) - 2

static void
load_options(void **state)
{
	(void)state;
	assert_true(text_ucs2_valid(UCS2(u"ro quiet")));
	assert_true(text_ucs2_valid(u"x", 4)); /* NUL included */
	assert_false(text_ucs2_valid(u"", 2));
	assert_false(text_ucs2_valid(u"abc", 5));
	assert_false(text_ucs2_valid(u"abc", 0));
	assert_false(text_ucs2_valid(UCS2(u"a\x01")));
	assert_false(text_ucs2_valid(UCS2(u"a\xffff")));
}

static void
converts(const char16_t *in, size_t size, const char *want)
{
	char out[64];
	size_t n = text_from_utf16(out, in, size);

	assert_true(n <= size / 2 * 3);
	out[n] = '\0';
	assert_string_equal(out, want);
}

static void
utf16(void **state)
{
	(void)state;
	converts(UCS2(u"abc"), "abc");
	converts(u"ab\0c", 8, "ab");
	converts(UCS2(u"\xfeff"
		      u"a"),
		 "a");
	converts(UCS2(u"\u00e9\u20ac"), "\u00e9\u20ac");
	converts(UCS2(u"\U0001f600"), "\U0001f600");
	converts(UCS2(u"\xd83d"), "\ufffd");
	converts(UCS2(u"\xdc00z"), "\ufffdz");
	converts(u"ab", 3, "a"); /* half a character is left out */
	assert_true(text_is_utf16("\xff\xfe", 2));
	assert_false(text_is_utf16("\xff", 1));
}

static void
image_name(void **state)
{
	(void)state;
	assert_int_equal(text_skip_image_name("fs0:\\a.EFI  x", 13), 12);
	assert_int_equal(text_skip_image_name("BOOTX64.efi", 11), 11);
	assert_int_equal(text_skip_image_name(".efi a", 6), 5);
	assert_int_equal(text_skip_image_name("console=x.ef i", 14), 0);
	assert_int_equal(text_skip_image_name("", 0), 0);
}

static void
words(void **state)
{
	const char *text = " a nokaslr=1 bb -- nokaslr";

	(void)state;
	assert_true(text_has_word(text, strlen(text), "a"));
	assert_true(text_has_word(text, strlen(text), "bb"));
	assert_false(text_has_word(text, strlen(text), "b"));
	assert_false(text_has_word(text, strlen(text), "nokaslr"));
	assert_false(text_has_word(text, 0, "a"));
}

/* A log: the Spec ID event, then agile events, made by hand. */
static struct {
	unsigned char bytes[512];
	size_t n;
} log_;

static void
put(uint64_t value, size_t n)
{
	memcpy(log_.bytes + log_.n, &value, n);
	log_.n += n;
}

static void
put_spec_id(void)
{
	log_.n = 0;
	put(0, 4);
	put(3, 4);
	log_.n += 20;
	put(28 + 2 * 4 + 1, 4);
	memcpy(log_.bytes + log_.n, "Spec ID Event03", 16);
	log_.n += 16;
	put(0x08000200, 8);
	put(2, 4);
	put(4, 2), put(20, 2);
	put(11, 2), put(32, 2);
	put(0, 1);
}

static size_t
put_event(uint32_t data)
{
	size_t at = log_.n;

	put(4, 4), put(0x80000003, 4), put(2, 4);
	put(4, 2), log_.n += 20;
	put(11, 2), log_.n += 32;
	put(data, 4), log_.n += data;
	return at;
}

static void
tpm_log(void **state)
{
	size_t last;

	(void)state;
	put_spec_id();
	assert_int_equal(tcglog_size(log_.bytes, 0, 512, 2), log_.n);
	put_event(10);
	last = put_event(7);
	assert_int_equal(tcglog_size(log_.bytes, last, 512, 2), log_.n);
	assert_int_equal(tcglog_size(log_.bytes, last, log_.n, 2), log_.n);
	for (size_t max = 0; max < log_.n; max++)
		assert_int_equal(tcglog_size(log_.bytes, last, max, 2), 0);
	log_.bytes[last + 12] = 0x12; /* an algorithm the log did not list */
	assert_int_equal(tcglog_size(log_.bytes, last, 512, 2), 0);
	log_.bytes[last + 12] = 4;
	log_.bytes[last + 11] = 0x7f; /* two billion digests */
	assert_int_equal(tcglog_size(log_.bytes, last, 512, 2), 0);
	assert_int_equal(tcglog_size(log_.bytes, 0, 512, 1), 32 + 28 + 9);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clean), cmocka_unit_test(load_options),
		cmocka_unit_test(utf16), cmocka_unit_test(image_name),
		cmocka_unit_test(words), cmocka_unit_test(tpm_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
