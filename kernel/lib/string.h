/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * lib/string.h - memory and string functions.  Pure; no locale.
 */

#include "lib/types.h"

void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);

size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *what);

/* Copy at most size - 1 bytes and always end with NUL; returns strlen(src). */
size_t strlcpy(char *dst, const char *src, size_t size);

bool str_starts(const char *s, const char *prefix);

/*
 * Parse an unsigned number (base 0: 0x, 0 prefixes as in C) that fills the
 * string up to its end.  False, *out untouched, on anything else or overflow.
 */
NODISCARD bool str_to_u64(const char *s, unsigned base, uint64_t *out);
