/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/rseq.h - restartable sequences: short pieces of user code that begin
 * again if the thread was interrupted in them.
 *
 * A thread registers one struct rseq.  Whenever it comes back to user mode
 * after it had to leave the processor, the kernel writes there which CPU it is
 * on now, and if the thread was inside the piece of code rseq_cs describes, it
 * goes on at that piece's abort address.
 *
 * Context: the thread itself; touches user memory, so no locks held.
 * Source:  man 2 rseq (librseq), <linux/rseq.h>.
 */

#include "lib/types.h"

struct task;
struct trap_frame;

/* What a task has registered.  [o] the task itself */
struct task_rseq {
	uintptr_t area; /* of user memory; 0 = not registered */
	uint32_t size, signature;
	unsigned cpu; /* as last written there */
};

/* rseq(2): -EBUSY, -EFAULT, -EINVAL, -EPERM. */
long rseq_register(uintptr_t area, uint32_t size, uint32_t signature);
long rseq_unregister(uintptr_t area, uint32_t size, uint32_t signature);

/* The current thread was switched to since it last left for user mode. */
void rseq_resume(struct trap_frame *f);
/* It is about to enter a signal handler.  False: its area is bad. */
NODISCARD bool rseq_leave_section(struct trap_frame *f);

/* A new task: it has its parent's area only in a memory of its own. */
void rseq_clone(struct task *child, const struct task *parent, bool same_space);
/* A new program has registered nothing. */
void rseq_exec(struct task *t);
