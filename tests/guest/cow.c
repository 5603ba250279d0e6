/* SPDX-License-Identifier: MIT */
/*
 * cow.c - what fork shares and must keep apart.
 *
 * Each case writes patterns whose every word tells who wrote it and where, so
 * that a page of the wrong process or place is seen at once.
 */
#include "guest.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define HUGE (2ul << 20)

static void
fill(volatile uint64_t *p, size_t pages, uint64_t who)
{
	for (size_t i = 0; i < pages; i++)
		p[i * 512 + i % 512] = who << 32 | i;
}

static void
verify(volatile uint64_t *p, size_t pages, uint64_t who)
{
	for (size_t i = 0; i < pages; i++)
		CHECK_EQ(p[i * 512 + i % 512], who << 32 | i);
}

CASE(child_writes_parent_keeps)
{
	uint64_t *p = anon(512 * PAGE);

	fill(p, 512, 1);
	EXITS(CHILD({
		      verify(p, 512, 1);
		      fill(p, 512, 2);
		      verify(p, 512, 2);
	      }),
	      0);
	verify(p, 512, 1);
}

CASE(parent_writes_child_keeps)
{
	uint64_t *p = anon(512 * PAGE);
	int fds[2];
	pid_t pid;

	fill(p, 512, 1);
	OK(pipe(fds));
	pid = CHILD({
		char c;

		OK(read(fds[0], &c, 1));
		verify(p, 512, 1);
	});
	fill(p, 512, 2);
	OK(write(fds[1], "x", 1));
	EXITS(pid, 0);
	verify(p, 512, 2);
}

CASE(generations)
{
	uint64_t *p = anon(64 * PAGE);

	fill(p, 64, 100);
	EXITS(CHILD({
		      fill(p, 32, 101);
		      EXITS(CHILD({
				    verify(p, 32, 101);
				    verify(p + 0, 32, 101);
				    fill(p, 16, 102);
				    EXITS(CHILD({
						  verify(p, 16, 102);
						  fill(p, 64, 103);
					  }),
					  0);
				    verify(p, 16, 102);
			    }),
			    0);
		      verify(p, 32, 101);
	      }),
	      0);
	verify(p, 64, 100);
}

CASE(siblings_share_and_part)
{
	uint64_t *p = anon(128 * PAGE);
	pid_t pids[10];

	fill(p, 128, 7);
	for (uint64_t i = 0; i < COUNT(pids); i++)
		pids[i] = CHILD({
			verify(p, 128, 7);
			fill(p, 128, 10 + i);
			sleep_ms(5);
			verify(p, 128, 10 + i);
		});
	for (size_t i = 0; i < COUNT(pids); i++)
		EXITS(pids[i], 0);
	verify(p, 128, 7);
}

CASE(last_owner_writes)
{
	uint64_t *p = anon(64 * PAGE);

	for (uint64_t round = 0; round < 50; round++) {
		fill(p, 64, round);
		EXITS(CHILD({ verify(p, 64, round); }), 0);
	}
	verify(p, 64, 49);
}

CASE(kernel_writes_break_sharing)
{
	char *p = anon(2 * PAGE);
	int fds[2];

	memset(p, 'p', 2 * PAGE);
	OK(pipe(fds));
	CHECK_EQ(write(fds[1], "child", 5), 5);
	EXITS(CHILD({
		      CHECK_EQ(read(fds[0], p + PAGE - 2, 5), 5);
		      CHECK(!memcmp(p + PAGE - 2, "child", 5));
	      }),
	      0);
	CHECK_EQ(p[PAGE - 2], 'p');
	CHECK_EQ(p[PAGE + 2], 'p');
}

CASE(untouched_pages_are_filled_apart)
{
	uint64_t *p = anon(64 * PAGE);

	/* No table exists yet: the first touch comes after the fork. */
	EXITS(CHILD({ fill(p, 64, 5); }), 0);
	for (size_t i = 0; i < 64; i++)
		CHECK_EQ(p[i * 512 + i], 0);
}

CASE(read_fault_in_a_shared_table)
{
	volatile uint64_t *p = anon(HUGE * 2);
	uint64_t sum = 0;

	p[0] = 1;
	EXITS(CHILD({
		      for (size_t i = 1; i < 1024; i++)
			      sum += p[i * 512];
		      CHECK_EQ(sum, 0);
		      p[512] = 4;
	      }),
	      0);
	CHECK_EQ(p[512], 0);
	p[512] = 6;
	CHECK_EQ(p[512], 6);
}

