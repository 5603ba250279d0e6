/* SPDX-License-Identifier: MIT */
#include "arch/x86_64/machine/asm.h"

/*
 * arch/x86_64/efi_call.S - calling firmware: Microsoft's calling convention, on
 * a stack of its own.
 *
 * uint64_t efi_enter(fn, args, stack_top, uintptr_t *recover)
 *
 * args: six words: RCX, RDX, R8, R9 and two on the stack, above 32 bytes the
 * callee may use.  *recover receives the stack pointer efi_abandon needs to
 * come back from the middle of the call.
 */

	.section .text, "ax"

FUNCTION efi_enter
	pushq	%rbp
	movq	%rsp, %rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	pushq	%rcx
	movq	%rsp, (%rcx)
	movq	%rdi, %rax
	movq	%rsi, %r10
	movq	%rdx, %rsp
	andq	$-16, %rsp
	pushq	40(%r10)
	pushq	32(%r10)
	subq	$32, %rsp
	movq	(%r10), %rcx
	movq	8(%r10), %rdx
	movq	16(%r10), %r8
	movq	24(%r10), %r9
	call	*%rax
	leaq	-48(%rbp), %rsp
.Lefi_return:
	popq	%rcx
	movq	$0, (%rcx)
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	cld
	ret
END efi_enter

/* A fault goes on here, with RSP as *recover says: EFI_ABORTED. */
FUNCTION efi_abandon
	movabsq	$0x8000000000000015, %rax
	jmp	.Lefi_return
END efi_abandon
