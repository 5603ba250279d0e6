/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * dev/fb_draw.h - pixels: a framebuffer of 32-bit pixels of any layout, and
 * glyphs drawn into it, each font pixel scale * scale large.  Video memory is
 * only ever written.  Locking: the owner's.
 */

#include "dev/psf.h"
#include "lib/types.h"

struct boot_framebuffer;

struct fb {
	uint8_t *base;
	unsigned width, height; /* pixels that can be drawn */
	size_t pitch;           /* bytes from line to line */
	unsigned scale;
	uint32_t palette[16]; /* pixel values, in ANSI order */
};

/*
 * Take over what the loader found; only lines that lie inside its size are
 * used.  False if the description makes no sense.
 */
NODISCARD bool
fb_init(struct fb *fb, const struct boot_framebuffer *info, void *base);
void fb_clear(struct fb *fb);

struct fb_glyph {
	const uint8_t *rows; /* bitmap, as in struct psf */
	uint8_t fg, bg;      /* palette */
	bool underline;
	bool cursor; /* a block in the lowest lines */
};
/* Draw at cell column x, row y of the font's size; inside the screen. */
void fb_draw(struct fb *fb, const struct psf *font, unsigned x, unsigned y,
	     const struct fb_glyph *g);
