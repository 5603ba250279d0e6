/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * firmware/acpi.h - finding and checking ACPI tables.
 *
 * Tables stay where the firmware put them and are read through kmap'd or
 * direct-mapped memory.  Every length and checksum is checked before use; a
 * bad table is named in the log and treated as absent.
 * Source: ACPI 6.5 chapter 5.
 */

#include "lib/types.h"

struct acpi_header {
	char signature[4];
	uint32_t length;
	uint8_t revision, checksum;
	char oem_id[6], oem_table_id[8];
	uint32_t oem_revision, creator_id, creator_revision;
} PACKED;

void acpi_init(paddr_t rsdp);

/* The nth table with this signature, whole and checked, or NULL. */
const struct acpi_header *acpi_table(const char *signature, unsigned n);

/* Facts of the FADT that others need. */
struct acpi_fadt_facts {
	bool present;
	bool hw_reduced;
	bool has_8042; /* may touch ports 60h/64h */
	bool has_cmos_rtc;
	unsigned sci_gsi;
	uint32_t pm_timer_port; /* 0 = none */
	bool pm_timer_32bit;
	uint64_t hpet_base; /* from the HPET table, 0 = none */
};
const struct acpi_fadt_facts *acpi_facts(void);
