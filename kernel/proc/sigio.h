/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/sigio.h - a signal when a file becomes ready: O_ASYNC, F_SETOWN,
 * F_SETSIG.
 *
 * Source: man 2 fcntl, "Managing signals".
 */

#include "fs/file.h"

struct f_owner_ex;

/* O_ASYNC on or off; fd is what the signal will name.  -ENOMEM. */
NODISCARD int sigio_enable(struct file *f, int fd, bool on);
/* F_SETOWN and its kin.  -EINVAL: no such command, or signal. */
NODISCARD long sigio_fcntl(struct file *f, unsigned cmd, unsigned long arg);
