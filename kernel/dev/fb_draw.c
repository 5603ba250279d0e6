/* SPDX-License-Identifier: MIT */
#include "dev/fb_draw.h"

#include <umbra/boot.h>

#include "lib/string.h"

/* The colours of VGA text, 0xRRGGBB, in ANSI order. */
static const uint32_t colours[16] = {
	0x000000, 0xaa0000, 0x00aa00, 0xaa5500, 0x0000aa, 0xaa00aa,
	0x00aaaa, 0xaaaaaa, 0x555555, 0xff5555, 0x55ff55, 0xffff55,
	0x5555ff, 0xff55ff, 0x55ffff, 0xffffff,
};

/* Put an 8-bit component where the mask is, with as many bits as it has. */
static uint32_t
component(uint32_t value, uint32_t mask)
{
	unsigned shift, bits;

	if (!mask)
		return 0;
	shift = (unsigned)__builtin_ctz(mask);
	bits = (unsigned)__builtin_popcount(mask);
	if (bits >= 8)
		return (value << (bits - 8) << shift) & mask;
	return (value >> (8 - bits) << shift) & mask;
}

static void
make_palette(struct fb *fb, uint32_t red, uint32_t green, uint32_t blue)
{
	for (unsigned i = 0; i < 16; i++) {
		uint32_t c = colours[i];

		fb->palette[i] = component(c >> 16, red) |
				 component(c >> 8 & 0xff, green) |
				 component(c & 0xff, blue);
	}
}

bool
fb_init(struct fb *fb, const struct boot_framebuffer *info, void *base)
{
	if (!base || info->format == BOOT_FB_NONE || info->pitch % 4 ||
	    info->width == 0 || info->pitch / 4 < info->width)
		return false;
	fb->base = base;
	fb->width = info->width;
	fb->height = (unsigned)MIN(info->height, info->size / info->pitch);
	fb->pitch = info->pitch;
	fb->scale = info->width >= 2560 ? 2 : 1;
	if (info->format == BOOT_FB_RGB)
		make_palette(fb, 0xff, 0xff00, 0xff0000);
	else if (info->format == BOOT_FB_BGR)
		make_palette(fb, 0xff0000, 0xff00, 0xff);
	else
		make_palette(fb, info->red_mask, info->green_mask,
			     info->blue_mask);
	return fb->height > 0;
}

void
fb_clear(struct fb *fb)
{
	/* Black is 0 in every layout. */
	for (unsigned y = 0; y < fb->height; y++)
		memset(fb->base + y * fb->pitch, 0, (size_t)fb->width * 4);
}

/* Two pixels side by side, in one store. */
struct pair {
	uint64_t v;
} PACKED __attribute__((may_alias));

/* Eight pixels of a row; pairs[] holds the four ways two of them can look. */
static inline void
draw_8(uint8_t *at, uint8_t bits, const uint64_t pairs[4])
{
	struct pair *p = (struct pair *)at;

	p[0].v = pairs[bits >> 6];
	p[1].v = pairs[bits >> 4 & 3];
	p[2].v = pairs[bits >> 2 & 3];
	p[3].v = pairs[bits & 3];
}

static void
draw_scaled(uint8_t *at, uint8_t bits, unsigned n, unsigned scale,
	    const uint32_t colour[2])
{
	uint32_t *p = (uint32_t *)(void *)at;

	for (unsigned i = 0; i < n; i++) {
		for (unsigned k = 0; k < scale; k++)
			*p++ = colour[bits >> (7 - i) & 1];
	}
}

/* One line of the glyph's bitmap, `scale` lines of the screen. */
static void
draw_line(struct fb *fb, const struct psf *font, uint8_t *at,
	  const uint8_t *bits, const uint32_t colour[2])
{
	const uint64_t bg = colour[0], fg = colour[1];
	const uint64_t pairs[4] = { bg | bg << 32, bg | fg << 32, fg | bg << 32,
				    fg | fg << 32 };

	for (unsigned line = 0; line < fb->scale; line++, at += fb->pitch) {
		for (unsigned i = 0; i < font->row_bytes; i++) {
			unsigned n = MIN(8u, font->width - 8 * i);
			uint8_t *to = at + (size_t)i * 8 * fb->scale * 4;

			if (fb->scale == 1 && n == 8)
				draw_8(to, bits[i], pairs);
			else
				draw_scaled(to, bits[i], n, fb->scale, colour);
		}
	}
}

void
fb_draw(struct fb *fb, const struct psf *font, unsigned x, unsigned y,
	const struct fb_glyph *g)
{
	static const uint8_t solid[8] = { 0xff, 0xff, 0xff, 0xff,
					  0xff, 0xff, 0xff, 0xff };
	const uint32_t colour[2] = { fb->palette[g->bg], fb->palette[g->fg] };
	const uint8_t *row = g->rows;
	uint8_t *at = fb->base +
		      (size_t)y * font->height * fb->scale * fb->pitch +
		      (size_t)x * font->width * fb->scale * 4;

	for (unsigned i = 0; i < font->height; i++) {
		bool full = (g->cursor && i + 3 >= font->height) ||
			    (g->underline && i + 2 == font->height);

		draw_line(fb, font, at, full ? solid : row, colour);
		row += font->row_bytes;
		at += fb->pitch * fb->scale;
	}
}
