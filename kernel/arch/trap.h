/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/trap.h - the registers of an interrupted context, and what may be done
 * to those of a user context.
 *
 * Owns: struct trap_frame (machine/trap_frame.h), laid out as Linux's pt_regs.
 * Every register state that comes from user space goes through
 * trap_frame_sanitise() before the processor sees it.
 */

#include "lib/types.h"

#include "arch/x86_64/machine/trap_frame.h"

/*
 * The machine header gives struct trap_frame and, inline:
 *	bool trap_from_user(f);             did it come from user mode?
 *	vaddr_t trap_pc(f), trap_sp(f);
 *	long trap_syscall_nr(f);            -1: not a system call (any more)
 *	uint64_t trap_syscall_arg(f, n);    n = 0 .. 5
 *	long trap_result(f); void trap_set_result(f, value);
 */

/* The user state of a thread lies at the top of its kernel stack. */
static inline struct trap_frame *
trap_frame_at(void *stack_top)
{
	return (struct trap_frame *)stack_top - 1;
}

/* That of the current thread. */
struct trap_frame *trap_current_frame(void);

/*
 * Make the frame start a program at pc with its stack at sp, all else 0 but for
 * the number of the call it is in.
 */
void trap_frame_start_user(struct trap_frame *f, vaddr_t pc, vaddr_t sp);

/*
 * Force selectors, flags and addresses to what user mode may have.
 * Returns false if the state cannot be run at all (pc or sp not canonical
 * user addresses): the caller kills the program.
 */
NODISCARD bool trap_frame_sanitise(struct trap_frame *f);

/*
 * Make the system call of this frame start again when the program resumes
 * (restart), or with another number (restart_syscall(2)).
 */
void trap_restart_syscall(struct trap_frame *f);
void trap_restart_syscall_as(struct trap_frame *f, long nr);

/*
 * Go to user mode with the current frame, through the usual way out (signals
 * first); used once by each new user thread.
 */
NORETURN void trap_return_to_user(void);
