/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/locks.h - advisory locks on files.
 *
 *	LOCK_KIND_FLOCK  flock(2): the whole file, owned by the open file
 *	LOCK_KIND_POSIX  F_SETLK: a range, owned by a process (its descriptor
 *	                 table); closing any descriptor of the file drops them
 *	LOCK_KIND_OPEN   F_OFD_SETLK: a range, owned by the open file
 *
 * Locks of ranges stand in each other's way whoever made them; flock(2) knows
 * only its like.
 *
 * Locking: all here take what they need; LOCK_FILE_LOCKS (spin).
 * Context: may sleep, file_lock_set() for as long as another has the lock.
 * Errors:  -EAGAIN (another has it), -EDEADLK, -ERESTARTSYS, -ENOMEM.
 * Source:  man 2 flock, man 2 fcntl, POSIX fcntl.
 */

#include "fs/file.h"

enum file_lock_kind {
	LOCK_KIND_FLOCK,
	LOCK_KIND_POSIX,
	LOCK_KIND_OPEN
};
enum file_lock_type {
	LOCK_TYPE_NONE,
	LOCK_TYPE_SHARED,
	LOCK_TYPE_EXCLUSIVE
};

struct file_lock_request {
	enum file_lock_kind kind;
	enum file_lock_type type; /* LOCK_TYPE_NONE: unlock */
	const void *owner;
	pid_t pid;           /* as others are told: -1 for LOCK_KIND_OPEN */
	uint64_t start, end; /* bytes, both included */
	bool wait;           /* until it can be had */
};

NODISCARD int file_lock_set(struct file *f, const struct file_lock_request *r);
/* Puts what stands in the way of r into r; else its type is LOCK_TYPE_NONE. */
void file_lock_test(struct file *f, struct file_lock_request *r);

/* A descriptor of f in the table `owner` is closed. */
void file_locks_close(struct file *f, const void *owner);
/* The open file goes; called by fs/file.c. */
void file_locks_release(struct file *f);
/* The inode goes; called by fs/inode.c. */
struct file_locks;
void file_locks_destroy(struct file_locks *l);

/* Registers /proc/locks; after procfs_init(). */
void file_locks_init(void);
