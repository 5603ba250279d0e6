/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * text.h - the command line, whatever it was written with.
 *
 * Context: pure; also compiled for the host tests.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Clean the bytes of cmdline.txt in place: no byte-order mark, line breaks
 * and tabs are blanks, none at either end, nothing after a NUL.  Returns the
 * new length, which is less than n or n.
 */
size_t text_clean(char *text, size_t n);

/* Whether the file is UTF-16 little-endian, as Windows editors write it. */
bool text_is_utf16(const char *text, size_t n);

/*
 * Whether size bytes are text in UCS-2 (UEFI load options): an even number,
 * not empty, no control characters before the NUL or the end.
 */
bool text_ucs2_valid(const void *ucs2, size_t size);

/*
 * Convert to UTF-8; a byte-order mark is left out, half a surrogate pair
 * becomes U+FFFD.  out needs 3 bytes for every 2 of the input.  Returns the
 * length; no NUL is added.
 */
size_t text_from_utf16(char *out, const void *utf16, size_t size);

/*
 * The UEFI shell hands an image its own name as the first word; returns where
 * the words after it begin, 0 if the first is no *.efi.
 */
size_t text_skip_image_name(const char *text, size_t n);

/* Whether text has this word between blanks, before a "--". */
bool text_has_word(const char *text, size_t n, const char *word);
