/* SPDX-License-Identifier: MIT */
#include "fs/path.h"
#include "fs/procfs/procfs_priv.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/slab.h"

/*
 * fs/procfs/proc_dirs.c - directories and links that follow the processes.
 *
 * Names are looked up afresh each time they have gone stale: a dentry is true
 * while what it names exists (revalidate), and none is kept for what does not:
 * lookups fail instead.  Directory offsets: the names of a
 * fixed list count from 2; numbered entries (PIDs, descriptors) follow at
 * NUMBER_BASE + number, so adding and removing processes moves nothing.
 */

#define NUMBER_BASE (1LL << 32)
#define DT_DIR_     4
#define DT_REG_     8
#define DT_LNK_     10

/* --- all inodes --- */

static int
node_getattr(struct inode *i)
{
	const struct proc_node *n = proc_node_of(i);
	uid_t uid;
	gid_t gid;

	if (!n || !n->pid || !procfs_source)
		return 0;
	if (!procfs_source->owner(n->pid, &uid, &gid)) {
		i->uid = uid;
		i->gid = gid;
	}
	return 0;
}

static void
node_evict(struct inode *i)
{
	kfree(i->data);
	i->data = NULL;
}

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
	if (n->thread)
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

static ssize_t
node_readlink(struct inode *i, char *buf, size_t size)
{
	const struct proc_node *n = proc_node_of(i);
	struct path p;
	ssize_t len;
	int err;

	switch (n->kind) {
	case PROC_TEXT_LINK:
		return copy_text(n->text, buf, size);
	case PROC_SELF:
		return self_text(n, buf, size);
	case PROC_FD:
		if (!procfs_source->may_look(n->pid))
			return -EACCES;
		return fd_text(n, buf, size);
	case PROC_LINK:
		if (!procfs_source->may_look(n->pid))
			return -EACCES;
		err = n->link->target(n->pid, &p);
		if (err)
			return err;
		len = path_name(&p, NULL, buf, size);
		path_put(&p);
		return len;
	default:
		return -EINVAL;
	}
}

