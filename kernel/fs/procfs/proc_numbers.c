/* SPDX-License-Identifier: MIT */
#include "fs/procfs/procfs_priv.h"
#include "lib/errno.h"
#include "lib/string.h"

/*
 * fs/procfs/proc_numbers.c - directories whose names are numbers: the threads
 * in task/, the descriptors in fd/ and fdinfo/.
 */

int
proc_parse_number(const char *s)
{
	uint64_t v;

	if ((s[0] == '0' && s[1]) || s[0] < '0' || s[0] > '9')
		return -1;
	if (!str_to_u64(s, 10, &v) || v > INT32_MAX)
		return -1;
	return (int)v;
}

int
proc_iterate_numbers(struct file *f, struct dir_sink *s, pid_t pid,
		     int (*next)(pid_t pid, int from), unsigned type)
{
	char name[12];
	int n;

	if ((int64_t)f->pos < PROC_NUMBER_BASE)
		f->pos = PROC_NUMBER_BASE;
	for (;;) {
		int64_t from = (int64_t)f->pos - PROC_NUMBER_BASE;
		int len;

		if (from > INT32_MAX)
			return 0; /* a hostile seek */
		n = next(pid, (int)from);
		if (n < 0)
			return 0;
		len = snprintf(name, sizeof(name), "%d", n);
		if (!s->add(s, name, (size_t)len, (ino_t)n + 100, type,
			    PROC_NUMBER_BASE + n + 1))
			return 0;
		f->pos = (uint64_t)(PROC_NUMBER_BASE + n + 1);
	}
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

static int
numbered_iterate(struct file *f, struct dir_sink *s)
{
	const struct proc_node *n = proc_node_of(f->inode);

	if (!proc_node_alive(n))
		return -ENOENT;
	if (!proc_add_dots(f, s))
		return 0;
	if (n->kind == PROC_TASK_DIR)
		return proc_iterate_numbers(f, s, n->pid, next_thread,
					    PROC_DT_DIR);
	if (!procfs_source->may_look(n->pid))
		return -EACCES;
	return proc_iterate_numbers(f, s, n->pid, next_fd,
				    n->kind == PROC_FD_DIR ? PROC_DT_LNK
							   : PROC_DT_REG);
}

const struct file_ops proc_numbered_dir_ops = {
	.iterate = numbered_iterate,
};

/* --- fd/ and fdinfo/ --- */

/* The link's permission bits are how the file is open. */
static mode_t
fd_link_mode(const struct file *f)
{
	return S_IFLNK | (file_readable(f) ? 0500 : 0) |
	       (file_writable(f) ? 0300 : 0);
}

static int
fd_lookup(struct inode *dir, struct dentry *d)
{
	struct proc_node node = *proc_node_of(dir);
	struct file *f;
	mode_t mode;

	node.kind = PROC_FD;
	node.fd = proc_parse_number(d->name);
	if (node.fd < 0 || !proc_node_alive(&node))
		return -ENOENT;
	f = procfs_source->fd_file(node.pid, node.fd);
	if (!f)
		return -ENOENT;
	mode = fd_link_mode(f);
	file_put(f);
	return proc_fill_dentry(d, mode, &proc_magic_link_ops, NULL, &node);
}

/* The same way of being open will do; the file may be another one. */
static bool
fd_revalidate(struct dentry *d)
{
	const struct inode *i = d->inode;
	const struct proc_node *n = i ? proc_node_of(i) : NULL;
	struct file *f;
	bool same;

	if (!n || !proc_node_alive(n))
		return false;
	f = procfs_source->fd_file(n->pid, n->fd);
	if (!f)
		return false;
	same = S_ISREG(i->mode) || i->mode == fd_link_mode(f);
	file_put(f);
	(void)proc_node_getattr(d->inode);
	return same;
}

/* Its own a process may always list, whatever it may not be debugged by. */
static int
fd_permission(struct inode *i, unsigned want, const struct cred *c)
{
	int err = inode_permission_by_mode(i, want, c);

	return err && procfs_source->is_own(proc_node_of(i)->pid) ? 0 : err;
}

const struct inode_ops proc_fd_dir_ops = {
	.lookup = fd_lookup,
	.revalidate = fd_revalidate,
	.getattr = proc_node_getattr,
	.evict = proc_node_evict,
	.permission = fd_permission,
};

static int
show_fd_info(pid_t pid, struct proc_text *t)
{
	return procfs_source->fd_info(pid, t->fd, t);
}

static const struct proc_file fd_info_file = {
	.mode = 0444,
	.show = show_fd_info,
	.bits = PROC_PRIVATE,
};

static int
fdinfo_lookup(struct inode *dir, struct dentry *d)
{
	struct proc_node node = *proc_node_of(dir);
	struct file *f;

	node.kind = PROC_FILE;
	node.file = &fd_info_file;
	node.fd = proc_parse_number(d->name);
	if (node.fd < 0 || !proc_node_alive(&node))
		return -ENOENT;
	f = procfs_source->fd_file(node.pid, node.fd);
	if (!f)
		return -ENOENT;
	file_put(f);
	return proc_fill_dentry(d, S_IFREG | 0444, &proc_node_ops,
				&proc_text_ops, &node);
}

const struct inode_ops proc_fdinfo_dir_ops = {
	.lookup = fdinfo_lookup,
	.revalidate = fd_revalidate,
	.getattr = proc_node_getattr,
	.evict = proc_node_evict,
	.permission = fd_permission,
};
