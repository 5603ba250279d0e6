/* SPDX-License-Identifier: MIT */
#include <linux/fs.h>

#include "fs/procfs/procfs_priv.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "sched/mutex.h"

/*
 * fs/procfs/proc_text.c - files whose text is made when they are read.
 *
 * A read at offset 0 makes the text anew; reads further on go on in the same
 * text, so one pass through a file is consistent.
 */

#define TEXT_FIRST 1024
#define STORE_MAX  4096

struct proc_open {
	struct mutex lock;     /* LOCK_PROC_TEXT */
	struct proc_text text; /* [L] */
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
text_open(struct file *f)
{
	struct proc_open *o = kmalloc(sizeof(*o));

	if (!o)
		return -ENOMEM;
	mutex_init(&o->lock, LOCK_PROC_TEXT, "proc_text");
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

static int
text_make(struct proc_open *o, const struct proc_node *n)
{
	int err;

	kfree(o->text.buf);
	o->text = (struct proc_text){ 0 };
	if (!n->file->show)
		return -EINVAL;
	err = n->file->show(n->pid, &o->text);
	return err ? err : o->text.failed ? -ENOMEM : 0;
}

static ssize_t
text_read(struct file *f, struct uio *u, uint64_t *pos)
{
	struct proc_open *o = f->data;
	size_t want, done;
	int err = 0;

	mutex_lock(&o->lock);
	if (*pos == 0 || !o->text.buf)
		err = text_make(o, proc_node_of(f->inode));
	if (err || *pos >= o->text.len) {
		mutex_unlock(&o->lock);
		return err;
	}
	want = MIN(u->left, o->text.len - *pos);
	done = uio_copy_out(u, o->text.buf + *pos, want);
	mutex_unlock(&o->lock);
	*pos += done;
	return done || !want ? (ssize_t)done : -EFAULT;
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
	buf = kmalloc(STORE_MAX);
	if (!buf)
		return -ENOMEM;
	if (uio_copy_in(u, buf, size) != size)
		result = -EFAULT;
	else
		result = n->file->store(n->pid, buf, size);
	kfree(buf);
	if (result > 0)
		*pos += (uint64_t)result;
	return result;
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
};
