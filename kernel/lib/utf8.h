/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * lib/utf8.h - UTF-8 to code points, byte by byte.  Pure.
 * Source: Unicode 15, 3.9 (what is well-formed, and how much of a broken
 *         sequence one replacement character stands for).
 */

#include "lib/types.h"

#define UTF8_REPLACEMENT 0xfffdu

/* A decoder between two bytes; all zero at the start. */
struct utf8_decoder {
	uint32_t partial; /* bits so far */
	uint8_t missing;  /* continuation bytes still to come */
	uint8_t low;      /* bounds of the next one */
	uint8_t high;
};

/*
 * Take one byte.  Returns how many code points it completed: 0, 1, or 2 when
 * it ends a broken sequence (U+FFFD) and stands for itself.
 */
unsigned utf8_feed(struct utf8_decoder *d, uint8_t byte, uint32_t out[2]);

static inline bool
utf8_is_continuation(uint8_t byte)
{
	return (byte & 0xc0) == 0x80;
}

/* Columns a code point takes on a character terminal: 0, 1 or 2. */
unsigned utf8_width(uint32_t cp);
