/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/x86_64/trap_priv.h - exceptions and the interrupt table inside the
 * machine layer.
 */

#include "arch/trap.h"
#include "lib/types.h"

/* Exceptions, Intel SDM 3A table 6-1. */
enum trap_vector {
	TRAP_DIVIDE = 0,
	TRAP_DEBUG = 1,
	TRAP_NMI = 2,
	TRAP_BREAKPOINT = 3,
	TRAP_OVERFLOW = 4,
	TRAP_BOUND = 5,
	TRAP_INVALID_OPCODE = 6,
	TRAP_NO_FPU = 7,
	TRAP_DOUBLE_FAULT = 8,
	TRAP_FPU_SEGMENT = 9,
	TRAP_INVALID_TSS = 10,
	TRAP_NO_SEGMENT = 11,
	TRAP_STACK_SEGMENT = 12,
	TRAP_PROTECTION = 13,
	TRAP_PAGE_FAULT = 14,
	TRAP_FPU_ERROR = 16,
	TRAP_ALIGNMENT = 17,
	TRAP_MACHINE_CHECK = 18,
	TRAP_SIMD_ERROR = 19,
	TRAP_VIRTUALIZATION = 20,
	TRAP_CONTROL_PROTECTION = 21,
	TRAP_EXCEPTIONS = 32, /* vectors below are the processor's */
};

void idt_init(void);
void idt_load(void);

/* entry.S calls these; they return the frame to leave by. */
struct trap_frame *
trap_dispatch(struct trap_frame *f, unsigned vector, uint64_t error);
struct trap_frame *trap_refuse_iret(struct trap_frame *f);

/* irq.c: an interrupt with a vector of 32 or more. */
void irq_dispatch(unsigned vector);

/* smp.c: is this NMI the order to stop?  Does not return if so. */
void smp_nmi(const struct trap_frame *f);

/* efi_space.c: was it firmware that faulted?  Then f leads back out of it. */
bool efi_fault(struct trap_frame *f, unsigned vector, vaddr_t va);

/* NMIs that nobody asked for. */
unsigned long trap_stray_nmis(void);
