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
