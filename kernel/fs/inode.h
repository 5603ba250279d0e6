/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/inode.h - inodes, directory entries and mounts: the name space.
 *
 * inode:  a file, whatever it is called.  dentry: a name in a directory, with
 * the inode it leads to (NULL = negative: known not to exist).  mount: a file
 * system placed on a dentry.  path: a dentry as seen through a mount.
 * File systems implement inode_ops and file_ops; the rest of the kernel calls
 * the functions of fs/path.h and fs/file.h.
 *
 * References: a dentry holds its parent and its inode; a path holds its dentry
 * and its mount.
 * Locking: inode.lock (mutex, LOCK_INODE): entries of a directory, data and
 *          size of a file.  dcache lock (spin, LOCK_DCACHE): hash, child
 *          lists, names.  LOCK_RENAME then two inode locks in address order
 *          for renames across directories.
 * Errors:  as path_resolution(7).
 */

#include <linux/stat.h>

#include "core/refcount.h"
#include "fs/cred.h"
#include "lib/list.h"
#include "sched/mutex.h"
#include "vm/object.h"

#define NAME_MAX      255
#define PATH_MAX      4096
#define SYMLINK_DEPTH 40

struct dentry;
struct file;
struct file_ops;
struct inode;
struct mount;
struct superblock;

struct path {
	struct mount *mount;
	struct dentry *dentry;
};

struct timestamp { /* seconds since 1970, nanoseconds */
	int64_t sec;
	uint32_t nsec;
};

/* What chmod, chown, truncate and utimensat change; bits say which. */
enum attr_bits {
	ATTR_MODE = 1 << 0,
	ATTR_UID = 1 << 1,
	ATTR_GID = 1 << 2,
	ATTR_SIZE = 1 << 3,
	ATTR_ATIME = 1 << 4,
	ATTR_MTIME = 1 << 5,
	ATTR_CTIME = 1 << 6,
};
struct inode_attr {
	unsigned bits;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	uint64_t size;
	struct timestamp atime, mtime;
};

/*
 * Directory operations are called with dir->lock held; the dentry is negative
 * for the creating ones.  NULL operations mean -EPERM (create family), as on
 * Linux, or -ENOTDIR for lookup.
 */
struct inode_ops {
	/* Fill d->inode (dentry_set_inode), or leave it negative; 0 or error */
	int (*lookup)(struct inode *dir, struct dentry *d);
	int (*create)(struct inode *dir, struct dentry *d, mode_t mode,
		      const struct cred *c);
	int (*mknod)(struct inode *dir, struct dentry *d, mode_t mode,
		     dev_t dev, const struct cred *c);
	int (*mkdir)(struct inode *dir, struct dentry *d, mode_t mode,
		     const struct cred *c);
	int (*symlink)(struct inode *dir, struct dentry *d, const char *target,
		       const struct cred *c);
	int (*link)(struct inode *dir, struct dentry *d, struct inode *target);
	int (*unlink)(struct inode *dir, struct dentry *d);
	int (*rmdir)(struct inode *dir, struct dentry *d);
	/* flags: RENAME_NOREPLACE handled above; RENAME_EXCHANGE here. */
	int (*rename)(struct inode *from, struct dentry *old, struct inode *to,
		      struct dentry *new, unsigned flags);
	/* Target text into buf (not NUL-terminated): length or error. */
	ssize_t (*readlink)(struct inode *i, char *buf, size_t size);
	/* Magic links (/proc/self/exe): the path itself; else NULL. */
	int (*follow)(struct inode *i, struct path *out);
	int (*setattr)(struct inode *i, const struct inode_attr *a);
	/* Refresh fields before stat; NULL = always right. */
	int (*getattr)(struct inode *i);
	/* Is a cached dentry still true? NULL = yes (procfs says no). */
	bool (*revalidate)(struct dentry *d);
	/* Last reference gone and nlink 0 or not cached: free data. */
	void (*evict)(struct inode *i);
	/* Permission beyond the mode bits; NULL = mode bits decide. */
	int (*permission)(struct inode *i, unsigned want, const struct cred *c);
};

