/* SPDX-License-Identifier: MIT */
#include <asm/ioctls.h>
#include <linux/falloc.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/uio.h>

#include "fs/devpts/devpts.h"
#include "fs/pipe.h"
#include "mm/slab.h"
#include "proc/sigio.h"
#include "syscall/define.h"

/*
 * syscall/sys_io.c - reading and writing open files.
 */

#define RW_MAX   (INT32_MAX & PAGE_MASK) /* as Linux clamps counts */
#define IOV_FAST 8

enum direction {
	READING,
	WRITING,
	APPENDING
};

_Static_assert(sizeof(struct iovec) == sizeof(struct uio_segment), "iovec");
_Static_assert(offsetof(struct iovec, iov_len) ==
		       offsetof(struct uio_segment, size),
	       "iovec");

/* Writing to a pipe nobody reads raises SIGPIPE as well as EPIPE. */
static ssize_t
write_result(const struct file *f, ssize_t n)
{
	if (unlikely(n == -EPIPE) && !(f->bits & FILE_NO_SIGPIPE))
		signal_tell_caller(SIGPIPE);
	return n;
}

/*
 * RLIMIT_FSIZE: a write up to the limit is cut short there, one at or beyond
 * it fails and is told so by SIGXFSZ.  The limit is on regular files.
 */
static int
limit_write(struct file *f, size_t *n, bool append, const uint64_t *pos)
{
	uint64_t limit = process_limit(current_process(), RLIMIT_FSIZE), at;

	if (likely(limit == (uint64_t)RLIM_INFINITY) || !f->inode ||
	    !S_ISREG(f->inode->mode))
		return 0;
	if (append || (f->flags & O_APPEND))
		at = f->inode->size;
	else
		at = pos ? *pos : f->pos;
	if (at >= limit && *n) {
		signal_tell_caller(SIGXFSZ);
		return -EFBIG;
	}
	*n = MIN(*n, limit - at);
	return 0;
}

static ssize_t
write_file(struct file *f, struct uio *u, uint64_t *pos)
{
	int err = limit_write(f, &u->left, u->append, pos);

	return err ? err : write_result(f, file_write(f, u, pos));
}

static ssize_t
transfer(int fd, struct uio *u, uint64_t *pos, bool writing)
{
	struct file *f = fd_get(current_task()->files, fd);
	ssize_t n;

	if (!f)
		return -EBADF;
	n = writing ? write_file(f, u, pos) : file_read(f, u, pos);
	file_put(f);
	return n;
}

static ssize_t
transfer_buffer(int fd, void USER *buf, size_t count, uint64_t *pos,
		bool writing)
{
	struct uio_segment seg;
	struct uio u;

	uio_user(&u, &seg, buf, MIN(count, RW_MAX));
	return transfer(fd, &u, pos, writing);
}

/* read(2): -EBADF, -EISDIR, -EFAULT, -EINTR; short counts are allowed. */
SYSCALL3(read, int, fd, void USER *, buf, size_t, count)
{
	return transfer_buffer(fd, buf, count, NULL, false);
}

/* write(2): -EBADF, -EFAULT, -EFBIG, -EINTR, -EPIPE, -ENOSPC; short counts. */
SYSCALL3(write, int, fd, void USER *, buf, size_t, count)
{
	return transfer_buffer(fd, buf, count, NULL, true);
}

SYSCALL4(pread64, int, fd, void USER *, buf, size_t, count, int64_t, pos)
{
	uint64_t at = (uint64_t)pos;

	return pos < 0 ? -EINVAL : transfer_buffer(fd, buf, count, &at, false);
}

SYSCALL4(pwrite64, int, fd, void USER *, buf, size_t, count, int64_t, pos)
{
	uint64_t at = (uint64_t)pos;

	return pos < 0 ? -EINVAL : transfer_buffer(fd, buf, count, &at, true);
}

/* --- vectors --- */

ssize_t
user_segments_check(struct uio_segment *seg, size_t n)
{
	size_t total = 0;

	for (size_t i = 0; i < n; i++) {
		if (seg[i].size > INT64_MAX)
			return -EINVAL;
		if (seg[i].size > RW_MAX - total)
			seg[i].size = RW_MAX - total;
		total += seg[i].size;
	}
	return (ssize_t)total;
}

