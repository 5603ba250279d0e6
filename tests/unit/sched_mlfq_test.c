/* SPDX-License-Identifier: MIT */
/* unit: kernel/sched/mlfq.c */
#include "policy_jobs.h"

#define LAST (MLFQ_LEVELS - 1)

static struct policy_cpu cpu;

/* One long job goes down a level with each allotment: 4, 8, 16 ms ... */
static void
test_textbook_long_job_sinks(UNUSED void **state)
{
	struct thread a = make_thread(0), b = make_thread(0);

	cpu_start(&cpu, &sched_mlfq);
	cpu_add(&cpu, &a, JOIN_NEW);
	cpu_add(&cpu, &b, JOIN_NEW);
	for (unsigned level = 0; level < MLFQ_LEVELS; level++) {
		for (int i = 0; i < 2; i++) {
			struct thread *t = i ? &b : &a;

			assert_ptr_equal(cpu.running, t);
			assert_int_equal(t->sched.level, level);
			assert_int_equal(cpu_run_slice(&cpu, NEVER),
					 (4 * MS) << level);
		}
	}
	assert_int_equal(a.sched.level, LAST);
}

/* A short job that comes while a long one runs is served first. */
static void
test_textbook_short_job_arrives(UNUSED void **state)
{
	struct job jobs[] = { { 0, 200 }, { 100, 12 } };
	struct schedule s;

	jobs_run(&sched_mlfq, jobs, 2, &s);
	assert_string_equal(s.text, "A100 B12 A100");
}

static void
test_equals_take_turns(UNUSED void **state)
{
	struct job jobs[] = { { 0, 12 }, { 0, 12 }, { 0, 4 } };
	struct schedule s;

	jobs_run(&sched_mlfq, jobs, 3, &s);
	assert_string_equal(s.text, "A4 B4 C4 A8 B8");
}

/* Sleeping just before the allotment ends does not save the rank. */
static void
test_pieces_are_added_up(UNUSED void **state)
{
	struct thread t = make_thread(0);

	cpu_start(&cpu, &sched_mlfq);
	cpu_add(&cpu, &t, JOIN_NEW);
	for (int i = 0; i < 3; i++) {
		cpu_run(&cpu, 3 * MS);
		cpu_remove(&cpu, &t);
		cpu_add(&cpu, &t, JOIN_WOKEN);
	}
	assert_int_equal(t.sched.level, 1);
}

static void
test_sleeper_stays_on_top_of_hogs(UNUSED void **state)
{
	struct thread hog[3], sleeper = make_thread(0);

	cpu_start(&cpu, &sched_mlfq);
	for (int i = 0; i < 3; i++) {
		hog[i] = make_thread(0);
		cpu_add(&cpu, &hog[i], JOIN_NEW);
	}
	while (cpu.now < 500 * MS)
		cpu_run_slice(&cpu, NEVER);
	for (int i = 0; i < 10; i++) {
		assert_true(cpu_add(&cpu, &sleeper, i ? JOIN_WOKEN : JOIN_NEW));
		cpu_pick(&cpu);
		assert_ptr_equal(cpu.running, &sleeper);
		cpu_run(&cpu, MS / 10);
		cpu_remove(&cpu, &sleeper);
		cpu_run(&cpu, MS);
	}
}

/* Who was displaced goes on with what was left of its turn. */
static void
test_displaced_keeps_turn_and_place(UNUSED void **state)
{
	struct job jobs[] = { { 0, 8 }, { 0, 8 }, { 9, 1 } };
	struct schedule s;

	/* A4 B4, then A at level 1 for one ms when C comes. */
	jobs_run(&sched_mlfq, jobs, 3, &s);
	assert_string_equal(s.text, "A4 B4 A1 C1 A3 B4");
}

/* A row of new jobs is always on top: only the boost serves the long one. */
static void
test_boost_saves_the_starved(UNUSED void **state)
{
	struct thread hog = make_thread(0), fresh[2];

	cpu_start(&cpu, &sched_mlfq);
	cpu_add(&cpu, &hog, JOIN_NEW);
	while (cpu.now < 300 * MS)
		cpu_run(&cpu, 10 * MS);
	hog.ran_ns[0] = 0;
	for (int i = 0; i < 2; i++) {
		fresh[i] = make_thread(0);
		cpu_add(&cpu, &fresh[i], JOIN_NEW);
	}
	cpu_pick(&cpu);
	while (cpu.now < 10300 * MS) {
		struct thread *who = cpu.running;

		cpu_run(&cpu, 2 * MS);
		if (who == &hog)
			continue;
		cpu_remove(&cpu, who);
		*who = make_thread(0);
		cpu_add(&cpu, who, JOIN_NEW);
	}
	assert_in_range(hog.ran_ns[0], 10 * 4 * MS, 11 * 6 * MS);
}

/* All at once, in the order they waited, in a few steps. */
static void
test_boost_lifts_all(UNUSED void **state)
{
	struct thread t[100];

	cpu_start(&cpu, &sched_mlfq);
	for (int i = 0; i < 100; i++) {
		t[i] = make_thread(0);
		cpu_add(&cpu, &t[i], JOIN_NEW);
	}
	while (cpu.q.mlfq.round == 1)
		cpu_run_slice(&cpu, NEVER);
	assert_int_equal(cpu.now, 1000 * MS);
	for (int i = 1; i < MLFQ_LEVELS; i++)
		assert_true(list_empty(&cpu.q.mlfq.waiting[i]));
	/* Taken from the middle: its old level must not matter. */
	for (int i = 0; i < 100; i++)
		cpu_remove(&cpu, &t[i]);
	assert_null(cpu.running);
	for (int i = 0; i < 100; i++)
		assert_int_equal(t[i].sched.level, 0);
}

static void
test_moving_keeps_the_level(UNUSED void **state)
{
	struct policy_cpu other;
	struct thread a = make_thread(0), b = make_thread(0);

	cpu_start(&cpu, &sched_mlfq);
	cpu_start(&other, &sched_mlfq);
	other.q.mlfq.round = 7;
	cpu_add(&cpu, &a, JOIN_NEW);
	cpu_run(&cpu, 5 * MS);
	cpu_run(&cpu, 9 * MS);
	assert_int_equal(a.sched.level, 2);
	cpu_remove(&cpu, &a);
	cpu_add(&other, &b, JOIN_NEW);
	assert_false(cpu_add(&other, &a, JOIN_MOVED));
	assert_ptr_equal(
		list_first(&other.q.mlfq.waiting[2], struct thread, sched.link),
		&a);
}

static void
test_yield_goes_behind_equals(UNUSED void **state)
{
	struct thread t[3];

	cpu_start(&cpu, &sched_mlfq);
	for (int i = 0; i < 3; i++) {
		t[i] = make_thread(0);
		cpu_add(&cpu, &t[i], JOIN_NEW);
	}
	for (int i = 0; i < 100; i++) {
		assert_ptr_equal(cpu.running, &t[i % 3]);
		cpu_yield(&cpu);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_textbook_long_job_sinks),
		cmocka_unit_test(test_textbook_short_job_arrives),
		cmocka_unit_test(test_equals_take_turns),
		cmocka_unit_test(test_pieces_are_added_up),
		cmocka_unit_test(test_sleeper_stays_on_top_of_hogs),
		cmocka_unit_test(test_displaced_keeps_turn_and_place),
		cmocka_unit_test(test_boost_saves_the_starved),
		cmocka_unit_test(test_boost_lifts_all),
		cmocka_unit_test(test_moving_keeps_the_level),
		cmocka_unit_test(test_yield_goes_behind_equals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
