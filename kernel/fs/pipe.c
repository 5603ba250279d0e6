/* SPDX-License-Identifier: MIT */

/*
 * fs/pipe.c - pipes and FIFOs: a ring of pages between writers and readers.
 *
 *	tail                     head
 *	 |  bytes  |  bytes  | by..|         |         slots, a power of two
 *
 * A slot holds a frame and the stretch of it that is not read yet.  A write
 * takes new slots; the odd bytes of its size may go behind those of the newest
 * slot if they all fit, so small writes share a page and a write of at most
 * PIPE_BUF (a page) is never split.
 *
 * head moves under the lock by writers, tail by readers; both only grow, so
 * sleepers and poll may compare them without it.  Readers are woken when the
 * ring stops being empty and writers when it stops being full, once for all
 * that a call moved.
 *
 * Life: the pipe hangs on its inode (FIFOs: while anybody has it open) and goes
 * with the last open file.
 */

#include "fs/pipe.h"

#include <asm/ioctls.h>
#include <linux/capability.h>
#include <linux/fcntl.h>

#include "arch/usercopy.h"
#include "fs/pipe_priv.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "mm/slab.h"

#define PIPE_SLOTS     16u
#define PIPE_SLOTS_MAX 256u /* 1 MiB, more is for the privileged */

/* --- life ----------------------------------------------------------------- */

struct pipe *
pipe_alloc(void)
{
	struct pipe *p = kmalloc(sizeof(*p));

	if (!p)
		return NULL;
	p->ring = kcalloc(PIPE_SLOTS, sizeof(*p->ring));
	if (!p->ring) {
		kfree(p);
		return NULL;
	}
	p->slots = PIPE_SLOTS;
	mutex_init(&p->lock, LOCK_PIPE, "pipe");
	wait_queue_init(&p->read_wait);
	wait_queue_init(&p->write_wait);
	wait_queue_init(&p->open_wait);
	return p;
}

void
pipe_free(struct pipe *p)
{
	for (unsigned i = p->tail; i != p->head; i++)
		frame_put(p->ring[i & (p->slots - 1)].frame);
	for (unsigned i = 0; i < PIPE_SPARES; i++)
		if (p->spare[i])
			frame_put(p->spare[i]);
	kfree(p->ring);
	kfree(p);
}

/* --- slots ---------------------------------------------------------------- */

/* The last frames read are kept for the next writes. */
static struct frame *
frame_take(struct pipe *p) REQUIRES(p->lock)
{
	for (unsigned i = 0; i < PIPE_SPARES; i++) {
		struct frame *f = p->spare[i];

		if (f) {
			p->spare[i] = NULL;
			return f;
		}
	}
	return frame_alloc(FRAME_PIPE, FRAME_ANY);
}

void
pipe_leave_frame(struct pipe *p, struct frame *f) REQUIRES(p->lock)
{
	for (unsigned i = 0; i < PIPE_SPARES; i++) {
		if (!p->spare[i]) {
			p->spare[i] = f;
			return;
		}
	}
	frame_put(f);
}

static void
wake(struct wait_queue *wq, unsigned events)
{
	/* A sleeper queues itself, then looks; we change, then look. */
	atomic_thread_fence(memory_order_seq_cst);
	if (wait_queue_active(wq))
		wait_queue_wake_one(wq, events);
}

void
pipe_wake_readers(struct pipe *p)
{
	wake(&p->read_wait, POLLIN | POLLRDNORM);
}

void
pipe_wake_writers(struct pipe *p)
{
	wake(&p->write_wait, POLLOUT | POLLWRNORM);
}

/* --- reading -------------------------------------------------------------- */

