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
 *          size of a file.  Two are taken parent before child; unrelated ones
 *          in address order, and then only with LOCK_RENAME held, under which
 *          no directory changes its parent.  Spinlocks of rank LOCK_DCACHE
 *          (hash chains, names and parents, mounts) are never nested.
 * Errors:  as path_resolution(7).
 */

#include <linux/limits.h>
#include <linux/stat.h>
#include <sys/tree.h>

#include "core/refcount.h"
#include "fs/cred.h"
#include "lib/dev.h"
#include "lib/list.h"
#include "sched/mutex.h"
#include "vm/object.h"

#define SYMLINK_DEPTH 40

struct dentry;
struct statfs;
struct file;
struct file_ops;
struct inode;
struct mount;
struct superblock;
struct file_locks;
struct xattr_set;
struct xattr_value;

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
	/* ATIME and MTIME both become "now": who may write may do it. */
	ATTR_NOW = 1 << 7,
};
struct inode_attr {
	unsigned bits;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	uint64_t size;
	uint64_t size_limit; /* growing beyond it is -EFBIG; 0 = no limit */
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
	/* Asked of the parent: is this cached child, negative ones included,
	 * still true?  NULL = yes. No locks held. */
	bool (*revalidate)(struct dentry *d);
	/* Last reference gone and nlink 0 or not cached: free data. */
	void (*evict)(struct inode *i);
	/*
	 * Extended attributes, as xattr_set_get() and so on of fs/xattr.h; the
	 * inode is locked.  NULL = -EOPNOTSUPP.
	 */
	ssize_t (*get_xattr)(struct inode *i, const char *name, void *buf,
			     size_t size);
	ssize_t (*list_xattr)(struct inode *i, bool trusted, char *buf,
			      size_t size);
	int (*set_xattr)(struct inode *i, const char *name,
			 const struct xattr_value *v);
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
	mode_t mode;    /* [L] S_IFMT is immutable */
	unsigned nlink; /* [L] */
	uid_t uid;      /* [L] */
	gid_t gid;      /* [L] */
	dev_t rdev;     /* [I] device nodes */
	uint64_t size;  /* [L] bytes; read atomically */
	struct timestamp atime, mtime, ctime, btime; /* [L] */
	struct vm_object *object;  /* [I] pages of a regular file */
	void *data;                /* [I] the file system's */
	void *pipe;                /* [L] FIFO state, fs/pipe.c */
	struct file_locks *locks;  /* [a] NULL until one is taken, fs/locks.c */
	struct xattr_set *xattrs;  /* [L] of systems that keep them in memory */
	atomic_bool has_file_caps; /* [a] it may; written under L */
	struct list_node watches;  /* [inotify.c] who wants to know */
	atomic_int writers;        /* [a] > 0: open for writing; < 0: running */
};

#define DENTRY_INLINE 40

/*
 *	B  the lock of the hash chain the dentry is on
 *	T  the lock of names and parents; a name changes only while unhashed
 *	P  lock of the parent's inode
 *	R  the lock of the list of reclaimable dentries
 */
struct dentry {
	struct refcount refs;          /* [a] holders; one while hashed */
	uint32_t hash;                 /* [B] of parent and name */
	struct dentry *parent;         /* [T] itself at a root; referenced */
	_Atomic(struct inode *) inode; /* [a] set once; NULL = negative */
	struct list_node hash_link;    /* [B] */
	const char *name;              /* [T] NUL-terminated */
	uint16_t name_len;             /* [T] */
	atomic_bool hashed;            /* [B] reachable by its name */
	atomic_bool used;              /* [a] found since last looked at */
	bool pinned;                   /* [P] the file system's only record */
	atomic_uint mounted;           /* [a] mounts on top of it */
	atomic_uint cached_children;   /* [a] children on the R list */
	struct list_node reclaim_link; /* [R] if hashed and not pinned */
	RB_ENTRY(dentry) sibling;      /* [P] in parent->children, if pinned */
	RB_HEAD(dentry_tree, dentry) children; /* [own inode's L] by cookie */
	uint64_t cookie;                 /* [P] position in its directory */
	uint64_t next_cookie;            /* [own inode's L] for a new child */
	char inline_name[DENTRY_INLINE]; /* [T] names that fit */
};

struct superblock_ops {
	/* Fill what differs from the zeroed default; NULL = nothing does. */
	int (*statfs)(struct superblock *sb, struct statfs *out);
	/* ",size=1k,..." for /proc/mounts, NUL-terminated; may be NULL. */
	void (*options)(struct superblock *sb, char *buf, size_t size);
	/* New options for a mounted one; NULL = it has none to change. */
	int (*remount)(struct superblock *sb, const char *options);
	/* All inodes are gone: free sb->data.  May be NULL. */
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
	struct refcount refs;               /* [a] mounts */
	const struct filesystem_type *type; /* [I] */
	const struct superblock_ops *ops;   /* [I] */
	struct dentry *root;                /* [I] owned */
	dev_t dev;                          /* [I] st_dev */
	_Atomic ino_t next_ino;             /* [a] */
	uint64_t magic;                     /* [I] statfs f_type */
	void *data;                         /* [I] */
};

