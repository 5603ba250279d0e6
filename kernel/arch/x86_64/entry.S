/* SPDX-License-Identifier: MIT */
#include <asm-generic/errno.h>

#include "arch/x86_64/machine/asm.h"
#include "arch/x86_64/machine/segment.h"

/*
 * arch/x86_64/entry.S - into the kernel and out again.
 *
 * Every way in builds a whole struct trap_frame.  From user mode it lies at the
 * top of the thread's kernel stack; from kernel mode below what was running;
 * on an interrupt stack for NMI, #DF, #MC and #DB.
 *
 * GS.  In kernel mode GS is the CPU's struct cpu_local, and SWAPGS changes
 * it only on the border.  Three places need more than "did CS say user?":
 *
 *  - The four exceptions with their own stack can hit between the border and
 *    its SWAPGS.  They may not even look at the GS base, for user mode can
 *    set it to anything (WRGSBASE); the word above each interrupt stack
 *    names the CPU instead (struct ist_stack in gdt.c).
 *  - IRETQ to user mode may fault after SWAPGS.  The fault then comes from
 *    kernel mode with the user's GS: trap_common compares the address.
 *  - An LFENCE after each conditional SWAPGS keeps the processor from running
 *    ahead with the wrong one (CVE-2019-1125).
 *
 * SYSRET.  On Intel a SYSRET to a non-canonical address faults in kernel mode on
 * the user's stack (CVE-2012-0217), and RCX and R11 are lost by design.  So it
 * is used only if the frame still is what SYSCALL left and its addresses are
 * in the user half; whatever else goes by IRETQ.
 *
 * SMAP.  AC is cleared by each way in: SYSCALL by its mask, the others by
 * CLAC.
 */

/* From RDI down, to the end of the frame. */
.macro PUSH_REGS rax=%rax
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	\rax
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
.endm

.macro POP_CALLEE_SAVED
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
.endm

.macro POP_REGS
	POP_CALLEE_SAVED
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rax
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
.endm

	.section .text.entry, "ax"

/* SYSCALL: RCX = return address, R11 = flags; flags masked by SFMASK. */
FUNCTION syscall_entry
	swapgs
	movq	%rsp, %gs:CPU_USER_SP
	movq	%gs:CPU_KERNEL_SP, %rsp
	pushq	$SEL_USER_DATA
	pushq	%gs:CPU_USER_SP
	pushq	%r11
	pushq	$SEL_USER_CODE
	pushq	%rcx
	pushq	%rax
	pushq	%rdi
	PUSH_REGS $-ENOSYS
	xorl	%ebp, %ebp
	movq	%rsp, %rdi
	sti
	call	upcall_syscall
	cli
	call	upcall_return_wanted
	testb	%al, %al
	jnz	return_work

	movq	FRAME_RCX(%rsp), %rcx
	movq	FRAME_R11(%rsp), %r11
	cmpq	FRAME_RIP(%rsp), %rcx
	jne	return_iret
	cmpq	FRAME_RFLAGS(%rsp), %r11
	jne	return_iret
	cmpq	$SEL_USER_CODE, FRAME_CS(%rsp)
	jne	return_iret
	cmpq	$SEL_USER_DATA, FRAME_SS(%rsp)
	jne	return_iret
	movq	FRAME_RSP(%rsp), %rdx
	orq	%rcx, %rdx
	shrq	$47, %rdx
	jnz	return_iret
	testl	$0x10100, %r11d			/* RF, TF */
	jnz	return_iret

	POP_CALLEE_SAVED
	addq	$8, %rsp			/* r11 is loaded */
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rax
	addq	$8, %rsp			/* rcx too */
	popq	%rdx
	popq	%rsi
	popq	%rdi
	movq	FRAME_RSP - FRAME_ORIG_RAX(%rsp), %rsp
	swapgs
	sysretq
END syscall_entry

/* The frame lies at RSP, interrupts are off. */
FUNCTION return_to_user
	call	upcall_return_wanted
	testb	%al, %al
	jz	return_iret
return_work:
	movq	%rsp, %rdi
	call	upcall_return_to_user
	jmp	return_to_user

return_iret:
	POP_REGS
	addq	$8, %rsp
	swapgs
	.globl	user_iretq
	.hidden	user_iretq
