/* SPDX-License-Identifier: MIT */

/*
 * fs/chardev_file.c - open files of character devices.
 */

#include "fs/chardev_file.h"

#include <linux/fs.h>

#include "lib/errno.h"
#include "mm/slab.h"
#include "vm/space.h"

/* The driver's view of the open, with the file's flags as they are now. */
static struct chardev_open *
open_of(struct file *f)
{
	struct chardev_open *o = f->data;

	__atomic_store_n(&o->flags, f->flags, __ATOMIC_RELAXED);
	return o;
}

/* What seeks in its own way need not have offsets to read at: /dev/kmsg. */
static unsigned
bits_of(const struct chardev *d)
{
	unsigned bits = d->ops->seek ? FILE_SEEKABLE : 0;

	return bits |
	       (d->bits & CHARDEV_SEEKABLE ? FILE_SEEKABLE : FILE_STREAM);
}

int
chardev_file_open(struct file *f, struct chardev *d)
{
	struct chardev_open *o = kmalloc(sizeof(*o));
	int err;

	if (!o)
		return -ENOMEM;
	o->dev = d;
	o->flags = f->flags;
	o->file = f;
	err = d->ops->open ? d->ops->open(o) : 0;
	if (err) {
		kfree(o);
		return err;
	}
	f->data = o;
	f->bits = bits_of(o->dev); /* open may have changed it: /dev/tty */
	return 0;
}

static int
chardev_open(struct file *f)
{
	struct chardev *d = chardev_find(f->inode->rdev);

	return d ? chardev_file_open(f, d) : -ENXIO;
}

static void
chardev_release(struct file *f)
{
	struct chardev_open *o = open_of(f);

	if (o->dev->ops->close)
		o->dev->ops->close(o);
	kfree(o);
}

static ssize_t
chardev_read(struct file *f, struct uio *u, uint64_t *pos)
{
	struct chardev_open *o = open_of(f);
	ssize_t n;

	if (!o->dev->ops->read)
		return -EINVAL;
	n = o->dev->ops->read(o, u, *pos);
	if (n > 0)
		*pos += (uint64_t)n;
	return n;
}

static ssize_t
chardev_write(struct file *f, struct uio *u, uint64_t *pos)
{
	struct chardev_open *o = open_of(f);
	ssize_t n;

	if (!o->dev->ops->write)
		return -EINVAL;
	n = o->dev->ops->write(o, u, *pos);
	if (n > 0)
		*pos += (uint64_t)n;
	return n;
}

/* Devices without positions that may be seeked are always at their start. */
static int64_t
chardev_seek(struct file *f, int64_t off, int whence)
{
	struct chardev_open *o = open_of(f);

	return o->dev->ops->seek ? o->dev->ops->seek(o, off, whence) : 0;
}

static long
chardev_ioctl(struct file *f, unsigned cmd, uintptr_t arg)
{
	struct chardev_open *o = open_of(f);

	return o->dev->ops->ioctl ? o->dev->ops->ioctl(o, cmd, arg) : -ENOTTY;
}

static unsigned
chardev_poll(struct file *f, struct poll_table *pt)
{
	struct chardev_open *o = open_of(f);

	return o->dev->ops->poll ? o->dev->ops->poll(o, pt)
				 : POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
}

/* /dev/zero is anonymous memory under a name: no object of its own. */
static int
chardev_mmap(struct file *f, struct vm_map_request *r)
{
	struct chardev_open *o = open_of(f);

	if (!(o->dev->bits & CHARDEV_ZERO))
		return -ENODEV;
	r->object = NULL;
	r->offset = 0;
	return 0;
}

const struct file_ops chardev_file_ops = {
	.open = chardev_open,
	.release = chardev_release,
	.read = chardev_read,
	.write = chardev_write,
	.seek = chardev_seek,
	.ioctl = chardev_ioctl,
	.poll = chardev_poll,
	.mmap = chardev_mmap,
};

struct chardev *
file_chardev(const struct file *f)
{
	const struct chardev_open *o = f->data;

	return f->ops->release == chardev_release ? o->dev : NULL;
}
