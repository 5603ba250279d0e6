/* SPDX-License-Identifier: MIT */
/*
 * memory.c - mmap and its family, brk, the stack, limits.
 */
#include "guest.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

#define RW   (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static void
touch(volatile char *p)
{
	*p = *p;
}

/* Whether the page is mapped at all; mincore() says ENOMEM for a hole. */
static bool
mapped(void *p)
{
	unsigned char resident;

	return mincore(p, PAGE, &resident) == 0;
}

CASE(anonymous_memory_is_zero)
{
	unsigned long *p = anon(64 * PAGE);

	for (size_t i = 0; i < 64 * PAGE / sizeof(*p); i++)
		CHECK_EQ(p[i], 0);
}

CASE(dirty_memory_comes_back_clean)
{
	for (int round = 0; round < 20; round++) {
		unsigned char *p = anon(256 * PAGE);

		for (size_t i = 0; i < 256; i++)
			CHECK_EQ(p[i * PAGE + i], 0);
		memset(p, 0xaa, 256 * PAGE);
		OK(munmap(p, 256 * PAGE));
	}
}

CASE(mmap_errors)
{
	int fd = (int)OK(open("/dev/null", O_RDONLY));

	FAILS(mmap(NULL, 0, RW, ANON, -1, 0), EINVAL);
	FAILS(mmap(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0), EINVAL);
	FAILS(mmap(NULL, PAGE, RW, MAP_PRIVATE, -1, 0), EBADF);
	FAILS(mmap((void *)1, PAGE, RW, ANON | MAP_FIXED, -1, 0), EINVAL);
	FAILS(syscall(SYS_mmap, 0, PAGE, RW, MAP_PRIVATE, fd, 1), EINVAL);
	FAILS(mmap(NULL, 1ul << 47, RW, ANON, -1, 0), ENOMEM);
	FAILS(mmap(NULL, -PAGE, RW, ANON, -1, 0), ENOMEM);
	FAILS(syscall(SYS_mmap, 0x7ffffffff000, 2 * PAGE, RW, ANON | MAP_FIXED,
		      -1, 0),
	      ENOMEM);
	FAILS(syscall(SYS_mmap, -PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0),
	      ENOMEM);
}

CASE(munmap_errors)
{
	char *p = anon(PAGE);

	FAILS(munmap(p + 1, PAGE), EINVAL);
	FAILS(syscall(SYS_munmap, p, 0), EINVAL);
	FAILS(syscall(SYS_munmap, -PAGE, PAGE), EINVAL);
	FAILS(syscall(SYS_munmap, p, -PAGE), EINVAL);
	OK(munmap(p, PAGE));
	OK(munmap(p, PAGE)); /* nothing there is fine */
}

CASE(munmap_in_the_middle)
{
	char *p = anon(3 * PAGE);

	p[0] = 1;
	p[2 * PAGE] = 3;
	OK(munmap(p + PAGE, 1)); /* a part counts as the page */
	CHECK_EQ(p[0], 1);
	CHECK_EQ(p[2 * PAGE], 3);
	DIES_BY(SIGSEGV, touch(p + PAGE));
}

CASE(map_fixed_replaces)
{
	char *p = anon(3 * PAGE);

	memset(p, 7, 3 * PAGE);
	CHECK(mmap(p + PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0) == p + PAGE);
	CHECK_EQ(p[PAGE], 0);
	CHECK_EQ(p[PAGE - 1], 7);
	CHECK_EQ(p[2 * PAGE], 7);
}

CASE(map_fixed_noreplace)
{
	char *p = anon(2 * PAGE);

	FAILS(mmap(p, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), EEXIST);
	OK(munmap(p, PAGE));
	CHECK(mmap(p, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0) == p);
}

CASE(hint_is_taken_if_free)
{
	char *p = anon(4 * PAGE);

	OK(munmap(p, 4 * PAGE));
	CHECK(mmap(p + PAGE, PAGE, RW, ANON, -1, 0) == p + PAGE);
	CHECK(mmap(p + PAGE, PAGE, RW, ANON, -1, 0) != p + PAGE);
}

CASE(protection_is_enforced)
{
	char *p = anon(PAGE);

	*p = 1;
	OK(mprotect(p, PAGE, PROT_READ));
	CHECK_EQ(*p, 1);
	DIES_BY(SIGSEGV, *(volatile char *)p = 2);
	OK(mprotect(p, PAGE, PROT_NONE));
	DIES_BY(SIGSEGV, (void)*(volatile char *)p);
	OK(mprotect(p, PAGE, RW));
	CHECK_EQ(*p, 1);
	*p = 2;
}

