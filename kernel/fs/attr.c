/* SPDX-License-Identifier: MIT */

/*
 * fs/attr.c - who may change what of an inode: chmod(2), chown(2),
 * utimensat(2), truncate(2), access(2).
 *
 * Rules are checked under the inode's lock, against what it says at that
 * moment, and all of them before anything changes.
 */

#include <linux/capability.h>
#include <linux/mount.h>

#include "fs/file_caps.h"
#include "fs/fs_priv.h"
#include "fs/notify.h"
#include "lib/errno.h"

static int
check_mode(const struct inode *i, const struct cred *c, struct inode_attr *a)
{
	if (!inode_owner_or_capable(i, c))
		return -EPERM;
	/* Not a member: the group must not lend its rights. */
	if (!cred_in_group(c, a->bits & ATTR_GID ? a->gid : i->gid) &&
	    !cred_capable(c, CAP_FSETID))
		a->mode &= ~(mode_t)S_ISGID;
	return 0;
}

static int
check_owner(const struct inode *i, const struct cred *c,
	    const struct inode_attr *a)
{
	bool owner = c->user.fs == i->uid;

	if (cred_capable(c, CAP_CHOWN))
		return 0;
	if ((a->bits & ATTR_UID) && !(owner && a->uid == i->uid))
		return -EPERM;
	if ((a->bits & ATTR_GID) &&
	    !(owner && (a->gid == i->gid || cred_in_group(c, a->gid))))
		return -EPERM;
	return 0;
}

/* A file that changes hands loses its set-id bits, whoever asks. */
static void
drop_setid_for_chown(const struct inode *i, const struct cred *c,
		     struct inode_attr *a)
{
	mode_t mode = mode_without_setid(i, c);

	if (S_ISDIR(i->mode) || mode == i->mode)
		return;
	a->mode = a->bits & ATTR_MODE ? a->mode & mode : mode;
	a->bits |= ATTR_MODE;
}

static int
check_times(struct inode *i, const struct cred *c, struct inode_attr *a)
{
	if (inode_owner_or_capable(i, c))
		return 0;
	if (!(a->bits & ATTR_NOW))
		return -EPERM;
	return inode_permission(i, MAY_WRITE, c);
}

static int
check_rules(struct inode *i, const struct cred *c, struct inode_attr *a)
{
	int err = 0;

	if (a->bits & (ATTR_UID | ATTR_GID))
		err = check_owner(i, c, a);
	if (!err && (a->bits & ATTR_MODE))
		err = check_mode(i, c, a);
	if (!err && (a->bits & (ATTR_ATIME | ATTR_MTIME | ATTR_NOW)))
		err = check_times(i, c, a);
	if (!err && (a->bits & (ATTR_UID | ATTR_GID)))
		drop_setid_for_chown(i, c, a);
	return err;
}

static void
fill_now(struct inode_attr *a)
{
	if (!(a->bits & ATTR_NOW))
		return;
	a->bits |= ATTR_ATIME | ATTR_MTIME;
	a->atime = a->mtime = timestamp_now();
}

/* The file system's own way, or the inode's fields. */
static int
inode_apply(struct inode *i, const struct inode_attr *a)
{
	return i->ops && i->ops->setattr ? i->ops->setattr(i, a)
					 : inode_store_attr(i, a);
}

static int
inode_setattr(struct inode *i, const struct cred *c,
	      const struct inode_attr *wanted)
{
	struct inode_attr a = *wanted;
	int err;

	mutex_lock(&i->lock);
	err = check_rules(i, c, &a);
	if (!err) {
		fill_now(&a);
		if ((a.bits & (ATTR_UID | ATTR_GID)) && !S_ISDIR(i->mode))
			inode_drop_file_caps(i);
		err = inode_apply(i, &a);
	}
	mutex_unlock(&i->lock);
	return err;
}

