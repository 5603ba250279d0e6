/* SPDX-License-Identifier: MIT */
/* unit: kernel/dev/vt.c kernel/dev/vt_parse.c kernel/dev/vt_csi.c kernel/dev/vt_charset.c kernel/lib/utf8.c kernel/lib/string.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dev/vt.h"

#define ROWS 4
#define COLS 8

static vt_cell_t cells[ROWS * COLS];
static struct vt vt;

static void
put(const char *text)
{
	vt_write(&vt, text, strlen(text));
}

static void
begin(const char *text)
{
	vt_init(&vt, cells, ROWS, COLS);
	put(text);
}

/* Rows as text, right-hand blanks dropped, joined by '|'; '.' is no ASCII. */
static const char *
screen(void)
{
	static char text[ROWS * (COLS + 1) + 1];
	char *p = text;

	for (unsigned y = 0; y < ROWS; y++) {
		char *end = p;

		for (unsigned x = 0; x < COLS; x++) {
			uint32_t cp = cells[y * COLS + x] & VT_CELL_CHAR;

			*p++ = cp >= ' ' && cp < 127 ? (char)cp : '.';
			if (cp != ' ')
				end = p;
		}
		p = end;
		*p++ = '|';
	}
	p[-1] = '\0';
	return text;
}

struct sample {
	const char *input, *screen;
	unsigned x, y;
};

