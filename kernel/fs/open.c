/* SPDX-License-Identifier: MIT */

/*
 * fs/open.c - open(2): from a name to a struct file.
 *
 *	open_decode	what the flags ask for, once
 *	open_walk	to the file, making it if O_CREAT says so
 *	open_check	type, permission, flags
 *	file_open_path	the struct file; then O_TRUNC
 */

#include <linux/fcntl.h>
#include <linux/mount.h>

#include "fs/fs_priv.h"
#include "fs/notify.h"
#include "lib/errno.h"

/* The bit that tells O_TMPFILE from O_DIRECTORY, which it includes. */
#define TMPFILE_BIT ((unsigned)O_TMPFILE & ~(unsigned)O_DIRECTORY)

#define O_PATH_KEEPS (O_PATH | O_DIRECTORY | O_NOFOLLOW)
/* Flags for the act of opening only; terminals still look at O_NOCTTY. */
#define O_SPENT (O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC)

struct open {
	struct walk_state s;
	unsigned flags;
	unsigned want; /* MAY_* on the file */
	mode_t mode;   /* of a new file */
	bool created;
};

static int
open_decode(struct open *o, unsigned flags, mode_t mode)
{
	static const unsigned want_of[4] = { MAY_READ, MAY_WRITE,
					     MAY_READ | MAY_WRITE,
					     MAY_READ | MAY_WRITE };

	o->created = false;
	if (flags & O_PATH) {
		o->flags = flags & O_PATH_KEEPS;
		o->want = 0;
		return 0;
	}
	if ((flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY))
		return -EINVAL;
	o->flags = flags;
	o->want = want_of[flags & O_ACCMODE];
	if (flags & O_TRUNC)
		o->want |= MAY_WRITE;
	o->mode = S_IFREG | (mode & 07777);
	if ((flags & TMPFILE_BIT) &&
	    (!(flags & O_DIRECTORY) || !(o->want & MAY_WRITE)))
		return -EINVAL;
	return 0;
}

/* Make the file: the directory is locked and d is negative. */
static int
open_create_locked(struct open *o, struct dentry *d)
{
	struct inode *dir = o->s.at.dentry->inode;
	int err;

	err = path_may_create(&o->s.at, o->s.cred);
	if (err)
		return err;
	if (!dir->ops->create)
		return -EACCES;
	err = dir->ops->create(dir, d, o->mode, o->s.cred);
	o->created = !err;
	if (!err)
		notify_entry(dir, IN_CREATE, &o->s.last);
	return err;
}

/* The final component with O_CREAT, referenced, made if it was not there. */
static int
open_lookup_create(struct open *o, struct dentry **out)
{
	struct dentry *dir = o->s.at.dentry;
	struct inode *i = dir->inode;
	int err;

	*out = dcache_find(dir, &o->s.last);
	if (*out && (*out)->inode && dcache_still_true(i, *out))
		return 0;
	if (*out)
		dentry_put(*out);
	mutex_lock(&i->lock);
	err = dcache_lookup_locked(dir, &o->s.last, out);
	if (!err && !(*out)->inode) {
		err = open_create_locked(o, *out);
		if (err)
			dentry_put(*out);
	}
	mutex_unlock(&i->lock);
	return err;
}

static int
open_last_create(struct open *o, unsigned step)
{
	struct dentry *d;
	int err;

	if (o->s.last.kind != PART_NAME)
		return o->flags & O_EXCL ? -EEXIST : -EISDIR;
	if (o->s.last.slash)
		return -EISDIR;
	err = open_lookup_create(o, &d);
	if (err)
		return err;
	if ((o->flags & O_EXCL) && !o->created) {
		dentry_put(d);
		return -EEXIST;
	}
	return walk_enter(&o->s, d, step);
}

static int
open_walk(struct open *o)
{
	unsigned step;
	int err;

	do {
		err = walk_to_last(&o->s);
		if (err)
			return err;
		step = !(o->flags & O_NOFOLLOW) || o->s.must_be_dir
			       ? STEP_FOLLOW
			       : 0;
		if (o->flags & O_CREAT)
			err = open_last_create(o, step);
		else if (o->s.last.kind != PART_NONE)
			err = walk_step(&o->s, &o->s.last, step);
	} while (err > 0);
	return err;
}

static int
open_check_type(const struct open *o, const struct inode *i)
{
	bool dir_only = (o->flags & O_DIRECTORY) || o->s.must_be_dir;

	if (dir_only && !S_ISDIR(i->mode))
		return -ENOTDIR;
	if (o->flags & O_PATH)
		return 0;
	if (S_ISLNK(i->mode))
		return -ELOOP;
	if (o->flags & TMPFILE_BIT)
		return -EOPNOTSUPP;
	if (S_ISDIR(i->mode) && ((o->want & MAY_WRITE) || (o->flags & O_CREAT)))
		return -EISDIR;
	if ((S_ISCHR(i->mode) || S_ISBLK(i->mode)) &&
	    (o->s.at.mount->flags & MS_NODEV))
		return -EACCES;
	return 0;
}

static int
open_check(const struct open *o)
{
	struct inode *i = o->s.at.dentry->inode;
	int err;

	err = open_check_type(o, i);
	if (err || (o->flags & O_PATH) || o->created)
		return err;
	err = path_access(&o->s.at, o->want, o->s.cred);
	if (err)
		return err;
	if ((o->flags & O_NOATIME) && !inode_owner_or_capable(i, o->s.cred))
		return -EPERM;
	return 0;
}

static int
open_finish(struct open *o, struct file **out)
{
	struct inode *i = o->s.at.dentry->inode;
	int err;

	err = file_open_path(&o->s.at, o->flags & ~(unsigned)O_SPENT, o->s.cred,
			     out);
	if (err)
		return err;
	if ((o->flags & O_TRUNC) && !o->created && S_ISREG(i->mode)) {
		err = inode_truncate_checked(i, 0);
		if (err) {
			file_put(*out);
			return err;
		}
		notify_dentry(o->s.at.dentry, IN_MODIFY);
	}
	return 0;
}

int
path_open(const struct walk *w, const char *name, unsigned flags, mode_t mode,
	  struct file **out)
{
	struct open o;
	int err;

	err = open_decode(&o, flags, mode & ~w->fs->umask);
	if (err)
		return err;
	err = walk_begin(&o.s, w, name);
	if (!err)
		err = open_walk(&o);
	if (!err)
		err = open_check(&o);
	if (!err)
		err = open_finish(&o, out);
	walk_end(&o.s);
	return err;
}
