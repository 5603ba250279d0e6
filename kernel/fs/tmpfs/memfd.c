/* SPDX-License-Identifier: MIT */

/*
 * fs/tmpfs/memfd.c - files of a tmpfs that is mounted nowhere, and seals.
 *
 * F_SEAL_WRITE must not miss a mapping that is being made, nor may that miss
 * the seal.  Each side says what it does before it looks for the other:
 *
 *	sealing				mapping (vm/mmap.c)
 *	set the seal			count the mapping
 *	any mapping counted?		sealed?
 *	    then take the seal back	    then do not map
 *
 * Whatever the order, one of them sees the other.
 */

#include "fs/memfd.h"

#include <linux/fcntl.h>

#include "core/panic.h"
#include "fs/cred.h"
#include "fs/tmpfs/tmpfs.h"
#include "lib/errno.h"
#include "lib/string.h"

#define SEALS_WRITE (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)
#define SEALS_ALL   (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | SEALS_WRITE)

static struct mount *memfd_mount RO_AFTER_BOOT;

void
memfd_init(void)
{
	memfd_mount = mount_create_internal(&tmpfs_type);
	if (!memfd_mount)
		panic("fs: no memory for memfd");
	/* Limited by memory alone. */
	tmpfs_of(memfd_mount->sb)->max_pages = UINT64_MAX >> PAGE_SHIFT;
	tmpfs_of(memfd_mount->sb)->max_inodes = UINT64_MAX;
}

int
memfd_create(const char *name, bool sealable, struct file **out)
{
	struct path p = { .mount = memfd_mount };
	struct tmpfs_file *t;
	struct inode *i;
	int err;

	err = tmpfs_inode(memfd_mount->sb, memfd_mount->root->inode,
			  S_IFREG | 0777, cred_current(), &i);
	if (err)
		return err;
	t = i->data;
	t->seals = sealable ? 0 : F_SEAL_SEAL;
	i->nlink = 0;
	p.dentry = dcache_create_loose(name, strlen(name), i);
	if (!p.dentry) {
		inode_put(i);
		return -ENOMEM;
	}
	mount_get(p.mount);
	/* Not counted as a writer, so that it can be executed. */
	*out = file_create_on(&p, &tmpfs_file_ops, O_RDWR | O_LARGEFILE,
			      cred_current());
	path_put(&p);
	return *out ? 0 : -ENOMEM;
}

/* --- seals ---------------------------------------------------------------- */

static struct tmpfs_file *
sealed_file(const struct file *f)
{
	return f->ops == &tmpfs_file_ops ? f->inode->data : NULL;
}

int
file_seals(const struct file *f)
{
	const struct tmpfs_file *t = sealed_file(f);

	return t ? (int)atomic_load(&t->seals) : -EINVAL;
}

static int
add_locked(struct tmpfs_file *t, unsigned seals)
{
	unsigned old = atomic_load(&t->seals);

	if (old & F_SEAL_SEAL)
		return -EPERM;
	atomic_store(&t->seals, old | seals);
	if ((seals & ~old & F_SEAL_WRITE) &&
	    atomic_load(&t->object.writable_maps)) {
		atomic_store(&t->seals, old);
		return -EBUSY;
	}
	return 0;
}

int
file_add_seals(struct file *f, unsigned seals)
{
	struct tmpfs_file *t = sealed_file(f);
	int err;

	if (!file_writable(f))
		return -EPERM;
	if ((seals & ~(unsigned)SEALS_ALL) || !t)
		return -EINVAL;
	mutex_lock(&f->inode->lock);
	err = add_locked(t, seals);
	mutex_unlock(&f->inode->lock);
	return err;
}

bool
tmpfs_seals_write(const struct tmpfs_file *t)
{
	return atomic_load(&t->seals) & SEALS_WRITE;
}

int
tmpfs_seals_resize(const struct tmpfs_file *t, uint64_t old, uint64_t size)
{
	unsigned seals = atomic_load(&t->seals);

	if ((size < old && (seals & F_SEAL_SHRINK)) ||
	    (size > old && (seals & F_SEAL_GROW)))
		return -EPERM;
	return 0;
}
