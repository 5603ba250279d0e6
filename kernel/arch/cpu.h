/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/cpu.h - one processor: interrupts, hints, identity, randomness, power.
 *
 * Context: any.  cpu_id() is stable only while the caller cannot move: in
 * kernel code always, since the kernel is not preempted except at explicit
 * points.
 */

#include "lib/types.h"

#define CPU_MAX 64 /* processors the kernel starts; more are logged and left */

#include "arch/x86_64/machine/cpu.h"

/*
 * The machine header gives, inline:
 *	void cpu_relax(void);              spin-wait hint
 *	void irq_disable(void), irq_enable(void);
 *	bool irq_enabled(void);
 *	unsigned long irq_save(void);      disable, return the old state
 *	void irq_restore(unsigned long);
 *	void cpu_sync_core(void);          forget instructions fetched ahead
 *	void cpu_idle(void);               enable and wait for an interrupt,
 *	                                   atomically; entered with them off
 *	uint64_t cycles(void);             TSC
 *	unsigned cpu_id(void);             0 .. cpu_count() - 1
 *	struct thread *current_thread(void);
 *	uintptr_t percpu_offset(void);     see core/percpu.h
 */

/* Processors that are running; only grows, during boot. */
unsigned cpu_count(void);

/* Stop this processor for ever, interrupts off. */
NORETURN void cpu_stop(void);

/* Fill from the CPU's generator; false if there is none or it failed. */
NODISCARD bool cpu_random(uint64_t *out);

/* What AT_HWCAP says: CPUID leaf 1, EDX. */
uint32_t cpu_hwcap(void);
/* What AT_HWCAP2 says: HWCAP2_* of <asm/hwcap2.h>. */
uint32_t cpu_hwcap2(void);

/* "GenuineIntel", "QEMU Virtual CPU version 2.5+", and so on. */
struct cpu_description {
	char vendor[13];
	char model_name[49];
	unsigned family, model, stepping;
	unsigned phys_bits, virt_bits;
	char flags[1024]; /* space-separated, /proc/cpuinfo's names */
};
void cpu_describe(struct cpu_description *out);
