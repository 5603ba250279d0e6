/* SPDX-License-Identifier: MIT */
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/fcntl.h>
#include <linux/fs.h>

#include "fs/memfd.h"
#include "proc/sigio.h"
#include "syscall/define.h"
#include "syscall/fcntl_lock.h"

/*
 * syscall/sys_fd.c - descriptors: opening, duplicating, closing, fcntl.
 */

#define OPEN_FLAGS_SETTABLE \
	(O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME | FASYNC)

static long
install(struct file *f, int min, bool cloexec)
{
	int fd = fd_install(current_task()->files, f, min, fd_limit(), cloexec);

	if (fd < 0)
		file_put(f);
	return fd;
}

static int
open_path(int dirfd, const char *path, unsigned flags, mode_t mode,
	  struct file **f)
{
	struct at_walk w;
	int err = at_walk_get(&w, path[0] == '/' ? AT_FDCWD : dirfd);

	if (err)
		return err;
	err = path_open(&w.walk, path, flags & ~O_CLOEXEC, mode, f);
	at_walk_put(&w);
	return err;
}

/* The descriptor comes first: without one, no file is made or cut short. */
static long
open_at(int dirfd, const char USER *name, unsigned flags, mode_t mode)
{
	struct fd_table *files = current_task()->files;
	struct user_path path;
	struct file *f;
	int fd, err;

	err = user_path_get(&path, name);
	if (err)
		return err;
	fd = fd_reserve(files, 0, fd_limit());
	err = fd < 0 ? fd : open_path(dirfd, path.text, flags, mode, &f);
	user_path_put(&path);
	if (fd < 0)
		return fd;
	if (err) {
		fd_unreserve(files, fd);
		return err;
	}
	fd_fill(files, fd, f, flags & O_CLOEXEC);
	return fd;
}

/* open(2): what finding and opening say; -EMFILE, -EFAULT, -ENAMETOOLONG. */
SYSCALL3(open, const char USER *, name, unsigned, flags, mode_t, mode)
{
	return open_at(AT_FDCWD, name, flags, mode);
}

SYSCALL4(openat, int, dirfd, const char USER *, name, unsigned, flags, mode_t,
	 mode)
{
	return open_at(dirfd, name, flags, mode);
}

