/* SPDX-License-Identifier: MIT */
/* unit: kernel/sched/priority.c kernel/sched/aging.c */
#include "policy_jobs.h"

static struct policy_cpu cpu;

/*
 * Silberschatz, ch. 5: lengths 10, 1, 2, 1, 5 with priorities 3, 1, 4, 5, 2
 * (1 the best): B E A C D, 8.2 ms on average.
 */
static void
test_textbook(UNUSED void **state)
{
	struct job jobs[] = {
		{ 0, 10, 3 }, { 0, 1, 1 }, { 0, 2, 4 }, { 0, 1, 5 }, { 0, 5, 2 }
	};
	struct schedule s;

	jobs_run(&sched_priority, jobs, 5, &s);
	assert_string_equal(s.text, "B1 E5 A10 C2 D1");
	assert_int_equal(jobs_mean_wait_us(jobs, 5), 8200);
}

static void
test_preemptive(UNUSED void **state)
{
	struct job jobs[] = { { 0, 10, 5 }, { 2, 4, 0 }, { 3, 2, -5 } };
	struct schedule s;

	jobs_run(&sched_priority, jobs, 3, &s);
	assert_string_equal(s.text, "A2 B1 C2 B3 A8");
}

static void
test_equals_take_turns(UNUSED void **state)
{
	struct job jobs[] = { { 0, 50 }, { 0, 30 }, { 0, 40 } };
	struct schedule s;

	jobs_run(&sched_priority, jobs, 3, &s);
	assert_string_equal(s.text, "A20 B20 C20 A20 B10 C20 A10");
}

/* Also after it ran alone for long, with nobody to end its turn. */
static void
test_better_takes_over_from_one_long_alone(UNUSED void **state)
{
	struct thread a = make_thread(0), b = make_thread(-1),
		      c = make_thread(0);

	cpu_start(&cpu, &sched_priority);
	cpu_add(&cpu, &a, JOIN_NEW);
	sched_priority.charge(&cpu.q, &a, 60000 * MS);
	assert_false(cpu_add(&cpu, &c, JOIN_WOKEN));
	assert_true(cpu_add(&cpu, &b, JOIN_WOKEN));
	cpu_pick(&cpu);
	assert_ptr_equal(cpu.running, &b);
}

/* Turns are whole ones, however long everybody has waited. */
static void
test_ageing_does_not_cut_turns(UNUSED void **state)
{
	struct thread t[30];

	cpu_start(&cpu, &sched_priority);
	for (int i = 0; i < 30; i++) {
		t[i] = make_thread(0);
		cpu_add(&cpu, &t[i], JOIN_NEW);
	}
	for (int turn = 0; turn < 3000; turn++) {
		assert_ptr_equal(cpu.running, &t[turn % 30]);
		assert_int_equal(cpu_run_slice(&cpu, NEVER), 20 * MS);
	}
}

/* 39 levels of 100 ms: one turn of 20 ms in 3.9 s. */
static void
test_worst_beside_best_is_not_starved(UNUSED void **state)
{
	struct thread best = make_thread(-20), worst = make_thread(19),
		      idle = make_thread(0);

	cpu_start(&cpu, &sched_priority);
	idle.idle_policy = true;
	cpu_add(&cpu, &best, JOIN_NEW);
	cpu_add(&cpu, &worst, JOIN_NEW);
	cpu_add(&cpu, &idle, JOIN_NEW);
	while (cpu.now < 60000 * MS)
		cpu_run_slice(&cpu, NEVER);
	assert_in_range(worst.ran_ns[0], 13 * 20 * MS, 16 * 20 * MS);
	assert_in_range(idle.ran_ns[0], 8 * 20 * MS, 11 * 20 * MS);
}

/* What it has waited on another CPU counts here. */
static void
test_moving_keeps_the_waiting(UNUSED void **state)
{
	struct policy_cpu other;
	struct thread a = make_thread(0), b = make_thread(1),
		      c = make_thread(0);

	cpu_start(&other, &sched_priority);
	cpu_start(&cpu, &sched_priority);
	cpu_add(&other, &a, JOIN_NEW);
	cpu_add(&other, &b, JOIN_NEW);
	sched_priority.charge(&other.q, &a, 90 * MS);
	cpu_add(&cpu, &c, JOIN_NEW);
	sched_priority.charge(&cpu.q, &c, 15 * MS);
	cpu_remove(&other, &b);
	/* After 90 ms it is 10 ms short of a level, at 15 ms by this clock. */
	assert_false(cpu_add(&cpu, &b, JOIN_MOVED));
	assert_int_equal(cpu_run_slice(&cpu, NEVER), 5 * MS);
	assert_ptr_equal(cpu.running, &c);
	assert_int_equal(cpu_run_slice(&cpu, NEVER), 20 * MS);
	assert_ptr_equal(cpu.running, &b);
}

static void
test_sleepers_leave_and_come_back(UNUSED void **state)
{
	struct thread t[8];

	cpu_start(&cpu, &sched_priority);
	for (int i = 0; i < 8; i++)
		t[i] = make_thread(i * 5 - 20);
	for (int i = 0; i < 100000; i++) {
		struct thread *who = &t[random_below(8)];

		if (who->queued)
			cpu_remove(&cpu, who);
		else if (cpu_add(&cpu, who, JOIN_WOKEN))
			cpu_pick(&cpu);
		if (cpu.running)
			cpu_run(&cpu, random_below(30 * MS));
		if (cpu.running)
			assert_true(cpu.running->queued);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_textbook),
		cmocka_unit_test(test_preemptive),
		cmocka_unit_test(test_equals_take_turns),
		cmocka_unit_test(test_better_takes_over_from_one_long_alone),
		cmocka_unit_test(test_ageing_does_not_cut_turns),
		cmocka_unit_test(test_worst_beside_best_is_not_starved),
		cmocka_unit_test(test_moving_keeps_the_waiting),
		cmocka_unit_test(test_sleepers_leave_and_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
