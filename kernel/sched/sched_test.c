/* SPDX-License-Identifier: MIT */
#include "sched/sched.h"

#include "arch/clock.h"
#include "core/ktest.h"
#include "lib/errno.h"
#include "sched/mutex.h"
#include "sched/waitq.h"

/*
 * sched/sched_test.c - threads on the real CPUs: everywhere, asleep and awake,
 * in each other's way.
 */

/* --- workers the test waits for ------------------------------------------ */

static struct wait_queue all_done = WAIT_QUEUE_INIT(all_done);
static atomic_uint alive;

static void
start(struct ktest_run *ktest_run_, void (*fn)(void *), uintptr_t arg)
{
	bool started;

	atomic_fetch_add(&alive, 1);
	started = kthread_start("ktest", fn, (void *)arg);
	KTEST_EXPECT(started);
	if (!started)
		atomic_fetch_sub(&alive, 1);
}

static void
done(void)
{
	atomic_fetch_sub(&alive, 1);
	wait_queue_wake(&all_done, 0);
}

static void
join_all(void)
{
	wait_event(&all_done, atomic_load(&alive) == 0);
}

/* --- everywhere ---------------------------------------------------------- */

static _Atomic cpumask_t visited;
static atomic_bool strayed;

static void
visit(void *arg)
{
	unsigned cpu = (unsigned)(uintptr_t)arg;

	thread_set_affinity(current_thread(), CPUMASK(cpu));
	for (int i = 0; i < 20; i++) {
		if (cpu_id() != cpu)
			atomic_store(&strayed, true);
		thread_nap(clock_now_ns() + 100 * NSEC_PER_USEC, false);
	}
	atomic_fetch_or(&visited, CPUMASK(cpu_id()));
	done();
}

KTEST(sched, threads_run_where_they_must)
{
	atomic_store(&visited, 0);
	atomic_store(&strayed, false);
	for (unsigned i = 0; i < 3 * cpu_count(); i++)
		start(ktest_run_, visit, i % cpu_count());
	join_all();
	KTEST_EXPECT(!atomic_load(&strayed));
	KTEST_EXPECT(atomic_load(&visited) == ~0ULL >> (64 - cpu_count()));
}

static void
spread(UNUSED void *arg)
{
	uint64_t until_ns = clock_now_ns() + 50 * NSEC_PER_MSEC;

	while (clock_now_ns() < until_ns) {
		atomic_fetch_or(&visited, CPUMASK(cpu_id()));
		thread_check_preempt();
	}
	done();
}

KTEST(sched, work_spreads_over_cpus)
{
	atomic_store(&visited, 0);
	for (unsigned i = 0; i < 2 * cpu_count(); i++)
		start(ktest_run_, spread, 0);
	join_all();
	KTEST_EXPECT(atomic_load(&visited) == ~0ULL >> (64 - cpu_count()));
}

/* --- sleeping and waking ------------------------------------------------- */

#define PAIRS  4
#define ROUNDS 300

static struct pair {
	struct wait_queue queue;
	atomic_uint turn;
} pairs[PAIRS];

static void
play(void *arg)
{
	struct pair *p = &pairs[(uintptr_t)arg / 2];
	unsigned me = (uintptr_t)arg % 2;

	for (unsigned i = 0; i < ROUNDS; i++) {
		wait_event(&p->queue, atomic_load(&p->turn) % 2 == me);
		atomic_fetch_add(&p->turn, 1);
		wait_queue_wake(&p->queue, 0);
	}
	done();
}

KTEST(sched, no_wake_up_is_lost)
{
	for (unsigned i = 0; i < PAIRS; i++) {
		wait_queue_init(&pairs[i].queue);
		atomic_store(&pairs[i].turn, 0);
	}
	for (unsigned i = 0; i < 2 * PAIRS; i++)
		start(ktest_run_, play, i);
	join_all();
	for (unsigned i = 0; i < PAIRS; i++)
		KTEST_EXPECT(pairs[i].turn == 2 * ROUNDS);
}

KTEST(sched, naps_end_in_time)
{
	for (unsigned i = 0; i < 20; i++) {
		uint64_t until_ns = clock_now_ns() + i * 200ULL * NSEC_PER_USEC;

		KTEST_EXPECT(thread_nap(until_ns, i % 2) == 0);
		KTEST_EXPECT(clock_now_ns() >= until_ns);
		KTEST_EXPECT(clock_now_ns() < until_ns + 5 * NSEC_PER_SEC);
	}
}

