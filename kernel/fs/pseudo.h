/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/pseudo.h - file systems nobody can see: inodes for open files that have
 * no name, such as pipes and sockets.
 *
 * What is made on one appears in /proc/PID/fd as KIND:[NUMBER], and can be
 * asked by fstat(2) and changed by fchmod(2) like any other file.
 * Context: may sleep.
 */

#include "fs/file.h"

struct pseudo_fs {
	struct filesystem_type type; /* name, given by the owner */
	const char *kind;            /* of the files */
	uint64_t magic;              /* of statfs(2) */
	struct mount *mount;         /* [I] */
};

/* Boot only: panics for want of memory. */
void pseudo_fs_init(struct pseudo_fs *p);

/*
 * A new inode of this mode, c its owner, with file_ops for when it is opened
 * (NULL: it cannot be).  path_put() *out.  -ENOMEM.
 */
NODISCARD int pseudo_create(struct pseudo_fs *p, mode_t mode,
			    const struct file_ops *ops, const struct cred *c,
			    struct path *out);
