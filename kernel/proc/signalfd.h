/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/signalfd.h - a set of signals as a file: reading takes pending ones.
 *
 * The signals are those of whoever reads or polls, not of who made the file:
 * one inherited over fork shows the child its own.
 *
 * Source: man 2 signalfd.
 */

#include "fs/file.h"
#include "sched/waitq.h"

struct process;

/* mask: without SIGKILL and SIGSTOP, which are never taken. */
NODISCARD int signalfd_create(uint64_t mask, unsigned flags, struct file **out);
/* Change the set; -EINVAL if f is no such file. */
NODISCARD int signalfd_set(struct file *f, uint64_t mask);

/* A signal of p became pending; p's signal_lock is held. */
void signalfd_notify_locked(struct process *p);
void signalfd_init(void);
