/* SPDX-License-Identifier: MIT */
#include "arch/power.h"

#include "arch/clock.h"
#include "arch/cpu.h"
#include "arch/io.h"
#include "arch/x86_64/platform_priv.h"

/*
 * arch/x86_64/power.c - resets that need no firmware.
 *
 * CF9h is the reset control register of every PC chipset of this century:
 * 2 selects a hard reset, 6 does it, 0Eh cuts power on the way.  Where there
 * is none the write goes nowhere.
 */

#define RESET_CONTROL   0xcf9
#define KEYBOARD_STATUS 0x64
#define KEYBOARD_FULL   0x02
#define KEYBOARD_RESET  0xfe
#define KEYBOARD_TRIES  1000

static void
keyboard_reset(void)
{
	unsigned i;

	for (i = 0; i < KEYBOARD_TRIES; i++) {
		if (!(port_in8(KEYBOARD_STATUS) & KEYBOARD_FULL))
			break;
		clock_delay_ns(50 * NSEC_PER_USEC);
	}
	port_out8(KEYBOARD_STATUS, KEYBOARD_RESET);
}

/* No interrupt table: the next exception shuts the processor down. */
NORETURN static void
triple_fault(void)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} PACKED none = { 0 };

	__asm__ volatile("lidt %0; ud2" : : "m"(none));
	cpu_stop();
}

NORETURN void
arch_reset(void)
{
	irq_disable();
	port_out8(RESET_CONTROL, 0x02);
	clock_delay_ns(50 * NSEC_PER_USEC);
	port_out8(RESET_CONTROL, 0x06);
	clock_delay_ns(50 * NSEC_PER_MSEC);
	port_out8(RESET_CONTROL, 0x0e);
	clock_delay_ns(50 * NSEC_PER_MSEC);
	if (platform.has_8042)
		keyboard_reset();
	clock_delay_ns(50 * NSEC_PER_MSEC);
	triple_fault();
}

void
arch_debug_exit(unsigned port, unsigned status)
{
	if (port > 0 && port <= UINT16_MAX)
		port_out32((uint16_t)port, status);
}
