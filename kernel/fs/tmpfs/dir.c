/* SPDX-License-Identifier: MIT */

/*
 * fs/tmpfs/dir.c - directories, symbolic links and special files.
 *
 * The entries are the pinned dentries, so a change of a directory is a count of
 * links and a time; the name cache does the rest.
 */

#include <linux/fs.h>

#include "fs/tmpfs/tmpfs.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/slab.h"

#define ENTRY_SIZE 20 /* what an entry adds to a directory's size, as Linux */

static const struct inode_ops tmpfs_file_inode_ops;
static const struct inode_ops tmpfs_link_inode_ops;

static const struct inode_ops *
ops_of(mode_t mode)
{
	if (S_ISDIR(mode))
		return &tmpfs_dir_inode_ops;
	return S_ISLNK(mode) ? &tmpfs_link_inode_ops : &tmpfs_file_inode_ops;
}

static int
count_inode(struct tmpfs *fs)
{
	if (atomic_fetch_add(&fs->used_inodes, 1) < fs->max_inodes)
		return 0;
	atomic_fetch_sub(&fs->used_inodes, 1);
	return -ENOSPC;
}

/* What the inode's kind needs besides; -ENOMEM. */
static int
set_up_kind(struct inode *i)
{
	if (S_ISREG(i->mode)) {
		i->file_ops = &tmpfs_file_ops;
		return tmpfs_file_init(i);
	}
	if (S_ISDIR(i->mode)) {
		i->nlink = 2;
		i->size = 2 * ENTRY_SIZE; /* "." and ".." */
		i->file_ops = &dcache_dir_ops;
	}
	return 0;
}

int
tmpfs_inode(struct superblock *sb, const struct inode *dir, mode_t mode,
	    const struct cred *c, struct inode **out)
{
	struct inode *i;
	int err = count_inode(tmpfs_of(sb));

	if (err)
		return err;
	i = inode_create(sb, mode, ops_of(mode), NULL);
	if (!i) {
		atomic_fetch_sub(&tmpfs_of(sb)->used_inodes, 1);
		return -ENOMEM;
	}
	if (dir)
		inode_init_owner(i, dir, c);
	err = set_up_kind(i);
	if (err)
		inode_put(i);
	else
		*out = i;
	return err;
}

static void
tmpfs_evict(struct inode *i)
{
	if (S_ISREG(i->mode))
		tmpfs_file_destroy(i);
	else if (S_ISLNK(i->mode))
		kfree(i->data);
	atomic_fetch_sub(&tmpfs_of(i->sb)->used_inodes, 1);
}

/* --- adding --------------------------------------------------------------- */

static void
dir_changed(struct inode *dir)
{
	inode_touch(dir, ATTR_MTIME | ATTR_CTIME);
}

/* d, negative until now, names i: the reference goes with it. */
static void
dir_add(struct inode *dir, struct dentry *d, struct inode *i)
{
	dentry_set_inode(d, i);
	dentry_pin(d);
	dir->size += ENTRY_SIZE;
	if (S_ISDIR(i->mode))
		dir->nlink++;
	dir_changed(dir);
}

/* The file system keeps names, negative ones excepted, nowhere else. */
static int
tmpfs_lookup(struct inode *dir, struct dentry *d)
{
	return 0;
}

static int
tmpfs_mknod(struct inode *dir, struct dentry *d, mode_t mode, dev_t dev,
	    const struct cred *c)
{
	struct inode *i;
	int err = tmpfs_inode(dir->sb, dir, mode, c, &i);

	if (err)
		return err;
	inode_init_special(i, dev);
	dir_add(dir, d, i);
	return 0;
}

static int
tmpfs_create(struct inode *dir, struct dentry *d, mode_t mode,
	     const struct cred *c)
{
	return tmpfs_mknod(dir, d, mode, 0, c);
}

static int
tmpfs_mkdir(struct inode *dir, struct dentry *d, mode_t mode,
	    const struct cred *c)
{
	return tmpfs_mknod(dir, d, mode, 0, c);
}

static int
tmpfs_symlink(struct inode *dir, struct dentry *d, const char *target,
	      const struct cred *c)
{
	struct inode *i;
	int err = tmpfs_inode(dir->sb, dir, S_IFLNK | 0777, c, &i);

	if (err)
		return err;
	i->size = strlen(target);
	i->data = kstrdup(target);
	if (!i->data) {
		inode_put(i);
		return -ENOMEM;
	}
	dir_add(dir, d, i);
	return 0;
}

