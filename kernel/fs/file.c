/* SPDX-License-Identifier: MIT */

/*
 * fs/file.c - open files: making, counting, closing, and the calls that go to
 * the implementation without much ado.  Reading and writing: readwrite.c.
 */

#include "fs/file.h"

#include <asm/ioctls.h>
#include <linux/falloc.h>
#include <linux/mount.h>

#include "arch/usercopy.h"
#include "fs/chardev_file.h"
#include "fs/eventpoll.h"
#include "fs/fs_priv.h"
#include "fs/locks.h"
#include "fs/notify.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "vm/space.h"

static struct slab_cache *file_cache RO_AFTER_BOOT;

/* What an O_PATH descriptor can do: nothing. */
static const struct file_ops path_only_ops;

void
file_cache_init(void)
{
	file_cache = slab_cache_create("file", sizeof(struct file), 64);
	if (!file_cache)
		panic("fs: no memory for the file cache");
}

/* --- life ----------------------------------------------------------------- */

static struct file *
file_alloc(const struct file_ops *ops, struct inode *inode, unsigned flags,
	   const struct cred *c)
{
	struct file *f = slab_alloc(file_cache);

	if (!f)
		return NULL;
	refcount_set(&f->refs, 1);
	f->ops = ops;
	f->inode = inode;
	f->flags = flags;
	f->bits = FILE_SEEKABLE;
	mutex_init(&f->pos_lock, LOCK_FILE_POS, "file offset");
	spin_init(&f->watch_lock, LOCK_FILE_WATCH, "file watchers");
	list_init(&f->watchers);
	cred_get(c);
	f->cred = c;
	return f;
}

static void
file_free(struct file *f)
{
	cred_put(f->cred);
	if (f->path.dentry)
		path_put(&f->path);
	else if (f->inode)
		inode_put(f->inode);
	slab_free(file_cache, f);
}

struct file *
file_create(const struct file_ops *ops, struct inode *inode, unsigned flags,
	    const struct cred *c)
{
	struct file *f = file_alloc(ops, inode, flags, c);

	if (f && inode)
		inode_get(inode);
	return f;
}

struct file *
file_create_on(const struct path *p, const struct file_ops *ops, unsigned flags,
	       const struct cred *c)
{
	struct file *f = file_alloc(ops, p->dentry->inode, flags, c);

	if (f) {
		f->path = *p;
		path_get(p);
	}
	return f;
}

static bool
counts_as_writer(const struct file *f)
{
	return f->path.dentry && file_writable(f) && S_ISREG(f->inode->mode);
}

/*
 * A writer stands in the way of making its mount read-only and of running the
 * file: -ETXTBSY if it runs already.
 */
static int
writer_begin(struct file *f)
{
	int err;

	if (!counts_as_writer(f))
		return 0;
	err = inode_write_begin(f->inode);
	if (err)
		return err;
	atomic_fetch_add(&f->path.mount->writers, 1);
	f->bits |= FILE_WRITER;
	return 0;
}

static void
writer_end(struct file *f)
{
	if (!(f->bits & FILE_WRITER))
		return;
	atomic_fetch_sub(&f->path.mount->writers, 1);
	inode_write_end(f->inode);
}

int
file_open_path(const struct path *p, unsigned flags, const struct cred *c,
	       struct file **out)
{
	struct inode *i = p->dentry->inode;
	const struct file_ops *ops =
		flags & O_PATH ? &path_only_ops : i->file_ops;
	struct file *f;
	int err;

	if (!ops)
		return -ENXIO;
	f = file_alloc(ops, i, flags | O_LARGEFILE, c);
	if (!f)
		return -ENFILE;
	f->path = *p;
	path_get(p);
	err = writer_begin(f);
	if (err) {
		file_free(f);
		return err;
	}
	err = ops->open ? ops->open(f) : 0;
	if (err) {
		writer_end(f);
		file_free(f);
		return err;
	}
	if (!(flags & O_PATH))
		notify_dentry(p->dentry, IN_OPEN);
	*out = f;
	return 0;
}

void
file_put(struct file *f)
{
	if (!refcount_put(&f->refs))
		return;
	/* While it still can be asked: those who do let go of it first. */
	if (unlikely(f->watched))
		eventpoll_forget(f);
	if (unlikely(f->async))
		f->async->release(f->async);
	if (!(f->flags & O_PATH))
		notify_dentry(f->path.dentry, file_writable(f)
						      ? IN_CLOSE_WRITE
						      : IN_CLOSE_NOWRITE);
	file_locks_release(f);
	writer_end(f);
	if (f->ops->release)
		f->ops->release(f);
	file_free(f);
}

uint64_t
file_count(void)
{
	return slab_in_use(file_cache);
}

unsigned
file_mount_id(const struct file *f)
{
	return f->path.mount ? f->path.mount->id : 0;
}

/* --- calls ---------------------------------------------------------------- */

int
file_iterate(struct file *f, struct dir_sink *s)
{
	int err;

	if (f->flags & O_PATH)
		return -EBADF;
	if (!f->ops->iterate)
		return -ENOTDIR;
	mutex_lock(&f->pos_lock);
	err = f->ops->iterate(f, s);
	mutex_unlock(&f->pos_lock);
	if (!err)
		notify_dentry(f->path.dentry, IN_ACCESS);
	if (!err && f->path.mount && !(f->flags & O_NOATIME) &&
	    !(f->path.mount->flags & (MS_NOATIME | MS_NODIRATIME)))
		inode_touch_read(f->inode);
	return err;
}

