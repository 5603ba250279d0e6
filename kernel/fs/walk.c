/* SPDX-License-Identifier: MIT */

/*
 * fs/walk.c - from a name to a place: path_resolution(7) as a loop.
 *
 * struct walk_state is where the walk stands: a path with references, and the
 * text still to come.  A symbolic link in the middle pushes its text and the
 * walk goes on with that; the interrupted text waits in the link's frame:
 *
 *	/usr/lib64/ld.so	usr        rest "lib64/ld.so"
 *	   lib64 -> lib		lib64      link: rest "lib", frame keeps "ld.so"
 *				lib        rest "" -> pop -> "ld.so"
 *				ld.so      last
 *
 * A frame whose interrupted text is empty is replaced by the next one, so the
 * final component is the one with nothing left in the text and the frame.
 * There is no recursion; what is left bounded is the number of links (40).
 */

#include "fs/fs_priv.h"
#include "lib/errno.h"
#include "mm/slab.h"

struct walk_link {
	struct walk_link *outer;
	const char *outer_rest; /* of the text that led here; "" only at last */
	char text[];
};

int
walk_begin(struct walk_state *s, const struct walk *w, const char *name)
{
	s->cred = w->cred;
	s->rest = name;
	s->links = NULL;
	s->followed = 0;
	s->must_be_dir = false;
	s->last.kind = PART_NONE;
	if (*name == '/') {
		fs_context_paths(w->fs, &s->root, NULL);
		s->at = s->root;
		path_get(&s->at);
	} else if (w->base) {
		fs_context_paths(w->fs, &s->root, NULL);
		/* Files of no path, such as an eventfd, contain nothing. */
		s->at = w->base->mount ? *w->base : s->root;
		path_get(&s->at);
		if (!w->base->mount)
			return *name ? -ENOTDIR : -ENOENT;
	} else {
		fs_context_paths(w->fs, &s->root, &s->at);
	}
	return *name ? 0 : -ENOENT;
}

void
walk_end(struct walk_state *s)
{
	while (s->links) {
		struct walk_link *l = s->links;

		s->links = l->outer;
		kfree(l);
	}
	path_put(&s->at);
	path_put(&s->root);
}

int
walk_check_search(const struct walk_state *s)
{
	struct inode *i = s->at.dentry->inode;

	if (!S_ISDIR(i->mode))
		return -ENOTDIR;
	return inode_permission(i, MAY_EXEC, s->cred);
}

static void
walk_move(struct walk_state *s, const struct path *to)
{
	path_put(&s->at);
	s->at = *to;
}

/* Push the text of a link; the walk goes on with it. */
static int
walk_push(struct walk_state *s, struct walk_link *l)
{
	struct walk_link *old = s->links;

	if (*s->rest == 0 && old) {
		l->outer = old->outer;
		l->outer_rest = old->outer_rest;
		kfree(old);
	} else {
		l->outer = old;
		l->outer_rest = s->rest;
	}
	s->links = l;
	s->rest = l->text;
	if (*l->text == '/') {
		path_get(&s->root);
		walk_move(s, &s->root);
	}
	return 1;
}

static size_t
link_size(const struct inode *i)
{
	return i->size > 0 && i->size < PATH_MAX ? i->size : PATH_MAX - 1;
}

/* Follow the symbolic link i, found in at: 1 if there is text to walk. */
static int
walk_follow(struct walk_state *s, struct inode *i)
{
	size_t size = link_size(i);
	struct walk_link *l;
	struct path to;
	ssize_t n;
	int err;

	if (++s->followed > SYMLINK_DEPTH)
		return -ELOOP;
	if (i->ops->follow) {
		err = i->ops->follow(i, &to);
		if (!err)
			walk_move(s, &to);
		return err;
	}
	if (!i->ops->readlink)
		return -EINVAL;
	l = kmalloc(sizeof(*l) + size + 1);
	if (!l)
		return -ENOMEM;
	n = i->ops->readlink(i, l->text, size);
	if (n <= 0) {
		kfree(l);
		return n ? (int)n : -ENOENT;
	}
	l->text[n] = 0;
	return walk_push(s, l);
}

/* "..": not above the root of the walk, and through the roots of mounts. */
static void
walk_up(struct walk_state *s)
{
	struct dentry *parent;

	mount_leave(&s->at, &s->root);
	if (s->at.dentry == s->root.dentry && s->at.mount == s->root.mount)
		return;
	if (s->at.dentry == s->at.mount->root)
		return;
	parent = dentry_parent(s->at.dentry);
	dentry_put(s->at.dentry);
	s->at.dentry = parent;
	mount_cross(&s->at);
}

