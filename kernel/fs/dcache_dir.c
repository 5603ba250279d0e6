/* SPDX-License-Identifier: MIT */

/*
 * fs/dcache_dir.c - reading directories whose record is the name cache.
 *
 * Every name gets the next number of its directory when it appears.  The
 * offset of an open directory is the number of the next name to show, so a
 * position stays right whatever is added or removed around it, names that were
 * there all the time are shown exactly once, and a seek costs one descent of
 * the tree.
 */

#include "fs/dentry_priv.h"
#include "lib/errno.h"

#define DT_OF(mode) ((mode) >> 12 & 15)

/* The first child at or after the position, NULL = none. */
static struct dentry *
child_from(const struct dentry *dir, uint64_t pos)
{
	struct dentry *d = RB_ROOT(&dir->children), *best = NULL;

	while (d) {
		if (d->cookie >= pos) {
			best = d;
			d = RB_LEFT(d, sibling);
		} else {
			d = RB_RIGHT(d, sibling);
		}
	}
	return best;
}

/* "." and "..": false when the sink is full. */
static bool
add_dots(struct file *f, struct dir_sink *s)
{
	struct inode *i = f->inode;
	struct dentry *parent;
	bool added;

	if (f->pos == 0) {
		if (!s->add(s, ".", 1, i->ino, DT_OF(S_IFDIR), 1))
			return false;
		f->pos = 1;
	}
	if (f->pos != 1)
		return true;
	parent = dentry_parent(f->path.dentry);
	added = s->add(s, "..", 2, parent->inode->ino, DT_OF(S_IFDIR),
		       DIR_FIRST_COOKIE);
	dentry_put(parent);
	if (added)
		f->pos = DIR_FIRST_COOKIE;
	return added;
}

static int
dcache_dir_iterate(struct file *f, struct dir_sink *s)
{
	struct dentry *dir = f->path.dentry, *d;
	struct inode *i = f->inode;

	mutex_lock(&i->lock);
	if (i->nlink == 0) {
		mutex_unlock(&i->lock);
		return -ENOENT;
	}
	if (add_dots(f, s)) {
		for (d = child_from(dir, f->pos); d;
		     d = RB_NEXT(dentry_tree, &dir->children, d)) {
			const struct inode *child = d->inode;

			if (!s->add(s, d->name, d->name_len, child->ino,
				    DT_OF(child->mode), (int64_t)d->cookie + 1))
				break;
			f->pos = d->cookie + 1;
		}
	}
	mutex_unlock(&i->lock);
	return 0;
}

const struct file_ops dcache_dir_ops = {
	.iterate = dcache_dir_iterate,
};
