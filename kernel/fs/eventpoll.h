/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/eventpoll.h - epoll: a set of watched files, and which of them are ready.
 *
 * A file is watched under a number, its descriptor when it was added, and the
 * pair names the item.  Items do not keep their files open: with its last
 * descriptor a file leaves every set.
 *
 * Context: may sleep, no locks held.
 * Source:  man 7 epoll, epoll_ctl(2), epoll_wait(2).
 */

#include <linux/eventpoll.h>

#include "fs/file.h"

struct user_account;

NODISCARD int eventpoll_create(struct file **out);
bool file_is_eventpoll(const struct file *f);

/*
 * One change to ep, which is an epoll; event is NULL for EPOLL_CTL_DEL.
 * -EEXIST, -ENOENT, -ELOOP (they would watch each other, or too deep),
 * -ENOSPC (limit of the user), -ENOMEM, -EPERM (not a file to wait for),
 * -EINVAL (unknown op, itself, or EPOLLEXCLUSIVE where it cannot be).
 */
NODISCARD int eventpoll_ctl(struct file *ep, int op, struct file *f, int fd,
			    const struct epoll_event *event);

/*
 * Up to max (at least 1) events.  Their number, 0 at the deadline, -EINTR,
 * -EFAULT.
 */
NODISCARD int eventpoll_wait(struct file *ep, struct epoll_event USER *out,
			     int max, uint64_t deadline_ns);

/* f is about to be released: take it out of every set. */
void eventpoll_forget(struct file *f);

/* Items one user may have: /proc/sys/fs/epoll/max_user_watches. */
extern atomic_int eventpoll_user_limit;
void eventpoll_init(void);
