/* SPDX-License-Identifier: MIT */
#include "arch/x86_64/machine/asm.h"

/*
 * arch/x86_64/head.S - the kernel's first instructions.
 *
 * On entry (umbra/boot.h): RDI = struct boot_info, physical; interrupts off;
 * the loader's page tables map the image with its own permissions and the
 * loader's memory one to one.  Everything else in the processor is as the
 * firmware left it, so nothing is relied upon: own stack, own GS base, flags
 * cleared, then C.
 *
 * The per-CPU variables are copied before any of them changes: the copy is the
 * template from which the other processors' are made.
 */

	.section .text.head, "ax"
FUNCTION _start
	cli
	cld
	leaq	boot_stack_top(%rip), %rsp
	pushq	$2
	popfq
	movq	%rdi, %rbx

	leaq	percpu_start(%rip), %rsi
	leaq	percpu_template(%rip), %rdi
	leaq	percpu_end(%rip), %rcx
	subq	%rsi, %rcx
	shrq	$3, %rcx
	rep movsq

	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	leaq	cpu_local(%rip), %rax
	movq	%rax, %rdx
	shrq	$32, %rdx
	movl	$0xc0000101, %ecx		/* MSR_GS_BASE */
	wrmsr

	movq	%rbx, %rdi
	xorl	%ebp, %ebp
	call	x86_start
	ud2
END _start

/* The page below the stack is left unmapped by mmu_image.c. */
	.section .bss.page_aligned, "aw", @nobits
	.balign 4096
	.globl boot_stack_guard, boot_stack, boot_stack_top
	.hidden boot_stack_guard, boot_stack, boot_stack_top
boot_stack_guard:
	.skip 4096
boot_stack:
	.skip 16384
boot_stack_top:
