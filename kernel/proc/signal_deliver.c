/* SPDX-License-Identifier: MIT */
#include <asm/unistd.h>

#include "arch/ptrace.h"
#include "arch/sigframe.h"
#include "arch/trap.h"
#include "proc/pid.h"
#include "proc/process_priv.h"

/*
 * proc/signal_deliver.c - on the way to user mode: act on what is pending.
 *
 * In a loop, until nothing deliverable is left:
 *
 *	process is exiting  -> this task exits too
 *	process is stopped  -> rest until SIGCONT or SIGKILL
 *	take one signal     -> ignore it, stop, die, or enter its handler
 *
 * Several handlers in one pass nest: the last one entered runs first, with
 * the frame of the one before to return to.
 *
 * An interrupted system call left a restart code as its result.  The first
 * handler, or its absence, decides what becomes of it (signal(7)).
 */

/*
 * Rest while the process is stopped.  Called with no locks.  One who is traced
 * stops for its tracer instead.
 */
static void
rest_while_stopped(struct task *t)
{
	struct process *p = t->process;
	unsigned long irq = spin_lock_irq(&p->signal_lock);
	bool last;

	if (!p->stopped || p->exiting || t->trace.tracer) {
		if (p->stopped && t->trace.tracer && !t->at_rest)
			t->trace.pending |= PTRACE_TRAP_STOP;
		spin_unlock_irq(&p->signal_lock, irq);
		return;
	}
	/* Already counted: a tracer has let go of it. */
	p->stopped_tasks += !t->at_rest;
	t->at_rest = true;
	last = p->stopped_tasks == p->task_count;
	signal_recalculate_locked(t);
	thread_sleep_begin(THREAD_STOPPED);
	spin_unlock_irq(&p->signal_lock, irq);
	if (last) {
		irq = proc_tree_enter();
		wait_report_stop_locked(p);
		proc_tree_leave(irq);
	}
	(void)thread_sleep(NEVER);

	irq = spin_lock_irq(&p->signal_lock);
	/* What ended the stop has done this already; a tracer takes it over. */
	if (t->at_rest && !t->trace.tracer) {
		t->at_rest = false;
		p->stopped_tasks--;
	}
	signal_recalculate_locked(t);
	spin_unlock_irq(&p->signal_lock, irq);
}

/*
 * In one that is stopped already this can only be a task whose tracer let it
 * go on: it alone stops again.
 */
static void
begin_stop_locked(struct process *p, int signo)
{
	struct task *self = current_task(), *t;

	if (p->stopped) {
		self->trace.pending |= PTRACE_TRAP_STOP;
		return;
	}
	p->stopped = true;
	p->stop_reported = false;
	p->stop_signal = signo;
	p->stopped_tasks = 0;
	list_for_each (t, &p->tasks, process_link) {
		ptrace_trap_notify_locked(t);
		thread_interrupt(&t->thread);
	}
}

/* Begin a stop of the whole process; every task will come to rest. */
static void
stop_process(struct process *p, int signo)
{
	unsigned long irq;
	bool orphaned;

	/* POSIX: terminal stops do nothing to a group nobody could continue. */
	if (signo != SIGSTOP) {
		irq = proc_tree_enter();
		orphaned = group_orphaned_locked(p->group, NULL);
		proc_tree_leave(irq);
		if (orphaned)
			return;
	}
	irq = spin_lock_irq(&p->signal_lock);
	/* A SIGCONT that came since the stop was taken wins. */
	if (!p->exiting && p->stop_taken)
		begin_stop_locked(p, signo);
	spin_unlock_irq(&p->signal_lock, irq);
}

static bool
is_restart_code(long result)
{
	return result == -ERESTARTSYS || result == -ERESTARTNOINTR ||
	       result == -ERESTARTNOHAND || result == -ERESTART_RESTARTBLOCK;
}

