/* SPDX-License-Identifier: MIT */
/*
 * slow_threads.c - a thousand threads in one process, and a million rounds of
 * futex ping-pong between eight threads on the first four processors.
 *
 * Takes long under emulation: `make test-slow`.
 */
#include "guest.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define THREADS  1000
#define CROWDS   4
#define PLAYERS  8
#define ROUNDS   1000000
#define LIMIT_S  1200
#define SLACK_KB (1024 + 512 * sysconf(_SC_NPROCESSORS_ONLN))

/* --- a thousand threads -------------------------------------------------- */

static pthread_barrier_t all_here;

static void *
be_there(void *arg)
{
	pthread_barrier_wait(&all_here);
	pthread_barrier_wait(&all_here);
	return arg;
}

static long
threads_now(void)
{
	char text[8192], *at;

	get_file("/proc/self/status", text, sizeof(text));
	at = strstr(text, "Threads:");
	CHECK(at);
	return atol(at + 8);
}

static void
crowd(void)
{
	static pthread_t t[THREADS];
	pthread_attr_t a;

	CHECK_EQ(pthread_attr_init(&a), 0);
	CHECK_EQ(pthread_attr_setstacksize(&a, 16384), 0);
	CHECK_EQ(pthread_barrier_init(&all_here, NULL, THREADS + 1), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&t[i], &a, be_there,
					(void *)(intptr_t)i),
			 0);
	pthread_barrier_wait(&all_here);
	CHECK_EQ(threads_now(), THREADS + 1);
	pthread_barrier_wait(&all_here);
	for (int i = 0; i < THREADS; i++) {
		void *result;

		CHECK_EQ(pthread_join(t[i], &result), 0);
		CHECK_EQ((intptr_t)result, i);
	}
	/* Joined means gone from memory; the kernel may need a moment more. */
	for (int i = 0; i < 1000 && threads_now() > 1; i++)
		sleep_ms(1);
	CHECK_EQ(threads_now(), 1);
}

CASE(thousand_threads_leave_nothing)
{
	bool alone = access("/proc/umbra/frames", R_OK) == 0;
	long free_before, free_after;

	guest_limit(LIMIT_S);
	crowd(); /* caches keep what the first crowd needed */
	sleep_ms(200);
	free_before = meminfo("MemFree:");
	for (int i = 0; i < CROWDS; i++)
		crowd();
	sleep_ms(200);
	free_after = meminfo("MemFree:");
	printf("# MemFree %ld kB before, %ld kB after %d threads\n",
	       free_before, free_after, CROWDS * THREADS);
	CHECK(!alone || free_after > free_before - SLACK_KB);
}

/* --- ping-pong ----------------------------------------------------------- */

/* Each player has a word: 1 = the ball is there. */
static struct {
	_Atomic uint32_t ball;
	char pad[60];
} player[PLAYERS];
static atomic_long passes;

static void
pass_to(int to)
{
	atomic_store(&player[to].ball, 1);
	OK(syscall(SYS_futex, &player[to].ball, FUTEX_WAKE_PRIVATE, 1, NULL,
		   NULL, 0));
}

static void *
play(void *number)
{
	int me = (int)(intptr_t)number, partner = me ^ 1;
	cpu_set_t set;

	/* Partners on different processors, where there are any. */
	CPU_ZERO(&set);
	CPU_SET(me % (int)sysconf(_SC_NPROCESSORS_ONLN) % 4, &set);
	OK(sched_setaffinity(0, sizeof(set), &set));
	for (long i = 0; i < ROUNDS / (PLAYERS / 2); i++) {
		while (!atomic_load(&player[me].ball))
			syscall(SYS_futex, &player[me].ball, FUTEX_WAIT_PRIVATE,
				0, NULL, NULL, 0);
		atomic_store(&player[me].ball, 0);
		passes++;
		pass_to(partner);
	}
	return NULL;
}

CASE(futex_ping_pong)
{
	pthread_t t[PLAYERS];

	guest_limit(LIMIT_S);
	for (intptr_t i = 0; i < PLAYERS; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, play, (void *)i), 0);
	for (int i = 0; i < PLAYERS; i += 2)
		pass_to(i);
	for (int i = 0; i < PLAYERS; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
	/* A round is there and back. */
	CHECK_EQ(passes, 2l * ROUNDS);
}