static ssize_t
transfer_segments(int fd, struct uio_segment *seg, size_t n, uint64_t *pos,
		  enum direction how)
{
	ssize_t total = user_segments_check(seg, n);
	struct uio u = { .seg = seg,
			 .left = (size_t)total,
			 .user = true,
			 .append = how == APPENDING };

	return total < 0 ? total : transfer(fd, &u, pos, how != READING);
}

static ssize_t
transfer_vector(int fd, const void USER *iov, size_t n, uint64_t *pos,
		enum direction how)
{
	struct uio_segment fast[IOV_FAST], *seg = fast;
	ssize_t result = -EFAULT;

	if (n > UIO_MAXIOV)
		return -EINVAL;
	if (n > IOV_FAST) {
		seg = kcalloc(n, sizeof(*seg));
		if (!seg)
			return -ENOMEM;
	}
	if (!copy_from_user(seg, iov, n * sizeof(*seg)))
		result = transfer_segments(fd, seg, n, pos, how);
	if (seg != fast)
		kfree(seg);
	return result;
}

/*
 * readv(2), preadv(2): as read(2); -EINVAL for more than 1024 or wild lengths.
 */
SYSCALL3(readv, int, fd, const void USER *, iov, size_t, n)
{
	return transfer_vector(fd, iov, n, NULL, READING);
}

SYSCALL3(writev, int, fd, const void USER *, iov, size_t, n)
{
	return transfer_vector(fd, iov, n, NULL, WRITING);
}

SYSCALL4(preadv, int, fd, const void USER *, iov, size_t, n, int64_t, pos)
{
	uint64_t at = (uint64_t)pos;

	return pos < 0 ? -EINVAL : transfer_vector(fd, iov, n, &at, READING);
}

SYSCALL4(pwritev, int, fd, const void USER *, iov, size_t, n, int64_t, pos)
{
	uint64_t at = (uint64_t)pos;

	return pos < 0 ? -EINVAL : transfer_vector(fd, iov, n, &at, WRITING);
}

/*
 * What preadv2(2) and pwritev2(2) may be told.  All files live in memory: there
 * is no device to poll for, and what is written is where it will stay.  Not to
 * wait (RWF_NOWAIT) is more than files here can promise.
 */
#define RWF_DONE (RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_APPEND)

/* Offset -1 is the file's own.  -EOPNOTSUPP: a flag that is not there. */
static ssize_t
transfer_vector2(int fd, const void USER *iov, size_t n, int64_t pos,
		 unsigned flags, enum direction how)
{
	uint64_t at = (uint64_t)pos;

	if (pos < -1)
		return -EINVAL;
	if (flags & ~(unsigned)RWF_DONE)
		return -EOPNOTSUPP;
	if (how == WRITING && (flags & RWF_APPEND))
		how = APPENDING;
	return transfer_vector(fd, iov, n, pos == -1 ? NULL : &at, how);
}

/* The offset is in one register; the other half of it is ignored. */
SYSCALL6(preadv2, int, fd, const void USER *, iov, size_t, n, int64_t, pos,
	 long, ignored, unsigned, flags)
{
	return transfer_vector2(fd, iov, n, pos, flags, READING);
}

SYSCALL6(pwritev2, int, fd, const void USER *, iov, size_t, n, int64_t, pos,
	 long, ignored, unsigned, flags)
{
	return transfer_vector2(fd, iov, n, pos, flags, WRITING);
}

/* --- offsets, size --- */

/* lseek(2): -EBADF, -EINVAL, -ENXIO, -ESPIPE. */
SYSCALL3(lseek, int, fd, int64_t, off, int, whence)
{
	struct file *f = fd_get(current_task()->files, fd);
	int64_t pos;

	if (!f)
		return -EBADF;
	pos = file_seek(f, off, whence);
	file_put(f);
	return pos;
}

/* ftruncate(2): -EBADF, -EFBIG, -EINVAL. */
SYSCALL2(ftruncate, int, fd, int64_t, size)
{
	struct file *f;
	int err;

	if (size < 0)
		return -EINVAL;
	f = fd_get(current_task()->files, fd);
	if (!f)
		return -EBADF;
	err = file_size_limit(f->inode, (uint64_t)size);
	if (!err)
		err = file_truncate(f, (uint64_t)size);
	file_put(f);
	return err;
}

