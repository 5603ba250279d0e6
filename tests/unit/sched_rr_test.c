/* SPDX-License-Identifier: MIT */
/* unit: kernel/sched/rr.c */
#include "policy_cpu.h"

#define QUANTUM (20 * MS)

static struct policy_cpu cpu;

static void
test_everyone_in_turn(UNUSED void **state)
{
	struct thread t[5];

	cpu_start(&cpu, &sched_rr);
	for (int i = 0; i < 5; i++) {
		t[i] = make_thread(i * 4);
		cpu_add(&cpu, &t[i], JOIN_NEW);
	}
	for (int turn = 0; turn < 1000; turn++) {
		assert_ptr_equal(cpu.running, &t[turn % 5]);
		assert_int_equal(cpu_run_slice(&cpu, NEVER), QUANTUM);
	}
}

static void
test_turn_is_not_cut_short(UNUSED void **state)
{
	struct thread a = make_thread(0), b = make_thread(-20);

	cpu_start(&cpu, &sched_rr);
	cpu_add(&cpu, &a, JOIN_NEW);
	cpu_run(&cpu, MS);
	assert_false(cpu_add(&cpu, &b, JOIN_WOKEN));
	cpu_pick(&cpu);
	assert_ptr_equal(cpu.running, &a);
	assert_int_equal(cpu_run_slice(&cpu, NEVER), QUANTUM - MS);
	assert_ptr_equal(cpu.running, &b);
}

static void
test_yield_goes_to_the_end(UNUSED void **state)
{
	struct thread t[3];

	cpu_start(&cpu, &sched_rr);
	for (int i = 0; i < 3; i++) {
		t[i] = make_thread(0);
		cpu_add(&cpu, &t[i], JOIN_NEW);
	}
	for (int i = 0; i < 100; i++) {
		assert_ptr_equal(cpu.running, &t[i % 3]);
		cpu_run(&cpu, 100);
		cpu_yield(&cpu);
	}
}

static void
test_sleepers_leave_and_come_back(UNUSED void **state)
{
	struct thread t[8];

	cpu_start(&cpu, &sched_rr);
	for (int i = 0; i < 8; i++)
		t[i] = make_thread(0);
	for (int i = 0; i < 100000; i++) {
		struct thread *who = &t[random_below(8)];

		if (who->queued)
			cpu_remove(&cpu, who);
		else
			cpu_add(&cpu, who, JOIN_WOKEN);
		if (cpu.running)
			cpu_run(&cpu, random_below(30 * MS));
		if (cpu.running)
			assert_true(cpu.running->queued);
	}
}

static void
test_changing_keeps_the_turn(UNUSED void **state)
{
	struct thread a = make_thread(0), b = make_thread(0);

	cpu_start(&cpu, &sched_rr);
	cpu_add(&cpu, &a, JOIN_NEW);
	cpu_add(&cpu, &b, JOIN_NEW);
	cpu_run(&cpu, 15 * MS);
	sched_rr.leave(&cpu.q, &a);
	sched_rr.join(&cpu.q, &a, JOIN_CHANGED);
	assert_int_equal(cpu_run_slice(&cpu, NEVER), 5 * MS);
	assert_ptr_equal(cpu.running, &b);
}

static void
test_movable_minds_affinity(UNUSED void **state)
{
	struct thread a = make_thread(0), b = make_thread(0);

	cpu_start(&cpu, &sched_rr);
	cpu_add(&cpu, &a, JOIN_NEW);
	assert_null(sched_rr.movable(&cpu.q, 1));
	b.affinity = CPUMASK(1);
	cpu_add(&cpu, &b, JOIN_NEW);
	assert_ptr_equal(sched_rr.movable(&cpu.q, 1), &b);
	assert_null(sched_rr.movable(&cpu.q, 2));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everyone_in_turn),
		cmocka_unit_test(test_turn_is_not_cut_short),
		cmocka_unit_test(test_yield_goes_to_the_end),
		cmocka_unit_test(test_sleepers_leave_and_come_back),
		cmocka_unit_test(test_changing_keeps_the_turn),
		cmocka_unit_test(test_movable_minds_affinity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
