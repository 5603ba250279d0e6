/* SPDX-License-Identifier: MIT */
#include <asm/stat.h>
#include <asm/statfs.h>
#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/securebits.h>
#include <linux/stat.h>

#include "mm/slab.h"
#include "syscall/define.h"

/*
 * syscall/sys_stat.c - looking at files without changing them, and where the
 * process stands in the name space.
 */

#define STAT_FLAGS (AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH)

/* Look a name up; *out holds references. */
static int
lookup_at(int dirfd, const char USER *name, unsigned walk_flags,
	  struct path *out)
{
	struct user_path path;
	struct at_walk w;
	int err = user_path_get(&path, name);

	if (err)
		return err;
	err = at_walk_get(&w, path.text[0] == '/' ? AT_FDCWD : dirfd);
	if (!err) {
		err = path_lookup(&w.walk, path.text, walk_flags, out);
		at_walk_put(&w);
	}
	user_path_put(&path);
	return err;
}

static unsigned
walk_flags_of(int flags)
{
	return (flags & AT_SYMLINK_NOFOLLOW ? WALK_NOFOLLOW : 0) |
	       (flags & AT_EMPTY_PATH ? WALK_EMPTY : 0);
}

/* fstat(2) also as newfstatat(fd, "", AT_EMPTY_PATH), which libc uses. */
static int
is_empty(const char USER *name, bool *empty)
{
	char c;

	if (get_user(c, name))
		return -EFAULT;
	*empty = !c;
	return 0;
}

SYSCALL2(fstat, int, fd, struct stat USER *, u)
{
	struct file *f = fd_get(current_task()->files, fd);
	struct stat st;

	if (!f)
		return -EBADF;
	file_stat(f, &st);
	file_put(f);
	return put_user(st, u);
}

/* newfstatat(2): -EBADF, -EFAULT, -EINVAL and what finding says. */
SYSCALL4(newfstatat, int, dirfd, const char USER *, name, struct stat USER *, u,
	 int, flags)
{
	struct stat st;
	struct path p;
	bool empty;
	int err;

	if (flags & ~STAT_FLAGS)
		return -EINVAL;
	if ((flags & AT_EMPTY_PATH) && dirfd != AT_FDCWD) {
		err = is_empty(name, &empty);
		if (err || empty)
			return err ? err : sys_fstat(dirfd, u);
	}
	err = lookup_at(dirfd, name, walk_flags_of(flags), &p);
	if (err)
		return err;
	path_stat(&p, &st);
	path_put(&p);
	return put_user(st, u);
}

SYSCALL2(stat, const char USER *, name, struct stat USER *, u)
{
	return sys_newfstatat(AT_FDCWD, name, u, 0);
}

SYSCALL2(lstat, const char USER *, name, struct stat USER *, u)
{
	return sys_newfstatat(AT_FDCWD, name, u, AT_SYMLINK_NOFOLLOW);
}

static int
statx_fd(int fd, struct statx *stx)
{
	struct file *f = fd_get(current_task()->files, fd);

	if (!f)
		return -EBADF;
	file_statx(f, stx);
	file_put(f);
	return 0;
}

/* statx(2): -EBADF, -EFAULT, -EINVAL and what finding says. */
SYSCALL5(statx, int, dirfd, const char USER *, name, int, flags, unsigned, mask,
	 struct statx USER *, u)
{
	struct statx stx;
	struct path p;
	bool empty = false;
	int err = 0;

