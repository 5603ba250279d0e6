/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/chardev_file.h - open files of character devices: struct file on one side,
 * the operations of dev/chardev.h on the other.
 */

#include "dev/chardev.h"
#include "fs/file.h"

extern const struct file_ops chardev_file_ops;

/* The device an open file is, or NULL if it is none. */
struct chardev *file_chardev(const struct file *f);
