/* SPDX-License-Identifier: MIT */

/*
 * fs/pipe_splice.c - splice(2): bytes between a pipe and any file, never
 * through a program.
 *
 * The other file may make us wait for long, so the pipe's lock is not held
 * meanwhile, and nothing may be lost whatever happens then:
 *
 *	into a pipe      slots are reserved first; frames are read full of the
 *	                 file's bytes and become those slots as they are
 *	out of a pipe    the oldest slot is held: it stays where it is, nobody
 *	                 sees it, until it is known how much of it the file took
 *
 * Source: man 2 splice.
 */

#include <linux/fcntl.h>

#include "fs/pipe.h"
#include "fs/pipe_priv.h"
#include "lib/errno.h"
#include "sched/thread.h"

#define PASS_SLOTS 16u /* filled by one call at most: what a pipe has */

/* --- into a pipe ---------------------------------------------------------- */

struct fill {
	struct pipe *pipe;
	struct frame *frames[PASS_SLOTS];
	struct uio_segment seg[PASS_SLOTS];
	unsigned slots; /* reserved */
};

/* Slots for up to n bytes: 0, or -EAGAIN when there are none, or -EPIPE. */
static int
reserve(struct fill *f, size_t n)
{
	struct pipe *p = f->pipe;
	size_t want = MIN((n + PAGE_SIZE - 1) / PAGE_SIZE, (size_t)PASS_SLOTS);
	int err = 0;

	mutex_lock(&p->lock);
	if (!p->readers) {
		err = -EPIPE;
	} else if (pipe_full(p)) {
		err = -EAGAIN;
	} else {
		unsigned room = p->slots - (p->head - p->tail) - p->reserved;

		f->slots = MIN(room, (unsigned)want);
		p->reserved += f->slots;
	}
	mutex_unlock(&p->lock);
	return err;
}

static int
wait_and_reserve(struct fill *f, size_t n, bool nonblock)
{
	int err;

	while ((err = reserve(f, n)) == -EAGAIN && !nonblock) {
		err = pipe_wait_writable(f->pipe);
		if (err)
			break;
	}
	return err;
}

/* The reserved slots' frames, fewer when memory is short; how many. */
static unsigned
take_frames(struct fill *f)
{
	unsigned i;

	for (i = 0; i < f->slots; i++) {
		f->frames[i] = frame_alloc(FRAME_PIPE, FRAME_ANY);
		if (!f->frames[i])
			break;
		f->seg[i] = (struct uio_segment){
			(uintptr_t)frame_data(f->frames[i]), PAGE_SIZE
		};
	}
	return i;
}

/*
 * Give up the reservation; the frames with n bytes become slots, unless nobody
 * would read them.  Frames become the pipe's as far as the result says.
 */
static ssize_t
attach(struct fill *f, ssize_t n)
{
	struct pipe *p = f->pipe;
	bool was_empty;
	size_t left = n > 0 ? (size_t)n : 0;

	mutex_lock(&p->lock);
	p->reserved -= f->slots;
	was_empty = pipe_empty(p);
	if (left && !p->readers) {
		n = -EPIPE;
		left = 0;
	}
	for (unsigned i = 0; left; i++) {
		size_t len = MIN(left, PAGE_SIZE);

		*pipe_slot_at(p, p->head) =
			(struct pipe_slot){ .frame = f->frames[i],
					    .len = (unsigned)len };
		p->head++;
		left -= len;
	}
	mutex_unlock(&p->lock);
	/* Room that was promised and is not used is room for others. */
	pipe_wake_writers(p);
	if (was_empty && n > 0)
		pipe_wake_readers(p);
	return n;
}

/* From a file into a pipe: once, as much as there is and fits. */
static ssize_t
splice_in(struct file *in, uint64_t *pos, struct pipe *p, size_t n,
	  bool nonblock)
{
	struct fill f = { .pipe = p };
	unsigned frames, used;
	struct uio u;
	ssize_t got;
	int err = wait_and_reserve(&f, n, nonblock);

	if (err)
		return err;
	frames = take_frames(&f);
	u = (struct uio){ .seg = f.seg, .left = MIN(n, frames * PAGE_SIZE) };
	got = attach(&f, frames ? file_read(in, &u, pos) : -ENOMEM);
	used = got > 0 ? (unsigned)(((size_t)got + PAGE_SIZE - 1) / PAGE_SIZE)
		       : 0;
	while (frames > used)
		frame_put(f.frames[--frames]);
	return got;
}

/* --- out of a pipe -------------------------------------------------------- */

struct drain {
	struct pipe *pipe;
	char *data; /* of the slot in hand */
	size_t len;
	bool packet;
};

/* Hold the oldest slot: 1, 0 = empty for good, -EAGAIN = nothing yet. */
static int
hold(struct drain *d)
{
	struct pipe *p = d->pipe;
	struct pipe_slot *s;
	int result = 1;

	mutex_lock(&p->lock);
	if (p->held) {
		result = -EAGAIN;
	} else if (pipe_empty(p)) {
		result = p->writers ? -EAGAIN : 0;
	} else {
		s = pipe_slot_at(p, p->tail);
		d->data = (char *)frame_data(s->frame) + s->off;
		d->len = s->len;
		d->packet = s->packet;
		p->held = true;
	}
	mutex_unlock(&p->lock);
	return result;
}

