/* SPDX-License-Identifier: MIT */
#include "dev/tty.h"
#include "proc/pid.h"
#include "proc/proc_files_priv.h"

/*
 * proc/proc_status.c - /proc/PID/stat, statm and status, field by field as
 * man 5 proc counts them.
 */

/* What the files show, taken under the lock in one go. */
struct snapshot {
	char name[16];
	char state;
	pid_t ppid, pgrp, session, tty_pgrp, tracer;
	dev_t tty;
	unsigned threads;
	struct usage own, children;
	int nice, rt_priority, in_effect, cpu, exit_signal, exit_status;
	uint64_t start_ns;
	uint64_t pending, shared, blocked, ignored, caught;
	uint64_t queued, queue_limit;
	unsigned policy;
	cpumask_t affinity;
	mode_t umask;
	int fd_slots;
	bool whole; /* the caller may see addresses */
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
	n->queue_limit = process_limit((struct process *)(uintptr_t)p,
				       RLIMIT_SIGPENDING);
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
	if (p->account)
		n->queued = atomic_load(&p->account->signals);
}

/* Of one thread, or of all there are and were. */
static void
snapshot_usage(struct snapshot *n, const struct proc_subject *s, bool task)
{
	if (!task || !s->task)
		process_usage(s->process, &n->own);
	else
		usage_add_task(&n->own, s->task);
}

static void
snapshot_task(struct snapshot *n, const struct task *t) REQUIRES(proc_tree_lock)
{
	n->nice = t->thread.nice;
	n->rt_priority = t->thread.own_priority;
	n->in_effect = thread_priority(&t->thread);
	n->cpu = atomic_load(&t->thread.cpu);
	n->policy = t->sched_policy;
	n->affinity = atomic_load(&t->thread.affinity);
	if (t->files)
		n->fd_slots = t->files->size;
	if (t->fs)
		n->umask = t->fs->umask;
}

static void
snapshot_take(struct snapshot *n, const struct proc_subject *s, bool task)
{
	struct process *p = s->process;
	struct task *t = s->task;
	unsigned long irq;

	memset(n, 0, sizeof(*n));
	proc_subject_name(s, n->name);
	snapshot_usage(n, s, task);
	irq = proc_tree_enter();
	snapshot_tree(n, p);
	if (task && t)
		n->start_ns = t->thread.start_ns;
	n->state = state_letter(p, t);
	if (t && t->trace.tracer)
		n->tracer = t->trace.tracer->tid;
	if (t) {
		spin_lock(&p->signal_lock);
		snapshot_signals(n, p, t);
		spin_unlock(&p->signal_lock);
		snapshot_task(n, t);
	}
	proc_tree_leave(irq);
	n->whole = proc_subject_may_look(s);
	if (s->space)
		vm_space_size(s->space, &n->memory);
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
		    (unsigned long)(n->own.user_ns / PROC_TICK_NS),
		    (unsigned long)(n->own.kernel_ns / PROC_TICK_NS),
		    (unsigned long)(n->children.user_ns / PROC_TICK_NS),
		    (unsigned long)(n->children.kernel_ns / PROC_TICK_NS));
	proc_printf(t, "%d %d %u 0 %lu ",
		    n->in_effect ? -1 - n->in_effect : 20 + n->nice, n->nice,
		    n->threads, (unsigned long)(n->start_ns / PROC_TICK_NS));
}

/* An address of it: the caller's business, or 0. */
static unsigned long
address(const struct snapshot *n, vaddr_t va)
{
	return n->whole ? (unsigned long)va : 0;
}

static void
put_stat_memory(struct proc_text *t, const struct snapshot *n,
		const struct vm_space *s, uint64_t rss_limit)
{
	static const struct vm_space none;

	s = s ? s : &none;
	proc_printf(t, "%lu %lu %lu ",
		    (unsigned long)(n->memory.total_pages * PAGE_SIZE),
		    (unsigned long)n->memory.resident_pages,
		    (unsigned long)rss_limit);
	/* As Linux: 1 says that there is code, if not where. */
	proc_printf(t, "%lu %lu %lu 0 0 ",
		    s == &none ? 0 : MAX(address(n, s->code_start), 1UL),
		    s == &none ? 0 : MAX(address(n, s->code_end), 1UL),
		    address(n, s->start_stack));
	proc_printf(t, "%lu %lu %lu %lu ",
		    (unsigned long)(n->pending & INT32_MAX),
		    (unsigned long)(n->blocked & INT32_MAX),
		    (unsigned long)(n->ignored & INT32_MAX),
		    (unsigned long)(n->caught & INT32_MAX));
	proc_printf(t, "0 0 0 %d %d %d %u 0 0 0 ", n->exit_signal, n->cpu,
		    n->rt_priority, n->policy);
	proc_printf(t, "%lu %lu %lu ", address(n, s->data_start),
		    address(n, s->data_end), address(n, s->brk_start));
	proc_printf(t, "%lu %lu %lu %lu %d\n", address(n, s->arg_start),
		    address(n, s->arg_end), address(n, s->env_start),
		    address(n, s->env_end), n->whole ? n->exit_status : 0);
}