bool
signal_restart_due(const struct trap_frame *f)
{
	return trap_syscall_nr(f) >= 0 && is_restart_code(trap_result(f));
}

/*
 * Settle an interrupted system call: action is that of the handler about to
 * run, NULL if none does.
 */
static void
settle_restart(struct trap_frame *f, const struct signal_action *action)
{
	long result = trap_result(f);

	if (!signal_restart_due(f))
		return;
	if (!action && result == -ERESTART_RESTARTBLOCK)
		trap_restart_syscall_as(f, __NR_restart_syscall);
	else if (!action || result == -ERESTARTNOINTR ||
		 (result == -ERESTARTSYS && (action->flags & SA_RESTART)))
		trap_restart_syscall(f);
	else
		trap_set_result(f, -EINTR);
}

static void
fill_request(struct sigframe_request *r, struct task *t, struct trap_frame *f,
	     const struct siginfo *info, const struct signal_action *a)
{
	const struct signal_stack *s = &t->alt_stack;
	bool inside = signal_stack_holds(s, trap_sp(f));

	r->signo = info->si_signo;
	r->info = info;
	r->handler = a->handler;
	r->restorer = a->restorer;
	r->saved_mask = t->restore_blocked ? t->saved_blocked : t->blocked;
	r->alt_stack = (stack_t){ .ss_sp = (void *)s->sp,
				  .ss_flags = s->flags,
				  .ss_size = s->size };
	r->on_alt_stack =
		(a->flags & SA_ONSTACK) && !(s->flags & SS_DISABLE) && !inside;
	/* A frame that begins on the alternate stack must fit there. */
	r->lowest = inside || r->on_alt_stack ? s->sp : 0;
	r->trapno = t->trap.trapno;
	r->error = t->trap.error;
	r->cr2 = t->trap.address;
}

/* No core is ever written, so the status never says that one was. */
NORETURN static void
die_of(int signo)
{
	process_exit(signo);
}

/* Enter the handler; a stack that cannot hold the frame is a SIGSEGV. */
static void
enter_handler(struct task *t, struct trap_frame *f, const struct siginfo *info,
	      const struct signal_action *a)
{
	struct sigframe_request r = { 0 };
	uint64_t mask = t->blocked | a->mask;
	bool stepping = t->syscall_work & SYSCALL_WORK_STEP;

	settle_restart(f, a);
	/* The debugger's trap flag is not the program's to save. */
	if (unlikely(stepping))
		arch_step_end(&t->thread.arch, f);
	fill_request(&r, t, f, info, a);
	if (!rseq_leave_section(f) || !(a->flags & SA_RESTORER) ||
	    arch_sigframe_push(f, &r)) {
		if (info->si_signo == SIGSEGV)
			die_of(SIGSEGV);
		signal_force(t, SIGSEGV, NULL);
		return;
	}
	if (t->alt_stack.flags & SS_AUTODISARM)
		t->alt_stack = (struct signal_stack){ .flags = SS_DISABLE };
	t->restore_blocked = false;
	t->trap = (struct task_trap){ 0 };
	if (!(a->flags & SA_NODEFER))
		mask |= SIGNAL_BIT(info->si_signo);
	signal_set_blocked(mask);
	if (unlikely(stepping))
		ptrace_handler_entered(t);
}

static void
take_default(struct task *t, int signo)
{
	/* Sent while it was blocked, or it would not be here. */
	if (__atomic_load_n(&t->process->unkillable, __ATOMIC_RELAXED))
		return;
	switch (signal_default_of(signo)) {
	case SIGNAL_STOP:
		stop_process(t->process, signo);
		return;
	case SIGNAL_TERMINATE:
	case SIGNAL_CORE:
		die_of(signo);
	case SIGNAL_CONTINUE:
	case SIGNAL_IGNORE:
		return;
	}
}

/*
 * What t's tracer makes of a signal; 0: nothing.  signal_lock is held before
 * and after, but not meanwhile.  Whatever the tracer chooses may be a stop.
 */
