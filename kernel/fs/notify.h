/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/notify.h - the file layer says what happens to files: inotify listens.
 *
 * Masks are IN_* bits.  While nobody watches anything a call costs a load.
 *
 * Context: may hold locks of inodes, no spinlocks.
 */

#include <linux/inotify.h>

#include "fs/inode.h"

struct path_part;

extern atomic_uint notify_watches; /* there are */

static inline bool
notify_wanted(void)
{
	return unlikely(atomic_load_explicit(&notify_watches,
					     memory_order_relaxed) != 0);
}

/* Slow paths; use the inline forms below. */
void notify_inode_slow(struct inode *i, uint32_t mask);
void notify_dentry_slow(struct dentry *d, uint32_t mask);
void notify_entry_slow(struct inode *dir, uint32_t mask, uint32_t cookie,
		       const struct path_part *name);
void notify_removed_slow(struct inode *dir, const struct path_part *name,
			 struct inode *victim);
void notify_unlinked_slow(struct inode *victim);

/* Something happened to i itself. */
static inline void
notify_inode(struct inode *i, uint32_t mask)
{
	if (notify_wanted())
		notify_inode_slow(i, mask);
}

/* To what d leads to: its directory hears of it too, by name. */
static inline void
notify_dentry(struct dentry *d, uint32_t mask)
{
	if (notify_wanted() && d)
		notify_dentry_slow(d, mask);
}

/* An entry of dir came; mask says IN_ISDIR if it is one. */
static inline void
notify_entry(struct inode *dir, uint32_t mask, const struct path_part *name)
{
	if (notify_wanted())
		notify_entry_slow(dir, mask, 0, name);
}

/* An entry of dir went: victim has a name less. */
static inline void
notify_removed(struct inode *dir, const struct path_part *name,
	       struct inode *victim)
{
	if (notify_wanted())
		notify_removed_slow(dir, name, victim);
}

/* What rename(2) did: a cookie joins the two halves. */
struct notify_move {
	struct inode *from, *to; /* the directories */
	const struct path_part *old, *new;
	struct inode *moved;
	struct inode *replaced; /* or NULL */
};
void notify_moved_slow(const struct notify_move *m);