static int
tmpfs_link(struct inode *dir, struct dentry *d, struct inode *target)
{
	inode_get(target);
	target->nlink++;
	inode_touch(target, ATTR_CTIME);
	dir_add(dir, d, target);
	return 0;
}

/* --- removing ------------------------------------------------------------- */

/* One name less for i, whose lock is held if it is not a directory that was
 * just found empty. */
static void
dir_drop(struct inode *dir, struct inode *i)
{
	dir->size -= ENTRY_SIZE;
	if (S_ISDIR(i->mode)) {
		dir->nlink--;
		i->nlink = 0;
	} else {
		i->nlink--;
	}
	inode_touch(i, ATTR_CTIME);
	dir_changed(dir);
}

static int
tmpfs_unlink(struct inode *dir, struct dentry *d)
{
	dir_drop(dir, d->inode);
	return 0;
}

static int
tmpfs_rmdir(struct inode *dir, struct dentry *d)
{
	if (dentry_has_children(d))
		return -ENOTEMPTY;
	dir_drop(dir, d->inode);
	return 0;
}

/* --- renaming ------------------------------------------------------------- */

/* A directory has the link of its own ".." in its parent. */
static void
move_dotdot(struct inode *from, struct inode *to, const struct dentry *d)
{
	if (from == to || !S_ISDIR(d->inode->mode))
		return;
	from->nlink--;
	to->nlink++;
}

static int
tmpfs_exchange(struct inode *from, struct dentry *old, struct inode *to,
	       struct dentry *new)
{
	move_dotdot(from, to, old);
	move_dotdot(to, from, new);
	inode_touch(new->inode, ATTR_CTIME);
	return 0;
}

static int
tmpfs_replace(struct inode *from, struct dentry *old, struct inode *to,
	      struct dentry *new)
{
	if (new->inode) {
		if (dentry_has_children(new))
			return -ENOTEMPTY;
		dir_drop(to, new->inode);
	}
	move_dotdot(from, to, old);
	from->size -= ENTRY_SIZE;
	to->size += ENTRY_SIZE;
	return 0;
}

static int
tmpfs_rename(struct inode *from, struct dentry *old, struct inode *to,
	     struct dentry *new, unsigned flags)
{
	int err;

	err = flags & RENAME_EXCHANGE ? tmpfs_exchange(from, old, to, new)
				      : tmpfs_replace(from, old, to, new);
	if (err)
		return err;
	inode_touch(old->inode, ATTR_CTIME);
	dir_changed(from);
	dir_changed(to);
	return 0;
}

/* --- inodes --------------------------------------------------------------- */

static ssize_t
tmpfs_readlink(struct inode *i, char *buf, size_t size)
{
	size_t n = MIN(size, i->size);

	memcpy(buf, i->data, n);
	return (ssize_t)n;
}

static int
tmpfs_setattr(struct inode *i, const struct inode_attr *a)
{
	int err = 0;

	if (a->bits & ATTR_SIZE)
		err = tmpfs_seals_resize(i->data, i->size, a->size);
	if (!err && (a->bits & ATTR_SIZE))
		err = tmpfs_file_resize(i, a->size);
	return err ? err : inode_store_attr(i, a);
}

const struct inode_ops tmpfs_dir_inode_ops = {
	.lookup = tmpfs_lookup,
	.create = tmpfs_create,
	.mknod = tmpfs_mknod,
	.mkdir = tmpfs_mkdir,
	.symlink = tmpfs_symlink,
	.link = tmpfs_link,
	.unlink = tmpfs_unlink,
	.rmdir = tmpfs_rmdir,
	.rename = tmpfs_rename,
	TMPFS_XATTR_OPS,
	.evict = tmpfs_evict,
};

static const struct inode_ops tmpfs_file_inode_ops = {
	.setattr = tmpfs_setattr,
	TMPFS_XATTR_OPS,
	.evict = tmpfs_evict,
};

static const struct inode_ops tmpfs_link_inode_ops = {
	.readlink = tmpfs_readlink,
	TMPFS_XATTR_OPS,
	.evict = tmpfs_evict,
};
