/* SPDX-License-Identifier: MIT */

/*
 * fs/fifo.c - opening and closing the ends of pipes, named or not.
 *
 * pipe(2) makes an inode on a file system nobody can see and opens it twice.
 * Opening a FIFO waits for the other end; it is counted before it waits, so
 * two openers always meet, and it waits for the number of opens to change, so
 * a partner that has already gone again counts too.
 *
 * Source: man 7 fifo.
 */

#include <linux/fcntl.h>
#include <linux/magic.h>

#include "fs/fs_priv.h"
#include "fs/pipe.h"
#include "fs/pipe_priv.h"
#include "fs/pseudo.h"
#include "lib/errno.h"

static struct pseudo_fs pipefs RO_AFTER_BOOT = {
	.type.name = "pipefs",
	.kind = "pipe",
	.magic = PIPEFS_MAGIC,
};

/* --- ends ----------------------------------------------------------------- */

/* The inode's pipe, made if need be, with this file counted. NULL: no memory */
static struct pipe *
pipe_of_inode(struct inode *i)
{
	struct pipe *p;

	mutex_lock(&i->lock);
	p = i->pipe;
	if (!p)
		p = i->pipe = pipe_alloc();
	if (p)
		p->files++;
	mutex_unlock(&i->lock);
	return p;
}

static void
pipe_drop_file(struct inode *i, struct pipe *p)
{
	bool last;

	mutex_lock(&i->lock);
	last = --p->files == 0;
	if (last)
		i->pipe = NULL;
	mutex_unlock(&i->lock);
	if (last)
		pipe_free(p);
}

/* Numbers of opens of the other end, as they were when we came. */
struct ends {
	unsigned reader_opens, writer_opens;
	unsigned readers, writers;
};

static void
ends_add(struct file *f, struct pipe *p, struct ends *seen)
{
	mutex_lock(&p->lock);
	seen->reader_opens = p->reader_opens;
	seen->writer_opens = p->writer_opens;
	if (file_readable(f)) {
		p->readers++;
		p->reader_opens++;
	}
	if (file_writable(f)) {
		p->writers++;
		p->writer_opens++;
	}
	seen->readers = p->readers;
	seen->writers = p->writers;
	mutex_unlock(&p->lock);
	wait_queue_wake(&p->open_wait, 0);
}

static void
ends_remove(struct file *f, struct pipe *p)
{
	mutex_lock(&p->lock);
	if (file_readable(f))
		p->readers--;
	if (file_writable(f))
		p->writers--;
	mutex_unlock(&p->lock);
	/* Those who wait for bytes or room may wait in vain now. */
	wait_queue_wake(&p->read_wait, POLLIN | POLLRDNORM | POLLHUP);
	wait_queue_wake(&p->write_wait, POLLOUT | POLLWRNORM | POLLERR);
}

/* Wait for the end this file has not; 0 or an error. */
static int
fifo_meet(struct file *f, struct pipe *p, const struct ends *seen)
{
	bool nonblock = f->flags & O_NONBLOCK;

	if (!file_writable(f) && seen->writers == 0) {
		if (nonblock) { /* not hung up until a writer came and went */
			f->pos = seen->writer_opens;
			return 0;
		}
		return wait_event_interruptible(
			&p->open_wait, p->writer_opens != seen->writer_opens);
	}
	if (!file_readable(f) && seen->readers == 0) {
		if (nonblock)
			return -ENXIO;
		return wait_event_interruptible(
			&p->open_wait, p->reader_opens != seen->reader_opens);
	}
	return 0;
}

int
fifo_open(struct file *f)
{
	struct pipe *p;
	struct ends seen;
	int err = 0;

	p = pipe_of_inode(f->inode);
	if (!p)
		return -ENOMEM;
	f->data = p;
	f->bits = FILE_STREAM;
	f->pos = UINT64_MAX; /* no number of opens: hung up without writers */
	ends_add(f, p, &seen);
	if (!f->path.mount->internal)
		err = fifo_meet(f, p, &seen);
	if (!err)
		return 0;
	ends_remove(f, p);
	pipe_drop_file(f->inode, p);
	return err == -EINTR ? -ERESTARTSYS : err;
}

void
fifo_release(struct file *f)
{
	struct pipe *p = f->data;

	ends_remove(f, p);
	pipe_drop_file(f->inode, p);
}

/* --- pipe(2) -------------------------------------------------------------- */

int
pipe_create(unsigned flags, const struct cred *c, struct file **read_end,
	    struct file **write_end)
{
	struct path p;
	int err;

	flags &= O_NONBLOCK | O_DIRECT;
	err = pseudo_create(&pipefs, S_IFIFO | 0600, &fifo_file_ops, c, &p);
	if (err)
		return err;
	err = file_open_path(&p, O_RDONLY | flags, c, read_end);
	if (!err) {
		err = file_open_path(&p, O_WRONLY | flags, c, write_end);
		if (err)
			file_put(*read_end);
	}
	path_put(&p);
	return err;
}

void
pipe_init(void)
{
	pseudo_fs_init(&pipefs);
}
