/* SPDX-License-Identifier: MIT */
#include "firmware/acpi.h"

#include "core/klog.h"
#include "firmware/fadt.h"
#include "lib/string.h"
#include "mm/kmap.h"
#include "mm/slab.h"

/*
 * firmware/acpi.c - from the root pointer to checked tables.
 *
 *	RSDP -> XSDT (64-bit addresses), or RSDT (32-bit) on old machines
 *	     -> tables; FADT -> DSDT
 *
 * Nothing is believed: a length is checked before what it covers is mapped, a
 * checksum before anything else is read.  A table that fails is named in the
 * log and is as good as absent.  Those that pass stay mapped for ever.
 *
 * Source: ACPI 6.5, 5.2.5-5.2.8.
 */

#define TABLE_MAX   (16u << 20) /* no real table is larger */
#define ROOT_MAX    (64u << 10)
#define RSDP_V1     20
#define RSDP_SIZE   36
#define HPET_LENGTH 56
#define HPET_BASE   40

struct rsdp {
	char signature[8];
	uint8_t checksum;
	char oem_id[6];
	uint8_t revision;
	uint32_t rsdt, length;
	uint64_t xsdt;
	uint8_t extended_checksum, reserved[3];
} PACKED;
_Static_assert(sizeof(struct rsdp) == RSDP_SIZE, "ACPI 6.5 table 5.3");

/* All set by acpi_init(). */
static const struct acpi_header **tables RO_AFTER_BOOT;
static unsigned table_count RO_AFTER_BOOT;
static struct fadt fadt RO_AFTER_BOOT;
static struct acpi_fadt_facts facts RO_AFTER_BOOT;

static bool
sums_to_zero(const void *p, size_t n)
{
	const uint8_t *bytes = p;
	uint8_t sum = 0;

	while (n-- > 0)
		sum = (uint8_t)(sum + *bytes++);
	return sum == 0;
}

/* Signatures come from the firmware: only printable bytes go to the log. */
static void
printable(char out[5], const char *signature)
{
	unsigned i;

	for (i = 0; i < 4; i++) {
		out[i] = signature[i];
		if (out[i] < ' ' || out[i] > '~')
			out[i] = '?';
	}
	out[4] = '\0';
}

BOOT_CODE static void
complain(paddr_t pa, const char *signature, const char *what)
{
	char name[5];

	printable(name, signature);
	klog(KLOG_ERR, "acpi: table %s at %#lx: %s, ignored", name,
	     (unsigned long)pa, what);
}

/* Length of the table at pa, or 0 if it cannot be one. */
BOOT_CODE static uint32_t
table_length(paddr_t pa, uint32_t max)
{
	const struct acpi_header *h;
	uint32_t length;

	if (pa == 0)
		return 0;
	h = kmap_physical(pa, sizeof(*h), KMAP_CACHED);
	if (!h)
		return 0;
	length = h->length;
	if (length < sizeof(*h) || length > max) {
		complain(pa, h->signature, "bad length");
		length = 0;
	}
	kunmap_physical((void *)(uintptr_t)h, sizeof(*h));
	return length;
}

/* The whole table, checked; NULL if it is bad. */
BOOT_CODE static const struct acpi_header *
map_table(paddr_t pa, uint32_t max)
{
	uint32_t length = table_length(pa, max);
	const struct acpi_header *h;

	if (length == 0)
		return NULL;
	h = kmap_physical(pa, length, KMAP_CACHED);
	if (!h)
		return NULL;
	if (h->length == length && sums_to_zero(h, length))
		return h;
	complain(pa, h->signature, "bad checksum");
	kunmap_physical((void *)(uintptr_t)h, length);
	return NULL;
}

BOOT_CODE static bool
rsdp_ok(const struct rsdp *r)
{
	return memcmp(r->signature, "RSD PTR ", 8) == 0 &&
	       sums_to_zero(r, RSDP_V1);
}

/* Root table and the size of its entries. */
BOOT_CODE static const struct acpi_header *
map_root(paddr_t pa, size_t *entry_size)
{
	const struct acpi_header *root = NULL;
	const struct rsdp *r;
	struct rsdp copy;

	r = kmap_physical(pa, sizeof(*r), KMAP_CACHED);
	if (!r)
		return NULL;
	copy = *r;
	kunmap_physical((void *)(uintptr_t)r, sizeof(*r));
	if (!rsdp_ok(&copy)) {
		klog(KLOG_ERR, "acpi: no root pointer at %#lx",
		     (unsigned long)pa);
		return NULL;
	}
	*entry_size = sizeof(uint64_t);
	if (copy.revision >= 2 && sums_to_zero(&copy, sizeof(copy)))
		root = map_table(copy.xsdt, ROOT_MAX);
	if (root && memcmp(root->signature, "XSDT", 4) == 0)
		return root;
	*entry_size = sizeof(uint32_t);
	root = map_table(copy.rsdt, ROOT_MAX);
	return root && memcmp(root->signature, "RSDT", 4) == 0 ? root : NULL;
}

BOOT_CODE static void
add_table(const struct acpi_header *h)
{
	if (h)
		tables[table_count++] = h;
}

BOOT_CODE static void
add_listed(const struct acpi_header *root, size_t entry_size)
{
	const uint8_t *entry = (const uint8_t *)(root + 1);
	size_t n = (root->length - sizeof(*root)) / entry_size;

	/* One more for the DSDT. */
	tables = kcalloc(n + 1, sizeof(*tables));
	if (!tables) {
		klog(KLOG_ERR, "acpi: no memory for %zu tables", n);
		return;
	}
	for (; n > 0; n--, entry += entry_size) {
		uint64_t pa = 0;

		memcpy(&pa, entry, entry_size);
		add_table(map_table(pa, TABLE_MAX));
	}
}

BOOT_CODE static void
read_fadt(void)
{
	const struct acpi_header *h = acpi_table("FACP", 0);

	if (!h)
		return;
	fadt_parse(h, &fadt, &facts);
	add_table(map_table(fadt.x_dsdt ? fadt.x_dsdt : fadt.dsdt, TABLE_MAX));
}

BOOT_CODE static void
read_hpet(void)
{
	const struct acpi_header *h = acpi_table("HPET", 0);
	struct acpi_address base;

	if (!h || h->length < HPET_LENGTH)
		return;
	memcpy(&base, (const char *)h + HPET_BASE, sizeof(base));
	if (base.space == ACPI_MEMORY)
		facts.hpet_base = base.address;
}

BOOT_CODE void
acpi_init(paddr_t rsdp)
{
	const struct acpi_header *root;
	size_t entry_size;

	tables = NULL;
	table_count = 0;
	facts = (struct acpi_fadt_facts){ 0 };
	if (rsdp == 0) {
		klog(KLOG_WARNING, "acpi: the firmware has none");
		return;
	}
	root = map_root(rsdp, &entry_size);
	if (!root)
		return;
	add_listed(root, entry_size);
	if (!tables)
		return;
	read_fadt();
	read_hpet();
	klog(KLOG_INFO, "acpi: %u tables", table_count);
}

const struct acpi_header *
acpi_table(const char *signature, unsigned n)
{
	unsigned i;

	for (i = 0; i < table_count; i++) {
		if (memcmp(tables[i]->signature, signature, 4) == 0 && n-- == 0)
			return tables[i];
	}
	return NULL;
}

const struct acpi_fadt_facts *
acpi_facts(void)
{
	return &facts;
}

const struct fadt *
fadt_get(void)
{
	return facts.present ? &fadt : NULL;
}
