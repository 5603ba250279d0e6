/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/chardev_file.h - open files of character devices: struct file on one side,
 * the operations of dev/chardev.h on the other.
 */

#include "dev/chardev.h"
#include "fs/file.h"

extern const struct file_ops chardev_file_ops;

/*
 * Open f as d, for file systems whose nodes are not found by number; their
 * file_ops are chardev_file_ops with another open.
 */
NODISCARD int chardev_file_open(struct file *f, struct chardev *d);

/* The device an open file is, or NULL if it is none. */
struct chardev *file_chardev(const struct file *f);