/* Links that lead to the very file, whatever its name is now. */
static int
magic_follow(struct inode *i, struct path *out)
{
	const struct proc_node *n = proc_node_of(i);
	struct file *f;

	if (!procfs_source->may_look(n->pid))
		return -EACCES;
	if (n->kind == PROC_LINK)
		return n->link->target(n->pid, out);
	f = procfs_source->fd_file(n->pid, n->fd);
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

const struct inode_ops proc_node_ops = {
	.readlink = node_readlink,
	.getattr = node_getattr,
	.evict = node_evict,
};

static const struct inode_ops magic_link_ops = {
	.readlink = node_readlink,
	.follow = magic_follow,
	.getattr = node_getattr,
	.evict = node_evict,
};

/* Make the inode of a looked-up name. */
static int
fill_dentry(struct dentry *d, mode_t mode, const struct inode_ops *ops,
	    const struct file_ops *fops, const struct proc_node *node)
{
	struct superblock *sb = d->parent->inode->sb;
	struct inode *i = proc_inode(sb, mode, ops, fops, node);

	if (!i)
		return -ENOMEM;
	(void)node_getattr(i);
	dentry_set_inode(d, i);
	return 0;
}

/* A decimal number without sign or leading zero, or -1. */
static int
parse_number(const char *s)
{
	uint64_t v;

	if ((s[0] == '0' && s[1]) || s[0] < '0' || s[0] > '9')
		return -1;
	if (!str_to_u64(s, 10, &v) || v > INT32_MAX)
		return -1;
	return (int)v;
}

/* --- numbered directories: /proc, task/, fd/ --- */

/* Entries numbered from `from` on as next() gives them (0 / -1 = no more). */
static int
iterate_numbers(struct file *f, struct dir_sink *s, pid_t pid,
		int (*next)(pid_t pid, int from), unsigned type)
{
	char name[12];
	int n;

	if ((int64_t)f->pos < NUMBER_BASE)
		f->pos = NUMBER_BASE;
	for (;;) {
		int from = (int)((int64_t)f->pos - NUMBER_BASE);
		int len;

		n = next(pid, from);
		if (n < 0)
			return 0;
		len = snprintf(name, sizeof(name), "%d", n);
		if (!s->add(s, name, (size_t)len, (ino_t)n + 100, type,
			    NUMBER_BASE + n + 1))
			return 0;
		f->pos = (uint64_t)(NUMBER_BASE + n + 1);
	}
}

static int
next_process(pid_t pid, int from)
{
	pid_t n = procfs_source->next(from ? from - 1 : 0);

	return n ? n : -1;
}

static int
next_thread(pid_t pid, int from)
{
	pid_t n = procfs_source->next_thread(pid, from ? from - 1 : 0);

	return n ? n : -1;
}

static int
next_fd(pid_t pid, int from)
{
	return procfs_source->next_fd(pid, from);
}

/* "." and ".." of directories that are not in the dcache's order. */
static bool
add_dots(struct file *f, struct dir_sink *s)
{
	static const char *const names[] = { ".", ".." };

	while (f->pos < 2) {
		if (!s->add(s, names[f->pos], f->pos + 1, f->inode->ino,
			    DT_DIR_, (int64_t)f->pos + 1))
			return false;
		f->pos++;
	}
	return true;
}

static int
numbered_iterate(struct file *f, struct dir_sink *s)
{
	const struct proc_node *n = proc_node_of(f->inode);

	if (!add_dots(f, s))
		return 0;
	if (n->kind == PROC_FD_DIR)
		return iterate_numbers(f, s, n->pid, next_fd, DT_LNK_);
	return iterate_numbers(f, s, n->pid, next_thread, DT_DIR_);
}

static const struct file_ops numbered_dir_ops = {
	.iterate = numbered_iterate,
};

static int
fd_lookup(struct inode *dir, struct dentry *d)
{
	const struct proc_node *n = proc_node_of(dir);
	struct proc_node node = { .kind = PROC_FD, .pid = n->pid };
	struct file *f;
	mode_t mode;

	node.fd = parse_number(d->name);
	f = node.fd < 0 ? NULL : procfs_source->fd_file(n->pid, node.fd);
	if (!f)
		return -ENOENT;
	mode = S_IFLNK | (file_readable(f) ? 0500 : 0) |
	       (file_writable(f) ? 0300 : 0);
	file_put(f);
	return fill_dentry(d, mode, &magic_link_ops, NULL, &node);
}

static bool
fd_revalidate(struct dentry *d)
{
	const struct inode *i = d->inode;
	const struct proc_node *n = i ? proc_node_of(i) : NULL;
	struct file *f;

	if (!n)
		return false;
	f = procfs_source->fd_file(n->pid, n->fd);
	if (!f)
		return false;
	file_put(f);
	(void)node_getattr(d->inode);
	return true;
}

static const struct inode_ops fd_dir_ops = {
	.lookup = fd_lookup,
	.revalidate = fd_revalidate,
	.getattr = node_getattr,
	.evict = node_evict,
};

/* --- /proc/PID --- */

static const struct inode_ops pid_dir_ops, task_dir_ops;

static const struct file_ops pid_dir_file_ops;

static bool
node_exists(struct dentry *d)
{
	const struct inode *i = d->inode;

	if (!i || !proc_node_of(i) ||
	    !procfs_source->exists(proc_node_of(i)->pid))
		return false;
	/* The owner may have changed, and who may come in with it. */
	(void)node_getattr(d->inode);
	return true;
}

static int
pid_lookup(struct inode *dir, struct dentry *d)
{
	struct proc_node node = { .pid = proc_node_of(dir)->pid };
	const struct proc_file *f;
	const struct proc_link *l;

	for (f = procfs_source->files; f->name; f++) {
		if (strcmp(f->name, d->name) == 0) {
			node.kind = PROC_FILE;
			node.file = f;
			return fill_dentry(d, S_IFREG | f->mode, &proc_node_ops,
					   &proc_text_ops, &node);
		}
	}
	for (l = procfs_source->links; l->name; l++) {
		if (strcmp(l->name, d->name) == 0) {
			node.kind = PROC_LINK;
			node.link = l;
			return fill_dentry(d, S_IFLNK | 0777, &magic_link_ops,
					   NULL, &node);
		}
	}
	if (strcmp(d->name, "fd") == 0) {
		node.kind = PROC_FD_DIR;
		return fill_dentry(d, S_IFDIR | 0500, &fd_dir_ops,
				   &numbered_dir_ops, &node);
	}
	if (strcmp(d->name, "task") == 0) {
		node.kind = PROC_TASK_DIR;
		return fill_dentry(d, S_IFDIR | 0555, &task_dir_ops,
				   &numbered_dir_ops, &node);
	}
	return -ENOENT;
}

static const struct inode_ops pid_dir_ops = {
	.lookup = pid_lookup,
	.revalidate = node_exists,
	.getattr = node_getattr,
	.evict = node_evict,
};

/* The name at position index of /proc/PID, and its type; NULL at the end. */
static const char *
pid_dir_name(unsigned index, unsigned *type)
{
	const struct proc_file *f;
	const struct proc_link *l;

	*type = DT_DIR_;
	if (index < 2)
		return index ? "fd" : "task";
	index -= 2;
	*type = DT_REG_;
	for (f = procfs_source->files; f->name; f++)
		if (!index--)
			return f->name;
	*type = DT_LNK_;
	for (l = procfs_source->links; l->name; l++)
		if (!index--)
			return l->name;
	return NULL;
}

static int
pid_dir_iterate(struct file *f, struct dir_sink *s)
{
	const char *name;
	unsigned type;

	if (!procfs_source->exists(proc_node_of(f->inode)->pid))
		return -ENOENT;
	if (!add_dots(f, s))
		return 0;
	while ((name = pid_dir_name((unsigned)f->pos - 2, &type))) {
		if (!s->add(s, name, strlen(name), f->pos + 1, type,
			    (int64_t)f->pos + 1))
			return 0;
		f->pos++;
	}
	return 0;
}

static const struct file_ops pid_dir_file_ops = {
	.iterate = pid_dir_iterate,
};

static int
task_lookup(struct inode *dir, struct dentry *d)
{
	struct proc_node node = { .kind = PROC_PID };
	pid_t pid = proc_node_of(dir)->pid;

	node.pid = parse_number(d->name);
	if (node.pid <= 0 ||
	    procfs_source->next_thread(pid, node.pid - 1) != node.pid)
		return -ENOENT;
	return fill_dentry(d, S_IFDIR | 0555, &pid_dir_ops, &pid_dir_file_ops,
			   &node);
}

static const struct inode_ops task_dir_ops = {
	.lookup = task_lookup,
	.revalidate = node_exists,
	.getattr = node_getattr,
	.evict = node_evict,
};

/* --- /proc --- */

static int
root_lookup(struct inode *dir, struct dentry *d)
{
	struct proc_node node = { .kind = PROC_PID };

	if (strcmp(d->name, "self") == 0 ||
	    strcmp(d->name, "thread-self") == 0) {
		node.kind = PROC_SELF;
		node.thread = d->name[0] == 't';
		return fill_dentry(d, S_IFLNK | 0777, &proc_node_ops, NULL,
				   &node);
	}
	node.pid = parse_number(d->name);
	if (node.pid <= 0 || !procfs_source->exists(node.pid))
		return -ENOENT;
	return fill_dentry(d, S_IFDIR | 0555, &pid_dir_ops, &pid_dir_file_ops,
			   &node);
}

/* Registered names stay; process directories while the process does. */
static bool
root_revalidate(struct dentry *d)
{
	const struct inode *i = d->inode;
	const struct proc_node *n = i ? proc_node_of(i) : NULL;

	if (!i)
		return false;
	return !n || n->kind != PROC_PID || node_exists(d);
}

const struct inode_ops proc_root_ops = {
	.lookup = root_lookup,
	.revalidate = root_revalidate,
};

/* Notices when the registered names did not all fit. */
struct watching_sink {
	struct dir_sink sink;
	struct dir_sink *inner;
	bool full;
};

static bool
watching_add(struct dir_sink *s, const char *name, size_t len, ino_t ino,
	     unsigned type, int64_t next)
{
	struct watching_sink *w = container_of(s, struct watching_sink, sink);
	bool fits = w->inner->add(w->inner, name, len, ino, type, next);

	w->full |= !fits;
	return fits;
}

#define SELF_BASE (NUMBER_BASE - 2) /* self and thread-self come between */

static int
root_iterate(struct file *f, struct dir_sink *s)
{
	struct watching_sink w = { { watching_add }, s, false };
	static const char *const selves[] = { "self", "thread-self" };
	int err;

	if ((int64_t)f->pos < SELF_BASE) {
		err = dcache_dir_ops.iterate(f, &w.sink);
		if (err || w.full)
			return err;
		f->pos = SELF_BASE;
	}
	while ((int64_t)f->pos < NUMBER_BASE) {
		const char *name = selves[(int64_t)f->pos - SELF_BASE];

		if (!s->add(s, name, strlen(name), f->pos, DT_LNK_,
			    (int64_t)f->pos + 1))
			return 0;
		f->pos++;
	}
	return iterate_numbers(f, s, 0, next_process, DT_DIR_);
}

const struct file_ops proc_root_file_ops = {
	.iterate = root_iterate,
};
