/* SPDX-License-Identifier: MIT */
#include "arch/trap.h"

#include <linux/signal.h>

#include "arch/upcall.h"
#include "proc/process_priv.h"

/*
 * proc/trap.c - what a program's own traps become: page faults are resolved or
 * turned into SIGSEGV and SIGBUS, exceptions into their signals; and the work
 * on the way back to user mode.
 */

/* The signal and code for a failed vm_fault(). */
static void
fault_signal(int err, struct siginfo *info)
{
	switch (err) {
	case -EACCES:
		info->si_signo = SIGSEGV;
		info->si_code = SEGV_ACCERR;
		return;
	case -ENXIO:
	case -EIO:
	case -ENOSPC:
		info->si_signo = SIGBUS;
		info->si_code = BUS_ADRERR;
		return;
	default:
		info->si_signo = SIGSEGV;
		info->si_code = SEGV_MAPERR;
		return;
	}
}

/* Nothing left to give the program: it dies, as by Linux's OOM killer. */
static void
fault_out_of_memory(struct task *t, vaddr_t va)
{
	klog(KLOG_ERR, "proc: out of memory: killing %s (pid %d) at fault %#lx",
	     t->thread.name, t->process->pid, va);
	signal_force(t, SIGKILL, NULL);
}

/* error bits of the x86 page fault, as the signal frame shows them */
static uint64_t
fault_error_code(unsigned access)
{
	return (access & FAULT_PRESENT ? 1 : 0) |
	       (access & FAULT_WRITE ? 2 : 0) | 4 |
	       (access & FAULT_EXEC ? 16 : 0);
}

int
upcall_page_fault(vaddr_t va, unsigned access)
{
	struct task *t = current_task();
	struct siginfo info = { 0 };
	int err = -EFAULT;

	if (t->space && va < USER_TOP)
		err = vm_fault(t->space, va, access);
	if (!err)
		return 0;
	if (!(access & FAULT_USER))
		return -EFAULT;
	if (err == -ENOMEM) {
		fault_out_of_memory(t, va);
		return 0;
	}
	t->trap = (struct task_trap){ .trapno = 14,
				      .error = fault_error_code(access),
				      .address = va };
	fault_signal(err, &info);
	info.si_addr = (void *)va;
	signal_force(t, info.si_signo, &info);
	return 0;
}

void
upcall_user_exception(struct trap_frame *f, int signo, int code, vaddr_t addr,
		      unsigned trapno, unsigned error)
{
	struct task *t = current_task();
	struct siginfo info = { .si_signo = signo, .si_code = code };

	info.si_addr = (void *)addr;
	t->trap = (struct task_trap){ .trapno = trapno, .error = error };
	signal_force(t, signo, &info);
}

bool
upcall_return_wanted(void)
{
	return thread_attention(current_thread());
}

void
upcall_return_to_user(struct trap_frame *f)
{
	struct thread *t = current_thread();

	irq_enable();
	if (thread_should_resched(t))
		schedule();
	if (t->switched)
		rseq_resume(f);
	if (atomic_load_explicit(&t->interrupted, memory_order_relaxed))
		signal_deliver(f);
	irq_disable();
}
