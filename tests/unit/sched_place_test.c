/* SPDX-License-Identifier: MIT */
/* unit: @sched */

/*
 * sched_place_test.c - threads on simulated CPUs (sim.h) whose parameters are
 * changed at any moment, who runs where, and timers set and cancelled from
 * several CPUs.
 */

#include "sim_workers.h"

/* --- changing everything of everybody ------------------------------------ */

static struct thread *dancers[5];

/* Whatever moved it about: once nobody does, it is where it may be. */
static void
check_place(void)
{
	struct thread *me = current_thread();
	cpumask_t allowed = atomic_load(&me->affinity);

	for (int i = 0; i < 3; i++)
		sim_user(10);
	if (atomic_load(&me->affinity) == allowed)
		SIM_CHECK(allowed & CPUMASK(cpu_id()));
}

static void
dancer(void *arg)
{
	int me = (int)(intptr_t)arg;

	dancers[me] = current_thread();
	for (int i = 0; i < 40; i++) {
		switch (sim_random(4)) {
		case 0:
			thread_nap(sim_now() + sim_random(5000), false);
			check_place();
			break;
		case 1:
			thread_yield();
			break;
		default:
			sim_user(sim_random(3 * NSEC_PER_MSEC));
			break;
		}
	}
	stay();
}

static void
choreography(void)
{
	begin();
	memset(dancers, 0, sizeof(dancers));
	for (int i = 0; i < 5; i++)
		start(dancer, (void *)(intptr_t)i);
	for (int i = 0; i < 150; i++) {
		struct thread *t = dancers[sim_random(5)];
		uint64_t user_ns, kernel_ns;

		sim_user(sim_random(NSEC_PER_MSEC));
		if (!t) {
			thread_nap(sim_now() + 1000, false);
			continue;
		}
		switch (sim_random(6)) {
		case 0:
			thread_set_nice(t, (int)sim_random(40) - 20);
			break;
		case 1:
			thread_set_affinity(t, 1 + sim_random(15));
			break;
		case 2:
			thread_set_class(t, SCHED_CLASS_NORMAL, 0);
			break;
		case 3:
			thread_set_class(t,
					 sim_random(2) ? SCHED_CLASS_RR
						       : SCHED_CLASS_FIFO,
					 1 + (int)sim_random(99));
			break;
		case 4:
			thread_set_idle_policy(t, sim_random(2));
			break;
		default:
			thread_times(t, &user_ns, &kernel_ns);
			SIM_CHECK(user_ns + kernel_ns <= sim_now());
			break;
		}
		thread_yield();
	}
	let_go();
}

static void
test_parameters_change_any_time(UNUSED void **state)
{
	explore(choreography, 40);
}

/* A thread bound to a CPU is soon there, and stays. */
static void
bound(void *arg)
{
	unsigned cpu = (unsigned)(uintptr_t)arg;

	thread_set_affinity(current_thread(), CPUMASK(cpu));
	for (int i = 0; i < 20; i++) {
		SIM_CHECK(cpu_id() == cpu);
		if (sim_random(2))
			sim_user(sim_random(5 * NSEC_PER_MSEC));
		else
			thread_nap(sim_now() + sim_random(5000), false);
	}
	done();
}

static void
binding(void)
{
	begin();
	/* All CPUs are up once each has run its idle thread. */
	thread_nap(sim_now() + NSEC_PER_MSEC, false);
	for (unsigned i = 0; i < 2 * cpu_count(); i++)
		start(bound, (void *)(uintptr_t)(i % cpu_count()));
	join_all();
}

static void
test_affinity_is_kept(UNUSED void **state)
{
	explore(binding, 40);
}

/* --- work spreads -------------------------------------------------------- */

static uint64_t done_on[4];

static void
hog(UNUSED void *arg)
{
	for (int i = 0; i < 400; i++) {
		sim_user(100 * NSEC_PER_USEC);
		done_on[cpu_id()]++;
	}
	done();
}

static void
spreading(void)
{
	begin();
	memset(done_on, 0, sizeof(done_on));
	thread_nap(sim_now() + NSEC_PER_MSEC, false);
	for (int i = 0; i < 8; i++)
		start(hog, NULL);
	join_all();
	for (unsigned i = 0; i < cpu_count(); i++)
		SIM_CHECK(done_on[i] >= 8 * 400 / cpu_count() / 3);
}

static void
test_work_spreads(UNUSED void **state)
{
	explore(spreading, 10);
}

/* Three on two CPUs: none has a CPU for itself. */
static unsigned worked[3];

static void
one_of_three(void *arg)
{
	uint64_t until = sim_now() + 12 * NSEC_PER_SEC;

	while (sim_now() < until) {
		sim_user(200 * NSEC_PER_USEC);
		worked[(intptr_t)arg]++;
	}
	done();
}

static void
taking_turns(void)
{
	begin();
	memset(worked, 0, sizeof(worked));
	thread_nap(sim_now() + NSEC_PER_MSEC, false);
	for (int i = 0; i < 3; i++)
		start(one_of_three, (void *)(intptr_t)i);
	join_all();
	for (int i = 0; i < 3; i++)
		SIM_CHECK(10 * worked[i] >= 6 * worked[(i + 1) % 3]);
}

static void
test_three_take_turns_on_two(UNUSED void **state)
{
	for (unsigned seed = 1; seed <= 6; seed++)
		sim_run(2, seed, taking_turns);
}

/* --- timers across CPUs -------------------------------------------------- */

static struct mutex mutex;
static struct timer shared_timer;
static atomic_int firing, fired;
static atomic_bool cancelled;

static void
on_timer(struct timer *t)
{
	atomic_fetch_add(&firing, 1);
	SIM_CHECK(!atomic_load(&cancelled));
	sim_point();
	sim_point();
	if (sim_random(3) == 0)
		timer_set(t, sim_now() + sim_random(1000));
	sim_point();
	SIM_CHECK(!atomic_load(&cancelled));
	atomic_fetch_add(&fired, 1);
	atomic_fetch_sub(&firing, 1);
}

static void
timer_user(UNUSED void *arg)
{
	for (int i = 0; i < 30; i++) {
		mutex_lock(&mutex);
		atomic_store(&cancelled, false);
		timer_set(&shared_timer, sim_now() + sim_random(3000));
		if (sim_random(2))
			timer_set(&shared_timer, sim_now() + sim_random(3000));
		mutex_unlock(&mutex);
		sim_user(sim_random(2000));
		mutex_lock(&mutex);
		timer_cancel(&shared_timer);
		atomic_store(&cancelled, true);
		SIM_CHECK(atomic_load(&firing) == 0);
		mutex_unlock(&mutex);
		thread_yield();
	}
	done();
}

static void
timers(void)
{
	begin();
	mutex_init(&mutex, LOCK_INODE, "test");
	timer_init(&shared_timer, on_timer);
	atomic_store(&firing, 0);
	for (int i = 0; i < 4; i++)
		start(timer_user, NULL);
	join_all();
}

static void
test_cancel_is_synchronous(UNUSED void **state)
{
	explore(timers, 60);
	assert_true(atomic_load(&fired) > 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parameters_change_any_time),
		cmocka_unit_test(test_affinity_is_kept),
		cmocka_unit_test(test_work_spreads),
		cmocka_unit_test(test_three_take_turns_on_two),
		cmocka_unit_test(test_cancel_is_synchronous),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
