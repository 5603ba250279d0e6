/* SPDX-License-Identifier: MIT */
#include <linux/capability.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <linux/time_types.h>

#include "fs/user_account.h"
#include "proc/jobctl.h"
#include "proc/pid.h"
#include "syscall/define.h"

/*
 * syscall/sys_sched.c - scheduling classes, nice values, affinity.
 */

#define NICE_BIAS 20 /* getpriority(2) returns 20 - nice */

SYSCALL0(sched_yield)
{
	thread_yield();
	return 0;
}

/* The task pid names (0: the caller), with a reference. */
static struct task *
target(pid_t pid)
{
	if (pid)
		return pid < 0 ? NULL : task_find(pid);
	task_get(current_task());
	return current_task();
}

/* May the caller change how t is scheduled? */
static bool
may_change(const struct task *t)
{
	const struct cred *c = current_task()->cred, *target;
	bool may;

	if (cred_capable(c, CAP_SYS_NICE))
		return true;
	target = task_cred_get(t);
	may = c->user.effective == target->user.effective || c->user.effective == target->user.real;
	cred_put(target);
	return may;
}

/* --- nice --- */

/* 20 - RLIMIT_NICE is the lowest nice value an ordinary user may take. */
static int
set_nice(struct task *t, int nice)
{
	uint64_t limit = process_limit(t->process, RLIMIT_NICE);

	if (!may_change(t))
		return -EPERM;
	if (nice < t->thread.nice &&
	    !cred_capable(current_task()->cred, CAP_SYS_NICE) &&
	    (uint64_t)(NICE_BIAS - nice) > limit)
		return -EACCES;
	thread_set_nice(&t->thread, nice);
	return 0;
}

typedef void priority_fn(struct task *t, int *arg, int *err);

/* Is the process one that PRIO_PGRP or PRIO_USER names? */
static bool
priority_selects(struct process *p, int which, int who)
{
	unsigned long irq = proc_tree_enter();
	bool yes;

	if (which == PRIO_PGRP)
		yes = p->group && p->group->nr == who;
	else
		yes = p->account && p->account->uid == (uid_t)who;
	proc_tree_leave(irq);
	return yes;
}

static void
each_task(struct process *p, priority_fn *fn, int *arg, int *err)
{
	struct task *t;
	pid_t tid = 0;

	while ((tid = task_next(p, tid))) {
		t = task_find(tid);
		if (!t)
			continue;
		if (t->process == p)
			fn(t, arg, err);
		task_put(t);
	}
}

/*
 * Apply fn to the one task of PRIO_PROCESS, or to all tasks of all processes of
 * the group or user; -ESRCH if there is none.
 */
static int
each_priority(int which, int who, priority_fn *fn, int *arg)
{
	int err = -ESRCH;
	struct process *p;
	struct task *t;
	pid_t pid = 0;

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	if (which == PRIO_PROCESS) {
		t = target(who);
		if (t) {
			fn(t, arg, &err);
			task_put(t);
		}
		return err;
	}
	if (!who)
		who = which == PRIO_PGRP ? (int)process_getpgid(0)
					 : (int)current_task()->cred->user.real;
	while ((pid = process_next(pid))) {
		p = process_find(pid);
		if (!p)
			continue;
		if (priority_selects(p, which, who))
			each_task(p, fn, arg, &err);
		process_put(p);
	}
	return err;
}

static void
apply_nice(struct task *t, int *nice, int *err)
{
	int result = set_nice(t, *nice);

	if (result || *err == -ESRCH)
		*err = result;
}

static void
best_nice(struct task *t, int *best, int *err)
{
	*best = MIN(*best, t->thread.nice);
	*err = 0;
}

/* setpriority(2): -EACCES, -EINVAL, -EPERM, -ESRCH. */
SYSCALL3(setpriority, int, which, int, who, int, nice)
{
	nice = MAX(-20, MIN(nice, 19));
	return each_priority(which, who, apply_nice, &nice);
}

/* getpriority(2): -EINVAL, -ESRCH. */
SYSCALL2(getpriority, int, which, int, who)
{
	int best = 19;
	int err = each_priority(which, who, best_nice, &best);

	return err ? err : NICE_BIAS - best;
}

/* --- classes --- */

