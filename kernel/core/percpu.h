/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * core/percpu.h - variables of which every CPU has its own.
 *
 * PERCPU(int, counter); defines one; this_cpu(counter) is the lvalue of the
 * CPU we run on, cpu_var(counter, n) that of CPU n.  The linker collects the
 * variables in .data.percpu, which is the boot CPU's copy and the template of
 * the others (made by percpu_init_cpu() before a CPU starts).
 * Locking: own CPU only, with interrupts off if handlers touch it; the variable
 * says otherwise where another CPU may.
 */

#include "arch/cpu.h"
#include "lib/types.h"

#define PERCPU(type, name) \
	__attribute__((section(".data.percpu"))) __typeof__(type) name
#define EXTERN_PERCPU(type, name) extern __typeof__(type) name

/* Distance from the template to each CPU's copy; [0] is 0. */
extern uintptr_t percpu_offsets[CPU_MAX];

#define percpu_at(name, offset) \
	(*(__typeof__(name) *)((uintptr_t) & (name) + (offset)))
#define this_cpu(name)     percpu_at(name, percpu_offset())
#define cpu_var(name, cpu) percpu_at(name, percpu_offsets[cpu])

/* Bytes of one CPU's copy. */
size_t percpu_size(void);

/* Make CPU n's copy in area (64-byte aligned, for ever), from the template. */
void percpu_init_cpu(unsigned cpu, void *area);
