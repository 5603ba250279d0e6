/* SPDX-License-Identifier: MIT */

/*
 * fs/superblock.c - mounted file systems and the types they are made from.
 */

#include "core/spinlock.h"
#include "fs/fs_priv.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/slab.h"

static struct spinlock types_lock =
	SPINLOCK_INIT(LOCK_INODE_LIST, "filesystem types");
static struct list_node types = LIST_INIT(types); /* [types_lock] append only */
static atomic_uint next_minor = 1; /* of devices that are none: major 0 */

void
filesystem_register(struct filesystem_type *t)
{
	spin_lock(&types_lock);
	list_push_back(&types, &t->link);
	spin_unlock(&types_lock);
}

const struct filesystem_type *
filesystem_find(const char *name)
{
	const struct filesystem_type *t, *found = NULL;

	spin_lock(&types_lock);
	list_for_each (t, &types, link) {
		if (!strcmp(t->name, name)) {
			found = t;
			break;
		}
	}
	spin_unlock(&types_lock);
	return found;
}

/* Types never leave the list, so a link may be followed without the lock once
 * it was read under it; fn may sleep. */
void
filesystem_each(void (*fn)(void *arg, const struct filesystem_type *t),
		void *arg)
{
	struct list_node *n = &types;

	for (;;) {
		spin_lock(&types_lock);
		n = n->next;
		spin_unlock(&types_lock);
		if (n == &types)
			return;
		fn(arg, list_entry(n, struct filesystem_type, link));
	}
}

struct superblock *
superblock_create(const struct filesystem_type *type,
		  const struct superblock_ops *ops, uint64_t magic)
{
	struct superblock *sb = kmalloc(sizeof(*sb));

	if (!sb)
		return NULL;
	refcount_set(&sb->refs, 1);
	sb->type = type;
	sb->ops = ops;
	sb->magic = magic;
	sb->next_ino = 1;
	sb->dev = dev_make(0, atomic_fetch_add(&next_minor, 1));
	return sb;
}

void
superblock_get(struct superblock *sb)
{
	refcount_get(&sb->refs);
}

void
superblock_put(struct superblock *sb)
{
	if (!refcount_put(&sb->refs))
		return;
	if (sb->root)
		dcache_destroy_tree(sb->root);
	if (sb->ops && sb->ops->destroy)
		sb->ops->destroy(sb);
	kfree(sb);
}
