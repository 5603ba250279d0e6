/* SPDX-License-Identifier: MIT */

/*
 * net/unix_buffer.c - messages on their way.
 *
 * Small messages stand behind the buffer's header, in one allocation; larger
 * ones in single frames, so that no message needs memory in one piece.  What
 * is charged is what it really takes: header, and bytes or whole frames.
 *
 * A sender may begin a message while it is charged less than its send_size, so
 * it can exceed it by one.  Writers that sleep for room are woken when three
 * quarters of it are free: they then go on for a while, instead of alternating
 * with the reader message by message.
 */

#include "lib/errno.h"
#include "mm/frame.h"
#include "mm/slab.h"
#include "net/unix_priv.h"

#define SMALL_MAX (2048 - sizeof(struct unix_buffer))

static struct frame **
frames_of(const struct unix_buffer *b)
{
	return (struct frame **)(uintptr_t)b->data;
}

/* --- making --------------------------------------------------------------- */

static void
buffer_destroy(struct unix_buffer *b)
{
	for (unsigned i = 0; i < b->frames; i++)
		if (frames_of(b)[i])
			frame_put(frames_of(b)[i]);
	kfree(b);
}

static struct unix_buffer *
buffer_alloc(size_t size)
{
	size_t frames = (size + PAGE_SIZE - 1) / PAGE_SIZE, extra = size;
	struct unix_buffer *b;

	if (size <= SMALL_MAX)
		frames = 0;
	else
		extra = frames * sizeof(struct frame *);
	b = kmalloc(sizeof(*b) + extra);
	if (!b)
		return NULL;
	b->size = size;
	b->frames = (unsigned)frames;
	b->charge = sizeof(*b) + extra + frames * PAGE_SIZE;
	for (unsigned i = 0; i < frames; i++) {
		frames_of(b)[i] = frame_alloc(FRAME_PIPE, FRAME_ANY);
		if (!frames_of(b)[i]) {
			buffer_destroy(b);
			return NULL;
		}
	}
	return b;
}

static bool
buffer_copy_in(struct unix_buffer *b, struct uio *from)
{
	size_t left = b->size;

	if (!b->frames)
		return uio_copy_in(from, b->data, left) == left;
	for (unsigned i = 0; i < b->frames; i++) {
		size_t n = MIN(left, PAGE_SIZE);

		if (uio_copy_in(from, frame_data(frames_of(b)[i]), n) != n)
			return false;
		left -= n;
	}
	return true;
}

int
unix_buffer_fill(struct unix_socket *s, struct uio *from, size_t n,
		 struct unix_buffer **out)
{
	struct unix_buffer *b = buffer_alloc(n);

	if (!b)
		return -ENOMEM;
	if (!buffer_copy_in(b, from)) {
		buffer_destroy(b);
		return -EFAULT;
	}
	unix_get(s);
	b->sender = s;
	atomic_fetch_add(&s->charged, b->charge);
	*out = b;
	return 0;
}

/* --- reading -------------------------------------------------------------- */

size_t
unix_buffer_copy(const struct unix_buffer *b, size_t off, size_t n,
		 struct uio *to)
{
	size_t done = 0;

	if (!b->frames)
		return uio_copy_out(to, (const char *)b->data + off, n);
	while (done < n) {
		size_t at = (off + done) % PAGE_SIZE;
		size_t piece = MIN(n - done, PAGE_SIZE - at), moved;
		const char *page =
			frame_data(frames_of(b)[(off + done) / PAGE_SIZE]);

		moved = uio_copy_out(to, page + at, piece);
		done += moved;
		if (moved < piece)
			break;
	}
	return done;
}

/* --- the end -------------------------------------------------------------- */

void
unix_buffer_free(struct unix_buffer *b)
{
	struct unix_socket *s = b->sender;

	atomic_fetch_sub(&s->charged, b->charge);
	if (unix_writable(s))
		socket_wake(&s->socket.write_wait,
			    POLLOUT | POLLWRNORM | POLLWRBAND);
	if (unlikely(b->rights))
		unix_rights_discard(b->rights);
	buffer_destroy(b);
	unix_put(s);
}

void
unix_buffers_free(struct list_node *list)
{
	while (!list_empty(list)) {
		struct unix_buffer *b =
			list_first(list, struct unix_buffer, link);

		list_remove(&b->link);
		unix_buffer_free(b);
	}
}

/* --- room ----------------------------------------------------------------- */

static bool
room_or_end(const struct unix_socket *s)
{
	return s->charged < s->socket.send_size || s->socket.error ||
	       (s->shutdown & UNIX_NO_SEND);
}

int
unix_wait_room(struct unix_socket *s, unsigned flags, uint64_t deadline)
{
	int err;

	for (;;) {
		err = socket_take_error(&s->socket);
		if (unlikely(err))
			return err;
		if (unlikely(s->shutdown & UNIX_NO_SEND))
			return -EPIPE;
		if (likely(s->charged < s->socket.send_size))
			return 0;
		if (flags & MSG_DONTWAIT)
			return -EAGAIN;
		err = wait_event_deadline(&s->socket.write_wait, room_or_end(s),
					  deadline);
		if (err)
			return socket_wait_error(err,
						 s->socket.send_timeout_ns);
	}
}
