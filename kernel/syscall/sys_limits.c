/* SPDX-License-Identifier: MIT */
#include <linux/capability.h>

#include "syscall/define.h"

/*
 * syscall/sys_limits.c - resource limits and usage.
 */

static int
check_new_limit(unsigned which, const struct rlimit *old,
		const struct rlimit *new)
{
	if (new->rlim_cur > new->rlim_max)
		return -EINVAL;
	if (which == RLIMIT_NOFILE && new->rlim_max > FD_LIMIT_MAX)
		return -EPERM;
	if (new->rlim_max > old->rlim_max &&
	    !cred_capable(current_task()->cred, CAP_SYS_RESOURCE))
		return -EPERM;
	return 0;
}

/* The space keeps copies of those it must check without asking. */
static void
update_space(struct process *p, unsigned which, uint64_t value)
{
	struct task *t = process_any_task(p);
	struct vm_space *s = NULL;
	unsigned long irq;

	if (!t)
		return;
	irq = proc_tree_enter();
	s = t->space;
	if (s)
		vm_space_get(s);
	proc_tree_leave(irq);
	task_put(t);
	if (!s)
		return;
	mutex_lock(&s->lock);
	if (which == RLIMIT_AS)
		s->limits.address_space = value;
	else if (which == RLIMIT_DATA)
		s->limits.data = value;
	else if (which == RLIMIT_STACK)
		s->limits.stack = value;
	else if (which == RLIMIT_MEMLOCK)
		s->limits.locked = value;
	mutex_unlock(&s->lock);
	vm_space_put(s);
}

static int
change_limit(struct process *p, unsigned which, const struct rlimit *new,
	     struct rlimit *old)
{
	unsigned long irq;
	int err = 0;

	if (which >= RLIM_NLIMITS)
		return -EINVAL;
	irq = spin_lock_irq(&p->signal_lock);
	*old = p->limits[which];
	if (new)
		err = check_new_limit(which, old, new);
	if (new && !err)
		p->limits[which] = *new;
	spin_unlock_irq(&p->signal_lock, irq);
	if (new && !err)
		update_space(p, which, new->rlim_cur);
	if (new && !err && which == RLIMIT_CPU)
		cpu_limit_start(p);
	return err;
}

SYSCALL2(getrlimit, unsigned, which, struct rlimit USER *, u)
{
	struct rlimit old;
	int err = change_limit(current_process(), which, NULL, &old);

	return err ? err : put_user(old, u);
}

SYSCALL2(setrlimit, unsigned, which, const struct rlimit USER *, u)
{
	struct rlimit new, old;

	if (get_user(new, u))
		return -EFAULT;
	return change_limit(current_process(), which, &new, &old);
}

/* Another process's limits: the same user in every way, or the capability. */
static bool
may_limit(struct process *p)
{
	const struct cred *c = current_task()->cred, *theirs;
	struct task *t;
	bool ok;

	if (p == current_process() || cred_capable(c, CAP_SYS_RESOURCE))
		return true;
	t = process_any_task(p);
	if (!t)
		return false;
	theirs = task_cred_get(t);
	ok = c->user.real == theirs->user.real &&
	     c->user.real == theirs->user.effective &&
	     c->user.real == theirs->user.saved &&
	     c->group.real == theirs->group.real &&
	     c->group.real == theirs->group.effective &&
	     c->group.real == theirs->group.saved;
	cred_put(theirs);
	task_put(t);
	return ok;
}

/* prlimit(2): -EFAULT, -EINVAL, -EPERM, -ESRCH. */
SYSCALL4(prlimit64, pid_t, pid, unsigned, which, const struct rlimit USER *,
	 new_user, struct rlimit USER *, old_user)
{
	struct rlimit new, old;
	struct process *p;
	int err;

	if (new_user && get_user(new, new_user))
		return -EFAULT;
	p = process_find(pid ? pid : current_process()->pid);
	if (!p)
		return -ESRCH;
	err = may_limit(p)
		      ? change_limit(p, which, new_user ? &new : NULL, &old)
		      : -EPERM;
	process_put(p);
	if (!err && old_user)
		err = put_user(old, old_user);
	return err;
}

/* getrusage(2): -EFAULT, -EINVAL. */
SYSCALL2(getrusage, int, who, struct rusage USER *, u)
{
	struct rusage usage;
	int err = process_rusage(current_process(), who, &usage);

	return err ? err : put_user(usage, u);
}
