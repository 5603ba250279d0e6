/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * firmware/madt.h - processors and interrupt controllers the firmware lists.
 *
 * Parsed once at boot into a plain table; unknown entries are skipped, entries
 * with a bad length end the parse with a log line.
 * Source: ACPI 6.5, 5.2.12 (types 0, 1, 2, 4, 5, 9, 10).
 */

#include "arch/cpu.h"
#include "lib/types.h"

#define MADT_IOAPIC_MAX 16

struct madt_ioapic {
	paddr_t base;
	uint32_t gsi_base;
	uint8_t id;
};

/* Where an ISA interrupt really goes. */
struct madt_isa {
	uint32_t gsi;
	bool active_low, level;
};

struct madt {
	unsigned cpus;         /* usable, boot CPU first */
	unsigned cpus_ignored; /* beyond CPU_MAX */
	uint32_t apic_id[CPU_MAX];
	paddr_t lapic_base;
	bool has_8259; /* PCAT_COMPAT: a hint only */
	unsigned ioapics;
	struct madt_ioapic ioapic[MADT_IOAPIC_MAX];
	struct madt_isa isa[16];
};

struct acpi_header;
/* Pure: fills out from a checked table; boot_apic_id goes first. */
void madt_parse(const struct acpi_header *table, uint32_t boot_apic_id,
		struct madt *out);
