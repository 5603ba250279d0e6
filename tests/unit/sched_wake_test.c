/* SPDX-License-Identifier: MIT */
/* unit: @sched */

/*
 * sched_wake_test.c - sleeping and waking on simulated CPUs (sim.h), under
 * hundreds of interleavings: no wake-up, signal or deadline is lost, and no
 * thread ever runs twice at once.
 */

#include "sim_workers.h"

/* --- ping pong ----------------------------------------------------------- */

static struct wait_queue turn_wait[2];
static atomic_int turn;

static void
player(void *arg)
{
	int me = (int)(intptr_t)arg;

	for (int i = 0; i < 40; i++) {
		wait_event(&turn_wait[me], slowly(atomic_load(&turn) == me));
		atomic_store(&turn, !me);
		wait_queue_wake(&turn_wait[!me], 0);
	}
	done();
}

static void
ping_pong(void)
{
	begin();
	atomic_store(&turn, 0);
	wait_queue_init(&turn_wait[0]);
	wait_queue_init(&turn_wait[1]);
	start(player, (void *)0);
	start(player, (void *)1);
	join_all();
}

static void
test_ping_pong(UNUSED void **state)
{
	explore(ping_pong, 160);
}

/* --- a semaphore: exclusive waiters and wake_one ------------------------- */

static struct wait_queue units_wait;
static atomic_int units;

static bool
take_unit(void)
{
	int n = atomic_load(&units);

	do {
		sim_point();
		if (n == 0)
			return false;
	} while (!atomic_compare_exchange_strong(&units, &n, n - 1));
	return true;
}

static void
wait_for_unit(void)
{
	SIM_CHECK(wait_event_exclusive(&units_wait, take_unit()) == 0);
}

static void
semaphore_user(UNUSED void *arg)
{
	for (int i = 0; i < 15; i++) {
		wait_for_unit();
		sim_user(sim_random(2000));
		atomic_fetch_add(&units, 1);
		wait_queue_wake_one(&units_wait, 0);
	}
	done();
}

static void
semaphore(void)
{
	begin();
	wait_queue_init(&units_wait);
	atomic_store(&units, 2);
	for (int i = 0; i < 6; i++)
		start(semaphore_user, NULL);
	join_all();
	SIM_CHECK(atomic_load(&units) == 2);
}

static void
test_wake_one_wakes_somebody(UNUSED void **state)
{
	explore(semaphore, 80);
}

static struct thread *victim;

/* As many calls of wake_one as units: none may be spent on one awake. */
static void
take_one(UNUSED void *arg)
{
	wait_for_unit();
	done();
}

static void
posts(void)
{
	begin();
	wait_queue_init(&units_wait);
	atomic_store(&units, 0);
	for (int i = 0; i < 8; i++)
		start(take_one, NULL);
	for (int i = 0; i < 8; i++) {
		if (sim_random(2))
			sim_user(sim_random(3000));
		atomic_fetch_add(&units, 1);
		wait_queue_wake_one(&units_wait, 0);
	}
	join_all();
}

static void
test_each_wake_one_counts(UNUSED void **state)
{
	explore(posts, 80);
}

/* --- sleeping with deadlines and signals --------------------------------- */

static struct wait_queue event_wait;
static atomic_int events;

static void
sleeper(void *arg)
{
	bool interruptible = arg;

	for (int i = 0; i < 20; i++) {
		int before = atomic_load(&events);
		uint64_t deadline = sim_now() + sim_random(20000);
		int err = wait_event_state(
			&event_wait, slowly(atomic_load(&events) != before),
			interruptible ? THREAD_SLEEP_INTERRUPT : THREAD_SLEEP,
			deadline);

		if (err == -ETIMEDOUT)
			SIM_CHECK(sim_now() >= deadline);
		else if (err == 0)
			SIM_CHECK(atomic_load(&events) != before);
		else
			SIM_CHECK(err == -EINTR && interruptible);
		atomic_store(&current_thread()->interrupted, false);
	}
	done();
}

static void
deadlines(void)
{
	begin();
	wait_queue_init(&event_wait);
	atomic_store(&events, 0);
	for (int i = 0; i < 4; i++)
		start(sleeper, (void *)(intptr_t)(i % 2));
	while (atomic_load(&alive) > 0) {
		atomic_fetch_add(&events, 1);
		wait_queue_wake(&event_wait, 0);
		thread_nap(sim_now() + sim_random(15000), false);
	}
}

static void
test_deadlines_and_events_race(UNUSED void **state)
{
	explore(deadlines, 60);
}

/* A signal is never missed, whenever it comes. */
static atomic_int caught;

static void
interrupted_sleeper(void *arg)
{
	victim = current_thread();
	for (int i = 0; i < 20; i++) {
		SIM_CHECK(thread_nap(NEVER, true) == -EINTR);
		atomic_store(&current_thread()->interrupted, false);
		atomic_fetch_add(&caught, 1);
	}
	stay();
}

static void
signals(void)
{
	begin();
	atomic_store(&caught, 0);
	victim = NULL;
	start(interrupted_sleeper, NULL);
	while (!victim)
		sim_user(1000);
	for (int i = 0; i < 20; i++) {
		thread_interrupt(victim);
		while (atomic_load(&caught) == i)
			thread_nap(sim_now() + 500, false);
	}
	join_all();
}

static void
test_signals_are_not_missed(UNUSED void **state)
{
	explore(signals, 60);
}

/* --- birth and death ----------------------------------------------------- */

static void
short_life(void *arg)
{
	uint64_t depth = (uintptr_t)arg;

	sim_user(sim_random(3000));
	if (depth > 0) {
		start(short_life, (void *)(uintptr_t)(depth - 1));
		start(short_life, (void *)(uintptr_t)(depth - 1));
	}
	thread_yield();
	done();
}

static void
births(void)
{
	struct sched_stats s;

	begin();
	start(short_life, (void *)5);
	join_all();
	/* The last may not have left yet. */
	do {
		thread_nap(sim_now() + 100000, false);
		sched_stats(&s);
	} while (s.threads > 1);
	SIM_CHECK(s.running == 1);
}

static void
test_births_and_deaths(UNUSED void **state)
{
	explore(births, 24);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ping_pong),
		cmocka_unit_test(test_wake_one_wakes_somebody),
		cmocka_unit_test(test_each_wake_one_counts),
		cmocka_unit_test(test_deadlines_and_events_race),
		cmocka_unit_test(test_signals_are_not_missed),
		cmocka_unit_test(test_births_and_deaths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
