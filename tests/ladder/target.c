/* SPDX-License-Identifier: MIT */
/*
 * target.c - what gdb looks at in the ladder: calls, data, a signal handler,
 * threads, a child, a crash.  The first argument says which.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct point {
	int x, y;
	const char *name;
};

volatile int counter;
volatile double ratio = 1.5;
struct point origin = { 3, 4, "origin" };
static pthread_barrier_t barrier;

static __attribute__((noinline)) int
factorial(int n)
{
	if (n <= 1)
		return 1;
	return n * factorial(n - 1);
}

static __attribute__((noinline)) void
count(int to)
{
	for (int i = 1; i <= to; i++)
		counter = i;
}

static void
on_signal(int number)
{
	counter += number;
}

static void *
thread(void *arg)
{
	int mine = (int)(long)arg;

	pthread_barrier_wait(&barrier);
	__atomic_add_fetch(&counter, mine, __ATOMIC_SEQ_CST);
	return NULL;
}

static void
threads(void)
{
	pthread_t t[3];

	pthread_barrier_init(&barrier, NULL, 4);
	for (long i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, thread, (void *)(i + 1));
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
}

static void
child(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		execl("/bin/echo", "echo", "executed", NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
}

static void
crash(void)
{
	volatile int *nowhere = NULL;

	*nowhere = 1;
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "calls";

	signal(SIGUSR1, on_signal);
	if (!strcmp(what, "calls")) {
		count(3);
		printf("factorial %d\n", factorial(5));
	} else if (!strcmp(what, "signal")) {
		raise(SIGUSR1);
	} else if (!strcmp(what, "threads")) {
		threads();
	} else if (!strcmp(what, "child")) {
		child();
	} else if (!strcmp(what, "crash")) {
		crash();
	} else if (!strcmp(what, "wait")) {
		while (!counter)
			pause();
	}
	printf("counter %d\n", counter);
	return counter;
}
