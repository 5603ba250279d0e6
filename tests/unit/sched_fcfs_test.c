/* SPDX-License-Identifier: MIT */
/* unit: kernel/sched/fcfs.c */
#include "policy_jobs.h"

/* Silberschatz, ch. 5: 24, 3, 3 wait 17 ms on average; 3, 3, 24 wait 3. */
static void
test_textbook(UNUSED void **state)
{
	struct job late[] = { { 0, 24 }, { 0, 3 }, { 0, 3 } };
	struct job soon[] = { { 0, 3 }, { 0, 3 }, { 0, 24 } };
	struct schedule s;

	jobs_run(&sched_fcfs, late, 3, &s);
	assert_string_equal(s.text, "A24 B3 C3");
	assert_int_equal(jobs_mean_wait_us(late, 3), 17000);
	jobs_run(&sched_fcfs, soon, 3, &s);
	assert_string_equal(s.text, "A3 B3 C24");
	assert_int_equal(jobs_mean_wait_us(soon, 3), 3000);
}

static void
test_order_of_arrival_whatever_the_length(UNUSED void **state)
{
	struct job jobs[] = {
		{ 3, 1, -20 }, { 0, 500, 19 }, { 2, 90 }, { 1, 7 }
	};
	struct schedule s;

	jobs_run(&sched_fcfs, jobs, 4, &s);
	assert_string_equal(s.text, "B500 D7 C90 A1");
}

static void
test_nothing_cuts_a_turn_short(UNUSED void **state)
{
	struct policy_cpu cpu;
	struct thread a = make_thread(0), b = make_thread(-20);

	cpu_start(&cpu, &sched_fcfs);
	cpu_add(&cpu, &a, JOIN_NEW);
	assert_false(cpu_add(&cpu, &b, JOIN_WOKEN));
	assert_true(sched_fcfs.slice(&cpu.q, &a) == NEVER);
	for (int i = 0; i < 1000; i++) {
		cpu_run(&cpu, 10 * MS);
		assert_ptr_equal(cpu.running, &a);
	}
}

static void
test_yield_takes_a_new_ticket(UNUSED void **state)
{
	struct policy_cpu cpu;
	struct thread t[3];

	cpu_start(&cpu, &sched_fcfs);
	for (int i = 0; i < 3; i++) {
		t[i] = make_thread(0);
		cpu_add(&cpu, &t[i], JOIN_NEW);
	}
	for (int i = 0; i < 100; i++) {
		assert_ptr_equal(cpu.running, &t[i % 3]);
		cpu_yield(&cpu);
	}
}

/* A realtime thread takes the CPU: runq.c puts the displaced one back. */
static void
test_displaced_keeps_its_place(UNUSED void **state)
{
	struct policy_cpu cpu;
	struct thread a = make_thread(0), b = make_thread(0);

	cpu_start(&cpu, &sched_fcfs);
	cpu_add(&cpu, &a, JOIN_NEW);
	cpu_add(&cpu, &b, JOIN_NEW);
	sched_fcfs.put(&cpu.q, &a);
	cpu.running = NULL;
	cpu_pick(&cpu);
	assert_ptr_equal(cpu.running, &a);
}

static void
test_movable_minds_affinity(UNUSED void **state)
{
	struct policy_cpu cpu;
	struct thread a = make_thread(0), b = make_thread(0),
		      c = make_thread(0);

	cpu_start(&cpu, &sched_fcfs);
	cpu_add(&cpu, &a, JOIN_NEW);
	assert_null(sched_fcfs.movable(&cpu.q, 1));
	b.affinity = CPUMASK(1);
	cpu_add(&cpu, &b, JOIN_NEW);
	cpu_add(&cpu, &c, JOIN_NEW);
	assert_ptr_equal(sched_fcfs.movable(&cpu.q, 1), &c);
	c.affinity = CPUMASK(0);
	assert_ptr_equal(sched_fcfs.movable(&cpu.q, 1), &b);
	assert_null(sched_fcfs.movable(&cpu.q, 2));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_textbook),
		cmocka_unit_test(test_order_of_arrival_whatever_the_length),
		cmocka_unit_test(test_nothing_cuts_a_turn_short),
		cmocka_unit_test(test_yield_takes_a_new_ticket),
		cmocka_unit_test(test_displaced_keeps_its_place),
		cmocka_unit_test(test_movable_minds_affinity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