/* Bytes copied, 0 if empty, or -EFAULT if not one could be. */
static ssize_t
pipe_drain(struct pipe *p, struct uio *u) REQUIRES(p->lock)
{
	ssize_t total = 0;

	while (u->left && !pipe_empty(p) && !p->held) {
		struct pipe_slot *s = pipe_slot_at(p, p->tail);
		const char *data = frame_data(s->frame);
		size_t n = MIN(s->len, u->left), done;
		bool packet = s->packet;

		done = uio_copy_out(u, data + s->off, n);
		total += (ssize_t)done;
		s->off += (unsigned)done;
		s->len -= (unsigned)done;
		if (done < n)
			return total ? total : -EFAULT;
		if (s->len == 0 || packet) {
			pipe_leave_frame(p, s->frame);
			p->tail++;
		}
		if (packet)
			break;
	}
	return total;
}

int
pipe_wait_readable(struct pipe *p)
{
	return wait_event_interruptible(&p->read_wait, pipe_readable(p))
		       ? -ERESTARTSYS
		       : 0;
}

static ssize_t
pipe_read(struct file *f, struct uio *u, uint64_t *pos)
{
	struct pipe *p = f->data;
	bool was_full, at_end;
	ssize_t n;

	if (u->left == 0)
		return 0;
	for (;;) {
		mutex_lock(&p->lock);
		was_full = pipe_full(p);
		n = pipe_drain(p, u);
		was_full = was_full && !pipe_full(p);
		at_end = pipe_empty(p) && p->writers == 0;
		mutex_unlock(&p->lock);
		if (was_full)
			pipe_wake_writers(p);
		if (n || at_end)
			return n;
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		n = pipe_wait_readable(p);
		if (n)
			return n;
	}
}

/* --- writing -------------------------------------------------------------- */

/* Put the odd bytes of the write behind the newest slot's, if they fit. */
static ssize_t
pipe_merge(struct pipe *p, struct uio *u) REQUIRES(p->lock)
{
	size_t n = u->left % PAGE_SIZE, done;
	struct pipe_slot *s;
	char *data;

	if (n == 0 || pipe_empty(p))
		return 0;
	s = pipe_slot_at(p, p->head - 1);
	if (s->packet || s->off + s->len + n > PAGE_SIZE)
		return 0;
	data = frame_data(s->frame);
	done = uio_copy_in(u, data + s->off + s->len, n);
	s->len += (unsigned)done;
	return done ? (ssize_t)done : -EFAULT;
}

/* One new slot; the ring is not full. */
static ssize_t
pipe_append(struct pipe *p, struct uio *u, bool packet) REQUIRES(p->lock)
{
	size_t n = MIN(u->left, PAGE_SIZE), done;
	struct pipe_slot *s = pipe_slot_at(p, p->head);
	struct frame *f = frame_take(p);

	if (!f)
		return -ENOMEM;
	done = uio_copy_in(u, frame_data(f), n);
	if (done == 0) {
		pipe_leave_frame(p, f);
		return -EFAULT;
	}
	s->frame = f;
	s->off = 0;
	s->len = (unsigned)done;
	s->packet = packet;
	p->head++;
	return (ssize_t)done;
}

/*
 * As much as fits: bytes moved, or the error that stopped the first byte; a
 * short count with room left means a fault, which the next try reports.
 */
static ssize_t
pipe_fill(struct pipe *p, struct uio *u, bool packet) REQUIRES(p->lock)
{
	ssize_t total = 0, n = 0;

	if (!packet)
		n = pipe_merge(p, u);
	while (n >= 0) {
		total += n;
		if (u->left == 0 || pipe_full(p))
			break;
		n = pipe_append(p, u, packet);
	}
	return total ? total : n;
}

int
pipe_wait_writable(struct pipe *p)
{
	return wait_event_interruptible(&p->write_wait, pipe_writable(p))
		       ? -ERESTARTSYS
		       : 0;
}

ssize_t
pipe_write_some(struct pipe *p, struct uio *u, bool packet)
{
	bool was_empty;
	ssize_t n;

	mutex_lock(&p->lock);
	was_empty = pipe_empty(p);
	n = p->readers ? pipe_fill(p, u, packet) : -EPIPE;
	mutex_unlock(&p->lock);
	if (was_empty && n > 0)
		pipe_wake_readers(p);
	return n;
}

