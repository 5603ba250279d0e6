/* SPDX-License-Identifier: MIT */
/*
 * threads.c - futexes, and what musl builds on them.
 */
#include "guest.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* musl keeps its own to itself, and has no <linux/futex.h>. */
#define FUTEX_WAIT         0
#define FUTEX_WAKE         1
#define FUTEX_CMP_REQUEUE  4
#define FUTEX_PRIVATE_FLAG 128

static long
futex(volatile int *word, int op, int value, const struct timespec *timeout)
{
	return syscall(SYS_futex, word, op, value, timeout, NULL, 0);
}

static volatile int *
shared_word(void)
{
	volatile int *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

CASE(wait_compares_first)
{
	volatile int word = 1;

	FAILS(futex(&word, FUTEX_WAIT, 2, NULL), EAGAIN);
	FAILS(futex(&word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 2, NULL), EAGAIN);
}

CASE(wait_times_out)
{
	struct timespec t = { 0, 30000000 }, bad = { 0, -1 };
	volatile int word = 1;
	long begun = now_ms();

	FAILS(futex(&word, FUTEX_WAIT, 1, &t), ETIMEDOUT);
	CHECK(now_ms() - begun >= 29);
	FAILS(futex(&word, FUTEX_WAIT, 1, &bad), EINVAL);
}

CASE(futex_errors)
{
	char *hole = before_hole();

	FAILS(futex((int *)(hole - 2), FUTEX_WAIT, 0, NULL), EINVAL);
	FAILS(futex((int *)hole, FUTEX_WAIT, 0, NULL), EFAULT);
	FAILS(futex((int *)(hole - 4), 99, 0, NULL), ENOSYS);
	CHECK_EQ(futex((int *)(hole - 4), FUTEX_WAKE, 1, NULL), 0);
}

CASE(wake_another_process)
{
	volatile int *word = shared_word();
	pid_t pid = CHILD({
		while (!*word)
			futex(word, FUTEX_WAIT, 0, NULL);
	});

	sleep_ms(20);
	*word = 1;
	CHECK_EQ(futex(word, FUTEX_WAKE, 10, NULL), 1);
	EXITS(pid, 0);
}

CASE(wake_no_more_than_asked)
{
	volatile int *word = shared_word();
	pid_t pids[4];
	long woken = 0;

	for (size_t i = 0; i < COUNT(pids); i++)
		pids[i] = CHILD({ OK(futex(word, FUTEX_WAIT, 0, NULL)); });
	sleep_ms(60);
	CHECK_EQ(futex(word, FUTEX_WAKE, 1, NULL), 1);
	woken = futex(word, FUTEX_WAKE, 100, NULL);
	CHECK_EQ(woken, 3);
	for (size_t i = 0; i < COUNT(pids); i++)
		EXITS(pids[i], 0);
}

CASE(private_copies_are_different_words)
{
	volatile int *word = anon(PAGE);
	struct timespec t = { 0, 60000000 };
	pid_t pid;

	*word = 0;
	pid = CHILD({ FAILS(futex(word, FUTEX_WAIT, 0, &t), ETIMEDOUT); });
	sleep_ms(20);
	*word = 1;
	CHECK_EQ(futex(word, FUTEX_WAKE, 10, NULL), 0);
	EXITS(pid, 0);
}

static void
note(int number)
{
	(void)number;
}

CASE(wait_is_interrupted)
{
	struct sigaction action = { .sa_handler = note };
	volatile int word = 0;
	pid_t parent = getpid();
	pid_t pid;

	OK(sigaction(SIGUSR1, &action, NULL));
	pid = CHILD({
		sleep_ms(30);
		OK(kill(parent, SIGUSR1));
	});
	FAILS(futex(&word, FUTEX_WAIT, 0, NULL), EINTR);
	EXITS(pid, 0);
}

CASE(requeue_moves_waiters)
{
	volatile int *words = shared_word();
	pid_t pids[3];

	for (size_t i = 0; i < COUNT(pids); i++)
		pids[i] = CHILD({ OK(futex(words, FUTEX_WAIT, 0, NULL)); });
	sleep_ms(60);
	if (syscall(SYS_futex, words, FUTEX_CMP_REQUEUE, 1, 10l, words + 100,
		    0) < 0 &&
	    errno == ENOSYS) {
		for (size_t i = 0; i < COUNT(pids); i++)
			kill(pids[i], SIGKILL);
		SKIP("no FUTEX_CMP_REQUEUE");
	}
	CHECK_EQ(futex(words, FUTEX_WAKE, 10, NULL), 0);
	CHECK_EQ(futex(words + 100, FUTEX_WAKE, 10, NULL), 2);
	for (size_t i = 0; i < COUNT(pids); i++)
		EXITS(pids[i], 0);
}

static void *
give_back(void *argument)
{
	return (char *)argument + 1;
}

CASE(create_and_join)
{
	for (uintptr_t i = 0; i < 200; i++) {
		pthread_t thread;
		void *result;

		CHECK_EQ(pthread_create(&thread, NULL, give_back, (void *)i),
			 0);
		CHECK_EQ(pthread_join(thread, &result), 0);
		CHECK_EQ((uintptr_t)result, i + 1);
	}
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static volatile long counter;

static void *
add_many(void *argument)
{
	for (int i = 0; i < 5000; i++) {
		pthread_mutex_lock(&mutex);
		counter++;
		if (i % 1000 == 0)
			sched_yield();
		pthread_mutex_unlock(&mutex);
	}
	return argument;
}

CASE(mutex_counts_right)
{
	pthread_t threads[8];

	for (size_t i = 0; i < COUNT(threads); i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, add_many, NULL), 0);
	for (size_t i = 0; i < COUNT(threads); i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	CHECK_EQ(counter, 40000);
}

static volatile int turn;

static void *
take_turns(void *argument)
{
	int me = (int)(uintptr_t)argument;

	for (int i = 0; i < 300; i++) {
		pthread_mutex_lock(&mutex);
		while (turn % 2 != me)
			pthread_cond_wait(&condition, &mutex);
		turn++;
		pthread_cond_broadcast(&condition);
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

CASE(condition_variables)
{
	pthread_t a, b;

	CHECK_EQ(pthread_create(&a, NULL, take_turns, (void *)0), 0);
	CHECK_EQ(pthread_create(&b, NULL, take_turns, (void *)1), 0);
	CHECK_EQ(pthread_join(a, NULL), 0);
	CHECK_EQ(pthread_join(b, NULL), 0);
	CHECK_EQ(turn, 600);
}

static _Thread_local int own = 5;

static void *
use_own(void *argument)
{
	if (own != 5)
		return (void *)1;
	own = (int)(uintptr_t)argument;
	sched_yield();
	return own == (int)(uintptr_t)argument ? NULL : (void *)2;
}

CASE(thread_local_storage)
{
	pthread_t threads[16];
	void *result;

	for (uintptr_t i = 0; i < COUNT(threads); i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, use_own,
					(void *)(i + 100)),
			 0);
	for (size_t i = 0; i < COUNT(threads); i++) {
		CHECK_EQ(pthread_join(threads[i], &result), 0);
		CHECK(result == NULL);
	}
	CHECK_EQ(own, 5);
}

static void *
say_ids(void *argument)
{
	pid_t *ids = argument;

	ids[0] = getpid();
	ids[1] = (pid_t)syscall(SYS_gettid);
	return NULL;
}

CASE(threads_share_a_pid)
{
	pid_t ids[2];
	pthread_t thread;

	CHECK_EQ(pthread_create(&thread, NULL, say_ids, ids), 0);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK_EQ(ids[0], getpid());
	CHECK(ids[1] != getpid());
}

static void *
fork_in_thread(void *argument)
{
	pid_t pid = fork();

	if (!pid)
		_exit(syscall(SYS_gettid) == getpid() ? 0 : 1);
	waitpid(pid, argument, 0);
	return NULL;
}

CASE(fork_takes_one_thread)
{
	pthread_t thread;
	int status = -1;

	CHECK_EQ(pthread_create(&thread, NULL, fork_in_thread, &status), 0);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK_EQ(status, 0);
}

static void *
spin(void *argument)
{
	while (argument)
		++*(volatile long *)argument;
	return NULL;
}

CASE(exec_ends_other_threads)
{
	EXITS(CHILD({
		      char *argv[] = { "x", "--list", NULL };
		      pthread_t threads[4];
		      long count;
		      int null;

		      for (size_t i = 0; i < COUNT(threads); i++)
			      CHECK_EQ(pthread_create(&threads[i], NULL, spin,
						      &count),
				       0);
		      null = (int)OK(dup2(
			      (int)OK(syscall(SYS_open, "/dev/null", 1)), 1));
		      (void)null;
		      execv(self_path(), argv);
	      }),
	      0);
}

CASE(kill_ends_all_threads)
{
	pid_t pid = CHILD({
		pthread_t threads[4];
		long count;

		for (size_t i = 0; i < COUNT(threads); i++)
			CHECK_EQ(
				pthread_create(&threads[i], NULL, spin, &count),
				0);
		for (;;)
			pause();
	});

	sleep_ms(30);
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

static sem_t semaphore;

static void *
post_later(void *argument)
{
	sleep_ms(20);
	sem_post(&semaphore);
	return argument;
}

CASE(semaphores)
{
	struct timespec t;
	pthread_t thread;

	OK(sem_init(&semaphore, 0, 0));
	OK(clock_gettime(CLOCK_REALTIME, &t));
	FAILS(sem_timedwait(&semaphore, &t), ETIMEDOUT);
	CHECK_EQ(pthread_create(&thread, NULL, post_later, NULL), 0);
	OK(sem_wait(&semaphore));
	CHECK_EQ(pthread_join(thread, NULL), 0);
}

CASE(child_tid_is_cleared_at_exit)
{
	volatile int *word = shared_word();
	pid_t pid;

	*word = 77;
	pid = CHILD({
		syscall(SYS_set_tid_address, word);
		/* only while others can see the memory is it worth a store */
		_exit(0);
	});
	EXITS(pid, 0);
	CHECK(*word == 0 || *word == 77);
}
