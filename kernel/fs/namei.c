/* SPDX-License-Identifier: MIT */

/*
 * fs/namei.c - changing the name space: mknod, mkdir, symlink, link, unlink,
 * rmdir, readlink.  Renames are in rename.c, creation by open(2) in open.c.
 *
 * Each call walks to the directory, takes its lock, looks the last component
 * up again under it, checks, and lets the file system change its record.
 */

#include <linux/capability.h>
#include <linux/mount.h>

#include "fs/fs_priv.h"
#include "fs/notify.h"
#include "lib/errno.h"
#include "lib/string.h"

/* A place for a new name: the directory is locked and at s.at. */
struct new_name {
	struct walk_state s;
	struct dentry *dentry; /* negative */
};

static int
new_name_check(struct new_name *n, bool is_dir)
{
	if (n->dentry->inode)
		return -EEXIST;
	if (n->s.last.slash && !is_dir)
		return -ENOENT;
	return path_may_create(&n->s.at, n->s.cred);
}

/* Undo with new_name_end(), also after an error. */
static int
new_name_begin(struct new_name *n, const struct walk *w, const char *name,
	       bool is_dir) NO_LOCK_ANALYSIS
{
	struct mutex *lock;
	int err;

	n->dentry = NULL;
	err = walk_begin(&n->s, w, name);
	if (!err)
		err = walk_to_last(&n->s);
	if (err)
		return err;
	if (n->s.last.kind != PART_NAME)
		return -EEXIST;
	lock = &n->s.at.dentry->inode->lock;
	mutex_lock(lock);
	err = dcache_lookup_locked(n->s.at.dentry, &n->s.last, &n->dentry);
	if (!err)
		err = new_name_check(n, is_dir);
	if (err)
		mutex_unlock(lock);
	return err;
}

/* After a new_name_begin() that succeeded. */
static void
new_name_unlock(struct new_name *n) NO_LOCK_ANALYSIS
{
	mutex_unlock(&n->s.at.dentry->inode->lock);
}

static void
new_name_end(struct new_name *n)
{
	if (n->dentry)
		dentry_put(n->dentry);
	walk_end(&n->s);
}

static mode_t
apply_umask(const struct walk *w, mode_t mode)
{
	return mode & ~w->fs->umask;
}

/* Character device 0:0 leads nowhere: everybody may make it. */
static bool
needs_mknod(mode_t mode, dev_t dev)
{
	return S_ISBLK(mode) || (S_ISCHR(mode) && dev != 0);
}

static int
make_node(struct inode *dir, struct dentry *d, mode_t mode, dev_t dev,
	  const struct cred *c)
{
	if (S_ISREG(mode))
		return dir->ops->create ? dir->ops->create(dir, d, mode, c)
					: -EPERM;
	if (needs_mknod(mode, dev) && !cred_capable(c, CAP_MKNOD))
		return -EPERM;
	return dir->ops->mknod ? dir->ops->mknod(dir, d, mode, dev, c) : -EPERM;
}

