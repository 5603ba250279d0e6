/* SPDX-License-Identifier: MIT */

/*
 * fs/devpts/devpts_pairs.c - ptmx, and the nodes of slaves.
 *
 * An open of ptmx makes a pair, with a number and a node of that name.  The
 * node goes when the master is closed, and the number with the last reference
 * to the pair, so a name never means two slaves at once.
 *
 *	master's file --> pair (its terminal) --> struct node --> superblock
 *	dentry "N" --> inode --> pair
 *
 * The dentry goes first, so that circle ends with the master.
 */

#include <linux/major.h>

#include "dev/pty.h"
#include "dev/tty.h"
#include "fs/chardev_file.h"
#include "fs/devpts/devpts.h"
#include "fs/devpts/devpts_priv.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "mm/slab.h"

enum devpts_ino {
	INO_ROOT = 1,
	INO_PTMX = 2,
	INO_FIRST_SLAVE = 3,
};

/* A pair's place in its instance. */
struct node {
	struct superblock *sb; /* [I] referenced */
	unsigned number;       /* [I] */
	struct dentry *dentry; /* [o] the master's, while it is open */
};

static atomic_int pairs; /* in all instances */
atomic_int devpts_max = DEVPTS_MAX;
/* Of these, not for instances other than the first. */
atomic_int devpts_reserve = DEVPTS_MAX / 4;

int64_t
devpts_count(void)
{
	return pairs;
}

/* --- numbers -------------------------------------------------------------- */

/* The lowest free number below limit, marked as used; -ENOSPC. */
static int
take_lowest(struct devpts *fs, unsigned limit)
{
	for (unsigned i = 0; i < ARRAY_SIZE(fs->used); i++) {
		uint64_t free = ~fs->used[i];
		unsigned n;

		if (!free)
			continue;
		n = i * 64 + (unsigned)__builtin_ctzll(free);
		if (n >= limit)
			break;
		fs->used[i] |= 1ULL << (n % 64);
		return (int)n;
	}
	return -ENOSPC;
}

static int
number_get(struct devpts *fs)
{
	int most = devpts_max - (fs->first ? 0 : devpts_reserve);
	int n = -ENOSPC;

	if (atomic_fetch_add(&pairs, 1) < most) {
		spin_lock(&fs->lock);
		n = take_lowest(fs, MIN(fs->options.max, DEVPTS_MAX));
		spin_unlock(&fs->lock);
	}
	if (n < 0)
		atomic_fetch_sub(&pairs, 1);
	return n;
}

static void
number_put(struct devpts *fs, unsigned n)
{
	spin_lock(&fs->lock);
	fs->used[n / 64] &= ~(1ULL << (n % 64));
	spin_unlock(&fs->lock);
	atomic_fetch_sub(&pairs, 1);
}

/* --- what a pair asks of its host ----------------------------------------- */

static void
node_master_closed(void *host)
{
	struct node *node = host;
	struct dentry *dir = node->sb->root;

	mutex_lock(&dir->inode->lock);
	mutex_lock_nested(&node->dentry->inode->lock);
	node->dentry->inode->nlink = 0;
	mutex_unlock(&node->dentry->inode->lock);
	dentry_delete(node->dentry);
	mutex_unlock(&dir->inode->lock);
}

static void
node_destroy(void *host)
{
	struct node *node = host;
	struct superblock *sb = node->sb;

	number_put(devpts_of(sb), node->number);
	kfree(node);
	superblock_put(sb);
}

static const struct pty_host_ops host_ops = {
	.master_closed = node_master_closed,
	.destroy = node_destroy,
};

/* --- nodes of slaves ------------------------------------------------------ */

/* The slave itself, whatever other instance has the same number. */
static int
slave_open(struct file *f)
{
	struct pty *pty = f->inode->data;
	int err = pty_check_open(pty);

	return err ? err : chardev_file_open(f, pty_slave_device(pty));
}

static struct file_ops slave_file_ops RO_AFTER_BOOT;

static void
slave_evict(struct inode *i)
{
	if (i->data)
		tty_put(pty_tty(i->data));
	i->data = NULL;
}

static const struct inode_ops slave_ops = {
	.evict = slave_evict,
};

static struct inode *
slave_inode(struct superblock *sb, struct pty *pty, unsigned number,
	    const struct cred *c)
{
	struct devpts *fs = devpts_of(sb);
	struct devpts_options o;
	struct inode *i;

	spin_lock(&fs->lock);
	o = fs->options;
	spin_unlock(&fs->lock);
	i = inode_create(sb, S_IFCHR | o.mode, &slave_ops, &slave_file_ops);
	if (!i)
		return NULL;
	i->ino = INO_FIRST_SLAVE + number;
	i->rdev = dev_make(UNIX98_PTY_SLAVE_MAJOR, number);
	i->uid = o.has_uid ? o.uid : c->user.fs;
	i->gid = o.has_gid ? o.gid : c->group.fs;
	tty_get(pty_tty(pty));
	i->data = pty;
	return i;
}

/* --- making pairs --------------------------------------------------------- */

static struct node *
node_create(struct superblock *sb, int *err)
{
	struct node *node;
	int n = number_get(devpts_of(sb));

	*err = n;
	if (n < 0)
		return NULL;
	*err = -ENOMEM;
	node = kmalloc(sizeof(*node));
	if (!node) {
		number_put(devpts_of(sb), (unsigned)n);
		return NULL;
	}
	node->number = (unsigned)n;
	node->sb = sb;
	superblock_get(sb);
	return node;
}