static const struct sample samples[] = {
	{ "hi", "hi|||", 2, 0 },
	{ "hi\r\nyou", "hi|you||", 3, 1 },
	{ "a\nb", "a| b||", 2, 1 },
	/* the last column holds the cursor back until the next character */
	{ "12345678", "12345678|||", 7, 0 },
	{ "123456789", "12345678|9||", 1, 1 },
	{ "12345678\r\nx", "12345678|x||", 1, 1 },
	{ "12345678\033[?7l9", "12345679|||", 7, 0 },
	{ "1\r\n2\r\n3\r\n4\r\n5", "2|3|4|5", 1, 3 },
	{ "a\tb\bc", "a     cb|||", 7, 0 },
	{ "ab\b\b\b\bX", "Xb|||", 1, 0 },
	/* cursor motion, clamped */
	{ "\033[3;4Hx", "||   x|", 4, 2 },
	{ "\033[99;99Hx", "|||       x", 7, 3 },
	{ "\033[2;2H\033[9Aa\033[9Db\033[2Bc\033[2Cd", "ba|| c  d|", 5, 2 },
	{ "\033[3Gx\033[3dy\033[Ez", "  x||   y|z", 1, 3 },
	{ "x\033[999999999999C", "x|||", 7, 0 },
	/* erasing */
	{ "abcdef\033[3G\033[K", "ab|||", 2, 0 },
	{ "abcdef\033[3G\033[1K", "   def|||", 2, 0 },
	{ "abcdef\033[2K", "|||", 6, 0 },
	{ "a\r\nb\r\nc\033[2;1H\033[J", "a|||", 0, 1 },
	{ "a\r\nb\r\nc\033[2;1H\033[1J", "||c|", 0, 1 },
	{ "a\r\nb\033[2J", "|||", 1, 1 },
	{ "abcdef\033[2G\033[3X", "a   ef|||", 1, 0 },
	/* inserting and deleting */
	{ "abcdef\033[2G\033[2P", "adef|||", 1, 0 },
	{ "abcdef\033[2G\033[2@", "a  bcdef|||", 1, 0 },
	{ "abcdef\033[2G\033[4hXY\033[4l", "aXYbcdef|||", 3, 0 },
	{ "a\r\nb\r\nc\033[1;1H\033[L", "|a|b|c", 0, 0 },
	{ "a\r\nb\r\nc\033[1;1H\033[M", "b|c||", 0, 0 },
	{ "a\r\nb\r\nc\r\nd\033[99L", "a|b|c|", 1, 3 },
	/* scroll region */
	{ "a\r\nb\r\nc\r\nd\033[2;3r\033[3;1H\n", "a|c||d", 0, 2 },
	{ "a\r\nb\r\nc\r\nd\033[2;3r\033[2;1H\033M", "a||b|d", 0, 1 },
	{ "a\r\nb\r\nc\r\nd\033[2;3r\033[S", "a|c||d", 0, 0 },
	{ "\033[2;3r\033[?6h\033[1;1Hx\033[9;1Hy", "|x|y|", 1, 2 },
	{ "\033[3;2rx", "x|||", 1, 0 },
	{ "a\033M", "|a||", 1, 0 },
	/* save and restore, index, next line */
	{ "ab\0337\033[3;3Hx\0338c", "abc||  x|", 3, 0 },
	{ "ab\033[s\033[3;3Hx\033[uc", "abc||  x|", 3, 0 },
	{ "ab\033Dc\033Ed", "ab|  c|d|", 1, 2 },
	{ "ab\033#8", "EEEEEEEE|EEEEEEEE|EEEEEEEE|EEEEEEEE", 2, 0 },
	{ "ab\033cx", "x|||", 1, 0 },
	/* sequences that mean nothing leave no trace */
	{ "a\033[1;2;3zb", "ab|||", 2, 0 },
	{ "a\033[?1049hb", "ab|||", 2, 0 },
	{ "a\033[>cb", "ab|||", 2, 0 },
	{ "a\033]0;a title\ab", "ab|||", 2, 0 },
	{ "a\033]0;a title\033\\b", "ab|||", 2, 0 },
	{ "a\033]P1aabbccb", "ab|||", 2, 0 },
	{ "a\033]Rb", "ab|||", 2, 0 },
	{ "a\033]0;a\ntitle\ab", "ab|||", 2, 0 },
	{ "a\033P$q q\033\\b", "ab|||", 2, 0 },
	{ "a\033Pwith\a bells\r\n\033\\b", "ab|||", 2, 0 },
	{ "a\033_apc\033\\b\033^pm\033\\c", "abc|||", 3, 0 },
	{ "a\033Xstring\033[2Cb", "a  b|||", 4, 0 },
	{ "a\033Pcut\030b", "ab|||", 2, 0 },
	{ "a\033[[Ab", "ab|||", 2, 0 },
	{ "a\033[1\0302b", "a2b|||", 3, 0 },
	{ "a\033[1;2;3;4;5;6;7;8;9;1;2;3;4;5;6;7;8;9mb", "ab|||", 2, 0 },
	/* controls act inside sequences */
	{ "a\033[2\rCb", "a b|||", 3, 0 },
	/* UTF-8: one cell, broken, two cells, none */
	{ "\303\251x", ".x|||", 2, 0 },
	{ "\303x", ".x|||", 2, 0 },
	{ "\344\270\200x", "..x|||", 3, 0 },
	{ "1234567\344\270\200", "1234567|..||", 2, 1 },
	{ "\344\270\200\033[2Gx", " x|||", 2, 0 },
	{ "\344\270\200\033[1Gx", "x|||", 1, 0 },
	{ "e\314\201x", "ex|||", 2, 0 },
	/* REP, tabs */
	{ "a\033[3b", "aaaa|||", 4, 0 },
	{ "\033[4G\033H\r\tx", "   x|||", 4, 0 },
	{ "\033[3g\tx", "       x|||", 7, 0 },
	{ "\033[8G\033[Zx", "x|||", 1, 0 },
};

static void
sequences(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		begin(samples[i].input);
		assert_string_equal(screen(), samples[i].screen);
		assert_int_equal(vt.pen.x, samples[i].x);
		assert_int_equal(vt.pen.y, samples[i].y);
		assert_int_equal(vt.reply_size, 0);
	}
}

/* The same when every byte comes alone. */
static void
byte_by_byte(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		begin("");
		for (const char *p = samples[i].input; *p; p++)
			vt_write(&vt, p, 1);
		assert_string_equal(screen(), samples[i].screen);
	}
}

static unsigned
fg(unsigned x)
{
	return cells[x] >> VT_CELL_FG_SHIFT & 15;
}

static unsigned
bg(unsigned x)
{
	return cells[x] >> VT_CELL_BG_SHIFT & 15;
}

static void
expect_colours(const char *style, unsigned f, unsigned b)
{
	begin(style);
	put("x");
	assert_int_equal(fg(0), f);
	assert_int_equal(bg(0), b);
}

