/* SPDX-License-Identifier: MIT */
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <linux/sched.h>

#include "arch/usercopy.h"
#include "fs/fs_priv.h"
#include "fs/procfs/procfs_priv.h"
#include "lib/errno.h"
#include "lib/string.h"

/*
 * fs/procfs/proc_links.c - symbolic links: with a fixed text, made of numbers
 * (self), or leading to the very file whatever its name is now (exe, fd/N).
 *
 * There is one namespace of each kind and everybody is in it.  ns/NAME leads
 * to a file that stands for it, so that programs can see by device and inode
 * number that two processes share one.
 */

static ssize_t
copy_text(const char *text, char *buf, size_t size)
{
	size_t n = MIN(strlen(text), size);

	memcpy(buf, text, n);
	return (ssize_t)n;
}

static ssize_t
self_text(const struct proc_node *n, char *buf, size_t size)
{
	char text[40];
	pid_t pid = procfs_source->self();

	if (!pid)
		return -ENOENT;
	if (n->task)
		snprintf(text, sizeof(text), "%d/task/%d", pid,
			 procfs_source->thread_self());
	else
		snprintf(text, sizeof(text), "%d", pid);
	return copy_text(text, buf, size);
}

static ssize_t
fd_text(const struct proc_node *n, char *buf, size_t size)
{
	struct file *f = procfs_source->fd_file(n->pid, n->fd);
	ssize_t len;

	if (!f)
		return -ENOENT;
	len = file_name(f, NULL, buf, size);
	file_put(f);
	return len;
}

/* --- namespaces --- */

static const struct name_space {
	const char *name, *kind;
	ino_t ino; /* those Linux gives the first of each kind */
	unsigned long type;
} namespaces[] = {
	{ "cgroup", "cgroup", 0xeffffffb, CLONE_NEWCGROUP },
	{ "ipc", "ipc", 0xefffffff, CLONE_NEWIPC },
	{ "mnt", "mnt", 0xf0000000, CLONE_NEWNS },
	{ "net", "net", 0xf0000001, CLONE_NEWNET },
	{ "pid", "pid", 0xeffffffc, CLONE_NEWPID },
	{ "pid_for_children", "pid", 0xeffffffc, CLONE_NEWPID },
	{ "time", "time", 0xeffffffa, CLONE_NEWTIME },
	{ "time_for_children", "time", 0xeffffffa, CLONE_NEWTIME },
	{ "user", "user", 0xeffffffd, CLONE_NEWUSER },
	{ "uts", "uts", 0xeffffffe, CLONE_NEWUTS },
};

#define NAMESPACES ARRAY_SIZE(namespaces)

static struct dentry *ns_files[NAMESPACES]; /* [I] after boot */
static struct mount *ns_mount;              /* [I] after boot */

/*
 * ioctl_ns(2).  The owner of all, the first user namespace, is said to be out
 * of reach, as to a caller in a container: there is only one to be found.
 */
static long
ns_ioctl(struct file *f, unsigned cmd, uintptr_t arg)
{
	const struct name_space *n = f->inode->data;
	uid_t root = 0;

	switch (cmd) {
	case NS_GET_NSTYPE:
		return (long)n->type;
	case NS_GET_USERNS:
		return -EPERM;
	case NS_GET_PARENT:
		return n->type == CLONE_NEWPID || n->type == CLONE_NEWUSER
			       ? -EPERM
			       : -EINVAL;
	case NS_GET_OWNER_UID:
		if (n->type != CLONE_NEWUSER)
			return -EINVAL;
		return copy_to_user((void USER *)arg, &root, sizeof(root));
	default:
		return -ENOTTY;
	}
}

static const struct file_ops ns_file_ops = { .ioctl = ns_ioctl };

static size_t
ns_text(unsigned which, char *buf, size_t size)
{
	return (size_t)snprintf(buf, size, "%s:[%lu]", namespaces[which].kind,
				(unsigned long)namespaces[which].ino);
}

static int
ns_mount_type(const struct filesystem_type *type, UNUSED const char *source,
	      UNUSED const char *options, struct superblock **out)
{
	static const struct superblock_ops ops;
	struct superblock *sb = superblock_create(type, &ops, NSFS_MAGIC);
	struct inode *root;

	if (!sb)
		return -ENOMEM;
	root = inode_create(sb, S_IFDIR | 0555, NULL, NULL);
	sb->root = root ? dentry_create_root(root) : NULL;
	if (!sb->root) {
		superblock_put(sb);
		return -ENOMEM;
	}
	*out = sb;
	return 0;
}

