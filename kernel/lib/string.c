/* SPDX-License-Identifier: MIT */
#ifdef UMBRA_HOST_TEST
#include <string_host.h> /* other names: the test itself lives on libc's */
#endif

#include "lib/string.h"

/*
 * lib/string.c - memory and string functions.
 *
 * Bytes move in words: a short block as two words that may overlap, a long one
 * by the processor's string instructions, whose cost is one step a word.  The
 * odd bytes of a long block are moved as one last word that overlaps what was
 * already moved; it is loaded before anything is stored, which is what makes
 * the same code right for overlapping blocks.
 */

/* Words at any address, of any effective type. */
struct word {
	uint64_t v;
} PACKED __attribute__((may_alias));
struct half {
	uint32_t v;
} PACKED __attribute__((may_alias));

static inline uint64_t
load(const void *p)
{
	return ((const struct word *)p)->v;
}

static inline void
store(void *p, uint64_t v)
{
	((struct word *)p)->v = v;
}

/* Up to 16 bytes; everything is loaded before the first store. */
static inline void
copy_short(char *d, const char *s, size_t n)
{
	if (n >= 8) {
		uint64_t head = load(s), tail = load(s + n - 8);

		store(d, head);
		store(d + n - 8, tail);
	} else if (n >= 4) {
		uint32_t head = ((const struct half *)s)->v;
		uint32_t tail = ((const struct half *)(s + n - 4))->v;

		((struct half *)d)->v = head;
		((struct half *)(d + n - 4))->v = tail;
	} else if (n) {
		char first = s[0], middle = s[n / 2], last = s[n - 1];

		d[0] = first;
		d[n / 2] = middle;
		d[n - 1] = last;
	}
}

/* More than 16 bytes, ascending: right unless d lies inside s .. s + n. */
static inline void
copy_up(char *d, const char *s, size_t n)
{
	char *last = d + n - 8;
	uint64_t tail = load(s + n - 8);
	size_t words = n / 8;

	__asm__ volatile("rep movsq"
			 : "+D"(d), "+S"(s), "+c"(words)
			 :
			 : "memory");
	store(last, tail);
}

/*
 * More than 16 bytes, descending: right unless s lies inside d .. d + n.  A
 * plain loop: processors run descending string instructions byte by byte.
 */
static inline void
copy_down(char *d, const char *s, size_t n)
{
	uint64_t head = load(s);
	size_t at = n;

	for (; at >= 16; at -= 16) {
		uint64_t high = load(s + at - 8), low = load(s + at - 16);

		store(d + at - 8, high);
		store(d + at - 16, low);
	}
	if (at >= 8)
		store(d + at - 8, load(s + at - 8));
	store(d, head);
}

void *
memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	if (n <= 16)
		copy_short(dst, src, n);
	else
		copy_up(dst, src, n);
	return dst;
}

void *
memmove(void *dst, const void *src, size_t n)
{
	if (n <= 16)
		copy_short(dst, src, n);
	else if ((uintptr_t)dst - (uintptr_t)src >= n)
		copy_up(dst, src, n);
	else
		copy_down(dst, src, n);
	return dst;
}

void *
memset(void *dst, int c, size_t n)
{
	uint64_t v = 0x0101010101010101ULL * (uint8_t)c;
	char *d = dst;

	if (n >= 8) {
		size_t words = n / 8;

		store(d + n - 8, v);
		__asm__ volatile("rep stosq"
				 : "+D"(d), "+c"(words)
				 : "a"(v)
				 : "memory");
	} else {
		while (n--)
			*d++ = (char)c;
	}
	return dst;
}

int
memcmp(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a, *y = b;

	for (; n >= 8 && load(x) == load(y); n -= 8) {
		x += 8;
		y += 8;
	}
	for (; n; n--, x++, y++) {
		if (*x != *y)
			return *x - *y;
	}
	return 0;
}

void *
memchr(const void *s, int c, size_t n)
{
	const uint8_t *p = s;

	for (; n; n--, p++) {
		if (*p == (uint8_t)c)
			return (void *)(uintptr_t)p;
	}
	return NULL;
}

size_t
strlen(const char *s)
{
	const char *p = s;

	while (*p)
		p++;
	return (size_t)(p - s);
}

size_t
strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

int
strcmp(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (uint8_t)*a - (uint8_t)*b;
}

int
strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++) {
		if (*a != *b)
			return (uint8_t)*a - (uint8_t)*b;
		if (!*a)
			break;
	}
	return 0;
}

char *
strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c)
			return (char *)(uintptr_t)s;
		if (!*s)
			return NULL;
	}
}

char *
strrchr(const char *s, int c)
{
	const char *found = NULL;

	for (;; s++) {
		if (*s == (char)c)
			found = s;
		if (!*s)
			return (char *)(uintptr_t)found;
	}
}

char *
strstr(const char *s, const char *what)
{
	size_t n = strlen(what);

	for (;; s++) {
		if (strncmp(s, what, n) == 0)
			return (char *)(uintptr_t)s;
		if (!*s)
			return NULL;
	}
}

size_t
strlcpy(char *dst, const char *src, size_t size)
{
	size_t n = strlen(src);

	if (size) {
		size_t kept = MIN(n, size - 1);

		memcpy(dst, src, kept);
		dst[kept] = '\0';
	}
	return n;
}

bool
str_starts(const char *s, const char *prefix)
{
	while (*prefix) {
		if (*s++ != *prefix++)
			return false;
	}
	return true;
}

/* Value of a digit in any base up to 36; 36 for anything else. */
static unsigned
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'z')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'Z')
		return (unsigned)(c - 'A') + 10;
	return 36;
}

bool
str_to_u64(const char *s, unsigned base, uint64_t *out)
{
	uint64_t v = 0;

	if ((base == 0 || base == 16) && s[0] == '0' &&
	    (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		s += 2;
	} else if (base == 0) {
		base = s[0] == '0' ? 8 : 10;
	}
	if (!*s)
		return false;
	for (; *s; s++) {
		unsigned digit = digit_value(*s);

		if (digit >= base || __builtin_mul_overflow(v, base, &v) ||
		    __builtin_add_overflow(v, digit, &v))
			return false;
	}
	*out = v;
	return true;
}
