/* SPDX-License-Identifier: MIT */
#include "fs/path.h"
#include "fs/procfs/procfs_priv.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/slab.h"

/*
 * fs/procfs/proc_dirs.c - directories that follow the processes.
 *
 * Names are looked up afresh each time they have gone stale: a dentry is true
 * while what it names exists (revalidate), and none is kept for what does not:
 * lookups fail instead.  A node remembers not only the number but which one of
 * all that have borne it was meant.
 */

/* --- all inodes --- */

bool
proc_node_alive(const struct proc_node *n)
{
	return !n || !n->pid || procfs_source->identity(n->pid) == n->identity;
}

int
proc_node_getattr(struct inode *i)
{
	const struct proc_node *n = proc_node_of(i);
	uid_t uid;
	gid_t gid;

	if (!n || !n->pid || !procfs_source)
		return 0;
	/* The directory itself is everybody's to see whose process it is. */
	if (!procfs_source->owner(n->pid, n->kind == PROC_PID, &uid, &gid)) {
		i->uid = uid;
		i->gid = gid;
	}
	return 0;
}

void
proc_node_evict(struct inode *i)
{
	kfree(i->data);
	i->data = NULL;
}

const struct inode_ops proc_node_ops = {
	.readlink = proc_readlink,
	.getattr = proc_node_getattr,
	.evict = proc_node_evict,
};

int
proc_fill_dentry(struct dentry *d, mode_t mode, const struct inode_ops *ops,
		 const struct file_ops *fops, const struct proc_node *node)
{
	struct superblock *sb = d->parent->inode->sb;
	struct inode *i = proc_inode(sb, mode, ops, fops, node);

	if (!i)
		return -ENOMEM;
	(void)proc_node_getattr(i);
	dentry_set_inode(d, i);
	return 0;
}

bool
proc_dir_revalidate(struct dentry *d)
{
	const struct inode *i = d->inode;

	if (!i || !proc_node_of(i) || !proc_node_alive(proc_node_of(i)))
		return false;
	/* The owner may have changed, and who may come in with it. */
	(void)proc_node_getattr(d->inode);
	return true;
}

bool
proc_add_dots(struct file *f, struct dir_sink *s)
{
	static const char *const names[] = { ".", ".." };

	while (f->pos < 2) {
		if (!s->add(s, names[f->pos], f->pos + 1, f->inode->ino,
			    PROC_DT_DIR, (int64_t)f->pos + 1))
			return false;
		f->pos++;
	}
	return true;
}

/* --- /proc/PID --- */

static const struct inode_ops task_dir_ops;

static const struct subdirectory {
	const char *name;
	enum proc_kind kind;
	mode_t mode;
	const struct inode_ops *ops;
	const struct file_ops *file_ops;
	bool leader_only;
} subdirectories[] = {
	{ "task", PROC_TASK_DIR, 0555, &task_dir_ops, &proc_numbered_dir_ops,
	  true },
	{ "fd", PROC_FD_DIR, 0500, &proc_fd_dir_ops, &proc_numbered_dir_ops,
	  false },
	{ "fdinfo", PROC_FDINFO_DIR, 0500, &proc_fdinfo_dir_ops,
	  &proc_numbered_dir_ops, false },
	{ "ns", PROC_NS_DIR, 0511, &proc_ns_dir_ops, &proc_ns_dir_file_ops,
	  false },
};

static int
lookup_file(struct proc_node *node, struct dentry *d)
{
	const struct proc_file *f;

	for (f = procfs_source->files; f->name; f++) {
		if (strcmp(f->name, d->name) != 0)
			continue;
		if (node->task && (f->bits & PROC_LEADER_ONLY))
			break;
		node->kind = PROC_FILE;
		node->file = f;
		return proc_fill_dentry(
			d, S_IFREG | f->mode, &proc_node_ops,
			f->read ? &proc_data_ops : &proc_text_ops, node);
	}
	return -ENOENT;
}

static int
lookup_link(struct proc_node *node, struct dentry *d)
{
	const struct proc_link *l;

	for (l = procfs_source->links; l->name; l++) {
		if (strcmp(l->name, d->name) != 0)
			continue;
		node->kind = PROC_LINK;
		node->link = l;
		return proc_fill_dentry(d, S_IFLNK | 0777, &proc_magic_link_ops,
					NULL, node);
	}
	return -ENOENT;
}

static int
lookup_subdirectory(struct proc_node *node, struct dentry *d)
{
	for (unsigned i = 0; i < ARRAY_SIZE(subdirectories); i++) {
		const struct subdirectory *s = &subdirectories[i];

		if (strcmp(s->name, d->name) != 0 ||
		    (node->task && s->leader_only))
			continue;
		node->kind = s->kind;
		return proc_fill_dentry(d, S_IFDIR | s->mode, s->ops,
					s->file_ops, node);
	}
	return -ENOENT;
}

static int
pid_lookup(struct inode *dir, struct dentry *d)
{
	struct proc_node node = *proc_node_of(dir);
	int err;

	if (!proc_node_alive(&node))
		return -ENOENT;
	err = lookup_file(&node, d);
	if (err == -ENOENT)
		err = lookup_link(&node, d);
	if (err == -ENOENT)
		err = lookup_subdirectory(&node, d);
	return err;
}

