/* SPDX-License-Identifier: MIT */
#include <linux/time.h>
#include <linux/time_types.h>

#include "proc/posix_timer.h"
#include "syscall/define.h"

/*
 * syscall/sys_timer.c - timers that programs make.
 */

/* timer_create(2): -EAGAIN, -EFAULT, -EINVAL, -EOPNOTSUPP, -EPERM. */
SYSCALL3(timer_create, int, clock, const struct sigevent USER *, user_event,
	 int32_t USER *, user_id)
{
	struct sigevent event;
	int id, err;

	if (user_event && get_user(event, user_event))
		return -EFAULT;
	err = posix_timer_create(clock, user_event ? &event : NULL, &id);
	if (err)
		return err;
	if (!put_user(id, user_id))
		return 0;
	(void)!posix_timer_delete(id);
	return -EFAULT;
}

static int
put_value(struct __kernel_itimerspec USER *u, const struct posix_timer_value *v)
{
	if (put_timespec(&u->it_value, v->value_ns) ||
	    put_timespec(&u->it_interval, v->interval_ns))
		return -EFAULT;
	return 0;
}

/* timer_settime(2): -EFAULT, -EINVAL. */
SYSCALL4(timer_settime, int, id, int, flags,
	 const struct __kernel_itimerspec USER *, new,
	 struct __kernel_itimerspec USER *, old)
{
	struct posix_timer_value to, was;
	int err;

	if (!new)
		return -EINVAL;
	err = get_timespec(&to.value_ns, &new->it_value);
	if (!err)
		err = get_timespec(&to.interval_ns, &new->it_interval);
	if (!err)
		err = posix_timer_set(id, flags & TIMER_ABSTIME, &to, &was);
	if (err || !old)
		return err;
	return put_value(old, &was);
}

/* timer_gettime(2): -EFAULT, -EINVAL. */
SYSCALL2(timer_gettime, int, id, struct __kernel_itimerspec USER *, u)
{
	struct posix_timer_value now;
	int err = posix_timer_get(id, &now);

	return err ? err : put_value(u, &now);
}

SYSCALL1(timer_getoverrun, int, id)
{
	return posix_timer_overrun(id);
}

SYSCALL1(timer_delete, int, id)
{
	return posix_timer_delete(id);
}
