/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/irq.h - device interrupts.
 *
 * A line is a global system interrupt (ACPI GSI); ISA numbers are translated
 * with the firmware's overrides.  Handlers run with interrupts off on CPU 0,
 * do the minimum, and may take only irq-safe locks.
 */

#include "lib/types.h"

typedef void irq_handler_fn(void *arg);

/* Boot, after arch_set_platform(): controllers up, every line masked. */
void irq_init(void);

/* -ENODEV no such line, -EBUSY line in use, -ENOSPC no vector left. */
NODISCARD int irq_attach_isa(unsigned isa, irq_handler_fn *fn, void *arg);
NODISCARD int irq_attach_gsi(unsigned gsi, irq_handler_fn *fn, void *arg);
void irq_detach_gsi(unsigned gsi);

/* Interrupts a processor has taken that come from no device line. */
enum irq_kind {
	IRQ_TIMER,      /* its own timer */
	IRQ_RESCHEDULE, /* another processor wants it to choose anew */
	IRQ_CALL,       /* ... to run a function */
	IRQ_STRAY,      /* nobody knows why */
	IRQ_KINDS,
};
uint64_t irq_count(unsigned cpu, enum irq_kind kind);

/* The nth line in use, for /proc/interrupts; false: there are no more. */
struct irq_line_stats {
	unsigned gsi;
	irq_handler_fn *fn;
	uint64_t count; /* all on CPU 0 */
};
bool irq_line_stats(unsigned n, struct irq_line_stats *out);
