/* SPDX-License-Identifier: MIT */
#include "fs/anon_file.h"

#include <linux/magic.h>

#include "core/panic.h"

/*
 * fs/anon_file.c - the one inode of all files without a name.
 */

static const struct filesystem_type anon_type = { .name = "anon_inodefs",
						  .no_device = true };
static const struct superblock_ops anon_sb_ops = { 0 };
static const struct inode_ops anon_inode_ops = { 0 };

static struct inode *anon_inode RO_AFTER_BOOT;

void
anon_file_init(void)
{
	struct superblock *sb = superblock_create(&anon_type, &anon_sb_ops,
						  ANON_INODE_FS_MAGIC);

	/* Linux gives it permissions but no type. */
	anon_inode = sb ? inode_create(sb, 0600, &anon_inode_ops, NULL) : NULL;
	if (!anon_inode)
		panic("fs: no memory for the anonymous inode");
}

struct file *
anon_file_create(const struct file_ops *ops, void *data, unsigned flags)
{
	struct file *f = file_create(ops, anon_inode, flags, cred_current());

	if (f) {
		f->bits = FILE_STREAM | FILE_SEEKABLE;
		f->data = data;
	}
	return f;
}

int64_t
anon_file_seek(UNUSED struct file *f, UNUSED int64_t off, UNUSED int whence)
{
	return 0;
}
