/* SPDX-License-Identifier: MIT */
#include "dev/tty.h"
#include "proc/pid.h"
#include "proc/proc_files_priv.h"

/*
 * proc/proc_status.c - /proc/PID/stat, statm and status, field by field as
 * man 5 proc counts them.
 */

#define TICK_NS 10000000ULL /* USER_HZ = 100 */

/* What the files show, taken under the lock in one go. */
struct snapshot {
	char name[16];
	char state;
	pid_t ppid, pgrp, session, tty_pgrp;
	dev_t tty;
	unsigned threads;
	struct usage own, children;
	int nice, rt_priority, cpu, exit_signal, exit_status;
	uint64_t start_ns;
	uint64_t pending, shared, blocked, ignored, caught;
	struct vm_usage memory;
};

static char
state_letter(const struct process *p, const struct task *t)
{
	if (p->state != PROCESS_ALIVE || !t)
		return 'Z';
	switch (atomic_load(&t->thread.state)) {
	case THREAD_READY:
		return 'R';
	case THREAD_SLEEP:
		return 'D';
	case THREAD_SLEEP_INTERRUPT:
		return 'S';
	case THREAD_STOPPED:
		return 'T';
	case THREAD_TRACED:
		return 't';
	default:
		return 'X';
	}
}

static void
snapshot_signals(struct snapshot *n, const struct process *p,
		 const struct task *t)
{
	n->pending = t->pending.mask;
	n->shared = p->shared_pending.mask;
	n->blocked = t->blocked;
	if (!t->handlers)
		return;
	for (int i = 0; i < SIGNALS; i++) {
		uintptr_t h = t->handlers->action[i].handler;

		if (h == (uintptr_t)SIG_IGN)
			n->ignored |= 1ULL << i;
		else if (h != (uintptr_t)SIG_DFL)
			n->caught |= 1ULL << i;
	}
}

static void
snapshot_tree(struct snapshot *n, struct process *p) REQUIRES(proc_tree_lock)
{
	n->ppid = p->parent ? p->parent->pid : 0;
	n->pgrp = p->group ? p->group->nr : 0;
	n->session = p->session ? p->session->nr : 0;
	n->threads = p->task_count;
	n->children = p->dead_children;
	n->exit_signal = p->exit_signal;
	n->exit_status = p->exit_status;
	n->start_ns = p->start_ns;
	n->tty_pgrp = -1;
	if (p->tty) {
		n->tty = tty_dev(p->tty);
		n->tty_pgrp = tty_foreground(p->tty);
	}
	process_usage_locked(p, &n->own);
}

static void
snapshot_take(struct snapshot *n, const struct proc_subject *s)
{
	struct process *p = s->process;
	struct task *t = s->task;
	unsigned long irq;

	memset(n, 0, sizeof(*n));
	proc_subject_name(s, n->name);
	irq = proc_tree_enter();
	snapshot_tree(n, p);
	n->state = state_letter(p, t);
	if (t) {
		spin_lock(&p->signal_lock);
		snapshot_signals(n, p, t);
		spin_unlock(&p->signal_lock);
		n->nice = t->thread.nice;
		n->rt_priority = t->thread.own_priority;
		n->cpu = t->thread.cpu;
	}
	proc_tree_leave(irq);
	if (s->space)
		vm_space_usage(s->space, &n->memory);
}

/* Fields 1 to 30 and 31 to 52; names as in man 5 proc. */
static void
put_stat_ids(struct proc_text *t, pid_t nr, const struct snapshot *n)
{
	proc_printf(t, "%d (%s) %c %d %d %d %lu %d 0 ", nr, n->name, n->state,
		    n->ppid, n->pgrp, n->session, (unsigned long)n->tty,
		    n->tty_pgrp);
	proc_printf(t, "%lu %lu %lu %lu ", (unsigned long)n->own.minor_faults,
		    (unsigned long)n->children.minor_faults,
		    (unsigned long)n->own.major_faults,
		    (unsigned long)n->children.major_faults);
	proc_printf(t, "%lu %lu %lu %lu ",
		    (unsigned long)(n->own.user_ns / TICK_NS),
		    (unsigned long)(n->own.kernel_ns / TICK_NS),
		    (unsigned long)(n->children.user_ns / TICK_NS),
		    (unsigned long)(n->children.kernel_ns / TICK_NS));
	proc_printf(t, "%d %d %u 0 %lu ",
		    n->rt_priority ? -1 - n->rt_priority : 20 + n->nice,
		    n->nice, n->threads,
		    (unsigned long)(n->start_ns / TICK_NS));
}

