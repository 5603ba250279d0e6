/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/fs_priv.h - what the files of fs/ share and nobody else sees: the name
 * cache's inner calls, mounts, and the state of a walk.
 */

#include "fs/file.h"
#include "fs/path.h"
#include "lib/path.h"

/* --- dentry.c: the name cache ------------------------------------------- */

void dcache_init(void);
/* A hashed child, with a reference, or NULL. */
struct dentry *dcache_find(struct dentry *dir, const struct path_part *part);
/*
 * The child named part, asking the file system if it is not cached: 0 and a
 * reference, negative or not.  dir's inode lock is held.  -ENOENT if dir was
 * removed.
 */
NODISCARD int dcache_lookup_locked(struct dentry *dir,
				   const struct path_part *part,
				   struct dentry **out);
/* May a cached child of dir be believed?  What is mounted on stays. */
static inline bool
dcache_still_true(const struct inode *dir, struct dentry *d)
{
	return likely(!dir->ops->revalidate) || d->mounted ||
	       dir->ops->revalidate(d);
}
/* Forget the unpinned children of dir: it is about to go. */
void dcache_forget_children(struct dentry *dir);
/* Free all below and including root: nobody uses the file system any more. */
void dcache_destroy_tree(struct dentry *root);
/* A dentry of its own, hashed nowhere, parent itself. */
struct dentry *
dcache_create_loose(const char *name, size_t len, struct inode *i);
/*
 * old takes the place and name of new, which is deleted; both directories'
 * locks are held.  spare comes from dcache_move_prepare(), which is the part
 * that can fail.
 */
NODISCARD int dcache_move_prepare(const struct dentry *new, char **spare);
void dcache_move(struct dentry *old, struct dentry *new, char *spare);
void dcache_exchange(struct dentry *a, struct dentry *b);
/* Is a an ancestor of d, or d itself?  LOCK_RENAME is held. */
bool dcache_is_ancestor(const struct dentry *a, const struct dentry *d);
/* Names and parents hold still between these two (spin, LOCK_DCACHE). */
void dcache_names_lock(void) NO_LOCK_ANALYSIS;
void dcache_names_unlock(void) NO_LOCK_ANALYSIS;

/* The name as it is now, without NUL; returns its length. */
size_t dentry_copy_name(struct dentry *d, char buf[NAME_MAX]);

/* --- inode.c -------------------------------------------------------------- */

void inode_cache_init(void);
/* i->mode as it is left when c writes or changes the owner. */
mode_t mode_without_setid(const struct inode *i, const struct cred *c);
extern struct mutex rename_lock; /* LOCK_RENAME */

/* --- mount.c -------------------------------------------------------------- */

/*
 *	I  immutable
 *	M  mount_lock (mutex, LOCK_MOUNT)
 *	H  mount_hash_lock (spin, LOCK_DCACHE)
 */
struct mount {
	struct refcount refs;       /* [a] one while attached */
	struct mount *parent;       /* [H] NULL: root, internal or detached */
	struct dentry *mountpoint;  /* [H] in the parent */
	struct dentry *root;        /* [I] referenced */
	struct superblock *sb;      /* [I] referenced */
	atomic_ulong flags;         /* [a] MS_* that stay in force */
	atomic_uint writers;        /* [a] files open for writing */
	char *source;               /* [I] owned */
	unsigned id;                /* [I] */
	bool internal;              /* [I] pipefs: never in a tree */
	unsigned children;          /* [M] mounts on top of this one */
	struct list_node hash_link; /* [H] */
	struct list_node link;      /* [M] in order of mounting */
};

#define MOUNT_KEPT_FLAGS                                             \
	(MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | \
	 MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME)

/* What is mounted on p, replacing *p and its references. */
void mount_cross(struct path *p);
/* If p is the root of its mount, go to where that is mounted (and again). */
void mount_leave(struct path *p, const struct path *root);
/* A mount nobody can see, for pipes. */
struct mount *mount_create_internal(const struct filesystem_type *type);
/* Attach the first mount of all, to nothing. */
struct mount *mount_create_root(const struct filesystem_type *type,
				const char *source, const char *options);
void mount_init(void);
static inline bool
mount_read_only(const struct mount *m)
{
	return m->flags & 1; /* MS_RDONLY */
}

/* --- walk.c --------------------------------------------------------------- */

struct walk_link;

/* The state of one walk; references in root and at. */
struct walk_state {
	const struct cred *cred;
	struct path root; /* ".." stops here, "/" starts here */
	struct path at;   /* how far it got */
	const char *rest; /* of the name, or of the link being followed */
	struct walk_link *links; /* texts of links being followed */
	unsigned followed;       /* symbolic links so far */
	struct path_part last;   /* the final component, not yet looked up */
	bool must_be_dir;        /* a slash follows the final component */
};

/* Start; walk_end() is due even after an error. */
NODISCARD int
walk_begin(struct walk_state *s, const struct walk *w, const char *name);
void walk_end(struct walk_state *s);
/*
 * Resolve all but the final component: at is a directory that may be searched,
 * last is what to look up in it (PART_NONE: at is the result).
 */
NODISCARD int walk_to_last(struct walk_state *s);
/*
 * Look up last in at and go there.  0, an error, or 1: it was a symbolic link
 * to follow, so walk_to_last() is due again.
 */
enum walk_step_flags {
	STEP_FOLLOW = 1 << 0,
};
NODISCARD int
walk_step(struct walk_state *s, const struct path_part *part, unsigned flags);
/* The same for a child already looked up; takes over the reference. */
NODISCARD int
walk_enter(struct walk_state *s, struct dentry *child, unsigned flags);
/* at must be a searchable directory. */
NODISCARD int walk_check_search(const struct walk_state *s);

/* --- attr.c, namei.c: permission rules ------------------------------------ */

NODISCARD int path_may_create(const struct path *dir, const struct cred *c);
NODISCARD int path_may_delete(const struct path *dir, struct dentry *victim,
			      bool want_dir, const struct cred *c);
NODISCARD int inode_truncate_checked(struct inode *i, uint64_t size);
void inode_fill_stat(struct inode *i, struct stat *out);
void inode_fill_statx(struct inode *i, struct statx *out);

/* --- file.c --------------------------------------------------------------- */

void file_cache_init(void);

/* --- pipe.c, fifo.c ------------------------------------------------------- */

void pipe_init(void);

/* --- tmpfs ---------------------------------------------------------------- */

extern struct filesystem_type tmpfs_rootfs_type;
void tmpfs_init(void);
