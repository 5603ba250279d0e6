/* SPDX-License-Identifier: MIT */
#include <linux/fcntl.h>
#include <linux/fs.h>

#include "mm/slab.h"
#include "syscall/define.h"

/*
 * syscall/sys_names.c - calls that make, remove and change names: each pair of
 * old call and *at() call is one function here.
 */

/* What a call does once its path is in kernel memory. */
struct named {
	struct user_path path;
	struct at_walk at;
};

static int
named_get(struct named *n, int dirfd, const char USER *name)
{
	int err = user_path_get(&n->path, name);

	if (err)
		return err;
	err = at_walk_get(&n->at, n->path.text[0] == '/' ? AT_FDCWD : dirfd);
	if (err)
		user_path_put(&n->path);
	return err;
}

static void
named_put(struct named *n)
{
	at_walk_put(&n->at);
	user_path_put(&n->path);
}

/* --- mkdir, mknod, symlink --- */

SYSCALL3(mkdirat, int, dirfd, const char USER *, name, mode_t, mode)
{
	struct named n;
	int err = named_get(&n, dirfd, name);

	if (err)
		return err;
	err = path_mkdir(&n.at.walk, n.path.text, mode);
	named_put(&n);
	return err;
}

SYSCALL2(mkdir, const char USER *, name, mode_t, mode)
{
	return sys_mkdirat(AT_FDCWD, name, mode);
}

SYSCALL4(mknodat, int, dirfd, const char USER *, name, mode_t, mode, unsigned,
	 dev)
{
	struct named n;
	int err = named_get(&n, dirfd, name);

	if (err)
		return err;
	err = path_mknod(&n.at.walk, n.path.text, mode, dev);
	named_put(&n);
	return err;
}

SYSCALL3(mknod, const char USER *, name, mode_t, mode, unsigned, dev)
{
	return sys_mknodat(AT_FDCWD, name, mode, dev);
}

SYSCALL3(symlinkat, const char USER *, target, int, dirfd, const char USER *,
	 name)
{
	struct user_path to;
	struct named n;
	int err = user_path_get(&to, target);

	if (err)
		return err;
	err = named_get(&n, dirfd, name);
	if (!err) {
		err = path_symlink(&n.at.walk, to.text, n.path.text);
		named_put(&n);
	}
	user_path_put(&to);
	return err;
}

SYSCALL2(symlink, const char USER *, target, const char USER *, name)
{
	return sys_symlinkat(target, AT_FDCWD, name);
}

/* --- link, rename --- */

SYSCALL5(linkat, int, old_fd, const char USER *, old, int, new_fd,
	 const char USER *, new, int, flags)
{
	unsigned walk_flags = flags & AT_SYMLINK_FOLLOW ? 0 : WALK_NOFOLLOW;
	struct named from, to;
	int err;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH)
		walk_flags |= WALK_EMPTY;
	err = named_get(&from, old_fd, old);
	if (err)
		return err;
	err = named_get(&to, new_fd, new);
	if (!err) {
		err = path_link(&from.at.walk, from.path.text, walk_flags,
				&to.at.walk, to.path.text);
		named_put(&to);
	}
	named_put(&from);
	return err;
}

SYSCALL2(link, const char USER *, old, const char USER *, new)
{
	return sys_linkat(AT_FDCWD, old, AT_FDCWD, new, 0);
}

/*
 * renameat2(2): -EINVAL for flags that are not there, and what path_rename()
 * says.
 */
SYSCALL5(renameat2, int, old_fd, const char USER *, old, int, new_fd,
	 const char USER *, new, unsigned, flags)
{
	struct named from, to;
	int err = named_get(&from, old_fd, old);

	if (err)
		return err;
	err = named_get(&to, new_fd, new);
	if (!err) {
		err = path_rename(&from.at.walk, from.path.text, &to.at.walk,
				  to.path.text, flags);
		named_put(&to);
	}
	named_put(&from);
	return err;
}

SYSCALL4(renameat, int, old_fd, const char USER *, old, int, new_fd,
	 const char USER *, new)
{
	return sys_renameat2(old_fd, old, new_fd, new, 0);
}

SYSCALL2(rename, const char USER *, old, const char USER *, new)
{
	return sys_renameat2(AT_FDCWD, old, AT_FDCWD, new, 0);
}

/* --- unlink, rmdir --- */

SYSCALL3(unlinkat, int, dirfd, const char USER *, name, int, flags)
{
	struct named n;
	int err;

	if (flags & ~AT_REMOVEDIR)
		return -EINVAL;
	err = named_get(&n, dirfd, name);
	if (err)
		return err;
	err = flags & AT_REMOVEDIR ? path_rmdir(&n.at.walk, n.path.text)
				   : path_unlink(&n.at.walk, n.path.text);
	named_put(&n);
	return err;
}

