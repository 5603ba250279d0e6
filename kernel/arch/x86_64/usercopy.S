/* SPDX-License-Identifier: MIT */
#include <asm-generic/errno-base.h>

#include "arch/x86_64/machine/asm.h"

/*
 * arch/x86_64/usercopy.S - the instructions that touch user memory.
 *
 * Callers (usercopy.c) have checked that the user range lies below USER_TOP.
 * Each access has an entry in the exception table; most ask for the page
 * to be brought in and are then tried again.
 *
 * A copy returns how many bytes it did not copy.  Short ones go by one or two
 * overlapping moves, longer ones by REP MOVSQ with an overlapping last
 * word.  When a page cannot be had in the middle, the rest is done byte by
 * byte, so that exactly the bytes before the fault are copied.
 */

	.section .text, "ax"

/* size_t usercopy(void *dst, const void *src, size_t n) */
FUNCTION usercopy
	USER_ACCESS_BEGIN
	cmpq	$16, %rdx
	ja	.Llong
	cmpl	$8, %edx
	jae	.L8to16
	cmpl	$4, %edx
	jae	.L4to7
.Lbytes:
	movq	%rdx, %rcx
	testq	%rcx, %rcx
	jz	.Ldone
1:	movb	(%rsi), %al
2:	movb	%al, (%rdi)
	incq	%rsi
	incq	%rdi
	decq	%rcx
	jnz	1b
.Ldone:
	USER_ACCESS_END
	movq	%rcx, %rax
	ret
	EXTABLE	1b, .Ldone, EX_FAULT_IN
	EXTABLE	2b, .Ldone, EX_FAULT_IN

.L8to16:
1:	movq	(%rsi), %rax
2:	movq	-8(%rsi,%rdx), %rcx
3:	movq	%rax, (%rdi)
4:	movq	%rcx, -8(%rdi,%rdx)
	USER_ACCESS_END
	xorl	%eax, %eax
	ret
	EXTABLE	1b, .Lbytes, EX_FAULT_IN
	EXTABLE	2b, .Lbytes, EX_FAULT_IN
	EXTABLE	3b, .Lbytes, EX_FAULT_IN
	EXTABLE	4b, .Lbytes, EX_FAULT_IN

.L4to7:
1:	movl	(%rsi), %eax
2:	movl	-4(%rsi,%rdx), %ecx
3:	movl	%eax, (%rdi)
4:	movl	%ecx, -4(%rdi,%rdx)
	USER_ACCESS_END
	xorl	%eax, %eax
	ret
	EXTABLE	1b, .Lbytes, EX_FAULT_IN
	EXTABLE	2b, .Lbytes, EX_FAULT_IN
	EXTABLE	3b, .Lbytes, EX_FAULT_IN
	EXTABLE	4b, .Lbytes, EX_FAULT_IN

.Llong:
	movq	%rdx, %rcx
	shrq	$3, %rcx
	andl	$7, %edx
1:	rep movsq
2:	movq	-8(%rsi,%rdx), %rax
3:	movq	%rax, -8(%rdi,%rdx)
	USER_ACCESS_END
	xorl	%eax, %eax
	ret
.Llong_fault:
	leaq	(%rdx,%rcx,8), %rdx
	jmp	.Lbytes
	EXTABLE	1b, .Llong_fault, EX_FAULT_IN
	EXTABLE	2b, .Lbytes, EX_FAULT_IN
	EXTABLE	3b, .Lbytes, EX_FAULT_IN
END usercopy

/* size_t userzero(void *dst, size_t n) */
FUNCTION userzero
	USER_ACCESS_BEGIN
	movq	%rsi, %rcx
	shrq	$3, %rcx
	andl	$7, %esi
	xorl	%eax, %eax
1:	rep stosq
	movl	%esi, %ecx
2:	rep stosb
	USER_ACCESS_END
	xorl	%eax, %eax
	ret