	if ((flags & ~(STAT_FLAGS | AT_STATX_SYNC_TYPE)) ||
	    (mask & STATX__RESERVED) ||
	    (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE)
		return -EINVAL;
	if ((flags & AT_EMPTY_PATH) && dirfd != AT_FDCWD)
		err = is_empty(name, &empty);
	if (err)
		return err;
	if (empty) {
		err = statx_fd(dirfd, &stx);
	} else {
		err = lookup_at(dirfd, name, walk_flags_of(flags), &p);
		if (!err) {
			path_statx(&p, &stx);
			path_put(&p);
		}
	}
	return err ? err : put_user(stx, u);
}

/* --- access --- */

/* What the capabilities of the real user are, for access(2). */
static uint64_t
real_caps(const struct cred *c)
{
	if (c->securebits & SECBIT_NO_SETUID_FIXUP)
		return c->cap_effective;
	return c->user.real ? 0 : c->cap_permitted;
}

/* access(2) asks for the real ids unless AT_EACCESS. */
static struct cred *
real_cred(void)
{
	struct cred *c = cred_dup(current_task()->cred);

	if (!c)
		return NULL;
	c->user.fs = c->user.real;
	c->group.fs = c->group.real;
	c->cap_effective = real_caps(c);
	return c;
}

/* faccessat2(2): -EACCES, -EINVAL, -EROFS and what finding says. */
SYSCALL4(faccessat2, int, dirfd, const char USER *, name, int, mode, int, flags)
{
	const struct cred *cred = current_task()->cred;
	struct cred *real = NULL;
	struct path p;
	int err;

	if ((mode & ~7) ||
	    (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
		return -EINVAL;
	if (!(flags & AT_EACCESS) && (cred->user.fs != cred->user.real ||
				      cred->group.fs != cred->group.real ||
				      cred->cap_effective != real_caps(cred))) {
		real = real_cred();
		if (!real)
			return -ENOMEM;
		cred = real;
	}
	err = lookup_at(dirfd, name, walk_flags_of(flags), &p);
	if (!err) {
		err = path_access(&p, (unsigned)mode, cred);
		path_put(&p);
	}
	if (real)
		cred_put(real);
	return err;
}

SYSCALL3(faccessat, int, dirfd, const char USER *, name, int, mode)
{
	return sys_faccessat2(dirfd, name, mode, 0);
}

SYSCALL2(access, const char USER *, name, int, mode)
{
	return sys_faccessat2(AT_FDCWD, name, mode, 0);
}

/* --- statfs --- */

SYSCALL2(statfs, const char USER *, name, struct statfs USER *, u)
{
	struct statfs st = { 0 };
	struct path p;
	int err = lookup_at(AT_FDCWD, name, 0, &p);

	if (err)
		return err;
	err = path_statfs(&p, &st);
	path_put(&p);
	return err ? err : put_user(st, u);
}

SYSCALL2(fstatfs, int, fd, struct statfs USER *, u)
{
	struct file *f = fd_get(current_task()->files, fd);
	struct statfs st = { 0 };
	int err;

	if (!f)
		return -EBADF;
	err = file_statfs(f, &st);
	file_put(f);
	return err ? err : put_user(st, u);
}

/* --- the working directory --- */

/* getcwd(2): -EFAULT, -ENOENT (removed), -ERANGE. */
SYSCALL2(getcwd, char USER *, to, size_t, size)
{
	struct path root, cwd;
	ssize_t len;
	char *buf = kmalloc(PATH_MAX);

	if (!buf)
		return -ENOMEM;
	fs_context_paths(current_task()->fs, &root, &cwd);
	len = path_deleted(&cwd) ? -ENOENT
				 : path_name(&cwd, &root, buf, PATH_MAX);
	path_put(&root);
	path_put(&cwd);
	if (len >= 0) {
		len++; /* with the NUL */
		if ((size_t)len > size)
			len = -ERANGE;
		else if (copy_to_user(to, buf, (size_t)len))
			len = -EFAULT;
	}
	kfree(buf);
	return len;
}

/* Directories to stand in must be searchable. */
static int
check_enter(const struct path *p)
{
	return path_access(p, MAY_EXEC, current_task()->cred);
}

/* chdir(2): what finding says; -EACCES, -ENOTDIR. */
SYSCALL1(chdir, const char USER *, name)
{
	struct path p;
	int err = lookup_at(AT_FDCWD, name, WALK_DIRECTORY, &p);

	if (err)
		return err;
	err = check_enter(&p);
	if (!err)
		fs_context_set_cwd(current_task()->fs, &p);
	path_put(&p);
	return err;
}

SYSCALL1(fchdir, int, fd)
{
	struct file *f = fd_get(current_task()->files, fd);
	int err = -ENOTDIR;

	if (!f)
		return -EBADF;
	if (f->path.dentry && S_ISDIR(f->inode->mode))
		err = check_enter(&f->path);
	if (!err)
		fs_context_set_cwd(current_task()->fs, &f->path);
	file_put(f);
	return err;
}

/* chroot(2): as chdir(2); -EPERM. */
SYSCALL1(chroot, const char USER *, name)
{
	struct path p;
	int err = lookup_at(AT_FDCWD, name, WALK_DIRECTORY, &p);

	if (err)
		return err;
	err = check_enter(&p);
	if (!err && !cred_capable(current_task()->cred, CAP_SYS_CHROOT))
		err = -EPERM;
	if (!err)
		fs_context_set_root(current_task()->fs, &p);
	path_put(&p);
	return err;
}

SYSCALL1(umask, mode_t, mask)
{
	struct fs_context *fs = current_task()->fs;
	mode_t old;

	spin_lock(&fs->lock);
	old = fs->umask;
	fs->umask = mask & 0777;
	spin_unlock(&fs->lock);
	return old;
}
