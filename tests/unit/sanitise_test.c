/* SPDX-License-Identifier: MIT */
/* unit: kernel/arch/x86_64/trap_frame.c */

/*
 * What a program may make of its registers: every flag, edge addresses, and a
 * million random states.  The emulator enforces none of this.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/mmu.h"
#include "arch/trap.h"

#define USER_CS 0x33
#define USER_SS 0x2b

/* CF PF AF ZF SF TF DF OF RF AC ID */
#define MAY  0x00250dd5ull
#define MUST 0x00000202ull

static struct trap_frame
sane(void)
{
	struct trap_frame f = { .orig_rax = (uint64_t)-1 };

	trap_frame_start_user(&f, 0x401000, 0x7ffffff0);
	return f;
}

/* Canonical, by the definition: bits 63 to 47 all equal. */
static bool
canonical(uint64_t va)
{
	return (uint64_t)((int64_t)(va << 16) >> 16) == va;
}

static void
start_is_sane(void **state)
{
	struct trap_frame f = sane(), g = f;

	assert_true(trap_frame_sanitise(&f));
	assert_memory_equal(&f, &g, sizeof(f));
	assert_int_equal(f.rip, 0x401000);
	assert_int_equal(f.rsp, 0x7ffffff0);
	assert_int_equal(trap_syscall_nr(&f), -1);
	assert_true(trap_from_user(&f));
}

static void
each_flag(void **state)
{
	for (unsigned bit = 0; bit < 64; bit++) {
		struct trap_frame f = sane();

		f.rflags = 1ull << bit;
		assert_true(trap_frame_sanitise(&f));
		assert_int_equal(f.rflags, ((1ull << bit) & MAY) | MUST);
	}
}

static void
selectors(void **state)
{
	static const uint64_t bad[] = { 0,    3,    0x10,   0x18,      0x08,
					0x23, 0x40, 0xffff, UINT64_MAX };

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct trap_frame f = sane();

		f.cs = f.ss = bad[i];
		assert_true(trap_frame_sanitise(&f));
		assert_int_equal(f.cs, USER_CS);
		assert_int_equal(f.ss, USER_SS);
	}
}

static void
edge_addresses(void **state)
{
	static const struct {
		uint64_t va;
		bool pc, sp;
	} edges[] = {
		{ 0, true, true },
		{ 1, true, true },
		{ USER_TOP - 2, true, true },
		{ USER_TOP - 1, true, true },
		{ USER_TOP, false, true },
		{ USER_TOP + 1, false, false },
		{ 0x7fffffffffff, false, false },
		{ 0x800000000000, false, false },
		{ 0x800000000001, false, false },
		{ 0xffff7fffffffffff, false, false },
		{ 0xffff800000000000, false, false },
		{ 0xffffffff80000000, false, false },
		{ UINT64_MAX, false, false },
	};

	for (unsigned i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		struct trap_frame f = sane();

		f.rip = edges[i].va;
		assert_int_equal(trap_frame_sanitise(&f), edges[i].pc);
		f = sane();
		f.rsp = edges[i].va;
		assert_int_equal(trap_frame_sanitise(&f), edges[i].sp);
	}
}

static uint64_t
next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Whatever passes may be given to SYSRET and IRETQ. */
static void
random_states(void **state)
{
	uint64_t seed = 88172645463325252ull;

	for (unsigned i = 0; i < 1u << 20; i++) {
		struct trap_frame f;
		uint64_t *word = (uint64_t *)&f;

		for (unsigned w = 0; w < sizeof(f) / 8; w++)
			word[w] = next(&seed) >> (next(&seed) & 63);
		if (trap_frame_sanitise(&f)) {
			assert_true(canonical(f.rip) && f.rip < USER_TOP);
			assert_true(canonical(f.rsp) && f.rsp <= USER_TOP);
		}
		assert_int_equal(f.rflags & ~(MAY | MUST), 0);
		assert_int_equal(f.rflags & MUST, MUST);
		assert_int_equal(f.cs, USER_CS);
		assert_int_equal(f.ss, USER_SS);
	}
}

static void
restart(void **state)
{
	struct trap_frame f = sane();

	f.orig_rax = 7;
	f.rax = (uint64_t)-4;
	trap_restart_syscall(&f);
	assert_int_equal(f.rax, 7);
	assert_int_equal(f.rip, 0x401000 - 2);
	assert_int_equal(trap_syscall_nr(&f), -1);
	trap_restart_syscall_as(&f, 219);
	assert_int_equal(f.rax, 219);
	assert_int_equal(f.rip, 0x401000 - 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(start_is_sane),
		cmocka_unit_test(each_flag),
		cmocka_unit_test(selectors),
		cmocka_unit_test(edge_addresses),
		cmocka_unit_test(random_states),
		cmocka_unit_test(restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
