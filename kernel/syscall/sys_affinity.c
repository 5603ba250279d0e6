/* SPDX-License-Identifier: MIT */
#include "syscall/define.h"
#include "syscall/sched_priv.h"

/*
 * syscall/sys_affinity.c - on which CPUs a thread may run.
 */

static cpumask_t
online_mask(void)
{
	unsigned n = cpu_count();

	return n >= 64 ? ~0ULL : CPUMASK(n) - 1;
}

/* sched_setaffinity(2): -EFAULT, -EINVAL, -EPERM, -ESRCH. */
SYSCALL3(sched_setaffinity, pid_t, pid, unsigned, size, const uint8_t USER *,
	 user)
{
	cpumask_t mask = 0;
	struct task *t;
	int err = 0;

	if (copy_from_user(&mask, user, MIN(size, sizeof(mask))))
		return -EFAULT;
	t = sched_target(pid);
	if (!t)
		return -ESRCH;
	if (!sched_may_change(t))
		err = -EPERM;
	else if (!(mask & online_mask()))
		err = -EINVAL;
	else
		thread_set_affinity(&t->thread, mask & online_mask());
	task_put(t);
	return err;
}

SYSCALL3(sched_getaffinity, pid_t, pid, unsigned, size, uint8_t USER *, user)
{
	cpumask_t mask;
	struct task *t;

	if (size < sizeof(mask) || (size & (sizeof(long) - 1)))
		return -EINVAL;
	t = sched_target(pid);
	if (!t)
		return -ESRCH;
	mask = atomic_load(&t->thread.affinity) & online_mask();
	task_put(t);
	if (copy_to_user(user, &mask, sizeof(mask)))
		return -EFAULT;
	return sizeof(mask);
}
