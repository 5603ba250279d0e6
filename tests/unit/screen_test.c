/* SPDX-License-Identifier: MIT */
/* unit: kernel/dev/psf.c kernel/dev/fb_draw.c kernel/lib/utf8.c kernel/lib/string.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <umbra/boot.h>

#include "dev/fb_draw.h"
#include "dev/psf.h"

static struct psf font;

/* A version 2 font of 3 glyphs, 8 x 2, for 'A', U+E9 and U+FFFD. */
static const uint8_t psf2[] = {
	0x72, 0xb5, 0x4a, 0x86, 0,    0,    0,    0,    32,   0,
	0,    0,    1,    0,    0,    0,    3,    0,    0,    0,
	2,    0,    0,    0,    2,    0,    0,    0,    8,    0,
	0,    0,    0x81, 0x42, 0x18, 0x24, 0xff, 0x00, 'A',  0xff,
	0xc3, 0xa9, 0xfe, 'x',  'y',  0xff, 0xef, 0xbf, 0xbd, 0xff,
};

static void
version_2(void **state)
{
	assert_true(psf_parse(&font, psf2, sizeof(psf2)));
	assert_int_equal(font.width, 8);
	assert_int_equal(font.height, 2);
	assert_int_equal(font.glyphs, 3);
	assert_int_equal(psf_glyph(&font, 'A')[0], 0x81);
	assert_int_equal(psf_glyph(&font, 0xe9)[0], 0x18);
	/* characters of sequences alone have no glyph of their own */
	assert_int_equal(psf_glyph(&font, 'x')[0], 0xff);
	assert_int_equal(psf_glyph(&font, 0x1f600)[0], 0xff);
}

static void
version_1(void **state)
{
	size_t glyphs = 256 * 4, size = 4 + glyphs + 256 * 4;
	uint8_t *data = calloc(1, size);

	memcpy(data, "\x36\x04\x02\x04", 4);
	for (size_t i = 0; i < 256; i++) {
		uint8_t *entry = data + 4 + glyphs + i * 4;

		data[4 + i * 4] = (uint8_t)i;
		entry[0] = (uint8_t)(255 - i); /* glyph i shows 255 - i */
		entry[2] = entry[3] = 0xff;
	}
	assert_true(psf_parse(&font, data, size));
	assert_int_equal(font.mapped, 256);
	assert_int_equal(psf_glyph(&font, 'A')[0], 255 - 'A');
	assert_int_equal(psf_glyph(&font, 0)[0], 255);
	/* without the table, numbers are characters */
	data[2] = 0;
	assert_true(psf_parse(&font, data, size));
	assert_int_equal(psf_glyph(&font, 'A')[0], 'A');
	free(data);
}

static void
damaged(void **state)
{
	uint8_t copy[sizeof(psf2)];

	for (size_t n = 0; n < 38; n++) {
		uint8_t *exact = malloc(n + 1);

		memcpy(exact, psf2, n);
		assert_false(psf_parse(&font, exact, n));
		free(exact);
	}
	for (size_t n = 38; n < sizeof(psf2); n++)
		assert_true(psf_parse(&font, psf2, n));
	for (size_t i = 8; i < 32; i++) {
		memcpy(copy, psf2, sizeof(copy));
		copy[i] = 0xff;
		if (psf_parse(&font, copy, sizeof(copy)))
			(void)psf_glyph(&font, 'A');
	}
	assert_false(psf_parse(&font, "\x36\x04\x02\x00", 4));
	assert_false(psf_parse(&font, "\x36\x04\x02\x08", 4));
}

static uint32_t pixels[6 * 20 + 4];

static struct boot_framebuffer
screen(uint32_t format)
{
	return (struct boot_framebuffer){
		.base = 1,
		.size = sizeof(pixels),
		.width = 16,
		.height = 6,
		.pitch = 80,
		.format = format,
	};
}

static void
drawing(void **state)
{
	struct boot_framebuffer info = screen(BOOT_FB_BGR);
	struct fb_glyph g = { .fg = 15, .bg = 1 };
	struct fb fb;

	assert_true(psf_parse(&font, psf2, sizeof(psf2)));
	assert_true(fb_init(&fb, &info, pixels));
	memset(pixels, 0x5a, sizeof(pixels));
	fb_clear(&fb);
	g.rows = psf_glyph(&font, 'A');
	fb_draw(&fb, &font, 1, 2, &g);
	for (unsigned y = 0; y < 6; y++) {
		for (unsigned x = 0; x < 20; x++) {
			uint32_t want = 0;

			if (x >= 16) /* beyond the line: never touched */
				want = 0x5a5a5a5a;
			else if (y == 4 && x >= 8)
				want = x == 8 || x == 15 ? 0xffffff : 0xaa0000;
			else if (y == 5 && x >= 8)
				want = x == 9 || x == 14 ? 0xffffff : 0xaa0000;
			assert_int_equal(pixels[y * 20 + x], want);
		}
	}
}

static void
layouts(void **state)
{
	struct boot_framebuffer info = screen(BOOT_FB_RGB);
	struct fb fb;

	assert_true(fb_init(&fb, &info, pixels));
	assert_int_equal(fb.palette[1], 0x0000aa);
	assert_int_equal(fb.palette[4], 0xaa0000);
	info.format = BOOT_FB_MASK;
	info.red_mask = 0x3ff00000; /* ten bits each */
	info.green_mask = 0x000ffc00;
	info.blue_mask = 0x000003ff;
	assert_true(fb_init(&fb, &info, pixels));
	assert_int_equal(fb.palette[1], 0xaau << 2 << 20);
	info.red_mask = 0xf800; /* five, six, five */
	info.green_mask = 0x07e0;
	info.blue_mask = 0x001f;
	assert_true(fb_init(&fb, &info, pixels));
	assert_int_equal(fb.palette[15], 0xffff);
	info.red_mask = 0;
	assert_true(fb_init(&fb, &info, pixels));
	assert_int_equal(fb.palette[1], 0);
}

/* What the firmware says of its screen is checked, not believed. */
static void
wrong_descriptions(void **state)
{
	struct boot_framebuffer info = screen(BOOT_FB_BGR), bad;
	struct fb fb;

	assert_false(fb_init(&fb, &info, NULL));
	bad = info, bad.format = BOOT_FB_NONE;
	assert_false(fb_init(&fb, &bad, pixels));
	bad = info, bad.pitch = 0;
	assert_false(fb_init(&fb, &bad, pixels));
	bad = info, bad.pitch = 60;
	assert_false(fb_init(&fb, &bad, pixels));
	bad = info, bad.pitch = 81;
	assert_false(fb_init(&fb, &bad, pixels));
	bad = info, bad.width = 0;
	assert_false(fb_init(&fb, &bad, pixels));
	bad = info, bad.size = 79;
	assert_false(fb_init(&fb, &bad, pixels));
	bad = info, bad.size = 200; /* two whole lines and a bit */
	assert_true(fb_init(&fb, &bad, pixels));
	assert_int_equal(fb.height, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_2),
		cmocka_unit_test(version_1),
		cmocka_unit_test(damaged),
		cmocka_unit_test(drawing),
		cmocka_unit_test(layouts),
		cmocka_unit_test(wrong_descriptions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
