/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/path.h - from names to files, and everything done by name.
 *
 * Every function takes a struct walk: who asks, and where names start.  Names
 * are kernel strings of less than PATH_MAX bytes.
 *
 * Context: may sleep.
 * Errors:  path_resolution(7): -ENOENT, -ENOTDIR, -EACCES, -ELOOP,
 *          -ENAMETOOLONG; others as the man page of the call.
 */

#include <asm/stat.h>

#include "core/spinlock.h"
#include "fs/inode.h"

struct stat; /* <asm/stat.h> */
struct statx;

/* Root, working directory and umask of a process (CLONE_FS shares it). */
struct fs_context {
	struct refcount refs;  /* [a] tasks, and who looks at one's */
	atomic_uint tasks;     /* [a] that have it as their own */
	struct spinlock lock;  /* LOCK_FS_CONTEXT */
	struct path root, cwd; /* [L] */
	mode_t umask;          /* [L] */
};
/* root is also the working directory; takes its own references. */
struct fs_context *fs_context_create(const struct path *root);
struct fs_context *fs_context_dup(struct fs_context *c); /* NULL: no memory */
void fs_context_get(struct fs_context *c);
void fs_context_put(struct fs_context *c);
/* A task takes c as its own, and lets go of it; dup has done the first. */
void fs_context_join(struct fs_context *c);
void fs_context_leave(struct fs_context *c);
void fs_context_set_cwd(struct fs_context *c, const struct path *p);
void fs_context_set_root(struct fs_context *c, const struct path *p);
void
fs_context_paths(struct fs_context *c, struct path *root,
		 struct path *cwd); /* with references; NULL = not wanted */

struct walk {
	struct fs_context *fs;   /* root and cwd */
	const struct cred *cred; /* euid-based for exec and most calls */
	const struct path *base; /* start of relative names; NULL = cwd */
};

enum walk_flags {
	WALK_NOFOLLOW = 1 << 0,  /* do not follow a final symlink */
	WALK_DIRECTORY = 1 << 1, /* the result must be a directory */
	WALK_EMPTY = 1 << 2,     /* "" names the base itself (AT_EMPTY_PATH) */
};
NODISCARD int path_lookup(const struct walk *w, const char *name,
			  unsigned flags, struct path *out);

/* flags, mode as open(2); umask is applied. */
NODISCARD int path_open(const struct walk *w, const char *name, unsigned flags,
			mode_t mode, struct file **out);

NODISCARD int
path_mknod(const struct walk *w, const char *name, mode_t mode, dev_t dev);
/* ... and say what was made, with references (out may be NULL). */
NODISCARD int path_mknod_at(const struct walk *w, const char *name, mode_t mode,
			    dev_t dev, struct path *out);
NODISCARD int path_mkdir(const struct walk *w, const char *name, mode_t mode);
NODISCARD int path_rmdir(const struct walk *w, const char *name);
NODISCARD int path_unlink(const struct walk *w, const char *name);
NODISCARD int
path_symlink(const struct walk *w, const char *target, const char *name);
/* flags: WALK_NOFOLLOW or 0 for the old name, WALK_EMPTY. */
NODISCARD int path_link(const struct walk *from, const char *old,
			unsigned flags, const struct walk *to, const char *new);
NODISCARD int path_rename(const struct walk *from, const char *old,
			  const struct walk *to, const char *new,
			  unsigned rename_flags);
NODISCARD ssize_t path_readlink(const struct walk *w, const char *name,
				char *buf, size_t size);
/* Change attributes with the permission rules of chmod/chown/utimensat/
 * truncate(2); p was looked up by the caller. */
NODISCARD int path_setattr(const struct path *p, const struct cred *c,
			   const struct inode_attr *a);
void path_stat(const struct path *p, struct stat *out);
void path_statx(const struct path *p, struct statx *out);
/* statfs(2) of the file system p is on. */
NODISCARD int path_statfs(const struct path *p, struct statfs *out);
/* fstatfs(2); f may be a file of no path. */
NODISCARD int file_statfs(const struct file *f, struct statfs *out);
/* MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC of the mount. */
unsigned long path_mount_flags(const struct path *p);
/* access(2): want is MAY_*. */
NODISCARD int
path_access(const struct path *p, unsigned want, const struct cred *c);

/*
 * The absolute name of p below root into buf (NUL-terminated); "(deleted)" is
 * added for unlinked files, "(unreachable)" put before for others.  Returns
 * the length or -ENAMETOOLONG.
 */
NODISCARD ssize_t path_name(const struct path *p, const struct path *root,
			    char *buf, size_t size);
bool path_deleted(const struct path *p);

/*
 * mount(2): type at target; with MS_BIND, source is a path; with MS_REMOUNT,
 * new flags for the mount at target.  -ENODEV unknown type, -EINVAL unknown
 * flags.  Asks for CAP_SYS_ADMIN.
 */
NODISCARD int path_mount(const struct walk *w, const char *source,
			 const char *target, const char *type,
			 unsigned long flags, const char *options);
/* umount2(2): MNT_FORCE (no effect), MNT_DETACH, UMOUNT_NOFOLLOW. */
NODISCARD int
path_umount(const struct walk *w, const char *target, unsigned flags);
/* Lines of /proc/mounts as a callback per mount, in order. */
struct mount_line {
	const char *source, *type;
	const char *target, *root; /* where it is; what of it is seen there */
	const char *options;       /* of the mount: "rw,nosuid" */
	const char *super_options; /* of the file system: "" or ",mode=755" */
	bool super_read_only;
	unsigned id, parent_id;
	dev_t dev;
};
void mount_each(const struct path *root,
		void (*fn)(void *arg, const struct mount_line *l), void *arg);
/* How often the mounts have changed; pollers of that wait at pt, or NULL. */
struct poll_table;
uint64_t mount_event(struct poll_table *pt);

/* Hash table, caches, tmpfs and pipefs types; once, before all else here. */
void fs_init(void);

/* Mount tmpfs as the root of everything; after fs_init(). */
NODISCARD int mount_root(struct fs_context **out);

/*
 * Unpack a newc archive below the root.  Entries with bad headers or names
 * that leave the root are named in the log and skipped; a truncated archive
 * keeps what was sound.  Returns the entries made.
 */
unsigned initramfs_unpack(struct fs_context *fs, const void *data, size_t size);
