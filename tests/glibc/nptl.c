/* SPDX-License-Identifier: MIT */
/*
 * nptl.c - the GNU C library's threads, dynamically linked: what it builds on
 * futexes, robust lists, rseq, clone3, signals and affinity.
 */
#include "../guest/guest.h"

#include <limits.h>
#include <linux/rseq.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#define THREADS 8
#define TURNS   1000

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static volatile long counter;

static void
run_all(void *(*fn)(void *arg), void *arg)
{
	pthread_t t[THREADS];

	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, fn, arg), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
}

static void *
count(void *m)
{
	for (int i = 0; i < TURNS; i++) {
		CHECK_EQ(pthread_mutex_lock(m), 0);
		counter++;
		CHECK_EQ(pthread_mutex_unlock(m), 0);
	}
	return NULL;
}

static void
mutex_of(pthread_mutex_t *m, int protocol, int robust, int shared)
{
	pthread_mutexattr_t a;

	CHECK_EQ(pthread_mutexattr_init(&a), 0);
	CHECK_EQ(pthread_mutexattr_setprotocol(&a, protocol), 0);
	CHECK_EQ(pthread_mutexattr_setrobust(&a, robust), 0);
	CHECK_EQ(pthread_mutexattr_setpshared(&a, shared), 0);
	CHECK_EQ(pthread_mutex_init(m, &a), 0);
}

CASE(nptl_mutex)
{
	run_all(count, &mutex);
	CHECK_EQ(counter, THREADS * TURNS);
}

CASE(nptl_mutex_with_inheritance)
{
	pthread_mutex_t m;

	mutex_of(&m, PTHREAD_PRIO_INHERIT, PTHREAD_MUTEX_STALLED,
		 PTHREAD_PROCESS_PRIVATE);
	run_all(count, &m);
	CHECK_EQ(counter, THREADS * TURNS);
	CHECK_EQ(pthread_mutex_trylock(&m), 0);
	CHECK_EQ(pthread_mutex_unlock(&m), 0);
	CHECK_EQ(pthread_mutex_destroy(&m), 0);
}

static void *
die_with(void *m)
{
	CHECK_EQ(pthread_mutex_lock(m), 0);
	return NULL;
}

static void
robust_thread(int protocol)
{
	struct timespec past = { 1, 0 };
	pthread_mutex_t m;
	pthread_t t;

	mutex_of(&m, protocol, PTHREAD_MUTEX_ROBUST, PTHREAD_PROCESS_PRIVATE);
	CHECK_EQ(pthread_create(&t, NULL, die_with, &m), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
	CHECK_EQ(pthread_mutex_lock(&m), EOWNERDEAD);
	CHECK_EQ(pthread_mutex_consistent(&m), 0);
	CHECK_EQ(pthread_mutex_unlock(&m), 0);
	CHECK_EQ(pthread_mutex_timedlock(&m, &past), 0);
	CHECK_EQ(pthread_mutex_unlock(&m), 0);
}

CASE(nptl_robust_mutex)
{
	robust_thread(PTHREAD_PRIO_NONE);
}

CASE(nptl_robust_mutex_with_inheritance)
{
	robust_thread(PTHREAD_PRIO_INHERIT);
}

/* Its owner is another process, killed while we wait. */
static void
robust_process(int protocol)
{
	pthread_mutex_t *m = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	volatile int *has = (volatile int *)(m + 1);
	pid_t pid;

	mutex_of(m, protocol, PTHREAD_MUTEX_ROBUST, PTHREAD_PROCESS_SHARED);
	pid = CHILD({
		CHECK_EQ(pthread_mutex_lock(m), 0);
		*has = 1;
		sleep_ms(50);
		OK(kill(getpid(), SIGKILL));
	});
	while (!*has)
		sched_yield();
	CHECK_EQ(pthread_mutex_lock(m), EOWNERDEAD);
	CHECK_EQ(pthread_mutex_unlock(m), 0); /* not made consistent */
	CHECK_EQ(pthread_mutex_lock(m), ENOTRECOVERABLE);
	DIES(pid, SIGKILL);
}

CASE(nptl_robust_mutex_of_a_process)
{
	robust_process(PTHREAD_PRIO_NONE);
}

CASE(nptl_robust_pi_mutex_of_a_process)
{
	robust_process(PTHREAD_PRIO_INHERIT);
}

static void *
be_impatient(void *m)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec--;
	CHECK_EQ(pthread_mutex_timedlock(m, &t), ETIMEDOUT);
	clock_gettime(CLOCK_MONOTONIC, &t);
	CHECK_EQ(pthread_mutex_clocklock(m, CLOCK_MONOTONIC, &t), ETIMEDOUT);
	return NULL;
}