static void
colours(void **state)
{
	expect_colours("", 7, 0);
	expect_colours("\033[31m", 1, 0);
	expect_colours("\033[1;31m", 9, 0);
	expect_colours("\033[31;44m", 1, 4);
	expect_colours("\033[7;31;44m", 4, 1);
	expect_colours("\033[7m\033[27m", 7, 0);
	expect_colours("\033[95;105m", 13, 13);
	expect_colours("\033[1;31m\033[22m", 1, 0);
	expect_colours("\033[31m\033[m", 7, 0);
	expect_colours("\033[31;42;39;49m", 7, 0);
	expect_colours("\033[38;5;12m", 12, 0);
	expect_colours("\033[38;5;196;1m", 9, 0);
	expect_colours("\033[48;2;0;0;255m", 7, 12);
	expect_colours("\033[38;5m", 0, 0);
	begin("\033[4mx\033[24my");
	assert_true(cells[0] & VT_CELL_UNDERLINE);
	assert_false(cells[1] & VT_CELL_UNDERLINE);
	/* erased cells keep the background */
	begin("\033[44m\033[K");
	assert_int_equal(bg(5), 4);
}

static void
character_sets(void **state)
{
	begin("\033)0q\016qx\017q");
	assert_int_equal(cells[0] & VT_CELL_CHAR, 'q');
	assert_int_equal(cells[1] & VT_CELL_CHAR, 0x2500);
	assert_int_equal(cells[2] & VT_CELL_CHAR, 0x2502);
	assert_int_equal(cells[3] & VT_CELL_CHAR, 'q');
	begin("\033(0l\033(Bl\033[11m\304\033[10m\303\244");
	assert_int_equal(cells[0] & VT_CELL_CHAR, 0x250c);
	assert_int_equal(cells[1] & VT_CELL_CHAR, 'l');
	assert_int_equal(cells[2] & VT_CELL_CHAR, 0x2500);
	assert_int_equal(cells[3] & VT_CELL_CHAR, 0xe4);
	begin("\033%@\344\033%G\303\244");
	assert_int_equal(cells[0] & VT_CELL_CHAR, 0xe4);
	assert_int_equal(cells[1] & VT_CELL_CHAR, 0xe4);
}

static void
expect_reply(const char *query, const char *reply)
{
	begin(query);
	assert_int_equal(vt.reply_size, strlen(reply));
	assert_memory_equal(vt.reply, reply, strlen(reply));
}

static void
replies(void **state)
{
	expect_reply("\033[5n", "\033[0n");
	expect_reply("ab\r\nc\033[6n", "\033[2;2R");
	expect_reply("\033[c", "\033[?6c");
	expect_reply("\033Z", "\033[?6c");
	begin("");
	for (unsigned i = 0; i < 100; i++)
		put("\033[6n");
	assert_true(vt.reply_size <= VT_REPLY_MAX);
}

static void
dirty_rows(void **state)
{
	begin("");
	memset(vt.dirty, 0, sizeof(vt.dirty));
	put("\033[3;1Hx");
	assert_true(vt_row_dirty(&vt, 0)); /* the cursor left it */
	assert_false(vt_row_dirty(&vt, 1));
	assert_true(vt_row_dirty(&vt, 2));
	memset(vt.dirty, 0, sizeof(vt.dirty));
	put("\033[4;1H\n");
	assert_true(vt_row_dirty(&vt, 1));
}

/* A screen of one cell, and anything at all, stays inside its memory. */
static void
noise(void **state)
{
	static const char alphabet[] = "\033\033\033[[[;;0123456789?hlHJKLM"
				       "PXABCDmrsu@`dgnbST()#%0\r\n\t\b\a"
				       "\303\251\344\270\200ab\016\017]";

	srand(1);
	for (unsigned rows = 1; rows < 4; rows++) {
		vt_cell_t *small = malloc(rows * rows * sizeof(*small));

		vt_init(&vt, small, rows, rows);
		for (unsigned i = 0; i < 200000; i++) {
			char c = alphabet[(size_t)rand() %
					  (sizeof(alphabet) - 1)];

			vt_write(&vt, &c, 1);
			assert_true(vt.pen.x < rows && vt.pen.y < rows);
			assert_true(vt.top < vt.bottom && vt.bottom <= rows);
			vt.reply_size = 0;
		}
		free(small);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sequences), cmocka_unit_test(byte_by_byte),
		cmocka_unit_test(colours),   cmocka_unit_test(character_sets),
		cmocka_unit_test(replies),   cmocka_unit_test(dirty_rows),
		cmocka_unit_test(noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
