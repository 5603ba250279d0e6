/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/file_caps.h - what capabilities a program file gives who runs it: the
 * contents of its attribute security.capability.
 *
 * Errors: -ENODATA (it has none), -EINVAL (malformed).
 * Source: man 7 capabilities, "File capability extended attribute versioning".
 */

#include "lib/types.h"

struct inode;

struct file_caps {
	uint64_t permitted, inheritable;
	bool effective; /* all that is permitted also takes effect */
};

NODISCARD int
file_caps_parse(const void *data, size_t size, struct file_caps *out);
/* Takes i's lock. */
NODISCARD int inode_file_caps(struct inode *i, struct file_caps *out);
/* Its content or owner changes: they go (lock held). */
void inode_drop_file_caps(struct inode *i);
