/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/devfs/devfs.h - the file system of type "devtmpfs": a tmpfs that begins
 * with a node for each character device, and is the same tree wherever it is
 * mounted.  Programs may add and remove names as they like.
 */

/* Register the type; the tree is made at the first mount. */
void devfs_init(void);
