/* SPDX-License-Identifier: MIT */
#include "fs/fs_priv.h"
#include "fs/inotify_priv.h"
#include "fs/notify.h"
#include "fs/procfs/procfs.h"
#include "lib/errno.h"
#include "lib/path.h"
#include "lib/string.h"
#include "mm/slab.h"

/*
 * fs/inotify_watch.c - watches on inodes, and who hears what happens to these.
 *
 *	inode --watches--> watch --group--> queue of events --> read(2)
 *
 * A watch is on two lists: its inode's, under one of a few shared locks, and
 * its group's, under the group's lock, taken inside.  It is put on and taken
 * off both at once, so whoever finds one under either lock may use it there.
 * A group cannot go before its watches have, so what an inode lists is alive.
 */

#define WATCH_LOCKS 32
#define SELF_EVENTS (IN_DELETE_SELF | IN_MOVE_SELF)

atomic_uint notify_watches;

static struct spinlock watch_locks[WATCH_LOCKS] = {
	[0 ... WATCH_LOCKS - 1] = SPINLOCK_INIT(LOCK_NOTIFY, "inode watches"),
};
static atomic_uint next_cookie = 1;

static int
watch_compare(const struct inotify_watch *a, const struct inotify_watch *b)
{
	return a->wd < b->wd ? -1 : a->wd > b->wd;
}

RB_GENERATE_STATIC(watch_tree, inotify_watch, node, watch_compare)

static struct spinlock *
lock_of(const struct inode *i)
{
	return &watch_locks[(uintptr_t)i / 64 % WATCH_LOCKS];
}

/* --- watches -------------------------------------------------------------- */

/* Off both lists (both locks are held), onto dead. */
static void
watch_detach(struct inotify_watch *w, struct list_node *dead)
{
	static const struct happening ignored = { .mask = IN_IGNORED };
	struct inotify *g = w->group;

	list_remove(&w->link);
	RB_REMOVE(watch_tree, &g->watches, w);
	inotify_tell(g, w->wd, &ignored);
	atomic_fetch_sub(&g->account->inotify_watches, 1);
	atomic_fetch_sub(&notify_watches, 1);
	list_push_back(dead, &w->link);
}

static void
free_watches(struct list_node *dead)
{
	struct inotify_watch *w, *next;

	list_for_each_safe (w, next, dead, link) {
		inode_put(w->inode);
		kfree(w);
	}
}

static struct inotify_watch *
watch_find(struct inotify *g, int wd)
{
	struct inotify_watch key = { .wd = wd };

	return RB_FIND(watch_tree, &g->watches, &key);
}

/* Does w listen to it? */
static bool
hears(const struct inotify_watch *w, const struct happening *h)
{
	if (h->unlinked && (w->mask & IN_EXCL_UNLINK))
		return false;
	return w->mask & h->mask & IN_ALL_EVENTS;
}

/* All who watch i; when it is gone, for the last time. */
static void
happen(struct inode *i, const struct happening *h, bool gone)
{
	struct list_node dead = LIST_INIT(dead);
	struct inotify_watch *w, *next;

	spin_lock(lock_of(i));
	list_for_each_safe (w, next, &i->watches, link) {
		struct inotify *g = w->group;
		bool heard = hears(w, h);

		spin_lock(&g->lock);
		if (heard)
			inotify_tell(g, w->wd, h);
		if (gone || (heard && (w->mask & IN_ONESHOT)))
			watch_detach(w, &dead);
		spin_unlock(&g->lock);
	}
	spin_unlock(lock_of(i));
	free_watches(&dead);
}

static bool
is_watched(struct inode *i)
{
	return __atomic_load_n(&i->watches.next, __ATOMIC_RELAXED) !=
	       &i->watches;
}

/* --- what the file layer says --------------------------------------------- */

static uint32_t
kind_of(const struct inode *i)
{
	return S_ISDIR(i->mode) ? IN_ISDIR : 0;
}

void
notify_inode_slow(struct inode *i, uint32_t mask)
{
	struct happening h = { .mask = mask };

	if (!(mask & SELF_EVENTS))
		h.mask |= kind_of(i);
	if (is_watched(i))
		happen(i, &h, false);
}

void
notify_dentry_slow(struct dentry *d, uint32_t mask)
{
	struct dentry *dir = dentry_parent(d);
	char name[NAME_MAX + 1];
	struct happening h = { .mask = mask | kind_of(d->inode) };

	if (dir != d && dir->inode && is_watched(dir->inode)) {
		h.name_len = dentry_copy_name(d, name);
		h.name = name;
		h.unlinked = !d->hashed;
		happen(dir->inode, &h, false);
	}
	dentry_put(dir);
	notify_inode_slow(d->inode, mask);
}

void
notify_entry_slow(struct inode *dir, uint32_t mask, uint32_t cookie,
		  const struct path_part *name)
{
	struct happening h = { .mask = mask,
			       .cookie = cookie,
			       .name = name->name,
			       .name_len = name->len };

	if (is_watched(dir))
		happen(dir, &h, false);
}

void
notify_unlinked_slow(struct inode *victim)
{
	static const struct happening gone = { .mask = IN_DELETE_SELF };

	if (!is_watched(victim))
		return;
	if (!S_ISDIR(victim->mode))
		notify_inode_slow(victim, IN_ATTRIB);
	if (victim->nlink == 0 || S_ISDIR(victim->mode))
		happen(victim, &gone, true);
}

