/* SPDX-License-Identifier: MIT */

/*
 * fs/fs_context.c - root, working directory and umask of processes.
 */

#include "fs/path.h"
#include "mm/slab.h"

static struct fs_context *
context_create(const struct path *root, const struct path *cwd, mode_t umask)
{
	struct fs_context *c = kmalloc(sizeof(*c));

	if (!c)
		return NULL;
	refcount_set(&c->refs, 1);
	spin_init(&c->lock, LOCK_FS_CONTEXT, "fs context");
	c->root = *root;
	c->cwd = *cwd;
	c->umask = umask;
	return c;
}

struct fs_context *
fs_context_dup(struct fs_context *c)
{
	struct fs_context *copy;
	struct path root, cwd;
	mode_t umask;

	fs_context_paths(c, &root, &cwd);
	spin_lock(&c->lock);
	umask = c->umask;
	spin_unlock(&c->lock);
	copy = context_create(&root, &cwd, umask);
	if (!copy) {
		path_put(&root);
		path_put(&cwd);
		return NULL;
	}
	atomic_store(&copy->tasks, 1);
	return copy;
}

struct fs_context *
fs_context_create(const struct path *root)
{
	struct fs_context *c = context_create(root, root, 022);

	if (!c)
		return NULL;
	path_get(root);
	path_get(root);
	return c;
}

void
fs_context_get(struct fs_context *c)
{
	refcount_get(&c->refs);
}

void
fs_context_put(struct fs_context *c)
{
	if (!refcount_put(&c->refs))
		return;
	path_put(&c->root);
	path_put(&c->cwd);
	kfree(c);
}

void
fs_context_join(struct fs_context *c)
{
	fs_context_get(c);
	atomic_fetch_add(&c->tasks, 1);
}

void
fs_context_leave(struct fs_context *c)
{
	atomic_fetch_sub(&c->tasks, 1);
	fs_context_put(c);
}

/* The old path is put outside the lock: that may free things and sleep. */
static void
context_replace(struct fs_context *c, struct path *slot, const struct path *p)
{
	struct path old;

	path_get(p);
	spin_lock(&c->lock);
	old = *slot;
	*slot = *p;
	spin_unlock(&c->lock);
	path_put(&old);
}

void
fs_context_set_cwd(struct fs_context *c, const struct path *p)
{
	context_replace(c, &c->cwd, p);
}

void
fs_context_set_root(struct fs_context *c, const struct path *p)
{
	context_replace(c, &c->root, p);
}

void
fs_context_paths(struct fs_context *c, struct path *root, struct path *cwd)
{
	spin_lock(&c->lock);
	if (root) {
		*root = c->root;
		path_get(root);
	}
	if (cwd) {
		*cwd = c->cwd;
		path_get(cwd);
	}
	spin_unlock(&c->lock);
}
