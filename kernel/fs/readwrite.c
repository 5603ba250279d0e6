/* SPDX-License-Identifier: MIT */

/*
 * fs/readwrite.c - read(2), write(2), lseek(2) and their kernel-side forms.
 *
 * A file with an offset of its own is read and written by one thread at a
 * time: pos_lock covers the copy and the move, as POSIX asks.
 */

#include <linux/fs.h>

#include "fs/file.h"
#include "fs/notify.h"
#include "lib/errno.h"
#include "sched/thread.h"

typedef ssize_t transfer_fn(struct file *f, struct uio *u, uint64_t *pos);

/* The order of the checks is Linux's: what a stream lacks comes first. */
static int
check_transfer(const struct file *f, bool allowed, const uint64_t *pos)
{
	if (f->flags & O_PATH)
		return -EBADF;
	if (pos && (f->bits & FILE_STREAM))
		return -ESPIPE;
	if (!allowed)
		return -EBADF;
	return pos && *pos > INT64_MAX ? -EINVAL : 0;
}

static ssize_t
transfer(struct file *f, struct uio *u, uint64_t *pos, transfer_fn *fn)
{
	uint64_t none = 0;
	ssize_t n;

	if (!fn)
		return f->ops->iterate ? -EISDIR : -EINVAL;
	if (f->bits & FILE_STREAM)
		return fn(f, u, &none);
	if (pos)
		return fn(f, u, pos);
	mutex_lock(&f->pos_lock);
	n = fn(f, u, &f->pos);
	mutex_unlock(&f->pos_lock);
	return n;
}

ssize_t
file_read(struct file *f, struct uio *u, uint64_t *pos)
{
	int err = check_transfer(f, file_readable(f), pos);
	struct thread *t = current_thread();
	ssize_t n;

	if (err)
		return err;
	n = transfer(f, u, pos, f->ops->read);
	if (n > 0)
		notify_dentry(f->path.dentry, IN_ACCESS);
	t->io.reads++;
	t->io.read_bytes += n > 0 ? (size_t)n : 0;
	return n;
}

ssize_t
file_write(struct file *f, struct uio *u, uint64_t *pos)
{
	int err = check_transfer(f, file_writable(f), pos);
	struct thread *t = current_thread();
	ssize_t n;

	if (err)
		return err;
	n = transfer(f, u, pos, f->ops->write);
	if (n > 0)
		notify_dentry(f->path.dentry, IN_MODIFY);
	t->io.writes++;
	t->io.written_bytes += n > 0 ? (size_t)n : 0;
	return n;
}

ssize_t
file_read_kernel(struct file *f, void *buf, size_t n, uint64_t pos)
{
	struct uio_segment s;
	struct uio u;

	uio_kernel(&u, &s, buf, n);
	return file_read(f, &u, &pos);
}

ssize_t
file_write_kernel(struct file *f, const void *buf, size_t n, uint64_t pos)
{
	struct uio_segment s;
	struct uio u;

	uio_kernel(&u, &s, (void *)(uintptr_t)buf, n);
	return file_write(f, &u, &pos);
}

int64_t
file_seek_generic(struct file *f, int64_t off, int whence)
{
	int64_t base, pos;

	switch (whence) {
	case SEEK_SET:
		base = 0;
		break;
	case SEEK_CUR:
		base = (int64_t)f->pos;
		break;
	case SEEK_END:
		base = f->inode ? (int64_t)f->inode->size : 0;
		break;
	case SEEK_DATA: /* one stretch of data, then a hole for ever */
	case SEEK_HOLE:
		if (!f->inode || off < 0 || (uint64_t)off >= f->inode->size)
			return -ENXIO;
		base = whence == SEEK_HOLE ? (int64_t)f->inode->size - off : 0;
		break;
	default:
		return -EINVAL;
	}
	if (__builtin_add_overflow(base, off, &pos))
		return -EOVERFLOW;
	if (pos < 0)
		return -EINVAL;
	f->pos = (uint64_t)pos;
	return pos;
}

int64_t
file_seek(struct file *f, int64_t off, int whence)
{
	int64_t pos;

	if (f->flags & O_PATH)
		return -EBADF;
	if (whence < 0 || whence > SEEK_MAX)
		return -EINVAL;
	if (!(f->bits & FILE_SEEKABLE))
		return -ESPIPE;
	mutex_lock(&f->pos_lock);
	pos = f->ops->seek ? f->ops->seek(f, off, whence)
			   : file_seek_generic(f, off, whence);
	mutex_unlock(&f->pos_lock);
	return pos;
}
