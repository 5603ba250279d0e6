/* SPDX-License-Identifier: MIT */
#include <linux/fcntl.h>
#include <linux/inotify.h>

#include "fs/inotify.h"
#include "fs/path.h"
#include "syscall/define.h"

/*
 * syscall/sys_inotify.c - being told what happens to files.
 */

#define KNOWN_BITS                                                       \
	(IN_ALL_EVENTS | IN_UNMOUNT | IN_Q_OVERFLOW | IN_IGNORED |       \
	 IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK | IN_MASK_CREATE | \
	 IN_MASK_ADD | IN_ISDIR | IN_ONESHOT)

/* inotify_init1(2): -EINVAL, -EMFILE, -ENOMEM. */
SYSCALL1(inotify_init1, unsigned, flags)
{
	struct file *f;
	int err;

	if (flags & ~(unsigned)(IN_CLOEXEC | IN_NONBLOCK))
		return -EINVAL;
	err = inotify_create(flags & O_NONBLOCK, &f);
	return err ? err : install_file(f, flags & O_CLOEXEC);
}

SYSCALL0(inotify_init)
{
	struct file *f;
	int err = inotify_create(0, &f);

	return err ? err : install_file(f, false);
}

/* -EBADF, -EINVAL: a file of another kind. */
static int
get_inotify(int fd, struct file **out)
{
	struct file *f = fd_get(current_task()->files, fd);
	int err = 0;

	if (!f || (f->flags & O_PATH))
		err = -EBADF;
	else if (!file_is_inotify(f))
		err = -EINVAL;
	if (err && f)
		file_put(f);
	*out = f;
	return err;
}

/* The file may be read by the caller, or it is none of its business. */
static int
watch_path(struct file *f, const char *name, uint32_t mask)
{
	struct walk w = current_walk();
	unsigned how = 0;
	struct path p;
	int err;

	if (mask & IN_DONT_FOLLOW)
		how |= WALK_NOFOLLOW;
	if (mask & IN_ONLYDIR)
		how |= WALK_DIRECTORY;
	err = path_lookup(&w, name, how, &p);
	if (err)
		return err;
	err = path_access(&p, MAY_READ, w.cred);
	if (!err)
		err = inotify_add(f, p.dentry->inode, mask);
	path_put(&p);
	return err;
}

/*
 * inotify_add_watch(2): -EACCES, -EBADF, -EEXIST, -EFAULT, -EINVAL, -ENOENT,
 * -ENOSPC, -ENOTDIR and what a walk says.
 */
SYSCALL3(inotify_add_watch, int, fd, const char USER *, name, uint32_t, mask)
{
	struct user_path path;
	struct file *f;
	int err;

	if (!(mask & KNOWN_BITS))
		return -EINVAL;
	err = get_inotify(fd, &f);
	if (err == -EBADF)
		return err;
	if ((mask & IN_MASK_ADD) && (mask & IN_MASK_CREATE)) {
		if (!err)
			file_put(f);
		return -EINVAL;
	}
	if (err)
		return err;
	err = user_path_get(&path, name);
	if (!err) {
		err = watch_path(f, path.text, mask);
		user_path_put(&path);
	}
	file_put(f);
	return err;
}

/* inotify_rm_watch(2): -EBADF, -EINVAL. */
SYSCALL2(inotify_rm_watch, int, fd, int, wd)
{
	struct file *f;
	int err = get_inotify(fd, &f);

	if (err)
		return err;
	err = inotify_remove(f, wd);
	file_put(f);
	return err;
}
