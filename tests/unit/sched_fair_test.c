/* SPDX-License-Identifier: MIT */
/* unit: kernel/sched/fair.c */
#include "policy_cpu.h"

#define SLICE (3 * MS)

static struct policy_cpu cpu;

/* --- weights ------------------------------------------------------------- */

/* Neighbouring nice values differ by a factor of 1.25, as on Linux. */
static void
test_nice_is_a_quarter(UNUSED void **state)
{
	for (int nice = -20; nice < 10; nice++) {
		struct thread a = make_thread(nice), b = make_thread(nice + 1);
		double ratio =
			(double)sched_weight(&a) / (double)sched_weight(&b);

		assert_true(ratio > 1.24 && ratio < 1.26);
	}
	for (int nice = 10; nice < 19; nice++) {
		struct thread a = make_thread(nice), b = make_thread(nice + 1);
		double ratio =
			(double)sched_weight(&a) / (double)sched_weight(&b);

		assert_true(ratio > 1.18 && ratio < 1.30);
	}
	struct thread normal = make_thread(0), idle = make_thread(0);

	idle.idle_policy = true;
	assert_int_equal(sched_weight(&normal), 1024);
	assert_true(sched_weight(&idle) <
		    sched_weight(&(struct thread){ .nice = 19 }));
}

/* --- shares -------------------------------------------------------------- */

#define HOGS 12

static double
share_error_slices(const struct thread *t, uint64_t total_ns,
		   uint64_t total_weight)
{
	double ideal = (double)total_ns * (double)sched_weight(t) /
		       (double)total_weight;
	double off = (double)t->ran_ns[0] - ideal;

	return (off < 0 ? -off : off) / (double)SLICE;
}

/* Who only computes gets time by weight, to within a slice or two. */
static void
test_shares_follow_weights(UNUSED void **state)
{
	struct thread hogs[HOGS];

	for (int round = 0; round < 50; round++) {
		uint64_t weights = 0;

		cpu_start(&cpu, &sched_fair);
		for (int i = 0; i < HOGS; i++) {
			hogs[i] = make_thread((int)random_below(40) - 20);
			weights += sched_weight(&hogs[i]);
			cpu_add(&cpu, &hogs[i], JOIN_NEW);
		}
		while (cpu.now < 3000 * MS)
			cpu_run_slice(&cpu, 1000 * MS);
		for (int i = 0; i < HOGS; i++)
			assert_true(share_error_slices(&hogs[i], cpu.now,
						       weights) < 2.0);
	}
}

/* One nice step is 10 % of the CPU for one of two threads. */
static void
test_two_hogs_one_step_apart(UNUSED void **state)
{
	struct thread a = make_thread(0), b = make_thread(1);
	double ratio;

	cpu_start(&cpu, &sched_fair);
	cpu_add(&cpu, &a, JOIN_NEW);
	cpu_add(&cpu, &b, JOIN_NEW);
	while (cpu.now < 10000 * MS)
		cpu_run_slice(&cpu, 1000 * MS);
	ratio = (double)a.ran_ns[0] / (double)b.ran_ns[0];
	assert_true(ratio > 1.24 && ratio < 1.26);
}

/* Turns are cut by the timer only, so equals alternate slice by slice. */
static void
test_equals_alternate(UNUSED void **state)
{
	struct thread a = make_thread(0), b = make_thread(0);
	struct thread *before;

	cpu_start(&cpu, &sched_fair);
	cpu_add(&cpu, &a, JOIN_NEW);
	cpu_add(&cpu, &b, JOIN_NEW);
	cpu_run_slice(&cpu, NEVER);
	for (int i = 0; i < 1000; i++) {
		before = cpu.running;
		assert_in_range(cpu_run_slice(&cpu, NEVER), 1, SLICE);
		assert_ptr_not_equal(cpu.running, before);
	}
}

/* The least of all gets its share among the mightiest. */
static void
test_nobody_starves(UNUSED void **state)
{
	struct thread mighty[30], poor = make_thread(19);
	uint64_t weights = sched_weight(&poor);

	cpu_start(&cpu, &sched_fair);
	for (int i = 0; i < 30; i++) {
		mighty[i] = make_thread(-20);
		weights += sched_weight(&mighty[i]);
		cpu_add(&cpu, &mighty[i], JOIN_NEW);
	}
	cpu_add(&cpu, &poor, JOIN_NEW);
	while (poor.ran_ns[0] < 10 * MS && cpu.now < 10000000 * MS)
		cpu_run_slice(&cpu, NEVER);
	assert_true(poor.ran_ns[0] >= 10 * MS);
	assert_true(share_error_slices(&poor, cpu.now, weights) < 2.0);
}

/* --- waking -------------------------------------------------------------- */

