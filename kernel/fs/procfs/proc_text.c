/* SPDX-License-Identifier: MIT */
#include <linux/fs.h>

#include "fs/procfs/procfs_priv.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "sched/mutex.h"
#include "sched/thread.h"

/*
 * fs/procfs/proc_text.c - files whose text is made when they are read.
 *
 * A read at offset 0 makes the text anew; reads further on go on in the same
 * text, so one pass through a file is consistent.  Of a file made in pieces
 * only the latest piece is kept: one pass makes each piece once, a seek
 * back begins again at the start.
 *
 * A process can end between any two steps and its number come to another: what
 * is shown counts only if the number meant the same one before and after.
 */

#define TEXT_FIRST 1024
#define STORE_MAX  4096

struct proc_open {
	struct mutex lock;     /* LOCK_PROC_TEXT */
	struct proc_text text; /* [L] the piece that is kept */
	uint64_t base;         /* [L] its offset in the file */
	bool made;             /* [L] there is a piece */
	uint64_t event;        /* [L] the last one the poller was told of */
};

/* --- growing text --- */

static bool
text_reserve(struct proc_text *t, size_t n)
{
	size_t size = MAX(t->size, TEXT_FIRST);
	char *buf;

	while (size - t->len < n + 1)
		size *= 2;
	if (size == t->size)
		return true;
	buf = kmalloc(size);
	if (!buf) {
		t->failed = true;
		return false;
	}
	memcpy(buf, t->buf, t->len);
	kfree(t->buf);
	t->buf = buf;
	t->size = size;
	return true;
}

void
proc_write(struct proc_text *t, const void *bytes, size_t n)
{
	if (t->failed || !text_reserve(t, n))
		return;
	memcpy(t->buf + t->len, bytes, n);
	t->len += n;
}

static void
text_sink(void *arg, const char *bytes, size_t n)
{
	proc_write(arg, bytes, n);
}

void
proc_printf(struct proc_text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)fmt_out(text_sink, t, fmt, ap);
	va_end(ap);
}

/* --- file operations --- */

static int
may_open(const struct proc_node *n)
{
	if (!proc_node_alive(n))
		return -ESRCH;
	if ((n->file->bits & PROC_PRIVATE) && !procfs_source->may_look(n->pid))
		return -EACCES;
	return 0;
}

static int
text_open(struct file *f)
{
	const struct proc_node *n = proc_node_of(f->inode);
	struct proc_open *o;
	int err = may_open(n);

	if (err)
		return err;
	o = kmalloc(sizeof(*o));
	if (!o)
		return -ENOMEM;
	mutex_init(&o->lock, LOCK_PROC_TEXT, "proc_text");
	if (n->file->event)
		o->event = n->file->event(NULL);
	f->data = o;
	return 0;
}

static void
text_release(struct file *f)
{
	struct proc_open *o = f->data;

	if (o) {
		kfree(o->text.buf);
		kfree(o);
	}
}

/* Begin at the start of the file again. */
static void
text_restart(struct proc_open *o, const struct proc_node *n)
{
	kfree(o->text.buf);
	o->text = (struct proc_text){ .task = n->task, .fd = n->fd };
	o->base = 0;
	o->made = false;
}

/* The next piece in place of the one before. */
static int
text_next(struct proc_open *o, const struct proc_node *n)
{
	uint64_t from = o->text.cursor;
	int err;

	o->base += o->text.len;
	o->text.len = 0;
	if (!(n->file->bits & PROC_PIECES))
		o->text.cursor = PROC_TEXT_END;
	err = n->file->show(proc_node_number(n), &o->text);
	if (!err && !proc_node_alive(n))
		err = -ESRCH;
	if (!err && o->text.failed)
		err = -ENOMEM;
	if (err)
		text_restart(o, n);
	else
		o->made = true;
	/* A piece that says nothing and goes nowhere is the last. */
	if (!o->text.len && o->text.cursor == from)
		o->text.cursor = PROC_TEXT_END;
	return err;
}

/* Keep the piece that pos is in; *more is false: the file ends before. */
static int
text_reach(struct proc_open *o, const struct proc_node *n, uint64_t pos,
	   bool *more)
{
	int err = 0;

	if (pos == 0 || !o->made || pos < o->base)
		text_restart(o, n);
	while (!err && pos - o->base >= o->text.len) {
		if (o->made && o->text.cursor == PROC_TEXT_END)
			break;
		err = text_next(o, n);
		thread_check_preempt();
	}
	*more = pos - o->base < o->text.len;
	return err;
}

/* What is left in the kept piece, at most. */
static ssize_t
text_read_piece(struct proc_open *o, struct uio *u, uint64_t *pos)
{
	uint64_t from = *pos - o->base;
	size_t want = MIN(u->left, o->text.len - from);
	size_t done = uio_copy_out(u, o->text.buf + from, want);

	*pos += done;
	return done || !want ? (ssize_t)done : -EFAULT;
}

