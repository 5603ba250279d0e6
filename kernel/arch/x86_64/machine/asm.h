/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * machine/asm.h - macros of the assembly files, some also for inline assembly.
 *
 * EXTABLE(insn, fixup, kind): if insn faults, go on at fixup (extable.h).
 * USER_ACCESS_BEGIN / _END open and close SMAP; they are three-byte NOPs that
 * become STAC and CLAC at boot on processors that have SMAP (cpu_setup.c).
 */

/* Kinds of exception table entries. */
#define EX_FAULT_IN 0 /* user access: bring the page in, fix up if it fails */
#define EX_NOFAULT  1 /* fix up at once */

#define PATCH_STAC 0
#define PATCH_CLAC 1

/* Fields of struct cpu_local. */
#define CPU_SELF      0
#define CPU_CURRENT   16
#define CPU_KERNEL_SP 24
#define CPU_USER_SP   32
#define CPU_CANARY    40

/* Fields and size of struct trap_frame. */
#define FRAME_R15      0
#define FRAME_R11      48
#define FRAME_RCX      88
#define FRAME_ORIG_RAX 120
#define FRAME_RIP      128
#define FRAME_CS       136
#define FRAME_RFLAGS   144
#define FRAME_RSP      152
#define FRAME_SS       160
#define FRAME_SIZE     168

#ifdef __ASSEMBLER__
/* clang-format off */

.macro FUNCTION name
	.globl \name
	.hidden \name
	.type \name, @function
	.balign 16
\name:
.endm

.macro END name
	.size \name, . - \name
.endm

.macro EXTABLE insn, fixup, kind
	.pushsection .extable, "a"
	.balign 4
	.long \insn - ., \fixup - ., \kind
	.popsection
.endm

.macro PATCH kind
771:	.byte 0x0f, 0x1f, 0x00
	.pushsection .patch, "a"
	.balign 4
	.long 771b - ., \kind
	.popsection
.endm

.macro USER_ACCESS_BEGIN
	PATCH PATCH_STAC
.endm

.macro USER_ACCESS_END
	PATCH PATCH_CLAC
.endm

/* clang-format on */
#endif
