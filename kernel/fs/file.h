/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/file.h - open files.
 *
 * A struct file is one open: flags, offset, operations.  Descriptors
 * (proc/fdtable.h) hold references; the last one closes it.
 *
 * Locking: pos_lock (mutex, LOCK_FILE_POS) around reads and writes that use
 *          the offset of a seekable file.
 * Context: may sleep.
 */

#include <asm/fcntl.h>

#include "core/uio.h"
#include "fs/inode.h"
#include "sched/poll.h"

struct proc_text;
struct stat;
struct vm_map_request;

/* Where getdents64 puts entries: returns false when the buffer is full. */
struct dir_sink {
	bool (*add)(struct dir_sink *s, const char *name, size_t len, ino_t ino,
		    unsigned d_type, int64_t next_pos);
};

struct file_ops {
	/* Files on no path: what /proc/PID/fd says they are. */
	const char *anon_name;
	int (*open)(struct file *f);     /* NULL = nothing to do */
	void (*release)(struct file *f); /* last reference gone */
	/* *pos is the offset to use and advance. */
	ssize_t (*read)(struct file *f, struct uio *u, uint64_t *pos);
	ssize_t (*write)(struct file *f, struct uio *u, uint64_t *pos);
	int64_t (*seek)(struct file *f, int64_t off, int whence);
	int (*iterate)(struct file *f, struct dir_sink *s);
	long (*ioctl)(struct file *f, unsigned cmd, uintptr_t arg);
	unsigned (*poll)(struct file *f, struct poll_table *pt);
	/* Set request->object and offset rules; NULL = -ENODEV.  The object's
	 * reference is the inode's: the mapping takes its own. */
	int (*mmap)(struct file *f, struct vm_map_request *r);
	int (*sync)(struct file *f);
	int (*allocate)(struct file *f, int mode, uint64_t off, uint64_t len);
	/* Lines of its own in /proc/PID/fdinfo; NULL = none. */
	void (*info)(struct file *f, struct proc_text *t);
};

enum file_bits {
	FILE_SEEKABLE = 1 << 0,   /* lseek is meaningful */
	FILE_STREAM = 1 << 1,     /* no offset to read or write at */
	FILE_NO_SIGPIPE = 1 << 2, /* writes fail with -EPIPE and no signal */
	FILE_WRITER = 1 << 3,     /* counted: in the way of running it */
};

/* What listens to a file for as long as it is open: proc/sigio.c. */
struct file_async {
	void (*release)(struct file_async *a); /* [I] frees it */
};

/* W is watch_lock. */
struct file {
	struct refcount refs;       /* [a] */
	const struct file_ops *ops; /* [I] */
	struct path path;           /* [I] both NULL for files on no path */
	struct inode *inode;        /* [I] kept by path, or referenced */
	atomic_uint flags;          /* [a] O_ACCMODE, O_APPEND, O_NONBLOCK... */
	unsigned bits;              /* [I] enum file_bits */
	struct mutex pos_lock;
	uint64_t pos;                       /* [L] */
	const struct cred *cred;            /* [I] of the opener */
	void *data;                         /* [o] the implementation's */
	_Atomic(struct file_async *) async; /* [a] set once; NULL = none */
	atomic_bool watched;        /* [a] by an epoll, now or earlier */
	struct spinlock watch_lock; /* LOCK_FILE_WATCH */
	struct list_node watchers;  /* [W] of struct epoll_item */
};

/*
 * A file on no path: takes references on inode (may be NULL) and c.  The
 * caller sets bits and data.  NULL = no memory.
 */
struct file *file_create(const struct file_ops *ops, struct inode *inode,
			 unsigned flags, const struct cred *c);
/* The same on a path, not counted as an open of what is there. */
struct file *file_create_on(const struct path *p, const struct file_ops *ops,
			    unsigned flags, const struct cred *c);
/*
 * Open what p leads to (references taken): nothing is checked, permission least
 * of all.  -ENXIO: a kind of file that cannot be opened.
 */
