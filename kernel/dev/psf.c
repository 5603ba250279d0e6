/* SPDX-License-Identifier: MIT */
#include "dev/psf.h"

#include "lib/string.h"
#include "lib/utf8.h"

/*
 * dev/psf.c - reading PSF fonts.
 *
 * After the bitmaps comes, for each glyph in turn, the list of the characters
 * it shows: 16-bit units ended by FFFFh in version 1, UTF-8 ended by FFh in
 * version 2.  FFFEh and FEh start sequences of several characters, which a
 * terminal of single cells cannot show: they are skipped.
 */

#define PSF1_MAGIC 0x0436
#define PSF2_MAGIC 0x864ab572u

struct psf1_header {
	uint16_t magic;
	uint8_t mode;
	uint8_t height;
} PACKED;

enum psf1_mode {
	PSF1_512_GLYPHS = 1,
	PSF1_HAS_TABLE = 2,
	PSF1_HAS_SEQUENCES = 4,
};

struct psf2_header {
	uint32_t magic, version, header_size, flags;
	uint32_t glyphs, glyph_bytes, height, width;
} PACKED;

#define PSF2_HAS_TABLE 1u

#define SIZE_LIMIT   64 /* pixels a side */
#define GLYPHS_LIMIT 65536

static void
add(struct psf *font, uint32_t cp, unsigned glyph)
{
	if (font->mapped < PSF_MAP_MAX)
		font->map[font->mapped++] =
			(struct psf_entry){ cp, (uint16_t)glyph };
}

static void
read_table1(struct psf *font, const uint8_t *p, const uint8_t *end)
{
	bool in_sequence = false;
	unsigned glyph = 0;

	for (; end - p >= 2 && glyph < font->glyphs; p += 2) {
		uint32_t unit = p[0] | (uint32_t)p[1] << 8;

		if (unit == 0xffff) {
			glyph++;
			in_sequence = false;
		} else if (unit == 0xfffe) {
			in_sequence = true;
		} else if (!in_sequence) {
			add(font, unit, glyph);
		}
	}
}

static void
read_table2(struct psf *font, const uint8_t *p, const uint8_t *end)
{
	struct utf8_decoder utf8 = { 0 };
	bool in_sequence = false;
	unsigned glyph = 0;
	uint32_t cp[2];

	for (; p < end && glyph < font->glyphs; p++) {
		if (*p == 0xff) {
			glyph++;
			in_sequence = false;
		} else if (*p == 0xfe) {
			in_sequence = true;
		} else if (!in_sequence) {
			for (unsigned i = 0, n = utf8_feed(&utf8, *p, cp);
			     i < n; i++)
				add(font, cp[i], glyph);
		}
	}
}

/* The table comes nearly sorted, and it is read once. */
static void
sort_map(struct psf *font)
{
	for (unsigned i = 1; i < font->mapped; i++) {
		struct psf_entry e = font->map[i];
		unsigned k = i;

		for (; k && font->map[k - 1].cp > e.cp; k--)
			font->map[k] = font->map[k - 1];
		font->map[k] = e;
	}
}

static bool
parse1(struct psf *font, const uint8_t *data, size_t size, size_t *table)
{
	struct psf1_header h;

	memcpy(&h, data, sizeof(h));
	font->width = 8;
	font->height = h.height;
	font->row_bytes = 1;
	font->glyphs = h.mode & PSF1_512_GLYPHS ? 512 : 256;
	font->bitmaps = data + sizeof(h);
	*table = sizeof(h) + (size_t)font->glyphs * h.height;
	if (h.height == 0 || h.height > SIZE_LIMIT || *table > size)
		return false;
	if (!(h.mode & (PSF1_HAS_TABLE | PSF1_HAS_SEQUENCES)))
		*table = size;
	return true;
}

static bool
parse2(struct psf *font, const uint8_t *data, size_t size, size_t *table)
{
	struct psf2_header h;

	if (size < sizeof(h))
		return false;
	memcpy(&h, data, sizeof(h));
	if (h.header_size < sizeof(h) || h.header_size > size || h.width == 0 ||
	    h.width > SIZE_LIMIT || h.height == 0 || h.height > SIZE_LIMIT ||
	    h.glyphs == 0 || h.glyphs > GLYPHS_LIMIT ||
	    h.glyph_bytes != h.height * ((h.width + 7) / 8))
		return false;
	font->width = h.width;
	font->height = h.height;
	font->row_bytes = (h.width + 7) / 8;
	font->glyphs = h.glyphs;
	font->bitmaps = data + h.header_size;
	*table = h.header_size + (size_t)h.glyphs * h.glyph_bytes;
	if (*table > size)
		return false;
	if (!(h.flags & PSF2_HAS_TABLE))
		*table = size;
	return true;
}

bool
psf_parse(struct psf *font, const void *data, size_t size)
{
	const uint8_t *p = data;
	uint32_t magic = 0;
	size_t table;

	font->mapped = 0;
	if (size < sizeof(magic))
		return false;
	memcpy(&magic, p, sizeof(magic));
	if (magic == PSF2_MAGIC) {
		if (!parse2(font, p, size, &table))
			return false;
		read_table2(font, p + table, p + size);
	} else if ((magic & 0xffff) == PSF1_MAGIC) {
		if (!parse1(font, p, size, &table))
			return false;
		read_table1(font, p + table, p + size);
	} else {
		return false;
	}
	sort_map(font);
	return true;
}

/* The glyph number of cp, or -1. */
static int
find(const struct psf *font, uint32_t cp)
{
	unsigned low = 0, high = font->mapped;

	if (font->mapped == 0)
		return cp < font->glyphs ? (int)cp : -1;
	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (font->map[middle].cp < cp)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < font->mapped && font->map[low].cp == cp)
		return font->map[low].glyph;
	return -1;
}

const uint8_t *
psf_glyph(const struct psf *font, uint32_t cp)
{
	int glyph = find(font, cp);

	if (glyph < 0)
		glyph = find(font, UTF8_REPLACEMENT);
	if (glyph < 0)
		glyph = find(font, '?');
	return font->bitmaps +
	       (size_t)MAX(glyph, 0) * font->height * font->row_bytes;
}
