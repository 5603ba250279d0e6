/* SPDX-License-Identifier: MIT */
#include <linux/capability.h>

#include "arch/ptrace.h"
#include "core/panic.h"
#include "proc/pid.h"
#include "proc/process_priv.h"
#include "proc/ptrace.h"

/*
 * proc/ptrace_link.c - who traces whom: attach, inherit, let go.
 *
 * A link is made and broken under both proc_tree_lock and the tracee's
 * signal_lock.  It holds a reference on the tracee, so that one that is dead
 * stays until it has been waited for; the tracer breaks its links before it is
 * gone, so they hold none on it.
 */

/* --- rights --- */

static bool
ids_match(const struct cred *to, uid_t uid, gid_t gid)
{
	return uid == to->user.effective && uid == to->user.saved &&
	       uid == to->user.real && gid == to->group.effective &&
	       gid == to->group.saved && gid == to->group.real;
}

bool
ptrace_may_see(const struct cred *to, enum ptrace_look how)
{
	const struct cred *c = current_task()->cred;
	bool real = how == PTRACE_LOOK_REAL;

	return ids_match(to, real ? c->user.real : c->user.fs,
			 real ? c->group.real : c->group.fs) &&
	       !(to->cap_permitted &
		 ~(real ? c->cap_permitted : c->cap_effective));
}

/* man 2 ptrace, "Ptrace access mode checking". */
bool
ptrace_may_attach_locked(const struct task *t, enum ptrace_look how)
{
	if (t->process == current_process() ||
	    cred_capable(current_task()->cred, CAP_SYS_PTRACE))
		return true;
	return ptrace_may_see(t->cred, how) &&
	       atomic_load(&t->process->dumpable);
}

/* May `tracer` be made t's tracer by t's own wish? */
static bool
may_be_tracer(const struct task *tracer, const struct task *t)
{
	return cred_capable(tracer->cred, CAP_SYS_PTRACE) ||
	       !(t->cred->cap_permitted & ~tracer->cred->cap_permitted);
}

/* --- links --- */

static void
link_locked(struct task *t, struct task *tracer, bool seized, unsigned options)
	REQUIRES(proc_tree_lock)
{
	struct tracee *tr = &t->trace;

	task_get(t);
	list_push_back(&tracer->process->tracees, &tr->link);
	tr->tracer = tracer;
	tr->seized = seized;
	tr->options = options;
	tr->capable = cred_capable(tracer->cred, CAP_SYS_PTRACE);
}

/*
 * The link's reference.  Who lives has one of its own, so this is not the last,
 * and has to go at once: the next tracer may take the link the moment the lock
 * is free.  Nobody can attach to the dead.
 */
static void
put_link_locked(struct task *t, struct put_list *puts) REQUIRES(proc_tree_lock)
{
	bool last;

	if (t->trace.dead) {
		list_push_back(&puts->tasks, &t->trace.link);
		return;
	}
	last = refcount_put(&t->refs);
	ASSERT(!last);
}

/*
 * Nobody's tracee any more.  If it lives it goes on, with the signal its tracer
 * gave, or comes to rest with the rest of its process.
 */
static void
unlink_locked(struct task *t, struct put_list *puts) REQUIRES(proc_tree_lock)
{
	struct tracee *tr = &t->trace;

	list_remove(&tr->link);
	spin_lock(&t->process->signal_lock);
	tr->tracer = NULL;
	tr->seized = tr->listening = tr->frozen = false;
	tr->options = tr->pending = 0;
	t->syscall_work &= (uint8_t)~SYSCALL_WORK_PTRACE;
	if (tr->stopped) {
		tr->stopped = false;
		thread_wake(&t->thread, 1u << THREAD_TRACED);
	}
	if (t->process->stopped && !tr->dead)
		thread_interrupt(&t->thread);
	spin_unlock(&t->process->signal_lock);
	put_link_locked(t, puts);
}

/* --- attach --- */

/* The thread that made p, or what is left of its process. */
static struct task *
parent_task_locked(struct process *p) REQUIRES(proc_tree_lock)
{
	struct process *parent = p->parent;
	struct pid *id = pid_find(p->parent_tid);

	if (id && id->task && id->task->process == parent)
		return id->task;
	if (!parent || list_empty(&parent->tasks))
		return NULL;
	return list_first(&parent->tasks, struct task, process_link);
}

bool
ptrace_child_of_locked(struct process *p, const struct task *t)
{
	return parent_task_locked(p) == t;
}

/* PTRACE_TRACEME: -EPERM: traced already, or the parent must not. */
int
ptrace_traceme(void)
{
	struct task *t = current_task(), *tracer;
	unsigned long irq = proc_tree_enter();
	int err = -EPERM;

	tracer = parent_task_locked(t->process);
	/* A parent that is going lets go again at once (Linux: no link). */
	if (!t->trace.tracer && tracer && may_be_tracer(tracer, t)) {
		spin_lock(&t->process->signal_lock);
		if (!tracer->leaving)
			link_locked(t, tracer, false, 0);
		spin_unlock(&t->process->signal_lock);
		err = 0;
	}
	proc_tree_leave(irq);
	return err;
}

