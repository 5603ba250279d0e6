/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * dev/psf.h - PC screen fonts, both versions: bitmaps of one size and a table
 * from characters to them.  Pure; a damaged file is refused.
 * Source: the format as documented by kbd, doc/font-formats.
 */

#include "lib/types.h"

/* Characters of the table that are kept, sorted. */
#define PSF_MAP_MAX 2048

struct psf_entry {
	uint32_t cp;
	uint16_t glyph;
};

struct psf {
	unsigned width, height; /* pixels */
	unsigned row_bytes;     /* most significant bit leftmost */
	unsigned glyphs;
	const uint8_t *bitmaps; /* glyphs * height * row_bytes */
	unsigned mapped;        /* entries in map; 0 = glyph n is character n */
	struct psf_entry map[PSF_MAP_MAX];
};

/* False if data is no font or is cut short; font then is not usable. */
NODISCARD bool psf_parse(struct psf *font, const void *data, size_t size);

/* Rows of the glyph of cp, or of a replacement; never NULL. */
const uint8_t *psf_glyph(const struct psf *font, uint32_t cp);