/* fallocate(2): -EBADF, -EFBIG, -EINVAL, -ENOSPC, -EOPNOTSUPP, -ESPIPE. */
SYSCALL4(fallocate, int, fd, int, mode, int64_t, off, int64_t, len)
{
	struct file *f;
	int err;

	if (off < 0 || len <= 0)
		return -EINVAL;
	f = fd_get(current_task()->files, fd);
	if (!f)
		return -EBADF;
	err = off > INT64_MAX - len ? -EFBIG : 0;
	if (!err && !(mode & FALLOC_FL_KEEP_SIZE))
		err = file_size_limit(f->inode, (uint64_t)off + (uint64_t)len);
	if (!err)
		err = file_allocate(f, mode, (uint64_t)off, (uint64_t)len);
	file_put(f);
	return err;
}

static int
sync_fd(int fd)
{
	struct file *f = fd_get(current_task()->files, fd);
	int err;

	if (!f)
		return -EBADF;
	err = file_sync(f);
	file_put(f);
	return err;
}

SYSCALL1(fsync, int, fd)
{
	return sync_fd(fd);
}

SYSCALL1(fdatasync, int, fd)
{
	return sync_fd(fd);
}

/* All file systems so far live in memory: there is nothing to write back. */
SYSCALL0(sync)
{
	return 0;
}

SYSCALL1(syncfs, int, fd)
{
	struct file *f = fd_get(current_task()->files, fd);

	if (!f)
		return -EBADF;
	file_put(f);
	return 0;
}

/* Advice about caching: all pages are in memory already, so only checked. */
static int
check_advice_fd(int fd)
{
	struct file *f = fd_get(current_task()->files, fd);
	int err = 0;

	if (!f)
		return -EBADF;
	if (!(f->bits & FILE_SEEKABLE))
		err = -ESPIPE;
	file_put(f);
	return err;
}

SYSCALL4(fadvise64, int, fd, int64_t, off, int64_t, len, int, advice)
{
	int err = check_advice_fd(fd);

	if (!err && (len < 0 || advice < 0 || advice > 5))
		err = -EINVAL;
	return err;
}

SYSCALL3(readahead, int, fd, int64_t, off, size_t, count)
{
	int err = check_advice_fd(fd);

	return err == -ESPIPE ? -EINVAL : err;
}

/* --- between files --- */

enum splice_how {
	SPLICE_SEND,
	SPLICE_COPY, /* not onto itself */
	SPLICE_PIPE, /* one end is a pipe */
	SPLICE_PIPE_NONBLOCK,
};

static ssize_t
splice_files(struct file *in, uint64_t *in_pos, struct file *out,
	     uint64_t *out_pos, size_t n, enum splice_how how)
{
	int err = limit_write(out, &n, false, out_pos);

	if (err)
		return err;
	if (how >= SPLICE_PIPE)
		return write_result(out,
				    pipe_splice(in, in_pos, out, out_pos, n,
						how == SPLICE_PIPE_NONBLOCK));
	return write_result(out, file_splice(in, in_pos, out, out_pos, n));
}

/* Would bytes of one file be copied onto themselves? */
static bool
copies_overlap(const struct file *in, const uint64_t *in_pos,
	       const struct file *out, const uint64_t *out_pos, size_t n)
{
	uint64_t from = in_pos ? *in_pos : in->pos;
	uint64_t to = out_pos ? *out_pos : out->pos;

	if (!in->inode || in->inode != out->inode || from >= in->inode->size)
		return false;
	n = MIN(n, in->inode->size - from);
	return to < from + n && from < to + n;
}

/* Run splice_files() with offsets in user memory, either may be NULL. */
static ssize_t
splice_fds(int in_fd, int64_t USER *in_pos, int out_fd, int64_t USER *out_pos,
	   size_t n, enum splice_how how)
{
	struct fd_table *files = current_task()->files;
	struct file *in = fd_get(files, in_fd), *out = fd_get(files, out_fd);
	uint64_t in_at = 0, out_at = 0;
	ssize_t done = -EBADF;

	if (!in || !out)
		goto put;
	done = -EFAULT;
	if ((in_pos && get_user(in_at, in_pos)) ||
	    (out_pos && get_user(out_at, out_pos)))
		goto put;
	done = -EINVAL;
	if ((int64_t)in_at < 0 || (int64_t)out_at < 0)
		goto put;
	if (how == SPLICE_COPY &&
	    copies_overlap(in, in_pos ? &in_at : NULL, out,
			   out_pos ? &out_at : NULL, n))
		goto put;
	done = splice_files(in, in_pos ? &in_at : NULL, out,
			    out_pos ? &out_at : NULL, MIN(n, RW_MAX), how);
	if (done >= 0 && ((in_pos && put_user(in_at, in_pos)) ||
			  (out_pos && put_user(out_at, out_pos))))
		done = -EFAULT;
put:
	if (in)
		file_put(in);
	if (out)
		file_put(out);
	return done;
}

