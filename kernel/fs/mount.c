/* SPDX-License-Identifier: MIT */

/*
 * fs/mount.c - the mount tree: which file system is seen on which directory.
 *
 * A mount hangs on a path (parent mount, dentry) and shows a dentry of its
 * superblock there, usually the root; a bind mount shows any other.  Walks
 * cross downward by a hash table, and only where dentry.mounted says that
 * something is there; they go back up by the mount's own links.
 *
 * Attaching and detaching happen under mount_lock; what walks read also changes
 * under mount_hash_lock, where references are taken too.  So a mount found with
 * only the tree's and the unmounter's reference under both cannot be gained by
 * anybody else, and is not busy.
 */

#include "fs/mount_priv.h"

#include <linux/mount.h>

#include "core/spinlock.h"
#include "lib/errno.h"
#include "mm/slab.h"
#include "sched/poll.h"

#define MOUNT_BUCKETS 64u

struct mutex mount_lock;
struct list_node mount_list = LIST_INIT(mount_list); /* [M] */
static struct spinlock mount_hash_lock =
	SPINLOCK_INIT(LOCK_DCACHE, "mount hash");
static struct list_node mount_hash[MOUNT_BUCKETS]; /* [H] */
static atomic_uint next_mount_id = 1;
static struct wait_queue mount_wait; /* pollers of /proc/mounts */
static atomic_ulong mount_changes;   /* [a] */

void
mount_init(void)
{
	mutex_init(&mount_lock, LOCK_MOUNT, "mount");
	wait_queue_init(&mount_wait);
	for (unsigned i = 0; i < MOUNT_BUCKETS; i++)
		list_init(&mount_hash[i]);
}

void
mount_changed(void)
{
	atomic_fetch_add(&mount_changes, 1);
	wait_queue_wake(&mount_wait, POLLERR | POLLPRI);
}

uint64_t
mount_event(struct poll_table *pt)
{
	poll_add(pt, &mount_wait);
	return atomic_load(&mount_changes);
}

static struct list_node *
mount_bucket(const struct mount *parent, const struct dentry *d)
{
	uintptr_t h = (uintptr_t)parent / 64 + (uintptr_t)d / 64;

	return &mount_hash[h % MOUNT_BUCKETS];
}

/* --- life ----------------------------------------------------------------- */

struct mount *
mount_alloc(struct superblock *sb, struct dentry *root, const char *source,
	    unsigned long flags)
{
	struct mount *m = kmalloc(sizeof(*m));

	if (!m)
		return NULL;
	m->source = kstrdup(source && *source ? source : "none");
	if (!m->source) {
		kfree(m);
		return NULL;
	}
	refcount_set(&m->refs, 1);
	superblock_get(sb);
	m->sb = sb;
	dentry_get(root);
	m->root = root;
	m->flags = flags & MOUNT_KEPT_FLAGS;
	m->id = atomic_fetch_add(&next_mount_id, 1);
	list_init(&m->hash_link);
	list_init(&m->link);
	return m;
}

void
mount_get(struct mount *m)
{
	refcount_get(&m->refs);
}

void
mount_put(struct mount *m)
{
	if (!refcount_put(&m->refs))
		return;
	dentry_put(m->root);
	superblock_put(m->sb);
	kfree(m->source);
	kfree(m);
}

void
path_put(const struct path *p)
{
	dentry_put(p->dentry);
	mount_put(p->mount);
}

static struct mount *
mount_of_type(const struct filesystem_type *type, const char *source,
	      const char *options)
{
	struct superblock *sb;
	struct mount *m;

	if (type->mount(type, source, options, &sb))
		return NULL;
	m = mount_alloc(sb, sb->root, source, 0);
	superblock_put(sb);
	return m;
}

struct mount *
mount_create_internal(const struct filesystem_type *type)
{
	struct mount *m = mount_of_type(type, type->name, NULL);

	if (m)
		m->internal = true;
	return m;
}