CASE(execution_needs_permission)
{
	unsigned char *p = anon(PAGE);

	*p = 0xc3; /* ret */
	DIES_BY(SIGSEGV, ((void (*)(void))p)());
	OK(mprotect(p, PAGE, PROT_READ | PROT_EXEC));
	((void (*)(void))p)();
	OK(mprotect(p, PAGE, PROT_READ));
	DIES_BY(SIGSEGV, ((void (*)(void))p)());
}

CASE(stack_and_data_are_not_executable)
{
	static unsigned char data[] = { 0xc3 };
	unsigned char stack[16] = { 0xc3 };

	DIES_BY(SIGSEGV, ((void (*)(void))data)());
	DIES_BY(SIGSEGV, ((void (*)(void))stack)());
}

CASE(mprotect_errors)
{
	char *p = anon(2 * PAGE);

	FAILS(syscall(SYS_mprotect, p + 1, PAGE, RW), EINVAL);
	FAILS(mprotect(p, PAGE, 0x100), EINVAL);
	OK(munmap(p + PAGE, PAGE));
	FAILS(mprotect(p, 2 * PAGE, PROT_READ), ENOMEM);
	FAILS(syscall(SYS_mprotect, p, -PAGE, RW), ENOMEM);
	OK(mprotect(p, 0, PROT_READ));
}

CASE(mprotect_splits)
{
	char *p = anon(5 * PAGE);

	memset(p, 1, 5 * PAGE);
	OK(mprotect(p + PAGE, PAGE, PROT_READ));
	OK(mprotect(p + 3 * PAGE, PAGE, PROT_NONE));
	p[0] = p[2 * PAGE] = p[4 * PAGE] = 2;
	DIES_BY(SIGSEGV, p[PAGE] = 2);
	DIES_BY(SIGSEGV, p[3 * PAGE] = 2);
	OK(mprotect(p, 5 * PAGE, RW));
	CHECK_EQ(p[PAGE] + p[3 * PAGE], 2);
}

CASE(file_mapping_private)
{
	char text[8], *p;
	int fd;

	put_file("f", "hello");
	fd = (int)OK(open("f", O_RDWR));
	p = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED);
	OK(close(fd));
	CHECK(!memcmp(p, "hello\0\0", 7)); /* the rest of the page is zero */
	p[0] = 'j';
	get_file("f", text, sizeof(text));
	CHECK(!strcmp(text, "hello"));
}

CASE(file_mapping_shared)
{
	char text[8], *p;
	int fd;

	put_file("f", "hello");
	fd = (int)OK(open("f", O_RDWR));
	p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	p[0] = 'j';
	get_file("f", text, sizeof(text));
	CHECK(!strcmp(text, "jello"));
	CHECK_EQ(pwrite(fd, "c", 1, 0), 1);
	CHECK_EQ(p[0], 'c');
	EXITS(CHILD({ p[1] = 'u'; }), 0);
	CHECK_EQ(p[1], 'u');
	OK(msync(p, PAGE, MS_SYNC));
}

CASE(file_mapping_permissions)
{
	int fd;

	put_file("f", "x");
	fd = (int)OK(open("f", O_RDONLY));
	FAILS(mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0), EACCES);
	CHECK(mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0) != MAP_FAILED);
	OK(close(fd));
	fd = (int)OK(open("f", O_WRONLY));
	FAILS(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0), EACCES);
	fd = (int)OK(open(".", O_RDONLY));
	FAILS(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0), ENODEV);
}

CASE(file_mapping_beyond_the_end)
{
	volatile char *p;
	int fd;

	put_file("f", "x");
	fd = (int)OK(open("f", O_RDONLY));
	p = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_EQ(p[PAGE - 1], 0);
	DIES_BY(SIGBUS, (void)p[PAGE]);
	OK(truncate("f", 0));
	DIES_BY(SIGBUS, (void)p[0]);
}

CASE(shared_anonymous_memory)
{
	volatile int *p =
		mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	EXITS(CHILD({
		      *p = 5;
		      EXITS(CHILD({ *p += 1; }), 0);
	      }),
	      0);
	CHECK_EQ(*p, 6);
}

