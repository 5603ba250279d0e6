/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/platform.h - what the machine layer is told about the board.
 *
 * The machine layer reads no firmware tables itself: init/ collects what the
 * firmware and the loader know into this struct and hands it over once,
 * before interrupts, the clock and the other processors are started.
 *
 * Units: physical addresses; 0 = the device is absent.
 */

#include "arch/cpu.h"
#include "lib/types.h"

#define PLATFORM_IOAPIC_MAX 16

struct platform_ioapic {
	paddr_t base;
	uint32_t gsi_base; /* first global system interrupt it serves */
};

/* Where one of the 16 ISA interrupts really goes. */
struct platform_isa_irq {
	uint32_t gsi;
	bool active_low, level;
};

struct arch_platform {
	unsigned cpus; /* entries of apic_id[], boot CPU first */
	uint32_t apic_id[CPU_MAX];
	paddr_t lapic_base; /* 0: as the processor itself says */
	unsigned ioapics;
	struct platform_ioapic ioapic[PLATFORM_IOAPIC_MAX];
	struct platform_isa_irq isa[16];
	paddr_t ap_trampoline; /* a page below 1 MiB for starting CPUs */
	paddr_t hpet_base;
	uint32_t pm_timer_port;
	bool pm_timer_32bit;
	bool has_8042;          /* may reset by the keyboard controller */
	uint64_t loader_tsc_hz; /* what the loader measured; 0 = nothing */
};

/* Keeps a copy. */
void arch_set_platform(const struct arch_platform *p);

/* APIC id of the processor that asks; works before anything is set up. */
uint32_t arch_apic_id(void);