struct mount *
mount_create_root(const struct filesystem_type *type, const char *source,
		  const char *options)
{
	struct mount *m = mount_of_type(type, source, options);

	if (m) {
		mutex_lock(&mount_lock);
		list_push_back(&mount_list, &m->link);
		mutex_unlock(&mount_lock);
	}
	return m;
}

/* --- crossing ------------------------------------------------------------- */

/* What is mounted right on p, with references; false = nothing. */
static bool
mount_on(const struct path *p, struct path *out)
{
	struct mount *m;
	bool found = false;

	spin_lock(&mount_hash_lock);
	list_for_each (m, mount_bucket(p->mount, p->dentry), hash_link) {
		if (m->parent != p->mount || m->mountpoint != p->dentry)
			continue;
		out->mount = m;
		out->dentry = m->root;
		path_get(out);
		found = true;
		break;
	}
	spin_unlock(&mount_hash_lock);
	return found;
}

void
mount_cross(struct path *p)
{
	struct path over;

	while (unlikely(p->dentry->mounted) && mount_on(p, &over)) {
		path_put(p);
		*p = over;
	}
}

bool
mount_point(const struct mount *m, struct path *out)
{
	bool attached;

	spin_lock(&mount_hash_lock);
	attached = m->parent != NULL;
	if (attached) {
		out->mount = m->parent;
		out->dentry = m->mountpoint;
		path_get(out);
	}
	spin_unlock(&mount_hash_lock);
	return attached;
}

void
mount_leave(struct path *p, const struct path *root)
{
	struct path point;

	while (p->dentry == p->mount->root &&
	       !(p->dentry == root->dentry && p->mount == root->mount) &&
	       mount_point(p->mount, &point)) {
		path_put(p);
		*p = point;
	}
}

/* --- attaching and detaching ---------------------------------------------- */

int
mount_attach(struct mount *m, struct path *at)
{
	struct inode *i;

	mount_cross(at); /* somebody may have been faster */
	i = at->dentry->inode;
	if (S_ISDIR(i->mode) != S_ISDIR(m->root->inode->mode))
		return -ENOTDIR;
	/* Who removes a directory holds its lock and looks at mounted. */
	mutex_lock(&i->lock);
	if (i->nlink == 0 ||
	    (!at->dentry->hashed && at->dentry != at->mount->root)) {
		mutex_unlock(&i->lock);
		return -ENOENT;
	}
	atomic_fetch_add(&at->dentry->mounted, 1);
	mutex_unlock(&i->lock);
	path_get(at);
	spin_lock(&mount_hash_lock);
	m->parent = at->mount;
	m->mountpoint = at->dentry;
	list_push_front(mount_bucket(at->mount, at->dentry), &m->hash_link);
	spin_unlock(&mount_hash_lock);
	at->mount->children++;
	list_push_back(&mount_list, &m->link);
	mount_get(m);
	mount_changed();
	return 0;
}

/* Take m off the tree unless more than `holders` hold it (0: whoever does). */
static bool
mount_unhash(struct mount *m, unsigned holders, struct path *point)
{
	bool idle;

	spin_lock(&mount_hash_lock);
	idle = !holders || refcount_read(&m->refs) <= holders;
	if (idle) {
		point->mount = m->parent;
		point->dentry = m->mountpoint;
		list_remove(&m->hash_link);
		m->parent = NULL;
		m->mountpoint = NULL;
	}
	spin_unlock(&mount_hash_lock);
	return idle;
}

int
mount_detach(struct mount *m, unsigned holders)
{
	struct path point;

	if (!mount_unhash(m, holders, &point))
		return -EBUSY;
	atomic_fetch_sub(&point.dentry->mounted, 1);
	point.mount->children--;
	list_remove(&m->link);
	path_put(&point);
	mount_put(m); /* the tree's */
	mount_changed();
	return 0;
}
