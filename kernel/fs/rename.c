/* SPDX-License-Identifier: MIT */

/*
 * fs/rename.c - rename(2) and renameat2(2).
 *
 * Two directories are locked at once, and a directory that moves takes all
 * below it along.  rename_lock keeps the shape of the tree still meanwhile, so
 * "who is above whom" can be asked; then the locks are taken ancestor first,
 * which agrees with everybody who locks a directory and then its child.
 * Within one directory the shape does not change and its lock is enough.
 */

#include <linux/fs.h>

#include "fs/fs_priv.h"
#include "fs/notify.h"
#include "lib/errno.h"
#include "mm/slab.h"

#define RENAME_KNOWN (RENAME_NOREPLACE | RENAME_EXCHANGE)

struct rename {
	struct walk_state from, to;
	struct dentry *old, *new; /* referenced once looked up */
	unsigned flags;
	bool same_dir;
};

static struct dentry *
old_dir(const struct rename *r)
{
	return r->from.at.dentry;
}

static struct dentry *
new_dir(const struct rename *r)
{
	return r->to.at.dentry;
}

static int
rename_walk(struct rename *r, const struct walk *from, const char *old,
	    const struct walk *to, const char *new)
{
	int err, err_to;

	err = walk_begin(&r->from, from, old);
	err_to = walk_begin(&r->to, to, new); /* both are due for walk_end() */
	if (!err)
		err = walk_to_last(&r->from);
	if (!err)
		err = err_to;
	if (!err)
		err = walk_to_last(&r->to);
	if (err)
		return err;
	if (r->from.at.mount != r->to.at.mount)
		return -EXDEV;
	if (r->from.last.kind != PART_NAME)
		return -EBUSY;
	if (r->to.last.kind != PART_NAME)
		return r->flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
	return mount_read_only(r->from.at.mount) ? -EROFS : 0;
}

static void
rename_lock_dirs(struct rename *r) NO_LOCK_ANALYSIS
{
	r->same_dir = old_dir(r) == new_dir(r);
	if (r->same_dir) {
		mutex_lock(&old_dir(r)->inode->lock);
		return;
	}
	mutex_lock(&rename_lock);
	inode_lock_pair(old_dir(r), new_dir(r));
}

static void
rename_unlock_dirs(struct rename *r) NO_LOCK_ANALYSIS
{
	mutex_unlock(&old_dir(r)->inode->lock);
	if (r->same_dir)
		return;
	mutex_unlock(&new_dir(r)->inode->lock);
	mutex_unlock(&rename_lock);
}

static int
rename_lookup(struct rename *r)
{
	int err;

	err = dcache_lookup_locked(old_dir(r), &r->from.last, &r->old);
	if (err)
		return err;
	err = dcache_lookup_locked(new_dir(r), &r->to.last, &r->new);
	if (err)
		return err;
	if (!r->old->inode)
		return -ENOENT;
	if ((r->flags & RENAME_NOREPLACE) && r->new->inode)
		return -EEXIST;
	if ((r->flags & RENAME_EXCHANGE) && !r->new->inode)
		return -ENOENT;
	return 0;
}

static bool
is_dir(const struct dentry *d)
{
	return d->inode && S_ISDIR(d->inode->mode);
}

/* "name/" must be a directory, or become one. */
static int
rename_check_slashes(const struct rename *r)
{
	if (!is_dir(r->old) && r->from.last.slash)
		return -ENOTDIR;
	if (r->flags & RENAME_EXCHANGE)
		return !is_dir(r->new) && r->to.last.slash ? -ENOTDIR : 0;
	return !is_dir(r->old) && r->to.last.slash ? -ENOTDIR : 0;
}

/* A directory cannot move into itself, nor replace one it lies in. */
static int
rename_check_loop(const struct rename *r)
{
	if (r->same_dir)
		return 0;
	if (dcache_is_ancestor(r->old, new_dir(r)))
		return -EINVAL;
	if (r->new->inode && dcache_is_ancestor(r->new, old_dir(r)))
		return r->flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
	return 0;
}