CASE(nptl_mutex_times_out)
{
	pthread_mutex_t m;

	mutex_of(&m, PTHREAD_PRIO_INHERIT, PTHREAD_MUTEX_STALLED,
		 PTHREAD_PROCESS_PRIVATE);
	CHECK_EQ(pthread_mutex_lock(&m), 0);
	run_all(be_impatient, &m);
	CHECK_EQ(pthread_mutex_unlock(&m), 0);
}

static int turn;

static void *
take_turns(void *number)
{
	int me = (int)(intptr_t)number;

	for (int i = 0; i < 200; i++) {
		CHECK_EQ(pthread_mutex_lock(&mutex), 0);
		while (turn != me)
			CHECK_EQ(pthread_cond_wait(&cond, &mutex), 0);
		turn = (turn + 1) % THREADS;
		CHECK_EQ(pthread_cond_broadcast(&cond), 0);
		CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
	}
	return NULL;
}

CASE(nptl_condition_variables)
{
	pthread_t t[THREADS];

	for (intptr_t i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, take_turns, (void *)i), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
	CHECK_EQ(turn, 0);
}

static void *
meet(void *barrier)
{
	for (int i = 0; i < 100; i++) {
		int r = pthread_barrier_wait(barrier);

		CHECK(r == 0 || r == PTHREAD_BARRIER_SERIAL_THREAD);
		if (r)
			counter++;
	}
	return NULL;
}

CASE(nptl_barriers)
{
	pthread_barrier_t b;

	CHECK_EQ(pthread_barrier_init(&b, NULL, THREADS), 0);
	run_all(meet, &b);
	CHECK_EQ(counter, 100);
}

static volatile int cleaned;

static void
unlock(void *m)
{
	pthread_mutex_unlock(m);
}

static void
clean(void *arg)
{
	(void)arg;
	cleaned++;
}

static void *
sleep_long(void *arg)
{
	pthread_cleanup_push(clean, NULL);
	pause();
	pthread_cleanup_pop(0);
	return arg;
}

static void *
spin_long(void *arg)
{
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	pthread_cleanup_push(clean, NULL);
	for (;;)
		;
	pthread_cleanup_pop(0);
	return arg;
}

static void *
wait_on_condition(void *arg)
{
	pthread_mutex_lock(&mutex);
	pthread_cleanup_push(unlock, &mutex);
	pthread_cond_wait(&cond, &mutex);
	pthread_cleanup_pop(1);
	return arg;
}

CASE(nptl_cancellation)
{
	void *(*const fn[])(void *) = { sleep_long, spin_long,
					wait_on_condition };
	void *result;
	pthread_t t;

	for (size_t i = 0; i < COUNT(fn); i++) {
		CHECK_EQ(pthread_create(&t, NULL, fn[i], NULL), 0);
		sleep_ms(20);
		CHECK_EQ(pthread_cancel(t), 0);
		CHECK_EQ(pthread_join(t, &result), 0);
		CHECK(result == PTHREAD_CANCELED);
	}
	CHECK_EQ(cleaned, 2);
	CHECK_EQ(pthread_mutex_trylock(&mutex), 0);
}