CASE(mremap_grows_and_moves)
{
	char *p = anon(2 * PAGE), *q;

	memset(p, 3, 2 * PAGE);
	q = mremap(p, 2 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED);
	CHECK_EQ(q[0] + q[2 * PAGE - 1], 6);
	CHECK_EQ(q[2 * PAGE] + q[64 * PAGE - 1], 0);
	q = mremap(q, 64 * PAGE, PAGE, 0);
	CHECK(q != MAP_FAILED);
	CHECK_EQ(q[0], 3);
	DIES_BY(SIGSEGV, touch(q + PAGE));
}

CASE(mremap_fixed)
{
	char *p = anon(PAGE), *place = anon(2 * PAGE), *q;

	*p = 9;
	q = mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place + PAGE);
	CHECK(q == place + PAGE);
	CHECK_EQ(*q, 9);
	DIES_BY(SIGSEGV, touch(p));
	FAILS(mremap(q, PAGE, PAGE, MREMAP_FIXED, place), EINVAL);
}

CASE(mremap_errors)
{
	char *p = anon(2 * PAGE);

	FAILS(mremap(p + 1, PAGE, PAGE, 0), EINVAL);
	FAILS(mremap(p, PAGE, 0, 0), EINVAL);
	FAILS(mremap(p, PAGE, 4 * PAGE, 0x80), EINVAL);
	OK(munmap(p + PAGE, PAGE));
	FAILS(mremap(p + PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE), EFAULT);
	FAILS(mremap(p, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE), EFAULT);
	FAILS(mremap(p, PAGE, 1ul << 46, MREMAP_MAYMOVE), ENOMEM);
}

CASE(brk_grows_and_shrinks)
{
	char *end = (char *)syscall(SYS_brk, 0), *up;

	up = (char *)syscall(SYS_brk, end + 8 * PAGE + 1);
	CHECK(up == end + 8 * PAGE + 1);
	memset(end, 1, 8 * PAGE);
	CHECK((char *)syscall(SYS_brk, end) == end);
	up = (char *)syscall(SYS_brk, end + 8 * PAGE);
	CHECK(up == end + 8 * PAGE);
	up = (char *)(((uintptr_t)end + PAGE) & -PAGE);
	CHECK_EQ(*up, 0); /* fresh, not what was there */
	CHECK((char *)syscall(SYS_brk, 1) == end + 8 * PAGE);
	CHECK((char *)syscall(SYS_brk, -1ul) == end + 8 * PAGE);
}

CASE(brk_obeys_the_data_limit)
{
	struct rlimit limit = { 1 << 20, 1 << 20 };
	char *end = (char *)syscall(SYS_brk, 0);

	OK(setrlimit(RLIMIT_DATA, &limit));
	CHECK((char *)syscall(SYS_brk, end + (2 << 20)) == end);
}

static __attribute__((noinline)) size_t
use_stack(size_t bytes)
{
	volatile char block[4096];

	block[0] = (char)bytes;
	return bytes > sizeof(block)
		       ? use_stack(bytes - sizeof(block)) + (size_t)block[0]
		       : (size_t)block[0];
}

CASE(stack_grows_to_its_limit)
{
	struct rlimit limit = { 4 << 20, RLIM_INFINITY };

	OK(setrlimit(RLIMIT_STACK, &limit));
	EXITS(CHILD({ use_stack(3 << 20); }), 0);
	DIES_BY(SIGSEGV, use_stack(5 << 20));
}

/* A frame larger than any gap must not reach what lies below the stack. */
CASE(stack_does_not_reach_its_neighbour)
{
	struct rlimit limit = { 1 << 20, RLIM_INFINITY };

	OK(setrlimit(RLIMIT_STACK, &limit));
	DIES_BY(SIGSEGV, {
		volatile char *here = __builtin_frame_address(0);

		here[-(2l << 20)] = 1;
	});
}

CASE(null_page_cannot_be_mapped)
{
	void *p = mmap(NULL, PAGE, RW, ANON | MAP_FIXED, -1, 0);

	/* root may on Linux; where it may, it is no default of ours to test */
	if (p == NULL)
		OK(munmap(p, PAGE));
	become_nobody();
	FAILS(mmap(NULL, PAGE, RW, ANON | MAP_FIXED, -1, 0), EPERM);
	CHECK(mmap((void *)PAGE, PAGE, RW, ANON, -1, 0) >= (void *)65536);
}

