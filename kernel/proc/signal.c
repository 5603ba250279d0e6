/* SPDX-License-Identifier: MIT */
#include "proc/signal.h"

#include "proc/process_priv.h"
#include "proc/signalfd.h"

/*
 * proc/signal.c - sending signals and what is pending.
 *
 * A signal goes through four questions, under the receiver's signal_lock:
 *
 *	does it undo another?     SIGCONT discards stops, a stop discards
 *	                          SIGCONT; SIGCONT and SIGKILL end a stop
 *	is it ignored?            by handler or default, unless blocked: dropped
 *	is it there already?      standard signals are pending at most once
 *	who should take it?       its task, or any task of the process that does
 *	                          not block it: that one is interrupted
 *
 * A signal that will end the process ends it here and now: every task is told
 * to exit, so that none of them, asleep or stopped, can hold up the end.
 *
 * PID 1 is protected: a signal it has no handler for is dropped, as Linux
 * does, unless the kernel itself forces it (a fault).
 */

#define STOP_SIGNALS                                                       \
	(SIGNAL_BIT(SIGSTOP) | SIGNAL_BIT(SIGTSTP) | SIGNAL_BIT(SIGTTIN) | \
	 SIGNAL_BIT(SIGTTOU))

void
signal_discard_locked(struct process *p, uint64_t mask)
{
	struct task *t;

	signal_queue_flush(&p->shared_pending, mask);
	list_for_each (t, &p->tasks, process_link)
		signal_queue_flush(&t->pending, mask);
}

enum signal_default
signal_default_of(int signo)
{
	switch (signo) {
	case SIGCHLD:
	case SIGURG:
	case SIGWINCH:
		return SIGNAL_IGNORE;
	case SIGCONT:
		return SIGNAL_CONTINUE;
	case SIGSTOP:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
		return SIGNAL_STOP;
	case SIGQUIT:
	case SIGILL:
	case SIGTRAP:
	case SIGABRT:
	case SIGBUS:
	case SIGFPE:
	case SIGSEGV:
	case SIGXCPU:
	case SIGXFSZ:
	case SIGSYS:
		return SIGNAL_CORE;
	default:
		return SIGNAL_TERMINATE;
	}
}

bool
signal_disposition_ignores(struct task *t, int signo)
{
	uintptr_t handler = t->handlers->action[signo - 1].handler;

	if (handler == (uintptr_t)SIG_IGN)
		return signo != SIGKILL && signo != SIGSTOP;
	if (handler != (uintptr_t)SIG_DFL)
		return false;
	if (t->process->unkillable)
		return true;
	return signal_default_of(signo) == SIGNAL_IGNORE;
}

/*
 * Blocked signals are kept, whatever their disposition: it may change.  A
 * tracer hears even of ignored ones.
 */
static bool
is_ignored(struct task *t, int signo)
{
	if (t->trace.tracer && signo != SIGKILL)
		return false;
	return !((t->blocked | t->waiting_for) & SIGNAL_BIT(signo)) &&
	       signal_disposition_ignores(t, signo);
}

/* --- waking --- */

void
signal_recalculate_locked(struct task *t)
{
	struct process *p = t->process;
	uint64_t ready =
		(t->pending.mask | p->shared_pending.mask) & ~t->blocked;
	bool rests = p->stopped && !(t->at_rest && t->trace.tracer);
	bool wanted = ready || rests || t->trace.pending ||
		      (p->exiting && p->exec_task != t);

	atomic_store(&t->thread.interrupted, wanted);
}

void
signal_recalculate(struct task *t)
{
	struct process *p = t->process;
	unsigned long irq = spin_lock_irq(&p->signal_lock);

	signal_recalculate_locked(t);
	spin_unlock_irq(&p->signal_lock, irq);
}

bool
signal_pending(struct task *t)
{
	return atomic_load_explicit(&t->thread.interrupted,
				    memory_order_relaxed);
}

/*
 * Wake every task from whatever it sleeps in: the end or a continue cannot
 * wait.  Sleeps that are not interruptible look at their condition and go on;
 * for some, being killed is part of it.
 */
void
signal_wake_all_locked(struct process *p)
{
	struct task *t;

	list_for_each (t, &p->tasks, process_link) {
		thread_interrupt(&t->thread);
		thread_wake(&t->thread,
			    1u << THREAD_STOPPED | 1u << THREAD_SLEEP);
	}
}

void
signal_kill_all_locked(struct process *p)
{
	struct task *t;

	signal_wake_all_locked(p);
	list_for_each (t, &p->tasks, process_link)
		if (task_is_killed(t))
			ptrace_wake_killed_locked(t);
}

static bool
task_wants(const struct task *t, int signo)
{
	if (t->leaving || (t->blocked & SIGNAL_BIT(signo)))
		return false;
	if (signo == SIGKILL)
		return true;
	return t->trace.tracer ? !t->trace.stopped : !t->at_rest;
}

static struct task *
find_taker(struct process *p, int signo)
{
	struct task *t;

	list_for_each (t, &p->tasks, process_link)
		if (task_wants(t, signo))
			return t;
	return NULL;
}

void
signal_wake_taker_locked(struct process *p, int signo)
{
	struct task *t = find_taker(p, signo);

	if (t)
		thread_interrupt(&t->thread);
}

void
process_begin_exit_locked(struct process *p, int wait_status)
{
	/* An exec under way in another task loses to an exit. */
	if (p->exiting && !p->exec_task)
		return;
	p->exit_status = wait_status;
	p->exiting = true;
	p->exec_task = NULL;
	signal_kill_all_locked(p);
}