static int
attach_check_locked(const struct task *t) REQUIRES(proc_tree_lock)
{
	if (t->process == current_process() || t->trace.tracer || t->leaving)
		return -EPERM;
	return ptrace_may_attach_locked(t, PTRACE_LOOK_REAL) ? 0 : -EPERM;
}

/*
 * The link; one that rests in a group stop is woken to stop for us instead.
 * True: it was.
 */
static bool
attach_locked(struct task *t, bool seize, unsigned options)
	REQUIRES(proc_tree_lock)
{
	struct process *p = t->process;
	bool rests;

	spin_lock(&p->signal_lock);
	link_locked(t, current_task(), seize, options);
	rests = p->stopped && t->at_rest;
	if (rests) {
		t->trace.pending |= PTRACE_TRAP_STOP;
		thread_wake(&t->thread, 1u << THREAD_STOPPED);
	}
	spin_unlock(&p->signal_lock);
	return rests;
}

/* A zombie is known, but nothing can be done to it. */
static int
find_locked(pid_t tid, struct task **out) REQUIRES(proc_tree_lock)
{
	struct pid *id = pid_find(tid);

	if (!id || !(id->task || id->process || id->held))
		return -ESRCH;
	*out = id->task;
	return id->task ? 0 : -EPERM;
}

int
ptrace_attach(pid_t tid, bool seize, unsigned options)
{
	struct process *self = current_process();
	unsigned long irq = proc_tree_enter();
	bool rests = false;
	struct task *t;
	int err;

	err = find_locked(tid, &t);
	if (!err)
		err = attach_check_locked(t);
	if (!err) {
		task_get(t);
		rests = attach_locked(t, seize, options);
	}
	proc_tree_leave(irq);
	if (err)
		return err;
	if (!seize)
		(void)signal_send_task(t, SIGSTOP, NULL);
	/* Whoever looks next finds it stopped, as it was before. */
	if (rests)
		wait_event(
			&self->child_wait,
			__atomic_load_n(&t->trace.stopped, __ATOMIC_ACQUIRE) ||
				task_is_killed(t) ||
				task_is_killed(current_task()) ||
				!(t->trace.pending & PTRACE_TRAP_STOP));
	task_put(t);
	return 0;
}

void
ptrace_inherit_locked(struct task *child, const struct task *parent)
{
	const struct tracee *tr = &parent->trace;

	spin_lock(&child->process->signal_lock);
	link_locked(child, tr->tracer, tr->seized, tr->options);
	child->trace.capable = tr->capable;
	if (tr->seized)
		child->trace.pending |= PTRACE_TRAP_STOP;
	else
		child->pending.mask |= SIGNAL_BIT(SIGSTOP);
	spin_unlock(&child->process->signal_lock);
}

/* --- let go --- */

/* A dead task's number is free, and its process may be a zombie at last. */
static void
bury_locked(struct task *t, struct put_list *puts) REQUIRES(proc_tree_lock)
{
	struct process *p = t->process;

	t->trace.dead = false;
	if (p->dead_leader == t) {
		p->dead_leader = NULL;
	} else {
		t->id->held--;
		pid_release(t->id);
		t->id = NULL;
		p->held_tasks--;
	}
	if (p->state == PROCESS_ZOMBIE)
		process_announce_zombie_locked(p, puts);
}

void
ptrace_drop_dead_locked(struct task *t, struct put_list *puts)
{
	unlink_locked(t, puts);
	bury_locked(t, puts);
}

static void
let_go_locked(struct task *t, struct put_list *puts) REQUIRES(proc_tree_lock)
{
	struct tracee *tr = &t->trace;

	if (tr->options & PTRACE_O_EXITKILL)
		(void)signal_send_from_tree(t->process, SIGKILL, NULL);
	/* A signal nobody has been told of is delivered after all. */
	spin_lock(&t->process->signal_lock);
	if (tr->stopped && tr->report && tr->info &&
	    tr->info->si_code != tr->report >> 8)
		tr->signal = tr->report >> 8;
	spin_unlock(&t->process->signal_lock);
	if (t->trace.dead)
		ptrace_drop_dead_locked(t, puts);
	else
		unlink_locked(t, puts);
}

void
ptrace_tracer_exit_locked(struct task *t, struct put_list *puts)
{
	struct list_node *all = &t->process->tracees;
	struct task *tracee, *next;

	list_for_each_safe (tracee, next, all, trace.link)
		if (tracee->trace.tracer == t)
			let_go_locked(tracee, puts);
}

/* From within ptrace_begin(). */
void
ptrace_detach(struct task *t, int signal)
{
	struct put_list puts = PUT_LIST_INIT(puts);
	unsigned long irq;

	arch_step_end(&t->thread.arch, ptrace_frame(t));
	irq = proc_tree_enter();
	spin_lock(&t->process->signal_lock);
	t->trace.signal = signal;
	spin_unlock(&t->process->signal_lock);
	/* Death may have come and gone through the link meanwhile: exec. */
	if (t->trace.tracer)
		unlink_locked(t, &puts);
	proc_tree_leave(irq);
	put_list_run(&puts);
	task_put(t);
}
