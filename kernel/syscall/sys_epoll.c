/* SPDX-License-Identifier: MIT */
#include <linux/eventpoll.h>
#include <linux/fcntl.h>
#include <linux/time_types.h>

#include "arch/clock.h"
#include "fs/eventfd.h"
#include "fs/eventpoll.h"
#include "syscall/define.h"

/*
 * syscall/sys_epoll.c - epoll and eventfd.
 */

#define EFD_SEMAPHORE 1 /* <sys/eventfd.h>; no UAPI header has it */
#define EVENTS_MAX    (INT32_MAX / (int)sizeof(struct epoll_event))

/* --- epoll: making and changing ------------------------------------------- */

static long
epoll_make(bool cloexec)
{
	struct file *f;
	int err = eventpoll_create(&f);

	return err ? err : install_file(f, cloexec);
}

/* epoll_create1(2): -EINVAL, -EMFILE, -ENOMEM. */
SYSCALL1(epoll_create1, unsigned, flags)
{
	if (flags & ~(unsigned)EPOLL_CLOEXEC)
		return -EINVAL;
	return epoll_make(flags & EPOLL_CLOEXEC);
}

/* The size was a hint once; it has to be positive still. */
SYSCALL1(epoll_create, int, size)
{
	return size > 0 ? epoll_make(false) : -EINVAL;
}

/* A descriptor of an open file, O_PATH ones excluded. */
static struct file *
get_file(int fd)
{
	struct file *f = fd_get(current_task()->files, fd);

	if (f && (f->flags & O_PATH)) {
		file_put(f);
		f = NULL;
	}
	return f;
}

/* epoll_ctl(2): -EBADF, -EFAULT, and what eventpoll_ctl() says. */
SYSCALL4(epoll_ctl, int, epfd, int, op, int, fd,
	 const struct epoll_event USER *, user)
{
	bool with_event = op != EPOLL_CTL_DEL;
	struct epoll_event event = { 0 };
	struct file *ep, *f = NULL;
	int err = -EBADF;

	if (with_event && copy_from_user(&event, user, sizeof(event)))
		return -EFAULT;
	ep = get_file(epfd);
	if (ep)
		f = get_file(fd);
	if (f && !file_can_poll(f))
		err = -EPERM;
	else if (f && !file_is_eventpoll(ep))
		err = -EINVAL;
	else if (f)
		err = eventpoll_ctl(ep, op, f, fd, with_event ? &event : NULL);
	if (f)
		file_put(f);
	if (ep)
		file_put(ep);
	return err;
}

/* --- epoll: waiting ------------------------------------------------------- */

static long
do_epoll_wait(int epfd, struct epoll_event USER *out, int max,
	      uint64_t deadline)
{
	struct file *ep;
	long n = -EINVAL;

	if (max <= 0 || max > EVENTS_MAX)
		return -EINVAL;
	if ((uintptr_t)out > USER_TOP - (size_t)max * sizeof(*out))
		return -EFAULT;
	ep = get_file(epfd);
	if (!ep)
		return -EBADF;
	if (file_is_eventpoll(ep))
		n = eventpoll_wait(ep, out, max, deadline);
	file_put(ep);
	return n;
}

static uint64_t
deadline_of_ms(int ms)
{
	if (ms < 0)
		return NEVER;
	return ms ? deadline_after((uint64_t)ms * NSEC_PER_MSEC) : 0;
}

/* epoll_wait(2): -EBADF, -EFAULT, -EINTR (never restarted), -EINVAL. */
SYSCALL4(epoll_wait, int, epfd, struct epoll_event USER *, out, int, max, int,
	 timeout_ms)
{
	return do_epoll_wait(epfd, out, max, deadline_of_ms(timeout_ms));
}

/* The mask stands until a handler has run, if one is due. */
static long
masked_epoll_wait(int epfd, struct epoll_event USER *out, int max,
		  uint64_t deadline)
{
	long n = do_epoll_wait(epfd, out, max, deadline);

	if (n != -EINTR)
		signal_clear_temporary_mask();
	return n;
}

static int
set_mask(const uint64_t USER *mask, size_t size)
{
	uint64_t set;

	if (!mask)
		return 0;
	if (size != sizeof(set))
		return -EINVAL;
	if (get_user(set, mask))
		return -EFAULT;
	signal_set_temporary_mask(set);
	return 0;
}

SYSCALL6(epoll_pwait, int, epfd, struct epoll_event USER *, out, int, max, int,
	 timeout_ms, const uint64_t USER *, mask, size_t, size)
{
	int err = set_mask(mask, size);

	return err ? err
		   : masked_epoll_wait(epfd, out, max,
				       deadline_of_ms(timeout_ms));
}

SYSCALL6(epoll_pwait2, int, epfd, struct epoll_event USER *, out, int, max,
	 const struct __kernel_timespec USER *, timeout, const uint64_t USER *,
	 mask, size_t, size)
{
	uint64_t ns, deadline = NEVER;
	int err;

	if (timeout) {
		err = get_timespec(&ns, timeout);
		if (err)
			return err;
		deadline = ns ? deadline_after(ns) : 0;
	}
	err = set_mask(mask, size);
	return err ? err : masked_epoll_wait(epfd, out, max, deadline);
}

/* --- eventfd -------------------------------------------------------------- */

static long
eventfd_make(unsigned count, unsigned flags)
{
	enum eventfd_kind kind =
		flags & EFD_SEMAPHORE ? EVENTFD_SEMAPHORE : EVENTFD_COUNTER;
	struct file *f;
	int err;

	if (flags & ~(unsigned)(EFD_SEMAPHORE | O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	err = eventfd_create(count, kind, flags & O_NONBLOCK, &f);
	return err ? err : install_file(f, flags & O_CLOEXEC);
}

SYSCALL1(eventfd, unsigned, count)
{
	return eventfd_make(count, 0);
}

/* eventfd(2): -EINVAL, -EMFILE, -ENOMEM. */
SYSCALL2(eventfd2, unsigned, count, unsigned, flags)
{
	return eventfd_make(count, flags);
}
