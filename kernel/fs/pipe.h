/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/pipe.h - what pipe.c shows to the rest of fs/, and splice(2);
 * pipe_create() and pipe_fcntl() are in fs/file.h.
 */

#include "fs/file.h"

extern const struct file_ops fifo_file_ops; /* S_ISFIFO inodes */

/* Of splice(2); no header for programs has them. */
#define SPLICE_F_MOVE     1u
#define SPLICE_F_NONBLOCK 2u
#define SPLICE_F_MORE     4u
#define SPLICE_F_GIFT     8u
#define SPLICE_F_ALL      15u

/*
 * Move up to n bytes, one end at least is a pipe; positions as for file_read(),
 * NULL for pipes.  Waits until it has moved something, for pipes not if
 * nonblock.  -EPIPE: the caller sends SIGPIPE.
 */
NODISCARD ssize_t pipe_splice(struct file *in, uint64_t *in_pos,
			      struct file *out, uint64_t *out_pos, size_t n,
			      bool nonblock);
