/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/devpts/devpts.h - the file system of type "devpts": the names of
 * pseudo-terminals' slaves, and ptmx, whose every open makes a new pair.
 *
 * Each mount is an instance with numbers of its own.  /dev/ptmx means the
 * instance that is mounted on "pts" beside it.
 *
 * Errors: as pts(4); -ENOSPC no number is free.
 */

#include "fs/file.h"

/* Pairs there may be in all instances together, so numbers are below it. */
#define DEVPTS_MAX 4096

/* Register the type and the device ptmx (5:2). */
void devpts_init(void);

/*
 * Open the slave of the master f (TIOCGPTPEER) with those open(2) flags:
 * -ENOTTY if f is no master, -EIO if it is locked.
 */
NODISCARD int
devpts_open_peer(struct file *f, unsigned flags, struct file **out);

/* /proc/sys/kernel/pty: pairs there are, may be, and are kept for the first. */
int64_t devpts_count(void);
extern atomic_int devpts_max, devpts_reserve;