user_iretq:
	iretq
END return_to_user

/* First way out of a new user thread: its frame is at the top of its stack. */
FUNCTION trap_return_to_user
	cli
	movq	%gs:CPU_KERNEL_SP, %rsp
	subq	$FRAME_SIZE, %rsp
	xorl	%ebp, %ebp
	jmp	return_to_user
END trap_return_to_user

/*
 * Exceptions and interrupts.  A stub for each vector leaves the error code or
 * 0 above the saved RDI, and the vector in EDI.
 */
FUNCTION trap_common
	cld
	PATCH	PATCH_CLAC
	PUSH_REGS
	testb	$3, FRAME_CS(%rsp)
	jz	trap_from_kernel
	swapgs
	lfence
trap_from_user:
	xorl	%ebp, %ebp
	call	trap_call
	movq	%rax, %rsp
	jmp	return_to_user

trap_from_kernel:
	lfence
	leaq	user_iretq(%rip), %rax
	cmpq	%rax, FRAME_RIP(%rsp)
	je	trap_bad_iret
	call	trap_call
	POP_REGS
	addq	$8, %rsp
	iretq

/*
 * The way out itself faulted: the state of the program is split between this
 * frame (registers) and the five words IRETQ was to pop.  trap_refuse_iret()
 * puts it together again and blames the program.
 */
trap_bad_iret:
	swapgs
	lfence
	xorl	%ebp, %ebp
	movq	%rsp, %rdi
	call	trap_refuse_iret
	movq	%rax, %rsp
	jmp	return_to_user
END trap_common

/* EDI = vector: trap_dispatch(frame, vector, error), error slot set to -1. */
trap_call:
	movl	%edi, %esi
	leaq	8(%rsp), %rdi
	movq	FRAME_ORIG_RAX(%rdi), %rdx
	movq	$-1, FRAME_ORIG_RAX(%rdi)
	jmp	trap_dispatch

/*
 * Exceptions with their own stack.  Above the frame lies the address of this
 * CPU's struct cpu_local.
 */
FUNCTION paranoid_common
	cld
	PATCH	PATCH_CLAC
	PUSH_REGS
	testb	$3, FRAME_CS(%rsp)
	jnz	paranoid_from_user

	movl	%edi, %r12d
	movl	$0xc0000101, %ecx		/* MSR_GS_BASE */
	rdmsr
	movl	%eax, %r14d
	movl	%edx, %r15d
	movl	FRAME_SIZE(%rsp), %eax
	movl	FRAME_SIZE + 4(%rsp), %edx
	wrmsr
	movl	%r12d, %edi
	call	trap_call
	movl	%r14d, %eax
	movl	%r15d, %edx
	movl	$0xc0000101, %ecx
	wrmsr
	POP_REGS
	addq	$8, %rsp
	iretq

paranoid_from_user:
	swapgs
	lfence
	cmpl	$1, %edi			/* #DB goes to the thread's stack */
	je	1f
	xorl	%ebp, %ebp
	call	trap_call
	jmp	return_iret
1:
	movq	%rsp, %rsi
	movq	%gs:CPU_KERNEL_SP, %rdi
	subq	$FRAME_SIZE, %rdi
	movq	%rdi, %rsp
	movl	$FRAME_SIZE / 8, %ecx
	rep movsq
	movl	$1, %edi
	jmp	trap_from_user
END paranoid_common

/* The stubs, 16 bytes each, in order of vectors. */
#define HAS_ERROR(v) ((v) == 8 || ((v) >= 10 && (v) <= 14) || (v) == 17 || \
		      (v) == 21 || (v) == 29 || (v) == 30)
#define IS_PARANOID(v) ((v) == 1 || (v) == 2 || (v) == 8 || (v) == 18)

	.balign 16
	.globl	trap_stubs
	.hidden	trap_stubs
trap_stubs:
	.set	vector, 0
	.rept	256
	.balign	16
	.if	!(HAS_ERROR(vector))
	pushq	$0
	.endif
	pushq	%rdi
	movl	$vector, %edi
	.if	IS_PARANOID(vector)
	jmp	paranoid_common
	.else
	jmp	trap_common
	.endif
	.set	vector, vector + 1
	.endr
