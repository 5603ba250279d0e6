/* SPDX-License-Identifier: MIT */
#include "lib/fmt.h"

/*
 * lib/snprintf.c - the C library's names for fmt_buffer().  Apart from fmt.c
 * so that host tests of it keep the library's own.
 */

int
vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	return fmt_buffer(buf, size, fmt, ap);
}

int
snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = fmt_buffer(buf, size, fmt, ap);
	va_end(ap);
	return n;
}