/*
 * One that wakes now and then for a moment, among hogs, waits for the slices
 * of those before it and no longer.
 */
static void
test_waker_is_served_soon(UNUSED void **state)
{
	enum {
		N = 4
	};
	struct thread hogs[N], waker = make_thread(0);
	uint64_t worst = 0, sum = 0;

	cpu_start(&cpu, &sched_fair);
	for (int i = 0; i < N; i++) {
		hogs[i] = make_thread(0);
		cpu_add(&cpu, &hogs[i], JOIN_NEW);
	}
	for (int wakes = 0; wakes < 1000; wakes++) {
		uint64_t until = cpu.now + 20 * MS + random_below(MS);
		uint64_t woken;

		while (cpu.now < until)
			cpu_run_slice(&cpu, until - cpu.now);
		woken = cpu.now;
		if (cpu_add(&cpu, &waker, JOIN_WOKEN))
			cpu_pick(&cpu);
		while (cpu.running != &waker)
			cpu_run_slice(&cpu, NEVER);
		sum += cpu.now - woken;
		worst = cpu.now - woken > worst ? cpu.now - woken : worst;
		cpu_run(&cpu, MS / 10);
		while (cpu.running != &waker)
			cpu_run_slice(&cpu, NEVER);
		cpu_remove(&cpu, &waker);
	}
	assert_true(worst <= (N + 1) * SLICE);
	assert_true(sum / 1000 <= N * SLICE);
}

/* Having slept for long is no claim to more than a slice. */
static void
test_sleep_earns_no_credit(UNUSED void **state)
{
	struct thread hog = make_thread(0), sleeper = make_thread(0);
	uint64_t alone = 0;

	cpu_start(&cpu, &sched_fair);
	cpu_add(&cpu, &hog, JOIN_NEW);
	cpu_add(&cpu, &sleeper, JOIN_NEW);
	while (cpu.running != &sleeper)
		cpu_run_slice(&cpu, NEVER);
	cpu_remove(&cpu, &sleeper);
	cpu_run(&cpu, 100000 * MS);
	cpu_add(&cpu, &sleeper, JOIN_WOKEN);
	cpu_pick(&cpu);
	for (int i = 0; i < 100; i++) {
		struct thread *t = cpu.running;
		uint64_t ns = cpu_run_slice(&cpu, NEVER);

		alone = t == &sleeper ? alone + ns : 0;
		assert_true(alone <= 3 * SLICE);
	}
}

/* Nor does a nap wipe out what was used before. */
static void
test_nap_keeps_debt(UNUSED void **state)
{
	struct thread hog = make_thread(0), napper = make_thread(0);

	cpu_start(&cpu, &sched_fair);
	cpu_add(&cpu, &hog, JOIN_NEW);
	cpu_add(&cpu, &napper, JOIN_NEW);
	while (cpu.now < 2000 * MS) {
		bool used_slice = cpu.running == &napper;

		cpu_run_slice(&cpu, NEVER);
		/* The trick: sleep for an instant after each turn. */
		if (used_slice) {
			cpu_remove(&cpu, &napper);
			cpu_add(&cpu, &napper, JOIN_WOKEN);
			cpu_pick(&cpu);
		}
	}
	assert_true(napper.ran_ns[0] <= cpu.now / 2 + 3 * SLICE);
	assert_true(hog.ran_ns[0] <= cpu.now / 2 + 3 * SLICE);
}

/* --- yielding ------------------------------------------------------------ */

static void
test_yield_alternates(UNUSED void **state)
{
	struct thread a = make_thread(0), b = make_thread(0);

	cpu_start(&cpu, &sched_fair);
	cpu_add(&cpu, &a, JOIN_NEW);
	cpu_add(&cpu, &b, JOIN_NEW);
	for (int i = 0; i < 10000; i++) {
		struct thread *before = cpu.running;

		cpu.q.policy->charge(&cpu.q, cpu.running,
				     500 + random_below(1000));
		cpu_yield(&cpu);
		assert_ptr_not_equal(cpu.running, before);
	}
}

static void
test_yield_alone_goes_on(UNUSED void **state)
{
	struct thread a = make_thread(5);

	cpu_start(&cpu, &sched_fair);
	cpu_add(&cpu, &a, JOIN_NEW);
	for (int i = 0; i < 100; i++) {
		cpu_yield(&cpu);
		assert_ptr_equal(cpu.running, &a);
	}
}

/* --- everything at random, against the definition ------------------------ */

#define CROWD 60

static struct thread crowd[CROWD];

