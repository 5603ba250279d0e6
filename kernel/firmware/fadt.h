/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * firmware/fadt.h - the Fixed ACPI Description Table.
 *
 * Tables of all revisions are copied into this struct; what an old one does
 * not have reads as 0.
 *
 * Source: ACPI 6.5, 5.2.9; 5.2.3.2 (generic address).
 */

#include "firmware/acpi.h"

enum acpi_space {
	ACPI_MEMORY = 0,
	ACPI_IO = 1,
};

struct acpi_address {
	uint8_t space; /* enum acpi_space and others */
	uint8_t bit_width, bit_offset, access_size;
	uint64_t address;
} PACKED;

struct fadt {
	struct acpi_header header;
	uint32_t facs, dsdt;
	uint8_t reserved0, profile;
	uint16_t sci;
	uint32_t smi_command;
	uint8_t acpi_enable, acpi_disable, s4bios, pstate_control;
	uint32_t pm1a_event, pm1b_event, pm1a_control, pm1b_control;
	uint32_t pm2_control, pm_timer, gpe0, gpe1;
	uint8_t pm1_event_len, pm1_control_len, pm2_control_len, pm_timer_len;
	uint8_t gpe0_len, gpe1_len, gpe1_base, cstate_control;
	uint16_t c2_latency, c3_latency, flush_size, flush_stride;
	uint8_t duty_offset, duty_width, day_alarm, month_alarm, century;
	uint16_t boot_arch;
	uint8_t reserved1;
	uint32_t flags;
	struct acpi_address reset;
	uint8_t reset_value;
	uint16_t arm_boot_arch;
	uint8_t minor;
	uint64_t x_facs, x_dsdt;
	struct acpi_address x_pm1a_event, x_pm1b_event;
	struct acpi_address x_pm1a_control, x_pm1b_control;
	struct acpi_address x_pm2_control, x_pm_timer, x_gpe0, x_gpe1;
	struct acpi_address sleep_control, sleep_status;
	uint64_t hypervisor;
} PACKED;
_Static_assert(sizeof(struct fadt) == 276, "ACPI 6.5 table 5.9");
_Static_assert(offsetof(struct fadt, flags) == 112, "ACPI 6.5 table 5.9");
_Static_assert(offsetof(struct fadt, x_pm_timer) == 208, "table 5.9");

enum fadt_flags {
	FADT_TIMER_32BIT = 1 << 8,
	FADT_RESET_SUPPORTED = 1 << 10,
	FADT_HW_REDUCED = 1 << 20,
};

enum fadt_boot_arch {
	BOOT_ARCH_8042 = 1 << 1,
	BOOT_ARCH_NO_CMOS_RTC = 1 << 5,
};

/* The machine's, or NULL. */
const struct fadt *fadt_get(void);

/*
 * A register given twice, in the old way and as an address: the latter wins if
 * it is there.  space is ACPI_IO for the old.
 */
struct acpi_address fadt_register(const struct acpi_address *x, uint32_t old);

/* Pure: read a checked table and fill the facts (but hpet_base). */
void fadt_parse(const struct acpi_header *table, struct fadt *out,
		struct acpi_fadt_facts *facts);
