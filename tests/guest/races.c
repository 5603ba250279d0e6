/* SPDX-License-Identifier: MIT */
/*
 * races.c - several threads at one address space, on several processors.
 *
 * Pages are tagged with who wrote them.  A stale translation, a page given
 * out twice or a lost copy shows up as a foreign tag.  With one processor the
 * same is tried by preemption.
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
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define RW      PROT_READ | PROT_WRITE
#define ANON    MAP_PRIVATE | MAP_ANONYMOUS
#define THREADS 4
#define RUN_MS  300

static volatile int stop;
static volatile char *shared;
static long end_ms;

static void
start_all(pthread_t *threads, void *(*run)(void *))
{
	end_ms = now_ms() + RUN_MS;
	for (uintptr_t i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, run, (void *)i), 0);
}

static void
join_all(pthread_t *threads)
{
	for (int i = 0; i < THREADS; i++) {
		void *bad;

		CHECK_EQ(pthread_join(threads[i], &bad), 0);
		CHECK(!bad);
	}
}

/* Map, tag, check, unmap: nobody else's page may turn up. */
static void *
map_and_tag(void *argument)
{
	unsigned char tag = (unsigned char)((uintptr_t)argument + 1);

	while (now_ms() < end_ms) {
		unsigned char *p = mmap(NULL, 8 * PAGE, RW, ANON, -1, 0);

		if (p == MAP_FAILED)
			return argument + 1;
		for (size_t i = 0; i < 8; i++) {
			if (p[i * PAGE])
				return (void *)2;
			memset(p + i * PAGE, tag, 64);
		}
		sched_yield();
		for (size_t i = 0; i < 8 * PAGE; i += PAGE) {
			if (p[i] != tag || p[i + 63] != tag)
				return (void *)3;
		}
		munmap(p, 8 * PAGE);
	}
	return NULL;
}

CASE(mapping_in_parallel)
{
	pthread_t threads[THREADS];

	start_all(threads, map_and_tag);
	join_all(threads);
}

static void *
write_all_the_time(void *argument)
{
	size_t at = (uintptr_t)argument * PAGE;
	volatile uint64_t *word = (volatile uint64_t *)(shared + at);

	for (uint64_t n = 1; !stop; n++) {
		*word = n;
		if (*word != n)
			return (void *)1;
	}
	return NULL;
}

/* Fork while others write: a child sees a picture, not a film. */
CASE(fork_while_threads_write)
{
	pthread_t threads[THREADS];

	shared = anon(THREADS * PAGE);
	start_all(threads, write_all_the_time);
	for (int i = 0; i < 20; i++)
		EXITS(CHILD({
			      volatile uint64_t *p =
				      (volatile uint64_t *)shared;
			      uint64_t seen[THREADS];

			      for (int k = 0; k < THREADS; k++)
				      seen[k] = p[k * 512];
			      sched_yield();
			      for (int k = 0; k < THREADS; k++)
				      CHECK_EQ(p[k * 512], seen[k]);
		      }),
		      0);
	stop = 1;
	join_all(threads);
}

/* The same from the child's side: its stores never reach the parent. */
CASE(children_write_while_threads_write)
{
	pthread_t threads[THREADS];

	shared = anon(THREADS * PAGE);
	start_all(threads, write_all_the_time);
	for (int i = 0; i < 20; i++)
		EXITS(CHILD({
			      for (int round = 0; round < 50; round++)
				      for (size_t k = 0; k < THREADS; k++)
					      *(volatile uint64_t *)(shared +
								     k * PAGE) =
						      0xdead;
		      }),
		      0);
	stop = 1;
	join_all(threads);
}

static void
escape(int number)
{
	(void)number;
	pthread_exit(NULL);
}

static void *
write_until_fault(void *argument)
{
	for (uint64_t n = 0; n < UINT64_MAX; n++)
		*(volatile uint64_t *)(shared + (n % 16) * PAGE) =
			(uintptr_t)argument << 32 | n;
	return NULL;
}

/* After munmap() has returned, no processor may write to the frames. */
CASE(unmap_under_the_feet_of_writers)
{
	struct sigaction action = { .sa_handler = escape };

	OK(sigaction(SIGSEGV, &action, NULL));
	for (int round = 0; round < 20; round++) {
		pthread_t threads[THREADS];
		unsigned char *fresh;

		shared = anon(16 * PAGE);
		start_all(threads, write_until_fault);
		sched_yield();
		OK(munmap((void *)shared, 16 * PAGE));
		/* likely the same frames, at another place */
		fresh = mmap((char *)shared + (1 << 30), 64 * PAGE, RW, ANON,
			     -1, 0);
		CHECK(fresh != MAP_FAILED);
		for (size_t i = 0; i < 64 * PAGE; i += 8)
			CHECK_EQ(*(uint64_t *)(fresh + i), 0);
		sched_yield();
		for (size_t i = 0; i < 64 * PAGE; i += 8)
			CHECK_EQ(*(uint64_t *)(fresh + i), 0);
		OK(munmap(fresh, 64 * PAGE));
		join_all(threads);
	}
}

