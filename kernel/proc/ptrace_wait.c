/* SPDX-License-Identifier: MIT */
#include <linux/wait.h>

#include "proc/pid.h"
#include "proc/process_priv.h"
#include "proc/ptrace.h"

/*
 * proc/ptrace_wait.c - a tracer hears of its tracees: wait4(2), SIGCHLD.
 *
 * Tracees are tasks, and each reports for itself: stops, whatever the options
 * of the wait say, and its death.  The leader's death is that of its process:
 * it is told when all other tasks are gone.
 */

static void
tracee_info(const struct task *t, int code, int status, struct siginfo *info)
{
	*info = (struct siginfo){ .si_signo = SIGCHLD, .si_code = code };
	info->si_pid = t->tid;
	info->si_uid = t->cred->user.real;
	info->si_status = status;
}

bool
ptrace_notify_locked(struct task *t, int code, int status)
{
	struct process *to = t->trace.tracer->process;
	bool stop = code == CLD_TRAPPED || code == CLD_STOPPED, ignored;
	uint64_t flags = wait_sigchld_flags(to, &ignored);
	struct siginfo info;

	tracee_info(t, code, status, &info);
	if (!(stop && (ignored || (flags & SA_NOCLDSTOP))))
		(void)signal_send_from_tree(to, SIGCHLD, &info);
	wait_queue_wake(&to->child_wait, 0);
	return !stop && (ignored || (flags & SA_NOCLDWAIT));
}

static bool
eligible(const struct task *t, const struct wait_args *a)
	REQUIRES(proc_tree_lock)
{
	const struct pid *group = t->process->group;

	if ((a->options & __WNOTHREAD) && t->trace.tracer != current_task())
		return false;
	switch (a->which) {
	case P_PID:
		return t->tid == a->id;
	case P_PGID:
		return group && group->nr == a->id;
	default:
		return true;
	}
}

static void
fill_usage(const struct task *t, struct wait_args *a) REQUIRES(proc_tree_lock)
{
	struct usage u = { 0 };

	usage_add_task(&u, t);
	usage_to_rusage(&u, &a->usage);
}

static bool
take_stop(struct task *t, struct wait_args *a) REQUIRES(proc_tree_lock)
{
	struct tracee *tr = &t->trace;
	int report = 0;

	spin_lock(&t->process->signal_lock);
	if (tr->stopped && !tr->listening) {
		report = tr->report;
		if (!(a->options & WNOWAIT))
			tr->report = 0;
	}
	spin_unlock(&t->process->signal_lock);
	if (!report)
		return false;
	a->status = report;
	tracee_info(t, CLD_TRAPPED, report >> 8, &a->info);
	fill_usage(t, a);
	return true;
}

/* A leader whose parent is its tracer is waited for as a child, not here. */
static bool
death_due(const struct task *t) REQUIRES(proc_tree_lock)
{
	const struct process *p = t->process;

	if (!t->trace.dead)
		return false;
	if (p->dead_leader != t)
		return true;
	return p->state == PROCESS_ZOMBIE && !p->held_tasks &&
	       p->parent != t->trace.tracer->process;
}

static void
take_death(struct task *t, struct wait_args *a, struct put_list *puts)
	REQUIRES(proc_tree_lock)
{
	bool leader = t->process->dead_leader == t;
	int status = leader ? t->process->exit_status : t->trace.exit_status;
	int code = wait_status_to_code(status);

	a->status = status;
	tracee_info(t, code, wait_status_value(status), &a->info);
	fill_usage(t, a);
	if (!(a->options & WNOWAIT))
		ptrace_drop_dead_locked(t, puts);
}

long
ptrace_scan_locked(struct wait_args *a, struct put_list *puts)
{
	struct process *self = current_process();
	long result = -ECHILD;
	struct task *t;

	list_for_each (t, &self->tracees, trace.link) {
		if (!eligible(t, a))
			continue;
		if (death_due(t) && (a->options & WEXITED)) {
			result = t->tid;
			take_death(t, a, puts);
			return result;
		}
		if (!t->trace.dead && take_stop(t, a))
			return t->tid;
		result = 0;
	}
	return result;
}
