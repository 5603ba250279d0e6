/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/tmpfs/tmpfs.h - files in memory.
 *
 * Names are pinned dentries, data are the pages of a memory object; there is no
 * other record.  Pages are counted against the size of the file system when
 * they appear and given back when they go.
 *
 * Source: man 5 tmpfs.
 */

#include "fs/fs_priv.h"
#include "vm/object.h"

struct tmpfs {
	_Atomic uint64_t used_pages;  /* [a] */
	_Atomic uint64_t max_pages;   /* [a] */
	_Atomic uint64_t used_inodes; /* [a] the root included */
	_Atomic uint64_t max_inodes;  /* [a] */
};

/* Data of a regular file; outlives its inode while somebody holds the pages. */
struct tmpfs_file {
	struct vm_object object;
	_Atomic uint64_t size;    /* [a] inode->size, for the object */
	_Atomic uint64_t charged; /* [a] pages counted in fs->used_pages */
	struct tmpfs *fs;  /* [object lock] NULL once the inode is gone */
	atomic_uint seals; /* [a] F_SEAL_*, added under the inode's lock */
};

static inline struct tmpfs *
tmpfs_of(const struct superblock *sb)
{
	return sb->data;
}

/* file.c */
extern const struct file_ops tmpfs_file_ops;
/* Give a regular inode its data; -ENOMEM. */
NODISCARD int tmpfs_file_init(struct inode *i);
void tmpfs_file_destroy(struct inode *i);
NODISCARD int tmpfs_file_resize(struct inode *i, uint64_t size);
int64_t tmpfs_file_seek(struct file *f, int64_t off, int whence);
NODISCARD int
tmpfs_file_allocate(struct file *f, int mode, uint64_t off, uint64_t len);
/* Give back the count of pages the object no longer holds. */
void tmpfs_file_settle(struct tmpfs_file *t);
void tmpfs_file_zero(struct inode *i, uint64_t start, uint64_t end);

/* xattr.c: for the inode_ops of every kind. */
ssize_t
tmpfs_get_xattr(struct inode *i, const char *name, void *buf, size_t size);
ssize_t tmpfs_list_xattr(struct inode *i, bool trusted, char *buf, size_t size);
int
tmpfs_set_xattr(struct inode *i, const char *name, const struct xattr_value *v);
#define TMPFS_XATTR_OPS                                               \
	.get_xattr = tmpfs_get_xattr, .list_xattr = tmpfs_list_xattr, \
	.set_xattr = tmpfs_set_xattr

/* memfd.c */
/* Is writing forbidden? */
bool tmpfs_seals_write(const struct tmpfs_file *t);
/* 0, or -EPERM: may the size change so? */
NODISCARD int
tmpfs_seals_resize(const struct tmpfs_file *t, uint64_t old, uint64_t size);

/* super.c */
extern struct filesystem_type tmpfs_type;

/* dir.c */
extern const struct inode_ops tmpfs_dir_inode_ops;
/* A new inode of any kind, owned as in dir (NULL: root); -ENOMEM, -ENOSPC. */
NODISCARD int tmpfs_inode(struct superblock *sb, const struct inode *dir,
			  mode_t mode, const struct cred *c,
			  struct inode **out);
