/* SPDX-License-Identifier: MIT */
#include <linux/wait.h>

#include "proc/pid.h"
#include "proc/process_priv.h"

/*
 * proc/wait.c - a parent hears of its children: wait4(2), waitid(2), SIGCHLD.
 *
 * A child has up to three things to report: that it stopped, that it went on,
 * that it is dead.  The reports are flags in the child; whoever sets one wakes
 * the parent's child_wait.  A dead child is a zombie until its parent has
 * taken the report (or ignores SIGCHLD): then it is reaped.
 */

int
wait_status_to_code(int wait_status)
{
	if (!(wait_status & 0x7f))
		return CLD_EXITED;
	return wait_status & 0x80 ? CLD_DUMPED : CLD_KILLED;
}

int
wait_status_value(int wait_status)
{
	return wait_status & 0x7f ? wait_status & 0x7f
				  : wait_status >> 8 & 0xff;
}

static uid_t
process_uid_locked(const struct process *p)
{
	return p->account ? p->account->uid : 0;
}

static void
child_info(struct process *p, int code, int status, struct siginfo *info)
	REQUIRES(proc_tree_lock)
{
	struct usage u;

	process_usage(p, &u);
	memset(info, 0, sizeof(*info));
	info->si_signo = SIGCHLD;
	info->si_code = code;
	info->si_pid = p->pid;
	info->si_uid = process_uid_locked(p);
	info->si_status = status;
	info->si_utime = (__kernel_clock_t)(u.user_ns / 10000000);
	info->si_stime = (__kernel_clock_t)(u.kernel_ns / 10000000);
}

uint64_t
wait_sigchld_flags(struct process *parent, bool *ignored)
{
	struct signal_action *a;
	uint64_t flags = 0;
	struct task *t;

	*ignored = false;
	spin_lock(&parent->signal_lock);
	if (!list_empty(&parent->tasks)) {
		t = list_first(&parent->tasks, struct task, process_link);
		if (t->handlers) {
			a = &t->handlers->action[SIGCHLD - 1];
			flags = a->flags;
			*ignored = a->handler == (uintptr_t)SIG_IGN;
		}
	}
	spin_unlock(&parent->signal_lock);
	return flags;
}

void
wait_notify_parent_locked(struct process *p, int code, int status)
{
	bool stop = code == CLD_STOPPED || code == CLD_CONTINUED;
	struct process *parent = p->parent;
	struct siginfo info;
	uint64_t flags;
	bool ignored;
	int signo;

	if (!parent)
		return;
	flags = wait_sigchld_flags(parent, &ignored);
	signo = stop ? SIGCHLD : p->exit_signal;
	/* clone(2) takes any low byte for the signal: 0 and > 64 are none. */
	if (!(stop && (flags & SA_NOCLDSTOP)) && signo >= 1 &&
	    signo <= SIGNALS) {
		child_info(p, code, status, &info);
		info.si_signo = signo;
		(void)signal_send_from_tree(parent, signo, &info);
	}
	wait_queue_wake(&parent->child_wait, 0);
}

/*
 * A SIGCONT reports under proc_tree_lock too, after it has ended the stop: so
 * its report is the later one whenever the stop is over by now.
 */
void
wait_report_stop_locked(struct process *p)
{
	bool complete;
	int signo;

	spin_lock(&p->signal_lock);
	complete = p->stopped && p->stopped_tasks == p->task_count &&
		   !p->stop_reported;
	p->stop_reported |= complete;
	signo = p->stop_signal;
	spin_unlock(&p->signal_lock);
	if (!complete || p->state != PROCESS_ALIVE)
		return;
	p->wait_stopped = true;
	p->wait_continued = false;
	wait_notify_parent_locked(p, CLD_STOPPED, signo);
}

bool
wait_exit_notify_locked(struct process *p)
{
	bool ignored = true;
	uint64_t flags = 0;

	if (p->parent)
		flags = wait_sigchld_flags(p->parent, &ignored);
	wait_notify_parent_locked(p, wait_status_to_code(p->exit_status),
				  wait_status_value(p->exit_status));
	return p->exit_signal == SIGCHLD && (ignored || (flags & SA_NOCLDWAIT));
}

void
process_reap_locked(struct process *p)
{
	struct task *leader;

	p->state = PROCESS_REAPED;
	wait_queue_wake(&p->pidfd_wait, POLLHUP);
	list_remove(&p->sibling);
	jobctl_reap_locked(p);
	p->parent = NULL;
	p->id->process = NULL;
	pid_release(p->id);
	p->id = NULL;
	leader = p->dead_leader;
	p->dead_leader = NULL;
	if (leader) {
		list_remove(&leader->trace.link);
		task_put(leader); /* not the last reference on p */
	}
}