static NOINLINE int
ask_tracer(struct task *t, int signo, struct siginfo *info,
	   unsigned long *irq) NO_LOCK_ANALYSIS
{
	struct process *p = t->process;

	p->stop_taken = true;
	spin_unlock_irq(&p->signal_lock, *irq);
	signo = ptrace_signal(t, signo, info);
	*irq = spin_lock_irq(&p->signal_lock);
	return signo;
}

/*
 * Take the next signal off the queues with the action it has at that moment.
 * 0 = nothing deliverable, -1 = nothing this time.
 */
static int
take_signal(struct task *t, struct siginfo *info, struct signal_action *a)
{
	struct process *p = t->process;
	unsigned long irq = spin_lock_irq(&p->signal_lock);
	struct signal_action *slot;
	bool traced = false;
	int signo;

	/* What came while it was stopped: the tracer hears of that first. */
	if (unlikely(t->trace.pending)) {
		spin_unlock_irq(&p->signal_lock, irq);
		return -1;
	}
	signo = signal_dequeue_locked(t, t->blocked, info);
	if (unlikely(signo && t->trace.tracer) && signo != SIGKILL) {
		traced = true;
		signo = ask_tracer(t, signo, info, &irq);
	}
	if (signo) {
		spin_lock(&t->handlers->lock);
		slot = &t->handlers->action[signo - 1];
		*a = *slot;
		if ((a->flags & SA_RESETHAND) &&
		    a->handler != (uintptr_t)SIG_IGN)
			slot->handler = (uintptr_t)SIG_DFL;
		spin_unlock(&t->handlers->lock);
		if (signal_default_of(signo) == SIGNAL_STOP && !traced)
			p->stop_taken = true;
	}
	signal_recalculate_locked(t);
	spin_unlock_irq(&p->signal_lock, irq);
	return traced && !signo ? -1 : signo;
}

/* Dead or stopped processes come first, then what the tracer waits for. */
static void
obey_process_state(struct task *t, struct trap_frame *f)
{
	struct process *p = t->process;
	unsigned long irq = spin_lock_irq(&p->signal_lock);
	bool exiting = p->exiting && p->exec_task != t;
	bool stopped = p->stopped && !(t->at_rest && t->trace.tracer);
	bool trap;

	spin_unlock_irq(&p->signal_lock, irq);
	if (exiting)
		task_exit(0);
	if (stopped)
		rest_while_stopped(t);
	trap = __atomic_load_n(&t->trace.pending, __ATOMIC_RELAXED);
	if (unlikely(trap))
		ptrace_trap(t, f);
}

void
signal_deliver(struct trap_frame *f)
{
	struct task *t = current_task();
	struct signal_action action;
	struct siginfo info;
	int signo;

	for (;;) {
		obey_process_state(t, f);
		signo = take_signal(t, &info, &action);
		if (!signo && !signal_pending(t))
			break;
		if (signo <= 0)
			continue;
		if (signo == SIGKILL)
			die_of(SIGKILL);
		if (action.handler == (uintptr_t)SIG_IGN)
			continue;
		if (action.handler == (uintptr_t)SIG_DFL)
			take_default(t, signo);
		else
			enter_handler(t, f, &info, &action);
	}
	settle_restart(f, NULL);
	signal_clear_temporary_mask();
}

long
signal_return(struct trap_frame *f)
{
	struct task *t = current_task();
	stack_t alt;
	uint64_t mask;

	if (arch_sigframe_pop(f, &mask, &alt)) {
		signal_force(t, SIGSEGV, NULL);
		return 0;
	}
	/* As Linux: one that cannot be put back stays as it is. */
	(void)!signal_stack_set(&t->alt_stack, &alt, trap_sp(f));
	t->restart.fn = NULL;
	signal_set_blocked(mask);
	return trap_result(f);
}
