/* SPDX-License-Identifier: MIT */
#include <linux/capability.h>
#include <linux/fcntl.h>

#include "proc/jobctl.h"
#include "proc/pid.h"
#include "proc/process_priv.h"

/*
 * proc/signal_kill.c - kill(2): who is meant, and may the caller?
 *
 * All receivers are told under one hold of proc_tree_lock: a process that is
 * being forked meanwhile is either among them or its parent has been told
 * first, so no group and no fork bomb can outrun a kill.
 */

/* Whose credentials decide: its task's, or those the zombie ended with. */
static const struct cred *
process_cred_locked(const struct process *p) REQUIRES(proc_tree_lock)
{
	if (list_empty(&p->tasks))
		return p->last_cred;
	return list_first(&p->tasks, struct task, process_link)->cred;
}

static bool
may_send_locked(struct task *from, struct process *to, int signo)
	REQUIRES(proc_tree_lock)
{
	const struct cred *c = from->cred, *theirs;

	if (to == from->process || cred_capable(c, CAP_KILL))
		return true;
	theirs = process_cred_locked(to);
	if (theirs && (c->user.effective == theirs->user.saved ||
		       c->user.effective == theirs->user.real ||
		       c->user.real == theirs->user.saved ||
		       c->user.real == theirs->user.real))
		return true;
	return signo == SIGCONT && to->session == from->process->session;
}

bool
signal_may_send(struct task *from, struct process *to, int signo)
{
	unsigned long irq = proc_tree_enter();
	bool may = may_send_locked(from, to, signo);

	proc_tree_leave(irq);
	return may;
}

/* Permission and sending for one of several receivers. */
static int
kill_one_locked(struct process *p, int signo, const struct siginfo *info)
	REQUIRES(proc_tree_lock)
{
	/* info NULL: the kernel (a terminal) sends, and may. */
	if (info && !may_send_locked(current_task(), p, signo))
		return -EPERM;
	return signo ? signal_send_from_tree(p, signo, info) : 0;
}

int
signal_send_group(pid_t pgrp, int signo, const struct siginfo *info)
{
	unsigned long irq = proc_tree_enter();
	struct pid *id = pid_find(pgrp);
	int result = -ESRCH;
	struct process *p;

	/* One success is a success; else the last failure counts. */
	if (id) {
		list_for_each (p, &id->group, group_link) {
			int err = kill_one_locked(p, signo, info);

			if (result)
				result = err;
		}
	}
	proc_tree_leave(irq);
	return result;
}

/* All but PID 1 and the caller; who may not be told is no error (Linux). */
static int
kill_everyone(int signo, const struct siginfo *info)
{
	unsigned long irq = proc_tree_enter();
	struct pid *id = pid_at_or_after(2);
	int result = -ESRCH;

	for (; id; id = pid_at_or_after(id->nr + 1)) {
		int err;

		if (!id->process || id->process == current_process())
			continue;
		err = kill_one_locked(id->process, signo, info);
		if (err != -EPERM || result == -ESRCH)
			result = err == -EPERM ? 0 : err;
	}
	proc_tree_leave(irq);
	return result;
}

int
signal_kill(pid_t pid, int signo, const struct siginfo *info)
{
	unsigned long irq;
	struct pid *id;
	int err = -ESRCH;

	if (signo < 0 || signo > SIGNALS)
		return -EINVAL;
	if (pid == -1)
		return kill_everyone(signo, info);
	if (pid == 0)
		return signal_send_group(process_getpgid(0), signo, info);
	if (pid < 0)
		return pid == INT32_MIN ? -ESRCH
					: signal_send_group(-pid, signo, info);
	irq = proc_tree_enter();
	id = pid_find(pid);
	/* The number of any of its tasks names a process here. */
	if (id && (id->process || id->task))
		err = kill_one_locked(id->process ? id->process
						  : id->task->process,
				      signo, info);
	proc_tree_leave(irq);
	return err;
}

int
signal_kill_process(struct process *p, int signo, const struct siginfo *info)
{
	unsigned long irq;
	int err = -ESRCH;

	if (signo < 0 || signo > SIGNALS)
		return -EINVAL;
	irq = proc_tree_enter();
	if (p->state != PROCESS_REAPED)
		err = kill_one_locked(p, signo, info);
	proc_tree_leave(irq);
	return err;
}

void
signal_tell_caller(int signo)
{
	struct task *t = current_task();
	struct siginfo info = { .si_signo = signo, .si_code = SI_USER };

	info.si_pid = t->process->pid;
	info.si_uid = t->cred->user.real;
	(void)signal_send_task(t, signo, &info);
}

/* --- the owner of a file -------------------------------------------------- */

static bool
owner_may_send_locked(const struct signal_owner *from, struct process *to)
	REQUIRES(proc_tree_lock)
{
	const struct cred *c = process_cred_locked(to);

	if (from->euid == 0)
		return true;
	return c &&
	       (from->euid == c->user.saved || from->euid == c->user.real ||
		from->uid == c->user.saved || from->uid == c->user.real);
}

static int
tell_owner_locked(const struct signal_owner *o, struct process *p,
		  struct task *only, int signo, const struct siginfo *info)
	REQUIRES(proc_tree_lock)
{
	if (!owner_may_send_locked(o, p))
		return -EPERM;
	return signal_send_one_from_tree(p, only, signo, info);
}

static int
tell_owner_group_locked(const struct signal_owner *o, struct pid *id, int signo,
			const struct siginfo *info) REQUIRES(proc_tree_lock)
{
	struct process *p;
	int err = 0;

	list_for_each (p, &id->group, group_link)
		err = tell_owner_locked(o, p, NULL, signo, info);
	return err;
}

int
signal_send_owner(const struct signal_owner *to, int signo,
		  const struct siginfo *info)
{
	unsigned long irq = proc_tree_enter();
	struct pid *id = pid_find(to->nr);
	int err = -ESRCH;

	if (id && to->type == F_OWNER_PGRP)
		err = tell_owner_group_locked(to, id, signo, info);
	else if (id && to->type == F_OWNER_TID && id->task)
		err = tell_owner_locked(to, id->task->process, id->task, signo,
					info);
	else if (id && to->type == F_OWNER_PID && id->process)
		err = tell_owner_locked(to, id->process, NULL, signo, info);
	proc_tree_leave(irq);
	return err;
}