SYSCALL1(unlink, const char USER *, name)
{
	return sys_unlinkat(AT_FDCWD, name, 0);
}

SYSCALL1(rmdir, const char USER *, name)
{
	return sys_unlinkat(AT_FDCWD, name, AT_REMOVEDIR);
}

/* --- readlink --- */

/* readlinkat(2): -EFAULT, -EINVAL (no link), -ENOMEM and what finding says. */
SYSCALL4(readlinkat, int, dirfd, const char USER *, name, char USER *, to, int,
	 size)
{
	char *buf;
	struct named n;
	ssize_t len;

	if (size <= 0)
		return -EINVAL;
	len = named_get(&n, dirfd, name);
	if (len)
		return len;
	buf = kmalloc(PATH_MAX);
	len = buf ? path_readlink(&n.at.walk, n.path.text, buf,
				  MIN((size_t)size, PATH_MAX))
		  : -ENOMEM;
	named_put(&n);
	if (len > 0 && copy_to_user(to, buf, (size_t)len))
		len = -EFAULT;
	kfree(buf);
	return len;
}

SYSCALL3(readlink, const char USER *, name, char USER *, to, int, size)
{
	return sys_readlinkat(AT_FDCWD, name, to, size);
}

/* --- attributes --- */

/* The limit is not told of before the file's own rules are. */
static int
check_new_size(struct inode *i, uint64_t size)
{
	int err = S_ISREG(i->mode)
			  ? inode_permission(i, MAY_WRITE, current_task()->cred)
			  : 0;

	return err ? err : file_size_limit(i, size);
}

static int
set_attributes(int dirfd, const char USER *name, unsigned walk_flags,
	       const struct inode_attr *a)
{
	struct named n;
	struct path p;
	int err = named_get(&n, dirfd, name);

	if (err)
		return err;
	err = path_lookup(&n.at.walk, n.path.text, walk_flags, &p);
	if (!err) {
		if (a->bits & ATTR_SIZE)
			err = check_new_size(p.dentry->inode, a->size);
		if (!err)
			err = path_setattr(&p, current_task()->cred, a);
		path_put(&p);
	}
	named_put(&n);
	return err;
}

static int
set_file_attributes(int fd, const struct inode_attr *a)
{
	struct file *f = fd_get(current_task()->files, fd);
	int err;

	if (!f)
		return -EBADF;
	err = f->flags & O_PATH ? -EBADF
				: file_setattr(f, current_task()->cred, a);
	file_put(f);
	return err;
}

SYSCALL3(fchmodat, int, dirfd, const char USER *, name, mode_t, mode)
{
	struct inode_attr a = { .bits = ATTR_MODE, .mode = mode & 07777 };

	return set_attributes(dirfd, name, 0, &a);
}

SYSCALL2(chmod, const char USER *, name, mode_t, mode)
{
	return sys_fchmodat(AT_FDCWD, name, mode);
}

SYSCALL2(fchmod, int, fd, mode_t, mode)
{
	struct inode_attr a = { .bits = ATTR_MODE, .mode = mode & 07777 };

	return set_file_attributes(fd, &a);
}

static struct inode_attr
owner_attr(uid_t uid, gid_t gid)
{
	struct inode_attr a = { .uid = uid, .gid = gid };

	if (uid != (uid_t)-1)
		a.bits |= ATTR_UID;
	if (gid != (gid_t)-1)
		a.bits |= ATTR_GID;
	return a;
}

SYSCALL5(fchownat, int, dirfd, const char USER *, name, uid_t, uid, gid_t, gid,
	 int, flags)
{
	struct inode_attr a = owner_attr(uid, gid);
	unsigned walk_flags = 0;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_SYMLINK_NOFOLLOW)
		walk_flags |= WALK_NOFOLLOW;
	if (flags & AT_EMPTY_PATH)
		walk_flags |= WALK_EMPTY;
	return set_attributes(dirfd, name, walk_flags, &a);
}

SYSCALL3(chown, const char USER *, name, uid_t, uid, gid_t, gid)
{
	return sys_fchownat(AT_FDCWD, name, uid, gid, 0);
}

SYSCALL3(lchown, const char USER *, name, uid_t, uid, gid_t, gid)
{
	return sys_fchownat(AT_FDCWD, name, uid, gid, AT_SYMLINK_NOFOLLOW);
}

SYSCALL3(fchown, int, fd, uid_t, uid, gid_t, gid)
{
	struct inode_attr a = owner_attr(uid, gid);

	return set_file_attributes(fd, &a);
}

