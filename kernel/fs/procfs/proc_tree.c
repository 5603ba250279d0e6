/* SPDX-License-Identifier: MIT */
#include "fs/procfs/procfs_priv.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/slab.h"

/*
 * fs/procfs/proc_tree.c - names registered at boot: pinned for ever below the
 * root of a file system of texts (procfs, sysfs).
 */

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
	i = inode_create(dir->inode->sb, S_IFDIR | 0555, &static_dir_ops,
			 &dcache_dir_ops);
	d = i ? dentry_create_pinned(dir, copy, i) : NULL;
	if (!d)
		panic("procfs: no memory for the directory %s", copy);
	i->nlink = 2;
	dir->inode->nlink++;
	return d;
}

/* The directory that *path leads to, *path being its last name afterwards. */
static struct dentry *
walk_static(struct superblock *sb, const char **path)
{
	struct dentry *dir = sb->root;
	const char *slash;

	while ((slash = strchr(*path, '/'))) {
		dir = static_dir(dir, *path, (size_t)(slash - *path));
		*path = slash + 1;
	}
	return dir;
}

static void
register_node(struct superblock *sb, const char *path, mode_t mode,
	      const struct proc_node *node)
{
	struct dentry *dir = walk_static(sb, &path);
	const struct inode_ops *ops = &proc_node_ops;
	const struct file_ops *fops = NULL;
	struct inode *i;

	if (node->kind == PROC_FILE) {
		fops = node->file->read ? &proc_data_ops : &proc_text_ops;
		if (node->file->bits & PROC_SETTING)
			ops = &proc_setting_ops;
	}
	i = proc_inode(sb, mode, ops, fops, node);
	if (!i || !dentry_create_pinned(dir, path, i))
		panic("procfs: cannot register %s", path);
}

void
proc_tree_register(struct superblock *sb, const char *path,
		   const struct proc_file *f, unsigned index)
{
	struct proc_node node = { .kind = PROC_FILE,
				  .file = f,
				  .index = index };

	register_node(sb, path, S_IFREG | f->mode, &node);
}

void
proc_tree_register_link(struct superblock *sb, const char *path,
			const char *target)
{
	struct proc_node node = { .kind = PROC_TEXT_LINK, .text = target };

	register_node(sb, path, S_IFLNK | 0777, &node);
}

void
proc_tree_register_dir(struct superblock *sb, const char *path)
{
	struct dentry *dir = walk_static(sb, &path);

	static_dir(dir, path, strlen(path));
}

struct superblock *
proc_tree_create(const struct filesystem_type *type, uint64_t magic)
{
	static const struct superblock_ops no_ops;
	struct superblock *sb = superblock_create(type, &no_ops, magic);
	struct inode *root;

	if (!sb)
		return NULL;
	root = inode_create(sb, S_IFDIR | 0555, &static_dir_ops,
			    &dcache_dir_ops);
	sb->root = root ? dentry_create_root(root) : NULL;
	if (sb->root)
		return sb;
	superblock_put(sb);
	return NULL;
}
