/* SPDX-License-Identifier: MIT */

/*
 * fs/devfs/devfs.c - making the tree of /dev.
 *
 * The superblock is tmpfs's under another type, made once and kept for ever.
 * Nodes are made through the directory's own operations, as mknod(2) would, so
 * nothing here depends on how tmpfs keeps them.  Devices that are registered
 * later are added when they come.
 */

#include "fs/devfs/devfs.h"

#include "core/klog.h"
#include "dev/chardev.h"
#include "fs/fs_priv.h"
#include "lib/errno.h"
#include "lib/string.h"

static struct mutex devfs_lock;        /* LOCK_MOUNT */
static struct superblock *devfs_super; /* [devfs_lock] */

struct node {
	const char *name;
	mode_t mode;
	dev_t dev;          /* device nodes */
	const char *target; /* symbolic links */
};

/* What is there besides the devices. */
static const struct node fixed[] = {
	{ "fd", S_IFLNK | 0777, 0, "/proc/self/fd" },
	{ "stdin", S_IFLNK | 0777, 0, "/proc/self/fd/0" },
	{ "stdout", S_IFLNK | 0777, 0, "/proc/self/fd/1" },
	{ "stderr", S_IFLNK | 0777, 0, "/proc/self/fd/2" },
	{ "shm", S_IFDIR | S_ISVTX | 0777, 0, NULL },
	{ "pts", S_IFDIR | 0755, 0, NULL },
};

/* Make the negative dentry d what n says. */
static int
make(struct inode *dir, struct dentry *d, const struct node *n)
{
	const struct inode_ops *ops = dir->ops;

	if (S_ISLNK(n->mode))
		return ops->symlink(dir, d, n->target, &cred_root);
	if (S_ISDIR(n->mode))
		return ops->mkdir(dir, d, n->mode, &cred_root);
	return ops->mknod(dir, d, n->mode, n->dev, &cred_root);
}

/* A name that is there already stays as it is. */
static int
add_node(struct dentry *dir, const struct node *n)
{
	const char *rest = n->name;
	struct path_part part;
	struct dentry *d;
	int err;

	path_next(&rest, &part);
	mutex_lock(&dir->inode->lock);
	err = dcache_lookup_locked(dir, &part, &d);
	if (!err && !d->inode)
		err = make(dir->inode, d, n);
	mutex_unlock(&dir->inode->lock);
	if (!err)
		dentry_put(d);
	return err;
}

static void
add_device(struct superblock *sb, const struct chardev *c)
{
	struct node n = { .name = c->name,
			  .mode = S_IFCHR | c->mode,
			  .dev = c->dev };
	int err = add_node(sb->root, &n);

	if (err)
		klog(KLOG_ERR, "devfs: cannot make %s (error %d)", c->name,
		     -err);
}

static int
make_tree(struct superblock *sb)
{
	struct chardev *c;
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(fixed); i++)
		err = add_node(sb->root, &fixed[i]);
	for (unsigned i = 0; !err && (c = chardev_nth(i)) != NULL; i++)
		add_device(sb, c);
	return err;
}

static int
make_super(const struct filesystem_type *type, const char *source)
{
	struct superblock *sb;
	int err;

	err = tmpfs_rootfs_type.mount(type, source, "mode=0755", &sb);
	if (err)
		return err;
	err = make_tree(sb);
	if (err)
		superblock_put(sb);
	else
		devfs_super = sb;
	return err;
}

static int
devfs_mount(const struct filesystem_type *type, const char *source,
	    UNUSED const char *options, struct superblock **out)
{
	int err = 0;

	mutex_lock(&devfs_lock);
	if (!devfs_super)
		err = make_super(type, source);
	if (!err) {
		superblock_get(devfs_super);
		*out = devfs_super;
	}
	mutex_unlock(&devfs_lock);
	return err;
}

static void
device_came(struct chardev *c)
{
	mutex_lock(&devfs_lock);
	if (devfs_super)
		add_device(devfs_super, c);
	mutex_unlock(&devfs_lock);
}

static struct filesystem_type devfs_type = {
	.name = "devtmpfs",
	.no_device = true,
	.mount = devfs_mount,
};

void
devfs_init(void)
{
	mutex_init(&devfs_lock, LOCK_MOUNT, "devfs");
	chardev_set_hook(device_came);
	filesystem_register(&devfs_type);
}
