/* SPDX-License-Identifier: MIT */

/*
 * fs/tmpfs/xattr.c - extended attributes: kept beside the inode, in memory.
 */

#include "fs/xattr.h"
#include "fs/tmpfs/tmpfs.h"

ssize_t
tmpfs_get_xattr(struct inode *i, const char *name, void *buf, size_t size)
{
	return xattr_set_get(i->xattrs, name, buf, size);
}

ssize_t
tmpfs_list_xattr(struct inode *i, bool trusted, char *buf, size_t size)
{
	return xattr_set_list(i->xattrs, trusted, buf, size);
}

int
tmpfs_set_xattr(struct inode *i, const char *name, const struct xattr_value *v)
{
	return xattr_set_change(&i->xattrs, name, v);
}
