/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * syscall/fcntl_lock.h - the commands of fcntl(2) that lock: F_GETLK, F_SETLK,
 * F_SETLKW and the F_OFD_ ones.
 *
 * Errors: -EAGAIN, -EBADF, -EDEADLK, -EFAULT, -EINTR, -EINVAL, -ENOMEM,
 *         -EOVERFLOW.
 */

#include "lib/types.h"

struct file;

bool fcntl_is_lock(int cmd);
NODISCARD long fcntl_lock(struct file *f, int fd, int cmd, uintptr_t arg);
