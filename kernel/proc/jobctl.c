/* SPDX-License-Identifier: MIT */
#include "proc/jobctl.h"

#include "dev/tty.h"
#include "proc/pid.h"
#include "proc/process_priv.h"

/*
 * proc/jobctl.c - process groups, sessions and controlling terminals.
 *
 *	session (struct pid) --- session_link --- processes
 *	   |  has at most one controlling tty, which remembers the numbers of
 *	   |  its session and foreground group
 *	group (struct pid)   --- group_link   --- processes of one session
 *
 * A group is orphaned when no member has a parent in the same session but
 * outside the group: nobody is left who would continue it if it stopped
 * (POSIX.1-2017, 3.264).
 */

void
group_join_locked(struct process *p, struct pid *group)
{
	p->group = group;
	list_push_back(&group->group, &p->group_link);
}

void
group_leave_locked(struct process *p)
{
	list_remove(&p->group_link);
	pid_release(p->group);
	p->group = NULL;
}

void
session_join_locked(struct process *p, struct pid *session)
{
	p->session = session;
	list_push_back(&session->session, &p->session_link);
}

static void
session_leave_locked(struct process *p)
{
	list_remove(&p->session_link);
	pid_release(p->session);
	p->session = NULL;
}

bool
group_orphaned_locked(struct pid *group, const struct process *gone)
{
	struct process *p;

	list_for_each (p, &group->group, group_link) {
		struct process *parent = p->parent;

		if (p == gone || p->state != PROCESS_ALIVE || !parent)
			continue;
		if (parent != gone && parent->pid != 1 &&
		    parent->group != group && parent->session == p->session)
			return false;
	}
	return true;
}

static bool
group_has_stopped_locked(struct pid *group)
{
	struct process *p;

	list_for_each (p, &group->group, group_link)
		if (p->state == PROCESS_ALIVE && p->stopped)
			return true;
	return false;
}

/* POSIX: a stopped group that becomes orphaned gets SIGHUP, then SIGCONT. */
static void
hangup_orphans(pid_t group)
{
	(void)signal_send_group(group, SIGHUP, NULL);
	(void)signal_send_group(group, SIGCONT, NULL);
}

/* --- the terminal of a session --- */

/* What it points to lives while a process points to it. */
static struct tty *
job_current_tty(void)
{
	unsigned long irq = proc_tree_enter();
	struct tty *tty = current_process()->tty;

	if (tty)
		tty_get(tty);
	proc_tree_leave(irq);
	return tty;
}

static bool
job_is_current_tty(const struct tty *tty)
{
	unsigned long irq = proc_tree_enter();
	bool yes = current_process()->tty == tty;

	proc_tree_leave(irq);
	return yes;
}

static bool
job_take_tty(struct tty *tty)
{
	unsigned long irq = proc_tree_enter();
	struct process *p = current_process();
	bool takes = !p->tty && p->session == p->id;

	if (takes) {
		p->tty = tty;
		p->hangup_group = 0;
	}
	proc_tree_leave(irq);
	return takes;
}

static void
job_drop_tty(void)
{
	unsigned long irq = proc_tree_enter();

	current_process()->tty = NULL;
	proc_tree_leave(irq);
}

/* Take tty away from every process of the session. */
static void
job_forget_tty(pid_t session, struct tty *tty)
{
	unsigned long irq = proc_tree_enter();
	struct pid *id = pid_find(session);
	struct process *p;

	if (id) {
		list_for_each (p, &id->session, session_link)
			if (p->tty == tty)
				p->tty = NULL;
	}
	proc_tree_leave(irq);
}

/* The leader has the foreground group hung up when it exits, not before. */
static void
job_signal_leader(pid_t session, pid_t foreground)
{
	unsigned long irq = proc_tree_enter();
	struct pid *id = pid_find(session);
	struct process *p = id ? id->process : NULL;

	if (p && p->session == id) {
		(void)signal_send_process(p, SIGHUP, NULL);
		(void)signal_send_process(p, SIGCONT, NULL);
		p->hangup_group = foreground;
	}
	proc_tree_leave(irq);
}

