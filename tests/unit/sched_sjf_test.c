/* SPDX-License-Identifier: MIT */
/* unit: kernel/sched/sjf.c kernel/sched/aging.c */
#include "policy_jobs.h"

static struct policy_cpu cpu;

/* A textbook knows how long a burst will be; the policy learns it. */
static void
teach(struct thread *t, uint64_t burst_ms)
{
	*t = make_thread(0);
	t->sched.burst_ns = burst_ms * MS;
	t->sched.used_ns = burst_ms * MS;
}

struct known {
	unsigned arrival_ms, burst_ms;
};

/* Run bursts of known lengths to their ends. */
static void
run_known(const struct known *k, int n, struct schedule *out,
	  uint64_t *mean_wait_us)
{
	struct thread t[JOBS_MAX];
	uint64_t left[JOBS_MAX], sum = 0;
	int arrived = 0, done = 0;

	*out = (struct schedule){ .who = -1 };
	cpu_start(&cpu, &sched_sjf);
	for (int i = 0; i < n; i++) {
		teach(&t[i], k[i].burst_ms);
		left[i] = k[i].burst_ms * MS;
	}
	while (done < n) {
		uint64_t until = NEVER, ns;
		long who;

		while (arrived < n && k[arrived].arrival_ms * MS <= cpu.now) {
			if (cpu_add(&cpu, &t[arrived++], JOIN_WOKEN))
				cpu_pick(&cpu);
		}
		if (arrived < n)
			until = k[arrived].arrival_ms * MS;
		who = cpu.running - t;
		ns = least(left[who], until - cpu.now);
		ns = least(ns, sched_sjf.slice(&cpu.q, cpu.running));
		schedule_note(out, (int)who, ns);
		left[who] -= ns;
		cpu_run(&cpu, ns);
		if (left[who] > 0)
			continue;
		sum += cpu.now - (k[who].arrival_ms + k[who].burst_ms) * MS;
		cpu_remove(&cpu, &t[who]);
		done++;
	}
	schedule_flush(out);
	*mean_wait_us = sum / (uint64_t)n / 1000;
}

/* Silberschatz, ch. 5: 6, 8, 7, 3 at once: 7 ms on average. */
static void
test_textbook_shortest_first(UNUSED void **state)
{
	const struct known k[] = { { 0, 6 }, { 0, 8 }, { 0, 7 }, { 0, 3 } };
	struct schedule s;
	uint64_t wait_us;

	run_known(k, 4, &s, &wait_us);
	assert_string_equal(s.text, "D3 A6 C7 B8");
	assert_int_equal(wait_us, 7000);
}

/* The same, shortest remaining time first: 6.5 ms on average. */
static void
test_textbook_preemptive(UNUSED void **state)
{
	const struct known k[] = { { 0, 8 }, { 1, 4 }, { 2, 9 }, { 3, 5 } };
	struct schedule s;
	uint64_t wait_us;

	run_known(k, 4, &s, &wait_us);
	assert_string_equal(s.text, "A1 B4 D5 A7 C9");
	assert_int_equal(wait_us, 6500);
}

/* The nearly finished is not interrupted by one that is shorter in all. */
static void
test_remaining_time_counts(UNUSED void **state)
{
	const struct known k[] = { { 0, 8 }, { 6, 4 } };
	struct schedule s;
	uint64_t wait_us;

	run_known(k, 2, &s, &wait_us);
	assert_string_equal(s.text, "A8 B4");
}

/* The prediction comes within a tenth of a steady burst in four rounds. */
static void
test_prediction_learns(UNUSED void **state)
{
	struct thread t = make_thread(0);

	cpu_start(&cpu, &sched_sjf);
	cpu_add(&cpu, &t, JOIN_NEW);
	for (int i = 0; i < 6; i++) {
		cpu_run(&cpu, 2 * MS);
		cpu_remove(&cpu, &t);
		cpu_add(&cpu, &t, JOIN_WOKEN);
	}
	assert_in_range(t.sched.burst_ns, 2 * MS, 2 * MS + MS / 5);
}

static void
test_hogs_share(UNUSED void **state)
{
	struct thread t[4];

	cpu_start(&cpu, &sched_sjf);
	for (int i = 0; i < 4; i++) {
		t[i] = make_thread(0);
		cpu_add(&cpu, &t[i], JOIN_NEW);
	}
	while (cpu.now < 100000 * MS)
		cpu_run_slice(&cpu, NEVER);
	for (int i = 0; i < 4; i++)
		assert_in_range(t[i].ran_ns[0], 24000 * MS, 26000 * MS);
}

/* An endless row of short jobs does not starve a long one. */
static void
test_long_job_gets_a_turn(UNUSED void **state)
{
	struct thread hog = make_thread(0), brief[2];

	cpu_start(&cpu, &sched_sjf);
	for (int i = 0; i < 2; i++)
		teach(&brief[i], 1);
	cpu_add(&cpu, &hog, JOIN_NEW);
	cpu_run(&cpu, 2000 * MS);
	cpu_add(&cpu, &brief[0], JOIN_WOKEN);
	cpu_add(&cpu, &brief[1], JOIN_WOKEN);
	cpu_pick(&cpu);
	hog.ran_ns[0] = 0;
	while (cpu.now < 100000 * MS) {
		struct thread *who = cpu.running;

		cpu_run(&cpu, MS);
		if (who == &hog)
			continue;
		/* Asleep for no time at all: somebody short is always ready. */
		cpu_remove(&cpu, who);
		if (cpu_add(&cpu, who, JOIN_WOKEN))
			cpu_pick(&cpu);
	}
	assert_in_range(hog.ran_ns[0], 100 * MS, 1000 * MS);
}

static void
test_woken_takes_over(UNUSED void **state)
{
	struct thread hog = make_thread(0), brief;

	cpu_start(&cpu, &sched_sjf);
	teach(&brief, 1);
	cpu_add(&cpu, &hog, JOIN_NEW);
	cpu_run(&cpu, 500 * MS);
	assert_true(cpu_add(&cpu, &brief, JOIN_WOKEN));
	cpu_pick(&cpu);
	assert_ptr_equal(cpu.running, &brief);
	cpu_remove(&cpu, &brief);
	assert_ptr_equal(cpu.running, &hog);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_textbook_shortest_first),
		cmocka_unit_test(test_textbook_preemptive),
		cmocka_unit_test(test_remaining_time_counts),
		cmocka_unit_test(test_prediction_learns),
		cmocka_unit_test(test_hogs_share),
		cmocka_unit_test(test_long_job_gets_a_turn),
		cmocka_unit_test(test_woken_takes_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