/* truncate(2): -EFBIG with SIGXFSZ beyond RLIMIT_FSIZE. */
SYSCALL2(truncate, const char USER *, name, int64_t, size)
{
	struct inode_attr a = { .bits = ATTR_SIZE, .size = (uint64_t)size };
	long result;

	if (size < 0)
		return -EINVAL;
	a.size_limit = process_limit(current_process(), RLIMIT_FSIZE);
	result = set_attributes(AT_FDCWD, name, 0, &a);
	if (result == -EFBIG)
		signal_tell_caller(SIGXFSZ);
	return result;
}

/* --- times --- */

/* man 2 utimensat; the UAPI headers do not have them. */
#define UTIME_NOW  ((1L << 30) - 1L)
#define UTIME_OMIT ((1L << 30) - 2L)

static int
decode_time(const struct __kernel_timespec *ts, unsigned bit,
	    struct inode_attr *a, struct timestamp *out)
{
	if (ts->tv_nsec == UTIME_OMIT)
		return 0;
	a->bits |= bit;
	if (ts->tv_nsec == UTIME_NOW) {
		*out = timestamp_now();
		return 0;
	}
	if ((uint64_t)ts->tv_nsec >= NSEC_PER_SEC)
		return -EINVAL;
	*out = (struct timestamp){ .sec = ts->tv_sec,
				   .nsec = (uint32_t)ts->tv_nsec };
	return 0;
}

/* ts NULL: both now. */
static int
times_attr(const struct __kernel_timespec *ts, struct inode_attr *a)
{
	int err;

	*a = (struct inode_attr){ 0 };
	if (!ts || (ts[0].tv_nsec == UTIME_NOW && ts[1].tv_nsec == UTIME_NOW)) {
		a->bits = ATTR_ATIME | ATTR_MTIME | ATTR_NOW;
		a->atime = a->mtime = timestamp_now();
		return 0;
	}
	err = decode_time(&ts[0], ATTR_ATIME, a, &a->atime);
	return err ? err : decode_time(&ts[1], ATTR_MTIME, a, &a->mtime);
}

static int
set_times(int dirfd, const char USER *name, const struct __kernel_timespec *ts,
	  int flags)
{
	struct inode_attr a;
	int err;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = times_attr(ts, &a);
	if (err)
		return err;
	if (!name)
		return dirfd == AT_FDCWD ? -EFAULT
					 : set_file_attributes(dirfd, &a);
	return set_attributes(
		dirfd, name,
		(flags & AT_SYMLINK_NOFOLLOW ? WALK_NOFOLLOW : 0) |
			(flags & AT_EMPTY_PATH ? WALK_EMPTY : 0),
		&a);
}

/* utimensat(2): -EACCES, -EFAULT, -EINVAL, -EPERM and what finding says. */
SYSCALL4(utimensat, int, dirfd, const char USER *, name,
	 const struct __kernel_timespec USER *, times, int, flags)
{
	struct __kernel_timespec ts[2];

	if (times && copy_from_user(ts, times, sizeof(ts)))
		return -EFAULT;
	/* Both omitted: nothing is looked at, not even the name. */
	if (times && ts[0].tv_nsec == UTIME_OMIT && ts[1].tv_nsec == UTIME_OMIT)
		return 0;
	return set_times(dirfd, name, times ? ts : NULL, flags);
}

SYSCALL3(futimesat, int, dirfd, const char USER *, name,
	 const struct __kernel_old_timeval USER *, times)
{
	struct __kernel_old_timeval tv[2];
	struct __kernel_timespec ts[2];

	if (!times)
		return set_times(dirfd, name, NULL, 0);
	if (copy_from_user(tv, times, sizeof(tv)))
		return -EFAULT;
	for (int i = 0; i < 2; i++) {
		if ((uint64_t)tv[i].tv_usec >= 1000000)
			return -EINVAL;
		ts[i].tv_sec = tv[i].tv_sec;
		ts[i].tv_nsec = tv[i].tv_usec * 1000;
	}
	return set_times(dirfd, name, ts, 0);
}

SYSCALL2(utimes, const char USER *, name,
	 const struct __kernel_old_timeval USER *, times)
{
	return sys_futimesat(AT_FDCWD, name, times);
}

struct utimbuf {
	int64_t actime, modtime;
};

SYSCALL2(utime, const char USER *, name, const struct utimbuf USER *, times)
{
	struct __kernel_timespec ts[2] = { 0 };
	struct utimbuf t;

	if (!times)
		return set_times(AT_FDCWD, name, NULL, 0);
	if (get_user(t, times))
		return -EFAULT;
	ts[0].tv_sec = t.actime;
	ts[1].tv_sec = t.modtime;
	return set_times(AT_FDCWD, name, ts, 0);
}
