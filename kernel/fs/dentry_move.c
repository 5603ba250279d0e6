/* SPDX-License-Identifier: MIT */

/*
 * fs/dentry_move.c - the name cache's part of a rename.
 *
 * Both directories are locked.  What moves is taken off chain and lists, gets
 * its new name and parent while nobody can find it, and is listed again; a
 * lookup that misses it meanwhile waits for a directory's lock.
 */

#include "fs/dentry_priv.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/slab.h"

int
dcache_move_prepare(const struct dentry *new, char **spare)
{
	*spare = NULL;
	if (new->name_len < DENTRY_INLINE)
		return 0;
	*spare = kmalloc(new->name_len + 1u);
	return *spare ? 0 : -ENOMEM;
}

static void
name_set(struct dentry *d, const struct dentry *from, char *spare)
{
	char *text = spare ? spare : d->inline_name;

	if (d->name != d->inline_name)
		kfree((void *)(uintptr_t)d->name);
	memcpy(text, from->name, from->name_len + 1u);
	d->name = text;
	d->name_len = from->name_len;
	d->hash = from->hash;
}

/* Exchange names without memory: heap names by pointer, others by content. */
static void
name_swap(struct dentry *a, struct dentry *b)
{
	char text[DENTRY_INLINE];
	const char *a_name = a->name == a->inline_name ? NULL : a->name;
	const char *b_name = b->name == b->inline_name ? NULL : b->name;
	uint16_t len = a->name_len;
	uint32_t hash = a->hash;

	memcpy(text, a->inline_name, sizeof(text));
	memcpy(a->inline_name, b->inline_name, sizeof(text));
	memcpy(b->inline_name, text, sizeof(text));
	a->name = b_name ? b_name : a->inline_name;
	b->name = a_name ? a_name : b->inline_name;
	a->name_len = b->name_len;
	b->name_len = len;
	a->hash = b->hash;
	b->hash = hash;
}

void
dcache_move(struct dentry *old, struct dentry *new, char *spare)
{
	struct dentry *from = old->parent, *to = new->parent;
	bool pinned;

	dentry_delete(new);
	dcache_unlist(old, &pinned);
	dentry_get(to);
	dcache_names_lock();
	name_set(old, new, spare);
	old->parent = to;
	dcache_names_unlock();
	dcache_relist(old, pinned);
	dentry_put(from);
}

void
dcache_exchange(struct dentry *a, struct dentry *b)
{
	struct dentry *parent = a->parent;
	bool a_pinned, b_pinned;

	dcache_unlist(a, &a_pinned);
	dcache_unlist(b, &b_pinned);
	dcache_names_lock();
	name_swap(a, b);
	a->parent = b->parent; /* the references change owner with them */
	b->parent = parent;
	dcache_names_unlock();
	dcache_relist(a, a_pinned);
	dcache_relist(b, b_pinned);
}
