/* SPDX-License-Identifier: MIT */

/*
 * fs/path_name.c - from a place to its name: getcwd(2), /proc/PID/exe, maps.
 *
 * The name is written from the end of the buffer towards its start, climbing
 * from dentry to parent and, at the root of a mount, to where that is mounted.
 */

#include "fs/mount_priv.h"
#include "lib/errno.h"
#include "lib/string.h"

struct name_builder {
	char *buf;
	size_t start; /* of what is written so far */
};

static bool
prepend(struct name_builder *b, const char *text, size_t n)
{
	if (n > b->start)
		return false;
	b->start -= n;
	memcpy(b->buf + b->start, text, n);
	return true;
}

/* "/name" of p; names are locked. */
static bool
prepend_component(struct name_builder *b, const struct dentry *d)
{
	return prepend(b, d->name, d->name_len) && prepend(b, "/", 1);
}

/*
 * Climb from *p to the root of its mount, or to root; *p is only borrowed and
 * its dentry moves without references.  Names are locked.
 */
static bool
climb_mount(struct name_builder *b, struct path *p, const struct path *root)
{
	while (p->dentry != p->mount->root && p->dentry->parent != p->dentry) {
		if (root && p->dentry == root->dentry &&
		    p->mount == root->mount)
			return true;
		if (!prepend_component(b, p->dentry))
			return false;
		p->dentry = p->dentry->parent;
	}
	return true;
}

static bool
is_same(const struct path *a, const struct path *b)
{
	return b && a->dentry == b->dentry && a->mount == b->mount;
}

/*
 * All components up to root (or the top of the tree).  Sets *reached: root was
 * met, or none was asked for and the top is attached to nothing.
 */
static bool
climb(struct name_builder *b, const struct path *from, const struct path *root,
      bool *reached)
{
	struct path at = *from, held, point;
	bool fits, holds = false;

	for (;;) {
		dcache_names_lock();
		fits = climb_mount(b, &at, root);
		dcache_names_unlock();
		*reached = is_same(&at, root);
		if (!fits || *reached || at.dentry != at.mount->root ||
		    !mount_point(at.mount, &point))
			break;
		if (holds)
			path_put(&held);
		held = at = point;
		holds = true;
	}
	if (fits && !*reached && !root)
		*reached = at.dentry == at.mount->root;
	if (holds)
		path_put(&held);
	return fits;
}

bool
path_deleted(const struct path *p)
{
	return !p->dentry->hashed && p->dentry != p->mount->root &&
	       !p->mount->internal;
}

/*
 * What is on internal mounts has a name, but no place; files (memfd) look as if
 * they had been in the root and were deleted.
 */
static bool
build_internal_name(struct name_builder *b, const struct dentry *d)
{
	if (!S_ISREG(d->inode->mode))
		return prepend(b, d->name, d->name_len);
	return prepend(b, " (deleted)", 10) && prepend_component(b, d);
}

static bool
build_name(struct name_builder *b, const struct path *p,
	   const struct path *root)
{
	size_t end;
	bool reached;

	if (path_deleted(p) && !prepend(b, " (deleted)", 10))
		return false;
	if (p->mount->internal)
		return build_internal_name(b, p->dentry);
	end = b->start;
	if (!climb(b, p, root, &reached))
		return false;
	if (b->start == end && !prepend(b, "/", 1))
		return false;
	return reached || prepend(b, "(unreachable)", 13);
}

ssize_t
path_name(const struct path *p, const struct path *root, char *buf, size_t size)
{
	struct name_builder b = { .buf = buf, .start = size };
	size_t len;

	if (size == 0 || !prepend(&b, "", 1) || !build_name(&b, p, root))
		return -ENAMETOOLONG;
	len = size - b.start - 1;
	memmove(buf, buf + b.start, len + 1);
	return (ssize_t)len;
}
