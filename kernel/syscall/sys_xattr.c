/* SPDX-License-Identifier: MIT */
#include <linux/fcntl.h>
#include <linux/limits.h>
#include <linux/xattr.h>

#include "fs/xattr.h"
#include "mm/slab.h"
#include "syscall/define.h"

/*
 * syscall/sys_xattr.c - extended attributes: four calls, each by path, by path
 * without following a last link, and by descriptor.
 */

/* How one of the three forms names its file. */
struct target {
	const char USER *name; /* NULL: fd */
	unsigned walk_flags;
	int fd;
};

#define BY_PATH(p) ((struct target){ .name = (p) })
#define BY_LINK(p) ((struct target){ .name = (p), .walk_flags = WALK_NOFOLLOW })
#define BY_FD(n)   ((struct target){ .fd = (n) })

static int
open_path(int fd, struct path *out)
{
	struct file *f = fd_get(current_task()->files, fd);
	int err = 0;

	if (!f || (atomic_load(&f->flags) & O_PATH))
		err = -EBADF;
	else if (!f->path.dentry)
		err = -EOPNOTSUPP;
	if (!err) {
		*out = f->path;
		path_get(out);
	}
	if (f)
		file_put(f);
	return err;
}

/* On 0, *out holds references. */
static int
target_path(const struct target *t, struct path *out)
{
	struct walk w = current_walk();
	struct user_path name;
	int err;

	if (!t->name)
		return open_path(t->fd, out);
	err = user_path_get(&name, t->name);
	if (err)
		return err;
	err = path_lookup(&w, name.text, t->walk_flags, out);
	user_path_put(&name);
	return err;
}

static int
get_name(char name[XATTR_NAME_MAX + 1], const char USER *from)
{
	ssize_t n = copy_string_from_user(name, from, XATTR_NAME_MAX + 1);

	if (n == -ENAMETOOLONG || (n >= 0 && !name[0]))
		return -ERANGE;
	return n < 0 ? (int)n : 0;
}

/* --- set ------------------------------------------------------------------ */

struct set_request {
	const char USER *name;
	const void USER *value;
	size_t size;
	int flags;
};

static int
set_value(const struct target *t, const char *name, const struct xattr_value *v)
{
	struct path p;
	int err = target_path(t, &p);

	if (err)
		return err;
	err = xattr_set_value(&p, current_task()->cred, name, v);
	path_put(&p);
	return err;
}

static long
do_set(struct target t, const struct set_request *r)
{
	char name[XATTR_NAME_MAX + 1];
	struct xattr_value v = { .size = r->size, .flags = r->flags };
	void *copy = NULL;
	int err;

	if (r->flags & ~(XATTR_CREATE | XATTR_REPLACE))
		return -EINVAL;
	err = get_name(name, r->name);
	if (err)
		return err;
	if (r->size > XATTR_SIZE_MAX)
		return -E2BIG;
	if (r->size) {
		copy = kmalloc(r->size);
		if (!copy)
			return -ENOMEM;
		if (copy_from_user(copy, r->value, r->size))
			err = -EFAULT;
	}
	v.data = copy ?: "";
	if (!err)
		err = set_value(&t, name, &v);
	kfree(copy);
	return err;
}

/*
 * setxattr(2): -E2BIG, -EEXIST, -EFAULT, -EINVAL, -ENODATA, -ENOSPC,
 * -EOPNOTSUPP, -EPERM, -ERANGE, and what finding the file can say.
 */
SYSCALL5(setxattr, const char USER *, path, const char USER *, name,
	 const void USER *, value, size_t, size, int, flags)
{
	return do_set(BY_PATH(path),
		      &(struct set_request){ name, value, size, flags });
}

SYSCALL5(lsetxattr, const char USER *, path, const char USER *, name,
	 const void USER *, value, size_t, size, int, flags)
{
	return do_set(BY_LINK(path),
		      &(struct set_request){ name, value, size, flags });
}

