/* SPDX-License-Identifier: MIT */
/* unit: kernel/sched/rt.c */
#include "policy_cpu.h"

#define QUANTUM (100 * MS)

static struct policy_cpu cpu;

static struct thread
make_rt(enum sched_class c, int priority)
{
	struct thread t = make_thread(0);

	t.sched_class = (uint8_t)c;
	t.rt_priority = (uint8_t)priority;
	return t;
}

static void
test_highest_priority_first(UNUSED void **state)
{
	struct thread t[99];

	cpu_start(&cpu, &sched_rt);
	for (int i = 0; i < 99; i++) {
		t[i] = make_rt(SCHED_CLASS_FIFO, 1 + (i * 37) % 99);
		cpu_add(&cpu, &t[i], JOIN_NEW);
	}
	cpu_pick(&cpu);
	for (int p = 99; p > 0; p--) {
		assert_int_equal(cpu.running->rt_priority, p);
		cpu_remove(&cpu, cpu.running);
	}
	assert_null(cpu.running);
}

static void
test_displaced_keeps_its_place(UNUSED void **state)
{
	struct thread a = make_rt(SCHED_CLASS_FIFO, 10),
		      b = make_rt(SCHED_CLASS_FIFO, 10),
		      high = make_rt(SCHED_CLASS_FIFO, 11);

	cpu_start(&cpu, &sched_rt);
	cpu_add(&cpu, &a, JOIN_NEW);
	assert_false(cpu_add(&cpu, &b, JOIN_NEW));
	assert_true(cpu_add(&cpu, &high, JOIN_WOKEN));
	cpu_pick(&cpu);
	assert_ptr_equal(cpu.running, &high);
	cpu_remove(&cpu, &high);
	assert_ptr_equal(cpu.running, &a);
}

static void
test_fifo_has_no_slice(UNUSED void **state)
{
	struct thread a = make_rt(SCHED_CLASS_FIFO, 10),
		      b = make_rt(SCHED_CLASS_FIFO, 10);

	cpu_start(&cpu, &sched_rt);
	cpu_add(&cpu, &a, JOIN_NEW);
	cpu_add(&cpu, &b, JOIN_NEW);
	assert_true(sched_rt.slice(&cpu.q, &a) == NEVER);
	cpu_run(&cpu, 3600 * NSEC_PER_SEC);
	assert_ptr_equal(cpu.running, &a);
	cpu_yield(&cpu);
	assert_ptr_equal(cpu.running, &b);
	cpu_yield(&cpu);
	assert_ptr_equal(cpu.running, &a);
}

static void
test_rr_shares_with_equals_only(UNUSED void **state)
{
	struct thread a = make_rt(SCHED_CLASS_RR, 10),
		      b = make_rt(SCHED_CLASS_RR, 10),
		      low = make_rt(SCHED_CLASS_RR, 9);

	cpu_start(&cpu, &sched_rt);
	cpu_add(&cpu, &a, JOIN_NEW);
	cpu_add(&cpu, &low, JOIN_NEW);
	assert_true(sched_rt.slice(&cpu.q, &a) == NEVER);
	cpu_add(&cpu, &b, JOIN_NEW);
	for (int i = 0; i < 100; i++) {
		assert_ptr_equal(cpu.running, i % 2 ? &b : &a);
		assert_int_equal(cpu_run_slice(&cpu, NEVER), QUANTUM);
	}
	assert_int_equal(low.ran_ns[0], 0);
}

/* Alone at its priority it yields to nobody, and loses nothing by it. */
static void
test_yield_without_equals(UNUSED void **state)
{
	struct thread a = make_rt(SCHED_CLASS_RR, 10),
		      low = make_rt(SCHED_CLASS_RR, 9),
		      equal = make_rt(SCHED_CLASS_RR, 10);

	cpu_start(&cpu, &sched_rt);
	cpu_add(&cpu, &a, JOIN_NEW);
	cpu_add(&cpu, &low, JOIN_NEW);
	cpu_yield(&cpu);
	assert_ptr_equal(cpu.running, &a);
	cpu_add(&cpu, &equal, JOIN_NEW);
	cpu_pick(&cpu);
	assert_ptr_equal(cpu.running, &a);
}

static void
check_highest(const struct thread *t, int n)
{
	int best = 0;

	for (int i = 0; i < n; i++) {
		if (t[i].queued && t[i].rt_priority > best)
			best = t[i].rt_priority;
	}
	if (best == 0)
		assert_null(cpu.running);
	else
		assert_int_equal(cpu.running->rt_priority, best);
}

static void
test_random(UNUSED void **state)
{
	struct thread t[20];

	cpu_start(&cpu, &sched_rt);
	for (int i = 0; i < 20; i++)
		t[i] = make_rt(i % 2 ? SCHED_CLASS_RR : SCHED_CLASS_FIFO,
			       1 + (int)random_below(99));
	for (int i = 0; i < 200000; i++) {
		struct thread *who = &t[random_below(20)];

		if (who->queued) {
			cpu_remove(&cpu, who);
			who->rt_priority = (uint8_t)(1 + random_below(99));
		} else {
			cpu_add(&cpu, who, JOIN_WOKEN);
		}
		if (cpu.running && random_below(4) == 0)
			cpu_yield(&cpu);
		if (cpu.running)
			cpu_run(&cpu, random_below(150 * MS));
		check_highest(t, 20);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_highest_priority_first),
		cmocka_unit_test(test_displaced_keeps_its_place),
		cmocka_unit_test(test_fifo_has_no_slice),
		cmocka_unit_test(test_rr_shares_with_equals_only),
		cmocka_unit_test(test_yield_without_equals),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
