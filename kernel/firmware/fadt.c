/* SPDX-License-Identifier: MIT */
#include "firmware/fadt.h"

#include "lib/string.h"

/*
 * firmware/fadt.c - reading the FADT; pure.
 */

/* The first revision whose boot_arch field means something. */
#define REVISION_BOOT_ARCH 2

struct acpi_address
fadt_register(const struct acpi_address *x, uint32_t old)
{
	if (x->address)
		return *x;
	return (struct acpi_address){ .space = ACPI_IO, .address = old };
}

static uint32_t
pm_timer_port(const struct fadt *f)
{
	struct acpi_address a = fadt_register(&f->x_pm_timer, f->pm_timer);

	if ((f->flags & FADT_HW_REDUCED) || f->pm_timer_len != 4 ||
	    a.space != ACPI_IO || a.address > UINT16_MAX)
		return 0;
	return (uint32_t)a.address;
}

void
fadt_parse(const struct acpi_header *table, struct fadt *out,
	   struct acpi_fadt_facts *facts)
{
	bool old = table->revision < REVISION_BOOT_ARCH;

	memset(out, 0, sizeof(*out));
	memcpy(out, table, MIN((size_t)table->length, sizeof(*out)));
	*facts = (struct acpi_fadt_facts){
		.present = true,
		.hw_reduced = out->flags & FADT_HW_REDUCED,
		.has_8042 = old || (out->boot_arch & BOOT_ARCH_8042),
		.has_cmos_rtc =
			old || !(out->boot_arch & BOOT_ARCH_NO_CMOS_RTC),
		.sci_gsi = out->sci,
		.pm_timer_port = pm_timer_port(out),
		.pm_timer_32bit = out->flags & FADT_TIMER_32BIT,
	};
}