CASE(null_pointer_faults)
{
	DIES_BY(SIGSEGV, *(volatile int *)8 = 1);
	DIES_BY(SIGSEGV, ((void (*)(void))0)());
}

CASE(madvise_dontneed_zeroes)
{
	char *p = anon(4 * PAGE);

	memset(p, 1, 4 * PAGE);
	OK(madvise(p + PAGE, PAGE, MADV_DONTNEED));
	CHECK_EQ(p[0], 1);
	CHECK_EQ(p[PAGE], 0);
	CHECK_EQ(p[2 * PAGE], 1);
	FAILS(madvise(p + 1, PAGE, MADV_DONTNEED), EINVAL);
	FAILS(madvise(p, PAGE, 9999), EINVAL);
}

CASE(madvise_does_not_touch_the_parent)
{
	char *p = anon(PAGE);

	*p = 1;
	EXITS(CHILD({
		      OK(madvise(p, PAGE, MADV_DONTNEED));
		      CHECK_EQ(*p, 0);
	      }),
	      0);
	CHECK_EQ(*p, 1);
}

CASE(mincore_knows_holes)
{
	char *p = anon(2 * PAGE);

	CHECK(mapped(p));
	OK(munmap(p + PAGE, PAGE));
	CHECK(!mapped(p + PAGE));
}

CASE(address_space_limit)
{
	struct rlimit limit = { 64 << 20, RLIM_INFINITY };
	void *p = NULL;
	int n;

	OK(setrlimit(RLIMIT_AS, &limit));
	for (n = 0; n < 100 && p != MAP_FAILED; n++)
		p = mmap(NULL, 1 << 20, RW, ANON, -1, 0);
	CHECK_EQ(errno, ENOMEM);
	CHECK(n > 32 && n < 66);
}

CASE(more_than_there_is)
{
	/* Asked for at once with MAP_POPULATE off: refused, or a promise. */
	void *p = mmap(NULL, 1ul << 45, RW, ANON, -1, 0);

	if (p == MAP_FAILED)
		CHECK_EQ(errno, ENOMEM);
	else
		OK(munmap(p, 1ul << 45));
}

CASE(sparse_mappings)
{
	char *p = mmap(NULL, 1ul << 36, RW, ANON | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		SKIP("no 64 GiB of address space");
	for (unsigned long at = 0; at < 1ul << 36; at += 1ul << 30)
		p[at + 5] = 1;
	EXITS(CHILD({
		      for (unsigned long at = 0; at < 1ul << 36;
			   at += 1ul << 30)
			      CHECK_EQ(p[at + 5]++, 1);
	      }),
	      0);
	for (unsigned long at = 0; at < 1ul << 36; at += 1ul << 30)
		CHECK_EQ(p[at + 5], 1);
	OK(munmap(p, 1ul << 36));
}

CASE(many_areas)
{
	char *p = anon(2000 * PAGE);

	for (size_t i = 0; i < 2000; i += 2)
		OK(mprotect(p + i * PAGE, PAGE, PROT_READ));
	for (size_t i = 1; i < 2000; i += 2)
		p[i * PAGE] = 1;
	OK(mprotect(p, 2000 * PAGE, RW));
	p[0] = 1;
	OK(munmap(p, 2000 * PAGE));
}

CASE(freed_memory_returns)
{
	long before, after;

	OK(munmap(anon(16 << 20), 16 << 20));
	before = meminfo("MemFree:");
	for (int i = 0; i < 8; i++) {
		char *p = anon(16 << 20);

		for (size_t at = 0; at < 16 << 20; at += PAGE)
			p[at] = 1;
		OK(munmap(p, 16 << 20));
	}
	after = meminfo("MemFree:");
	CHECK(after > before - 16384);
}

/* Shared with children like anonymous memory, and nothing to write back. */
CASE(shared_dev_zero)
{
	int fd = (int)OK(open("/dev/zero", O_RDWR));
	char *p =
		mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	CHECK(p != MAP_FAILED);
	OK(msync(p, 2 * PAGE, MS_SYNC));
	p[PAGE] = 1;
	EXITS(CHILD({
		      CHECK_EQ(p[PAGE]++, 1);
		      p[0] = 5;
	      }),
	      0);
	CHECK_EQ(p[PAGE], 2);
	CHECK_EQ(p[0], 5);
	OK(msync(p, 2 * PAGE, MS_SYNC | MS_INVALIDATE));
	OK(munmap(p, 2 * PAGE));
	OK(close(fd));
}
