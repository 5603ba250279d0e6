/* SPDX-License-Identifier: MIT */
#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/time.h>
#include <linux/time_types.h>
#include <linux/timerfd.h>

#include "fs/timerfd.h"
#include "syscall/define.h"

/*
 * syscall/sys_timerfd.c - timers as files.
 */

static int
check_clock(int clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
		return 0;
	case CLOCK_REALTIME_ALARM:
	case CLOCK_BOOTTIME_ALARM:
		return cred_capable(current_task()->cred, CAP_WAKE_ALARM)
			       ? 0
			       : -EPERM;
	default:
		return -EINVAL;
	}
}

/* timerfd_create(2): -EINVAL, -EMFILE, -ENOMEM, -EPERM (alarm clocks). */
SYSCALL2(timerfd_create, int, clock, unsigned, flags)
{
	struct file *f;
	int err;

	if (flags & ~(unsigned)(TFD_CLOEXEC | TFD_NONBLOCK))
		return -EINVAL;
	err = check_clock(clock);
	if (!err)
		err = timerfd_create(clock, flags & O_NONBLOCK, &f);
	return err ? err : install_file(f, flags & O_CLOEXEC);
}

/* -EBADF, -EINVAL for a file of another kind. */
static int
get_timerfd(int fd, struct file **out)
{
	struct file *f = fd_get(current_task()->files, fd);

	if (!f || (f->flags & O_PATH)) {
		if (f)
			file_put(f);
		return -EBADF;
	}
	if (!file_is_timerfd(f)) {
		file_put(f);
		return -EINVAL;
	}
	*out = f;
	return 0;
}

static int
put_time(struct __kernel_itimerspec USER *u, const struct timerfd_time *t)
{
	if (put_timespec(&u->it_value, t->value_ns) ||
	    put_timespec(&u->it_interval, t->interval_ns))
		return -EFAULT;
	return 0;
}

/* timerfd_settime(2): -EBADF, -ECANCELED, -EFAULT, -EINVAL. */
SYSCALL4(timerfd_settime, int, fd, unsigned, flags,
	 const struct __kernel_itimerspec USER *, new,
	 struct __kernel_itimerspec USER *, old)
{
	struct timerfd_time to, was;
	unsigned how = 0;
	struct file *f;
	int err;

	err = get_timespec(&to.value_ns, &new->it_value);
	if (!err)
		err = get_timespec(&to.interval_ns, &new->it_interval);
	if (err)
		return err;
	if (flags & ~(unsigned)(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET))
		return -EINVAL;
	if (flags & TFD_TIMER_ABSTIME)
		how |= TIMERFD_ABSOLUTE;
	if (flags & TFD_TIMER_CANCEL_ON_SET)
		how |= TIMERFD_CANCEL_ON_SET;
	err = get_timerfd(fd, &f);
	if (err)
		return err;
	timerfd_set(f, how, &to, &was);
	file_put(f);
	return old ? put_time(old, &was) : 0;
}

/* timerfd_gettime(2): -EBADF, -EFAULT, -EINVAL. */
SYSCALL2(timerfd_gettime, int, fd, struct __kernel_itimerspec USER *, u)
{
	struct timerfd_time now;
	struct file *f;
	int err = get_timerfd(fd, &f);

	if (err)
		return err;
	timerfd_get(f, &now);
	file_put(f);
	return put_time(u, &now);
}
