/* SPDX-License-Identifier: MIT */
/*
 * many.c - many processes at once, and many more one after the other.
 *
 * Where nobody else runs, what is counted must be what it was: exactly for
 * processes and the frames of page tables, pages and pipes, and for free
 * memory to within what caches may keep (SLACK_KB): stacks, and the magazines
 * of each processor, which fill as the crowd happens to be spread over them.
 * slow_many.c is the same with numbers that take long under emulation.
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

#ifndef ALIVE
#define ALIVE 1000
#define FORKS 5000
#endif
#define LIMIT_S  (60 + FORKS / 50) /* generous: machines are emulated */
#define SLACK_KB (1024 + 512 * sysconf(_SC_NPROCESSORS_ONLN))
#define FRAMES   "/proc/umbra/frames"

static unsigned
processes(void)
{
	struct sysinfo info;

	OK(sysinfo(&info));
	return info.procs;
}

/* Inside Umbra the figures are ours; another Linux has other programs. */
static bool
alone(void)
{
	return access(FRAMES, R_OK) == 0;
}

/* What has to be the same afterwards. */
struct count {
	long processes, node, anon, pipe;
};

static long
frames_of(const char *text, const char *kind)
{
	const char *at = strstr(text, kind);

	CHECK(at);
	return atol(at + strlen(kind));
}

static void
count_all(struct count *c)
{
	char text[1024];

	get_file(FRAMES, text, sizeof(text));
	c->processes = processes();
	c->node = frames_of(text, "\nnode ");
	c->anon = frames_of(text, "\nanon ");
	c->pipe = frames_of(text, "\npipe ");
}

static void
check_count(const struct count *before)
{
	struct count now;

	if (!alone())
		return;
	/* What has been waited for may still be leaving its stack. */
	count_all(&now);
	for (int i = 0; i < 100 && memcmp(&now, before, sizeof(now)); i++) {
		sleep_ms(50);
		count_all(&now);
	}
	CHECK_EQ(now.processes, before->processes);
	CHECK_EQ(now.node, before->node);
	CHECK_EQ(now.anon, before->anon);
	CHECK_EQ(now.pipe, before->pipe);
}

static struct count
count_before(void)
{
	struct count c = { 0 };

	if (alone()) {
		count_all(&c); /* may grow the stack: count again */
		count_all(&c);
	}
	return c;
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
CASE(many_alive_at_once)
{
	long free_before, free_between = 0, each;
	struct count count;
	unsigned before;
	int fds[2], n;

	guest_limit(LIMIT_S);
	for (int round = 0; round < 2; round++) {
		free_before = settled_free();
		before = processes();
		count = count_before();
		n = crowd(ALIVE, fds);
		each = (free_before - meminfo("MemFree:")) * 1024 / n;
		printf("# %d processes alive, %ld bytes each\n", n, each);
		fflush(stdout);
		CHECK_EQ(n, ALIVE);
		CHECK(processes() >= before + (alone() ? ALIVE : ALIVE - 10));
		OK(close(fds[0]));
		OK(close(fds[1]));
		wait_all(n, 0);
		CHECK(processes() <= before + 10);
		free_between = round ? free_between : settled_free();
		if (round)
			check_count(&count);
	}
	printf("# MemFree %ld kB after one crowd, %ld kB after two\n",
	       free_between, settled_free());
	fflush(stdout);
	CHECK(!alone() || settled_free() > free_between - SLACK_KB);
}

CASE(many_forks_leave_nothing)
{
	char *p = anon(16 * PAGE);
	long free_before, free_after;
	struct count count;
	unsigned before;

	guest_limit(LIMIT_S);
	for (int i = 0; i < 200; i++) /* caches are warm from here on */
		EXITS(CHILD({ p[0] = 1; }), 0);
	free_before = settled_free();
	before = processes();
	memset(p, 1, 16 * PAGE);
	count = count_before();
	for (int i = 0; i < FORKS / 100; i++) {
		for (int k = 0; k < 100; k++)
			CHILD({ p[(size_t)k % 16 * PAGE] = (char)k; });
		wait_all(100, 0);
	}
	free_after = settled_free();
	printf("# MemFree %ld kB before, %ld kB after\n", free_before,
	       free_after);
	fflush(stdout);
	check_count(&count);
	CHECK(processes() <= before + 10);
	CHECK(!alone() || free_after > free_before - SLACK_KB);
}