/* sum of w * (v - base) of all that are ready, the slow way */
static void
check_sums(void)
{
	const struct fair_queue *f = &cpu.q.fair;
	uint64_t weight = 0;
	__int128 sum = 0;

	for (int i = 0; i < CROWD; i++) {
		const struct sched_entity *s = &crowd[i].sched;

		if (!crowd[i].queued)
			continue;
		weight += s->weight;
		sum += (__int128)s->weight * (int64_t)(s->vruntime - f->base);
	}
	assert_true(weight == f->weight);
	assert_true(sum == f->sum);
}

static bool
is_eligible(const struct thread *t)
{
	__int128 key = (int64_t)(t->sched.vruntime - cpu.q.fair.base);

	return key * cpu.q.fair.weight <= cpu.q.fair.sum;
}

/* Nobody who may run has an earlier deadline than who does. */
static void
check_choice(void)
{
	const struct thread *r = cpu.running;

	if (!r)
		return;
	assert_true(is_eligible(r));
	for (int i = 0; i < CROWD; i++) {
		const struct thread *t = &crowd[i];

		if (t->queued && is_eligible(t))
			assert_true((int64_t)(t->sched.deadline -
					      r->sched.deadline) >= 0);
	}
}

/* Lag stays within a slice, in CPU time of that thread, plus one overrun. */
static void
check_lags(uint64_t longest_ns)
{
	const struct fair_queue *f = &cpu.q.fair;

	for (int i = 0; i < CROWD; i++) {
		const struct thread *t = &crowd[i];
		double v, lag_ns;

		if (!t->queued)
			continue;
		v = (double)f->sum / (double)f->weight;
		lag_ns = (v - (double)(int64_t)(t->sched.vruntime - f->base)) *
			 (double)t->sched.weight / 1024.0;
		assert_true(lag_ns < 40.0 * (double)(SLICE + longest_ns));
		assert_true(lag_ns > -40.0 * (double)(SLICE + longest_ns));
	}
}

static void
random_step(void)
{
	struct thread *t = &crowd[random_below(CROWD)];

	switch (random_below(8)) {
	case 0:
		if (!t->queued) {
			cpu_add(&cpu, t, t->start_ns++ ? JOIN_WOKEN : JOIN_NEW);
			cpu_pick(&cpu);
		}
		break;
	case 1:
		if (t->queued)
			cpu_remove(&cpu, t);
		break;
	case 2: /* as params.c does */
		if (t->queued && t != cpu.running) {
			cpu_remove(&cpu, t);
			t->nice = (int8_t)(random_below(40) - 20);
			t->idle_policy = random_below(10) == 0;
			cpu_add(&cpu, t, JOIN_CHANGED);
			cpu_pick(&cpu);
		}
		break;
	case 3:
		if (cpu.running)
			cpu_yield(&cpu);
		break;
	default:
		if (cpu.running)
			cpu_run(&cpu, random_below(4 * MS));
		break;
	}
}

static void
test_random_against_definition(UNUSED void **state)
{
	cpu_start(&cpu, &sched_fair);
	for (int i = 0; i < CROWD; i++)
		crowd[i] = make_thread((int)random_below(40) - 20);
	for (int i = 0; i < 300000; i++) {
		random_step();
		check_sums();
		if (i % 8 == 0) {
			cpu_pick(&cpu);
			check_choice();
		}
		if (i % 64 == 0)
			check_lags(4 * MS);
	}
}

/* --- moving -------------------------------------------------------------- */

static void
test_movable_minds_affinity(UNUSED void **state)
{
	struct thread a = make_thread(0), b = make_thread(0),
		      c = make_thread(0);

	cpu_start(&cpu, &sched_fair);
	b.affinity = CPUMASK(0);
	c.affinity = CPUMASK(0) | CPUMASK(3);
	cpu_add(&cpu, &a, JOIN_NEW);
	cpu_add(&cpu, &b, JOIN_NEW);
	assert_null(sched_fair.movable(&cpu.q, 3));
	cpu_add(&cpu, &c, JOIN_NEW);
	assert_ptr_equal(sched_fair.movable(&cpu.q, 3), &c);
	assert_null(sched_fair.movable(&cpu.q, 2));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nice_is_a_quarter),
		cmocka_unit_test(test_shares_follow_weights),
		cmocka_unit_test(test_two_hogs_one_step_apart),
		cmocka_unit_test(test_equals_alternate),
		cmocka_unit_test(test_nobody_starves),
		cmocka_unit_test(test_waker_is_served_soon),
		cmocka_unit_test(test_sleep_earns_no_credit),
		cmocka_unit_test(test_nap_keeps_debt),
		cmocka_unit_test(test_yield_alternates),
		cmocka_unit_test(test_yield_alone_goes_on),
		cmocka_unit_test(test_random_against_definition),
		cmocka_unit_test(test_movable_minds_affinity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