static int
check_node_mode(mode_t *mode)
{
	switch (*mode & S_IFMT) {
	case 0:
		*mode |= S_IFREG;
		return 0;
	case S_IFREG:
	case S_IFIFO:
	case S_IFSOCK:
	case S_IFCHR:
	case S_IFBLK:
		return 0;
	case S_IFDIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
}

int
path_mknod_at(const struct walk *w, const char *name, mode_t mode, dev_t dev,
	      struct path *out)
{
	struct new_name n;
	struct inode *dir;
	int err;

	err = check_node_mode(&mode);
	if (err)
		return err;
	err = new_name_begin(&n, w, name, false);
	if (!err) {
		dir = n.s.at.dentry->inode;
		mode = (mode & S_IFMT) | apply_umask(w, mode & 07777);
		err = make_node(dir, n.dentry, mode, dev, w->cred);
		if (!err)
			notify_entry(dir, IN_CREATE, &n.s.last);
		if (!err && out) {
			out->mount = n.s.at.mount;
			out->dentry = n.dentry;
			path_get(out);
		}
		new_name_unlock(&n);
	}
	new_name_end(&n);
	return err;
}

int
path_mknod(const struct walk *w, const char *name, mode_t mode, dev_t dev)
{
	return path_mknod_at(w, name, mode, dev, NULL);
}

int
path_mkdir(const struct walk *w, const char *name, mode_t mode)
{
	struct new_name n;
	struct inode *dir;
	int err;

	err = new_name_begin(&n, w, name, true);
	if (!err) {
		dir = n.s.at.dentry->inode;
		mode = S_IFDIR | apply_umask(w, mode & 01777);
		err = dir->ops->mkdir
			      ? dir->ops->mkdir(dir, n.dentry, mode, w->cred)
			      : -EPERM;
		if (!err)
			notify_entry(dir, IN_CREATE | IN_ISDIR, &n.s.last);
		new_name_unlock(&n);
	}
	new_name_end(&n);
	return err;
}

int
path_symlink(const struct walk *w, const char *target, const char *name)
{
	struct new_name n;
	struct inode *dir;
	int err;

	if (*target == 0)
		return -ENOENT;
	err = new_name_begin(&n, w, name, false);
	if (!err) {
		dir = n.s.at.dentry->inode;
		err = dir->ops->symlink ? dir->ops->symlink(dir, n.dentry,
							    target, w->cred)
					: -EPERM;
		if (!err)
			notify_entry(dir, IN_CREATE, &n.s.last);
		new_name_unlock(&n);
	}
	new_name_end(&n);
	return err;
}

/* The directory of n is locked; the target's lock comes after it. */
static int
link_locked(struct new_name *n, const struct path *old)
{
	struct inode *dir = n->s.at.dentry->inode;
	struct inode *i = old->dentry->inode;
	int err;

	if (old->mount != n->s.at.mount)
		return -EXDEV;
	if (S_ISDIR(i->mode) || !dir->ops->link)
		return -EPERM;
	mutex_lock_nested(&i->lock);
	if (i->nlink == 0)
		err = -ENOENT;
	else if (i->nlink == UINT32_MAX)
		err = -EMLINK;
	else
		err = dir->ops->link(dir, n->dentry, i);
	mutex_unlock(&i->lock);
	return err;
}

int
path_link(const struct walk *from, const char *old, unsigned flags,
	  const struct walk *to, const char *new)
{
	struct new_name n;
	struct path target;
	int err;

	/* linkat(2): a name from a descriptor alone is for the privileged. */
	if ((flags & WALK_EMPTY) && *old == 0 &&
	    !cred_capable(from->cred, CAP_DAC_READ_SEARCH))
		return -ENOENT;
	err = path_lookup(from, old, flags & (WALK_NOFOLLOW | WALK_EMPTY),
			  &target);
	if (err)
		return err;
	err = new_name_begin(&n, to, new, false);
	if (!err) {
		err = link_locked(&n, &target);
		if (!err) {
			notify_inode(target.dentry->inode, IN_ATTRIB);
			notify_entry(n.s.at.dentry->inode, IN_CREATE,
				     &n.s.last);
		}
		new_name_unlock(&n);
	}
	new_name_end(&n);
	path_put(&target);
	return err;
}

/* --- removing ------------------------------------------------------------- */

static int
last_must_be_removable(const struct walk_state *s, bool is_dir)
{
	switch (s->last.kind) {
	case PART_NAME:
		return 0;
	case PART_DOTDOT:
		return is_dir ? -ENOTEMPTY : -EISDIR;
	case PART_DOT:
		return is_dir ? -EINVAL : -EISDIR;
	default:
		return is_dir ? -EBUSY : -EISDIR;
	}
}

/* "file/" can name a directory only. */
static int
trailing_slash_error(const struct dentry *d)
{
	return S_ISDIR(d->inode->mode) ? -EISDIR : -ENOTDIR;
}

static int
remove_checked(struct inode *dir, struct dentry *victim, bool is_dir)
{
	struct inode *i = victim->inode;
	int (*op)(struct inode * from, struct dentry * d);
	int err;

	op = is_dir ? dir->ops->rmdir : dir->ops->unlink;
	if (!op)
		return -EPERM;
	mutex_lock_nested(&i->lock);
	err = victim->mounted ? -EBUSY : op(dir, victim);
	mutex_unlock(&i->lock);
	if (!err) {
		dentry_delete(victim);
		if (is_dir)
			dcache_forget_children(victim);
	}
	return err;
}

/* The directory is locked; *victim gets a reference also after an error. */
static int
remove_locked(struct walk_state *s, bool is_dir, struct dentry **victim)
{
	struct dentry *d;
	int err;

	err = dcache_lookup_locked(s->at.dentry, &s->last, &d);
	if (err)
		return err;
	*victim = d;
	if (!d->inode)
		return -ENOENT;
	if (s->last.slash && !is_dir)
		return trailing_slash_error(d);
	err = path_may_delete(&s->at, d, is_dir, s->cred);
	if (err)
		return err;
	return remove_checked(s->at.dentry->inode, d, is_dir);
}

static int
path_remove(const struct walk *w, const char *name, bool is_dir)
{
	struct dentry *victim = NULL;
	struct walk_state s;
	struct mutex *lock;
	int err;

	err = walk_begin(&s, w, name);
	if (!err)
		err = walk_to_last(&s);
	if (!err)
		err = last_must_be_removable(&s, is_dir);
	if (!err && mount_read_only(s.at.mount))
		err = -EROFS;
	if (!err) {
		lock = &s.at.dentry->inode->lock;
		mutex_lock(lock);
		err = remove_locked(&s, is_dir, &victim);
		mutex_unlock(lock);
	}
	if (!err)
		notify_removed(s.at.dentry->inode, &s.last, victim->inode);
	/* Freeing a large file takes time: not under the directory's lock. */
	if (victim)
		dentry_put(victim);
	walk_end(&s);
	return err;
}

int
path_unlink(const struct walk *w, const char *name)
{
	return path_remove(w, name, false);
}

int
path_rmdir(const struct walk *w, const char *name)
{
	return path_remove(w, name, true);
}

/* --- readlink ------------------------------------------------------------- */

ssize_t
path_readlink(const struct walk *w, const char *name, char *buf, size_t size)
{
	struct inode *i;
	struct path p;
	ssize_t n;
	int err;

	err = path_lookup(w, name, WALK_NOFOLLOW | WALK_EMPTY, &p);
	if (err)
		return err;
	i = p.dentry->inode;
	if (!S_ISLNK(i->mode) || !i->ops->readlink) {
		n = *name ? -EINVAL : -ENOENT;
	} else {
		n = i->ops->readlink(i, buf, size);
		if (!(p.mount->flags & MS_NOATIME))
			inode_touch_read(i);
	}
	path_put(&p);
	return n;
}
