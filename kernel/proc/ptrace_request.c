/* SPDX-License-Identifier: MIT */
#include <linux/elf.h>

#include "arch/ptrace.h"
#include "proc/pid.h"
#include "proc/process_priv.h"
#include "proc/ptrace.h"

/*
 * proc/ptrace_request.c - what a tracer does to its tracees: freeze one, look
 * and change, let it go on.  See proc/ptrace.c for the protocol.
 */

/* Not SUSPEND_SECCOMP and TRACESECCOMP: nothing here filters system calls. */
#define OPTIONS_KNOWN                                                         \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |   \
	 PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEVFORKDONE | \
	 PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL)

struct trap_frame *
ptrace_frame(struct task *t)
{
	return trap_frame_at((char *)t->thread.stack + KERNEL_STACK_SIZE);
}

/* --- freezing --- */

int
ptrace_find(pid_t tid, struct task **out)
{
	unsigned long irq = proc_tree_enter();
	struct pid *id = pid_find(tid);
	struct task *t = id ? id->task : NULL;
	int err = -ESRCH;

	if (t && t->trace.tracer == current_task()) {
		task_get(t);
		*out = t;
		err = 0;
	}
	proc_tree_leave(irq);
	return err;
}

int
ptrace_begin(pid_t tid, struct task **out)
{
	struct tracee *tr;
	unsigned long irq;
	bool ready;
	int err = ptrace_find(tid, out);

	if (err)
		return err;
	tr = &(*out)->trace;
	irq = spin_lock_irq(&(*out)->process->signal_lock);
	ready = tr->stopped && !tr->listening && tr->tracer == current_task();
	if (ready)
		tr->frozen = true;
	spin_unlock_irq(&(*out)->process->signal_lock, irq);
	if (!ready) {
		task_put(*out);
		return -ESRCH;
	}
	thread_wait_off_cpu(&(*out)->thread);
	return 0;
}

void
ptrace_end(struct task *t)
{
	struct tracee *tr = &t->trace;
	unsigned long irq = spin_lock_irq(&t->process->signal_lock);

	tr->frozen = false;
	if (tr->killed)
		ptrace_wake_killed_locked(t);
	else if (tr->listening && (tr->pending & PTRACE_TRAP_NOTIFY))
		ptrace_trap_notify_locked(t);
	spin_unlock_irq(&t->process->signal_lock, irq);
	task_put(t);
}

void
ptrace_resume(struct task *t, unsigned how, int signal)
{
	struct tracee *tr = &t->trace;
	unsigned long irq;

	if (how & PTRACE_GO_STEP)
		arch_step_begin(&t->thread.arch, ptrace_frame(t));
	else
		arch_step_end(&t->thread.arch, ptrace_frame(t));
	irq = spin_lock_irq(&t->process->signal_lock);
	t->syscall_work =
		(uint8_t)((t->syscall_work & ~(unsigned)SYSCALL_WORK_PTRACE) |
			  how);
	/* It took the fast path into the call: make it look at its end. */
	if (tr->in_event && !tr->in_work &&
	    (how & (PTRACE_GO_SYSCALL | PTRACE_GO_STEP)))
		tr->pending |= PTRACE_TRAP_LEAVE;
	tr->signal = signal;
	tr->frozen = tr->stopped = false;
	thread_wake(&t->thread, 1u << THREAD_TRACED);
	spin_unlock_irq(&t->process->signal_lock, irq);
	task_put(t);
}

/* --- interrupt, listen --- */

/* In any state; -EIO: not seized. */
int
ptrace_interrupt(struct task *t)
{
	struct tracee *tr = &t->trace;
	unsigned long irq = spin_lock_irq(&t->process->signal_lock);
	int err = -EIO;

	if (tr->seized) {
		tr->pending |= PTRACE_TRAP_STOP;
		if (tr->listening) {
			tr->listening = tr->stopped = false;
			thread_wake(&t->thread, 1u << THREAD_TRACED);
		}
		thread_interrupt(&t->thread);
		err = 0;
	}
	spin_unlock_irq(&t->process->signal_lock, irq);
	return err;
}

int
ptrace_listen(struct task *t)
{
	struct tracee *tr = &t->trace;
	unsigned long irq = spin_lock_irq(&t->process->signal_lock);
	int err = -EIO;

	if (tr->seized && tr->info &&
	    tr->info->si_code >> 8 == PTRACE_EVENT_STOP) {
		tr->listening = true;
		err = 0;
	}
	spin_unlock_irq(&t->process->signal_lock, irq);
	return err;
}

/* --- options, siginfo, masks --- */

int
ptrace_options_valid(uintptr_t options)
{
	return options & ~(uintptr_t)OPTIONS_KNOWN ? -EINVAL : 0;
}

int
ptrace_set_options(struct task *t, uintptr_t options)
{
	int err = ptrace_options_valid(options);

	if (!err)
		__atomic_store_n(&t->trace.options, (unsigned)options,
				 __ATOMIC_RELAXED);
	return err;
}

int
ptrace_get_siginfo(struct task *t, struct siginfo *out)
{
	if (!t->trace.info)
		return -EINVAL;
	*out = *t->trace.info;
	return 0;
}

int
ptrace_set_siginfo(struct task *t, const struct siginfo *in)
{
	if (!t->trace.info)
		return -EINVAL;
	*t->trace.info = *in;
	return 0;
}

void
ptrace_set_sigmask(struct task *t, uint64_t mask)
{
	struct process *p = t->process;
	unsigned long irq = spin_lock_irq(&p->signal_lock);

	t->blocked = mask & ~(SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP));
	signal_recalculate_locked(t);
	spin_unlock_irq(&p->signal_lock, irq);
}

int
ptrace_peek_siginfo(struct task *t, bool shared, uint64_t index,
		    struct siginfo *out)
{
	struct process *p = t->process;
	unsigned long irq = spin_lock_irq(&p->signal_lock);
	bool found = signal_queue_peek(
		shared ? &p->shared_pending : &t->pending, index, out);

	spin_unlock_irq(&p->signal_lock, irq);
	return found ? 0 : -ENOENT;
}

/* --- the call it is in --- */

static bool
in_syscall_stop(const struct tracee *tr)
{
	return tr->info && tr->info->si_code == (SIGTRAP | 0x80);
}

size_t
ptrace_syscall_info(struct task *t, struct ptrace_syscall_info *out)
{
	const struct tracee *tr = &t->trace;
	struct trap_frame *f = ptrace_frame(t);
	long result = trap_result(f);

	*out = (struct ptrace_syscall_info){ .op = PTRACE_SYSCALL_INFO_NONE,
					     .arch = arch_audit(),
					     .instruction_pointer = trap_pc(f),
					     .stack_pointer = trap_sp(f) };
	if (!in_syscall_stop(tr))
		return offsetof(struct ptrace_syscall_info, entry);
	if (tr->message == PTRACE_EVENTMSG_SYSCALL_ENTRY) {
		out->op = PTRACE_SYSCALL_INFO_ENTRY;
		out->entry.nr = (uint64_t)trap_syscall_nr(f);
		for (int i = 0; i < 6; i++)
			out->entry.args[i] = trap_syscall_arg(f, i);
		return offsetof(struct ptrace_syscall_info, entry) +
		       sizeof(out->entry);
	}
	out->op = PTRACE_SYSCALL_INFO_EXIT;
	out->exit.rval = result;
	out->exit.is_error = result < 0 && result >= -4095;
	return offsetof(struct ptrace_syscall_info, exit.is_error) + 1;
}