/* Give the pair its name; 0 or -ENOMEM. */
static int
show(struct node *node, struct pty *pty, const struct cred *c)
{
	struct inode *i = slave_inode(node->sb, pty, node->number, c);
	char name[12];

	if (!i)
		return -ENOMEM;
	snprintf(name, sizeof(name), "%u", node->number);
	node->dentry = dentry_create_pinned(node->sb->root, name, i);
	if (node->dentry)
		return 0;
	inode_put(i);
	return -ENOMEM;
}

static int
open_pair(struct superblock *sb, struct chardev_open *o)
{
	struct node *node;
	struct pty *pty;
	int err;

	node = node_create(sb, &err);
	if (!node)
		return err;
	pty = pty_create(node->number, &host_ops, node);
	if (!pty) {
		node_destroy(node);
		return -ENOMEM;
	}
	/* Before it can be seen: nobody may find it without a master. */
	pty_open_master(pty, o);
	err = show(node, pty, o->file->cred);
	if (err)
		tty_put(pty_tty(pty));
	tty_put(pty_tty(pty));
	return err;
}

/* --- ptmx ----------------------------------------------------------------- */

/* The root of what is mounted on "pts" in p's directory, replacing p. */
static int
enter_sibling(struct path *p)
{
	struct dentry *dir = dentry_parent(p->dentry);
	struct dentry *pts = dentry_find(dir, "pts", 3);

	dentry_put(dir);
	if (!pts)
		return -ENOENT;
	dentry_put(p->dentry);
	p->dentry = pts;
	mount_cross(p);
	if (p->dentry->inode && p->dentry->inode->sb->type == &devpts_type &&
	    p->dentry == p->dentry->inode->sb->root)
		return 0;
	return -ENODEV;
}

/* The instance that ptmx, opened as f, belongs to: its root, referenced. */
static int
instance_of(const struct file *f, struct path *out)
{
	struct superblock *sb = f->inode->sb;
	int err;

	*out = f->path;
	path_get(out);
	if (sb->type == &devpts_type) {
		dentry_put(out->dentry);
		out->dentry = sb->root;
		dentry_get(out->dentry);
		return 0;
	}
	err = enter_sibling(out);
	if (err)
		path_put(out);
	return err;
}

static int
ptmx_open(struct chardev_open *o)
{
	struct path root;
	int err = instance_of(o->file, &root);

	if (err)
		return err;
	err = open_pair(root.dentry->inode->sb, o);
	path_put(&root);
	return err;
}

int
devpts_open_peer(struct file *f, unsigned flags, struct file **out)
{
	struct chardev *d = file_chardev(f);
	struct pty *pty = d ? pty_of_master(d) : NULL;
	const unsigned kept = O_ACCMODE | O_NONBLOCK | O_NOCTTY;
	struct path peer;
	struct node *node;
	int err;

	if (!pty)
		return d && pty_is_slave(d) ? -EIO : -ENOTTY;
	err = instance_of(f, &peer);
	if (err)
		return err;
	node = pty_host(pty);
	dentry_put(peer.dentry);
	peer.dentry = node->dentry;
	dentry_get(peer.dentry);
	err = peer.mount->sb == node->sb
		      ? file_open_path(&peer, flags & kept, f->cred, out)
		      : -ENODEV;
	path_put(&peer);
	return err;
}

static const struct chardev_ops ptmx_ops = {
	.open = ptmx_open,
};

static struct chardev ptmx_dev = {
	.name = "ptmx",
	.dev = DEV_NUMBER(TTYAUX_MAJOR, 2),
	.mode = 0666,
	.bits = CHARDEV_TTY,
	.ops = &ptmx_ops,
};

/* --- the tree ------------------------------------------------------------- */

/* All that is there is pinned in the cache already: no others exist. */
static int
root_lookup(UNUSED struct inode *dir, UNUSED struct dentry *d)
{
	return 0;
}

static const struct inode_ops root_ops = { .lookup = root_lookup };
static const struct inode_ops ptmx_inode_ops = { 0 };

static int
make_ptmx(struct superblock *sb)
{
	struct devpts *fs = devpts_of(sb);
	struct inode *i = inode_create(sb, S_IFCHR | fs->options.ptmx_mode,
				       &ptmx_inode_ops, NULL);

	if (!i)
		return -ENOMEM;
	i->ino = INO_PTMX;
	inode_init_special(i, ptmx_dev.dev);
	if (!dentry_create_pinned(sb->root, "ptmx", i)) {
		inode_put(i);
		return -ENOMEM;
	}
	fs->ptmx = i;
	return 0;
}

int
devpts_make_tree(struct superblock *sb)
{
	struct inode *i =
		inode_create(sb, S_IFDIR | 0755, &root_ops, &dcache_dir_ops);

	if (!i)
		return -ENOMEM;
	i->ino = INO_ROOT;
	i->nlink = 2;
	sb->root = dentry_create_root(i);
	if (!sb->root) {
		inode_put(i);
		return -ENOMEM;
	}
	return make_ptmx(sb);
}

void
devpts_pairs_init(void)
{
	slave_file_ops = chardev_file_ops;
	slave_file_ops.open = slave_open;
	chardev_register(&ptmx_dev);
}
