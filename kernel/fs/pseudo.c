/* SPDX-License-Identifier: MIT */

/*
 * fs/pseudo.c - inodes without names, on mounts that are in no tree.
 *
 * The mount and a loose dentry are there because open files have a path: so
 * names in /proc, stat and attributes need no special case.
 */

#include "fs/pseudo.h"

#include "fs/fs_priv.h"
#include "lib/errno.h"
#include "lib/fmt.h"

static const struct inode_ops pseudo_inode_ops = {
	.setattr = inode_store_attr,
};

int
pseudo_create(struct pseudo_fs *p, mode_t mode, const struct file_ops *ops,
	      const struct cred *c, struct path *out)
{
	struct inode *i =
		inode_create(p->mount->sb, mode, &pseudo_inode_ops, ops);
	char name[32];
	int len;

	if (!i)
		return -ENOMEM;
	i->uid = c->user.fs;
	i->gid = c->group.fs;
	len = snprintf(name, sizeof(name), "%s:[%llu]", p->kind,
		       (unsigned long long)i->ino);
	out->dentry = dcache_create_loose(name, (size_t)len, i);
	if (!out->dentry) {
		inode_put(i);
		return -ENOMEM;
	}
	out->mount = p->mount;
	mount_get(out->mount);
	return 0;
}

/* There is one mount of each, made at boot: all others are refused. */
static int
pseudo_mount(const struct filesystem_type *type, const char *source,
	     const char *options, struct superblock **out)
{
	struct filesystem_type *t = (void *)(uintptr_t)type;
	const struct pseudo_fs *p = container_of(t, struct pseudo_fs, type);
	struct superblock *sb;
	struct inode *i;

	if (p->mount)
		return -EINVAL;
	sb = superblock_create(type, NULL, p->magic);
	if (!sb)
		return -ENOMEM;
	i = inode_create(sb, S_IFDIR, &pseudo_inode_ops, NULL);
	if (i)
		sb->root = dentry_create_root(i);
	if (!sb->root) {
		if (i)
			inode_put(i);
		superblock_put(sb);
		return -ENOMEM;
	}
	*out = sb;
	return 0;
}

void
pseudo_fs_init(struct pseudo_fs *p)
{
	p->type.no_device = true;
	p->type.mount = pseudo_mount;
	filesystem_register(&p->type);
	p->mount = mount_create_internal(&p->type);
	if (!p->mount)
		panic("fs: no memory for %s", p->type.name);
}