/* sendfile(2): -EBADF, -EFAULT, -EINVAL, -ESPIPE and what read or write say. */
SYSCALL4(sendfile, int, out, int, in, int64_t USER *, pos, size_t, n)
{
	return splice_fds(in, pos, out, NULL, n, SPLICE_SEND);
}

/*
 * splice(2): -EAGAIN, -EBADF, -EFAULT, -EINVAL (no pipe, twice the same one;
 * appending; an offset where there are none), -ESPIPE (an offset of a pipe).
 */
SYSCALL6(splice, int, in, int64_t USER *, in_pos, int, out, int64_t USER *,
	 out_pos, size_t, n, unsigned, flags)
{
	if (!n)
		return 0;
	if (flags & ~SPLICE_F_ALL)
		return -EINVAL;
	return splice_fds(in, in_pos, out, out_pos, n,
			  flags & SPLICE_F_NONBLOCK ? SPLICE_PIPE_NONBLOCK
						    : SPLICE_PIPE);
}

/* Both ends have to be regular files, and not one that is appended to. */
static int
check_copy_end(int fd, bool written, const struct superblock **sb)
{
	struct file *f = fd_get(current_task()->files, fd);
	bool append;
	mode_t mode;

	if (!f)
		return -EBADF;
	*sb = f->inode ? f->inode->sb : NULL;
	mode = f->inode ? f->inode->mode : 0;
	append = f->flags & O_APPEND;
	file_put(f);
	if (written && append)
		return -EBADF;
	if (S_ISDIR(mode))
		return -EISDIR;
	return S_ISREG(mode) ? 0 : -EINVAL;
}

/*
 * copy_file_range(2): -EBADF (or appending), -EINVAL (not regular files;
 * flags), -EISDIR, -EFBIG, -EXDEV (of two file systems).
 */
SYSCALL6(copy_file_range, int, in, int64_t USER *, in_pos, int, out,
	 int64_t USER *, out_pos, size_t, n, unsigned, flags)
{
	const struct superblock *from, *to;
	int err;

	if (flags)
		return -EINVAL;
	err = check_copy_end(in, false, &from);
	if (!err)
		err = check_copy_end(out, true, &to);
	if (!err && from != to)
		err = -EXDEV;
	return err ? err : splice_fds(in, in_pos, out, out_pos, n, SPLICE_COPY);
}

/* TIOCGPTPEER: a new descriptor for the other side of a master. */
static long
open_peer(struct file *master, unsigned flags)
{
	struct file *peer;
	long fd = devpts_open_peer(master, flags, &peer);

	if (fd)
		return fd;
	fd = fd_install(current_task()->files, peer, 0, fd_limit(),
			flags & O_CLOEXEC);
	if (fd < 0)
		file_put(peer);
	return fd;
}

static long
set_async(struct file *f, int fd, uintptr_t arg)
{
	int on, err;

	if (get_user(on, (int USER *)arg))
		return -EFAULT;
	err = sigio_enable(f, fd, on);
	if (err)
		return err;
	if (on)
		atomic_fetch_or(&f->flags, FASYNC);
	else
		atomic_fetch_and(&f->flags, ~(unsigned)FASYNC);
	return 0;
}

/* ioctl(2): those about descriptors here, all others are the file's. */
SYSCALL3(ioctl, int, fd, unsigned, cmd, uintptr_t, arg)
{
	struct fd_table *files = current_task()->files;
	struct file *f = fd_get(files, fd);
	long result;

	if (!f)
		return -EBADF;
	if (atomic_load(&f->flags) & O_PATH)
		result = -EBADF;
	else if (cmd == FIOCLEX || cmd == FIONCLEX)
		result = fd_set_cloexec(files, fd, cmd == FIOCLEX) ? 0 : -EBADF;
	else if (cmd == FIOASYNC)
		result = set_async(f, fd, arg);
	else if (cmd == TIOCGPTPEER)
		result = open_peer(f, (unsigned)arg);
	else
		result = file_ioctl(f, cmd, arg);
	file_put(f);
	return result;
}
