/* SPDX-License-Identifier: MIT */
/* unit: @sched */

/*
 * sched_mutex_test.c - mutexes on simulated CPUs (sim.h): they exclude, hand
 * over, and lose nothing to a waiter that gives up.
 */

#include "sim_workers.h"

/* --- mutexes ------------------------------------------------------------- */

static struct mutex mutex;
static int inside, entered;
static struct thread *victims[6];

static void
mutex_loop(void *arg)
{
	for (int i = 0; i < 15; i++) {
		int err = 0;

		if (arg) {
			err = mutex_lock_interruptible(&mutex);
			if (err)
				atomic_store(&current_thread()->interrupted,
					     false);
		} else {
			mutex_lock(&mutex);
		}
		if (err) {
			SIM_CHECK(err == -EINTR);
			SIM_CHECK(!mutex_held(&mutex));
			continue;
		}
		SIM_CHECK(mutex_held(&mutex));
		SIM_CHECK(inside++ == 0);
		entered++;
		sim_user(sim_random(1000));
		/* Now and then it sleeps while it holds the mutex. */
		if (sim_random(4) == 0)
			thread_nap(sim_now() + sim_random(5000), false);
		SIM_CHECK(--inside == 0);
		mutex_unlock(&mutex);
		sim_user(sim_random(500));
	}
}

static void
mutex_user(void *arg)
{
	mutex_loop(arg);
	done();
}

static void
mutex_contention(void)
{
	begin();
	mutex_init(&mutex, LOCK_INODE, "test");
	inside = entered = 0;
	for (int i = 0; i < 6; i++)
		start(mutex_user, NULL);
	join_all();
	SIM_CHECK(entered == 6 * 15);
	SIM_CHECK(!mutex.owner);
}

static void
test_mutex_excludes(UNUSED void **state)
{
	explore(mutex_contention, 60);
}

static void
mutex_victim(void *arg)
{
	victims[(intptr_t)arg - 1] = current_thread();
	mutex_loop(arg);
	stay();
}

/* Signals come at any moment; who gives up must not take a hand-over along. */
static void
mutex_with_signals(void)
{
	begin();
	mutex_init(&mutex, LOCK_INODE, "test");
	inside = entered = 0;
	memset(victims, 0, sizeof(victims));
	for (int i = 0; i < 3; i++) {
		start(mutex_victim, (void *)(intptr_t)(i + 1));
		start(mutex_user, NULL);
	}
	while (atomic_load(&alive) == 6) {
		struct thread *t = victims[sim_random(3)];

		if (t)
			thread_interrupt(t);
		sim_user(sim_random(3000));
	}
	let_go();
	SIM_CHECK(!mutex.owner);
}

static void
test_mutex_with_signals(UNUSED void **state)
{
	explore(mutex_with_signals, 40);
}

/* One that locks again at once must not keep a waiter out for ever. */
static atomic_bool waiter_got_it;

static void
greedy(UNUSED void *arg)
{
	int rounds = 0;

	while (!atomic_load(&waiter_got_it)) {
		mutex_lock(&mutex);
		thread_nap(sim_now() + 2000, false);
		mutex_unlock(&mutex);
		SIM_CHECK(rounds++ < 1000);
	}
	done();
}

static void
patient(UNUSED void *arg)
{
	mutex_lock(&mutex);
	atomic_store(&waiter_got_it, true);
	mutex_unlock(&mutex);
	done();
}

static void
mutex_greed(void)
{
	begin();
	mutex_init(&mutex, LOCK_INODE, "test");
	atomic_store(&waiter_got_it, false);
	start(greedy, NULL);
	start(patient, NULL);
	let_go();
}

static void
test_mutex_hands_over(UNUSED void **state)
{
	explore(mutex_greed, 40);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mutex_excludes),
		cmocka_unit_test(test_mutex_with_signals),
		cmocka_unit_test(test_mutex_hands_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
