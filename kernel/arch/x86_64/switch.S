/* SPDX-License-Identifier: MIT */
#include "arch/x86_64/machine/asm.h"

/*
 * arch/x86_64/switch.S - from one kernel stack to another.
 *
 * A thread that does not run is its stack pointer; at it lie the registers a
 * called function must preserve and the address to return to.  The stack
 * protector's value changes together with the stack, so that no function sees
 * one without the other.
 */

	.section .text, "ax"

/* void switch_stacks(uint64_t *prev_sp, uint64_t next_sp, uint64_t canary) */
FUNCTION switch_stacks
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, (%rdi)
	movq	%rsi, %rsp
	movq	%rdx, %gs:CPU_CANARY
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	ret
END switch_stacks

/* A new thread returns to here; R12 = entry, R13 = its argument. */
FUNCTION thread_begin
	xorl	%ebp, %ebp
	movq	%r13, %rdi
	pushq	$0
	call	*%r12
	ud2
END thread_begin
