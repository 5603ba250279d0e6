/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/pipe.h - what pipe.c shows to the rest of fs/; pipe_create() and
 * pipe_fcntl() are in fs/file.h.
 */

#include "fs/file.h"

extern const struct file_ops fifo_file_ops; /* S_ISFIFO inodes */
