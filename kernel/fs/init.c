/* SPDX-License-Identifier: MIT */

/*
 * fs/init.c - bringing the file layer up, and the root of everything.
 */

#include "fs/anon_file.h"
#include "fs/eventpoll.h"
#include "fs/fs_priv.h"
#include "fs/memfd.h"
#include "lib/errno.h"

void
fs_init(void)
{
	inode_cache_init();
	dcache_init();
	file_cache_init();
	mount_init();
	tmpfs_init();
	memfd_init();
	pipe_init();
	anon_file_init();
	eventpoll_init();
}

int
mount_root(struct fs_context **out)
{
	struct mount *m;
	struct path root;

	m = mount_create_root(&tmpfs_rootfs_type, "rootfs", NULL);
	if (!m)
		return -ENOMEM;
	root.mount = m;
	root.dentry = m->root;
	*out = fs_context_create(&root);
	return *out ? 0 : -ENOMEM;
}