static void
put_stat_memory(struct proc_text *t, const struct snapshot *n,
		const struct vm_space *s)
{
	proc_printf(t, "%lu %lu %lu ",
		    (unsigned long)(n->memory.total_pages * PAGE_SIZE),
		    (unsigned long)n->memory.resident_pages, ~0UL);
	/* Addresses are nobody's business but the program's own debugger's. */
	proc_printf(t, "%d %d 0 0 0 ", s ? 1 : 0, s ? 1 : 0);
	proc_printf(t, "%lu %lu %lu %lu ",
		    (unsigned long)(n->pending & INT32_MAX),
		    (unsigned long)(n->blocked & INT32_MAX),
		    (unsigned long)(n->ignored & INT32_MAX),
		    (unsigned long)(n->caught & INT32_MAX));
	proc_printf(t, "0 0 0 %d %d %d 0 0 0 0 0 0 0 0 0 0 0 %d\n",
		    n->exit_signal, n->cpu, n->rt_priority, n->exit_status);
}

int
proc_show_stat(pid_t nr, struct proc_text *t)
{
	struct proc_subject s;
	struct snapshot n;
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	snapshot_take(&n, &s);
	put_stat_ids(t, nr, &n);
	put_stat_memory(t, &n, s.space);
	proc_subject_put(&s);
	return 0;
}

int
proc_show_statm(pid_t nr, struct proc_text *t)
{
	struct vm_usage u = { 0 };
	struct proc_subject s;
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	if (s.space)
		vm_space_usage(s.space, &u);
	proc_printf(t, "%lu %lu %lu %lu 0 %lu 0\n",
		    (unsigned long)u.total_pages,
		    (unsigned long)u.resident_pages,
		    (unsigned long)u.shared_pages, (unsigned long)u.text_pages,
		    (unsigned long)(u.data_pages + u.stack_pages));
	proc_subject_put(&s);
	return 0;
}

static const char *
state_word(char letter)
{
	switch (letter) {
	case 'R':
		return "R (running)";
	case 'S':
		return "S (sleeping)";
	case 'D':
		return "D (disk sleep)";
	case 'T':
		return "T (stopped)";
	case 't':
		return "t (tracing stop)";
	case 'Z':
		return "Z (zombie)";
	default:
		return "X (dead)";
	}
}

static void
put_cred(struct proc_text *t, const struct cred *c)
{
	proc_printf(t, "Uid:\t%u\t%u\t%u\t%u\n", c->user.real,
		    c->user.effective, c->user.saved, c->user.fs);
	proc_printf(t, "Gid:\t%u\t%u\t%u\t%u\n", c->group.real,
		    c->group.effective, c->group.saved, c->group.fs);
}

static void
put_caps(struct proc_text *t, const struct cred *c)
{
	proc_printf(t, "CapInh:\t%016lx\nCapPrm:\t%016lx\n",
		    (unsigned long)c->cap_inheritable,
		    (unsigned long)c->cap_permitted);
	proc_printf(t, "CapEff:\t%016lx\nCapBnd:\t%016lx\nCapAmb:\t%016lx\n",
		    (unsigned long)c->cap_effective,
		    (unsigned long)c->cap_bounding,
		    (unsigned long)c->cap_ambient);
}

static void
put_memory(struct proc_text *t, const struct vm_usage *u)
{
	proc_printf(t, "VmPeak:\t%8lu kB\nVmSize:\t%8lu kB\n",
		    (unsigned long)u->peak_pages * 4,
		    (unsigned long)u->total_pages * 4);
	proc_printf(t, "VmRSS:\t%8lu kB\nVmData:\t%8lu kB\n",
		    (unsigned long)u->resident_pages * 4,
		    (unsigned long)u->data_pages * 4);
	proc_printf(t, "VmStk:\t%8lu kB\nVmExe:\t%8lu kB\n",
		    (unsigned long)u->stack_pages * 4,
		    (unsigned long)u->text_pages * 4);
}

int
proc_show_status(pid_t nr, struct proc_text *t)
{
	struct proc_subject s;
	struct snapshot n;
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	snapshot_take(&n, &s);
	proc_printf(t, "Name:\t%s\nState:\t%s\nTgid:\t%d\nPid:\t%d\n", n.name,
		    state_word(n.state), s.process->pid, nr);
	proc_printf(t, "PPid:\t%d\nTracerPid:\t0\n", n.ppid);
	if (s.cred)
		put_cred(t, s.cred);
	if (s.space)
		put_memory(t, &n.memory);
	proc_printf(t, "Threads:\t%u\n", n.threads);
	proc_printf(t, "SigPnd:\t%016lx\nShdPnd:\t%016lx\n",
		    (unsigned long)n.pending, (unsigned long)n.shared);
	proc_printf(t, "SigBlk:\t%016lx\nSigIgn:\t%016lx\nSigCgt:\t%016lx\n",
		    (unsigned long)n.blocked, (unsigned long)n.ignored,
		    (unsigned long)n.caught);
	if (s.cred)
		put_caps(t, s.cred);
	proc_printf(t, "NoNewPrivs:\t%d\n", s.task && s.task->no_new_privs);
	proc_printf(t, "voluntary_ctxt_switches:\t%lu\n",
		    (unsigned long)n.own.voluntary);
	proc_printf(t, "nonvoluntary_ctxt_switches:\t%lu\n",
		    (unsigned long)n.own.involuntary);
	proc_subject_put(&s);
	return 0;
}
