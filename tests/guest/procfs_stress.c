/* SPDX-License-Identifier: MIT */
/*
 * procfs_stress.c - everything below /proc and /sys is read while processes
 * are made, run programs, have threads and end.
 */
#include "guest.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t stop;

static void
on_alarm(int signo)
{
	(void)signo;
	stop = 1;
}

/* A file, until its end or 64 KiB; some refuse, which is fine. */
static unsigned
swallow(int dir, const char *name)
{
	char buf[4096];
	int fd = openat(dir, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);

	if (fd < 0)
		return 0;
	for (int i = 0; i < 16 && read(fd, buf, sizeof(buf)) > 0; i++)
		;
	close(fd);
	return 1;
}

static unsigned
walk(int at, const char *name, int depth)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	unsigned n = 0;
	char link[256];

	if (!dir)
		return 0;
	while (!stop && (e = readdir(dir))) {
		if (e->d_name[0] == '.')
			continue;
		if (e->d_type == DT_DIR && depth < 6)
			n += walk(fd, e->d_name, depth + 1);
		else if (e->d_type == DT_LNK)
			n += readlinkat(fd, e->d_name, link, sizeof(link)) > 0;
		else if (e->d_type == DT_REG && strcmp(e->d_name, "kmsg") &&
			 strcmp(e->d_name, "mem"))
			n += swallow(fd, e->d_name);
	}
	closedir(dir);
	return n;
}

static void *
thread_ends(void *arg)
{
	return arg;
}

int
guest_as(const char *what, int argc, char **argv)
{
	(void)what;
	(void)argc;
	(void)argv;
	pthread_t t[3];

	for (int i = 0; i < 3; i++)
		if (pthread_create(&t[i], NULL, thread_ends, NULL))
			return 1;
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	return 0;
}

/* Forks, execs and ends until it is killed. */
static void
churn(void)
{
	for (;;) {
		pid_t pid = fork();

		if (!pid)
			execl(self_path(), self_path(), "--as", "short", NULL);
		if (pid > 0)
			waitpid(pid, NULL, 0);
	}
}

static void
read_while_others_live(const char *root, int seconds)
{
	pid_t others[4];
	unsigned n = 0;

	guest_limit(120);
	for (int i = 0; i < 4; i++)
		others[i] = CHILD({ churn(); });
	signal(SIGALRM, on_alarm);
	alarm((unsigned)seconds);
	while (!stop)
		n += walk(AT_FDCWD, root, 0);
	for (int i = 0; i < 4; i++) {
		kill(others[i], SIGKILL);
		waitpid(others[i], NULL, 0);
	}
	CHECK(n > 100);
}

CASE(all_of_proc_while_processes_come_and_go)
{
	read_while_others_live("/proc", 8);
}

CASE(two_readers_of_proc)
{
	pid_t pid = CHILD({ read_while_others_live("/proc", 5); });

	read_while_others_live("/proc", 5);
	EXITS(pid, 0);
}

CASE(all_of_sys)
{
	struct stat s;

	if (stat("/sys/devices", &s))
		SKIP("/sys is not mounted");
	read_while_others_live("/sys/devices/system/cpu", 2);
}

CASE(a_thousand_processes_are_listed_whole)
{
	enum {
		N = 1000
	};
	static pid_t pids[N];
	static bool seen[N];
	struct dirent *e;
	int found = 0;
	DIR *dir;

	guest_limit(120);
	for (int i = 0; i < N; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			pause();
			_exit(0);
		}
		CHECK(pids[i] > 0);
	}
	dir = opendir("/proc");
	CHECK(dir);
	while ((e = readdir(dir))) {
		int pid = atoi(e->d_name);

		for (int i = 0; pid && i < N; i++) {
			if (pids[i] == pid) {
				CHECK(!seen[i]);
				seen[i] = true;
				found++;
			}
		}
	}
	for (int i = 0; i < N; i++)
		kill(pids[i], SIGKILL);
	for (int i = 0; i < N; i++)
		waitpid(pids[i], NULL, 0);
	CHECK_EQ(found, N);
}