CASE(unmap_in_the_child_only)
{
	uint64_t *p = anon(64 * PAGE);

	fill(p, 64, 1);
	EXITS(CHILD({
		      OK(munmap(p + 512, 62 * PAGE));
		      CHECK_EQ(p[0], 1ul << 32);
	      }),
	      0);
	verify(p, 64, 1);
}

CASE(protect_in_the_child_only)
{
	uint64_t *p = anon(64 * PAGE);

	fill(p, 64, 1);
	EXITS(CHILD({ OK(mprotect(p, 64 * PAGE, PROT_READ)); }), 0);
	fill(p, 64, 2);
	verify(p, 64, 2);
}

CASE(read_only_in_the_parent_writable_in_the_child)
{
	uint64_t *p = anon(8 * PAGE);

	fill(p, 8, 1);
	OK(mprotect(p, 8 * PAGE, PROT_READ));
	EXITS(CHILD({
		      OK(mprotect(p, 8 * PAGE, PROT_READ | PROT_WRITE));
		      fill(p, 8, 2);
	      }),
	      0);
	verify(p, 8, 1);
}

CASE(remap_in_the_child_only)
{
	uint64_t *p = anon(8 * PAGE);

	fill(p, 8, 1);
	EXITS(CHILD({
		      uint64_t *q =
			      mremap(p, 8 * PAGE, 4096 * PAGE, MREMAP_MAYMOVE);
		      CHECK(q != MAP_FAILED);
		      verify(q, 8, 1);
		      fill(q, 8, 2);
	      }),
	      0);
	verify(p, 8, 1);
}

CASE(private_file_pages)
{
	char *p, text[16];
	int fd;

	put_file("f", "original");
	fd = (int)OK(open("f", O_RDWR));
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED);
	EXITS(CHILD({
		      memcpy(p, "child---", 8);
		      CHECK(!memcmp(p, "child---", 8));
	      }),
	      0);
	CHECK(!memcmp(p, "original", 8));
	memcpy(p, "parent--", 8);
	get_file("f", text, sizeof(text));
	CHECK(!strcmp(text, "original"));
	EXITS(CHILD({ CHECK(!memcmp(p, "parent--", 8)); }), 0);
}

CASE(shared_pages_stay_shared)
{
	volatile uint64_t *p = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	fill(p, 8, 1);
	EXITS(CHILD({
		      verify(p, 8, 1);
		      fill(p, 16, 2);
		      EXITS(CHILD({ fill(p, 4, 3); }), 0);
	      }),
	      0);
	verify(p, 4, 3);
	CHECK_EQ(p[15 * 512 + 15], 2ul << 32 | 15);
}

CASE(private_beside_shared)
{
	uint64_t *p = anon(4 * PAGE);

	CHECK(mmap(p + 512, PAGE, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == p + 512);
	fill(p, 4, 1);
	EXITS(CHILD({ fill(p, 4, 2); }), 0);
	CHECK_EQ(p[0], 1ul << 32);
	CHECK_EQ(p[513], 2ul << 32 | 1);
	CHECK_EQ(p[1026], 1ul << 32 | 2);
}

CASE(data_bss_heap_and_stack)
{
	static uint64_t data = 1, bss[1024];
	uint64_t stack = 3;

	bss[700] = 2;
	EXITS(CHILD({
		      CHECK_EQ(data + bss[700] + stack, 6);
		      data = bss[700] = bss[5] = stack = 9;
	      }),
	      0);
	CHECK_EQ(data + bss[700] + stack + bss[5], 6);
}

CASE(fork_in_a_loop_of_writes)
{
	uint64_t *p = anon(256 * PAGE);

	for (uint64_t round = 1; round <= 30; round++) {
		pid_t pid;

		fill(p, 256, round);
		pid = CHILD({
			verify(p, 256, round);
			fill(p, 128, round + 1000);
			verify(p, 128, round + 1000);
		});
		fill(p, 256, round + 2000); /* while the child reads */
		EXITS(pid, 0);
		verify(p, 256, round + 2000);
	}
}

/* Fork of much memory: as quick as of little, and nothing is copied. */
CASE(fork_of_much_memory_costs_little)
{
	size_t pages = 8192;
	volatile uint64_t *p = anon(pages * PAGE);
	long before, during;
	int fds[2];
	pid_t pid;

	fill(p, pages, 1);
	OK(pipe(fds));
	before = meminfo("MemFree:");
	pid = CHILD({
		char c;

		OK(read(fds[0], &c, 1));
	});
	during = meminfo("MemFree:");
	OK(write(fds[1], "x", 1));
	EXITS(pid, 0);
	CHECK(before - during < (long)pages * 4 / 4);
	verify(p, pages, 1);
}