static bool
job_group_in_session(pid_t pgrp, pid_t session)
{
	unsigned long irq = proc_tree_enter();
	struct pid *id = pid_find(pgrp);
	bool yes = false;

	/* Session 0: in any. */
	if (id && !list_empty(&id->group))
		yes = !session ||
		      list_first(&id->group, struct process, group_link)
				      ->session->nr == session;
	proc_tree_leave(irq);
	return yes;
}

/* The terminal hung up before; its foreground group may be there still. */
static void
hangup_old_foreground(struct process *p)
{
	unsigned long irq = proc_tree_enter();
	pid_t group = p->hangup_group;

	p->hangup_group = 0;
	proc_tree_leave(irq);
	if (group && job_group_in_session(group, p->pid))
		hangup_orphans(group);
}

/*
 * A session leader is exiting.  Its terminal hangs up and is good for a new
 * session; a pty stays as it is for others that have it open.
 */
static void
leave_terminal(struct process *p)
{
	struct tty *tty = job_current_tty();
	pid_t foreground;

	if (!tty) {
		hangup_old_foreground(p);
		return;
	}
	foreground = tty_foreground(tty);
	if (foreground)
		(void)signal_send_group(foreground, SIGHUP, NULL);
	if (tty_is_pty(tty))
		tty_leave_session(tty, p->pid);
	else
		tty_hangup(tty);
	tty_put(tty);
}

void
jobctl_vhangup(void)
{
	struct tty *tty = job_current_tty();

	if (!tty)
		return;
	tty_vhangup(tty);
	tty_put(tty);
}

/* --- exit --- */

/* Does p's going make this group an orphaned one with a stopped member? */
static bool
strands_group(struct process *p, struct pid *group) REQUIRES(proc_tree_lock)
{
	return !group_orphaned_locked(group, NULL) &&
	       group_orphaned_locked(group, p) &&
	       group_has_stopped_locked(group);
}

/*
 * The first group numbered above `after` that p's exit strands: its own or a
 * child's.  One per call, since the signals need the lock dropped.
 */
static pid_t
next_stranded(struct process *p, pid_t after)
{
	unsigned long irq = proc_tree_enter();
	pid_t found = 0;
	struct process *c;

	if (p->group->nr > after && strands_group(p, p->group))
		found = p->group->nr;
	list_for_each (c, &p->children, sibling) {
		pid_t nr = c->group->nr;

		if (nr > after && (!found || nr < found) &&
		    c->state == PROCESS_ALIVE && strands_group(p, c->group))
			found = nr;
	}
	proc_tree_leave(irq);
	return found;
}

void
jobctl_exit(struct process *p)
{
	pid_t group = 0;

	while ((group = next_stranded(p, group)))
		hangup_orphans(group);
	if (p->session == p->id)
		leave_terminal(p);
}

/* --- what terminals ask --- */

static void
job_signal_group(pid_t pgrp, int signo)
{
	(void)signal_send_group(pgrp, signo, NULL);
}

/* Blocked or ignored SIGTTOU: the write is allowed; SIGTTIN: EIO. */
static bool
caller_shuns(int signo)
{
	struct task *t = current_task();

	return (t->blocked & SIGNAL_BIT(signo)) ||
	       t->handlers->action[signo - 1].handler == (uintptr_t)SIG_IGN;
}

static int
job_check_background(struct tty *tty, int signo)
{
	struct process *p = current_process();
	pid_t foreground = tty_foreground(tty);
	unsigned long irq;
	bool orphaned;
	pid_t group;
	bool ours;

	irq = proc_tree_enter();
	ours = p->tty == tty;
	group = p->group->nr;
	orphaned = group_orphaned_locked(p->group, NULL);
	proc_tree_leave(irq);

	if (!ours || !foreground || group == foreground)
		return 0;
	if (caller_shuns(signo))
		return signo == SIGTTIN ? -EIO : 0;
	if (orphaned)
		return -EIO;
	(void)signal_send_group(group, signo, NULL);
	/* Another task may have been chosen to take it: stop with it. */
	signal_look_again();
	return -ERESTARTSYS;
}