static struct filesystem_type ns_type = {
	.name = "nsfs",
	.no_device = true,
	.mount = ns_mount_type,
};

void
proc_ns_init(void)
{
	ns_mount = mount_create_internal(&ns_type);
	for (unsigned i = 0; ns_mount && i < NAMESPACES; i++) {
		char name[40];
		size_t n = ns_text(i, name, sizeof(name));
		struct inode *inode = inode_create(ns_mount->sb, S_IFREG | 0444,
						   NULL, &ns_file_ops);

		if (!inode)
			break;
		inode->ino = namespaces[i].ino;
		inode->data = (void *)(uintptr_t)&namespaces[i];
		ns_files[i] = dcache_create_loose(name, n, inode);
	}
	if (!ns_files[NAMESPACES - 1])
		panic("procfs: no memory for the namespaces");
}

static int
ns_lookup(struct inode *dir, struct dentry *d)
{
	struct proc_node node = *proc_node_of(dir);

	node.kind = PROC_NS;
	for (unsigned i = 0; i < NAMESPACES; i++) {
		if (strcmp(namespaces[i].name, d->name) == 0) {
			node.fd = (int)i;
			return proc_fill_dentry(d, S_IFLNK | 0777,
						&proc_magic_link_ops, NULL,
						&node);
		}
	}
	return -ENOENT;
}

const struct inode_ops proc_ns_dir_ops = {
	.lookup = ns_lookup,
	.revalidate = proc_dir_revalidate,
	.getattr = proc_node_getattr,
	.evict = proc_node_evict,
};

static int
ns_iterate(struct file *f, struct dir_sink *s)
{
	if (!proc_node_alive(proc_node_of(f->inode)))
		return -ENOENT;
	if (!proc_add_dots(f, s))
		return 0;
	for (uint64_t i = f->pos - 2; i < NAMESPACES; i++) {
		const char *name = namespaces[i].name;

		if (!s->add(s, name, strlen(name), f->pos + 1, PROC_DT_LNK,
			    (int64_t)f->pos + 1))
			return 0;
		f->pos++;
	}
	return 0;
}

const struct file_ops proc_ns_dir_file_ops = {
	.iterate = ns_iterate,
};

/* --- all links --- */

/* exe, cwd, root: where they lead, as its name. */
static ssize_t
path_text(const struct proc_node *n, char *buf, size_t size)
{
	struct path p;
	ssize_t len;
	int err = n->link->target(n->pid, &p);

	if (err)
		return err;
	len = path_name(&p, NULL, buf, size);
	path_put(&p);
	return len;
}

ssize_t
proc_readlink(struct inode *i, char *buf, size_t size)
{
	const struct proc_node *n = proc_node_of(i);

	if (n->kind == PROC_TEXT_LINK)
		return copy_text(n->text, buf, size);
	if (n->kind == PROC_SELF)
		return self_text(n, buf, size);
	if (!proc_node_alive(n))
		return -ENOENT;
	if (!procfs_source->may_look(n->pid))
		return -EACCES;
	switch (n->kind) {
	case PROC_FD:
		return fd_text(n, buf, size);
	case PROC_LINK:
		return path_text(n, buf, size);
	case PROC_NS:
		return (ssize_t)MIN(ns_text((unsigned)n->fd, buf, size), size);
	default:
		return -EINVAL;
	}
}

static int
follow_fd(const struct proc_node *n, struct path *out)
{
	struct file *f = procfs_source->fd_file(n->pid, n->fd);

	if (!f)
		return -ENOENT;
	if (!f->path.dentry) {
		file_put(f);
		return -ENXIO;
	}
	*out = f->path;
	path_get(out);
	file_put(f);
	return 0;
}

/* To the very file, whatever its name is now. */
static int
magic_follow(struct inode *i, struct path *out)
{
	const struct proc_node *n = proc_node_of(i);

	if (!proc_node_alive(n))
		return -ENOENT;
	if (!procfs_source->may_look(n->pid))
		return -EACCES;
	if (n->kind == PROC_LINK)
		return n->link->target(n->pid, out);
	if (n->kind == PROC_FD)
		return follow_fd(n, out);
	out->mount = ns_mount;
	out->dentry = ns_files[n->fd];
	path_get(out);
	return 0;
}

const struct inode_ops proc_magic_link_ops = {
	.readlink = proc_readlink,
	.follow = magic_follow,
	.getattr = proc_node_getattr,
	.evict = proc_node_evict,
};
