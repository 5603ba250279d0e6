/* SPDX-License-Identifier: MIT */
/*
 * lifetimes.c - threads and processes that end, exec, stop or change their ids
 * while others signal them, wait for them or look at them.
 *
 * Each case tries a narrow race many times; what counts is that the machine
 * lives, that nobody waits for ever and that no report is lost.
 */
#include "guest.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRIES  150
#define RUN_MS 500

static volatile int go;
static volatile unsigned delay;

/* Up to about n loops, another number each time. */
static void
dawdle(unsigned n)
{
	static unsigned seed = 1;

	seed = seed * 1103515245 + 12345;
	for (volatile unsigned i = seed / 65536 % (n + 1); i; i--)
		;
}

/* The tests run themselves as a program that does nothing. */
int
guest_as(const char *what, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return strcmp(what, "nothing") != 0;
}

static void *
leave_all(void *unused)
{
	(void)unused;
	while (!go)
		;
	for (volatile unsigned i = delay; i; i--)
		;
	syscall(SYS_exit_group, 0);
	return NULL;
}

/* One thread execs, two others end the process: whoever wins, it ends. */
CASE(exec_against_exit_group)
{
	const char *self = self_path();

	for (unsigned i = 0; i < TRIES; i++)
		EXITS(CHILD({
			      pthread_t t[2];

			      delay = i * 977 % 200000;
			      for (int k = 0; k < 2; k++)
				      CHECK(!pthread_create(&t[k], NULL,
							    leave_all, NULL));
			      go = 1;
			      execl(self, self, "--as", "nothing",
				    (char *)NULL);
			      pause();
		      }),
		      0);
}

static void *
spin(void *unused)
{
	(void)unused;
	for (;;)
		;
	return NULL;
}

/* The signal chooses a thread that is about to be gone: another takes it. */
CASE(kill_while_a_thread_exits)
{
	for (int i = 0; i < TRIES; i++) {
		volatile char *begun = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
					    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		pid_t pid = CHILD({
			pthread_t t;

			CHECK(!pthread_create(&t, NULL, spin, NULL));
			*begun = 1;
			dawdle(2000);
			syscall(SYS_exit, 0);
		});

		while (!*begun)
			sched_yield();
		for (int k = 0; k < i; k++)
			dawdle(2000);
		OK(kill(pid, i % 2 ? SIGKILL : SIGTERM));
		DIES(pid, i % 2 ? SIGKILL : SIGTERM);
		OK(munmap((void *)begun, PAGE));
	}
}

static void *
leave_alone(void *unused)
{
	dawdle(20000);
	return unused;
}

/* A stop is complete when the thread that still ran has ended instead. */
CASE(stop_while_threads_exit)
{
	int status;

	for (int i = 0; i < TRIES; i++) {
		pid_t pid = CHILD({
			for (;;) {
				pthread_t t;

				if (!pthread_create(&t, NULL, leave_alone,
						    NULL))
					pthread_join(t, NULL);
			}
		});

		sleep_ms(i % 8);
		OK(kill(pid, SIGSTOP));
		CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
		CHECK(WIFSTOPPED(status));
		OK(kill(pid, SIGCONT));
		CHECK_EQ(waitpid(pid, &status, WCONTINUED), pid);
		CHECK(WIFCONTINUED(status));
		OK(kill(pid, SIGKILL));
		DIES(pid, SIGKILL);
	}
}

/* The last news of a process that was continued is not that it stopped. */
CASE(stop_and_continue_are_told_in_order)
{
	pid_t pid = CHILD({
		for (;;)
			dawdle(100);
	});
	int status, last;

	for (int i = 0; i < TRIES; i++) {
		OK(kill(pid, SIGSTOP));
		dawdle(20000);
		OK(kill(pid, SIGCONT));
		sleep_ms(2);
		last = 0xffff;
		while (OK(waitpid(pid, &status,
				  WNOHANG | WUNTRACED | WCONTINUED)) == pid)
			last = status;
		CHECK(WIFCONTINUED(last));
	}
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

/* Read a file of a process that may be gone by now. */
static size_t
peek(pid_t pid, const char *name, char *text, size_t room)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return 0;
	n = read(fd, text, room - 1);
	OK(close(fd));
	text[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

/* What /proc shows of processes that are being reaped. */
CASE(look_at_the_dying)
{
	volatile pid_t *newest = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	static const char *const names[] = { "comm", "status", "stat", "maps",
					     "cmdline" };
	long end = now_ms() + RUN_MS;
	pid_t watcher = CHILD({
		char text[4096];

		for (unsigned i = 0;; i++) {
			if (peek(*newest, names[i % COUNT(names)], text,
				 sizeof(text)) &&
			    i % COUNT(names) == 0)
				CHECK(!strncmp(text, "lifetimes", 9));
		}
	});

	while (now_ms() < end) {
		pid_t pid = CHILD({ dawdle(100); });

		*newest = pid;
		EXITS(pid, 0);
	}
	OK(kill(watcher, SIGKILL));
	DIES(watcher, SIGKILL);
}

/* Credentials are replaced whole while others read them. */
CASE(look_at_changing_ids)
{
	long end = now_ms() + RUN_MS;
	char text[4096];
	pid_t pid;

	need_root();
	pid = CHILD({
		for (;;)
			OK(setresuid(0, 0, 0));
	});
	while (now_ms() < end) {
		CHECK(peek(pid, "status", text, sizeof(text)));
		CHECK(strstr(text, "\nUid:\t0\t0\t0\t0\n"));
		OK(getpriority(PRIO_PROCESS, (id_t)pid));
	}
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}
