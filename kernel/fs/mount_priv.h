/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/mount_priv.h - the mount tree's inner calls, for mount(2) and friends.
 */

#include "fs/fs_priv.h"

extern struct mutex mount_lock;     /* LOCK_MOUNT */
extern struct list_node mount_list; /* [M] of mount.link, in order */

/* One reference; root and sb get theirs.  NULL = no memory. */
struct mount *mount_alloc(struct superblock *sb, struct dentry *root,
			  const char *source, unsigned long flags);
/*
 * Put m on at (moved to what is already mounted there): -ENOENT if at was
 * removed, -ENOTDIR if one is a directory and the other not.
 */
NODISCARD int mount_attach(struct mount *m, struct path *at)
	REQUIRES(mount_lock);
/* Off the tree; -EBUSY if more than `holders` references (0: any number). */
NODISCARD int mount_detach(struct mount *m, unsigned holders)
	REQUIRES(mount_lock);
/* Tell those who poll /proc/mounts. */
void mount_changed(void);
/* Where m is mounted, with references; false: nowhere. */
bool mount_point(const struct mount *m, struct path *out);
