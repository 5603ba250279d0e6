/* SPDX-License-Identifier: MIT */
/*
 * futex_pi.c - PI futexes, by the bare system calls: who gets the lock, with
 * what priority its owner runs, and what is refused.
 */
#include "guest.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef _Atomic uint32_t word_t;

static long
futex(word_t *word, int op, unsigned val, const void *timeout, word_t *word2,
      unsigned val3)
{
	return syscall(SYS_futex, word, op, val, timeout, word2, val3);
}

static long
lock_pi(word_t *w)
{
	return futex(w, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
}

static long
unlock_pi(word_t *w)
{
	return futex(w, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
}

static uint32_t
tid(void)
{
	return (uint32_t)syscall(SYS_gettid);
}

/* As a C library does it. */
static void
take(word_t *w)
{
	uint32_t free = 0;

	if (!atomic_compare_exchange_strong(w, &free, tid()))
		OK(lock_pi(w));
}

static void
give(word_t *w)
{
	uint32_t mine = tid();

	if (!atomic_compare_exchange_strong(w, &mine, 0))
		OK(unlock_pi(w));
}

static void *
shared_page(void)
{
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static struct timespec
in_ms(clockid_t clock, long ms)
{
	struct timespec t;

	clock_gettime(clock, &t);
	t.tv_nsec += ms * 1000000;
	t.tv_sec += t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}

CASE(pi_free_lock_is_taken)
{
	word_t w = 0;

	OK(lock_pi(&w));
	CHECK_EQ(w & FUTEX_TID_MASK, tid());
	OK(unlock_pi(&w));
	CHECK_EQ(w, 0);
	OK(futex(&w, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0));
	CHECK_EQ(w & FUTEX_TID_MASK, tid());
	OK(futex(&w, FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, 0));
	OK(futex(&w, FUTEX_LOCK_PI2, 0, NULL, NULL, 0));
	CHECK_EQ(w & FUTEX_TID_MASK, tid());
	w = FUTEX_OWNER_DIED;
	OK(lock_pi(&w));
	CHECK_EQ(w & ~FUTEX_WAITERS, FUTEX_OWNER_DIED | tid());
}

CASE(pi_errors)
{
	char *hole = before_hole();
	word_t w = tid();

	FAILS(lock_pi(&w), EDEADLK);
	FAILS(futex(&w, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0), EDEADLK);
	w = 0;
	FAILS(unlock_pi(&w), EPERM);
	w = 1;
	FAILS(unlock_pi(&w), EPERM);
	w = 4000000; /* nobody's */
	FAILS(lock_pi(&w), ESRCH);
	FAILS(futex(&w, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0), ESRCH);
	FAILS(lock_pi((word_t *)hole), EFAULT);
	FAILS(unlock_pi((word_t *)hole), EFAULT);
	FAILS(lock_pi((word_t *)(hole - 2)), EINVAL);
	FAILS(futex(&w, FUTEX_LOCK_PI | FUTEX_CLOCK_REALTIME, 0, NULL, NULL, 0),
	      ENOSYS);
	FAILS(futex(&w, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 0, NULL, NULL, 0),
	      ENOSYS);
}

static void *
wait_plainly(void *arg)
{
	word_t *w = arg;

	/* The other has it for a moment each time it tries. */
	while (futex(w, FUTEX_WAIT, 0, NULL, NULL, 0))
		CHECK_EQ(errno, EAGAIN);
	return NULL;
}

CASE(pi_word_with_plain_waiters_is_refused)
{
	word_t w = 0;
	pthread_t t;

	CHECK(!pthread_create(&t, NULL, wait_plainly, &w));
	/* Once it waits: until then the lock can be had. */
	while (!lock_pi(&w)) {
		w = 0;
		sched_yield();
	}
	CHECK_EQ(errno, EINVAL);
	CHECK_EQ(w, 0);
	FAILS(futex(&w, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0), EINVAL);
	CHECK_EQ(w, 0);
	CHECK_EQ(futex(&w, FUTEX_WAKE, 1, NULL, NULL, 0), 1);
	CHECK(!pthread_join(t, NULL));
	OK(lock_pi(&w));
}

CASE(pi_read_only_word)
{
	word_t *w = anon(PAGE);

	OK(mprotect(w, PAGE, PROT_READ));
	FAILS(lock_pi(w), EFAULT);
}

CASE(pi_times_out)
{
	word_t *w = shared_page();
	struct timespec t = { 0, -1 };
	pid_t pid;

	pid = CHILD({
		take(w);
		pause();
	});
	while (!*w)
		sched_yield();
	FAILS(futex(w, FUTEX_LOCK_PI, 0, &t, NULL, 0), EINVAL);
	t = in_ms(CLOCK_REALTIME, 30);
	FAILS(futex(w, FUTEX_LOCK_PI, 0, &t, NULL, 0), ETIMEDOUT);
	t = in_ms(CLOCK_MONOTONIC, 30);
	FAILS(futex(w, FUTEX_LOCK_PI2, 0, &t, NULL, 0), ETIMEDOUT);
	t = in_ms(CLOCK_REALTIME, 30);
	FAILS(futex(w, FUTEX_LOCK_PI2 | FUTEX_CLOCK_REALTIME, 0, &t, NULL, 0),
	      ETIMEDOUT);
	t = in_ms(CLOCK_REALTIME, 0);
	t.tv_sec--;
	FAILS(futex(w, FUTEX_LOCK_PI, 0, &t, NULL, 0), ETIMEDOUT);
	FAILS(futex(w, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0), EAGAIN);
	CHECK_EQ(*w, (uint32_t)pid | FUTEX_WAITERS);
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

CASE(pi_passes_to_a_waiting_process)
{
	word_t *w = shared_page();
	pid_t pid;

	take(w);
	pid = CHILD({
		take(w);
		CHECK_EQ(*w & FUTEX_TID_MASK, tid());
		give(w);
	});
	while (!(*w & FUTEX_WAITERS))
		sched_yield();
	sleep_ms(20);
	give(w);
	EXITS(pid, 0);
	CHECK_EQ(*w & FUTEX_TID_MASK, 0);
}

CASE(pi_word_must_fit)
{
	word_t *w = shared_page();
	struct timespec t = in_ms(CLOCK_REALTIME, 2000);
	pid_t pid;

	take(w);
	pid = CHILD(
		{ FAILS(futex(w, FUTEX_LOCK_PI, 0, &t, NULL, 0), ETIMEDOUT); });
	while (!(*w & FUTEX_WAITERS))
		sched_yield();
	sleep_ms(20);
	*w = (uint32_t)pid | FUTEX_WAITERS;
	EXITS(CHILD({ FAILS(lock_pi(w), EINVAL); }), 0);
	*w = tid() | FUTEX_WAITERS;
	FAILS(futex(w, FUTEX_WAKE, 1, NULL, NULL, 0), EINVAL);
	EXITS(pid, 0);
}

CASE(pi_owner_dies)
{
	word_t *w = shared_page();
	pid_t pid;

	pid = CHILD({
		take(w);
		while (!(*w & FUTEX_WAITERS))
			sched_yield();
		sleep_ms(20);
	});
	while (!*w)
		sched_yield();
	OK(lock_pi(w));
	CHECK_EQ(*w & FUTEX_TID_MASK, tid());
	CHECK(*w & FUTEX_OWNER_DIED);
	EXITS(pid, 0);
	OK(unlock_pi(w));
}

/* All those who wait get it in the end, one after the other. */
CASE(pi_owner_dies_with_many_waiters)
{
	word_t *w = shared_page();
	volatile int *got = (volatile int *)(w + 1);
	pid_t owner, pids[6];

	owner = CHILD({
		take(w);
		pause();
	});
	while (!*w)
		sched_yield();
	for (size_t i = 0; i < COUNT(pids); i++)
		pids[i] = CHILD({
			OK(lock_pi(w));
			CHECK_EQ(*w & FUTEX_TID_MASK, tid());
			++*got;
			if (i % 2)
				OK(unlock_pi(w));
			/* The others die with it. */
		});
	sleep_ms(100);
	OK(kill(owner, SIGKILL));
	DIES(owner, SIGKILL);
	for (size_t i = 0; i < COUNT(pids); i++)
		EXITS(pids[i], 0);
	CHECK_EQ(*got, COUNT(pids));
}

static word_t first, second;
static atomic_int holds;

static void *
cross(void *arg)
{
	long result;

	take(&second);
	holds = 1;
	while (!(second & FUTEX_WAITERS))
		sched_yield();
	sleep_ms(20);
	errno = 0;
	result = lock_pi(&first);
	CHECK(result == -1 && errno == EDEADLK);
	give(&second);
	return arg;
}

CASE(pi_deadlock_is_found)
{
	pthread_t t;

	take(&first);
	CHECK_EQ(pthread_create(&t, NULL, cross, NULL), 0);
	while (!holds)
		sched_yield();
	OK(lock_pi(&second));
	CHECK_EQ(pthread_join(t, NULL), 0);
	give(&second);
	give(&first);
}

static atomic_int alarms;

static void
count_alarm(int signo)
{
	(void)signo;
	alarms++;
}

/* A handler runs, and the wait goes on without being told of. */
CASE(pi_lock_is_not_interrupted)
{
	struct sigaction a = { .sa_handler = count_alarm };
	word_t *w = shared_page();
	pid_t parent = getpid();
	pid_t pid;

	OK(sigaction(SIGUSR1, &a, NULL));
	pid = CHILD({
		take(w);
		for (int i = 0; i < 3; i++) {
			sleep_ms(20);
			OK(kill(parent, SIGUSR1));
		}
		sleep_ms(20);
		give(w);
	});
	while (!*w)
		sched_yield();
	OK(lock_pi(w));
	CHECK(alarms > 0);
	EXITS(pid, 0);
}

/* --- priorities --- */

/* Field 18 of /proc/PID/stat: -1 - (priority in effect) if realtime. */
static int
effective(pid_t pid)
{
	char name[64], text[1024], *p;
	long value;

	snprintf(name, sizeof(name), "/proc/%d/stat", pid);
	get_file(name, text, sizeof(text));
	p = strrchr(text, ')') + 2;
	for (int field = 3; field < 18; field++)
		p = strchr(p, ' ') + 1;
	value = strtol(p, NULL, 10);
	return value < 0 ? (int)(-1 - value) : 0;
}

static void
be_realtime(int priority)
{
	struct sched_param p = { .sched_priority = priority };

	if (syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &p) < 0)
		_exit(1);
}

static void
until_effective(pid_t pid, int priority)
{
	for (int i = 0; i < 500 && effective(pid) != priority; i++)
		sleep_ms(2);
	CHECK_EQ(effective(pid), priority);
}

CASE(pi_lends_priority)
{
	word_t *w = shared_page();
	pid_t owner, low, high;

	need_root();
	owner = CHILD({
		take(w);
		pause();
	});
	while (!*w)
		sched_yield();
	CHECK_EQ(effective(owner), 0);
	low = CHILD({
		be_realtime(10);
		OK(lock_pi(w));
	});
	until_effective(owner, 10);
	high = CHILD({
		be_realtime(40);
		OK(lock_pi(w));
	});
	until_effective(owner, 40);
	/* Its own policy is not changed by that. */
	CHECK_EQ(syscall(SYS_sched_getscheduler, owner), SCHED_OTHER);
	OK(kill(high, SIGKILL));
	DIES(high, SIGKILL);
	until_effective(owner, 10);
	OK(kill(low, SIGKILL));
	DIES(low, SIGKILL);
	until_effective(owner, 0);
	OK(kill(owner, SIGKILL));
	DIES(owner, SIGKILL);
}

/* first <- middle <- second <- tail: the tail's priority comes to the head. */
CASE(pi_lends_along_a_chain)
{
	word_t *w = shared_page();
	pid_t head, middle, tail;
	struct sched_param p = { .sched_priority = 60 };

	need_root();
	head = CHILD({
		take(&w[0]);
		pause();
	});
	while (!w[0])
		sched_yield();
	middle = CHILD({
		take(&w[1]);
		OK(lock_pi(&w[0]));
		pause();
	});
	while (!w[1] || !(w[0] & FUTEX_WAITERS))
		sched_yield();
	tail = CHILD({
		be_realtime(30);
		OK(lock_pi(&w[1]));
		pause();
	});
	until_effective(middle, 30);
	until_effective(head, 30);
	/* Setting a waiter's priority goes along, too. */
	OK(syscall(SYS_sched_setscheduler, tail, SCHED_RR, &p));
	until_effective(middle, 60);
	until_effective(head, 60);
	OK(kill(head, SIGKILL));
	DIES(head, SIGKILL);
	until_effective(middle, 60);
	OK(kill(tail, SIGKILL));
	DIES(tail, SIGKILL);
	until_effective(middle, 0);
	OK(kill(middle, SIGKILL));
	DIES(middle, SIGKILL);
}

CASE(pi_best_waiter_is_first)
{
	word_t *w = shared_page();
	volatile int *order = (volatile int *)(w + 8);
	pid_t pids[5];

	need_root();
	take(w);
	for (int i = 0; i < 5; i++) {
		pids[i] = CHILD({
			be_realtime(10 + (i * 3) % 5);
			OK(lock_pi(w));
			order[1 + order[0]++] = 10 + (i * 3) % 5;
			OK(unlock_pi(w));
		});
		until_effective(getpid(), 10 + (i == 0   ? 0
						: i == 1 ? 3
						: i < 3  ? 3
							 : 4));
	}
	sleep_ms(50);
	OK(unlock_pi(w));
	for (int i = 0; i < 5; i++)
		EXITS(pids[i], 0);
	for (int i = 0; i < 5; i++)
		CHECK_EQ(order[1 + i], 14 - i);
}

/* --- condition variables --- */

CASE(pi_requeue_errors)
{
	word_t w[2] = { 5, 0 };

	FAILS(futex(w, FUTEX_WAIT_REQUEUE_PI, 5, NULL, w, 0), EINVAL);
	FAILS(futex(w, FUTEX_WAIT_REQUEUE_PI, 4, NULL, w + 1, 0), EAGAIN);
	FAILS(futex(w, FUTEX_CMP_REQUEUE_PI, 1, (void *)1l, w, 5), EINVAL);
	FAILS(futex(w, FUTEX_CMP_REQUEUE_PI, 2, (void *)1l, w + 1, 5), EINVAL);
	FAILS(futex(w, FUTEX_CMP_REQUEUE_PI, 0, (void *)1l, w + 1, 5), EINVAL);
	FAILS(futex(w, FUTEX_CMP_REQUEUE_PI, 1, (void *)1l, w + 1, 4), EAGAIN);
	CHECK_EQ(futex(w, FUTEX_CMP_REQUEUE_PI, 1, (void *)1l, w + 1, 5), 0);
}

CASE(pi_requeue_times_out)
{
	struct timespec t = in_ms(CLOCK_MONOTONIC, 30);
	word_t w[2] = { 5, 0 };

	FAILS(futex(w, FUTEX_WAIT_REQUEUE_PI, 5, &t, w + 1, 0), ETIMEDOUT);
	t = in_ms(CLOCK_REALTIME, 30);
	FAILS(futex(w, FUTEX_WAIT_REQUEUE_PI | FUTEX_CLOCK_REALTIME, 5, &t,
		    w + 1, 0),
	      ETIMEDOUT);
}

CASE(pi_requeue_moves_to_the_lock)
{
	word_t *w = shared_page(); /* condition, lock */
	volatile int *got = (volatile int *)(w + 2);
	pid_t pids[4];
	int moved = 0;

	for (size_t i = 0; i < COUNT(pids); i++)
		pids[i] = CHILD({
			OK(futex(w, FUTEX_WAIT_REQUEUE_PI, 0, NULL, w + 1, 0));
			CHECK_EQ(w[1] & FUTEX_TID_MASK, tid());
			++*got;
			OK(unlock_pi(w + 1));
		});
	sleep_ms(100);
	/* They are not for others to wake or to move elsewhere. */
	FAILS(futex(w, FUTEX_WAKE, 1, NULL, NULL, 0), EINVAL);
	FAILS(futex(w, FUTEX_CMP_REQUEUE_PI, 1, (void *)9l, w + 5, 0), EINVAL);
	take(w + 1);
	moved = (int)OK(
		futex(w, FUTEX_CMP_REQUEUE_PI, 1, (void *)2l, w + 1, 0));
	CHECK_EQ(moved, 3);
	sleep_ms(50);
	CHECK_EQ(*got, 0);
	CHECK_EQ(w[1], tid() | FUTEX_WAITERS);
	OK(unlock_pi(w + 1));
	while (*got < 3)
		sched_yield();
	/* With the lock free one is woken at once. */
	CHECK_EQ(futex(w, FUTEX_CMP_REQUEUE_PI, 1, (void *)9l, w + 1, 0), 1);
	for (size_t i = 0; i < COUNT(pids); i++)
		EXITS(pids[i], 0);
	CHECK_EQ(*got, 4);
}

/* --- races --- */

#define THREADS 6
#define TURNS   500

static word_t contested;
static volatile long counter;

static void *
count_under_lock(void *arg)
{
	for (int i = 0; i < TURNS; i++) {
		take(&contested);
		counter++;
		give(&contested);
	}
	return arg;
}

CASE(pi_excludes)
{
	pthread_t t[THREADS];

	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, count_under_lock, NULL),
			 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
	CHECK_EQ(counter, THREADS * TURNS);
	CHECK_EQ(contested, 0);
}

static void
idle_handler(int signo)
{
	(void)signo;
}

/* With time-outs and signals: nothing is lost, nobody has it twice. */
static void *
count_impatiently(void *arg)
{
	for (int i = 0; i < TURNS; i++) {
		struct timespec t = in_ms(CLOCK_REALTIME, i % 3);
		uint32_t free = 0;

		if (!atomic_compare_exchange_strong(&contested, &free, tid()) &&
		    futex(&contested, FUTEX_LOCK_PI, 0, &t, NULL, 0) < 0) {
			CHECK_EQ(errno, ETIMEDOUT);
			continue;
		}
		counter++;
		if (i % 50 == 0)
			sleep_ms(1);
		counter--;
		give(&contested);
	}
	return arg;
}

CASE(pi_excludes_the_impatient)
{
	struct sigaction a = { .sa_handler = idle_handler };
	pthread_t t[THREADS];

	OK(sigaction(SIGUSR1, &a, NULL));
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, count_impatiently, NULL),
			 0);
	for (int i = 0; i < 200; i++)
		pthread_kill(t[i % THREADS], SIGUSR1);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
	CHECK_EQ(counter, 0);
	CHECK_EQ(contested & FUTEX_TID_MASK, 0);
}

/* Processes that die with the lock, over and over. */
CASE(pi_survives_deaths)
{
	word_t *w = shared_page();
	pid_t pids[4];

	for (int round = 0; round < 30; round++) {
		for (size_t i = 0; i < COUNT(pids); i++)
			pids[i] = CHILD({
				/* Without FUTEX_WAITERS it died unseen. */
				if (lock_pi(w) < 0) {
					CHECK_EQ(errno, ESRCH);
					_exit(0);
				}
				if ((round + i) % 3 == 0)
					give(w);
				if ((round + i) % 3 == 1)
					OK(kill(getpid(), SIGKILL));
			});
		for (size_t i = 0; i < COUNT(pids); i++)
			OK(waitpid(pids[i], NULL, 0));
		/* Who died alone leaves its number behind. */
		*w = 0;
	}
}
