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
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRIES  150
#define RUN_MS 500

#define FUTEX_WAIT 0
#define FUTEX_WAKE 1

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

static void *
exec_nothing(void *self)
{
	while (!go)
		;
	execl(self, self, "--as", "nothing", (char *)NULL);
	return NULL;
}

/* Of several threads that exec at once one wins and the others end. */
CASE(exec_against_exec)
{
	const char *self = self_path();

	for (int i = 0; i < TRIES; i++)
		EXITS(CHILD({
			      pthread_t t[3];

			      for (int k = 0; k < 3; k++)
				      CHECK(!pthread_create(&t[k], NULL,
							    exec_nothing,
							    (void *)self));
			      go = 1;
			      exec_nothing((void *)self);
			      pause();
		      }),
		      0);
}

/* Killed, woken and timed out at once: whoever sleeps on a futex goes. */
CASE(wake_those_who_die)
{
	volatile int *word = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	for (int i = 0; i < TRIES; i++) {
		pid_t pid = CHILD({
			struct timespec t = { 0, i % 4 * 300000 + 100000 };

			for (;;)
				syscall(SYS_futex, word, FUTEX_WAIT, 0,
					i % 3 ? &t : NULL, NULL, 0);
		});

		for (int k = 0; k < 20; k++) {
			dawdle(3000);
			OK(syscall(SYS_futex, word, FUTEX_WAKE, 1));
		}
		OK(kill(pid, SIGKILL));
		for (int k = 0; k < 10; k++)
			OK(syscall(SYS_futex, word, FUTEX_WAKE, 1));
		DIES(pid, SIGKILL);
	}
}

static volatile int rings;

static void
ring(int number)
{
	(void)number;
	rings++;
}

/* Interval timers that fire while their processes exec, exit and are killed. */
CASE(alarms_of_the_dying)
{
	const char *self = self_path();
	struct itimerval fast = { { 0, 200 }, { 0, 100 } };
	pid_t pids[8];

	for (int i = 0; i < TRIES / 5; i++) {
		for (unsigned k = 0; k < COUNT(pids); k++)
			pids[k] = CHILD({
				int seen = -1;

				signal(SIGALRM, ring);
				/* Once a ring: else it may never fire. */
				while (rings < (int)k || seen < 0)
					if (rings != seen) {
						seen = rings;
						OK(setitimer(ITIMER_REAL, &fast,
							     NULL));
					}
				signal(SIGALRM, SIG_IGN);
				if (k % 3 == 0)
					execl(self, self, "--as", "nothing",
					      (char *)NULL);
			});
		for (unsigned k = 0; k < COUNT(pids); k++)
			EXITS(pids[k], 0);
	}
}

static void *
borrow(void *unused)
{
	for (int i = 0; i < 20; i++) {
		pid_t pid = vfork();
		int status;

		if (!pid)
			_exit(7);
		if (pid < 0 || waitpid(pid, &status, 0) != pid ||
		    WEXITSTATUS(status) != 7)
			return (void *)1;
	}
	return unused;
}

/* Threads that lend their memory, and the end of them all in the middle. */
CASE(vfork_in_parallel)
{
	for (int i = 0; i < 20; i++) {
		pid_t pid = CHILD({
			pthread_t t[4];
			void *bad;

			for (int k = 0; k < 4; k++)
				CHECK(!pthread_create(&t[k], NULL, borrow,
						      NULL));
			for (int k = 0; k < 4; k++) {
				CHECK(!pthread_join(t[k], &bad));
				CHECK(!bad);
			}
		});

		if (i % 2) {
			EXITS(pid, 0);
			continue;
		}
		sleep_ms(i);
		OK(kill(pid, SIGKILL));
		OK(waitpid(pid, NULL, 0));
	}
}

static void *
work_and_rest(void *unused)
{
	while (!go) {
		dawdle(3000);
		if (delay++ % 8 == 0)
			usleep(50);
		else
			sched_yield();
	}
	return unused;
}

/* How threads are scheduled changes while they run, wait and sleep. */
CASE(schedule_others_anew)
{
	static const int policies[] = { SCHED_OTHER, SCHED_BATCH, SCHED_IDLE,
					SCHED_RR, SCHED_FIFO };
	long end = now_ms() + RUN_MS;
	pid_t pids[6];

	need_root();
	for (unsigned k = 0; k < COUNT(pids); k++)
		pids[k] = CHILD({ work_and_rest(NULL); });
	for (unsigned i = 0; now_ms() < end; i++) {
		pid_t pid = pids[i % COUNT(pids)];
		int policy = policies[i / 7 % COUNT(policies)];
		struct sched_param param = { policy == SCHED_RR ||
					     policy == SCHED_FIFO };
		unsigned long mask = i % 15 + 1;

		OK(setpriority(PRIO_PROCESS, (id_t)pid, (int)(i % 40) - 20));
		OK(syscall(SYS_sched_setscheduler, pid, policy, &param));
		if (syscall(SYS_sched_setaffinity, pid, sizeof(mask), &mask))
			CHECK_EQ(errno, EINVAL); /* none of these is there */
	}
	for (unsigned k = 0; k < COUNT(pids); k++) {
		OK(kill(pids[k], SIGKILL));
		DIES(pids[k], SIGKILL);
	}
}