SYSCALL5(fsetxattr, int, fd, const char USER *, name, const void USER *, value,
	 size_t, size, int, flags)
{
	return do_set(BY_FD(fd),
		      &(struct set_request){ name, value, size, flags });
}

/* --- get and list --------------------------------------------------------- */

/* name NULL: the list of names. */
static ssize_t
read_into(const struct target *t, const char *name, char *buf, size_t size)
{
	const struct cred *c = current_task()->cred;
	struct path p;
	ssize_t n = target_path(t, &p);

	if (n)
		return n;
	n = name ? xattr_get(&p, c, name, buf, size)
		 : xattr_list(&p, c, buf, size);
	path_put(&p);
	return n;
}

_Static_assert(XATTR_SIZE_MAX == XATTR_LIST_MAX, "one size for both");

static ssize_t
read_out(const struct target *t, const char *name, void USER *out, size_t size)
{
	size_t room = MIN(size, (size_t)XATTR_SIZE_MAX);
	char *buf = NULL;
	ssize_t n;

	if (room) {
		buf = kmalloc(room);
		if (!buf)
			return -ENOMEM;
	}
	n = read_into(t, name, buf, room);
	if (n == -ERANGE && room < size)
		n = -E2BIG;
	if (n > 0 && room && copy_to_user(out, buf, (size_t)n))
		n = -EFAULT;
	kfree(buf);
	return n;
}

static ssize_t
do_get(struct target t, const char USER *user_name, void USER *out, size_t size)
{
	char name[XATTR_NAME_MAX + 1];
	int err = get_name(name, user_name);

	return err ? err : read_out(&t, name, out, size);
}

/* getxattr(2): -EFAULT, -ENODATA, -EOPNOTSUPP, -ERANGE, and finding's. */
SYSCALL4(getxattr, const char USER *, path, const char USER *, name,
	 void USER *, out, size_t, size)
{
	return do_get(BY_PATH(path), name, out, size);
}

SYSCALL4(lgetxattr, const char USER *, path, const char USER *, name,
	 void USER *, out, size_t, size)
{
	return do_get(BY_LINK(path), name, out, size);
}

SYSCALL4(fgetxattr, int, fd, const char USER *, name, void USER *, out, size_t,
	 size)
{
	return do_get(BY_FD(fd), name, out, size);
}

/* listxattr(2): -E2BIG, -EFAULT, -ERANGE, and finding's. */
SYSCALL3(listxattr, const char USER *, path, char USER *, out, size_t, size)
{
	return read_out(&BY_PATH(path), NULL, out, size);
}

SYSCALL3(llistxattr, const char USER *, path, char USER *, out, size_t, size)
{
	return read_out(&BY_LINK(path), NULL, out, size);
}

SYSCALL3(flistxattr, int, fd, char USER *, out, size_t, size)
{
	return read_out(&BY_FD(fd), NULL, out, size);
}

/* --- remove --------------------------------------------------------------- */

static long
do_remove(struct target t, const char USER *user_name)
{
	char name[XATTR_NAME_MAX + 1];
	struct path p;
	int err = get_name(name, user_name);

	if (!err)
		err = target_path(&t, &p);
	if (err)
		return err;
	err = xattr_remove(&p, current_task()->cred, name);
	path_put(&p);
	return err;
}

/* removexattr(2): -EFAULT, -ENODATA, -EOPNOTSUPP, -EPERM, -ERANGE. */
SYSCALL2(removexattr, const char USER *, path, const char USER *, name)
{
	return do_remove(BY_PATH(path), name);
}

SYSCALL2(lremovexattr, const char USER *, path, const char USER *, name)
{
	return do_remove(BY_LINK(path), name);
}

SYSCALL2(fremovexattr, int, fd, const char USER *, name)
{
	return do_remove(BY_FD(fd), name);
}
