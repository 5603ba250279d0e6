/* SPDX-License-Identifier: MIT */

/*
 * fs/mount_ops.c - mount(2), umount2(2), statfs(2) and /proc/mounts.
 */

#include <asm/statfs.h>
#include <linux/capability.h>
#include <linux/mount.h>

#include "fs/mount_priv.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/slab.h"

#define MOUNT_KNOWN_FLAGS (MOUNT_KEPT_FLAGS | MS_BIND | MS_REMOUNT | MS_SILENT)

/* <sys/mount.h> has them, the UAPI headers do not. */
#define MNT_FORCE       1
#define MNT_DETACH      2
#define UMOUNT_NOFOLLOW 8
#define UMOUNT_KNOWN    (MNT_FORCE | MNT_DETACH | UMOUNT_NOFOLLOW)

/* statfs f_flags that differ from the MS_ bit of the same meaning. */
#define ST_VALID      0x0020
#define ST_NOATIME    0x0400
#define ST_NODIRATIME 0x0800
#define ST_RELATIME   0x1000

#define OPTIONS_MAX 256

static int
mount_new(struct superblock *sb, struct dentry *root, const char *source,
	  unsigned long flags, struct path *at)
{
	struct mount *m = mount_alloc(sb, root, source, flags);
	int err;

	if (!m)
		return -ENOMEM;
	mutex_lock(&mount_lock);
	err = mount_attach(m, at);
	mutex_unlock(&mount_lock);
	mount_put(m);
	return err;
}

static int
mount_type(const char *source, const char *type, unsigned long flags,
	   const char *options, struct path *at)
{
	const struct filesystem_type *t = filesystem_find(type);
	struct superblock *sb;
	int err;

	if (!t)
		return -ENODEV;
	err = t->mount(t, source, options, &sb);
	if (err)
		return err;
	err = mount_new(sb, sb->root, source, flags, at);
	superblock_put(sb);
	return err;
}

/* A bind mount keeps the flags of the mount it shows, as on Linux. */
static int
mount_bind(const struct walk *w, const char *source, struct path *at)
{
	struct path from;
	int err;

	err = path_lookup(w, source, 0, &from);
	if (err)
		return err;
	if (from.mount->internal || path_deleted(&from))
		err = -EINVAL;
	else
		err = mount_new(from.mount->sb, from.dentry, from.mount->source,
				from.mount->flags, at);
	path_put(&from);
	return err;
}

static int
mount_remount(struct path *at, unsigned long flags, const char *options)
{
	struct superblock *sb = at->mount->sb;
	int err = 0;

	if (at->dentry != at->mount->root)
		return -EINVAL;
	mutex_lock(&mount_lock);
	if ((flags & MS_RDONLY) && !(at->mount->flags & MS_RDONLY) &&
	    at->mount->writers)
		err = -EBUSY;
	else if (!(flags & MS_BIND) && options && *options)
		err = sb->ops->remount ? sb->ops->remount(sb, options)
				       : -EINVAL;
	if (!err)
		at->mount->flags = flags & MOUNT_KEPT_FLAGS;
	if (!err)
		mount_changed();
	mutex_unlock(&mount_lock);
	return err;
}

int
path_mount(const struct walk *w, const char *source, const char *target,
	   const char *type, unsigned long flags, const char *options)
{
	struct path at;
	int err;

	if ((flags & MS_MGC_MSK) == MS_MGC_VAL)
		flags &= ~(unsigned long)MS_MGC_MSK;
	if (flags & ~(unsigned long)MOUNT_KNOWN_FLAGS)
		return -EINVAL;
	err = path_lookup(w, target, 0, &at);
	if (err)
		return err;
	if (!cred_capable(w->cred, CAP_SYS_ADMIN))
		err = -EPERM;
	else if (flags & MS_REMOUNT)
		err = mount_remount(&at, flags, options);
	else if (flags & MS_BIND)
		err = source && *source ? mount_bind(w, source, &at) : -EINVAL;
	else
		err = type ? mount_type(source, type, flags, options, &at)
			   : -EINVAL;
	path_put(&at);
	return err;
}

static int
umount_locked(struct path *at, unsigned flags) REQUIRES(mount_lock)
{
	struct mount *m = at->mount;

	if (at->dentry != m->root || list_empty(&m->link))
		return -EINVAL;
	if (!m->parent || m->children)
		return -EBUSY;
	/* The tree's reference and the one of at. */
	return mount_detach(m, flags & MNT_DETACH ? 0 : 2);
}

