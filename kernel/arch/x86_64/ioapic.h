/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/x86_64/ioapic.h - the controllers that turn interrupt lines (GSIs) into
 * vectors.
 *
 * Locking: the caller's (irq.c).
 */

#include "lib/types.h"

/* Map all the firmware lists and mask every line. */
void ioapic_init(void);

bool ioapic_has(unsigned gsi);

struct ioapic_route {
	uint8_t vector;
	uint32_t apic_id;
	bool active_low, level;
};
void ioapic_route(unsigned gsi, const struct ioapic_route *r);
void ioapic_mask(unsigned gsi);
