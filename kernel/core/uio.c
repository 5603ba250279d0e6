/* SPDX-License-Identifier: MIT */
#include "core/uio.h"

#include "arch/usercopy.h"
#include "lib/string.h"

/*
 * core/uio.c - copying to and from a list of segments.
 *
 * The three copies share one walk; what differs is how one piece, which never
 * crosses a segment, is moved.  A piece that comes back short is a fault.
 */

void
uio_user(struct uio *u, struct uio_segment *s, void USER *p, size_t n)
{
	*s = (struct uio_segment){ (uintptr_t)p, n };
	*u = (struct uio){ .seg = s, .left = n, .user = true };
}

void
uio_kernel(struct uio *u, struct uio_segment *s, void *p, size_t n)
{
	*s = (struct uio_segment){ (uintptr_t)p, n };
	*u = (struct uio){ .seg = s, .left = n };
}

/* Bytes of the current segment to use next, skipping empty segments. */
static size_t
piece_size(struct uio *u, size_t n)
{
	while (u->seg_off == u->seg->size) {
		u->seg++;
		u->seg_off = 0;
	}
	return MIN(n, u->seg->size - u->seg_off);
}

static void
advance(struct uio *u, size_t n)
{
	u->seg_off += n;
	u->left -= n;
}

static size_t
piece_out(const struct uio *u, const void *src, size_t n)
{
	uintptr_t at = u->seg->base + u->seg_off;

	if (u->user)
		return copy_to_user_partial((void USER *)at, src, n);
	memcpy((void *)at, src, n);
	return n;
}

static size_t
piece_in(const struct uio *u, void *dst, size_t n)
{
	uintptr_t at = u->seg->base + u->seg_off;

	if (u->user)
		return copy_from_user_partial(dst, (const void USER *)at, n);
	memcpy(dst, (const void *)at, n);
	return n;
}

/*
 * clear_user() does not say how far it came, but a fault always starts at a
 * page: after a failure, go again page by page.
 */
static size_t
piece_zero(const struct uio *u, size_t n)
{
	uintptr_t at = u->seg->base + u->seg_off;
	size_t done = 0;

	if (!u->user) {
		memset((void *)at, 0, n);
		return n;
	}
	if (clear_user((void USER *)at, n) == 0)
		return n;
	while (done < n) {
		size_t step = PAGE_SIZE - ((at + done) & (PAGE_SIZE - 1));

		step = MIN(step, n - done);
		if (clear_user((void USER *)(at + done), step))
			break;
		done += step;
	}
	return done;
}

size_t
uio_copy_out(struct uio *u, const void *src, size_t n)
{
	const char *from = src;
	size_t done = 0, piece, moved;

	n = MIN(n, u->left);
	while (done < n) {
		piece = piece_size(u, n - done);
		moved = piece_out(u, from + done, piece);
		advance(u, moved);
		done += moved;
		if (moved < piece)
			break;
	}
	return done;
}

size_t
uio_copy_in(struct uio *u, void *dst, size_t n)
{
	char *to = dst;
	size_t done = 0, piece, moved;

	n = MIN(n, u->left);
	while (done < n) {
		piece = piece_size(u, n - done);
		moved = piece_in(u, to + done, piece);
		advance(u, moved);
		done += moved;
		if (moved < piece)
			break;
	}
	return done;
}

size_t
uio_zero_out(struct uio *u, size_t n)
{
	size_t done = 0, piece, moved;

	n = MIN(n, u->left);
	while (done < n) {
		piece = piece_size(u, n - done);
		moved = piece_zero(u, piece);
		advance(u, moved);
		done += moved;
		if (moved < piece)
			break;
	}
	return done;
}

void
uio_skip(struct uio *u, size_t n)
{
	size_t piece;

	for (n = MIN(n, u->left); n; n -= piece) {
		piece = piece_size(u, n);
		advance(u, piece);
	}
}