/* Types are registered once and stay. */
void filesystem_register(struct filesystem_type *t);
const struct filesystem_type *filesystem_find(const char *name);
/* Calls fn for each type in order of registration. */
void filesystem_each(void (*fn)(void *arg, const struct filesystem_type *t),
		     void *arg);

/*
 * One reference, a device number of its own, root NULL until the type's mount
 * function sets it.  NULL = no memory.
 */
struct superblock *superblock_create(const struct filesystem_type *type,
				     const struct superblock_ops *ops,
				     uint64_t magic);
void superblock_get(struct superblock *sb);
/* The last frees every dentry below root, then calls ops->destroy. */
void superblock_put(struct superblock *sb);

/*
 * inodes: new ones start with one reference, one link, root's ownership and
 * times = now; mode includes the type.  NULL = no memory.
 */
struct inode *inode_create(struct superblock *sb, mode_t mode,
			   const struct inode_ops *ops,
			   const struct file_ops *fops);
/* Owner and set-id inheritance of a new entry of dir (dir->lock held). */
void inode_init_owner(struct inode *i, const struct inode *dir,
		      const struct cred *c);
/* Give a device or FIFO inode its rdev and the file_ops of its kind. */
void inode_init_special(struct inode *i, dev_t rdev);
static inline void
inode_get(struct inode *i)
{
	refcount_get(&i->refs);
}
void inode_put(struct inode *i);
struct timestamp timestamp_now(void);
/* ATTR_?TIME bits; i->lock need not be held. */
void inode_touch(struct inode *i, unsigned attr_times);
/* A read: the access time moves at most once a day unless data is newer. */
void inode_touch_read(struct inode *i);
/* Store what a says into i (lock held); the setattr of simple systems. */
int inode_store_attr(struct inode *i, const struct inode_attr *a);
/*
 * A write takes file capabilities away, and the set-id bits unless by the
 * privileged (lock held).
 */
void inode_drop_setid(struct inode *i);
/* Take the locks of two different directories; LOCK_RENAME is held. */
void inode_lock_pair(struct dentry *a, struct dentry *b) NO_LOCK_ANALYSIS;

/*
 * A file is open for writing or runs as a program, never both: -ETXTBSY.  Each
 * success is given back by its end.
 */
NODISCARD int inode_write_begin(struct inode *i);
void inode_write_end(struct inode *i);
NODISCARD int inode_run_begin(struct inode *i);
void inode_run_end(struct inode *i);

/* want: MAY_* below. 0 or -EACCES. */
enum may_bits {
	MAY_EXEC = 1,
	MAY_WRITE = 2,
	MAY_READ = 4,
};
int inode_permission(struct inode *i, unsigned want, const struct cred *c);
/* The same without asking the file system: for its own permission(). */
int inode_permission_by_mode(const struct inode *i, unsigned want,
			     const struct cred *c);
/* Owner or CAP_FOWNER. */
bool inode_owner_or_capable(const struct inode *i, const struct cred *c);

/* dentries */
static inline void
dentry_get(struct dentry *d)
{
	refcount_get(&d->refs);
}
void dentry_put(struct dentry *d);
/* Give a negative dentry its inode (takes over the reference). */
void dentry_set_inode(struct dentry *d, struct inode *i);
/*
 * Make a hashed positive dentry the record of its name: it stays until it is
 * deleted, and dcache_dir_ops lists it (lock of the parent's inode held).
 */
void dentry_pin(struct dentry *d);
/*
 * A pinned child for pseudo file systems built in memory, reference taken
 * over; the dentry is the cache's, not the caller's.  The lock of the parent's
 * inode is taken here.  NULL: no memory, or the name exists; i is the
 * caller's still.
 */
struct dentry *
dentry_create_pinned(struct dentry *parent, const char *name, struct inode *i);
/* The root of a file system; takes over the inode. NULL = no memory. */
struct dentry *dentry_create_root(struct inode *i);
/* The name is no more: unhash and unpin (lock of the parent's inode held). */
void dentry_delete(struct dentry *d);
/* A hashed child by name, with a reference, or NULL: no file system asked. */
struct dentry *dentry_find(struct dentry *parent, const char *name, size_t len);
bool dentry_has_children(const struct dentry *d); /* pinned; own lock held */
/* The parent, with a reference. */
struct dentry *dentry_parent(struct dentry *d);

/* Directories whose entries are all pinned dentries. */
extern const struct file_ops dcache_dir_ops;

/* Forget the names that can be looked up again (vm/drop_caches). */
void dcache_drop(void);

void path_put(const struct path *p);
void mount_get(struct mount *m);
void mount_put(struct mount *m);

static inline void
path_get(const struct path *p)
{
	mount_get(p->mount);
	dentry_get(p->dentry);
}
