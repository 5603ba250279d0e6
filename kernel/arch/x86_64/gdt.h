/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/x86_64/gdt.h - segments, the task state segment and interrupt stacks.
 */

#include "lib/types.h"

/* The boot processor's, on static stacks; loads them. */
void gdt_init_boot(void);

/* Prepare CPU n's tables before it starts; -ENOMEM. */
NODISCARD int gdt_prepare_cpu(unsigned cpu);

/* Load this CPU's prepared tables. */
void gdt_load(void);

/* Stack the processor uses when it comes from user mode: at each switch. */
void gdt_set_kernel_stack(uintptr_t top);

/* Is va in one of this CPU's interrupt stacks?  Sets the bounds. */
bool gdt_is_interrupt_stack(vaddr_t va, vaddr_t *start, vaddr_t *end);
