/* SPDX-License-Identifier: MIT */
#include "proc/strace.h"

#include "proc/process.h"

/*
 * proc/strace.c - switching the trace of a process on and off.
 *
 * The dispatcher looks at a word of each task (task.syscall_work), so that
 * system calls of others cost nothing more.
 */

void
strace_set(struct process *p, unsigned bits)
{
	unsigned long irq = spin_lock_irq(&p->signal_lock);
	struct task *t;

	atomic_store(&p->marks.strace, bits);
	list_for_each (t, &p->tasks, process_link) {
		t->syscall_work &= (uint8_t)~SYSCALL_WORK_LOG;
		if (bits & STRACE_ON)
			t->syscall_work |= SYSCALL_WORK_LOG;
	}
	spin_unlock_irq(&p->signal_lock, irq);
}
