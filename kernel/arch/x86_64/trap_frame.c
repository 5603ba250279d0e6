/* SPDX-License-Identifier: MIT */
#include "arch/trap.h"

#include <asm/processor-flags.h>

#include "arch/mmu.h"
#include "arch/x86_64/machine/segment.h"

/*
 * arch/x86_64/trap_frame.c - what a user register state may be.
 *
 * Pure, and host-tested, because the emulator does not enforce it: hardware
 * raises #GP in kernel mode for a return to a non-canonical address, TCG
 * faults politely in user mode, and takes IOPL 3 at its word.
 */

/* Flags a program may choose; the rest are the kernel's. */
#define USER_FLAGS                                                       \
	(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | \
	 X86_EFLAGS_SF | X86_EFLAGS_TF | X86_EFLAGS_DF | X86_EFLAGS_OF | \
	 X86_EFLAGS_RF | X86_EFLAGS_AC | X86_EFLAGS_ID)
#define FIXED_FLAGS (X86_EFLAGS_IF | X86_EFLAGS_FIXED)

/* SYSCALL is two bytes long. */
#define SYSCALL_SIZE 2

bool
trap_frame_sanitise(struct trap_frame *f)
{
	f->cs = SEL_USER_CODE;
	f->ss = SEL_USER_DATA;
	f->rflags = (f->rflags & USER_FLAGS) | FIXED_FLAGS;
	return f->rip < USER_TOP && f->rsp <= USER_TOP;
}

void
trap_frame_start_user(struct trap_frame *f, vaddr_t pc, vaddr_t sp)
{
	*f = (struct trap_frame){
		.orig_rax = f->orig_rax, /* an exec's end is still a call's */
		.rip = pc,
		.rsp = sp,
		.cs = SEL_USER_CODE,
		.ss = SEL_USER_DATA,
		.rflags = FIXED_FLAGS,
	};
}

void
trap_restart_syscall(struct trap_frame *f)
{
	trap_restart_syscall_as(f, (long)f->orig_rax);
}

void
trap_restart_syscall_as(struct trap_frame *f, long nr)
{
	f->rax = (uint64_t)nr;
	f->rip -= SYSCALL_SIZE;
	f->orig_rax = (uint64_t)-1;
}