CASE(nptl_affinity)
{
	int cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set, got;

	for (int cpu = 0; cpu < cpus; cpu++) {
		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		CHECK_EQ(pthread_setaffinity_np(pthread_self(), sizeof(set),
						&set),
			 0);
		CHECK_EQ(pthread_getaffinity_np(pthread_self(), sizeof(got),
						&got),
			 0);
		CHECK(CPU_EQUAL(&set, &got));
		CHECK_EQ(sched_getcpu(), cpu);
	}
	CHECK_EQ(pthread_setaffinity_np(pthread_self(), 0, &set), EINVAL);
}

/* The library registers an area for each thread. */
static void *
look_at_rseq(void *arg)
{
	struct rseq *area = (struct rseq *)((char *)__builtin_thread_pointer() +
					    __rseq_offset);

	CHECK(__rseq_size > 0);
	CHECK_EQ(area->cpu_id, sched_getcpu());
	return arg;
}

CASE(nptl_registers_rseq)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	OK(sched_setaffinity(0, sizeof(set), &set));
	look_at_rseq(NULL);
	run_all(look_at_rseq, NULL);
}

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;

static void *
read_and_write(void *arg)
{
	for (int i = 0; i < TURNS; i++) {
		if (i % 10) {
			CHECK_EQ(pthread_rwlock_rdlock(&rwlock), 0);
			CHECK_EQ(counter % 2, 0);
		} else {
			CHECK_EQ(pthread_rwlock_wrlock(&rwlock), 0);
			counter++;
			counter++;
		}
		CHECK_EQ(pthread_rwlock_unlock(&rwlock), 0);
	}
	return arg;
}

CASE(nptl_rwlocks)
{
	run_all(read_and_write, NULL);
	CHECK_EQ(counter, THREADS * TURNS / 10 * 2);
}

static once_flag once = ONCE_FLAG_INIT;

static void
init_once(void)
{
	sleep_ms(20);
	counter++;
}

static void *
call_it_once(void *arg)
{
	call_once(&once, init_once);
	CHECK_EQ(counter, 1);
	return arg;
}

CASE(nptl_once)
{
	run_all(call_it_once, NULL);
}

static sem_t semaphore;

static void *
post(void *arg)
{
	for (int i = 0; i < 100; i++)
		OK(sem_post(&semaphore));
	return arg;
}

CASE(nptl_semaphores)
{
	pthread_t t;

	OK(sem_init(&semaphore, 0, 0));
	CHECK_EQ(pthread_create(&t, NULL, post, NULL), 0);
	for (int i = 0; i < 100; i++)
		OK(sem_wait(&semaphore));
	CHECK_EQ(pthread_join(t, NULL), 0);
	FAILS(sem_trywait(&semaphore), EAGAIN);
}

static _Thread_local int local = 5;

static void *
use_local(void *arg)
{
	CHECK_EQ(local, 5);
	local = (int)(intptr_t)arg;
	sleep_ms(5);
	CHECK_EQ(local, (intptr_t)arg);
	return arg;
}

CASE(nptl_thread_local_storage)
{
	run_all(use_local, (void *)77);
	CHECK_EQ(local, 5);
}

CASE(nptl_many_threads_at_once)
{
	static pthread_t t[1000];
	pthread_attr_t a;

	CHECK_EQ(pthread_attr_init(&a), 0);
	CHECK_EQ(pthread_attr_setstacksize(&a, PTHREAD_STACK_MIN + PAGE), 0);
	CHECK_EQ(pthread_mutex_lock(&mutex), 0);
	for (size_t i = 0; i < COUNT(t); i++)
		CHECK_EQ(pthread_create(&t[i], &a, count, &mutex), 0);
	CHECK_EQ(counter, 0);
	counter = -(long)COUNT(t) * TURNS;
	CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
	for (size_t i = 0; i < COUNT(t); i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
	CHECK_EQ(counter, 0);
}