/* Nobody rests any more: who is asleep is woken. */
static void
end_stop(struct process *p)
{
	struct task *t;

	p->stopped = false;
	p->stopped_tasks = 0;
	list_for_each (t, &p->tasks, process_link) {
		t->at_rest = false;
		ptrace_trap_notify_locked(t);
	}
	signal_wake_all_locked(p);
}

/* SIGCONT and the stop signals undo each other; SIGCONT acts at once. */
static void
prepare_stop_and_continue(struct process *p, int signo)
{
	if (STOP_SIGNALS & SIGNAL_BIT(signo))
		signal_discard_locked(p, SIGNAL_BIT(SIGCONT));
	if (signo != SIGCONT && signo != SIGKILL)
		return;
	p->stop_taken = false;
	if (signo == SIGCONT)
		signal_discard_locked(p, STOP_SIGNALS);
	if (p->stopped)
		end_stop(p);
}

/* --- sending --- */

/* A task of p to ask about dispositions: they all share the handlers. */
static struct task *
representative(struct process *p)
{
	if (list_empty(&p->tasks))
		return NULL;
	return list_first(&p->tasks, struct task, process_link);
}

/* Will signo, taken by t, end the process whatever t does? */
static bool
is_fatal(struct task *t, int signo)
{
	if (signo == SIGKILL)
		return true;
	if (t->trace.tracer)
		return false;
	return t->handlers->action[signo - 1].handler == (uintptr_t)SIG_DFL &&
	       signal_default_of(signo) == SIGNAL_TERMINATE &&
	       !(t->waiting_for & SIGNAL_BIT(signo));
}

/* It is pending: tell whoever should take it. */
static void
announce_locked(struct process *p, struct task *only, int signo)
{
	struct task *taker = only ? only : find_taker(p, signo);

	signalfd_notify_locked(p);
	if (!taker || !task_wants(taker, signo))
		return;
	if (is_fatal(taker, signo))
		process_begin_exit_locked(p, signo);
	else
		thread_interrupt(&taker->thread);
}

bool
signal_send_entry_locked(struct process *p, struct task *only,
			 struct signal_entry *e)
{
	struct task *asked = only ? only : representative(p);
	int signo = e->info.si_signo;

	if (!asked || !asked->handlers)
		return false;
	prepare_stop_and_continue(p, signo);
	if (is_ignored(asked, signo))
		return false;
	signal_queue_entry(only ? &only->pending : &p->shared_pending, e);
	announce_locked(p, only, signo);
	return true;
}

static int
send_locked(struct process *p, struct task *only, int signo,
	    const struct siginfo *info, bool *continued)
{
	struct task *asked = only ? only : representative(p);
	int err;

	if (!asked || !asked->handlers)
		return 0; /* nobody left to act on it */
	if (signo == SIGCONT && p->stopped)
		*continued = true;
	prepare_stop_and_continue(p, signo);
	if (is_ignored(asked, signo))
		return 0;
	err = signal_queue_add(p, only ? &only->pending : &p->shared_pending,
			       signo, info);
	if (err)
		return err;
	announce_locked(p, only, signo);
	return 0;
}

/* The parent's wait() may want to hear of a continue. */
static void
report_continue_locked(struct process *p) REQUIRES(proc_tree_lock)
{
	if (p->state != PROCESS_ALIVE)
		return;
	p->wait_stopped = false;
	p->wait_continued = true;
	wait_notify_parent_locked(p, CLD_CONTINUED, SIGCONT);
}

static int
send(struct process *p, struct task *only, int signo,
     const struct siginfo *info)
{
	bool continued = false;
	unsigned long irq;
	int err;

	irq = spin_lock_irq(&p->signal_lock);
	err = send_locked(p, only, signo, info, &continued);
	spin_unlock_irq(&p->signal_lock, irq);
	if (continued) {
		irq = proc_tree_enter();
		report_continue_locked(p);
		proc_tree_leave(irq);
	}
	return err;
}

int
signal_send_process(struct process *p, int signo, const struct siginfo *info)
{
	return send(p, NULL, signo, info);
}

int
signal_send_task(struct task *t, int signo, const struct siginfo *info)
{
	return send(t->process, t, signo, info);
}

int
signal_send_one_from_tree(struct process *p, struct task *only, int signo,
			  const struct siginfo *info)
{
	bool continued = false;
	int err;

	spin_lock(&p->signal_lock);
	err = send_locked(p, only, signo, info, &continued);
	spin_unlock(&p->signal_lock);
	if (continued)
		report_continue_locked(p);
	return err;
}

int
signal_send_from_tree(struct process *p, int signo, const struct siginfo *info)
{
	return signal_send_one_from_tree(p, NULL, signo, info);
}

void
signal_force(struct task *t, int signo, const struct siginfo *info)
{
	struct process *p = t->process;
	struct signal_action *a = &t->handlers->action[signo - 1];
	unsigned long irq = spin_lock_irq(&p->signal_lock);

	spin_lock(&t->handlers->lock);
	if (a->handler == (uintptr_t)SIG_IGN ||
	    (t->blocked & SIGNAL_BIT(signo)))
		*a = (struct signal_action){ 0 };
	if (a->handler == (uintptr_t)SIG_DFL && !t->trace.tracer)
		p->unkillable = false;
	spin_unlock(&t->handlers->lock);
	t->blocked &= ~SIGNAL_BIT(signo);
	(void)signal_queue_add(p, &t->pending, signo, info);
	signalfd_notify_locked(p);
	thread_interrupt(&t->thread);
	spin_unlock_irq(&p->signal_lock, irq);
}