int
proc_show_stat(pid_t nr, struct proc_text *t)
{
	struct proc_subject s;
	struct snapshot n;
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	snapshot_take(&n, &s, t->task);
	put_stat_ids(t, nr, &n);
	put_stat_memory(t, &n, s.space, process_limit(s.process, RLIMIT_RSS));
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
put_groups(struct proc_text *t, const struct cred *c)
{
	unsigned n = c->groups ? c->groups->count : 0;

	proc_printf(t, "Groups:\t");
	for (unsigned i = 0; i < n && !t->failed; i++)
		proc_printf(t, "%u ", c->groups->ids[i]);
	proc_printf(t, "%s\n", n ? "" : " ");
}

static void
put_memory(struct proc_text *t, struct vm_space *s)
{
	struct vm_usage u;
	uint64_t lib;

	vm_space_usage(s, &u);
	lib = (s->code_end - s->code_start + PAGE_SIZE - 1) / PAGE_SIZE;
	lib = u.text_pages > lib ? u.text_pages - lib : 0;
	const struct {
		const char *name;
		uint64_t pages;
	} lines[] = {
		{ "VmSize", u.total_pages },
		{ "VmLck", u.locked_pages },
		{ "VmHWM", u.peak_pages },
		{ "VmRSS", u.resident_pages },
		{ "RssAnon", u.resident_pages - u.shared_pages },
		{ "RssFile", u.shared_pages - u.shmem_pages },
		{ "RssShmem", u.shmem_pages },
		{ "VmData", u.data_pages },
		{ "VmStk", u.stack_pages },
		{ "VmExe", u.text_pages - lib },
		{ "VmLib", lib },
		{ "VmSwap", 0 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(lines); i++)
		proc_printf(t, "%s:\t%8lu kB\n", lines[i].name,
			    (unsigned long)lines[i].pages * (PAGE_SIZE / 1024));
}

/* "0-3,5" of a mask. */
static void
put_cpu_list(struct proc_text *t, cpumask_t mask)
{
	const char *comma = "";

	for (unsigned i = 0; i < CPU_MAX; i++) {
		unsigned first = i;

		if (!(mask & CPUMASK(i)))
			continue;
		while (i + 1 < CPU_MAX && (mask & CPUMASK(i + 1)))
			i++;
		proc_printf(t, "%s%u", comma, first);
		if (i > first)
			proc_printf(t, "-%u", i);
		comma = ",";
	}
	proc_printf(t, "\n");
}

/* As many digits as there are processors, in groups of 32. */
static void
put_cpus(struct proc_text *t, cpumask_t mask)
{
	cpumask_t all = cpu_count() >= 64 ? ~0ULL : CPUMASK(cpu_count()) - 1;

	mask &= all;
	if (cpu_count() > 32)
		proc_printf(t, "Cpus_allowed:\t%lx,%08lx\n",
			    (unsigned long)(mask >> 32),
			    (unsigned long)(mask & UINT32_MAX));
	else
		proc_printf(t, "Cpus_allowed:\t%lx\n", (unsigned long)mask);
	proc_printf(t, "Cpus_allowed_list:\t");
	put_cpu_list(t, mask);
	proc_printf(t, "Mems_allowed:\t1\nMems_allowed_list:\t0\n");
}

static void
put_signals(struct proc_text *t, const struct snapshot *n)
{
	proc_printf(t, "SigQ:\t%lu/%lu\n", (unsigned long)n->queued,
		    (unsigned long)n->queue_limit);
	proc_printf(t, "SigPnd:\t%016lx\nShdPnd:\t%016lx\n",
		    (unsigned long)n->pending, (unsigned long)n->shared);
	proc_printf(t, "SigBlk:\t%016lx\nSigIgn:\t%016lx\nSigCgt:\t%016lx\n",
		    (unsigned long)n->blocked, (unsigned long)n->ignored,
		    (unsigned long)n->caught);
}

static void
put_who(struct proc_text *t, const struct proc_subject *s,
	const struct snapshot *n, pid_t nr)
{
	proc_printf(t, "Name:\t");
	for (const char *c = n->name; *c; c++) {
		if (*c == '\n' || *c == '\\')
			proc_printf(t, *c == '\n' ? "\\n" : "\\\\");
		else
			proc_write(t, c, 1);
	}
	if (s->space)
		proc_printf(t, "\nUmask:\t%04o", n->umask);
	proc_printf(t, "\nState:\t%s\nTgid:\t%d\nNgid:\t0\nPid:\t%d\n",
		    state_word(n->state), s->process->pid, nr);
	proc_printf(t, "PPid:\t%d\nTracerPid:\t%d\n", n->ppid, n->tracer);
	if (s->cred)
		put_cred(t, s->cred);
	proc_printf(t, "FDSize:\t%d\n", n->fd_slots);
	if (s->cred)
		put_groups(t, s->cred);
	proc_printf(t, "NStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\n",
		    s->process->pid, nr, n->pgrp, n->session);
}

int
proc_show_status(pid_t nr, struct proc_text *t)
{
	struct proc_subject s;
	struct snapshot n;
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	snapshot_take(&n, &s, t->task);
	put_who(t, &s, &n, nr);
	if (s.space)
		put_memory(t, s.space);
	proc_printf(t, "Threads:\t%u\n", n.threads);
	put_signals(t, &n);
	if (s.cred)
		put_caps(t, s.cred);
	proc_printf(t, "NoNewPrivs:\t%d\n", s.task && s.task->no_new_privs);
	put_cpus(t, n.affinity);
	proc_printf(t, "voluntary_ctxt_switches:\t%lu\n",
		    (unsigned long)n.own.voluntary);
	proc_printf(t, "nonvoluntary_ctxt_switches:\t%lu\n",
		    (unsigned long)n.own.involuntary);
	proc_subject_put(&s);
	return 0;
}
