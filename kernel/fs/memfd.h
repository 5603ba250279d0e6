/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/memfd.h - memory that only descriptors lead to, and seals.
 *
 * A seal is a promise of the file that something will not happen to it any
 * more (F_SEAL_* of <linux/fcntl.h>), so that a receiver who does not trust the
 * sender need not copy.  Every file of tmpfs can be asked for its seals; only
 * a memfd made for it takes new ones.
 *
 * Locking: seals are added under the inode's lock.
 * Context: may sleep.
 * Source:  man 2 memfd_create, man 2 fcntl.
 */

#include "fs/file.h"

/* An empty file, open for reading and writing: -ENOMEM. */
NODISCARD int memfd_create(const char *name, bool sealable, struct file **out);

/* The seals, or -EINVAL if it is no such file. */
int file_seals(const struct file *f);
/* -EBUSY: F_SEAL_WRITE, and it is mapped writable; -EINVAL, -EPERM. */
NODISCARD int file_add_seals(struct file *f, unsigned seals);

void memfd_init(void);