void
notify_removed_slow(struct inode *dir, const struct path_part *name,
		    struct inode *victim)
{
	notify_entry_slow(dir, IN_DELETE | kind_of(victim), 0, name);
	notify_unlinked_slow(victim);
}

void
notify_moved_slow(const struct notify_move *m)
{
	uint32_t cookie = atomic_fetch_add(&next_cookie, 1);
	uint32_t kind = kind_of(m->moved);

	notify_entry_slow(m->from, IN_MOVED_FROM | kind, cookie, m->old);
	notify_entry_slow(m->to, IN_MOVED_TO | kind, cookie, m->new);
	notify_inode_slow(m->moved, IN_MOVE_SELF);
	if (m->replaced)
		notify_unlinked_slow(m->replaced);
}

/* --- adding and removing -------------------------------------------------- */

static struct inotify_watch *
watch_create(struct inotify *g, struct inode *i, uint32_t mask)
{
	struct inotify_watch *w = kmalloc(sizeof(*w));

	if (!w)
		return NULL;
	inode_get(i);
	w->group = g;
	w->inode = i;
	w->mask = mask;
	return w;
}

/* Another mask for the watch g has on i; its number, 0 if it has none. */
static int
watch_change(struct inotify *g, struct inode *i, uint32_t mask)
{
	struct inotify_watch *w;

	list_for_each (w, &i->watches, link) {
		if (w->group != g)
			continue;
		if (mask & IN_MASK_CREATE)
			return -EEXIST;
		w->mask = mask & IN_MASK_ADD ? w->mask | mask : mask;
		return w->wd;
	}
	return 0;
}

static int
watch_publish(struct inotify_watch *w)
{
	struct inotify *g = w->group;

	spin_lock(&g->lock);
	do
		w->wd = g->last_wd =
			g->last_wd == INT32_MAX ? 1 : g->last_wd + 1;
	while (RB_INSERT(watch_tree, &g->watches, w));
	list_push_back(&w->inode->watches, &w->link);
	atomic_fetch_add(&notify_watches, 1);
	spin_unlock(&g->lock);
	return w->wd;
}

int
inotify_add(struct file *f, struct inode *i, uint32_t mask)
{
	struct inotify *g = f->data;
	struct inotify_watch *w = watch_create(g, i, mask);
	int wd;

	if (!w)
		return -ENOMEM;
	spin_lock(lock_of(i));
	wd = watch_change(g, i, mask);
	if (!wd && !user_account_charge(&g->account->inotify_watches,
					(unsigned)inotify_max_watches))
		wd = -ENOSPC;
	if (!wd) {
		wd = watch_publish(w);
		w = NULL;
	}
	spin_unlock(lock_of(i));
	if (w) {
		inode_put(i);
		kfree(w);
	}
	return wd;
}

/* The inode of a watch, with a reference, or NULL. */
static struct inode *
inode_of_watch(struct inotify *g, int wd)
{
	struct inode *i = NULL;
	struct inotify_watch *w;

	spin_lock(&g->lock);
	w = watch_find(g, wd);
	if (w) {
		i = w->inode;
		inode_get(i);
	}
	spin_unlock(&g->lock);
	return i;
}

static int
remove_watch(struct inotify *g, int wd)
{
	struct list_node dead = LIST_INIT(dead);
	struct inode *i = inode_of_watch(g, wd);
	struct inotify_watch *w;

	if (!i)
		return -EINVAL;
	/* Now in the order of the locks: it may have gone meanwhile. */
	spin_lock(lock_of(i));
	spin_lock(&g->lock);
	w = watch_find(g, wd);
	if (w && w->inode == i)
		watch_detach(w, &dead);
	spin_unlock(&g->lock);
	spin_unlock(lock_of(i));
	inode_put(i);
	if (list_empty(&dead))
		return -EINVAL;
	free_watches(&dead);
	return 0;
}

int
inotify_remove(struct file *f, int wd)
{
	return remove_watch(f->data, wd);
}

/* --- the group's end, and its text ---------------------------------------- */

void
inotify_drop_watches(struct inotify *g)
{
	struct inotify_watch *w;
	int wd;

	do {
		spin_lock(&g->lock);
		w = RB_MIN(watch_tree, &g->watches);
		wd = w ? w->wd : 0;
		spin_unlock(&g->lock);
		/* It may go by itself meanwhile: there is a next look. */
		if (wd)
			(void)!remove_watch(g, wd);
	} while (wd);
	/* Who took the last one off may hold the lock still. */
	spin_lock(&g->lock);
	spin_unlock(&g->lock);
}

void
inotify_watch_info(struct inotify *g, struct proc_text *t)
{
	struct inotify_watch *w;

	spin_lock(&g->lock);
	RB_FOREACH(w, watch_tree, &g->watches)
	{
		proc_printf(t,
			    "inotify wd:%x ino:%lx sdev:%lx mask:%x "
			    "ignored_mask:0\n",
			    (unsigned)w->wd, (unsigned long)w->inode->ino,
			    (unsigned long)w->inode->sb->dev, w->mask);
	}
	spin_unlock(&g->lock);
}