struct inode {
	struct refcount refs;            /* [a] */
	const struct inode_ops *ops;     /* [I] */
	const struct file_ops *file_ops; /* [I] what open gives */
	struct superblock *sb;           /* [I] */
	ino_t ino;                       /* [I] */
	struct mutex lock;
	mode_t mode;                     /* [L] S_IFMT is immutable */
	unsigned nlink;                  /* [L] */
	uid_t uid;                       /* [L] */
	gid_t gid;                       /* [L] */
	dev_t rdev;                      /* [I] device nodes */
	uint64_t size;                   /* [L] bytes; read atomically */
	struct timestamp atime, mtime, ctime, btime; /* [L] */
	struct vm_object *object;        /* [I] pages of a regular file */
	void *data;                      /* [I] the file system's */
	void *pipe;                      /* [L] FIFO state, fs/pipe.c */
};

struct dentry {
	struct refcount refs;          /* [a] */
	struct dentry *parent;         /* [D] itself at a root */
	struct inode *inode;           /* [D] NULL = negative */
	struct list_node child_link;   /* [D] in parent->children */
	struct list_node children;     /* [D] */
	struct list_node hash_link;    /* [D] */
	uint32_t hash;                 /* [D] */
	bool hashed;                   /* [D] still reachable by its name */
	bool pinned;                   /* [D] the file system's only record */
	atomic_uint mounted;           /* [a] mounts on top of it */
	uint16_t name_len;             /* [D] */
	char name[];                   /* [D] NUL-terminated */
};

struct superblock_ops {
	int (*statfs)(struct superblock *sb, void *statfs64);
	void (*destroy)(struct superblock *sb);
};

struct filesystem_type {
	const char *name;
	bool no_device; /* shown as nodev in /proc/filesystems */
	/* Make a superblock with root dentry, from the mount data string. */
	int (*mount)(const struct filesystem_type *type, const char *source,
		     const char *options, struct superblock **out);
	struct list_node link;
};

struct superblock {
	struct refcount refs;                 /* [a] mounts */
	const struct filesystem_type *type;   /* [I] */
	const struct superblock_ops *ops;     /* [I] */
	struct dentry *root;                  /* [I] */
	dev_t dev;                            /* [I] st_dev */
	_Atomic ino_t next_ino;               /* [a] */
	uint64_t magic;                       /* [I] statfs f_type */
	void *data;                           /* [I] */
};

void filesystem_register(struct filesystem_type *t);

/* inodes: new ones start with one reference, times = now. NULL = no memory. */
struct inode *inode_create(struct superblock *sb, mode_t mode,
			   const struct inode_ops *ops,
			   const struct file_ops *fops);
static inline void
inode_get(struct inode *i)
{
	refcount_get(&i->refs);
}
void inode_put(struct inode *i);
struct timestamp timestamp_now(void);
void inode_touch(struct inode *i, unsigned attr_times); /* ATTR_?TIME bits */

/* want: MAY_* below. 0 or -EACCES. */
enum may_bits {
	MAY_EXEC = 1,
	MAY_WRITE = 2,
	MAY_READ = 4,
};
int inode_permission(struct inode *i, unsigned want, const struct cred *c);

/* dentries */
void dentry_get(struct dentry *d);
void dentry_put(struct dentry *d);
/* Give a negative dentry its inode (takes over the reference). */
void dentry_set_inode(struct dentry *d, struct inode *i);
/* A pinned child for pseudo file systems built in memory. */
struct dentry *dentry_create_pinned(struct dentry *parent, const char *name,
				    struct inode *i);
struct dentry *dentry_create_root(struct inode *i);

void path_get(const struct path *p);
void path_put(const struct path *p);
