/* SPDX-License-Identifier: MIT */

/*
 * fs/splice.c - sendfile(2) and copy_file_range(2): from file to file through
 * pages of the kernel, never through a program.
 *
 * The bytes are read into a block of frames and written from there.  What the
 * receiver does not take is not used up: the input's offset moves by what was
 * written.  That needs an input with offsets, so streams are refused.
 */

#include "fs/file.h"
#include "lib/errno.h"
#include "mm/frame.h"
#include "sched/thread.h"

#define BLOCK_ORDER 4
#define BLOCK_BYTES (PAGE_SIZE << BLOCK_ORDER)

struct splice {
	struct file *in, *out;
	uint64_t *in_pos, *out_pos;
	char *block;
	size_t block_size;
};

/* One block full at most: bytes moved, 0 at the end, or an error. */
static ssize_t
splice_once(struct splice *s, size_t n)
{
	struct uio_segment seg;
	struct uio u;
	uint64_t at = *s->in_pos;
	ssize_t got, put;

	uio_kernel(&u, &seg, s->block, MIN(n, s->block_size));
	got = file_read(s->in, &u, &at);
	if (got <= 0)
		return got;
	uio_kernel(&u, &seg, s->block, (size_t)got);
	put = file_write(s->out, &u, s->out_pos);
	if (put > 0)
		*s->in_pos += (uint64_t)put;
	return put;
}

static ssize_t
splice_loop(struct splice *s, size_t n)
{
	size_t done = 0;
	ssize_t moved = 0;

	while (done < n) {
		moved = splice_once(s, n - done);
		if (moved <= 0)
			break;
		done += (size_t)moved;
		if (current_thread()->interrupted)
			break;
		thread_check_preempt();
	}
	return done ? (ssize_t)done : moved;
}

/* The input's own offset is held still meanwhile, unless the output is the
 * same file and needs it too. */
static ssize_t
splice_with_offset(struct splice *s, size_t n)
{
	uint64_t pos;
	ssize_t moved;

	if (s->in_pos)
		return splice_loop(s, n);
	mutex_lock(&s->in->pos_lock);
	pos = s->in->pos;
	mutex_unlock(&s->in->pos_lock);
	s->in_pos = &pos;
	moved = splice_loop(s, n);
	s->in_pos = NULL;
	mutex_lock(&s->in->pos_lock);
	s->in->pos = pos;
	mutex_unlock(&s->in->pos_lock);
	return moved;
}

ssize_t
file_splice(struct file *in, uint64_t *in_pos, struct file *out,
	    uint64_t *out_pos, size_t n)
{
	struct splice s = {
		.in = in, .out = out, .in_pos = in_pos, .out_pos = out_pos
	};
	unsigned order = BLOCK_ORDER;
	struct frame *head;
	ssize_t moved;

	if (!file_readable(in) || !file_writable(out))
		return -EBADF;
	if ((in->bits & FILE_STREAM) || !(in->bits & FILE_SEEKABLE))
		return in_pos ? -ESPIPE : -EINVAL;
	if (out->flags & O_APPEND)
		return -EINVAL;
	if (n == 0)
		return 0;
	while (order && PAGE_SIZE << (order - 1) >= n)
		order--;
	head = frame_alloc_block(FRAME_PIPE, order, FRAME_ANY);
	if (!head && order)
		head = frame_alloc_block(FRAME_PIPE, order = 0, FRAME_ANY);
	if (!head)
		return -ENOMEM;
	s.block = frame_data(head);
	s.block_size = PAGE_SIZE << order;
	moved = splice_with_offset(&s, n);
	frame_free_block(head, order);
	return moved;
}