NODISCARD int file_open_path(const struct path *p, unsigned flags,
			     const struct cred *c, struct file **out);
static inline void
file_get(struct file *f)
{
	refcount_get(&f->refs);
}
void file_put(struct file *f);

/*
 * Count or -errno; -EBADF if not open for it, -ESPIPE for an offset on a
 * stream.  With pos NULL the file's own offset is used and moved.
 */
NODISCARD ssize_t file_read(struct file *f, struct uio *u, uint64_t *pos);
NODISCARD ssize_t file_write(struct file *f, struct uio *u, uint64_t *pos);
NODISCARD ssize_t file_read_kernel(struct file *f, void *buf, size_t n,
				   uint64_t pos);
NODISCARD ssize_t file_write_kernel(struct file *f, const void *buf, size_t n,
				    uint64_t pos);
NODISCARD int64_t file_seek(struct file *f, int64_t off, int whence);
/* SEEK_SET, SEEK_CUR, SEEK_END by inode size; for file_ops.seek. */
NODISCARD int64_t file_seek_generic(struct file *f, int64_t off, int whence);
NODISCARD int file_iterate(struct file *f, struct dir_sink *s);
NODISCARD long file_ioctl(struct file *f, unsigned cmd, uintptr_t arg);
unsigned file_poll(struct file *f, struct poll_table *pt);
/* Does it ever keep anybody waiting?  If not it is always ready. */
bool file_can_poll(const struct file *f);
/* Checks access, sets AREA_MAY_WRITE, object, source and source_ops. */
/* Was it opened where nothing may be executed? */
bool file_noexec(const struct file *f);
NODISCARD int file_mmap(struct file *f, struct vm_map_request *r);
NODISCARD int file_sync(struct file *f);
NODISCARD int file_truncate(struct file *f, uint64_t size);
NODISCARD int
file_allocate(struct file *f, int mode, uint64_t off, uint64_t len);
/* sendfile, copy_file_range: through pages or a bounce buffer. */
NODISCARD ssize_t file_splice(struct file *in, uint64_t *in_pos,
			      struct file *out, uint64_t *out_pos, size_t n);

/* Access mode 3 gives neither: such a file is for ioctl only. */
static inline bool
file_readable(const struct file *f)
{
	unsigned flags = f->flags;

	return ((flags + 1) & 1) && !(flags & O_PATH);
}
static inline bool
file_writable(const struct file *f)
{
	unsigned flags = f->flags;

	return ((flags + 1) & 2) && !(flags & O_PATH);
}

/* fstat(2) and friends, for files with and without a path. */
void file_stat(struct file *f, struct stat *out);
void file_statx(struct file *f, struct statx *out);
NODISCARD int
file_setattr(struct file *f, const struct cred *c, const struct inode_attr *a);
unsigned file_mount_id(const struct file *f); /* 0: on no mount */
/* Open files there are. */
uint64_t file_count(void);
/* What /proc/PID/fd/N links to; as path_name(). */
NODISCARD ssize_t file_name(struct file *f, const struct path *root, char *buf,
			    size_t size);

/* Areas that map this file: for vm_map_request.source_ops. */
extern const struct area_source_ops file_area_source_ops;

/* pipe2(2): flags O_CLOEXEC ignored here, O_NONBLOCK, O_DIRECT. */
NODISCARD int pipe_create(unsigned flags, const struct cred *c,
			  struct file **read_end, struct file **write_end);
long pipe_fcntl(struct file *f, unsigned cmd, unsigned long arg);

/* Kernel-side poll of several files for poll/select: see fs/poll.c. */
struct poll_entry {
	struct file *file; /* NULL = ignored */
	unsigned events;   /* wanted; POLLERR|POLLHUP always */
	unsigned revents;  /* out */
};
/* Number ready, 0 at the deadline, -EINTR, -ENOMEM. */
NODISCARD int
file_poll_many(struct poll_entry *e, unsigned n, uint64_t deadline_ns);
