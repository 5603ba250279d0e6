/* SPDX-License-Identifier: MIT */

#include "text.h"

#include "lib/string.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

size_t
text_clean(char *text, size_t n)
{
	static const char bom[] = "\xef\xbb\xbf";
	size_t start = 0, end;

	if (n >= 3 && memcmp(text, bom, 3) == 0)
		start = 3;
	for (end = start; end < n && text[end] != '\0'; end++) {
		if (is_blank(text[end]))
			text[end] = ' ';
	}
	while (start < end && text[start] == ' ')
		start++;
	while (end > start && text[end - 1] == ' ')
		end--;
	memmove(text, text + start, end - start);
	return end - start;
}

bool
text_is_utf16(const char *text, size_t n)
{
	return n >= 2 && memcmp(text, "\xff\xfe", 2) == 0;
}

static uint16_t
unit(const void *utf16, size_t i)
{
	uint16_t u;

	memcpy(&u, (const char *)utf16 + 2 * i, sizeof(u));
	return u;
}

bool
text_ucs2_valid(const void *ucs2, size_t size)
{
	if (size < 2 || size % 2 != 0 || unit(ucs2, 0) == 0)
		return false;
	for (size_t i = 0; i < size / 2; i++) {
		uint16_t u = unit(ucs2, i);

		if (u == 0)
			return true;
		if ((u < 0x20 && u != '\t') || u == 0x7f || u >= 0xfffe)
			return false;
	}
	return true;
}

static size_t
put_utf8(char *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

size_t
text_from_utf16(char *out, const void *utf16, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < size / 2; i++) {
		uint32_t c = unit(utf16, i);
		uint32_t next = i + 1 < size / 2 ? unit(utf16, i + 1) : 0;

		if (c == 0)
			break;
		if (c == 0xfeff && i == 0)
			continue;
		if (c >= 0xd800 && c < 0xdc00 && next >= 0xdc00 &&
		    next < 0xe000) {
			c = 0x10000 + ((c - 0xd800) << 10) + (next - 0xdc00);
			i++;
		} else if (c >= 0xd800 && c < 0xe000) {
			c = 0xfffd;
		}
		len += put_utf8(out + len, c);
	}
	return len;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

size_t
text_skip_image_name(const char *text, size_t n)
{
	size_t end = 0;

	while (end < n && !is_blank(text[end]))
		end++;
	if (end < 4 || text[end - 4] != '.' || lower(text[end - 3]) != 'e' ||
	    lower(text[end - 2]) != 'f' || lower(text[end - 1]) != 'i')
		return 0;
	while (end < n && is_blank(text[end]))
		end++;
	return end;
}

bool
text_has_word(const char *text, size_t n, const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; i < n;) {
		size_t start = i;

		while (i < n && !is_blank(text[i]))
			i++;
		if (i - start == 2 && memcmp(text + start, "--", 2) == 0)
			return false;
		if (i - start == len && memcmp(text + start, word, len) == 0)
			return true;
		while (i < n && is_blank(text[i]))
			i++;
	}
	return false;
}
