/* SPDX-License-Identifier: MIT */
#include <linux/capability.h>
#include <linux/xattr.h>

#include "fs/file_caps.h"
#include "fs/fs_priv.h"
#include "fs/xattr.h"
#include "lib/errno.h"
#include "lib/string.h"

/*
 * fs/xattr.c - who may do what with an extended attribute.  What the name
 * spaces mean is at the head of fs/xattr.h.
 */

enum name_space {
	NS_NONE,
	NS_USER,
	NS_TRUSTED,
	NS_SECURITY,
	NS_SYSTEM
};

static const struct {
	const char *prefix;
	enum name_space space;
} prefixes[] = {
	{ XATTR_USER_PREFIX, NS_USER },
	{ XATTR_TRUSTED_PREFIX, NS_TRUSTED },
	{ XATTR_SECURITY_PREFIX, NS_SECURITY },
	{ XATTR_SYSTEM_PREFIX, NS_SYSTEM },
};

static enum name_space
space_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		if (!strncmp(name, prefixes[i].prefix,
			     strlen(prefixes[i].prefix)))
			return prefixes[i].space;
	}
	return NS_NONE;
}

/* A prefix alone names nothing. */
static int
check_name(const char *name)
{
	enum name_space space = space_of(name);

	if (space == NS_NONE || space == NS_SYSTEM)
		return -EOPNOTSUPP;
	return strchr(name, '.')[1] ? 0 : -EINVAL;
}

static int
check_user(struct inode *i, unsigned want, const struct cred *c)
{
	if (!S_ISREG(i->mode) && !S_ISDIR(i->mode))
		return want & MAY_WRITE ? -EPERM : -ENODATA;
	if (S_ISDIR(i->mode) && (i->mode & S_ISVTX) && (want & MAY_WRITE) &&
	    !inode_owner_or_capable(i, c))
		return -EPERM;
	return inode_permission(i, want, c);
}

static int
check_security(const char *name, unsigned want, const struct cred *c)
{
	bool caps = !strcmp(name, XATTR_NAME_CAPS);

	if (!(want & MAY_WRITE))
		return 0;
	return cred_capable(c, caps ? CAP_SETFCAP : CAP_SYS_ADMIN) ? 0 : -EPERM;
}

static int
check_access(struct inode *i, const char *name, unsigned want,
	     const struct cred *c)
{
	switch (space_of(name)) {
	case NS_USER:
		return check_user(i, want, c);
	case NS_TRUSTED:
		if (cred_capable(c, CAP_SYS_ADMIN))
			return 0;
		return want & MAY_WRITE ? -EPERM : -ENODATA;
	case NS_SECURITY:
		return check_security(name, want, c);
	default:
		return 0;
	}
}

ssize_t
xattr_get(const struct path *p, const struct cred *c, const char *name,
	  void *buf, size_t size)
{
	struct inode *i = p->dentry->inode;
	ssize_t n;

	n = check_access(i, name, MAY_READ, c);
	if (!n)
		n = i->ops && i->ops->get_xattr ? check_name(name)
						: -EOPNOTSUPP;
	if (n)
		return n;
	mutex_lock(&i->lock);
	n = i->ops->get_xattr(i, name, buf, size);
	mutex_unlock(&i->lock);
	return n;
}

ssize_t
xattr_list(const struct path *p, const struct cred *c, char *buf, size_t size)
{
	struct inode *i = p->dentry->inode;
	ssize_t n;

	if (!i->ops || !i->ops->list_xattr)
		return 0;
	mutex_lock(&i->lock);
	n = i->ops->list_xattr(i, cred_capable(c, CAP_SYS_ADMIN), buf, size);
	mutex_unlock(&i->lock);
	return n;
}

/* v NULL: remove it. */
static int
change(const struct path *p, const struct cred *c, const char *name,
       const struct xattr_value *v)
{
	struct inode *i = p->dentry->inode;
	int err;

	if (mount_read_only(p->mount))
		return -EROFS;
	err = check_access(i, name, MAY_WRITE, c);
	if (!err)
		err = i->ops && i->ops->set_xattr ? check_name(name)
						  : -EOPNOTSUPP;
	if (err)
		return err;
	mutex_lock(&i->lock);
	err = i->ops->set_xattr(i, name, v);
	if (!err) {
		inode_touch(i, ATTR_CTIME);
		if (!strcmp(name, XATTR_NAME_CAPS))
			atomic_store(&i->has_file_caps, v != NULL);
	}
	mutex_unlock(&i->lock);
	return err;
}

int
xattr_set_value(const struct path *p, const struct cred *c, const char *name,
		const struct xattr_value *v)
{
	struct file_caps caps;

	if (!strcmp(name, XATTR_NAME_CAPS) &&
	    file_caps_parse(v->data, v->size, &caps))
		return -EINVAL;
	return change(p, c, name, v);
}

int
xattr_remove(const struct path *p, const struct cred *c, const char *name)
{
	return change(p, c, name, NULL);
}