static int
pid_permission(struct inode *i, unsigned want, const struct cred *c)
{
	if (!proc_may_know(proc_node_of(i)->pid, 1))
		return proc_may_know(proc_node_of(i)->pid, 2) ? -EPERM
							      : -ENOENT;
	return inode_permission_by_mode(i, want, c);
}

static const struct inode_ops pid_dir_ops = {
	.lookup = pid_lookup,
	.revalidate = proc_dir_revalidate,
	.getattr = proc_node_getattr,
	.evict = proc_node_evict,
	.permission = pid_permission,
};

/*
 * The name at a position of /proc/PID, and its type; NULL at the end, "" for
 * one that is not there for a thread.
 */
static const char *
pid_dir_name(uint64_t index, bool task, unsigned *type)
{
	const struct proc_file *f;
	const struct proc_link *l;

	*type = PROC_DT_DIR;
	if (index < ARRAY_SIZE(subdirectories))
		return task && subdirectories[index].leader_only
			       ? ""
			       : subdirectories[index].name;
	index -= ARRAY_SIZE(subdirectories);
	*type = PROC_DT_REG;
	for (f = procfs_source->files; f->name; f++)
		if (!index--)
			return task && (f->bits & PROC_LEADER_ONLY) ? ""
								    : f->name;
	*type = PROC_DT_LNK;
	for (l = procfs_source->links; l->name; l++)
		if (!index--)
			return l->name;
	return NULL;
}

static int
pid_dir_iterate(struct file *f, struct dir_sink *s)
{
	const struct proc_node *n = proc_node_of(f->inode);
	const char *name;
	unsigned type;

	if (!proc_node_alive(n))
		return -ENOENT;
	if (!proc_add_dots(f, s))
		return 0;
	while ((name = pid_dir_name(f->pos - 2, n->task, &type))) {
		if (*name && !s->add(s, name, strlen(name), f->pos + 1, type,
				     (int64_t)f->pos + 1))
			return 0;
		f->pos++;
	}
	return 0;
}

static const struct file_ops pid_dir_file_ops = {
	.iterate = pid_dir_iterate,
};

pid_t
procfs_pid_of(const struct file *f, uint64_t *identity)
{
	const struct proc_node *n;

	if (f->ops != &pid_dir_file_ops)
		return 0;
	n = proc_node_of(f->inode);
	*identity = n->identity;
	return n->task ? 0 : n->pid;
}

/* The directory of the process or task node->pid. */
static int
fill_pid_dir(struct dentry *d, struct proc_node *node)
{
	node->kind = PROC_PID;
	node->identity = procfs_source->identity(node->pid);
	if (!node->identity || !proc_may_know(node->pid, 2))
		return -ENOENT;
	return proc_fill_dentry(d, S_IFDIR | 0555, &pid_dir_ops,
				&pid_dir_file_ops, node);
}

static int
task_lookup(struct inode *dir, struct dentry *d)
{
	const struct proc_node *process = proc_node_of(dir);
	struct proc_node node = { .task = true };

	node.pid = proc_parse_number(d->name);
	if (node.pid <= 0 || !proc_node_alive(process) ||
	    !procfs_source->is_thread(process->pid, node.pid))
		return -ENOENT;
	return fill_pid_dir(d, &node);
}

static const struct inode_ops task_dir_ops = {
	.lookup = task_lookup,
	.revalidate = proc_dir_revalidate,
	.getattr = proc_node_getattr,
	.evict = proc_node_evict,
};

/* --- /proc --- */

static int
root_lookup(struct inode *dir, struct dentry *d)
{
	struct proc_node node = { .kind = PROC_SELF };

	if (strcmp(d->name, "self") == 0 ||
	    strcmp(d->name, "thread-self") == 0) {
		node.task = d->name[0] == 't';
		return proc_fill_dentry(d, S_IFLNK | 0777, &proc_node_ops, NULL,
					&node);
	}
	node.pid = proc_parse_number(d->name);
	return node.pid <= 0 ? -ENOENT : fill_pid_dir(d, &node);
}

/* Registered names stay; process directories while the process does. */
static bool
root_revalidate(struct dentry *d)
{
	const struct inode *i = d->inode;
	const struct proc_node *n = i ? proc_node_of(i) : NULL;

	if (!i)
		return false;
	if (!n || n->kind != PROC_PID)
		return true;
	return proc_dir_revalidate(d) && proc_may_know(n->pid, 2);
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

static int
next_process(UNUSED pid_t pid, int from)
{
	pid_t n = from ? from - 1 : 0;

	do
		n = procfs_source->next(n);
	while (n && !proc_may_know(n, 2));
	return n ? n : -1;
}

#define SELF_BASE (PROC_NUMBER_BASE - 2) /* self and thread-self */

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
	while ((int64_t)f->pos < PROC_NUMBER_BASE) {
		const char *name = selves[(int64_t)f->pos - SELF_BASE];

		if (!s->add(s, name, strlen(name), f->pos, PROC_DT_LNK,
			    (int64_t)f->pos + 1))
			return 0;
		f->pos++;
	}
	return proc_iterate_numbers(f, s, 0, next_process, PROC_DT_DIR);
}

const struct file_ops proc_root_file_ops = {
	.iterate = root_iterate,
};