static pid_t
job_current_session(void)
{
	return process_getsid(0);
}

static pid_t
job_current_group(void)
{
	return process_getpgid(0);
}

static bool
job_is_session_leader(void)
{
	return job_current_session() == current_process()->pid;
}

static bool
job_capable(int capability)
{
	return cred_capable(current_task()->cred, capability);
}

static const struct tty_job_ops job_ops = {
	.signal_group = job_signal_group,
	.signal_leader = job_signal_leader,
	.check_background = job_check_background,
	.current_session = job_current_session,
	.current_group = job_current_group,
	.is_session_leader = job_is_session_leader,
	.capable = job_capable,
	.group_in_session = job_group_in_session,
	.current_tty = job_current_tty,
	.is_current_tty = job_is_current_tty,
	.take_tty = job_take_tty,
	.drop_tty = job_drop_tty,
	.forget_tty = job_forget_tty,
};

void
jobctl_init(void)
{
	tty_set_job_ops(&job_ops);
}

/* --- system calls --- */

static int
check_setpgid(struct process *p, pid_t pgid) REQUIRES(proc_tree_lock)
{
	struct process *self = current_process();
	struct pid *group;

	if (p != self && p->parent != self)
		return -ESRCH;
	if (p != self && p->session != self->session)
		return -EPERM;
	if (p != self && p->has_execed)
		return -EACCES;
	if (p->session == p->id)
		return -EPERM;
	if (pgid == p->pid)
		return 0;
	group = pid_find(pgid);
	if (!group || list_empty(&group->group) ||
	    list_first(&group->group, struct process, group_link)->session !=
		    self->session)
		return -EPERM;
	return 0;
}

int
process_setpgid(pid_t pid, pid_t pgid)
{
	unsigned long irq;
	struct process *p;
	struct pid *id;
	int err = -ESRCH;

	if (pgid < 0)
		return -EINVAL;
	if (!pid)
		pid = current_process()->pid;
	if (!pgid)
		pgid = pid;
	irq = proc_tree_enter();
	id = pid_find(pid);
	p = id ? id->process : NULL;
	if (p)
		err = check_setpgid(p, pgid);
	else if (id && id->task)
		err = -EINVAL; /* a task, but not its process's first */
	if (!err && p->group->nr != pgid) {
		struct pid *group = pgid == pid ? id : pid_find(pgid);

		group_leave_locked(p);
		group_join_locked(p, group);
	}
	proc_tree_leave(irq);
	return err;
}

static pid_t
process_number(pid_t pid, bool session)
{
	unsigned long irq = proc_tree_enter();
	struct process *p = current_process();
	pid_t nr = -ESRCH;

	if (pid) {
		struct pid *id = pid_find(pid);

		p = id ? id->process : NULL;
		if (id && id->task)
			p = id->task->process;
	}
	if (p)
		nr = session ? p->session->nr : p->group->nr;
	proc_tree_leave(irq);
	return nr;
}

pid_t
process_getpgid(pid_t pid)
{
	return process_number(pid, false);
}

pid_t
process_getsid(pid_t pid)
{
	return process_number(pid, true);
}

pid_t
process_setsid(void)
{
	struct process *p = current_process();
	unsigned long irq = proc_tree_enter();
	pid_t result = -EPERM;

	/* A group of our number would become part of two sessions. */
	if (list_empty(&p->id->group)) {
		group_leave_locked(p);
		session_leave_locked(p);
		group_join_locked(p, p->id);
		session_join_locked(p, p->id);
		p->tty = NULL;
		p->hangup_group = 0;
		result = p->pid;
	}
	proc_tree_leave(irq);
	return result;
}

void
jobctl_reap_locked(struct process *p)
{
	group_leave_locked(p);
	session_leave_locked(p);
}
