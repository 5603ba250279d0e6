/* SPDX-License-Identifier: MIT */
/*
 * thread_exec.c - threads that exec, exit and are looked at under load; what is
 * set up for each thread by arch_prctl(2) and its like.
 */
#include "guest.h"

#include <asm/prctl.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t
gettid_(void)
{
	return (pid_t)syscall(SYS_gettid);
}

int
guest_as(const char *what, int argc, char **argv)
{
	(void)argc;
	/* Alone, and by the number of the process it was. */
	if (strcmp(what, "leader") == 0) {
		char text[4096];

		CHECK_EQ(gettid_(), getpid());
		CHECK_EQ(getpid(), atoi(argv[0]));
		get_file("/proc/self/status", text, sizeof(text));
		CHECK(strstr(text, "Threads:\t1\n"));
		return 7;
	}
	return 1;
}

static void *
burn(void *arg)
{
	for (;;)
		syscall(SYS_getppid);
	return arg;
}

static void *
rest(void *arg)
{
	pause();
	return arg;
}

/* Known beforehand: /proc/self/exe goes with the leader. */
static char path[256];

static void *
do_exec(void *arg)
{
	char pid[20];

	CHECK(gettid_() != getpid());
	snprintf(pid, sizeof(pid), "%d", getpid());
	execl(path, path, "--as", "leader", pid, NULL);
	_exit(1);
	return arg;
}

static void
start(void *(*fn)(void *))
{
	pthread_attr_t a;
	pthread_t t;

	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, 64 * 1024);
	CHECK_EQ(pthread_create(&t, &a, fn, NULL), 0);
}

CASE(thread_that_execs_becomes_the_leader)
{
	strcpy(path, self_path());
	for (int round = 0; round < 10; round++)
		EXITS(CHILD({
			      for (int i = 0; i < 4; i++) {
				      start(burn);
				      start(rest);
			      }
			      start(do_exec);
			      for (;;)
				      pause();
		      }),
		      7);
}

CASE(thread_that_execs_after_the_leader_left)
{
	strcpy(path, self_path());
	EXITS(CHILD({
		      start(rest);
		      start(do_exec);
		      syscall(SYS_exit, 0);
	      }),
	      7);
}

/* All want to: one of them succeeds. */
CASE(threads_that_all_exec)
{
	strcpy(path, self_path());
	for (int round = 0; round < 10; round++)
		EXITS(CHILD({
			      for (int i = 0; i < 6; i++)
				      start(do_exec);
			      for (;;)
				      pause();
		      }),
		      7);
}

static void *
do_exit_group(void *arg)
{
exit_group:
	syscall(SYS_exit_group, 9);
	goto exit_group;
	return arg;
}

CASE(threads_that_exit_all)
{
	for (int round = 0; round < 20; round++)
		EXITS(CHILD({
			      for (int i = 0; i < 4; i++)
				      start(burn);
			      for (int i = 0; i < 3; i++)
				      start(do_exit_group);
			      for (;;)
				      pause();
		      }),
		      9);
}

CASE(threads_killed_while_they_start_others)
{
	for (int round = 0; round < 10; round++) {
		pid_t pid = CHILD({
			for (int i = 0; i < 500; i++)
				start(rest);
			pause();
		});

		sleep_ms(round);
		OK(kill(pid, SIGKILL));
		DIES(pid, SIGKILL);
	}
}

/* --- signals to one thread --- */

static volatile pid_t taken_by;

static void
take(int signo)
{
	(void)signo;
	taken_by = gettid_();
}

static volatile pid_t other;

static void *
wait_for_signal(void *arg)
{
	other = gettid_();
	while (taken_by != other)
		sched_yield();
	return arg;
}

