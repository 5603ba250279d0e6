/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/anon_file.h - files that only descriptors lead to: eventfd and its kind.
 *
 * They share one inode, which nothing names, as on Linux.  What they are shows
 * in /proc/PID/fd as the name their file_ops give, and in /proc/PID/fdinfo.
 */

#include "fs/file.h"

/*
 * A stream (no offset) of the current credentials; data is the caller's, to be
 * freed by ops->release.  NULL = no memory, nothing taken over.
 */
struct file *
anon_file_create(const struct file_ops *ops, void *data, unsigned flags);
/* For file_ops.seek: as on Linux they may be seeked, to no effect. */
int64_t anon_file_seek(struct file *f, int64_t off, int whence);
void anon_file_init(void);
