/* SPDX-License-Identifier: MIT */
/* unit: kernel/firmware/madt.c */

/*
 * The MADT parser: well-formed tables, odd ones, and every truncation and
 * many corruptions of one, under the sanitizers.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "firmware/acpi.h"
#include "firmware/madt.h"

/* A table under construction. */
static uint8_t table[4096];
static uint32_t length;

static void
begin(void)
{
	static const uint8_t fixed[8] = { 0x00, 0x00, 0xe0, 0xfe, 1, 0, 0, 0 };

	memset(table, 0, sizeof(table));
	memcpy(table, "APIC", 4);
	memcpy(table + 36, fixed, sizeof(fixed));
	length = 44;
}

static void
add(const void *bytes, size_t n)
{
	memcpy(table + length, bytes, n);
	length += (uint32_t)n;
}

#define ADD(...)                                      \
	do {                                          \
		const uint8_t e_[] = { __VA_ARGS__ }; \
		add(e_, sizeof(e_));                  \
	} while (0)

#define LAPIC(id, flags) ADD(0, 8, 0, (id), (flags), 0, 0, 0)
#define X2APIC(id, flags)                                                      \
	ADD(9, 16, 0, 0, (id)&255, (id) >> 8 & 255, 0, 0, (flags), 0, 0, 0, 0, \
	    0, 0, 0)

/* In a heap block of exactly its length, so that overreads are seen. */
static struct madt
parse_n(uint32_t n, uint32_t boot)
{
	struct acpi_header *copy = malloc(n);
	struct madt m;

	memcpy(table + 4, &n, sizeof(n));
	memcpy(copy, table, n);
	madt_parse(copy, boot, &m);
	free(copy);
	return m;
}

static struct madt
parse(uint32_t boot)
{
	return parse_n(length, boot);
}

static void
pc(void)
{
	begin();
	LAPIC(0, 1);
	LAPIC(1, 1);
	LAPIC(2, 0);
	LAPIC(3, 1);
	ADD(1, 12, 7, 0, 0x00, 0x00, 0xc0, 0xfe, 0, 0, 0, 0);
	ADD(2, 10, 0, 0, 2, 0, 0, 0, 0, 0);
	ADD(2, 10, 0, 9, 9, 0, 0, 0, 0x0d, 0);
	ADD(2, 10, 0, 5, 20, 0, 0, 0, 0x0f, 0);
	ADD(4, 6, 0xff, 0, 0, 1);
}

static void
ordinary(void **state)
{
	struct madt m;

	pc();
	m = parse(1);
	assert_int_equal(m.cpus, 3);
	assert_int_equal(m.apic_id[0], 1);
	assert_int_equal(m.apic_id[1], 0);
	assert_int_equal(m.apic_id[2], 3);
	assert_int_equal(m.lapic_base, 0xfee00000);
	assert_true(m.has_8259);
	assert_int_equal(m.ioapics, 1);
	assert_int_equal(m.ioapic[0].base, 0xfec00000);
	assert_int_equal(m.ioapic[0].id, 7);
	assert_int_equal(m.isa[0].gsi, 2);
	assert_false(m.isa[0].active_low || m.isa[0].level);
	assert_int_equal(m.isa[4].gsi, 4);
	assert_true(!m.isa[9].active_low && m.isa[9].level);
	assert_int_equal(m.isa[5].gsi, 20);
	assert_true(m.isa[5].active_low && m.isa[5].level);
}

static void
nothing(void **state)
{
	struct madt m;

	madt_parse(NULL, 5, &m);
	assert_int_equal(m.cpus, 1);
	assert_int_equal(m.apic_id[0], 5);
	assert_int_equal(m.isa[15].gsi, 15);
	begin();
	m = parse(0);
	assert_int_equal(m.cpus, 1);
}

static void
wide_ids(void **state)
{
	struct madt m;

	begin();
	LAPIC(3, 1);
	X2APIC(3u, 1);
	X2APIC(300u, 1);
	LAPIC(0xff, 1);
	ADD(5, 12, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0);
	m = parse(3);
	assert_int_equal(m.cpus, 2);
	assert_int_equal(m.apic_id[1], 300);
	assert_int_equal(m.lapic_base, 1ull << 32);
}

static void
too_many(void **state)
{
	struct madt m;

	begin();
	for (unsigned i = 0; i < CPU_MAX + 10; i++)
		X2APIC(i, 1);
	for (unsigned i = 0; i < MADT_IOAPIC_MAX + 3; i++)
		ADD(1, 12, i, 0, 0, 0, i, 0xfe, i, 0, 0, 0);
	m = parse(0);
	assert_int_equal(m.cpus, CPU_MAX);
	assert_int_equal(m.cpus_ignored, 10);
	assert_int_equal(m.ioapics, MADT_IOAPIC_MAX);
}

static void
unknown_entries(void **state)
{
	struct madt m;

	begin();
	ADD(200, 2);
	ADD(16, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	ADD(2, 10, 1, 3, 99, 0, 0, 0, 0, 0);
	ADD(2, 10, 0, 16, 99, 0, 0, 0, 0, 0);
	LAPIC(8, 1);
	m = parse(0);
	assert_int_equal(m.cpus, 2);
	assert_int_equal(m.isa[3].gsi, 3);
}

static void
bad_lengths(void **state)
{
	static const uint8_t bad[] = { 0, 1, 7 };

	for (unsigned i = 0; i < sizeof(bad); i++) {
		struct madt m;

		begin();
		LAPIC(1, 1);
		ADD(0, bad[i], 0, 2, 1, 0, 0, 0);
		LAPIC(3, 1);
		m = parse(0);
		assert_int_equal(m.cpus, 2);
	}
}

static void
every_truncation(void **state)
{
	pc();
	for (uint32_t n = length; n >= sizeof(struct acpi_header); n--) {
		struct madt m = parse_n(n, 0);

		assert_in_range(m.cpus, 1, 3);
		memcpy(table + 4, &length, sizeof(length));
	}
}

static void
corruption(void **state)
{
	srand(1);
	for (unsigned round = 0; round < 20000; round++) {
		pc();
		for (unsigned i = 0; i < 4; i++)
			table[36 + rand() % (length - 36)] = (uint8_t)rand();
		assert_in_range(parse(0).cpus, 1, CPU_MAX);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary),
		cmocka_unit_test(nothing),
		cmocka_unit_test(wide_ids),
		cmocka_unit_test(too_many),
		cmocka_unit_test(unknown_entries),
		cmocka_unit_test(bad_lengths),
		cmocka_unit_test(every_truncation),
		cmocka_unit_test(corruption),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
