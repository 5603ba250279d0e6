/* SPDX-License-Identifier: MIT */
/*
 * runner.c - run guest test programs one after the other.
 *
 *	runner [-t SECONDS] PROGRAM...
 *
 * A PROGRAM that is a directory stands for the programs in it, by name.  Their
 * output passes through; behind each comes one line,
 *
 *	guest: NAME: N passed, N failed, N skipped in N ms
 *
 * and at the end "guest: N programs, N passed, N failed".  A program that takes
 * longer than SECONDS (180) is killed and counts as one failure, as does one
 * that dies.  The exit status is 0 when nothing failed.
 */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static unsigned limit_s = 180;
static unsigned programs, all_passed, all_failed;

/* What one program has printed so far. */
struct tally {
	unsigned passed, failed, skipped;
	char line[512]; /* the last one, as far as it goes */
	size_t length;
};

static long
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
count_line(struct tally *t)
{
	t->line[t->length] = '\0';
	if (!strncmp(t->line, "not ok - ", 9))
		t->failed++;
	else if (!strncmp(t->line, "ok - ", 5) && strstr(t->line, " # SKIP "))
		t->skipped++;
	else if (!strncmp(t->line, "ok - ", 5))
		t->passed++;
	t->length = 0;
}

static void
take_output(struct tally *t, const char *text, size_t n)
{
	if (write(STDOUT_FILENO, text, n) < 0)
		exit(2);
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '\n')
			count_line(t);
		else if (t->length < sizeof(t->line) - 1)
			t->line[t->length++] = text[i];
	}
}

/* Returns whether the program closed its output in time. */
static bool
follow(int fd, struct tally *t, long deadline)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	char text[1024];

	for (;;) {
		long left = deadline - now_ms();
		ssize_t n;

		if (left <= 0 || poll(&pfd, 1, (int)left) == 0)
			return false;
		n = read(fd, text, sizeof(text));
		if (n == 0 || (n < 0 && errno != EINTR))
			return true;
		if (n > 0)
			take_output(t, text, (size_t)n);
	}
}

static pid_t
start(const char *path, int *output)
{
	int fds[2];
	pid_t pid;

	if (pipe(fds) || (pid = fork()) < 0)
		return -1;
	if (!pid) {
		setpgid(0, 0);
		dup2(fds[1], STDOUT_FILENO);
		dup2(fds[1], STDERR_FILENO);
		close(fds[0]);
		close(fds[1]);
		execl(path, path, (char *)NULL);
		printf("cannot run: %s\n", strerror(errno));
		fflush(stdout);
		_exit(127);
	}
	close(fds[1]);
	*output = fds[0];
	return pid;
}

static void
run(const char *path)
{
	const char *base = strrchr(path, '/');
	struct tally t = { 0 };
	long begun = now_ms();
	int output, status = 0;
	pid_t pid = start(path, &output);

	base = base ? base + 1 : path;
	programs++;
	if (pid < 0) {
		printf("not ok - %s: cannot fork: %s\n", base, strerror(errno));
		all_failed++;
		return;
	}
	if (!follow(output, &t, begun + limit_s * 1000l)) {
		kill(pid, SIGKILL);
		kill(-pid, SIGKILL);
		printf("not ok - %s: timed out\n", base);
		t.failed++;
	}
	close(output);
	waitpid(pid, &status, 0);
	if (status && !t.failed) {
		printf("not ok - %s: ended with status %#x\n", base, status);
		t.failed++;
	}
	printf("guest: %s: %u passed, %u failed, %u skipped in %ld ms\n", base,
	       t.passed, t.failed, t.skipped, now_ms() - begun);
	fflush(stdout);
	all_passed += t.passed;
	all_failed += t.failed;
}

static int
is_program(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && strcmp(entry->d_name, "runner");
}

static void
run_directory(const char *path)
{
	struct dirent **entries;
	int n = scandir(path, &entries, is_program, alphasort);

	for (int i = 0; i < n; i++) {
		char program[512];

		snprintf(program, sizeof(program), "%s/%s", path,
			 entries[i]->d_name);
		run(program);
		free(entries[i]);
	}
}

int
main(int argc, char **argv)
{
	struct stat st;
	int i = 1;

	if (argc > 2 && !strcmp(argv[1], "-t")) {
		limit_s = (unsigned)atoi(argv[2]);
		i = 3;
	}
	for (; i < argc; i++) {
		if (!stat(argv[i], &st) && S_ISDIR(st.st_mode))
			run_directory(argv[i]);
		else
			run(argv[i]);
	}
	printf("guest: %u programs, %u passed, %u failed\n", programs,
	       all_passed, all_failed);
	return all_failed != 0;
}
