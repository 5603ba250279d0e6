/* SPDX-License-Identifier: MIT */

/*
 * fs/tmpfs/space.c - where a file has pages and where holes: lseek(2) with
 * SEEK_DATA and SEEK_HOLE, fallocate(2).
 */

#include <linux/falloc.h>
#include <linux/fs.h>

#include "fs/tmpfs/tmpfs.h"
#include "lib/errno.h"
#include "vm/space.h"

static int64_t
seek_data(const struct inode *i, uint64_t off, uint64_t size)
{
	uint64_t index = off >> PAGE_SHIFT;

	if (!vm_object_next(i->object, &index) ||
	    index > (size - 1) >> PAGE_SHIFT)
		return -ENXIO;
	return (int64_t)MAX(off, index << PAGE_SHIFT);
}

static int64_t
seek_hole(const struct inode *i, uint64_t off, uint64_t size)
{
	uint64_t index = off >> PAGE_SHIFT, found = index;

	while (index <= (size - 1) >> PAGE_SHIFT &&
	       vm_object_next(i->object, &found) && found == index)
		found = ++index;
	return (int64_t)MIN(size, MAX(off, index << PAGE_SHIFT));
}

int64_t
tmpfs_file_seek(struct file *f, int64_t off, int whence)
{
	const struct inode *i = f->inode;
	uint64_t size = i->size;
	int64_t pos;

	if (whence != SEEK_DATA && whence != SEEK_HOLE)
		return file_seek_generic(f, off, whence);
	if (off < 0 || (uint64_t)off >= size)
		return -ENXIO;
	pos = whence == SEEK_DATA ? seek_data(i, (uint64_t)off, size)
				  : seek_hole(i, (uint64_t)off, size);
	if (pos >= 0)
		f->pos = (uint64_t)pos;
	return pos;
}

/* The bytes become a hole; the inode is locked. */
static void
punch_hole(struct inode *i, uint64_t off, uint64_t end)
{
	uint64_t first = (off + PAGE_SIZE - 1) >> PAGE_SHIFT;
	uint64_t past = end >> PAGE_SHIFT;

	if (first > past) { /* inside one page */
		tmpfs_file_zero(i, off, end);
		return;
	}
	tmpfs_file_zero(i, off, first << PAGE_SHIFT);
	tmpfs_file_zero(i, past << PAGE_SHIFT, end);
	if (first == past)
		return;
	vm_object_punch(i->object, first, past - 1);
	vm_object_unmap(i->object, first, past - 1);
	tmpfs_file_settle(i->data);
}

/* Make every page of the range; the inode is locked. */
static int
reserve(struct inode *i, uint64_t off, uint64_t end)
{
	const struct tmpfs *fs = tmpfs_of(i->sb);
	uint64_t index = off >> PAGE_SHIFT;
	uint64_t past = (end + PAGE_SIZE - 1) >> PAGE_SHIFT;
	struct frame *f;
	int err;

	/* A request that can never fit takes nothing. */
	if (past - index > fs->max_pages)
		return -ENOSPC;
	for (; index < past; index++) {
		err = vm_object_page(i->object, index, OBJECT_CREATE, &f);
		if (err)
			return err;
		frame_put(f);
		thread_check_preempt();
	}
	return 0;
}

static int
allocate_locked(struct inode *i, int mode, uint64_t off, uint64_t end)
{
	int err;

	if (mode & FALLOC_FL_PUNCH_HOLE) {
		if (tmpfs_seals_write(i->data))
			return -EPERM;
		punch_hole(i, off, end);
		return 0;
	}
	err = end > i->size ? tmpfs_seals_resize(i->data, i->size, end) : 0;
	if (!err)
		err = reserve(i, off, end);
	if (!err && !(mode & FALLOC_FL_KEEP_SIZE) && end > i->size)
		err = tmpfs_file_resize(i, end);
	return err;
}

int
tmpfs_file_allocate(struct file *f, int mode, uint64_t off, uint64_t len)
{
	struct inode *i = f->inode;
	int err;

	if (mode != 0 && mode != FALLOC_FL_KEEP_SIZE &&
	    mode != (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE))
		return -EOPNOTSUPP;
	mutex_lock(&i->lock);
	inode_drop_setid(i);
	err = allocate_locked(i, mode, off, off + len);
	if (!err)
		inode_touch(i, ATTR_MTIME | ATTR_CTIME);
	mutex_unlock(&i->lock);
	return err;
}
