/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * lib/fmt.h - formatted output into a buffer or a sink.
 *
 * Understands %d %i %u %x %X %o %c %s %p %% with flags "-0+ #", width and
 * precision (also *), and lengths hh h l ll z j t.  No floating point.  Lengths
 * from l on are read as 64 bits, so where long has 32 (the loader), only a
 * plain l must be avoided.
 */

#include <stdarg.h>

#include "lib/types.h"

/* Receives n bytes; called several times for one format. */
typedef void fmt_sink_fn(void *arg, const char *bytes, size_t n);

/* Returns the bytes sent. */
size_t fmt_out(fmt_sink_fn *sink, void *arg, const char *fmt, va_list ap);

/* vsnprintf() by another name: see there. */
int fmt_buffer(char *buf, size_t size, const char *fmt, va_list ap);

#ifndef UMBRA_HOST_TEST
/* As in C: the length it would have had; always NUL-terminated if size > 0. */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
int snprintf(char *buf, size_t size, const char *fmt, ...) PRINTF(3, 4);
#else
#include <stdio.h>
#endif
