/* SPDX-License-Identifier: MIT */
/* unit: kernel/firmware/acpi.c kernel/firmware/fadt.c kernel/firmware/aml_s5.c */

/*
 * Finding and checking ACPI tables in a made-up physical memory, every byte of
 * which that may not be read lies outside of it (and stops the test); FADTs
 * of three ages; \_S5 in bytecode.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "firmware/acpi.h"
#include "firmware/aml_s5.h"
#include "firmware/fadt.h"
#include "mm/kmap.h"
#include "mm/slab.h"

#define BASE 0x7f000000ull
#define HIGH 0x123000000000ull /* above 4 GiB: the same bytes again */
#define SIZE 0x10000

static uint8_t memory[SIZE];

void *
kmap_physical(paddr_t pa, size_t size, enum kmap_cache how)
{
	uint64_t at = pa >= HIGH ? pa - HIGH : pa - BASE;

	if (pa < BASE || at > SIZE || size > SIZE - at)
		return NULL;
	return memory + at;
}

void
kunmap_physical(void *va, size_t size)
{
}

void *
kcalloc(size_t n, size_t size)
{
	static uint64_t heap[1 << 16];
	static size_t used;
	void *p = heap + used;

	used += (n * size + 7) / 8;
	assert_true(used <= sizeof(heap) / sizeof(heap[0]));
	return memset(p, 0, n * size);
}

static void
checksum(uint8_t *p, size_t n, size_t at)
{
	uint8_t sum = 0;

	p[at] = 0;
	for (size_t i = 0; i < n; i++)
		sum = (uint8_t)(sum + p[i]);
	p[at] = (uint8_t)-sum;
}

static void
put(uint32_t at, const char *signature, uint32_t length)
{
	memcpy(memory + at, signature, 4);
	memcpy(memory + at + 4, &length, 4);
	memory[at + 8] = 2;
	checksum(memory + at, length, 9);
}

static void
set(uint32_t at, uint64_t value, size_t n)
{
	memcpy(memory + at, &value, n);
}

enum {
	RSDP = 0,
	XSDT = 0x100,
	FACP = 0x200,
	APIC = 0x400,
	HPET = 0x500,
	DSDT = 0x600,
	RSDT = 0x700
};

/* A machine whose tables lie above 4 GiB. */
static void
build(void)
{
	memset(memory, 0, sizeof(memory));
	memcpy(memory + RSDP, "RSD PTR ", 8);
	memory[RSDP + 15] = 2;
	set(RSDP + 16, BASE + RSDT, 4);
	set(RSDP + 20, 36, 4);
	set(RSDP + 24, HIGH + XSDT, 8);
	checksum(memory + RSDP, 20, 8);
	checksum(memory + RSDP, 36, 32);
	set(XSDT + 36, HIGH + FACP, 8);
	set(XSDT + 44, HIGH + APIC, 8);
	set(XSDT + 52, HIGH + HPET, 8);
	set(RSDT + 36, BASE + APIC, 4);
	set(FACP + 76, 0x608, 4);
	set(FACP + 91, 4, 1);
	set(FACP + 109, BOOT_ARCH_8042, 2);
	set(FACP + 112, FADT_TIMER_32BIT | FADT_RESET_SUPPORTED, 4);
	set(FACP + 140, HIGH + DSDT, 8);
	set(HPET + 44, 0xfed00000, 8);
	put(FACP, "FACP", 276);
	put(APIC, "APIC", 44);
	put(HPET, "HPET", 56);
	put(DSDT, "DSDT", 60);
	put(XSDT, "XSDT", 60);
	put(RSDT, "RSDT", 40);
}

static void
ordinary(void **state)
{
	const struct acpi_fadt_facts *f = acpi_facts();

	build();
	acpi_init(BASE + RSDP);
	assert_non_null(acpi_table("APIC", 0));
	assert_null(acpi_table("APIC", 1));
	assert_null(acpi_table("SSDT", 0));
	assert_non_null(acpi_table("DSDT", 0));
	assert_true(f->present && f->has_8042 && f->has_cmos_rtc);
	assert_false(f->hw_reduced);
	assert_int_equal(f->pm_timer_port, 0x608);
	assert_true(f->pm_timer_32bit);
	assert_int_equal(f->hpet_base, 0xfed00000);
	assert_non_null(fadt_get());
}

static void
bad_tables(void **state)
{
	build();
	memory[APIC + 20] ^= 1;
	acpi_init(BASE + RSDP);
	assert_null(acpi_table("APIC", 0));
	assert_non_null(acpi_table("HPET", 0));

	build();
	set(XSDT + 44, 0, 8);      /* no address */
	set(XSDT + 52, 0x1000, 8); /* nothing there */
	put(XSDT, "XSDT", 60);
	acpi_init(BASE + RSDP);
	assert_null(acpi_table("HPET", 0));
	assert_int_equal(acpi_facts()->hpet_base, 0);
}

