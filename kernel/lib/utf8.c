/* SPDX-License-Identifier: MIT */
#include "lib/utf8.h"

/*
 * Start a sequence.  The bounds of the second byte are what keeps out overlong
 * forms, surrogates and values past U+10FFFF (Unicode 15, table 3-7).
 */
static unsigned
begin(struct utf8_decoder *d, uint8_t byte, uint32_t *out)
{
	d->low = 0x80;
	d->high = 0xbf;
	if (byte < 0x80) {
		*out = byte;
		return 1;
	}
	if (byte < 0xc2 || byte > 0xf4) {
		*out = UTF8_REPLACEMENT;
		return 1;
	}
	if (byte < 0xe0) {
		d->missing = 1;
		d->partial = byte & 0x1fu;
	} else if (byte < 0xf0) {
		d->missing = 2;
		d->partial = byte & 0x0fu;
		if (byte == 0xe0)
			d->low = 0xa0;
		if (byte == 0xed)
			d->high = 0x9f;
	} else {
		d->missing = 3;
		d->partial = byte & 0x07u;
		if (byte == 0xf0)
			d->low = 0x90;
		if (byte == 0xf4)
			d->high = 0x8f;
	}
	return 0;
}

unsigned
utf8_feed(struct utf8_decoder *d, uint8_t byte, uint32_t out[2])
{
	if (!d->missing)
		return begin(d, byte, out);
	if (byte < d->low || byte > d->high) {
		d->missing = 0;
		out[0] = UTF8_REPLACEMENT;
		return 1 + begin(d, byte, out + 1);
	}
	d->low = 0x80;
	d->high = 0xbf;
	d->partial = d->partial << 6 | (byte & 0x3fu);
	if (--d->missing)
		return 0;
	out[0] = d->partial;
	return 1;
}

struct range {
	uint32_t first, last;
};

static bool
in_ranges(const struct range *r, size_t n, uint32_t cp)
{
	for (size_t i = 0; i < n && r[i].first <= cp; i++) {
		if (cp <= r[i].last)
			return true;
	}
	return false;
}

unsigned
utf8_width(uint32_t cp)
{
	static const struct range zero[] = {
		{ 0x0300, 0x036f }, { 0x0483, 0x0489 },   { 0x0591, 0x05bd },
		{ 0x064b, 0x065f }, { 0x1ab0, 0x1aff },   { 0x1dc0, 0x1dff },
		{ 0x200b, 0x200f }, { 0x202a, 0x202e },   { 0x2060, 0x2064 },
		{ 0x20d0, 0x20ff }, { 0xfe00, 0xfe0f },   { 0xfe20, 0xfe2f },
		{ 0xfeff, 0xfeff }, { 0xe0100, 0xe01ef },
	};
	static const struct range twice[] = {
		{ 0x1100, 0x115f },   { 0x2e80, 0x303e },
		{ 0x3041, 0xa4cf },   { 0xa960, 0xa97f },
		{ 0xac00, 0xd7a3 },   { 0xf900, 0xfaff },
		{ 0xfe30, 0xfe6f },   { 0xff00, 0xff60 },
		{ 0xffe0, 0xffe6 },   { 0x1f300, 0x1f64f },
		{ 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd },
	};

	if (cp < zero[0].first)
		return 1;
	if (in_ranges(zero, ARRAY_SIZE(zero), cp))
		return 0;
	return in_ranges(twice, ARRAY_SIZE(twice), cp) ? 2 : 1;
}
