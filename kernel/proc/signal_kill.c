/* SPDX-License-Identifier: MIT */
#include <linux/capability.h>

#include "proc/jobctl.h"
#include "proc/pid.h"
#include "proc/process_priv.h"

/*
 * proc/signal_kill.c - kill(2): who is meant, and may the caller?
 *
 * Groups and "everyone" are walked by number, one receiver at a time, so no
 * lock is held over the sending and members may come and go.
 */

bool
signal_may_send(struct task *from, struct process *to, int signo)
{
	const struct cred *c = from->cred;
	bool same_session, allowed = false;
	unsigned long irq;
	struct task *t;

	if (to == from->process || cred_capable(c, CAP_KILL))
		return true;
	irq = proc_tree_enter();
	same_session = to->session == from->process->session;
	if (!list_empty(&to->tasks)) {
		t = list_first(&to->tasks, struct task, process_link);
		allowed = c->euid == t->cred->suid || c->euid == t->cred->uid ||
			  c->uid == t->cred->suid || c->uid == t->cred->uid;
	}
	proc_tree_leave(irq);
	return allowed || (signo == SIGCONT && same_session);
}

/* Permission and sending for one of several receivers. */
static int
kill_one(struct process *p, int signo, const struct siginfo *info)
{
	/* info NULL: the kernel (a terminal) sends, and may. */
	if (info && !signal_may_send(current_task(), p, signo))
		return -EPERM;
	return signo ? signal_send_process(p, signo, info) : 0;
}

/* The member of the group after `after` (by PID), with a reference. */
static struct process *
group_next(pid_t pgrp, pid_t after)
{
	unsigned long irq = proc_tree_enter();
	struct pid *id = pid_find(pgrp);
	struct process *p, *best = NULL;

	if (id) {
		list_for_each (p, &id->group, group_link)
			if (p->pid > after && (!best || p->pid < best->pid))
				best = p;
	}
	if (best)
		process_get(best);
	proc_tree_leave(irq);
	return best;
}

int
signal_send_group(pid_t pgrp, int signo, const struct siginfo *info)
{
	int result = -ESRCH, err;
	struct process *p;
	pid_t after = 0;

	while ((p = group_next(pgrp, after))) {
		after = p->pid;
		err = kill_one(p, signo, info);
		/* One success is a success; else the first failure counts. */
		if (!err || result == -ESRCH)
			result = err;
		process_put(p);
	}
	return result;
}

static int
kill_everyone(int signo, const struct siginfo *info)
{
	int result = -ESRCH, err;
	struct process *p;
	pid_t pid = 1; /* not PID 1 */

	while ((pid = process_next(pid))) {
		p = process_find(pid);
		if (!p)
			continue;
		if (p != current_process()) {
			err = kill_one(p, signo, info);
			if (err != -EPERM)
				result = err;
		}
		process_put(p);
	}
	return result;
}

int
signal_kill(pid_t pid, int signo, const struct siginfo *info)
{
	struct process *p;
	int err;

	if (signo < 0 || signo > SIGNALS)
		return -EINVAL;
	if (pid == -1)
		return kill_everyone(signo, info);
	if (pid == 0)
		return signal_send_group(process_getpgid(0), signo, info);
	if (pid < 0)
		return pid == INT32_MIN ? -ESRCH
					: signal_send_group(-pid, signo, info);
	p = process_find(pid);
	if (!p)
		return -ESRCH;
	err = kill_one(p, signo, info);
	process_put(p);
	return err;
}