static void
bad_lengths(void **state)
{
	static const uint32_t bad[] = {
		0, 1, 35, SIZE, 0x10000000, UINT32_MAX
	};

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		build();
		set(APIC + 4, bad[i], 4);
		acpi_init(BASE + RSDP);
		assert_null(acpi_table("APIC", 0));
		build();
		set(XSDT + 4, bad[i], 4);
		acpi_init(BASE + RSDP);
		assert_non_null(acpi_table("APIC", 0)); /* by the RSDT */
		assert_null(acpi_table("HPET", 0));
	}
}

static void
no_root(void **state)
{
	acpi_init(0);
	assert_null(acpi_table("APIC", 0));
	assert_null(fadt_get());
	build();
	memory[3] = '-';
	acpi_init(BASE + RSDP);
	assert_null(acpi_table("APIC", 0));
	acpi_init(0x1000);
	assert_null(acpi_table("APIC", 0));
}

/* Revision 1: 116 bytes, no boot flags: such machines have everything. */
static void
old_fadt(void **state)
{
	struct acpi_fadt_facts facts;
	struct fadt f;

	build();
	set(FACP + 112, 0, 4);
	put(FACP, "FACP", 116);
	memory[FACP + 8] = 1;
	fadt_parse((const struct acpi_header *)(memory + FACP), &f, &facts);
	assert_true(facts.has_8042 && facts.has_cmos_rtc);
	assert_int_equal(facts.pm_timer_port, 0x608);
	assert_false(facts.pm_timer_32bit);
	assert_int_equal(f.x_dsdt, 0);
}

static void
modern_fadt(void **state)
{
	struct acpi_fadt_facts facts;
	struct fadt f;

	build();
	set(FACP + 109, BOOT_ARCH_NO_CMOS_RTC, 2);
	set(FACP + 112, FADT_HW_REDUCED, 4);
	fadt_parse((const struct acpi_header *)(memory + FACP), &f, &facts);
	assert_true(facts.hw_reduced);
	assert_false(facts.has_8042 || facts.has_cmos_rtc);
	assert_int_equal(facts.pm_timer_port, 0);

	build();
	set(FACP + 208, ACPI_MEMORY, 1);
	set(FACP + 212, 0xfe000000, 8);
	fadt_parse((const struct acpi_header *)(memory + FACP), &f, &facts);
	assert_int_equal(facts.pm_timer_port, 0);
}

static bool
s5(const void *code, size_t n, uint8_t *a, uint8_t *b)
{
	uint8_t *copy = malloc(n);
	bool found;

	memcpy(copy, code, n);
	found = aml_find_s5(copy, n, a, b);
	free(copy);
	return found;
}

static void
sleep_types(void **state)
{
	static const uint8_t plain[] = "xx\x08_S5_\x12\x06\x04\x0a\x05\x0a\x06";
	static const uint8_t root[] = "\x08\\_S5_\x12\x07\x04\x01\x00\x00\x00";
	static const uint8_t word[] =
		"\x08_S5_\x12\x08\x02\x0b\x07\x00\x0b\x03\x00";
	static const uint8_t wide[] = "\x08_S5_\x12\x46\x01\x02\x0a\x05\x01";
	static const uint8_t use[] = "\x70_S5_\x12\x06\x04\x0a\x05\x0a\x05";
	static const uint8_t big[] = "\x08_S5_\x12\x06\x04\x0a\x08\x0a\x05";
	static const uint8_t one[] = "\x08_S5_\x12\x04\x01\x0a\x05";
	uint8_t a, b;

	assert_true(s5(plain, sizeof(plain) - 1, &a, &b));
	assert_true(a == 5 && b == 6);
	assert_true(s5(root, sizeof(root) - 1, &a, &b));
	assert_true(a == 1 && b == 0);
	assert_true(s5(word, sizeof(word) - 1, &a, &b));
	assert_true(a == 7 && b == 3);
	assert_true(s5(wide, sizeof(wide) - 1, &a, &b));
	assert_true(a == 5 && b == 1);
	assert_true(s5(one, sizeof(one) - 1, &a, &b));
	assert_true(a == 5 && b == 5);
	assert_false(s5(use, sizeof(use) - 1, &a, &b));
	assert_false(s5(big, sizeof(big) - 1, &a, &b));
	for (size_t n = 0; n < sizeof(plain) - 1; n++)
		assert_false(s5(plain, n, &a, &b));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary),    cmocka_unit_test(bad_tables),
		cmocka_unit_test(bad_lengths), cmocka_unit_test(no_root),
		cmocka_unit_test(old_fadt),    cmocka_unit_test(modern_fadt),
		cmocka_unit_test(sleep_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