int
walk_enter(struct walk_state *s, struct dentry *child, unsigned flags)
{
	struct inode *i = child->inode;
	int err;

	if (!i) {
		dentry_put(child);
		return -ENOENT;
	}
	if (S_ISLNK(i->mode) && (flags & STEP_FOLLOW)) {
		err = walk_follow(s, i);
		dentry_put(child);
		return err;
	}
	dentry_put(s->at.dentry);
	s->at.dentry = child;
	mount_cross(&s->at);
	return 0;
}

/* The child named part, from the cache or the file system. */
static int
walk_lookup(struct dentry *dir, const struct path_part *part,
	    struct dentry **out)
{
	struct inode *i = dir->inode;
	int err;

	*out = dcache_find(dir, part);
	if (likely(*out != NULL)) {
		if (dcache_still_true(i, *out))
			return 0;
		dentry_put(*out);
	}
	mutex_lock(&i->lock);
	err = dcache_lookup_locked(dir, part, out);
	mutex_unlock(&i->lock);
	return err;
}

int
walk_step(struct walk_state *s, const struct path_part *part, unsigned flags)
{
	struct dentry *child;
	int err;

	if (part->len > NAME_MAX)
		return -ENAMETOOLONG;
	err = walk_check_search(s);
	if (err)
		return err;
	if (part->kind == PART_DOTDOT)
		walk_up(s);
	if (part->kind != PART_NAME)
		return 0;
	err = walk_lookup(s->at.dentry, part, &child);
	if (err)
		return err;
	return walk_enter(s, child, flags);
}

/* Go back to the text a link interrupted, if any is left. */
static bool
walk_pop(struct walk_state *s)
{
	struct walk_link *l = s->links;

	if (!l)
		return false;
	s->rest = l->outer_rest;
	s->links = l->outer;
	kfree(l);
	return true;
}

static bool
walk_at_last(const struct walk_state *s)
{
	return *s->rest == 0 && (!s->links || *s->links->outer_rest == 0);
}

int
walk_to_last(struct walk_state *s)
{
	int err;

	for (;;) {
		path_next(&s->rest, &s->last);
		if (s->last.kind == PART_NONE) {
			if (walk_pop(s))
				continue;
			s->must_be_dir = true; /* nothing but slashes */
			return 0;
		}
		if (walk_at_last(s)) {
			s->must_be_dir |= s->last.slash;
			return s->last.len > NAME_MAX ? -ENAMETOOLONG
						      : walk_check_search(s);
		}
		err = walk_step(s, &s->last, STEP_FOLLOW);
		if (err < 0)
			return err;
	}
}

static int
walk_whole(struct walk_state *s, unsigned flags)
{
	unsigned step;
	int err;

	do {
		err = walk_to_last(s);
		if (err || s->last.kind == PART_NONE)
			return err;
		step = !(flags & WALK_NOFOLLOW) || s->must_be_dir ? STEP_FOLLOW
								  : 0;
		err = walk_step(s, &s->last, step);
	} while (err > 0);
	if (!err && ((flags & WALK_DIRECTORY) || s->must_be_dir) &&
	    !S_ISDIR(s->at.dentry->inode->mode))
		err = -ENOTDIR;
	return err;
}

static int
walk_base_itself(const struct walk *w, unsigned flags, struct path *out)
{
	if (w->base && !w->base->mount)
		return -EACCES; /* a file of no path */
	if (w->base) {
		*out = *w->base;
		path_get(out);
	} else {
		fs_context_paths(w->fs, NULL, out);
	}
	if ((flags & WALK_DIRECTORY) && !S_ISDIR(out->dentry->inode->mode)) {
		path_put(out);
		return -ENOTDIR;
	}
	return 0;
}

int
path_lookup(const struct walk *w, const char *name, unsigned flags,
	    struct path *out)
{
	struct walk_state s;
	int err;

	if (*name == 0 && (flags & WALK_EMPTY))
		return walk_base_itself(w, flags, out);
	err = walk_begin(&s, w, name);
	if (!err)
		err = walk_whole(&s, flags);
	if (!err) {
		*out = s.at;
		path_get(out);
	}
	walk_end(&s);
	return err;
}
