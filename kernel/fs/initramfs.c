/* SPDX-License-Identifier: MIT */

/*
 * fs/initramfs.c - the root file system's first contents, from a cpio archive.
 *
 * An entry that cannot be made is named in the log and skipped; the rest goes
 * on.  Files with several links come as entries of the same inode number, the
 * data with one of them (the last, usually): the first makes the file, later
 * ones link to it and bring data if they have any.
 */

#include <linux/fcntl.h>

#include "core/klog.h"
#include "fs/file.h"
#include "fs/path.h"
#include "lib/cpio.h"
#include "lib/errno.h"
#include "lib/list.h"
#include "lib/string.h"
#include "mm/slab.h"

/* The first name of a file with more than one. */
struct linked {
	struct list_node link;
	uint32_t ino, dev_major, dev_minor;
	char name[];
};

struct unpack {
	struct walk walk;
	struct cpio_reader reader;
	struct cpio_entry entry;
	struct list_node linked;
	unsigned made;
};

/* --- hard links ----------------------------------------------------------- */

static const struct linked *
linked_find(const struct unpack *u)
{
	const struct cpio_entry *e = &u->entry;
	const struct linked *l;

	list_for_each (l, &u->linked, link)
		if (l->ino == e->ino && l->dev_major == e->dev_major &&
		    l->dev_minor == e->dev_minor)
			return l;
	return NULL;
}

static int
linked_add(struct unpack *u)
{
	const struct cpio_entry *e = &u->entry;
	size_t size = strlen(e->name) + 1;
	struct linked *l = kmalloc(sizeof(*l) + size);

	if (!l)
		return -ENOMEM;
	l->ino = e->ino;
	l->dev_major = e->dev_major;
	l->dev_minor = e->dev_minor;
	memcpy(l->name, e->name, size);
	list_push_back(&u->linked, &l->link);
	return 0;
}

static void
linked_free(struct unpack *u)
{
	while (!list_empty(&u->linked)) {
		struct linked *l = list_first(&u->linked, struct linked, link);

		list_remove(&l->link);
		kfree(l);
	}
}

/* --- kinds of entries ----------------------------------------------------- */

/* A later archive replaces what an earlier one made. */
static int
make_room(struct unpack *u)
{
	const char *name = u->entry.name;
	struct path p;
	bool is_dir, same_kind;
	int err;

	err = path_lookup(&u->walk, name, WALK_NOFOLLOW, &p);
	if (err)
		return err == -ENOENT ? 0 : err;
	is_dir = S_ISDIR(p.dentry->inode->mode);
	same_kind = is_dir == S_ISDIR(u->entry.mode);
	path_put(&p);
	if (is_dir)
		return same_kind ? 0 : path_rmdir(&u->walk, name);
	return path_unlink(&u->walk, name);
}

static int
write_data(struct file *f, const uint8_t *data, size_t size)
{
	size_t done = 0;
	ssize_t n;

	while (done < size) {
		n = file_write_kernel(f, data + done, size - done, done);
		if (n <= 0)
			return n ? (int)n : -EIO;
		done += (size_t)n;
	}
	return 0;
}

static int
make_regular(struct unpack *u)
{
	const struct cpio_entry *e = &u->entry;
	const struct linked *first = e->nlink > 1 ? linked_find(u) : NULL;
	struct file *f;
	int err = 0;

	if (first)
		err = path_link(&u->walk, first->name, WALK_NOFOLLOW, &u->walk,
				e->name);
	else if (e->nlink > 1)
		err = linked_add(u);
	if (err || (first && e->size == 0))
		return err;
	err = path_open(&u->walk, e->name, O_WRONLY | O_CREAT | O_NOFOLLOW,
			0600, &f);
	if (err)
		return err;
	err = write_data(f, e->data, e->size);
	file_put(f);
	return err;
}

static int
make_directory(struct unpack *u)
{
	int err = path_mkdir(&u->walk, u->entry.name, 0700);

	return err == -EEXIST ? 0 : err;
}

static int
make_symlink(struct unpack *u)
{
	const struct cpio_entry *e = &u->entry;
	char *target;
	int err;

	if (e->size == 0 || e->size >= PATH_MAX)
		return -EINVAL;
	target = kmalloc(e->size + 1);
	if (!target)
		return -ENOMEM;
	memcpy(target, e->data, e->size);
	err = strlen(target) == e->size
		      ? path_symlink(&u->walk, target, e->name)
		      : -EINVAL;
	kfree(target);
	return err;
}

static int
make_node(struct unpack *u)
{
	const struct cpio_entry *e = &u->entry;

	return path_mknod(&u->walk, e->name, (e->mode & S_IFMT) | 0600,
			  dev_make(e->rdev_major, e->rdev_minor));
}

static int
make_entry(struct unpack *u)
{
	switch (u->entry.mode & S_IFMT) {
	case S_IFREG:
		return make_regular(u);
	case S_IFDIR:
		return make_directory(u);
	case S_IFLNK:
		return make_symlink(u);
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		return make_node(u);
	default:
		return -EINVAL;
	}
}

/* Owner first: a change of it takes set-id bits away. */
static int
set_attributes(struct unpack *u)
{
	const struct cpio_entry *e = &u->entry;
	struct inode_attr owner = { .bits = ATTR_UID | ATTR_GID,
				    .uid = e->uid,
				    .gid = e->gid };
	struct inode_attr rest = { .bits = ATTR_ATIME | ATTR_MTIME,
				   .mode = e->mode & 07777 };
	struct path p;
	int err;

	rest.atime.sec = rest.mtime.sec = e->mtime;
	if (!S_ISLNK(e->mode))
		rest.bits |= ATTR_MODE;
	err = path_lookup(&u->walk, e->name, WALK_NOFOLLOW, &p);
	if (err)
		return err;
	err = path_setattr(&p, u->walk.cred, &owner);
	if (!err)
		err = path_setattr(&p, u->walk.cred, &rest);
	path_put(&p);
	return err;
}

static void
unpack_entry(struct unpack *u)
{
	int err;

	err = make_room(u);
	if (!err)
		err = make_entry(u);
	if (!err)
		err = set_attributes(u);
	if (err)
		klog(KLOG_WARNING, "initramfs: %s: skipped: error %d",
		     u->entry.name, -err);
	else
		u->made++;
}

/* --- the archive ---------------------------------------------------------- */

static void
unpack_all(struct unpack *u)
{
	for (;;) {
		enum cpio_status status = cpio_next(&u->reader, &u->entry);

		if (status == CPIO_END)
			return;
		if (status == CPIO_ENTRY) {
			unpack_entry(u);
		} else if (cpio_status_skips(status)) {
			klog(KLOG_WARNING, "initramfs: \"%s\": skipped: %s",
			     u->entry.name, cpio_status_text(status));
		} else {
			klog(KLOG_ERR,
			     "initramfs: stopped at byte %zu of %zu: %s",
			     u->reader.pos, u->reader.size,
			     cpio_status_text(status));
			return;
		}
	}
}

unsigned
initramfs_unpack(struct fs_context *fs, const void *data, size_t size)
{
	const char *compressed = cpio_compression(data, size);
	struct unpack u = { .walk = { .fs = fs, .cred = &cred_root } };

	if (compressed) {
		klog(KLOG_ERR,
		     "initramfs: compressed with %s: only plain cpio is read",
		     compressed);
		return 0;
	}
	list_init(&u.linked);
	cpio_open(&u.reader, data, size);
	unpack_all(&u);
	linked_free(&u);
	return u.made;
}
