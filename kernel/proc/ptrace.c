/* SPDX-License-Identifier: MIT */
#include "proc/ptrace.h"

#include <linux/capability.h>

#include "arch/ptrace.h"
#include "arch/trap.h"
#include "proc/process_priv.h"

/*
 * proc/ptrace.c - the tracee's side: how it stops and goes on.
 *
 * A tracee stops itself, always in ptrace_stop(), always with its user state in
 * the trap frame at the top of its kernel stack:
 *
 *	a signal is to be delivered       signal_deliver()
 *	a trap is pending                 signal_deliver(): attach, interrupt,
 *	                                  group stop, end of a call
 *	a system call begins or ends      syscall/table.c, the slow path
 *	clone, exec, exit happened        where they happen (PTRACE_EVENT_*)
 *
 * Who owns it when.
 *
 *	        stop                 begin              resume, detach
 *	running ----> stopped (told) ----> frozen ----> running
 *	   ^             |  ^                |
 *	   |    SIGKILL  |  `----------------'
 *	   `-------------'        end
 *
 * "stopped" is set under both locks, in the same breath as the thread's state,
 * and the tracer is told before the locks are dropped: no stop is seen before
 * it is one, and none is lost.  While stopped, everything of the task that is
 * marked [o] stays as it is, but only a frozen one may be touched: for that the
 * tracer checks under S that it is stopped and its own, sets "frozen", and
 * waits until it is off its processor (thread_wait_off_cpu()), where its
 * registers have been saved.  Whoever wants it to die meanwhile leaves "killed"
 * behind, and the end of the request wakes it.  A tracee leaves its sleep only
 * when "stopped" is false, and that is written under S by: its tracer, death,
 * and what ends PTRACE_LISTEN.
 *
 * Group stops.  A traced task takes part in a group stop by stopping here; it
 * is counted as at rest, and remains so when its tracer lets it go on inside
 * the stop.  Only an untraced one rests in signal_deliver.c.  SIGCONT does not
 * end ptrace stops; a seized tracee tells of it by another stop.
 *
 * Death.  SIGKILL and exit_group end every stop, but not that of
 * PTRACE_EVENT_EXIT, which comes after them: the tracer alone, or its own
 * death, ends that.
 * A dead tracee other than the leader keeps its number until its tracer has
 * waited; a process is a zombie to its parent when no such task is left and,
 * if another than the parent traces the leader, that tracer has waited too.  A
 * tracer that dies lets go of all its tracees, or kills them
 * (PTRACE_O_EXITKILL).
 *
 * A task that nobody traces pays one test in each place.
 */

struct ptrace_stop {
	int code; /* as wait4 shows it in bits 8 and up */
	int why;  /* CLD_* for the tracer's SIGCHLD */
	struct siginfo *info;
	uint64_t message;
	bool in_event;
	bool dying; /* death is the reason and does not end it */
};

/* Take part in a group stop, if there is one and it has not yet. */
static void
join_group_stop(struct task *t)
{
	struct process *p = t->process;

	if (!p->stopped || t->at_rest)
		return;
	t->at_rest = true;
	p->stopped_tasks++;
}

static void
set_stopped(struct task *t, const struct ptrace_stop *s)
{
	struct tracee *tr = &t->trace;

	tr->stopped = true;
	tr->killed = false;
	tr->report = s->code << 8 | 0x7f;
	tr->signal = 0;
	tr->info = s->info;
	tr->message = s->message;
	tr->in_event = s->in_event;
	tr->pending &= ~(unsigned)PTRACE_TRAP_STOP;
	if (s->code >> 8 == PTRACE_EVENT_STOP)
		tr->pending &= ~(unsigned)PTRACE_TRAP_NOTIFY;
	if (s->why == CLD_STOPPED)
		join_group_stop(t);
	thread_sleep_begin(THREAD_TRACED);
}

/* Sleep until the stop is over; what the tracer gave. */
static int
rest(struct task *t)
{
	struct process *p = t->process;
	struct tracee *tr = &t->trace;
	bool look_again;
	unsigned long irq;
	int signal;

	(void)thread_sleep(NEVER);
	irq = spin_lock_irq(&p->signal_lock);
	while (tr->stopped) {
		thread_sleep_begin(THREAD_TRACED);
		spin_unlock_irq(&p->signal_lock, irq);
		(void)thread_sleep(NEVER);
		irq = spin_lock_irq(&p->signal_lock);
	}
	signal = tr->signal;
	tr->signal = 0;
	tr->report = 0;
	tr->info = NULL;
	tr->message = 0;
	/* A call that was interrupted is still to be settled on the way out. */
	look_again = atomic_load(&t->thread.interrupted);
	signal_recalculate_locked(t);
	if (look_again)
		signal_look_again();
	spin_unlock_irq(&p->signal_lock, irq);
	return signal;
}