static bool
is_real_time(int policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

/* As it was asked for: SCHED_BATCH is scheduled like SCHED_OTHER. */
static int
policy_of(const struct task *t)
{
	return t->sched_policy;
}

static int
check_class(const struct task *t, int policy, int priority)
{
	uint64_t limit = process_limit(t->process, RLIMIT_RTPRIO);

	switch (policy) {
	case SCHED_FIFO:
	case SCHED_RR:
		if (priority < 1 || priority > 99)
			return -EINVAL;
		break;
	case SCHED_NORMAL:
	case SCHED_BATCH:
	case SCHED_IDLE:
		if (priority)
			return -EINVAL;
		break;
	default:
		return -EINVAL;
	}
	if (!may_change(t))
		return -EPERM;
	if (cred_capable(current_task()->cred, CAP_SYS_NICE))
		return 0;
	/* Others may go down, and up to their limit. */
	if (is_real_time(policy) &&
	    ((policy != policy_of(t) && !limit) ||
	     (priority > t->thread.rt_priority && (uint64_t)priority > limit)))
		return -EPERM;
	if (policy_of(t) == SCHED_IDLE && policy != SCHED_IDLE &&
	    (uint64_t)(NICE_BIAS - t->thread.nice) >
		    process_limit(t->process, RLIMIT_NICE))
		return -EPERM;
	return 0;
}

static int
set_class(pid_t pid, int policy, const int32_t USER *param)
{
	static const enum sched_class classes[] = {
		[SCHED_NORMAL] = SCHED_CLASS_NORMAL,
		[SCHED_FIFO] = SCHED_CLASS_FIFO,
		[SCHED_RR] = SCHED_CLASS_RR,
		[SCHED_BATCH] = SCHED_CLASS_NORMAL,
		[SCHED_IDLE] = SCHED_CLASS_NORMAL,
	};
	bool reset = policy >= 0 && (policy & SCHED_RESET_ON_FORK);
	int32_t priority;
	struct task *t;
	int err;

	if (policy >= 0)
		policy &= ~SCHED_RESET_ON_FORK;
	if (!param || pid < 0)
		return -EINVAL;
	if (get_user(priority, param))
		return -EFAULT;
	t = target(pid);
	if (!t)
		return -ESRCH;
	if (policy < 0) { /* sched_setparam: the policy it has */
		reset = t->reset_on_fork;
		policy = policy_of(t);
	}
	err = check_class(t, policy, priority);
	if (!err) {
		thread_set_idle_policy(&t->thread, policy == SCHED_IDLE);
		thread_set_class(&t->thread, classes[policy], priority);
		t->sched_policy = (uint8_t)policy;
		t->reset_on_fork = reset;
	}
	task_put(t);
	return err;
}

/*
 * sched_setscheduler(2): -EFAULT, -EINVAL (also SCHED_DEADLINE), -EPERM,
 * -ESRCH.
 */
SYSCALL3(sched_setscheduler, pid_t, pid, int, policy, const int32_t USER *,
	 param)
{
	return policy < 0 ? -EINVAL : set_class(pid, policy, param);
}

SYSCALL2(sched_setparam, pid_t, pid, const int32_t USER *, param)
{
	return set_class(pid, -1, param);
}

/* sched_getscheduler(2): -EINVAL, -ESRCH. */
SYSCALL1(sched_getscheduler, pid_t, pid)
{
	struct task *t;
	int policy;

	if (pid < 0)
		return -EINVAL;
	t = target(pid);
	if (!t)
		return -ESRCH;
	policy = policy_of(t) | (t->reset_on_fork ? SCHED_RESET_ON_FORK : 0);
	task_put(t);
	return policy;
}

SYSCALL2(sched_getparam, pid_t, pid, int32_t USER *, param)
{
	int32_t priority;
	struct task *t;

	if (!param || pid < 0)
		return -EINVAL;
	t = target(pid);
	if (!t)
		return -ESRCH;
	priority = is_real_time(policy_of(t)) ? t->thread.rt_priority : 0;
	task_put(t);
	return put_user(priority, param);
}

SYSCALL1(sched_get_priority_max, int, policy)
{
	if (is_real_time(policy))
		return 99;
	return policy == SCHED_NORMAL || policy == SCHED_BATCH ||
			       policy == SCHED_IDLE
		       ? 0
		       : -EINVAL;
}

SYSCALL1(sched_get_priority_min, int, policy)
{
	if (is_real_time(policy))
		return 1;
	return policy == SCHED_NORMAL || policy == SCHED_BATCH ||
			       policy == SCHED_IDLE
		       ? 0
		       : -EINVAL;
}

#define RR_SLICE_NS 100000000ULL

/* sched_rr_get_interval(2): -EFAULT, -EINVAL, -ESRCH; 0 but for SCHED_RR. */
SYSCALL2(sched_rr_get_interval, pid_t, pid, struct __kernel_timespec USER *, u)
{
	struct task *t;
	int policy;

	if (pid < 0)
		return -EINVAL;
	t = target(pid);
	if (!t)
		return -ESRCH;
	policy = policy_of(t);
	task_put(t);
	return put_timespec(u, policy == SCHED_RR ? RR_SLICE_NS : 0);
}

/* --- affinity --- */

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
	t = target(pid);
	if (!t)
		return -ESRCH;
	if (!may_change(t))
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
	t = target(pid);
	if (!t)
		return -ESRCH;
	mask = atomic_load(&t->thread.affinity) & online_mask();
	task_put(t);
	if (copy_to_user(user, &mask, sizeof(mask)))
		return -EFAULT;
	return sizeof(mask);
}
