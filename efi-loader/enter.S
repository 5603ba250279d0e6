/* SPDX-License-Identifier: MIT */

/*
 * enter.S - the last instructions of the loader.
 *
 *	enter(rcx root, rdx entry, r8 stack_top, r9 info)
 *
 * It lies in a page of its own, so that the new tables need to map nothing
 * else of this image, and that one as the firmware did: not writable.
 *
 * Global pages go first, or firmware's translations would outlive its tables;
 * shadow stacks too, which could not follow to the new stack.  Write protect
 * comes on with the tables it is to guard.
 */

#define CR4_PGE   (1 << 7)
#define CR4_PCIDE (1 << 17)
#define CR4_CET   (1 << 23)
#define CR0_WP    (1 << 16)

	.section .text$enter, "xr"
	.p2align 12
	.globl	enter
enter:
	cli
	cld
	mov	%cr4, %rax
	and	$~(CR4_PGE | CR4_PCIDE | CR4_CET), %rax
	mov	%rax, %cr4
	mov	%rcx, %cr3
	mov	%cr0, %rax
	or	$CR0_WP, %rax
	mov	%rax, %cr0
	mov	%r8, %rsp
	mov	%r9, %rdi
	xor	%ebp, %ebp
	push	$0			/* no return address: ends a backtrace */
	jmp	*%rdx
	.p2align 12