.Lzero_fault:
	leaq	(%rsi,%rcx,8), %rcx
	xorl	%eax, %eax
3:	rep stosb
.Lzero_tail_fault:
	USER_ACCESS_END
	movq	%rcx, %rax
	ret
	EXTABLE	1b, .Lzero_fault, EX_FAULT_IN
	EXTABLE	2b, .Lzero_tail_fault, EX_FAULT_IN
	EXTABLE	3b, .Lzero_tail_fault, EX_FAULT_IN
END userzero

/*
 * ssize_t userstring(char *dst, const char *src, size_t n)
 * Length without NUL; n if there is none in n bytes; -EFAULT.  Words are read
 * only where they are aligned, so never from the page after the string.  Bytes
 * of dst after the NUL may be written.
 */
FUNCTION userstring
	USER_ACCESS_BEGIN
	movq	%rdi, %r8
	movabsq	$0x0101010101010101, %r9
	movabsq	$0x8080808080808080, %r10
.Lstring_byte:
	testq	%rdx, %rdx
	jz	.Lstring_end
	testb	$7, %sil
	jz	.Lstring_word
.Lstring_one:
1:	movb	(%rsi), %al
	movb	%al, (%rdi)
	testb	%al, %al
	jz	.Lstring_end
	incq	%rsi
	incq	%rdi
	decq	%rdx
	jmp	.Lstring_byte
.Lstring_word:
	cmpq	$8, %rdx
	jb	.Lstring_one
2:	movq	(%rsi), %rax
	movq	%rax, (%rdi)
	movq	%rax, %rcx
	subq	%r9, %rcx
	notq	%rax
	andq	%rax, %rcx
	andq	%r10, %rcx
	jnz	.Lstring_found
	addq	$8, %rsi
	addq	$8, %rdi
	subq	$8, %rdx
	jnz	.Lstring_word
	jmp	.Lstring_end
.Lstring_found:
	bsfq	%rcx, %rcx
	shrl	$3, %ecx
	addq	%rcx, %rdi
.Lstring_end:
	USER_ACCESS_END
	movq	%rdi, %rax
	subq	%r8, %rax
	ret
.Lstring_fault:
	USER_ACCESS_END
	movq	$-EFAULT, %rax
	ret
	EXTABLE	1b, .Lstring_fault, EX_FAULT_IN
	EXTABLE	2b, .Lstring_fault, EX_FAULT_IN
END userstring

/* int userload32(uint32_t *out, const uint32_t *p) */
FUNCTION userload32
	USER_ACCESS_BEGIN
1:	movl	(%rsi), %eax
	USER_ACCESS_END
	movl	%eax, (%rdi)
	xorl	%eax, %eax
	ret
	EXTABLE	1b, .Lword_fault, EX_NOFAULT

.Lword_fault:
	USER_ACCESS_END
	movl	$-EFAULT, %eax
	ret
END userload32

/* int usercmpxchg32(uint32_t *p, uint32_t *expected, uint32_t desired) */
.macro CMPXCHG32 name, how
FUNCTION \name
	movl	(%rsi), %eax
	USER_ACCESS_BEGIN
1:	lock cmpxchgl %edx, (%rdi)
	USER_ACCESS_END
	movl	%eax, (%rsi)
	movl	$0, %eax
	ret
	EXTABLE	1b, .Lword_fault, \how
END \name
.endm

CMPXCHG32 usercmpxchg32, EX_FAULT_IN
CMPXCHG32 usercmpxchg32_nofault, EX_NOFAULT

/* bool kernel_load_u64(const void *p, uint64_t *out) */
FUNCTION kernel_load_u64
1:	movq	(%rdi), %rax
	movq	%rax, (%rsi)
	movl	$1, %eax
	ret
2:	xorl	%eax, %eax
	ret
	EXTABLE	1b, 2b, EX_NOFAULT
END kernel_load_u64
