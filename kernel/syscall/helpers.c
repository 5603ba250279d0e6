/* SPDX-License-Identifier: MIT */
#include <linux/fcntl.h>
#include <linux/time.h>
#include <linux/time_types.h>

#include "arch/clock.h"
#include "mm/slab.h"
#include "syscall/define.h"

/*
 * syscall/helpers.c - decoding that many calls share.
 */

int
user_path_get(struct user_path *p, const char USER *from)
{
	ssize_t n = copy_string_from_user(p->small, from, sizeof(p->small));

	p->text = p->small;
	if (n != -ENAMETOOLONG)
		return n < 0 ? (int)n : 0;
	p->text = kmalloc(PATH_MAX);
	if (!p->text)
		return -ENOMEM;
	n = copy_string_from_user(p->text, from, PATH_MAX);
	if (n >= 0)
		return 0;
	kfree(p->text);
	return (int)n;
}

void
user_path_put(struct user_path *p)
{
	if (p->text != p->small)
		kfree(p->text);
}

int
at_walk_get(struct at_walk *w, int dirfd)
{
	w->walk = current_walk();
	w->file = NULL;
	if (dirfd == AT_FDCWD)
		return 0;
	w->file = fd_get(current_task()->files, dirfd);
	if (!w->file)
		return -EBADF;
	w->base = w->file->path;
	w->walk.base = &w->base;
	return 0;
}

void
at_walk_put(struct at_walk *w)
{
	if (w->file)
		file_put(w->file);
}

int
fd_limit(void)
{
	uint64_t n = process_limit(current_process(), RLIMIT_NOFILE);

	return (int)MIN(n, FD_LIMIT_MAX);
}

int
file_size_limit(const struct inode *i, uint64_t size)
{
	if (!i || size <= i->size ||
	    size <= process_limit(current_process(), RLIMIT_FSIZE))
		return 0;
	signal_tell_caller(SIGXFSZ);
	return -EFBIG;
}

int
get_timespec(uint64_t *ns, const struct __kernel_timespec USER *u)
{
	struct __kernel_timespec ts;

	if (get_user(ts, u))
		return -EFAULT;
	if (ts.tv_sec < 0 || (uint64_t)ts.tv_nsec >= NSEC_PER_SEC)
		return -EINVAL;
	if ((uint64_t)ts.tv_sec >= NEVER / NSEC_PER_SEC)
		*ns = NEVER;
	else
		*ns = (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
	return 0;
}

int
put_timespec(struct __kernel_timespec USER *u, uint64_t ns)
{
	struct __kernel_timespec ts = {
		.tv_sec = (__kernel_time64_t)(ns / NSEC_PER_SEC),
		.tv_nsec = (long long)(ns % NSEC_PER_SEC),
	};

	return put_user(ts, u);
}

uint64_t
deadline_after(uint64_t ns)
{
	uint64_t now = clock_now_ns();

	return ns > NEVER - now ? NEVER : now + ns;
}

long
install_file(struct file *f, bool cloexec)
{
	int fd = fd_install(current_task()->files, f, 0, fd_limit(), cloexec);

	if (fd < 0)
		file_put(f);
	return fd;
}

/* Bytes of a newer, larger struct that we do not know must be zero. */
static int
check_tail_zero(const char USER *from, size_t n)
{
	char buf[64];

	while (n) {
		size_t part = MIN(n, sizeof(buf));

		if (copy_from_user(buf, from, part))
			return -EFAULT;
		for (size_t i = 0; i < part; i++)
			if (buf[i])
				return -E2BIG;
		from += part;
		n -= part;
	}
	return 0;
}

int
get_user_struct(void *to, size_t known, const void USER *from, size_t size)
{
	int err;

	if (size > known) {
		err = check_tail_zero((const char USER *)from + known,
				      size - known);
		if (err)
			return err;
	}
	memset(to, 0, known);
	return copy_from_user(to, from, MIN(size, known));
}