/* A directory that gets another parent has its ".." written. */
static int
rename_check_dotdot(const struct rename *r)
{
	int err = 0;

	if (r->same_dir)
		return 0;
	if (is_dir(r->old))
		err = inode_permission(r->old->inode, MAY_WRITE, r->from.cred);
	if (!err && (r->flags & RENAME_EXCHANGE) && is_dir(r->new))
		err = inode_permission(r->new->inode, MAY_WRITE, r->from.cred);
	return err;
}

static int
rename_check_permission(const struct rename *r)
{
	const struct cred *c = r->from.cred;
	bool replaces_dir =
		r->flags & RENAME_EXCHANGE ? is_dir(r->new) : is_dir(r->old);
	int err;

	err = path_may_delete(&r->from.at, r->old, is_dir(r->old), c);
	if (err)
		return err;
	err = r->new->inode
		      ? path_may_delete(&r->to.at, r->new, replaces_dir, c)
		      : path_may_create(&r->to.at, c);
	if (err)
		return err;
	return rename_check_dotdot(r);
}

/* The file system's part, with what is replaced locked as its child. */
static int
rename_call(struct rename *r) NO_LOCK_ANALYSIS
{
	struct inode *dir = old_dir(r)->inode;
	struct inode *victim =
		r->flags & RENAME_EXCHANGE ? NULL : r->new->inode;
	int err;

	if (!dir->ops->rename)
		return -EPERM;
	if (victim)
		mutex_lock_nested(&victim->lock);
	if (r->old->mounted || r->new->mounted)
		err = -EBUSY;
	else
		err = dir->ops->rename(dir, r->old, new_dir(r)->inode, r->new,
				       r->flags);
	if (victim)
		mutex_unlock(&victim->lock);
	return err;
}

/* i went from the old name to the new one, or the other way. */
static void
tell_moved(struct rename *r, struct inode *i, bool back)
{
	bool replaces = !(r->flags & RENAME_EXCHANGE);
	struct notify_move m = { .from = old_dir(r)->inode,
				 .to = new_dir(r)->inode,
				 .old = &r->from.last,
				 .new = &r->to.last,
				 .moved = i,
				 .replaced = replaces ? r->new->inode : NULL };

	if (!notify_wanted())
		return;
	if (back) {
		m.from = new_dir(r)->inode;
		m.to = old_dir(r)->inode;
		m.old = &r->to.last;
		m.new = &r->from.last;
	}
	notify_moved_slow(&m);
}

static int
rename_change(struct rename *r)
{
	char *spare = NULL;
	int err;

	if (r->old->inode == r->new->inode)
		return 0; /* two names of one file: nothing to do */
	if (!(r->flags & RENAME_EXCHANGE)) {
		err = dcache_move_prepare(r->new, &spare);
		if (err)
			return err;
	}
	err = rename_call(r);
	if (err) {
		kfree(spare);
		return err;
	}
	if (r->flags & RENAME_EXCHANGE) {
		dcache_exchange(r->old, r->new);
		tell_moved(r, r->old->inode, false);
		tell_moved(r, r->new->inode, true);
		return 0;
	}
	dcache_move(r->old, r->new, spare);
	if (is_dir(r->new))
		dcache_forget_children(r->new);
	tell_moved(r, r->old->inode, false);
	return 0;
}

static int
rename_locked(struct rename *r)
{
	int err;

	err = rename_lookup(r);
	if (!err)
		err = rename_check_slashes(r);
	if (!err)
		err = rename_check_loop(r);
	if (!err && r->old->inode != r->new->inode)
		err = rename_check_permission(r);
	return err ? err : rename_change(r);
}

int
path_rename(const struct walk *from, const char *old, const struct walk *to,
	    const char *new, unsigned rename_flags)
{
	struct rename r = { .flags = rename_flags };
	int err;

	if ((rename_flags & ~(unsigned)RENAME_KNOWN) ||
	    rename_flags == RENAME_KNOWN)
		return -EINVAL;
	err = rename_walk(&r, from, old, to, new);
	if (!err) {
		rename_lock_dirs(&r);
		err = rename_locked(&r);
		rename_unlock_dirs(&r);
	}
	if (r.old)
		dentry_put(r.old);
	if (r.new)
		dentry_put(r.new);
	walk_end(&r.from);
	walk_end(&r.to);
	return err;
}