/*
 * Stop.  The signal to go on with; if there is no tracer any more, or t is to
 * die, it does not stop and the result is `otherwise`.
 */
static int
ptrace_stop(struct task *t, const struct ptrace_stop *s, int otherwise)
{
	struct process *p = t->process;
	unsigned long irq = proc_tree_enter();

	spin_lock(&p->signal_lock);
	if (!t->trace.tracer || (task_is_killed(t) && !s->dying)) {
		spin_unlock(&p->signal_lock);
		proc_tree_leave(irq);
		return otherwise;
	}
	set_stopped(t, s);
	spin_unlock(&p->signal_lock);
	(void)ptrace_notify_locked(t, s->why, s->code & 0x7f);
	/* A parent that traces by itself has been told just now. */
	if (s->why == CLD_STOPPED && t->trace.tracer->process != p->parent)
		wait_report_stop_locked(p);
	proc_tree_leave(irq);
	return rest(t);
}

/* A stop with a siginfo of our own making. */
static int
stop_with_code(struct task *t, struct ptrace_stop *s)
{
	struct siginfo info = { .si_signo = SIGTRAP, .si_code = s->code };
	int signo;

	info.si_pid = t->tid;
	info.si_uid = t->cred->user.real;
	s->info = &info;
	signo = ptrace_stop(t, s, 0);
	s->info = NULL;
	return signo;
}

/* --- signals --- */

/* What the tracer puts in the place of a signal comes from it. */
static void
replace_info(struct task *t, int signo, struct siginfo *info)
{
	unsigned long irq = proc_tree_enter();
	const struct task *tracer = t->trace.tracer;

	*info = (struct siginfo){ .si_signo = signo, .si_code = SI_USER };
	if (tracer) {
		info->si_pid = tracer->process->pid;
		info->si_uid = tracer->cred->user.real;
	}
	proc_tree_leave(irq);
}

/* A signal that is blocked by now waits. */
static bool
requeue_if_blocked(struct task *t, int signo, const struct siginfo *info)
{
	struct process *p = t->process;
	unsigned long irq = spin_lock_irq(&p->signal_lock);
	bool requeue = (t->blocked & SIGNAL_BIT(signo)) || task_is_killed(t);

	if (requeue)
		(void)signal_queue_add(p, &t->pending, signo, info);
	spin_unlock_irq(&p->signal_lock, irq);
	return requeue;
}

int
ptrace_signal(struct task *t, int signo, struct siginfo *info)
{
	struct ptrace_stop s = { .code = signo,
				 .why = CLD_TRAPPED,
				 .info = info };
	int given = ptrace_stop(t, &s, signo);

	if (!given)
		return 0;
	if (given != info->si_signo)
		replace_info(t, given, info);
	return requeue_if_blocked(t, given, info) ? 0 : given;
}

void
ptrace_handler_entered(struct task *t)
{
	struct ptrace_stop s = { .code = SIGTRAP, .why = CLD_TRAPPED };

	(void)stop_with_code(t, &s);
}

/* --- traps --- */

/*
 * The stop of a group stop or of an interruption.  One who was attached to, not
 * seized, shows it as the bare signal, without a siginfo.
 */
static void
trap_stop(struct task *t)
{
	struct ptrace_stop s = { .why = CLD_STOPPED };
	struct process *p = t->process;
	unsigned long irq = spin_lock_irq(&p->signal_lock);
	bool seized = t->trace.seized;
	int signo = p->stopped ? p->stop_signal : 0;

	t->trace.pending &= ~(unsigned)PTRACE_TRAP_STOP;
	spin_unlock_irq(&p->signal_lock, irq);
	if (seized) {
		s.code = (signo ? signo : SIGTRAP) | PTRACE_EVENT_STOP << 8;
		(void)stop_with_code(t, &s);
	} else if (signo) {
		s.code = signo;
		(void)ptrace_stop(t, &s, 0);
	}
}

void
ptrace_trap(struct task *t, struct trap_frame *f)
{
	struct process *p = t->process;
	unsigned long irq = spin_lock_irq(&p->signal_lock);
	unsigned pending = t->trace.pending;

	t->trace.pending &= ~(unsigned)PTRACE_TRAP_LEAVE;
	spin_unlock_irq(&p->signal_lock, irq);
	if (pending & PTRACE_TRAP_LEAVE)
		ptrace_syscall_leave(t, f);
	else
		trap_stop(t);
}

