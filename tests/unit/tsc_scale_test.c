/* SPDX-License-Identifier: MIT */
/* unit: */

/*
 * The clock's multiplication against exact 128-bit division.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/x86_64/tsc_scale.h"

static const uint64_t rates[] = { 100000000,  999999999,  1000000000,
				  1000000001, 2593377000, 4294967296,
				  5800000000, 19999999999 };

static uint64_t
exact(uint64_t value, uint64_t to, uint64_t from)
{
	return (uint64_t)((unsigned __int128)value * to / from);
}

static void
ratios(void **state)
{
	assert_int_equal(scale_ratio(1, 1), 1ull << 32);
	assert_int_equal(scale_ratio(1, 2), 1ull << 31);
	assert_int_equal(scale_ratio(3, 2), 3ull << 31);
	assert_int_equal(scale_ratio(0, 7), 0);
	assert_int_equal(scale_ratio(1, UINT64_MAX), 0);
	/* The remainder's top bit is lost by the shift: the carry counts. */
	assert_int_equal(scale_ratio(UINT64_MAX - 1, UINT64_MAX), UINT32_MAX);
	for (unsigned i = 0; i < ARRAY_SIZE(rates); i++)
		assert_int_equal(scale_ratio(1000000000, rates[i]),
				 exact(1000000000, 1ull << 32, rates[i]));
}

/* Off by less than one part in 4 * 10^9, and one unit of rounding. */
static void
against_division(void **state)
{
	static const uint64_t values[] = { 0,          1,          999,
					   1000000000, 1ull << 40, 1ull << 55,
					   1ull << 59 };

	for (unsigned r = 0; r < ARRAY_SIZE(rates); r++) {
		uint64_t ratio = scale_ratio(1000000000, rates[r]);

		for (unsigned v = 0; v < ARRAY_SIZE(values); v++) {
			uint64_t want = exact(values[v], 1000000000, rates[r]);
			uint64_t got = scale(values[v], ratio);

			assert_true(got <= want);
			assert_true(want - got <= (values[v] >> 32) + 1);
		}
	}
}

/* A deadline must not come before its time by more than rounding. */
static void
there_and_back(void **state)
{
	for (unsigned r = 0; r < ARRAY_SIZE(rates); r++) {
		uint64_t to_ns = scale_ratio(1000000000, rates[r]);
		uint64_t to_tsc = scale_ratio(rates[r], 1000000000);

		for (uint64_t ns = 1; ns < 1ull << 56; ns = ns * 3 + 1) {
			uint64_t back = scale(scale(ns, to_tsc) + 1, to_ns);

			assert_true(back <= ns + 11);
			assert_true(ns - (back < ns ? back : ns) <=
				    1 + (ns >> 26));
		}
	}
}

static void
monotonic(void **state)
{
	uint64_t ratio = scale_ratio(1000000000, 2593377000), last = 0;

	for (uint64_t tsc = 0; tsc < 1000000; tsc++) {
		uint64_t ns = scale(tsc, ratio);

		assert_true(ns >= last);
		last = ns;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ratios),
		cmocka_unit_test(against_division),
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(monotonic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