/* After mprotect() has returned, no processor may write. */
CASE(protect_under_the_feet_of_writers)
{
	struct sigaction action = { .sa_handler = escape };

	OK(sigaction(SIGSEGV, &action, NULL));
	for (int round = 0; round < 20; round++) {
		pthread_t threads[THREADS];
		uint64_t seen[16];

		shared = anon(16 * PAGE);
		start_all(threads, write_until_fault);
		sched_yield();
		OK(mprotect((void *)shared, 16 * PAGE, PROT_READ));
		for (int i = 0; i < 16; i++)
			seen[i] = *(volatile uint64_t *)(shared + i * 4096);
		sched_yield();
		for (int i = 0; i < 16; i++)
			CHECK_EQ(*(volatile uint64_t *)(shared + i * 4096),
				 seen[i]);
		join_all(threads);
		OK(munmap((void *)shared, 16 * PAGE));
	}
}

static void *
touch_the_same(void *argument)
{
	while (!stop) {
		for (size_t i = 0; i < 64; i++)
			__atomic_fetch_add((uint64_t *)(shared + i * PAGE), 1,
					   __ATOMIC_RELAXED);
		__atomic_fetch_add((uint64_t *)(shared + 64 * PAGE), 1,
				   __ATOMIC_RELAXED);
	}
	return argument ? NULL : NULL;
}

/* Two processors fill or copy one page: one of the copies would be lost. */
CASE(faults_on_the_same_page)
{
	for (int round = 0; round < 8; round++) {
		pthread_t threads[THREADS];
		uint64_t rounds;

		stop = 0;
		shared = anon(65 * PAGE);
		start_all(threads, touch_the_same);
		for (int i = 0; i < 3; i++)
			EXITS(CHILD({ shared[0] = 1; }), 0);
		stop = 1;
		join_all(threads);
		rounds = *(volatile uint64_t *)(shared + 64 * PAGE);
		for (size_t i = 0; i < 64; i++)
			CHECK_EQ(*(volatile uint64_t *)(shared + i * PAGE),
				 rounds);
		OK(munmap((void *)shared, 65 * PAGE));
	}
}

static void *
read_the_file(void *argument)
{
	while (!stop) {
		char *p = (char *)shared;

		for (size_t i = 0; i < 4 * PAGE; i += 512) {
			if (p[i] != 'o')
				return (void *)1;
		}
		madvise(p, 4 * PAGE, MADV_DONTNEED);
	}
	return argument ? NULL : NULL;
}

/* Private writes and MADV_DONTNEED at once must not reach the file. */
CASE(private_file_pages_dropped_and_read)
{
	char text[4 * PAGE + 1];
	pthread_t threads[THREADS];
	int fd;

	memset(text, 'o', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	put_file("f", text);
	fd = (int)OK(open("f", O_RDONLY));
	shared = mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE, fd, 0);
	CHECK(shared != MAP_FAILED);
	start_all(threads, read_the_file);
	while (now_ms() < end_ms) {
		volatile char *p = mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE, fd, 0);

		CHECK(p != MAP_FAILED);
		p[0] = p[PAGE] = 'x';
		OK(munmap((void *)p, 4 * PAGE));
	}
	stop = 1;
	join_all(threads);
	get_file("f", text, sizeof(text));
	for (size_t i = 0; i < 4 * PAGE; i++)
		CHECK_EQ(text[i], 'o');
}

static void *
open_and_close(void *argument)
{
	while (now_ms() < end_ms) {
		int fd = open("/dev/null", O_RDWR);

		if (fd < 0 || write(fd, "x", 1) != 1)
			return argument + 1;
		if (dup2(fd, 100) != 100)
			return (void *)2;
		close(fd);
	}
	return NULL;
}

CASE(descriptors_in_parallel)
{
	pthread_t threads[THREADS];

	start_all(threads, open_and_close);
	join_all(threads);
}

/* Processes that make, find and remove the same names. */
CASE(names_in_parallel)
{
	pid_t pids[THREADS];

	end_ms = now_ms() + RUN_MS;
	for (int i = 0; i < THREADS; i++)
		pids[i] = CHILD({
			while (now_ms() < end_ms) {
				int fd = open("a", O_CREAT | O_RDWR, 0600);

				if (fd >= 0)
					close(fd);
				rename("a", "b");
				link("b", "c");
				unlink("c");
				mkdir("d", 0700);
				rename("b", "d/b");
				unlink("d/b");
				rmdir("d");
				symlink("a", "s");
				unlink("s");
			}
		});
	for (int i = 0; i < THREADS; i++)
		EXITS(pids[i], 0);
}

/* Signals, stops and waits of many at once. */
CASE(signals_in_parallel)
{
	pid_t pids[8];

	for (size_t i = 0; i < COUNT(pids); i++)
		pids[i] = CHILD({
			for (;;)
				getppid();
		});
	for (int round = 0; round < 200; round++) {
		pid_t pid = pids[(size_t)round % COUNT(pids)];

		OK(kill(pid, SIGSTOP));
		OK(kill(pid, SIGCONT));
		OK(kill(pid, SIGWINCH));
	}
	for (size_t i = 0; i < COUNT(pids); i++) {
		OK(kill(pids[i], SIGKILL));
		DIES(pids[i], SIGKILL);
	}
}
