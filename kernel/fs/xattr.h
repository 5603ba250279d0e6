/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/xattr.h - extended attributes: small named values beside a file's data.
 *
 * The name space decides who may do what:
 *
 *	user.      the mode bits; regular files and directories only
 *	trusted.   CAP_SYS_ADMIN; to others it is not there
 *	security.  all may read; CAP_SYS_ADMIN writes, CAP_SETFCAP for
 *	           security.capability
 *	system.    ACLs: -EOPNOTSUPP, there are none
 *
 * File systems keep them (inode_ops.get_xattr and so on); those in memory by
 * an xattr_set.
 *
 * Units:   bytes.  Names have at most XATTR_NAME_MAX, values XATTR_SIZE_MAX.
 * Locking: the inode's lock is taken here and held while the file system is
 *          asked; an xattr_set has none of its own.
 * Context: may sleep.
 * Errors:  -ENODATA (no such attribute), -EEXIST, -ERANGE (buffer too small),
 *          -EOPNOTSUPP, -EPERM, -EACCES, -EROFS, -ENOSPC, -ENOMEM, -EINVAL.
 * Source:  man 7 xattr.
 */

#include "lib/types.h"

struct cred;
struct inode;
struct path;

/* A length is returned; with size 0 nothing else. */
NODISCARD ssize_t xattr_get(const struct path *p, const struct cred *c,
			    const char *name, void *buf, size_t size);
/* Names, each with its NUL, that c may know of. */
NODISCARD ssize_t xattr_list(const struct path *p, const struct cred *c,
			     char *buf, size_t size);

struct xattr_value { /* what to set */
	const void *data;
	size_t size;
	int flags; /* XATTR_CREATE, XATTR_REPLACE */
};
NODISCARD int xattr_set_value(const struct path *p, const struct cred *c,
			      const char *name, const struct xattr_value *v);
NODISCARD int
xattr_remove(const struct path *p, const struct cred *c, const char *name);

/* --- attributes in memory: for file systems, the inode locked ------------- */

struct xattr_set;

NODISCARD ssize_t xattr_set_get(const struct xattr_set *s, const char *name,
				void *buf, size_t size);
NODISCARD ssize_t xattr_set_list(const struct xattr_set *s, bool trusted,
				 char *buf, size_t size);
/* v NULL: remove.  *s NULL: none yet. */
NODISCARD int xattr_set_change(struct xattr_set **s, const char *name,
			       const struct xattr_value *v);
void xattr_set_destroy(struct xattr_set *s);
