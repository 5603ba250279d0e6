/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * core/uio.h - where the bytes of a read or write come from or go to.
 *
 * A list of segments in user or kernel memory with a cursor.  Copying moves
 * the cursor; a fault stops it where the fault was, so the bytes done are
 * always initial left minus left.
 * Context: may sleep (user memory).
 */

#include "lib/types.h"

struct uio_segment {
	uintptr_t base; /* user or kernel address, see uio.user */
	size_t size;
};

struct uio {
	const struct uio_segment *seg; /* current segment */
	size_t seg_off;                /* bytes of it already used */
	size_t left;                   /* bytes still to come, all segments */
	bool user;                     /* user memory */
	bool append;                   /* write at the end, as O_APPEND says */
};

/* One segment; s must live as long as u. */
void uio_user(struct uio *u, struct uio_segment *s, void USER *p, size_t n);
void uio_kernel(struct uio *u, struct uio_segment *s, void *p, size_t n);

/*
 * Copy n bytes (at most left) from src to where u points / from there to dst.
 * Return the bytes copied: fewer than min(n, left) means a fault.
 */
NODISCARD size_t uio_copy_out(struct uio *u, const void *src, size_t n);
NODISCARD size_t uio_copy_in(struct uio *u, void *dst, size_t n);
NODISCARD size_t uio_zero_out(struct uio *u, size_t n);

/* Move the cursor without copying. */
void uio_skip(struct uio *u, size_t n);
