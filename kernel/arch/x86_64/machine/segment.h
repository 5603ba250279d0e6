/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * machine/segment.h - selectors, shared by C and assembly.
 *
 * The numbers user mode can see are Linux's, because programs compare them.
 * The place of a 32-bit user code segment (20h) stays empty: SYSRET wants it
 * there, and without it no program leaves 64-bit mode.
 */

#define SEL_KERNEL_CODE 0x10
#define SEL_KERNEL_DATA 0x18
#define SEL_USER_BASE   0x23 /* STAR: SYSRET adds 8 for SS, 16 for CS */
#define SEL_USER_DATA   0x2b
#define SEL_USER_CODE   0x33
#define SEL_TSS         0x40
#define SEL_CPU_NUMBER  0x7b /* its limit is the CPU's number: for the vDSO */
#define GDT_ENTRIES     16

/* Interrupt stack table slots, 1-based as in the IDT. */
#define IST_NMI           1
#define IST_DOUBLE_FAULT  2
#define IST_MACHINE_CHECK 3
#define IST_DEBUG         4
#define IST_COUNT         4