int
inode_truncate_checked(struct inode *i, uint64_t size)
{
	struct inode_attr a = { .bits = ATTR_SIZE | ATTR_MTIME, .size = size };
	int err;

	if (S_ISDIR(i->mode))
		return -EISDIR;
	if (!S_ISREG(i->mode) || size > INT64_MAX)
		return -EINVAL;
	err = inode_write_begin(i);
	if (err)
		return err;
	mutex_lock(&i->lock);
	inode_drop_setid(i);
	a.mtime = timestamp_now();
	err = inode_apply(i, &a);
	mutex_unlock(&i->lock);
	inode_write_end(i);
	return err;
}

/* One time alone is set as if by a read or a write. */
static uint32_t
news_of(unsigned bits)
{
	unsigned both = ATTR_ATIME | ATTR_MTIME;

	if ((bits & ~both) || (bits & both) == both)
		return IN_ATTRIB;
	return bits & ATTR_ATIME ? IN_ACCESS : IN_MODIFY;
}

int
path_setattr(const struct path *p, const struct cred *c,
	     const struct inode_attr *a)
{
	struct inode *i = p->dentry->inode;
	struct inode_attr rest = *a;
	int err;

	if ((a->bits & ATTR_SIZE) && S_ISDIR(i->mode))
		return -EISDIR;
	if ((a->bits & ATTR_SIZE) && !S_ISREG(i->mode))
		return -EINVAL;
	if (mount_read_only(p->mount))
		return -EROFS;
	if (a->bits & ATTR_SIZE) {
		err = inode_permission(i, MAY_WRITE, c);
		if (!err && a->size_limit && a->size > i->size &&
		    a->size > a->size_limit)
			err = -EFBIG;
		if (!err)
			err = inode_truncate_checked(i, a->size);
		rest.bits &= ~(unsigned)ATTR_SIZE;
		if (!err)
			notify_dentry(p->dentry, IN_MODIFY);
		if (err || !rest.bits)
			return err;
	}
	err = inode_setattr(i, c, &rest);
	if (!err)
		notify_dentry(p->dentry, news_of(rest.bits));
	return err;
}

int
file_setattr(struct file *f, const struct cred *c, const struct inode_attr *a)
{
	if (f->flags & O_PATH)
		return -EBADF;
	if (f->path.dentry)
		return path_setattr(&f->path, c, a);
	if (!f->inode)
		return -EINVAL;
	return inode_setattr(f->inode, c, a);
}

int
path_access(const struct path *p, unsigned want, const struct cred *c)
{
	struct inode *i = p->dentry->inode;

	if ((want & MAY_EXEC) && S_ISREG(i->mode) &&
	    (p->mount->flags & MS_NOEXEC))
		return -EACCES;
	if ((want & MAY_WRITE) && mount_read_only(p->mount) &&
	    (S_ISREG(i->mode) || S_ISDIR(i->mode) || S_ISLNK(i->mode)))
		return -EROFS;
	return want ? inode_permission(i, want, c) : 0;
}

int
path_may_create(const struct path *dir, const struct cred *c)
{
	if (mount_read_only(dir->mount))
		return -EROFS;
	return inode_permission(dir->dentry->inode, MAY_WRITE | MAY_EXEC, c);
}

/* unlink(2): in a sticky directory only who owns it or the entry may. */
static bool
sticky_forbids(const struct inode *dir, const struct inode *i,
	       const struct cred *c)
{
	return (dir->mode & S_ISVTX) && c->user.fs != i->uid &&
	       c->user.fs != dir->uid && !cred_capable(c, CAP_FOWNER);
}

int
path_may_delete(const struct path *dir, struct dentry *victim, bool want_dir,
		const struct cred *c)
{
	struct inode *d = dir->dentry->inode, *i = victim->inode;
	int err;

	err = inode_permission(d, MAY_WRITE | MAY_EXEC, c);
	if (err)
		return err;
	if (sticky_forbids(d, i, c))
		return -EPERM;
	if (want_dir && !S_ISDIR(i->mode))
		return -ENOTDIR;
	if (!want_dir && S_ISDIR(i->mode))
		return -EISDIR;
	return 0;
}
