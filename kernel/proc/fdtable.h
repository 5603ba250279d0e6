/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/fdtable.h - file descriptors.
 *
 * A growable array of file references with a bitmap of those in use and one
 * of those to close on exec.  Shared by CLONE_FILES, copied by fork.
 *
 * Tasks use a table (get, put): when the last one leaves, all is closed.
 * Others only look at it (hold, drop), which keeps nothing open: whether a
 * table is shared, and so who keeps its locks, does not depend on who reads
 * /proc.
 *
 * Locking: lock (spin, LOCK_FD_TABLE), held for a slot only; never while a
 *          file is closed.
 * Errors:  -EBADF, -EMFILE (at RLIMIT_NOFILE), -ENOMEM.
 */

#include "core/refcount.h"
#include "core/spinlock.h"
#include "fs/file.h"

#define FD_LIMIT_MAX 1048576

struct fd_table {
	struct refcount users; /* tasks */
	struct refcount holds; /* one of all users, and those who look */
	struct spinlock lock;
	struct file **files; /* [L] size entries */
	uint64_t *used;      /* [L] bitmap */
	uint64_t *cloexec;   /* [L] bitmap */
	int size;            /* [L] multiple of 64 */
	int next;            /* [L] no free slot below */
};

struct fd_table *fd_table_create(void);             /* NULL: no memory */
struct fd_table *fd_table_copy(struct fd_table *t); /* for fork and exec */
void fd_table_get(struct fd_table *t);
void fd_table_put(struct fd_table *t);
/* Has it other users? */
bool fd_table_is_shared(const struct fd_table *t);
void fd_table_hold(struct fd_table *t);
void fd_table_drop(struct fd_table *t);
void fd_table_close_on_exec(struct fd_table *t);

/* The file, with a reference for the caller; NULL = -EBADF. */
struct file *fd_get(struct fd_table *t, int fd);

/*
 * Install f (takes over the reference on success) at the lowest free slot
 * not below min and under limit (RLIMIT_NOFILE).  The descriptor or -errno.
 */
NODISCARD int fd_install(struct fd_table *t, struct file *f, int min, int limit,
			 bool cloexec);
/*
 * The same in two steps, for calls that change something on the way to a file:
 * the slot is taken first, nobody sees it before it is filled.
 */
NODISCARD int fd_reserve(struct fd_table *t, int min, int limit);
void fd_fill(struct fd_table *t, int fd, struct file *f, bool cloexec);
void fd_unreserve(struct fd_table *t, int fd);
/*
 * dup2/dup3: close what fd was. Takes over the reference on success.  -EBUSY:
 * it is reserved.
 */
NODISCARD int
fd_replace(struct fd_table *t, int fd, struct file *f, int limit, bool cloexec);
/* Reserve two slots at once for pipe2: both or none. */
NODISCARD int fd_install_pair(struct fd_table *t, struct file *a,
			      struct file *b, int limit, bool cloexec,
			      int fds[2]);
int fd_close(struct fd_table *t, int fd); /* -EBADF */
int fd_close_range(struct fd_table *t, unsigned first, unsigned last,
		   bool only_mark_cloexec);
bool fd_get_cloexec(struct fd_table *t, int fd, bool *out); /* false: EBADF */
bool fd_set_cloexec(struct fd_table *t, int fd, bool on);
int fd_next(struct fd_table *t, int fd); /* next used >= fd, -1 */