static void USER *
user_pointer(uintptr_t arg)
{
	return (void USER *)arg;
}

/* ioctl_fs(2): the requests every file answers. */
static long
ioctl_generic(struct file *f, unsigned cmd, uintptr_t arg)
{
	int value;

	if (cmd == FIONBIO) {
		if (copy_from_user(&value, user_pointer(arg), sizeof(value)))
			return -EFAULT;
		if (value)
			atomic_fetch_or(&f->flags, O_NONBLOCK);
		else
			atomic_fetch_and(&f->flags, ~(unsigned)O_NONBLOCK);
		return 0;
	}
	if (cmd == FIONREAD && f->inode && S_ISREG(f->inode->mode)) {
		value = (int)(f->inode->size - f->pos);
		return copy_to_user(user_pointer(arg), &value, sizeof(value));
	}
	return -ENOTTY;
}

long
file_ioctl(struct file *f, unsigned cmd, uintptr_t arg)
{
	long result;

	if (f->flags & O_PATH)
		return -EBADF;
	result = ioctl_generic(f, cmd, arg);
	if (result == -ENOTTY && f->ops->ioctl)
		result = f->ops->ioctl(f, cmd, arg);
	return result;
}

/* Files that do not say otherwise never keep anybody waiting. */
unsigned
file_poll(struct file *f, struct poll_table *pt)
{
	if (f->flags & O_PATH)
		return POLLNVAL;
	if (!f->ops->poll)
		return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
	return f->ops->poll(f, pt);
}

bool
file_can_poll(const struct file *f)
{
	const struct chardev *dev = file_chardev(f);

	return dev ? dev->ops->poll != NULL : f->ops->poll != NULL;
}

bool
file_noexec(const struct file *f)
{
	return f->path.mount && (f->path.mount->flags & MS_NOEXEC);
}

static int
mmap_check(struct file *f, const struct vm_map_request *r)
{
	if (f->flags & O_PATH)
		return -EBADF;
	if (!file_readable(f))
		return -EACCES;
	if ((r->bits & AREA_SHARED) && (r->bits & AREA_WRITE) &&
	    !file_writable(f))
		return -EACCES;
	if (!f->ops->mmap)
		return -ENODEV;
	if ((r->bits & AREA_EXEC) && file_noexec(f))
		return -EPERM;
	return 0;
}

int
file_mmap(struct file *f, struct vm_map_request *r)
{
	int err;

	err = mmap_check(f, r);
	if (err)
		return err;
	if (!(r->bits & AREA_SHARED) || file_writable(f))
		r->bits |= AREA_MAY_WRITE;
	if (file_noexec(f))
		r->bits |= AREA_NO_EXEC;
	r->source = f;
	r->source_ops = &file_area_source_ops;
	return f->ops->mmap(f, r);
}

int
file_sync(struct file *f)
{
	if (f->flags & O_PATH)
		return -EBADF;
	return f->ops->sync ? f->ops->sync(f) : -EINVAL;
}

int
file_truncate(struct file *f, uint64_t size)
{
	int err;

	if (f->flags & O_PATH)
		return -EBADF;
	if (!file_writable(f) || !f->inode || !S_ISREG(f->inode->mode))
		return -EINVAL;
	err = inode_truncate_checked(f->inode, size);
	if (!err)
		notify_dentry(f->path.dentry, IN_MODIFY);
	return err;
}

int
file_allocate(struct file *f, int mode, uint64_t off, uint64_t len)
{
	if (f->flags & O_PATH)
		return -EBADF;
	if (len == 0 || off > INT64_MAX || len > INT64_MAX)
		return -EINVAL;
	if ((mode & FALLOC_FL_PUNCH_HOLE) && !(mode & FALLOC_FL_KEEP_SIZE))
		return -EOPNOTSUPP;
	if (!file_writable(f))
		return -EBADF;
	if (f->inode && S_ISFIFO(f->inode->mode))
		return -ESPIPE;
	if (f->inode && S_ISDIR(f->inode->mode))
		return -EISDIR;
	if (!f->inode || !S_ISREG(f->inode->mode))
		return -ENODEV;
	if (off + len > INT64_MAX)
		return -EFBIG;
	return f->ops->allocate ? f->ops->allocate(f, mode, off, len)
				: -EOPNOTSUPP;
}

ssize_t
file_name(struct file *f, const struct path *root, char *buf, size_t size)
{
	const char *name = f->ops->anon_name;
	size_t len;

	if (f->path.dentry)
		return path_name(&f->path, root, buf, size);
	if (!name)
		name = "anon_inode:[file]";
	len = strlen(name);
	if (size < len + 1)
		return -ENAMETOOLONG;
	memcpy(buf, name, len + 1);
	return (ssize_t)len;
}

/* --- areas that map a file ------------------------------------------------ */

static void
source_get(void *source)
{
	file_get(source);
}

static void
source_put(void *source)
{
	file_put(source);
}

static void
source_describe(void *source, char *buf, size_t size, dev_t *dev, ino_t *ino)
{
	struct file *f = source;

	if (size && file_name(f, NULL, buf, size) < 0)
		*buf = 0;
	*dev = f->inode ? f->inode->sb->dev : 0;
	*ino = f->inode ? f->inode->ino : 0;
}

const struct area_source_ops file_area_source_ops = {
	.get = source_get,
	.put = source_put,
	.describe = source_describe,
};
