/* SPDX-License-Identifier: MIT */
/* unit: -iquote tests/unit/sim -fsanitize-address-use-after-return=never tests/unit/sim.c kernel/sched/account.c kernel/sched/fair.c kernel/sched/idle.c kernel/sched/mutex.c kernel/sched/params.c kernel/sched/place.c kernel/sched/rr.c kernel/sched/rt.c kernel/sched/runq.c kernel/sched/sched.c kernel/sched/sleep.c kernel/sched/stack.c kernel/sched/switch.c kernel/sched/thread.c kernel/sched/waitq.c kernel/core/spinlock.c kernel/core/timer.c kernel/lib/string.c */

/*
 * sched_wake_test.c - the whole scheduler on simulated CPUs (sim.h), under
 * thousands of interleavings: no wake-up is lost, no thread runs twice at
 * once, mutexes exclude and hand over, timers keep their promises.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/errno.h"
#include "sched/mutex.h"
#include "sched/waitq.h"
#include "sim.h"

/* Run body on 1 to 4 CPUs with many seeds. */
static void
explore(void (*body)(void), unsigned seeds)
{
	for (unsigned seed = 1; seed <= seeds; seed++) {
		for (unsigned cpus = 1; cpus <= 4; cpus++)
			sim_run(cpus, seed, body);
	}
}

/* --- helpers inside the machine ------------------------------------------ */

static atomic_int alive; /* threads the body waits for */
static struct wait_queue all_done, gate;
static atomic_bool gate_open;

static void
begin(void)
{
	atomic_store(&alive, 0);
	wait_queue_init(&all_done);
	wait_queue_init(&gate);
	atomic_store(&gate_open, false);
}

static void
start(void (*fn)(void *), void *arg)
{
	atomic_fetch_add(&alive, 1);
	SIM_CHECK(kthread_start("worker", fn, arg));
}

static void
done(void)
{
	atomic_fetch_sub(&alive, 1);
	wait_queue_wake(&all_done, 0);
}

/* A condition that takes its time: the interesting window. */
static bool
slowly(bool value)
{
	sim_point();
	return value;
}

static void
join_all(void)
{
	wait_event(&all_done, slowly(atomic_load(&alive) == 0));
}

/*
 * Workers whose threads the body points to stay until it lets them go; it
 * does not wait for them then.
 */
static void
stay(void)
{
	done();
	wait_event(&gate, slowly(atomic_load(&gate_open)));
}

static void
let_go(void)
{
	join_all();
	atomic_store(&gate_open, true);
	wait_queue_wake(&gate, 0);
}

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

	sim_point();
	return n > 0 && atomic_compare_exchange_strong(&units, &n, n - 1);
}

static void
wait_for_unit(void)
{
	struct waiter w;

	waiter_init(&w);
	w.exclusive = true;
	waiter_add(&units_wait, &w);
	for (;;) {
		thread_sleep_begin(THREAD_SLEEP);
		if (take_unit())
			break;
		thread_sleep(NEVER);
	}
	thread_sleep_cancel();
	waiter_remove(&w);
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
	victims[0] = current_thread();
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
	victims[0] = NULL;
	start(interrupted_sleeper, NULL);
	while (!victims[0])
		sim_user(1000);
	for (int i = 0; i < 20; i++) {
		thread_interrupt(victims[0]);
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

/* --- changing everything of everybody ------------------------------------ */

static struct thread *dancers[5];

static void
dancer(void *arg)
{
	int me = (int)(intptr_t)arg;

	dancers[me] = current_thread();
	for (int i = 0; i < 40; i++) {
		switch (sim_random(4)) {
		case 0:
			thread_nap(sim_now() + sim_random(5000), false);
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
		cmocka_unit_test(test_ping_pong),
		cmocka_unit_test(test_wake_one_wakes_somebody),
		cmocka_unit_test(test_mutex_excludes),
		cmocka_unit_test(test_mutex_with_signals),
		cmocka_unit_test(test_mutex_hands_over),
		cmocka_unit_test(test_deadlines_and_events_race),
		cmocka_unit_test(test_signals_are_not_missed),
		cmocka_unit_test(test_births_and_deaths),
		cmocka_unit_test(test_parameters_change_any_time),
		cmocka_unit_test(test_affinity_is_kept),
		cmocka_unit_test(test_work_spreads),
		cmocka_unit_test(test_three_take_turns_on_two),
		cmocka_unit_test(test_cancel_is_synchronous),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
