/* SPDX-License-Identifier: MIT */
#include <linux/capability.h>
#include <linux/ioprio.h>
#include <linux/resource.h>
#include <linux/sched.h>

#include "fs/user_account.h"
#include "proc/jobctl.h"
#include "proc/pid.h"
#include "syscall/define.h"
#include "syscall/sched_priv.h"

/*
 * syscall/sys_priority.c - nice values and I/O priorities, of one thread or of
 * all threads of a group's or a user's processes.
 */

/* What to do with each task; *err is -ESRCH until one was found. */
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
		t = sched_target(who);
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

/* --- nice --- */

/* 20 - RLIMIT_NICE is the lowest nice value an ordinary user may take. */
static int
set_nice(struct task *t, int nice)
{
	uint64_t limit = process_limit(t->process, RLIMIT_NICE);

	if (!sched_may_change(t))
		return -EPERM;
	if (nice < t->thread.nice &&
	    !cred_capable(current_task()->cred, CAP_SYS_NICE) &&
	    (uint64_t)(NICE_BIAS - nice) > limit)
		return -EACCES;
	thread_set_nice(&t->thread, nice);
	return 0;
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

/* --- I/O --- */

/* Is it a priority, and one the caller may give? */
static int
check_ioprio(int ioprio)
{
	const struct cred *c = current_task()->cred;
	int class = IOPRIO_PRIO_CLASS(ioprio);

	switch (class) {
	case IOPRIO_CLASS_RT:
		return cred_capable(c, CAP_SYS_ADMIN) ||
				       cred_capable(c, CAP_SYS_NICE)
			       ? 0
			       : -EPERM;
	case IOPRIO_CLASS_BE:
	case IOPRIO_CLASS_IDLE:
		return 0;
	case IOPRIO_CLASS_NONE:
		return IOPRIO_PRIO_LEVEL(ioprio) ? -EINVAL : 0;
	default:
		return -EINVAL;
	}
}

static bool
may_set_ioprio(const struct task *t)
{
	const struct cred *c = current_task()->cred, *to;
	bool may;

	if (cred_capable(c, CAP_SYS_NICE))
		return true;
	to = task_cred_get(t);
	may = to->user.real == c->user.effective ||
	      to->user.real == c->user.real;
	cred_put(to);
	return may;
}

static void
apply_ioprio(struct task *t, int *ioprio, int *err)
{
	if (!may_set_ioprio(t)) {
		*err = -EPERM;
		return;
	}
	atomic_store(&t->ioprio, (uint16_t)*ioprio);
	if (*err == -ESRCH)
		*err = 0;
}

/* Who has not asked for any gets what its scheduling suggests. */
static int
effective_ioprio(const struct task *t)
{
	int ioprio = atomic_load(&t->ioprio);
	int class = IOPRIO_CLASS_BE;

	if (IOPRIO_PRIO_CLASS(ioprio) != IOPRIO_CLASS_NONE)
		return ioprio;
	if (t->sched_policy == SCHED_IDLE)
		class = IOPRIO_CLASS_IDLE;
	else if (t->thread.own_priority)
		class = IOPRIO_CLASS_RT;
	return class << IOPRIO_CLASS_SHIFT | (t->thread.nice + NICE_BIAS) / 5;
}

/* Lower numbers are better, class and level together. */
static void
best_ioprio(struct task *t, int *best, int *err)
{
	int ioprio = effective_ioprio(t);

	*best = *err ? ioprio : MIN(*best, ioprio);
	*err = 0;
}

static void
asked_ioprio(struct task *t, int *ioprio, int *err)
{
	*ioprio = atomic_load(&t->ioprio);
	*err = 0;
}

_Static_assert(IOPRIO_WHO_PROCESS == PRIO_PROCESS + 1 &&
		       IOPRIO_WHO_PGRP == PRIO_PGRP + 1 &&
		       IOPRIO_WHO_USER == PRIO_USER + 1,
	       "each_priority()");

/*
 * ioprio_set(2): -EINVAL, -EPERM, -ESRCH.  There are no disks whose requests
 * could be put in order; it is kept, inherited and told.
 */
SYSCALL3(ioprio_set, int, which, int, who, int, ioprio)
{
	int err = check_ioprio(ioprio);

	return err ? err : each_priority(which - 1, who, apply_ioprio, &ioprio);
}

/* ioprio_get(2): -EINVAL, -ESRCH. */
SYSCALL2(ioprio_get, int, which, int, who)
{
	int ioprio = 0, err;

	if (which == IOPRIO_WHO_PROCESS)
		err = each_priority(PRIO_PROCESS, who, asked_ioprio, &ioprio);
	else
		err = each_priority(which - 1, who, best_ioprio, &ioprio);
	return err ? err : ioprio;
}
