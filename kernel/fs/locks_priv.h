/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/locks_priv.h - shared by locks.c, which grants locks, lock_wait.c, which
 * knows who waits for whom, and lock_text.c, which shows them.
 */

#include "core/spinlock.h"
#include "fs/fs_priv.h"
#include "fs/locks.h"
#include "sched/waitq.h"

struct file_lock {
	struct list_node link;
	enum file_lock_kind kind;
	enum file_lock_type type;
	const void *owner;
	pid_t pid;
	uint64_t start, end;
};

/* The locks of one inode: made for the first, there until the inode goes. */
struct file_locks {
	struct spinlock lock;
	struct list_node flocks;  /* [L] */
	struct list_node ranges;  /* [L] by start */
	struct list_node waiting; /* [G] of lock_waiter.in_locks */
	struct wait_queue queue;  /* who waits for any of them */
	struct list_node in_all;  /* [A] all_locks */
	dev_t dev;                /* [I] */
	ino_t ino;                /* [I] */
};

/* Somebody who waits for a lock of a range: an edge of the graph. */
struct lock_waiter {
	struct list_node in_owners; /* [G] */
	struct list_node in_locks;  /* [G] */
	const void *owner;          /* [I] who waits */
	const void *holder;         /* [G] for whom; NULL: to be found again */
};

/* lock_wait.c */
void
lock_wait_begin(struct lock_waiter *w, struct file_locks *l, const void *owner);
void lock_wait_end(struct lock_waiter *w);
/* w waits for holder now.  False: they wait for each other, in a circle. */
bool lock_wait_for(struct lock_waiter *w, const void *holder);
/* Something of l was given up: its waiters look again. */
void lock_wait_again(struct file_locks *l);

/* lock_text.c */
void lock_text_add(struct file_locks *l);
void lock_text_remove(struct file_locks *l);
