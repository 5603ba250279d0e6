/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/inotify.h - a queue of what happens to watched files.
 *
 * A watch is on a file, not on a name, and keeps the inode; it is known by a
 * number.  Events queue up to a limit, then one says that some were lost.
 *
 * Source: man 7 inotify.
 */

#include "fs/file.h"

/* -EMFILE: the user has too many. */
NODISCARD int inotify_create(unsigned flags, struct file **out);
bool file_is_inotify(const struct file *f);
/* The watch's number; -EEXIST (IN_MASK_CREATE), -ENOSPC, -ENOMEM. */
NODISCARD int inotify_add(struct file *f, struct inode *i, uint32_t mask);
NODISCARD int inotify_remove(struct file *f, int wd); /* -EINVAL */

/* /proc/sys/fs/inotify */
extern atomic_int inotify_max_queued, inotify_max_instances,
	inotify_max_watches;
