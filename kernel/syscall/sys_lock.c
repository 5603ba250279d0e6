/* SPDX-License-Identifier: MIT */
#include <asm/fcntl.h>
#include <linux/fs.h>

#include "fs/locks.h"
#include "syscall/define.h"
#include "syscall/fcntl_lock.h"

/*
 * syscall/sys_lock.c - advisory locks: flock(2) and the commands of fcntl(2).
 */

/* flock(2): -EAGAIN, -EBADF, -EINTR, -EINVAL, -ENOMEM. */
static long
flock_file(struct file *f, int op)
{
	struct file_lock_request r = {
		.kind = LOCK_KIND_FLOCK,
		.owner = f,
		.pid = current_process()->pid,
		.end = UINT64_MAX,
		.wait = !(op & LOCK_NB),
	};

	switch (op & ~LOCK_NB) {
	case LOCK_SH:
		r.type = LOCK_TYPE_SHARED;
		break;
	case LOCK_EX:
		r.type = LOCK_TYPE_EXCLUSIVE;
		break;
	case LOCK_UN:
		r.type = LOCK_TYPE_NONE;
		break;
	default:
		return -EINVAL;
	}
	if (!f->inode)
		return -EINVAL;
	if (r.type != LOCK_TYPE_NONE && !file_readable(f) && !file_writable(f))
		return -EBADF;
	return file_lock_set(f, &r);
}

SYSCALL2(flock, int, fd, int, op)
{
	struct file *f = fd_get(current_task()->files, fd);
	long result = -EBADF;

	if (!f)
		return -EBADF;
	if (!(atomic_load(&f->flags) & O_PATH))
		result = flock_file(f, op);
	file_put(f);
	return result;
}

/* --- fcntl ---------------------------------------------------------------- */

bool
fcntl_is_lock(int cmd)
{
	return cmd == F_GETLK || cmd == F_SETLK || cmd == F_SETLKW ||
	       cmd == F_OFD_GETLK || cmd == F_OFD_SETLK || cmd == F_OFD_SETLKW;
}

static bool
is_open_file_cmd(int cmd)
{
	return cmd == F_OFD_GETLK || cmd == F_OFD_SETLK || cmd == F_OFD_SETLKW;
}

/* Where l_start counts from. */
static int
base_of(struct file *f, int whence, int64_t *base)
{
	switch (whence) {
	case SEEK_SET:
		*base = 0;
		return 0;
	case SEEK_CUR:
		*base = (int64_t)f->pos;
		return 0;
	case SEEK_END:
		*base = (int64_t)f->inode->size;
		return 0;
	default:
		return -EINVAL;
	}
}

/* l_len may be negative, bytes before l_start, and 0 is up to the end. */
static int
decode_range(struct file *f, const struct flock *l, struct file_lock_request *r)
{
	int64_t start, last = INT64_MAX, base;
	int err = base_of(f, l->l_whence, &base);

	if (err)
		return err;
	if (__builtin_add_overflow(base, (int64_t)l->l_start, &start))
		return -EOVERFLOW;
	if (start < 0)
		return -EINVAL;
	if (l->l_len > 0) {
		if (__builtin_add_overflow(start, (int64_t)l->l_len - 1, &last))
			return -EOVERFLOW;
	} else if (l->l_len < 0) {
		last = start - 1;
		if (start + (int64_t)l->l_len < 0)
			return -EINVAL;
		start += (int64_t)l->l_len;
	}
	r->start = (uint64_t)start;
	r->end = (uint64_t)last;
	return 0;
}

static int
decode_type(short type, struct file_lock_request *r)
{
	switch (type) {
	case F_RDLCK:
		r->type = LOCK_TYPE_SHARED;
		return 0;
	case F_WRLCK:
		r->type = LOCK_TYPE_EXCLUSIVE;
		return 0;
	case F_UNLCK:
		r->type = LOCK_TYPE_NONE;
		return 0;
	default:
		return -EINVAL;
	}
}

static int
decode(struct file *f, int cmd, const struct flock *l,
       struct file_lock_request *r)
{
	int err;

	if (!f->inode)
		return -EINVAL;
	*r = (struct file_lock_request){
		.kind = LOCK_KIND_POSIX,
		.owner = current_task()->files,
		.pid = current_process()->pid,
		.wait = cmd == F_SETLKW || cmd == F_OFD_SETLKW,
	};
	if (is_open_file_cmd(cmd)) {
		if (l->l_pid)
			return -EINVAL;
		r->kind = LOCK_KIND_OPEN;
		r->owner = f;
		r->pid = -1;
	}
	err = decode_range(f, l, r);
	return err ? err : decode_type(l->l_type, r);
}

static long
test_lock(struct file *f, struct file_lock_request *r, struct flock *l,
	  struct flock USER *out)
{
	if (r->type == LOCK_TYPE_NONE)
		return -EINVAL;
	file_lock_test(f, r);
	if (r->type == LOCK_TYPE_NONE) {
		l->l_type = F_UNLCK;
	} else {
		l->l_type = r->type == LOCK_TYPE_SHARED ? F_RDLCK : F_WRLCK;
		l->l_whence = SEEK_SET;
		l->l_pid = r->pid;
		l->l_start = (int64_t)r->start;
		l->l_len = r->end >= INT64_MAX
				   ? 0
				   : (int64_t)(r->end - r->start + 1);
	}
	return copy_to_user(out, l, sizeof(*l));
}

/*
 * Another thread may have closed the descriptor while we waited; then nobody
 * would drop the lock.
 */
static int
still_open(struct file *f, int fd)
{
	struct file *now = fd_get(current_task()->files, fd);
	bool same = now == f;

	if (now)
		file_put(now);
	if (!same)
		file_locks_close(f, current_task()->files);
	return same ? 0 : -EBADF;
}

static long
set_lock(struct file *f, int fd, const struct file_lock_request *r)
{
	int err;

	if ((r->type == LOCK_TYPE_SHARED && !file_readable(f)) ||
	    (r->type == LOCK_TYPE_EXCLUSIVE && !file_writable(f)))
		return -EBADF;
	err = file_lock_set(f, r);
	if (!err && r->kind == LOCK_KIND_POSIX && r->type != LOCK_TYPE_NONE)
		err = still_open(f, fd);
	return err;
}

long
fcntl_lock(struct file *f, int fd, int cmd, uintptr_t arg)
{
	struct flock USER *u = (struct flock USER *)arg;
	struct file_lock_request r;
	struct flock l;
	int err;

	if (get_user(l, u))
		return -EFAULT;
	err = decode(f, cmd, &l, &r);
	if (err)
		return err;
	if (cmd == F_GETLK || cmd == F_OFD_GETLK)
		return test_lock(f, &r, &l, u);
	return set_lock(f, fd, &r);
}
