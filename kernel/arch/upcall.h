/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/upcall.h - what the machine code calls in the kernel.
 *
 * Each is defined once, in the layer named.  All but upcall_syscall() and the
 * fault are called with interrupts off.
 */

#include "lib/types.h"

struct trap_frame;

/* syscall/: one system call, interrupts on. */
void upcall_syscall(struct trap_frame *f);

enum fault_access {
	FAULT_READ = 0,
	FAULT_WRITE = 1 << 0,
	FAULT_EXEC = 1 << 1,
	FAULT_USER = 1 << 2,    /* user mode, not a usercopy */
	FAULT_PRESENT = 1 << 3, /* protection, not absence */
};

/*
 * proc/: page fault on a user address, by a program or inside usercopy;
 * interrupts on.  For FAULT_USER it always returns 0, with a signal pending
 * if need be; otherwise -EFAULT makes usercopy fail.
 */
int upcall_page_fault(vaddr_t va, unsigned access);

/* proc/: a program caused exception signo (SIGFPE...), code as si_code. */
void upcall_user_exception(struct trap_frame *f, int signo, int code,
			   vaddr_t addr, unsigned trapno, unsigned error);

/*
 * proc/: about to go back to user mode, interrupts off: is there anything to
 * do first?  If so upcall_return_to_user() delivers signals and switches
 * threads, and the question is asked again.  By then f->orig_rax is a system
 * call's number only if one was made, and -1 after any other trap.
 */
bool upcall_return_wanted(void);
void upcall_return_to_user(struct trap_frame *f);

/* core/timer.c: the event timer of this CPU fired. */
void upcall_timer(void);

/* sched/: another CPU asked this one to look at its run queue. */
void upcall_reschedule(void);

/* init/: a secondary processor is ready, on its boot stack; never returns. */
NORETURN void upcall_secondary_start(void);

/* init/: the boot processor has C, its own GDT/IDT and a console. */
NORETURN void kernel_main(paddr_t boot_info);