SYSCALL2(creat, const char USER *, name, mode_t, mode)
{
	return open_at(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

/* close(2): -EBADF. */
SYSCALL1(close, int, fd)
{
	return fd_close(current_task()->files, fd);
}

/* close_range(2): -EINVAL, -ENOMEM. */
SYSCALL3(close_range, unsigned, first, unsigned, last, unsigned, flags)
{
	struct task *t = current_task();
	struct fd_table *old = t->files, *copy;
	unsigned long irq;

	if ((flags & ~(unsigned)(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) ||
	    first > last)
		return -EINVAL;
	if ((flags & CLOSE_RANGE_UNSHARE) && fd_table_is_shared(old)) {
		copy = fd_table_copy(old);
		if (!copy)
			return -ENOMEM;
		irq = proc_tree_enter();
		spin_lock(&t->process->signal_lock);
		t->files = copy;
		spin_unlock(&t->process->signal_lock);
		proc_tree_leave(irq);
		fd_table_put(old);
	}
	return fd_close_range(t->files, first, last,
			      flags & CLOSE_RANGE_CLOEXEC);
}

/* dup(2): -EBADF, -EMFILE. */
SYSCALL1(dup, int, fd)
{
	struct file *f = fd_get(current_task()->files, fd);

	return f ? install(f, 0, false) : -EBADF;
}

static long
dup_to(int old, int new, bool cloexec)
{
	struct fd_table *files = current_task()->files;
	struct file *f = fd_get(files, old);
	int fd;

	if (!f)
		return -EBADF;
	fd = fd_replace(files, new, f, fd_limit(), cloexec);
	if (fd < 0)
		file_put(f);
	return fd;
}

SYSCALL2(dup2, int, old, int, new)
{
	bool cloexec;

	if (old == new)
		return fd_get_cloexec(current_task()->files, old, &cloexec)
			       ? new
			       : -EBADF;
	return dup_to(old, new, false);
}

/* dup3(2): -EBADF, -EINVAL, -ENOMEM. */
SYSCALL3(dup3, int, old, int, new, int, flags)
{
	if (old == new || (flags & ~O_CLOEXEC))
		return -EINVAL;
	return dup_to(old, new, flags & O_CLOEXEC);
}

static long
make_pipe(int32_t USER *user_fds, unsigned flags)
{
	struct fd_table *files = current_task()->files;
	struct file *ends[2];
	int fds[2], err;

	if (flags & ~(unsigned)(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
		return -EINVAL;
	err = pipe_create(flags & ~(unsigned)O_CLOEXEC, current_task()->cred,
			  &ends[0], &ends[1]);
	if (err)
		return err;
	/* Files on paths have it; F_GETFL of a pipe never shows it. */
	for (int i = 0; i < 2; i++)
		atomic_fetch_and(&ends[i]->flags, ~(unsigned)O_LARGEFILE);
	err = fd_install_pair(files, ends[0], ends[1], fd_limit(),
			      flags & O_CLOEXEC, fds);
	if (err) {
		file_put(ends[0]);
		file_put(ends[1]);
		return err;
	}
	if (copy_to_user(user_fds, fds, sizeof(fds))) {
		(void)fd_close(files, fds[0]);
		(void)fd_close(files, fds[1]);
		return -EFAULT;
	}
	return 0;
}

SYSCALL1(pipe, int32_t USER *, fds)
{
	return make_pipe(fds, 0);
}

/* pipe2(2): -EFAULT, -EINVAL, -EMFILE, -ENOMEM; both descriptors or none. */
SYSCALL2(pipe2, int32_t USER *, fds, unsigned, flags)
{
	return make_pipe(fds, flags);
}

/* --- fcntl --- */

static long
set_status_flags(struct file *f, int fd, unsigned flags)
{
	const struct cred *c = current_task()->cred;
	unsigned old = atomic_load(&f->flags);
	int err;

	if ((flags & O_DIRECT) && !(old & O_DIRECT) && f->inode &&
	    S_ISREG(f->inode->mode))
		return -EINVAL;
	if ((flags & O_NOATIME) && !(old & O_NOATIME) && f->inode &&
	    f->inode->uid != c->user.fs && !cred_capable(c, CAP_FOWNER))
		return -EPERM;
	if ((flags ^ old) & FASYNC) {
		err = sigio_enable(f, fd, flags & FASYNC);
		if (err)
			return err;
	}
	while (!atomic_compare_exchange_weak(
		&f->flags, &old,
		(old & ~(unsigned)OPEN_FLAGS_SETTABLE) |
			(flags & OPEN_FLAGS_SETTABLE)))
		;
	return 0;
}

static long
dup_min(struct file *f, unsigned long min, bool cloexec)
{
	if (min >= (unsigned long)fd_limit())
		return -EINVAL;
	file_get(f);
	return install(f, (int)min, cloexec);
}

static long
file_fcntl(struct file *f, int fd, int cmd, unsigned long arg)
{
	struct fd_table *files = current_task()->files;
	bool cloexec = false;

	if (fcntl_is_lock(cmd))
		return fcntl_lock(f, fd, cmd, arg);
	switch (cmd) {
	case F_DUPFD:
		return dup_min(f, arg, false);
	case F_DUPFD_CLOEXEC:
		return dup_min(f, arg, true);
	case F_GETFD:
		if (!fd_get_cloexec(files, fd, &cloexec))
			return -EBADF;
		return cloexec ? FD_CLOEXEC : 0;
	case F_SETFD:
		return fd_set_cloexec(files, fd, arg & FD_CLOEXEC) ? 0 : -EBADF;
	case F_GETFL:
		return atomic_load(&f->flags);
	case F_SETFL:
		return set_status_flags(f, fd, (unsigned)arg);
	case F_GET_SEALS:
		return file_seals(f);
	case F_ADD_SEALS:
		return arg > UINT32_MAX ? -EINVAL
					: file_add_seals(f, (unsigned)arg);
	case F_SETOWN:
	case F_GETOWN:
	case F_SETOWN_EX:
	case F_GETOWN_EX:
	case F_SETSIG:
	case F_GETSIG:
		return sigio_fcntl(f, (unsigned)cmd, arg);
	case F_GETPIPE_SZ:
	case F_SETPIPE_SZ:
		return pipe_fcntl(f, (unsigned)cmd, arg);
	default:
		return -EINVAL;
	}
}

/* What an O_PATH descriptor can be asked: nothing about the file itself. */
static bool
is_descriptor_cmd(int cmd)
{
	return cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC || cmd == F_GETFD ||
	       cmd == F_SETFD || cmd == F_GETFL;
}

/*
 * fcntl(2): -EBADF, -EINVAL (also commands that are not there: leases,
 * signals), -EMFILE, -EPERM.
 */
SYSCALL3(fcntl, int, fd, int, cmd, unsigned long, arg)
{
	struct file *f = fd_get(current_task()->files, fd);
	long result;

	if (!f)
		return -EBADF;
	if ((atomic_load(&f->flags) & O_PATH) && !is_descriptor_cmd(cmd))
		result = -EBADF;
	else
		result = file_fcntl(f, fd, cmd, arg);
	file_put(f);
	return result;
}
