/* SPDX-License-Identifier: MIT */
#include "arch/x86_64/trampoline.h"

/*
 * arch/x86_64/trampoline.S - from real mode to the kernel.
 *
 * A started processor begins in real mode at the first byte of a page below
 * 1 MiB (CS = page >> 4, IP = 0).  It goes to protected mode, then to long
 * mode on a page table that has this page and the kernel half, then jumps to
 * the kernel's address.  Every address it needs was put into the data part by
 * smp.c; EBX holds the page's.
 */

	.section .rodata.trampoline, "a"
	.globl	trampoline_start, trampoline_end
	.hidden	trampoline_start, trampoline_end
	.balign	16
trampoline_start:
	.code16
	cli
	cld
	movw	%cs, %ax
	movw	%ax, %ds
	movzwl	%ax, %ebx
	shll	$4, %ebx
	lgdtl	TRAMPOLINE_DATA + TD_GDT_POINTER
	movl	%cr0, %eax
	orl	$1, %eax
	movl	%eax, %cr0
	ljmpl	*(TRAMPOLINE_DATA + TD_JUMP32)

	.org	trampoline_start + TRAMPOLINE_32
	.code32
	movl	$TRAMPOLINE_DATA32, %eax
	movl	%eax, %ds
	movl	%eax, %ss
	movl	TRAMPOLINE_DATA + TD_CR4(%ebx), %eax
	movl	%eax, %cr4
	movl	TRAMPOLINE_DATA + TD_CR3(%ebx), %eax
	movl	%eax, %cr3
	movl	$0xc0000080, %ecx		/* EFER: LME, NXE */
	movl	$0x900, %eax
	xorl	%edx, %edx
	wrmsr
	movl	$0x80010033, %eax		/* PG WP NE ET MP PE */
	movl	%eax, %cr0
	ljmpl	*TRAMPOLINE_DATA + TD_JUMP64(%ebx)

	.org	trampoline_start + TRAMPOLINE_64
	.code64
	movl	%ebx, %ebx
	movq	TRAMPOLINE_DATA + TD_STACK(%rbx), %rsp
	movq	TRAMPOLINE_DATA + TD_GS_BASE(%rbx), %rax
	movq	%rax, %rdx
	shrq	$32, %rdx
	movl	$0xc0000101, %ecx		/* MSR_GS_BASE */
	wrmsr
	xorl	%eax, %eax
	movl	%eax, %fs
	xorl	%ebp, %ebp
	pushq	$0
	jmpq	*TRAMPOLINE_DATA + TD_ENTRY(%rbx)

	.org	trampoline_start + TRAMPOLINE_DATA
trampoline_end:
