/* SPDX-License-Identifier: MIT */
#include "firmware/madt.h"

#include "core/klog.h"
#include "firmware/acpi.h"
#include "lib/string.h"

/*
 * firmware/madt.c - the Multiple APIC Description Table.
 *
 * Pure: bytes in, struct out.  The table as a whole has been checked (length,
 * checksum); each entry's own length is checked here.  Firmware lists a
 * processor twice when its id fits both kinds of entry, and lists those that
 * are not plugged in as not enabled.
 *
 * Source: ACPI 6.5, 5.2.12.
 */

#define MADT_ENTRIES  44 /* offset of the first entry */
#define FLAG_PCAT     1u
#define CPU_ENABLED   1u
#define POLARITY_LOW  3u
#define TRIGGER_LEVEL 3u
#define ISA_IRQS      16

enum madt_type {
	MADT_LAPIC = 0,
	MADT_IOAPIC = 1,
	MADT_OVERRIDE = 2,
	MADT_LAPIC_ADDRESS = 5,
	MADT_X2APIC = 9,
};

/* Bytes an entry of a type we read must have. */
static unsigned
least_length(unsigned type)
{
	switch (type) {
	case MADT_LAPIC:
		return 8;
	case MADT_OVERRIDE:
		return 10;
	case MADT_IOAPIC:
	case MADT_LAPIC_ADDRESS:
		return 12;
	case MADT_X2APIC:
		return 16;
	default:
		return 2;
	}
}

static uint16_t
get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t
get32(const uint8_t *p)
{
	return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static uint64_t
get64(const uint8_t *p)
{
	return get32(p) | (uint64_t)get32(p + 4) << 32;
}

static void
add_cpu(struct madt *out, uint32_t apic_id, uint32_t flags)
{
	unsigned i;

	if (!(flags & CPU_ENABLED))
		return;
	for (i = 0; i < out->cpus; i++) {
		if (out->apic_id[i] == apic_id)
			return;
	}
	if (out->cpus == CPU_MAX)
		out->cpus_ignored++;
	else
		out->apic_id[out->cpus++] = apic_id;
}

static void
add_ioapic(struct madt *out, const uint8_t *e)
{
	if (out->ioapics == MADT_IOAPIC_MAX) {
		klog(KLOG_WARNING, "madt: more than %d I/O APICs",
		     MADT_IOAPIC_MAX);
		return;
	}
	out->ioapic[out->ioapics++] = (struct madt_ioapic){
		.id = e[2],
		.base = get32(e + 4),
		.gsi_base = get32(e + 8),
	};
}

/* 0 in either field means "as the bus has it": ISA is edge, active high. */
static void
add_override(struct madt *out, const uint8_t *e)
{
	uint16_t flags = get16(e + 8);

	if (e[2] != 0 || e[3] >= ISA_IRQS) {
		klog(KLOG_WARNING, "madt: override of bus %u interrupt %u",
		     e[2], e[3]);
		return;
	}
	out->isa[e[3]] = (struct madt_isa){
		.gsi = get32(e + 4),
		.active_low = (flags & 3) == POLARITY_LOW,
		.level = (flags >> 2 & 3) == TRIGGER_LEVEL,
	};
}

static void
add_entry(struct madt *out, const uint8_t *e)
{
	switch (e[0]) {
	case MADT_LAPIC:
		if (e[3] != 0xff)
			add_cpu(out, e[3], get32(e + 4));
		break;
	case MADT_X2APIC:
		if (get32(e + 4) != UINT32_MAX)
			add_cpu(out, get32(e + 4), get32(e + 8));
		break;
	case MADT_IOAPIC:
		add_ioapic(out, e);
		break;
	case MADT_OVERRIDE:
		add_override(out, e);
		break;
	case MADT_LAPIC_ADDRESS:
		out->lapic_base = get64(e + 4);
		break;
	default:
		break;
	}
}

void
madt_parse(const struct acpi_header *table, uint32_t boot_apic_id,
	   struct madt *out)
{
	const uint8_t *bytes = (const uint8_t *)table;
	uint32_t at = MADT_ENTRIES, i;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < ISA_IRQS; i++)
		out->isa[i].gsi = i;
	out->cpus = 1;
	out->apic_id[0] = boot_apic_id;
	if (!table || table->length < MADT_ENTRIES)
		return;
	out->lapic_base = get32(bytes + 36);
	out->has_8259 = get32(bytes + 40) & FLAG_PCAT;
	while (at + 2 <= table->length) {
		const uint8_t *e = bytes + at;

		if (e[1] < least_length(e[0]) || e[1] > table->length - at) {
			klog(KLOG_ERR,
			     "madt: bad length %u of entry type %u "
			     "at offset %u: the rest is ignored",
			     e[1], e[0], at);
			return;
		}
		add_entry(out, e);
		at += e[1];
	}
}