static ssize_t
text_read(struct file *f, struct uio *u, uint64_t *pos)
{
	const struct proc_node *n = proc_node_of(f->inode);
	struct proc_open *o = f->data;
	ssize_t done = 0;
	bool more;
	int err;

	if (!n->file->show)
		return -EINVAL;
	err = may_open(n); /* may have become another's since */
	if (err)
		return err;
	mutex_lock(&o->lock);
	err = text_reach(o, n, *pos, &more);
	if (!err && more)
		done = text_read_piece(o, u, pos);
	mutex_unlock(&o->lock);
	return err ? err : done;
}

static ssize_t
text_write(struct file *f, struct uio *u, uint64_t *pos)
{
	const struct proc_node *n = proc_node_of(f->inode);
	size_t size = MIN(u->left, STORE_MAX - 1);
	char *buf;
	ssize_t result;

	if (!n->file->store)
		return -EINVAL;
	if (!proc_node_alive(n))
		return -ESRCH;
	buf = kmalloc(STORE_MAX);
	if (!buf)
		return -ENOMEM;
	if (uio_copy_in(u, buf, size) != size)
		result = -EFAULT;
	else
		result = n->file->store(proc_node_number(n), buf, size);
	kfree(buf);
	if (result > 0)
		*pos += (uint64_t)result;
	return result;
}

static unsigned
text_poll(struct file *f, struct poll_table *pt)
{
	const struct proc_node *n = proc_node_of(f->inode);
	unsigned events = POLLIN | POLLRDNORM;
	struct proc_open *o = f->data;
	uint64_t now;

	if (!n->file->event)
		return events | POLLOUT | POLLWRNORM;
	now = n->file->event(pt);
	mutex_lock(&o->lock);
	if (now != o->event)
		events |= POLLERR | POLLPRI;
	o->event = now;
	mutex_unlock(&o->lock);
	return events;
}

static int64_t
text_seek(struct file *f, int64_t off, int whence)
{
	if (whence == SEEK_CUR)
		off += (int64_t)f->pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (off < 0)
		return -EINVAL;
	f->pos = (uint64_t)off;
	return off;
}

const struct file_ops proc_text_ops = {
	.open = text_open,
	.release = text_release,
	.read = text_read,
	.write = text_write,
	.seek = text_seek,
	.poll = text_poll,
};

/* --- bytes at an offset --- */

static int
data_open(struct file *f)
{
	return may_open(proc_node_of(f->inode));
}

/* A page at a time, until a short one. */
static ssize_t
data_read(struct file *f, struct uio *u, uint64_t *pos)
{
	const struct proc_node *n = proc_node_of(f->inode);
	char *buf = kmalloc(PAGE_SIZE);
	ssize_t total = 0, got = 1;

	if (!buf)
		return -ENOMEM;
	while (u->left && got > 0) {
		size_t want = MIN(u->left, PAGE_SIZE), done;

		got = may_open(n);
		if (!got)
			got = n->file->read(n->pid, buf, want, *pos);
		if (got <= 0)
			break;
		done = uio_copy_out(u, buf, (size_t)got);
		total += (ssize_t)done;
		*pos += done;
		if (done < (size_t)got)
			got = done ? 0 : -EFAULT;
		else if (done < want)
			got = 0;
		thread_check_preempt();
	}
	kfree(buf);
	return total ? total : got;
}

static ssize_t
data_write(struct file *f, struct uio *u, uint64_t *pos)
{
	const struct proc_node *n = proc_node_of(f->inode);
	char *buf = kmalloc(PAGE_SIZE);
	ssize_t total = 0, got = 1;

	if (!buf)
		return -ENOMEM;
	if (!n->file->write)
		got = -EINVAL;
	while (u->left && got > 0) {
		size_t want = MIN(u->left, PAGE_SIZE);

		got = may_open(n);
		if (!got && uio_copy_in(u, buf, want) != want)
			got = -EFAULT;
		if (!got)
			got = n->file->write(n->pid, buf, want, *pos);
		if (got <= 0)
			break;
		total += got;
		*pos += (uint64_t)got;
		if ((size_t)got < want)
			break;
	}
	kfree(buf);
	return total ? total : got;
}

/* Addresses are offsets: all 64 bits of them. */
static int64_t
data_seek(struct file *f, int64_t off, int whence)
{
	if (whence == SEEK_CUR)
		off += (int64_t)f->pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	f->pos = (uint64_t)off;
	return off;
}

const struct file_ops proc_data_ops = {
	.open = data_open,
	.read = data_read,
	.write = data_write,
	.seek = data_seek,
};