CASE(thread_directed_signals)
{
	pthread_t t;

	signal(SIGUSR1, take);
	CHECK_EQ(pthread_create(&t, NULL, wait_for_signal, NULL), 0);
	while (!other)
		sched_yield();
	OK(syscall(SYS_tgkill, getpid(), other, SIGUSR1));
	CHECK_EQ(pthread_join(t, NULL), 0);
	CHECK_EQ(taken_by, other);
	OK(syscall(SYS_tkill, gettid_(), SIGUSR1));
	CHECK_EQ(taken_by, gettid_());
	OK(syscall(SYS_tgkill, getpid(), gettid_(), 0));
	FAILS(syscall(SYS_tgkill, getpid(), 4000000, SIGUSR1), ESRCH);
	FAILS(syscall(SYS_tgkill, 1, gettid_(), SIGUSR1), ESRCH);
	FAILS(syscall(SYS_tgkill, 0, gettid_(), SIGUSR1), EINVAL);
	FAILS(syscall(SYS_tgkill, getpid(), -1, SIGUSR1), EINVAL);
	FAILS(syscall(SYS_tgkill, getpid(), gettid_(), 65), EINVAL);
	FAILS(syscall(SYS_tkill, 0, SIGUSR1), EINVAL);
	FAILS(syscall(SYS_tkill, 4000000, SIGUSR1), ESRCH);
	FAILS(syscall(SYS_tkill, gettid_(), -1), EINVAL);
	need_root();
	become_nobody();
	FAILS(syscall(SYS_tkill, 1, SIGUSR1), EPERM);
	FAILS(syscall(SYS_tgkill, 1, 1, SIGUSR1), EPERM);
}

/* --- /proc/PID/task --- */

static int
count_tasks(void)
{
	DIR *d = opendir("/proc/self/task");
	struct dirent *e;
	int n = 0;

	CHECK(d);
	while ((e = readdir(d)))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

CASE(threads_are_listed)
{
	static const char *const files[] = { "stat", "status", "comm", "maps" };
	char name[80], text[8192];

	for (int i = 0; i < 5; i++)
		start(rest);
	CHECK_EQ(count_tasks(), 6);
	for (size_t i = 0; i < COUNT(files); i++) {
		snprintf(name, sizeof(name), "/proc/self/task/%d/%s", gettid_(),
			 files[i]);
		CHECK(get_file(name, text, sizeof(text)) > 0);
	}
	FAILS(open("/proc/self/task/1/stat", O_RDONLY), ENOENT);
}

/* --- machine state of a thread --- */

static long
arch_prctl(int op, void *arg)
{
	return syscall(SYS_arch_prctl, op, arg);
}

CASE(arch_prctl_bases)
{
	char *hole = before_hole();
	uint64_t base = 0, old;

	OK(arch_prctl(ARCH_GET_FS, &old));
	CHECK(old);
	OK(arch_prctl(ARCH_SET_FS, (void *)old));
	OK(arch_prctl(ARCH_SET_GS, hole - 64));
	OK(arch_prctl(ARCH_GET_GS, &base));
	CHECK_EQ(base, (uintptr_t)(hole - 64));
	OK(arch_prctl(ARCH_SET_GS, NULL));
	FAILS(arch_prctl(ARCH_GET_FS, hole), EFAULT);
	FAILS(arch_prctl(ARCH_SET_GS, (void *)(1ul << 63)), EPERM);
	FAILS(arch_prctl(ARCH_SET_FS, (void *)(1ul << 47)), EPERM);
	FAILS(arch_prctl(12345, NULL), EINVAL);
}

CASE(arch_prctl_components)
{
	uint64_t have = 0, may = 0;

	OK(arch_prctl(ARCH_GET_XCOMP_SUPP, &have));
	OK(arch_prctl(ARCH_GET_XCOMP_PERM, &may));
	CHECK_EQ(have & 3, 3);
	CHECK_EQ(may & 3, 3);
	CHECK_EQ(may & ~have, 0);
	FAILS(arch_prctl(ARCH_REQ_XCOMP_PERM, (void *)2), EOPNOTSUPP);
	FAILS(arch_prctl(ARCH_REQ_XCOMP_PERM, (void *)100), EINVAL);
	FAILS(arch_prctl(ARCH_GET_XCOMP_SUPP, before_hole()), EFAULT);
	CHECK_EQ(arch_prctl(ARCH_GET_CPUID, NULL), 1);
}