static _Atomic(struct thread *) sleeper;
static atomic_int nap_result;

static void
sleep_for_ever(UNUSED void *arg)
{
	atomic_store(&sleeper, current_thread());
	atomic_store(&nap_result, thread_nap(NEVER, true));
	done();
	wait_event(&all_done, !atomic_load(&sleeper));
}

KTEST(sched, interruptible_sleeps_are_interrupted)
{
	for (int i = 0; i < 50; i++) {
		atomic_store(&sleeper, NULL);
		start(ktest_run_, sleep_for_ever, 0);
		/* A nap that is over before it begins gives nothing up. */
		while (!atomic_load(&sleeper)) {
			thread_nap(clock_now_ns() + i * NSEC_PER_USEC, false);
			thread_yield();
		}
		thread_interrupt(atomic_load(&sleeper));
		join_all();
		KTEST_EXPECT(atomic_load(&nap_result) == -EINTR);
		/* It stayed until here, so that it could be pointed to. */
		atomic_store(&sleeper, NULL);
		wait_queue_wake(&all_done, 0);
	}
}

/* --- mutexes ------------------------------------------------------------- */

static struct mutex mutex;
static unsigned long counter; /* [mutex] */

static void
count(UNUSED void *arg)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		mutex_lock(&mutex);
		counter++;
		if (i % 64 == 0)
			thread_nap(clock_now_ns() + NSEC_PER_USEC, false);
		counter++;
		mutex_unlock(&mutex);
		thread_check_preempt();
	}
	done();
}

KTEST(sched, mutexes_exclude)
{
	mutex_init(&mutex, LOCK_INODE, "ktest");
	counter = 0;
	for (unsigned i = 0; i < 2 * cpu_count() + 2; i++)
		start(ktest_run_, count, 0);
	join_all();
	KTEST_EXPECT(counter == 2UL * ROUNDS * (2 * cpu_count() + 2));
}

/* --- time ---------------------------------------------------------------- */

static uint64_t used_ns[2];
static atomic_bool spin_over;

static void
spin(void *arg)
{
	uint64_t user_ns, kernel_ns;

	thread_set_affinity(current_thread(), CPUMASK(0));
	thread_set_nice(current_thread(), arg ? 5 : 0);
	while (!atomic_load(&spin_over))
		thread_check_preempt();
	thread_times(current_thread(), &user_ns, &kernel_ns);
	used_ns[(uintptr_t)arg] = user_ns + kernel_ns;
	done();
}

/* Nice 5 weighs a third of nice 0; slices are 3 ms. */
KTEST(sched, niceness_divides_the_cpu)
{
	uint64_t begun_ns = clock_now_ns(), took_ns;

	atomic_store(&spin_over, false);
	start(ktest_run_, spin, 0);
	start(ktest_run_, spin, 1);
	thread_nap(begun_ns + 400 * NSEC_PER_MSEC, false);
	atomic_store(&spin_over, true);
	join_all();
	took_ns = clock_now_ns() - begun_ns;
	KTEST_EXPECT(used_ns[0] + used_ns[1] <= took_ns);
	KTEST_EXPECT(used_ns[1] > 0);
	KTEST_EXPECT(used_ns[0] > 2 * used_ns[1]);
	KTEST_EXPECT(used_ns[0] < 4 * used_ns[1] + 50 * NSEC_PER_MSEC);
}

/* --- birth and death ----------------------------------------------------- */

static void
live_briefly(UNUSED void *arg)
{
	thread_yield();
	done();
}

KTEST(sched, threads_leave_nothing_behind)
{
	struct sched_stats before, after;
	uint64_t limit_ns;

	thread_nap(clock_now_ns() + 10 * NSEC_PER_MSEC, false);
	sched_stats(&before);
	for (int round = 0; round < 50; round++) {
		for (int i = 0; i < 10; i++)
			start(ktest_run_, live_briefly, 0);
		join_all();
	}
	/* The last have said good-bye but may not be off their stacks. */
	limit_ns = clock_now_ns() + 5 * NSEC_PER_SEC;
	do {
		thread_nap(clock_now_ns() + NSEC_PER_MSEC, false);
		sched_stats(&after);
	} while (after.threads > before.threads && clock_now_ns() < limit_ns);
	KTEST_EXPECT(after.threads == before.threads);
	KTEST_EXPECT(after.switches > before.switches + 500);
}
