/* SPDX-License-Identifier: MIT */
#include "arch/x86_64/machine/segment.h"
#include "arch/x86_64/trap_priv.h"

/*
 * arch/x86_64/idt.c - the interrupt descriptor table, one for all CPUs.
 *
 * All gates are interrupt gates: the kernel is entered with interrupts off.
 * Only INT3 and INTO may be raised by user mode's INT instruction.
 *
 * Source: Intel SDM 3A 6.11, 6.14.
 */

#define STUB_SIZE 16

struct gate {
	uint16_t offset_low, selector;
	uint8_t ist, type;
	uint16_t offset_mid;
	uint32_t offset_high, reserved;
};
_Static_assert(sizeof(struct gate) == 16, "SDM figure 6-8");

enum {
	GATE_KERNEL = 0x8e,
	GATE_USER = 0xee
};

extern const char trap_stubs[];

static struct gate idt[256] ALIGNED(4096) RO_AFTER_BOOT;

BOOT_CODE static uint8_t
ist_of(unsigned vector)
{
	switch (vector) {
	case TRAP_DEBUG:
		return IST_DEBUG;
	case TRAP_NMI:
		return IST_NMI;
	case TRAP_DOUBLE_FAULT:
		return IST_DOUBLE_FAULT;
	case TRAP_MACHINE_CHECK:
		return IST_MACHINE_CHECK;
	default:
		return 0;
	}
}

BOOT_CODE static void
gate_set(unsigned vector)
{
	uintptr_t stub = (uintptr_t)trap_stubs + vector * STUB_SIZE;
	bool user = vector == TRAP_BREAKPOINT || vector == TRAP_OVERFLOW;

	idt[vector] = (struct gate){
		.offset_low = (uint16_t)stub,
		.offset_mid = (uint16_t)(stub >> 16),
		.offset_high = (uint32_t)(stub >> 32),
		.selector = SEL_KERNEL_CODE,
		.ist = ist_of(vector),
		.type = user ? GATE_USER : GATE_KERNEL,
	};
}

void
idt_load(void)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} PACKED p = { sizeof(idt) - 1, (uintptr_t)idt };

	__asm__ volatile("lidt %0" : : "m"(p) : "memory");
}

BOOT_CODE void
idt_init(void)
{
	unsigned vector;

	for (vector = 0; vector < 256; vector++)
		gate_set(vector);
	idt_load();
}