/* Let go of it; n bytes of it have been used. */
static void
let_go(struct drain *d, size_t n)
{
	struct pipe *p = d->pipe;
	struct pipe_slot *s;
	bool was_full, waits;

	mutex_lock(&p->lock);
	was_full = pipe_full(p);
	s = pipe_slot_at(p, p->tail);
	s->off += (unsigned)n;
	s->len -= (unsigned)n;
	if (s->len == 0) {
		pipe_leave_frame(p, s->frame);
		p->tail++;
	}
	p->held = false;
	was_full = was_full && !pipe_full(p);
	waits = pipe_readable(p);
	mutex_unlock(&p->lock);
	if (was_full)
		pipe_wake_writers(p);
	if (waits)
		pipe_wake_readers(p);
}

static int
wait_and_hold(struct drain *d, bool nonblock)
{
	int result;

	while ((result = hold(d)) == -EAGAIN && !nonblock) {
		result = pipe_wait_readable(d->pipe);
		if (result)
			break;
	}
	return result;
}

/* The next slot's bytes, n at most, into a file. */
static ssize_t
drain_once(struct drain *d, struct file *out, uint64_t *pos, size_t n,
	   bool nonblock)
{
	struct uio_segment seg;
	struct uio u;
	ssize_t done = wait_and_hold(d, nonblock);

	if (done <= 0)
		return done;
	uio_kernel(&u, &seg, d->data, MIN(n, d->len));
	done = file_write(out, &u, pos);
	let_go(d, done > 0 ? (size_t)done : 0);
	return done;
}

/* Waits only while it has moved nothing. */
static ssize_t
splice_out(struct pipe *p, struct file *out, uint64_t *pos, size_t n,
	   bool nonblock)
{
	struct drain d = { .pipe = p };
	size_t total = 0;
	ssize_t done = 0;

	while (total < n) {
		done = drain_once(&d, out, pos, n - total, nonblock || total);
		if (done <= 0)
			break;
		total += (size_t)done;
		thread_check_preempt();
		if (current_thread()->interrupted)
			break;
	}
	return total ? (ssize_t)total : done;
}

/* --- from pipe to pipe ---------------------------------------------------- */

/* 1 = there is room; -EAGAIN, -EPIPE, -ERESTARTSYS. */
static int
wait_for_room(struct pipe *p, bool nonblock)
{
	int err = 0;

	while (!err && p->readers && pipe_full(p))
		err = nonblock ? -EAGAIN : pipe_wait_writable(p);
	if (err)
		return err;
	return p->readers ? 1 : -EPIPE;
}

/* Nothing is held while there is no room: readers of the first go on. */
static ssize_t
pass_once(struct drain *d, struct pipe *to, size_t n, bool nonblock)
{
	struct uio_segment seg;
	struct uio u;
	ssize_t done;

	do {
		done = wait_for_room(to, nonblock);
		if (done > 0)
			done = wait_and_hold(d, nonblock);
		if (done <= 0)
			return done;
		uio_kernel(&u, &seg, d->data, MIN(n, d->len));
		done = pipe_write_some(to, &u, d->packet);
		let_go(d, done > 0 ? (size_t)done : 0);
	} while (done == 0);
	return done;
}

static ssize_t
splice_pass(struct pipe *from, struct pipe *to, size_t n, bool nonblock)
{
	struct drain d = { .pipe = from };
	size_t total = 0;
	ssize_t done = 0;

	while (total < n) {
		done = pass_once(&d, to, n - total, nonblock || total);
		if (done <= 0)
			break;
		total += (size_t)done;
		thread_check_preempt();
	}
	return total ? (ssize_t)total : done;
}

/* -------------------------------------------------------------------------- */

static struct pipe *
pipe_of(const struct file *f)
{
	return f->ops == &fifo_file_ops ? f->data : NULL;
}

/* The order of the checks is Linux's. */
static int
check_ends(const struct file *in, const uint64_t *in_pos,
	   const struct file *out, const uint64_t *out_pos)
{
	const struct pipe *from = pipe_of(in), *to = pipe_of(out);

	if ((from && in_pos) || (to && out_pos))
		return -ESPIPE;
	if (!file_readable(in) || !file_writable(out))
		return -EBADF;
	if ((!from && !to) || from == to)
		return -EINVAL;
	if ((in_pos && !(in->bits & FILE_SEEKABLE)) ||
	    (out_pos && !(out->bits & FILE_SEEKABLE)))
		return -EINVAL;
	if (!in->ops->read || !out->ops->write)
		return -EINVAL;
	return !to && (out->flags & O_APPEND) ? -EINVAL : 0;
}

ssize_t
pipe_splice(struct file *in, uint64_t *in_pos, struct file *out,
	    uint64_t *out_pos, size_t n, bool nonblock)
{
	struct pipe *from = pipe_of(in), *to = pipe_of(out);
	int err = check_ends(in, in_pos, out, out_pos);

	if (err)
		return err;
	if (from && (in->flags & O_NONBLOCK))
		nonblock = true;
	if (to && (out->flags & O_NONBLOCK))
		nonblock = true;
	if (from && to)
		return splice_pass(from, to, n, nonblock);
	return from ? splice_out(from, out, out_pos, n, nonblock)
		    : splice_in(in, in_pos, to, n, nonblock);
}
