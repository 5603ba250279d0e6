/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/x86_64/trampoline.h - what smp.c and trampoline.S agree on.
 *
 * The code is copied to the start of a page below 1 MiB, its data lies at
 * TRAMPOLINE_DATA of that page.  Nothing writes to the page while a CPU runs
 * on it.
 */

#define TRAMPOLINE_32     0x40
#define TRAMPOLINE_64     0x80
#define TRAMPOLINE_DATA   0x100
#define TRAMPOLINE_CODE32 0x08
#define TRAMPOLINE_DATA32 0x10
#define TRAMPOLINE_CODE64 0x18

/* Offsets in struct trampoline_data. */
#define TD_GDT_POINTER 32
#define TD_JUMP32      40
#define TD_JUMP64      48
#define TD_CR3         56
#define TD_CR4         60
#define TD_ENTRY       64
#define TD_STACK       72
#define TD_GS_BASE     80

#ifndef __ASSEMBLER__
#include "lib/types.h"

struct trampoline_data {
	uint64_t gdt[4];
	uint16_t gdt_limit;
	uint32_t gdt_base;
	uint16_t pad;
	uint32_t jump32; /* far pointers */
	uint16_t jump32_selector, pad2;
	uint32_t jump64;
	uint16_t jump64_selector, pad3;
	uint32_t cr3, cr4;
	uint64_t entry, stack, gs_base;
} PACKED;
_Static_assert(offsetof(struct trampoline_data, gdt_limit) == TD_GDT_POINTER &&
		       offsetof(struct trampoline_data, jump32) == TD_JUMP32 &&
		       offsetof(struct trampoline_data, jump64) == TD_JUMP64 &&
		       offsetof(struct trampoline_data, cr3) == TD_CR3 &&
		       offsetof(struct trampoline_data, entry) == TD_ENTRY &&
		       offsetof(struct trampoline_data, gs_base) == TD_GS_BASE,
	       "trampoline.S");

extern const char trampoline_start[], trampoline_end[];
#endif