/* --- matching --- */

static bool
child_eligible(struct process *c, const struct wait_args *a)
	REQUIRES(proc_tree_lock)
{
	bool clone_child = c->exit_signal != SIGCHLD;

	if (a->which == P_PID && c->pid != a->id)
		return false;
	if (a->which == P_PIDFD && c != a->process)
		return false;
	if (a->which == P_PGID && c->group->nr != a->id)
		return false;
	if ((a->options & __WNOTHREAD) &&
	    !ptrace_child_of_locked(c, current_task()))
		return false;
	return (a->options & __WALL) ||
	       clone_child == !!(a->options & __WCLONE);
}

/* Its stops are told to us as its tracer, not as its parent too. */
static bool
traced_by_us(const struct process *c) REQUIRES(proc_tree_lock)
{
	const struct task *leader = c->id->task;

	return leader && leader->trace.tracer &&
	       leader->trace.tracer->process == current_process();
}

/* Report a stop or a continue; consumes it unless WNOWAIT. */
static bool
take_state_change(struct process *c, struct wait_args *a)
	REQUIRES(proc_tree_lock)
{
	bool keep = a->options & WNOWAIT;

	if (c->wait_stopped && (a->options & WUNTRACED) && !traced_by_us(c)) {
		c->wait_stopped = keep;
		a->status = c->stop_signal << 8 | 0x7f;
		child_info(c, CLD_STOPPED, c->stop_signal, &a->info);
		return true;
	}
	if (c->wait_continued && (a->options & WCONTINUED)) {
		c->wait_continued = keep;
		a->status = 0xffff;
		child_info(c, CLD_CONTINUED, SIGCONT, &a->info);
		return true;
	}
	return false;
}

/*
 * The usage of a child as its parent is charged: all it used and all that its
 * own children did.
 */
static void
child_usage(struct process *c, struct usage *u) REQUIRES(proc_tree_lock)
{
	process_usage(c, u);
	usage_add(u, &c->dead_children);
}

static void
take_zombie(struct process *c, struct wait_args *a, struct put_list *puts)
	REQUIRES(proc_tree_lock)
{
	struct usage u;

	a->status = c->exit_status;
	child_info(c, wait_status_to_code(c->exit_status),
		   wait_status_value(c->exit_status), &a->info);
	child_usage(c, &u);
	usage_to_rusage(&u, &a->usage);
	if (a->options & WNOWAIT)
		return;
	usage_add(&current_process()->dead_children, &u);
	process_reap_locked(c);
	list_push_back(&puts->processes, &c->sibling);
}

/*
 * One pass over the children.  Returns the PID of one with a report, 0 if
 * there are eligible children but none has, -ECHILD if there are none.
 */
static long
scan_children_locked(struct wait_args *a, struct put_list *puts)
	REQUIRES(proc_tree_lock)
{
	struct process *self = current_process(), *c;
	long result = -ECHILD;
	struct usage u;

	list_for_each (c, &self->children, sibling) {
		if (!child_eligible(c, a))
			continue;
		result = c->pid;
		if (process_waitable_locked(c) && (a->options & WEXITED)) {
			take_zombie(c, a, puts);
			return result;
		}
		if (c->state == PROCESS_ALIVE && take_state_change(c, a)) {
			child_usage(c, &u);
			usage_to_rusage(&u, &a->usage);
			return result;
		}
		result = 0;
	}
	return result;
}

/* The same over all we wait for: children, then tracees. */
static long
scan(struct wait_args *a, struct put_list *puts)
{
	unsigned long irq = proc_tree_enter();
	long result = scan_children_locked(a, puts), traced;

	if (result <= 0 && !list_empty(&current_process()->tracees)) {
		traced = ptrace_scan_locked(a, puts);
		if (traced > 0 || result < 0)
			result = traced;
	}
	proc_tree_leave(irq);
	return result;
}

long
process_wait(struct wait_args *a)
{
	struct process *self = current_process();
	struct put_list puts = PUT_LIST_INIT(puts);
	long result;
	int err;

	err = wait_event_interruptible(&self->child_wait,
				       (result = scan(a, &puts)) != 0 ||
					       (a->options & WNOHANG));
	put_list_run(&puts);
	return err ? -ERESTARTSYS : result;
}
