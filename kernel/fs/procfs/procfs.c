/* SPDX-License-Identifier: MIT */
#include <linux/magic.h>

#include "fs/procfs/procfs_priv.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/slab.h"

/*
 * fs/procfs/procfs.c - the file system type and its system-wide files.
 *
 * There is one superblock however often it is mounted.  System-wide files are
 * pinned names made at boot; everything about processes is made on lookup.
 */

const struct procfs_source *procfs_source;

static struct superblock *proc_sb; /* [I] */
static const struct superblock_ops proc_sb_ops = { 0 };

static int
proc_mount(const struct filesystem_type *type, const char *source,
	   const char *options, struct superblock **out)
{
	superblock_get(proc_sb);
	*out = proc_sb;
	return 0;
}

static struct filesystem_type proc_type = {
	.name = "proc",
	.no_device = true,
	.mount = proc_mount,
};

struct inode *
proc_inode(struct superblock *sb, mode_t mode, const struct inode_ops *ops,
	   const struct file_ops *fops, const struct proc_node *node)
{
	struct proc_node *copy = kmalloc(sizeof(*copy));
	struct inode *i;

	if (!copy)
		return NULL;
	*copy = *node;
	i = inode_create(sb, mode, ops, fops);
	if (!i) {
		kfree(copy);
		return NULL;
	}
	i->data = copy;
	return i;
}

/* All that is there is pinned in the cache already. */
static int
static_lookup(struct inode *dir, struct dentry *d)
{
	return -ENOENT;
}

static const struct inode_ops static_dir_ops = { .lookup = static_lookup };

/* The child directory `name` of dir, made if it is not there. */
static struct dentry *
static_dir(struct dentry *dir, const char *name, size_t len)
{
	struct dentry *d = dentry_find(dir, name, len);
	char copy[NAME_MAX + 1];
	struct inode *i;

	if (d) {
		dentry_put(d); /* pinned: it stays */
		return d;
	}
	memcpy(copy, name, len);
	copy[len] = '\0';
	i = inode_create(proc_sb, S_IFDIR | 0555, &static_dir_ops,
			 &dcache_dir_ops);
	d = i ? dentry_create_pinned(dir, copy, i) : NULL;
	if (!d)
		panic("procfs: no memory for /proc/%s", copy);
	return d;
}

/* Register a node under a path below /proc; boot only. */
static void
register_node(const char *path, mode_t mode, const struct proc_node *node)
{
	const struct file_ops *fops =
		node->kind == PROC_FILE ? &proc_text_ops : NULL;
	struct dentry *dir = proc_sb->root;
	const char *slash;
	struct inode *i;

	while ((slash = strchr(path, '/'))) {
		dir = static_dir(dir, path, (size_t)(slash - path));
		path = slash + 1;
	}
	i = proc_inode(proc_sb, mode, &proc_node_ops, fops, node);
	if (!i || !dentry_create_pinned(dir, path, i))
		panic("procfs: cannot register %s", path);
}

void
procfs_register(const char *path, const struct proc_file *f)
{
	struct proc_node node = { .kind = PROC_FILE, .file = f };

	register_node(path, S_IFREG | f->mode, &node);
}

void
procfs_register_link(const char *path, const char *target)
{
	struct proc_node node = { .kind = PROC_TEXT_LINK, .text = target };

	register_node(path, S_IFLNK | 0777, &node);
}

void
procfs_set_source(const struct procfs_source *s)
{
	procfs_source = s;
}

void
procfs_init(void)
{
	struct inode *root;

	proc_sb = superblock_create(&proc_type, &proc_sb_ops, PROC_SUPER_MAGIC);
	if (!proc_sb)
		panic("procfs: no memory at boot");
	root = inode_create(proc_sb, S_IFDIR | 0555, &proc_root_ops,
			    &proc_root_file_ops);
	proc_sb->root = root ? dentry_create_root(root) : NULL;
	if (!proc_sb->root)
		panic("procfs: no memory for its root");
	filesystem_register(&proc_type);
	proc_system_files_init();
}
