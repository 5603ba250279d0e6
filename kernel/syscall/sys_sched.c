/* SPDX-License-Identifier: MIT */
#include <linux/capability.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <linux/time_types.h>

#include "proc/futex.h"
#include "syscall/define.h"
#include "syscall/sched_priv.h"

/*
 * syscall/sys_sched.c - scheduling policies: three calls that set one, of which
 * sched_setattr(2) can say all that the others can, and what tells of them.
 */

SYSCALL0(sched_yield)
{
	thread_yield();
	return 0;
}

struct task *
sched_target(pid_t pid)
{
	if (pid)
		return pid < 0 ? NULL : task_find(pid);
	task_get(current_task());
	return current_task();
}

bool
sched_may_change(const struct task *t)
{
	const struct cred *c = current_task()->cred, *target;
	bool may;

	if (cred_capable(c, CAP_SYS_NICE))
		return true;
	target = task_cred_get(t);
	may = c->user.effective == target->user.effective ||
	      c->user.effective == target->user.real;
	cred_put(target);
	return may;
}

static bool
is_real_time(uint32_t policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

static bool
is_fair(uint32_t policy)
{
	return policy == SCHED_NORMAL || policy == SCHED_BATCH;
}

/* --- may it be? --- */

/* What SCHED_DEADLINE says of its periods, in ns. */
static bool
deadline_ok(const struct sched_attr *a)
{
	uint64_t period = a->sched_period ? a->sched_period : a->sched_deadline;

	return a->sched_deadline && a->sched_runtime >= 1024 &&
	       !(a->sched_deadline >> 63) && !(period >> 63) &&
	       period >= a->sched_deadline &&
	       a->sched_deadline >= a->sched_runtime;
}

static int
check_values(const struct sched_attr *a)
{
	if (a->sched_flags & ~(uint64_t)SCHED_FLAG_ALL)
		return -EINVAL;
	switch (a->sched_policy) {
	case SCHED_FIFO:
	case SCHED_RR:
		return a->sched_priority >= 1 && a->sched_priority <=
							 SCHED_RT_PRIORITY_MAX
			       ? 0
			       : -EINVAL;
	case SCHED_NORMAL:
	case SCHED_BATCH:
	case SCHED_IDLE:
		return a->sched_priority ? -EINVAL : 0;
	case SCHED_DEADLINE:
		return deadline_ok(a) && !a->sched_priority ? 0 : -EINVAL;
	default:
		return -EINVAL;
	}
}

/* Does RLIMIT_NICE let t be as nice as that? */
static bool
nice_allowed(const struct task *t, int nice)
{
	return (uint64_t)(NICE_BIAS - nice) <=
	       process_limit(t->process, RLIMIT_NICE);
}

/* Could any user change its own task like this? */
static bool
is_modest(const struct task *t, const struct sched_attr *a)
{
	uint64_t limit = process_limit(t->process, RLIMIT_RTPRIO);
	bool reset = a->sched_flags & SCHED_FLAG_RESET_ON_FORK;

	if (is_fair(a->sched_policy) && a->sched_nice < t->thread.nice &&
	    !nice_allowed(t, a->sched_nice))
		return false;
	if (is_real_time(a->sched_policy) &&
	    ((a->sched_policy != t->sched_policy && !limit) ||
	     (a->sched_priority > t->thread.own_priority &&
	      a->sched_priority > limit)))
		return false;
	if (t->sched_policy == SCHED_IDLE && a->sched_policy != SCHED_IDLE &&
	    !nice_allowed(t, t->thread.nice))
		return false;
	return a->sched_policy != SCHED_DEADLINE &&
	       (reset || !t->reset_on_fork);
}

static int
check_change(const struct task *t, const struct sched_attr *a)
{
	int err = check_values(a);

	if (err)
		return err;
	if (!cred_capable(current_task()->cred, CAP_SYS_NICE) &&
	    (!is_modest(t, a) || !sched_may_change(t)))
		return -EPERM;
	if (a->sched_flags & SCHED_FLAG_UTIL_CLAMP)
		return -EOPNOTSUPP;
	/* No CPU time can be promised: nothing is ever admitted. */
	return a->sched_policy == SCHED_DEADLINE ? -EBUSY : 0;
}

/* --- set --- */

static void
change(struct task *t, const struct sched_attr *a)
{
	static const enum sched_class classes[] = {
		[SCHED_NORMAL] = SCHED_CLASS_NORMAL,
		[SCHED_FIFO] = SCHED_CLASS_FIFO,
		[SCHED_RR] = SCHED_CLASS_RR,
		[SCHED_BATCH] = SCHED_CLASS_NORMAL,
		[SCHED_IDLE] = SCHED_CLASS_NORMAL,
	};

	t->reset_on_fork = a->sched_flags & SCHED_FLAG_RESET_ON_FORK;
	/* As Linux: the policy counts as one of the parameters. */
	if (a->sched_flags & SCHED_FLAG_KEEP_PARAMS)
		return;
	if (is_fair(a->sched_policy))
		thread_set_nice(&t->thread, a->sched_nice);
	thread_set_idle_policy(&t->thread, a->sched_policy == SCHED_IDLE);
	thread_set_class(&t->thread, classes[a->sched_policy],
			 (int)a->sched_priority);
	t->sched_policy = (uint8_t)a->sched_policy;
	futex_pi_changed(t);
}

/* What t has, as far as its policy uses it. */
static void
get_params(const struct task *t, struct sched_attr *a)
{
	if (is_real_time(t->sched_policy))
		a->sched_priority = t->thread.own_priority;
	else
		a->sched_nice = t->thread.nice;
}

static void
keep_policy(const struct task *t, struct sched_attr *a)
{
	a->sched_policy = t->sched_policy;
	a->sched_flags &= ~(uint64_t)SCHED_FLAG_RESET_ON_FORK;
	if (t->reset_on_fork)
		a->sched_flags |= SCHED_FLAG_RESET_ON_FORK;
}

/* The flags that say "as it is" are obeyed here. */
static int
set_attr(pid_t pid, struct sched_attr *a)
{
	struct task *t = sched_target(pid);
	int err;

	if (!t)
		return -ESRCH;
	if (a->sched_flags & SCHED_FLAG_KEEP_PARAMS)
		get_params(t, a);
	if (a->sched_flags & SCHED_FLAG_KEEP_POLICY)
		keep_policy(t, a);
	err = check_change(t, a);
	if (!err)
		change(t, a);
	task_put(t);
	return err;
}

/* The old calls: they leave the nice value alone. */
static int
set_priority(pid_t pid, int policy, uint64_t flags, const int32_t USER *param)
{
	struct sched_attr a = { .sched_policy = (uint32_t)policy,
				.sched_flags = flags };
	struct task *t;
	int32_t priority;

	if (!param || pid < 0)
		return -EINVAL;
	if (get_user(priority, param))
		return -EFAULT;
	a.sched_priority = (uint32_t)priority;
	t = sched_target(pid);
	if (!t)
		return -ESRCH;
	a.sched_nice = t->thread.nice;
	task_put(t);
	return set_attr(pid, &a);
}

/* sched_setscheduler(2): -EBUSY, -EFAULT, -EINVAL, -EPERM, -ESRCH. */
SYSCALL3(sched_setscheduler, pid_t, pid, int, policy, const int32_t USER *,
	 param)
{
	if (policy < 0)
		return -EINVAL;
	return set_priority(
		pid, policy & ~SCHED_RESET_ON_FORK,
		policy & SCHED_RESET_ON_FORK ? SCHED_FLAG_RESET_ON_FORK : 0,
		param);
}

SYSCALL2(sched_setparam, pid_t, pid, const int32_t USER *, param)
{
	return set_priority(pid, SCHED_NORMAL, SCHED_FLAG_KEEP_POLICY, param);
}

/* A struct of another version: what is missing is zero, what is new must be. */
static int
get_attr(struct sched_attr *a, struct sched_attr USER *u)
{
	uint32_t size, known = sizeof(*a);
	int err = -E2BIG;

	if (get_user(size, &u->size))
		return -EFAULT;
	if (!size)
		size = SCHED_ATTR_SIZE_VER0;
	if (size >= SCHED_ATTR_SIZE_VER0 && size <= PAGE_SIZE)
		err = get_user_struct(a, sizeof(*a), u, size);
	if (err == -E2BIG)
		(void)!put_user(known, &u->size);
	if (err)
		return err;
	if ((a->sched_flags & SCHED_FLAG_UTIL_CLAMP) &&
	    size < SCHED_ATTR_SIZE_VER1)
		return -EINVAL;
	a->sched_nice = MAX(-20, MIN(a->sched_nice, 19));
	return 0;
}

/*
 * sched_setattr(2): -E2BIG, -EBUSY (SCHED_DEADLINE), -EFAULT, -EINVAL,
 * -EOPNOTSUPP (utilization clamps), -EPERM, -ESRCH.
 */
SYSCALL3(sched_setattr, pid_t, pid, struct sched_attr USER *, u, unsigned,
	 flags)
{
	struct sched_attr a;
	int err;

	if (!u || pid < 0 || flags)
		return -EINVAL;
	err = get_attr(&a, u);
	if (err)
		return err;
	if ((int32_t)a.sched_policy < 0)
		return -EINVAL;
	return set_attr(pid, &a);
}

/* --- get --- */

/* sched_getattr(2): -EFAULT, -EINVAL, -ESRCH. */
SYSCALL4(sched_getattr, pid_t, pid, struct sched_attr USER *, u, unsigned, size,
	 unsigned, flags)
{
	struct sched_attr a = { 0 };
	struct task *t;

	if (!u || pid < 0 || size > PAGE_SIZE || size < SCHED_ATTR_SIZE_VER0 ||
	    flags)
		return -EINVAL;
	t = sched_target(pid);
	if (!t)
		return -ESRCH;
	keep_policy(t, &a);
	get_params(t, &a);
	if (is_fair(t->sched_policy))
		a.sched_runtime = thread_slice_ns(&t->thread);
	task_put(t);
	a.size = (uint32_t)MIN(size, sizeof(a));
	return copy_to_user(u, &a, a.size);
}

/* sched_getscheduler(2): -EINVAL, -ESRCH. */
SYSCALL1(sched_getscheduler, pid_t, pid)
{
	struct task *t;
	int policy;

	if (pid < 0)
		return -EINVAL;
	t = sched_target(pid);
	if (!t)
		return -ESRCH;
	policy = t->sched_policy | (t->reset_on_fork ? SCHED_RESET_ON_FORK : 0);
	task_put(t);
	return policy;
}

SYSCALL2(sched_getparam, pid_t, pid, int32_t USER *, param)
{
	int32_t priority;
	struct task *t;

	if (!param || pid < 0)
		return -EINVAL;
	t = sched_target(pid);
	if (!t)
		return -ESRCH;
	priority = t->thread.own_priority;
	task_put(t);
	return put_user(priority, param);
}

/* The bounds of a policy's priorities. */
static long
bound(int policy, long real_time)
{
	switch (policy) {
	case SCHED_FIFO:
	case SCHED_RR:
		return real_time;
	case SCHED_NORMAL:
	case SCHED_BATCH:
	case SCHED_IDLE:
	case SCHED_DEADLINE:
		return 0;
	default:
		return -EINVAL;
	}
}

SYSCALL1(sched_get_priority_max, int, policy)
{
	return bound(policy, SCHED_RT_PRIORITY_MAX);
}

SYSCALL1(sched_get_priority_min, int, policy)
{
	return bound(policy, 1);
}

/* sched_rr_get_interval(2): -EFAULT, -EINVAL, -ESRCH. */
SYSCALL2(sched_rr_get_interval, pid_t, pid, struct __kernel_timespec USER *, u)
{
	struct task *t;
	uint64_t slice_ns;

	if (pid < 0)
		return -EINVAL;
	t = sched_target(pid);
	if (!t)
		return -ESRCH;
	slice_ns = thread_slice_ns(&t->thread);
	task_put(t);
	return put_timespec(u, slice_ns);
}
