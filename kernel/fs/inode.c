/* SPDX-License-Identifier: MIT */

/*
 * fs/inode.c - inodes: making, counting, times, and the kinds that behave the
 * same on every file system.
 */

#include "fs/inode.h"

#include <linux/capability.h>

#include "core/wallclock.h"
#include "fs/chardev_file.h"
#include "fs/file_caps.h"
#include "fs/fs_priv.h"
#include "fs/locks.h"
#include "fs/pipe.h"
#include "fs/xattr.h"
#include "lib/errno.h"
#include "mm/slab.h"

static struct slab_cache *inode_cache RO_AFTER_BOOT;
struct mutex rename_lock;

void
inode_cache_init(void)
{
	inode_cache = slab_cache_create("inode", sizeof(struct inode), 8);
	if (!inode_cache)
		panic("fs: no memory for the inode cache");
	mutex_init(&rename_lock, LOCK_RENAME, "rename");
}

struct timestamp
timestamp_now(void)
{
	uint64_t ns = wallclock_ns();

	return (struct timestamp){ .sec = (int64_t)(ns / NSEC_PER_SEC),
				   .nsec = (uint32_t)(ns % NSEC_PER_SEC) };
}

struct inode *
inode_create(struct superblock *sb, mode_t mode, const struct inode_ops *ops,
	     const struct file_ops *fops)
{
	struct inode *i = slab_alloc(inode_cache);

	if (!i)
		return NULL;
	refcount_set(&i->refs, 1);
	i->ops = ops;
	i->file_ops = fops;
	i->sb = sb;
	i->ino = atomic_fetch_add_explicit(&sb->next_ino, 1,
					   memory_order_relaxed);
	mutex_init(&i->lock, LOCK_INODE, "inode");
	list_init(&i->watches);
	i->mode = mode;
	i->nlink = 1;
	i->atime = i->mtime = i->ctime = i->btime = timestamp_now();
	return i;
}

void
inode_put(struct inode *i)
{
	if (!refcount_put(&i->refs))
		return;
	if (i->ops && i->ops->evict)
		i->ops->evict(i);
	xattr_set_destroy(i->xattrs);
	file_locks_destroy(i->locks);
	slab_free(inode_cache, i);
}

void
inode_init_owner(struct inode *i, const struct inode *dir, const struct cred *c)
{
	i->uid = c->user.fs;
	if (!(dir->mode & S_ISGID)) {
		i->gid = c->group.fs;
		return;
	}
	i->gid = dir->gid;
	if (S_ISDIR(i->mode))
		i->mode |= S_ISGID;
	else if ((i->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) &&
		 !cred_in_group(c, i->gid) && !cred_capable(c, CAP_FSETID))
		i->mode &= ~(mode_t)S_ISGID;
}

/* Block devices and sockets have no operations yet: opening says -ENXIO. */
void
inode_init_special(struct inode *i, dev_t rdev)
{
	if (S_ISCHR(i->mode)) {
		i->file_ops = &chardev_file_ops;
		i->rdev = rdev;
	} else if (S_ISBLK(i->mode)) {
		i->rdev = rdev;
	} else if (S_ISFIFO(i->mode)) {
		i->file_ops = &fifo_file_ops;
	}
}

void
inode_touch(struct inode *i, unsigned attr_times)
{
	struct timestamp now = timestamp_now();

	if (attr_times & ATTR_ATIME)
		i->atime = now;
	if (attr_times & ATTR_MTIME)
		i->mtime = now;
	if (attr_times & ATTR_CTIME)
		i->ctime = now;
}

static bool
timestamp_newer(const struct timestamp *a, const struct timestamp *b)
{
	return a->sec != b->sec ? a->sec > b->sec : a->nsec > b->nsec;
}

/* mount(8), "relatime". */
void
inode_touch_read(struct inode *i)
{
	struct timestamp now = timestamp_now();

	if (timestamp_newer(&i->atime, &i->mtime) &&
	    timestamp_newer(&i->atime, &i->ctime) &&
	    now.sec - i->atime.sec < 86400)
		return;
	i->atime = now;
}

