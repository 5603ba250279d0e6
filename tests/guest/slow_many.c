/* SPDX-License-Identifier: MIT */
/*
 * slow_many.c - 10,000 processes at once, 100,000 one after the other.
 *
 * Takes long under emulation, so it has boots of its own.  What is counted
 * must be what it was: processes, and free memory to within what per-processor
 * caches may keep.
 */
#include "guest.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#define ALIVE    10000
#define FORKS    100000
#define SLACK_KB 1024 /* what caches may keep */

static unsigned
processes(void)
{
	struct sysinfo info;

	OK(sysinfo(&info));
	return info.procs;
}

/* Free memory once it has settled. */
static long
settled_free(void)
{
	long now = meminfo("MemFree:"), before;

	sleep_ms(200);
	do {
		before = now;
		sleep_ms(50);
		now = meminfo("MemFree:");
	} while (now > before + 64);
	return now;
}

static void
wait_all(int n, int status)
{
	for (int i = 0; i < n; i++) {
		int got;

		OK(wait(&got));
		CHECK_EQ(got, status);
	}
	FAILS(wait(NULL), ECHILD);
}

/* Make n children that live until the pipe closes; returns how many. */
static int
crowd(int n, int fds[2])
{
	char c;

	OK(pipe(fds));
	for (int i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return i;
		if (!pid) {
			close(fds[1]);
			_exit(read(fds[0], &c, 1) == 0 ? 0 : 1);
		}
	}
	return n;
}

/*
 * Twice, because caches keep what the first crowd needed: the second must not
 * cost anything that stays.
 */
CASE(ten_thousand_alive)
{
	long free_before, free_between = 0, each;
	unsigned before;
	int fds[2], n;

	guest_limit(600);
	for (int round = 0; round < 2; round++) {
		free_before = settled_free();
		before = processes();
		n = crowd(ALIVE, fds);
		each = (free_before - meminfo("MemFree:")) * 1024 / n;
		printf("# %d processes alive, %ld bytes each\n", n, each);
		fflush(stdout);
		CHECK_EQ(n, ALIVE);
		CHECK(processes() >= before + ALIVE - 10);
		OK(close(fds[0]));
		OK(close(fds[1]));
		wait_all(n, 0);
		CHECK(processes() <= before + 10);
		free_between = round ? free_between : settled_free();
	}
	printf("# MemFree %ld kB after one crowd, %ld kB after two\n",
	       free_between, settled_free());
	fflush(stdout);
	CHECK(settled_free() > free_between - SLACK_KB);
}

CASE(hundred_thousand_forks)
{
	char *p = anon(16 * PAGE);
	long free_before, free_after;
	unsigned before;

	guest_limit(600);
	for (int i = 0; i < 200; i++) /* caches are warm from here on */
		EXITS(CHILD({ p[0] = 1; }), 0);
	free_before = settled_free();
	before = processes();
	for (int i = 0; i < FORKS / 100; i++) {
		for (int k = 0; k < 100; k++)
			CHILD({ p[(size_t)k % 16 * PAGE] = (char)k; });
		wait_all(100, 0);
	}
	free_after = settled_free();
	printf("# MemFree %ld kB before, %ld kB after\n", free_before,
	       free_after);
	fflush(stdout);
	CHECK(processes() <= before + 10);
	CHECK(free_after > free_before - SLACK_KB);
}