/* -EPIPE: the caller sends SIGPIPE. */
static ssize_t
pipe_write(struct file *f, struct uio *u, uint64_t *pos)
{
	struct pipe *p = f->data;
	size_t wanted = u->left;
	ssize_t n = 0;

	while (u->left) {
		n = pipe_write_some(p, u, f->flags & O_DIRECT);
		if (n < 0 || u->left == 0)
			break;
		if (!pipe_full(p))
			continue; /* drained meanwhile, or a fault to report */
		n = f->flags & O_NONBLOCK ? -EAGAIN : pipe_wait_writable(p);
		if (n)
			break;
	}
	return u->left < wanted ? (ssize_t)(wanted - u->left) : n;
}

/* --- poll, ioctl, fcntl --------------------------------------------------- */

static unsigned
pipe_poll(struct file *f, struct poll_table *pt)
{
	struct pipe *p = f->data;
	unsigned events = 0;

	if (file_readable(f)) {
		poll_add(pt, &p->read_wait);
		if (!pipe_empty(p) && !p->held)
			events |= POLLIN | POLLRDNORM;
		/* A FIFO nobody has written to yet is not hung up. */
		if (p->writers == 0 && p->writer_opens != f->pos)
			events |= POLLHUP;
	}
	if (file_writable(f)) {
		poll_add(pt, &p->write_wait);
		if (!pipe_full(p))
			events |= POLLOUT | POLLWRNORM;
		if (p->readers == 0)
			events |= POLLERR;
	}
	return events;
}

static long
pipe_ioctl(struct file *f, unsigned cmd, uintptr_t arg)
{
	struct pipe *p = f->data;
	int bytes = 0;

	if (cmd != FIONREAD)
		return -ENOTTY;
	mutex_lock(&p->lock);
	for (unsigned i = p->tail; i != p->head; i++)
		bytes += (int)pipe_slot_at(p, i)->len;
	mutex_unlock(&p->lock);
	return copy_to_user((void USER *)arg, &bytes, sizeof(bytes));
}

/* Give the ring another number of slots. */
static int
pipe_resize(struct pipe *p, unsigned slots)
{
	struct pipe_slot *ring = kcalloc(slots, sizeof(*ring)), *old;
	unsigned used;
	int err = 0;

	if (!ring)
		return -ENOMEM;
	mutex_lock(&p->lock);
	old = p->ring;
	used = p->head - p->tail;
	if (used + p->reserved > slots) {
		err = -EBUSY;
		old = ring;
	} else {
		for (unsigned i = 0; i < used; i++)
			ring[(p->tail + i) & (slots - 1)] =
				*pipe_slot_at(p, p->tail + i);
		p->ring = ring;
		p->slots = slots;
	}
	mutex_unlock(&p->lock);
	kfree(old);
	pipe_wake_writers(p);
	return err;
}

static long
pipe_set_size(struct file *f, unsigned long size)
{
	unsigned slots = 1;
	int err;

	if (size > 1UL << 31)
		return -EINVAL;
	while (slots * PAGE_SIZE < size)
		slots *= 2;
	if (slots > PIPE_SLOTS_MAX &&
	    !cred_capable(cred_current(), CAP_SYS_RESOURCE))
		return -EPERM;
	err = pipe_resize(f->data, slots);
	return err ? err : (long)(slots * PAGE_SIZE);
}

long
pipe_fcntl(struct file *f, unsigned cmd, unsigned long arg)
{
	const struct pipe *p = f->data;

	if (f->ops != &fifo_file_ops)
		return -EBADF;
	if (cmd == F_GETPIPE_SZ)
		return (long)(p->slots * PAGE_SIZE);
	return cmd == F_SETPIPE_SZ ? pipe_set_size(f, arg) : -EINVAL;
}

const struct file_ops fifo_file_ops = {
	.open = fifo_open,
	.release = fifo_release,
	.read = pipe_read,
	.write = pipe_write,
	.ioctl = pipe_ioctl,
	.poll = pipe_poll,
};