int
inode_store_attr(struct inode *i, const struct inode_attr *a)
{
	if (a->bits & ATTR_MODE)
		i->mode = (i->mode & S_IFMT) | (a->mode & 07777);
	if (a->bits & ATTR_UID)
		i->uid = a->uid;
	if (a->bits & ATTR_GID)
		i->gid = a->gid;
	if (a->bits & ATTR_ATIME)
		i->atime = a->atime;
	if (a->bits & ATTR_MTIME)
		i->mtime = a->mtime;
	i->ctime = timestamp_now();
	return 0;
}

/* Set-group-id without group execution is no right to run as somebody: a member
 * of the group may leave it. */
mode_t
mode_without_setid(const struct inode *i, const struct cred *c)
{
	mode_t mode = i->mode & ~(mode_t)S_ISUID;

	if ((mode & S_IXGRP) ||
	    (!cred_in_group(c, i->gid) && !cred_capable(c, CAP_FSETID)))
		mode &= ~(mode_t)S_ISGID;
	return mode;
}

void
inode_drop_setid(struct inode *i)
{
	const struct cred *c;

	inode_drop_file_caps(i);
	if (likely(!(i->mode & (S_ISUID | S_ISGID))))
		return;
	c = cred_current();
	if (!cred_capable(c, CAP_FSETID))
		i->mode = mode_without_setid(i, c);
}

void
inode_lock_pair(struct dentry *a, struct dentry *b)
{
	struct dentry *first = a, *second = b;

	if (dcache_is_ancestor(b, a) ||
	    (!dcache_is_ancestor(a, b) && (uintptr_t)b < (uintptr_t)a)) {
		first = b;
		second = a;
	}
	mutex_lock(&first->inode->lock);
	mutex_lock_nested(&second->inode->lock);
}

bool
inode_owner_or_capable(const struct inode *i, const struct cred *c)
{
	return c->user.fs == i->uid || cred_capable(c, CAP_FOWNER);
}

static unsigned
mode_bits_for(const struct inode *i, const struct cred *c)
{
	if (c->user.fs == i->uid)
		return i->mode >> 6;
	if (cred_in_group(c, i->gid))
		return i->mode >> 3;
	return i->mode;
}

/* capabilities(7): what overrides the mode bits. */
static bool
capability_allows(const struct inode *i, unsigned want, const struct cred *c)
{
	if (cred_capable(c, CAP_DAC_OVERRIDE) &&
	    (!(want & MAY_EXEC) || S_ISDIR(i->mode) || (i->mode & 0111)))
		return true;
	return cred_capable(c, CAP_DAC_READ_SEARCH) &&
	       (want == MAY_READ || (S_ISDIR(i->mode) && !(want & MAY_WRITE)));
}

int
inode_permission(struct inode *i, unsigned want, const struct cred *c)
{
	if (i->ops && i->ops->permission)
		return i->ops->permission(i, want, c);
	return inode_permission_by_mode(i, want, c);
}

int
inode_permission_by_mode(const struct inode *i, unsigned want,
			 const struct cred *c)
{
	/* Most directories of most paths: search is open to all. */
	if (want == MAY_EXEC && (i->mode & 0111) == 0111)
		return 0;
	if ((mode_bits_for(i, c) & want) == want)
		return 0;
	return capability_allows(i, want, c) ? 0 : -EACCES;
}

/* Move the count one step away from zero, unless it is on the other side. */
static int
writers_step(struct inode *i, int step)
{
	int n = atomic_load_explicit(&i->writers, memory_order_relaxed);

	do {
		if ((n > 0 && step < 0) || (n < 0 && step > 0))
			return -ETXTBSY;
	} while (!atomic_compare_exchange_weak(&i->writers, &n, n + step));
	return 0;
}

int
inode_write_begin(struct inode *i)
{
	return writers_step(i, 1);
}

void
inode_write_end(struct inode *i)
{
	atomic_fetch_sub(&i->writers, 1);
}

int
inode_run_begin(struct inode *i)
{
	return writers_step(i, -1);
}

void
inode_run_end(struct inode *i)
{
	atomic_fetch_add(&i->writers, 1);
}