void
ptrace_trap_notify_locked(struct task *t)
{
	struct tracee *tr = &t->trace;

	if (!tr->tracer || !tr->seized)
		return;
	tr->pending |= PTRACE_TRAP_NOTIFY;
	if (tr->listening) {
		tr->listening = tr->stopped = false;
		thread_wake(&t->thread, 1u << THREAD_TRACED);
	}
	thread_interrupt(&t->thread);
}

void
ptrace_wake_killed_locked(struct task *t)
{
	struct tracee *tr = &t->trace;

	if (!tr->stopped)
		return;
	tr->killed = true;
	if (tr->frozen)
		return;
	tr->stopped = tr->listening = false;
	thread_wake(&t->thread, 1u << THREAD_TRACED);
}

/* --- system calls --- */

/* A signal the tracer gives here is sent, not delivered. */
static void
syscall_stop(struct task *t, uint64_t message)
{
	unsigned options = __atomic_load_n(&t->trace.options, __ATOMIC_RELAXED);
	struct ptrace_stop s = { .why = CLD_TRAPPED, .message = message };
	int signo;

	s.code = SIGTRAP | (options & PTRACE_O_TRACESYSGOOD ? 0x80 : 0);
	signo = stop_with_code(t, &s);
	if (signo)
		(void)signal_send_task(t, signo, NULL);
}

bool
ptrace_syscall_enter(struct task *t, struct trap_frame *f)
{
	unsigned work = t->syscall_work;

	if (!(work & (SYSCALL_WORK_TRACE | SYSCALL_WORK_EMULATE)))
		return true;
	syscall_stop(t, PTRACE_EVENTMSG_SYSCALL_ENTRY);
	if ((work & SYSCALL_WORK_EMULATE) || task_is_killed(t))
		return false;
	return (int)trap_syscall_nr(f) != -1;
}

void
ptrace_syscall_leave(struct task *t, struct trap_frame *f)
{
	struct siginfo info = { .si_signo = SIGTRAP, .si_code = TRAP_BRKPT };

	if (t->syscall_work & SYSCALL_WORK_STEP) {
		info.si_addr = (void *)trap_pc(f);
		signal_force(t, SIGTRAP, &info);
	} else if (t->syscall_work & SYSCALL_WORK_TRACE) {
		syscall_stop(t, PTRACE_EVENTMSG_SYSCALL_EXIT);
	}
}

/* --- events --- */

bool
ptrace_event_wanted(const struct task *t, unsigned event)
{
	return t->trace.tracer &&
	       (__atomic_load_n(&t->trace.options, __ATOMIC_RELAXED) >> event &
		1);
}

void
ptrace_event(struct task *t, unsigned event, uint64_t message)
{
	struct ptrace_stop s = { .code = (int)(SIGTRAP | event << 8),
				 .why = CLD_TRAPPED,
				 .message = message,
				 .in_event = true };

	if (likely(!t->trace.tracer) || !ptrace_event_wanted(t, event))
		return;
	(void)stop_with_code(t, &s);
}

void
ptrace_report_exit(struct task *t, int wait_status)
{
	struct ptrace_stop s = { .code = SIGTRAP | PTRACE_EVENT_EXIT << 8,
				 .why = CLD_TRAPPED,
				 .message = (uint64_t)wait_status,
				 .dying = true };

	t->trace.exit_status = wait_status;
	if (unlikely(t->trace.tracer) &&
	    ptrace_event_wanted(t, PTRACE_EVENT_EXIT))
		(void)stop_with_code(t, &s);
}

/* Without the event it is a signal, unless the tracer is a modern one. */
void
ptrace_report_exec(struct task *t, pid_t old_tid)
{
	struct siginfo info = { .si_signo = SIGTRAP, .si_code = SI_USER };

	if (likely(!t->trace.tracer))
		return;
	info.si_pid = t->tid;
	info.si_uid = t->cred->user.real;
	if (ptrace_event_wanted(t, PTRACE_EVENT_EXEC))
		ptrace_event(t, PTRACE_EVENT_EXEC, (uint64_t)old_tid);
	else if (!t->trace.seized)
		(void)signal_send_task(t, SIGTRAP, &info);
}

bool
ptrace_forbids_privileges(const struct task *t)
{
	unsigned long irq;
	bool forbids;

	if (likely(!t->trace.tracer))
		return false;
	irq = proc_tree_enter();
	forbids = t->trace.tracer && !t->trace.capable;
	proc_tree_leave(irq);
	return forbids;
}
