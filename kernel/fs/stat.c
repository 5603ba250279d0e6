/* SPDX-License-Identifier: MIT */

/*
 * fs/stat.c - stat(2) and statx(2) of an inode.
 */

#include "fs/fs_priv.h"
#include "lib/string.h"
#include "vm/object.h"

#define BLOCK_SIZE  PAGE_SIZE
#define STAT_SECTOR 512

static uint64_t
inode_sectors(const struct inode *i)
{
	return i->object ? i->object->pages * (PAGE_SIZE / STAT_SECTOR) : 0;
}

static void
refresh(struct inode *i)
{
	if (i->ops && i->ops->getattr)
		(void)i->ops->getattr(i); /* the last known values stand */
}

void
inode_fill_stat(struct inode *i, struct stat *out)
{
	refresh(i);
	memset(out, 0, sizeof(*out));
	out->st_dev = i->sb->dev;
	out->st_ino = i->ino;
	out->st_nlink = i->nlink;
	out->st_mode = i->mode;
	out->st_uid = i->uid;
	out->st_gid = i->gid;
	out->st_rdev = i->rdev;
	out->st_size = (long)i->size;
	out->st_blksize = BLOCK_SIZE;
	out->st_blocks = (long)inode_sectors(i);
	out->st_atime = (unsigned long)i->atime.sec;
	out->st_atime_nsec = i->atime.nsec;
	out->st_mtime = (unsigned long)i->mtime.sec;
	out->st_mtime_nsec = i->mtime.nsec;
	out->st_ctime = (unsigned long)i->ctime.sec;
	out->st_ctime_nsec = i->ctime.nsec;
}

static struct statx_timestamp
statx_time(const struct timestamp *t)
{
	return (struct statx_timestamp){ .tv_sec = t->sec, .tv_nsec = t->nsec };
}

void
inode_fill_statx(struct inode *i, struct statx *out)
{
	refresh(i);
	memset(out, 0, sizeof(*out));
	out->stx_mask = STATX_BASIC_STATS | STATX_BTIME;
	out->stx_blksize = BLOCK_SIZE;
	out->stx_nlink = i->nlink;
	out->stx_uid = i->uid;
	out->stx_gid = i->gid;
	out->stx_mode = (uint16_t)i->mode;
	out->stx_ino = i->ino;
	out->stx_size = i->size;
	out->stx_blocks = inode_sectors(i);
	out->stx_atime = statx_time(&i->atime);
	out->stx_btime = statx_time(&i->btime);
	out->stx_ctime = statx_time(&i->ctime);
	out->stx_mtime = statx_time(&i->mtime);
	out->stx_rdev_major = dev_major(i->rdev);
	out->stx_rdev_minor = dev_minor(i->rdev);
	out->stx_dev_major = dev_major(i->sb->dev);
	out->stx_dev_minor = dev_minor(i->sb->dev);
}

void
path_stat(const struct path *p, struct stat *out)
{
	inode_fill_stat(p->dentry->inode, out);
}

void
path_statx(const struct path *p, struct statx *out)
{
	inode_fill_statx(p->dentry->inode, out);
	out->stx_attributes_mask = STATX_ATTR_MOUNT_ROOT;
	if (p->dentry == p->mount->root)
		out->stx_attributes |= STATX_ATTR_MOUNT_ROOT;
	out->stx_mnt_id = p->mount->id;
	out->stx_mask |= STATX_MNT_ID;
}

/* Files without an inode look like an anonymous inode of mode 0600. */
void
file_stat(struct file *f, struct stat *out)
{
	if (f->inode) {
		inode_fill_stat(f->inode, out);
		return;
	}
	memset(out, 0, sizeof(*out));
	out->st_mode = 0600;
	out->st_nlink = 1;
	out->st_blksize = BLOCK_SIZE;
}

void
file_statx(struct file *f, struct statx *out)
{
	if (f->path.dentry) {
		path_statx(&f->path, out);
	} else if (f->inode) {
		inode_fill_statx(f->inode, out);
	} else {
		memset(out, 0, sizeof(*out));
		out->stx_mask = STATX_BASIC_STATS;
		out->stx_mode = 0600;
		out->stx_nlink = 1;
		out->stx_blksize = BLOCK_SIZE;
	}
}