int
path_umount(const struct walk *w, const char *target, unsigned flags)
{
	unsigned how = flags & UMOUNT_NOFOLLOW ? WALK_NOFOLLOW : 0;
	struct path at;
	int err;

	if (flags & ~(unsigned)UMOUNT_KNOWN)
		return -EINVAL;
	err = path_lookup(w, target, how, &at);
	if (err)
		return err;
	if (!cred_capable(w->cred, CAP_SYS_ADMIN)) {
		err = -EPERM;
	} else {
		/* The names below the root may be all that holds it. */
		mutex_lock(&mount_lock);
		err = umount_locked(&at, flags);
		mutex_unlock(&mount_lock);
	}
	path_put(&at);
	return err;
}

unsigned long
path_mount_flags(const struct path *p)
{
	return p->mount->flags;
}

static long
statfs_flags(unsigned long flags)
{
	long out =
		(long)(flags & (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC));

	out |= ST_VALID;
	if (flags & MS_NOATIME)
		out |= ST_NOATIME;
	else
		out |= ST_RELATIME;
	if (flags & MS_NODIRATIME)
		out |= ST_NODIRATIME;
	return out;
}

static int
statfs_of(struct superblock *sb, unsigned long flags, struct statfs *out)
{
	memset(out, 0, sizeof(*out));
	out->f_type = (long)sb->magic;
	out->f_bsize = out->f_frsize = PAGE_SIZE;
	out->f_namelen = NAME_MAX;
	out->f_fsid.val[0] = (int)sb->dev;
	out->f_flags = statfs_flags(flags);
	return sb->ops && sb->ops->statfs ? sb->ops->statfs(sb, out) : 0;
}

int
path_statfs(const struct path *p, struct statfs *out)
{
	return statfs_of(p->mount->sb, p->mount->flags, out);
}

int
file_statfs(const struct file *f, struct statfs *out)
{
	if (f->path.mount)
		return path_statfs(&f->path, out);
	return f->inode ? statfs_of(f->inode->sb, 0, out) : -ENOSYS;
}

static void
mount_options(const struct mount *m, char *buf, size_t size)
{
	static const struct {
		unsigned long flag;
		const char *text;
	} known[] = {
		{ MS_NOSUID, ",nosuid" },         { MS_NODEV, ",nodev" },
		{ MS_NOEXEC, ",noexec" },         { MS_NOATIME, ",noatime" },
		{ MS_NODIRATIME, ",nodiratime" },
	};
	unsigned long flags = m->flags;
	size_t len;

	len = strlcpy(buf, flags & MS_RDONLY ? "ro" : "rw", size);
	for (unsigned i = 0; i < ARRAY_SIZE(known); i++)
		if (flags & known[i].flag)
			len += strlcpy(buf + len, known[i].text, size - len);
	if (!(flags & MS_NOATIME))
		strlcpy(buf + len, ",relatime", size - len);
}

static void
super_options(struct superblock *sb, char *buf, size_t size)
{
	*buf = '\0';
	if (sb->ops && sb->ops->options)
		sb->ops->options(sb, buf, size);
}

/* What of its file system a mount shows: "/", or below for a bind mount. */
static const char *
mount_root_name(const struct mount *m, char *buf)
{
	struct mount whole = { .root = m->sb->root, .sb = m->sb };
	struct path p = { .mount = &whole, .dentry = m->root };

	if (m->root == m->sb->root || path_name(&p, NULL, buf, PATH_MAX) < 0)
		return "/";
	return buf;
}

/* Mounts outside root are not shown: their name begins with "(". */
static void
mount_show(const struct mount *m, const struct path *root, char *buf,
	   void (*fn)(void *arg, const struct mount_line *l), void *arg)
{
	char *options = buf + 2 * PATH_MAX;
	char *super = options + OPTIONS_MAX;
	struct path at = { .mount = (struct mount *)(uintptr_t)m,
			   .dentry = m->root };
	struct mount_line line = {
		.source = m->source,
		.type = m->sb->type->name,
		.options = options,
		.super_options = super,
		.target = buf,
		.id = m->id,
		.parent_id = m->parent ? m->parent->id : m->id,
		.dev = m->sb->dev,
	};

	if (path_name(&at, root, buf, PATH_MAX) < 0 || *buf != '/')
		return;
	line.root = mount_root_name(m, buf + PATH_MAX);
	mount_options(m, options, OPTIONS_MAX);
	super_options(m->sb, super, OPTIONS_MAX);
	fn(arg, &line);
}

void
mount_each(const struct path *root,
	   void (*fn)(void *arg, const struct mount_line *l), void *arg)
{
	char *buf = kmalloc(2 * PATH_MAX + 2 * OPTIONS_MAX);
	const struct mount *m;

	if (!buf)
		return;
	mutex_lock(&mount_lock);
	list_for_each (m, &mount_list, link)
		mount_show(m, root, buf, fn, arg);
	mutex_unlock(&mount_lock);
	kfree(buf);
}
