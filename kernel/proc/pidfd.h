/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/pidfd.h - a process as a file: readable once it is dead.
 *
 * The file keeps the process's memory of who it was, not the process or its
 * number: once it is reaped, it names nothing any more (-ESRCH).
 *
 * Source: man 2 pidfd_open, pidfd_send_signal, pidfd_getfd.
 */

#include "fs/file.h"

struct process;
struct siginfo;

/* flags: O_NONBLOCK (waitid(2) does not wait then) or 0. */
NODISCARD int
pidfd_create(struct process *p, unsigned flags, struct file **out);
/* The process f is about, borrowed from f; NULL: f is no such file. */
struct process *pidfd_process(const struct file *f);
/*
 * The process f stands for, with a reference: that of a pidfd, or of an open
 * /proc/PID.  -EBADF: neither; -ESRCH: that of the directory is reaped.
 */
NODISCARD int pidfd_or_proc_dir(const struct file *f, struct process **out);
/* A copy of its descriptor fd: -EBADF, -EPERM, -ESRCH. */
NODISCARD int pidfd_getfd(struct process *p, int fd, struct file **out);
