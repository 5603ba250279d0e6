/* SPDX-License-Identifier: MIT */
/*
 * mlock.c - memory that stays: mlock(2), mlockall(2), what counts against the
 * limit, and what locked memory refuses.
 */
#include "guest.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ONFAULT 1 /* MLOCK_ONFAULT */
#ifndef MCL_ONFAULT
#define MCL_ONFAULT 4
#endif

/* KiB of /proc/self/status. */
static long
status(const char *key)
{
	static char text[8192];
	char *at;

	get_file("/proc/self/status", text, sizeof(text));
	at = strstr(text, key);
	CHECK(at);
	return strtol(at + strlen(key), NULL, 10);
}

static long
locked(void)
{
	return status("VmLck:");
}

static unsigned
resident(char *p, unsigned pages)
{
	unsigned char vec[256];
	unsigned n = 0;

	OK(mincore(p, pages * PAGE, vec));
	for (unsigned i = 0; i < pages; i++)
		n += vec[i] & 1;
	return n;
}

/* As an ordinary user with a limit of so many pages. */
static void
limit(unsigned pages)
{
	struct rlimit l = { pages * PAGE, pages * PAGE };

	need_root();
	OK(setrlimit(RLIMIT_MEMLOCK, &l));
	become_nobody();
}

CASE(mlock_brings_the_pages_in)
{
	char *p = anon(16 * PAGE);

	limit(16);
	CHECK_EQ(resident(p, 16), 0);
	OK(mlock(p, 16 * PAGE));
	CHECK_EQ(resident(p, 16), 16);
	CHECK_EQ(locked(), 64);
	OK(munlock(p, 16 * PAGE));
	CHECK_EQ(locked(), 0);
	CHECK_EQ(resident(p, 16), 16);
}

CASE(mlock_counts_each_page_once)
{
	char *p = anon(16 * PAGE);

	limit(8);
	OK(mlock(p, 4 * PAGE));
	OK(mlock(p, 4 * PAGE));
	CHECK_EQ(locked(), 16);
	OK(mlock(p, 8 * PAGE));
	CHECK_EQ(locked(), 32);
	FAILS(mlock(p, 9 * PAGE), ENOMEM);
	CHECK_EQ(locked(), 32);
	OK(munlock(p + 2 * PAGE, PAGE));
	CHECK_EQ(locked(), 28);
	OK(mlock(p + 8 * PAGE, 1));
	OK(munmap(p, 16 * PAGE));
	CHECK_EQ(locked(), 0);
}

CASE(mlock_rounds_to_pages)
{
	char *p = anon(4 * PAGE);

	limit(8);
	OK(mlock(p + PAGE - 1, 2));
	CHECK_EQ(locked(), 8);
	OK(munlock(p + 100, 1));
	CHECK_EQ(locked(), 4);
	OK(mlock(p, 0));
	CHECK_EQ(locked(), 4);
}

CASE(mlock_bad_arguments)
{
	char *p = before_hole();

	limit(8);
	FAILS(mlock(p - 1, PAGE), ENOMEM);
	FAILS(munlock(p - 1, PAGE), ENOMEM);
	FAILS(mlock((void *)-PAGE, 2 * PAGE), EINVAL);
	FAILS(munlock((void *)-PAGE, 2 * PAGE), EINVAL);
	FAILS(syscall(SYS_mlock2, p - PAGE, PAGE, 2), EINVAL);
	FAILS(mlockall(0), EINVAL);
	FAILS(mlockall(64), EINVAL);
	FAILS(mlockall(MCL_ONFAULT), EINVAL);
}

CASE(mlock_without_any_right)
{
	char *p = anon(PAGE);

	limit(0);
	FAILS(mlock(p, PAGE), EPERM);
	FAILS(mlockall(MCL_CURRENT), EPERM);
	FAILS(syscall(SYS_mlock2, p, PAGE, ONFAULT), EPERM);
	/* The C library tells of ENOMEM instead. */
	FAILS(syscall(SYS_mmap, NULL, PAGE, PROT_READ,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0),
	      EPERM);
	OK(munlock(p, PAGE));
	OK(munlockall());
}

CASE(mlock_of_root_knows_no_limit)
{
	struct rlimit l = { 0, 0 };
	char *p = anon(16 * PAGE);

	need_root();
	OK(setrlimit(RLIMIT_MEMLOCK, &l));
	OK(mlock(p, 16 * PAGE));
	CHECK_EQ(locked(), 64);
}

CASE(mlock_on_fault)
{
	char *p = anon(8 * PAGE);

	limit(8);
	OK(syscall(SYS_mlock2, p, 8 * PAGE, ONFAULT));
	CHECK_EQ(locked(), 32);
	CHECK_EQ(resident(p, 8), 0);
	p[PAGE] = 1;
	CHECK_EQ(resident(p, 8), 1);
	OK(mlock(p, 8 * PAGE));
	CHECK_EQ(resident(p, 8), 8);
}

CASE(mlock_makes_private_file_pages_own)
{
	static char content[PAGE];
	int fd;
	char *p;

	content[0] = 'x';
	fd = (int)OK(open("f", O_RDWR | O_CREAT, 0600));
	CHECK_EQ(write(fd, content, PAGE), PAGE);
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	limit(8);
	OK(mlock(p, PAGE));
	CHECK_EQ(p[0], 'x');
	CHECK_EQ(locked(), 4);
}

CASE(mlock_of_what_cannot_be_read)
{
	char *p =
		mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	limit(8);
	FAILS(mlock(p, PAGE), ENOMEM);
}

CASE(map_locked)
{
	char *p;

	limit(8);
	p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
	CHECK(p != MAP_FAILED);
	CHECK_EQ(locked(), 16);
	CHECK_EQ(resident(p, 4), 4);
	CHECK(mmap(NULL, 5 * PAGE, PROT_READ,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1,
		   0) == MAP_FAILED);
	CHECK_EQ(errno, EAGAIN);
}

CASE(mlockall_present_and_future)
{
	struct rlimit l = { RLIM_INFINITY, RLIM_INFINITY };
	long all;
	char *p;

	need_root();
	(void)setrlimit(RLIMIT_MEMLOCK, &l);
	OK(mlockall(MCL_CURRENT));
	all = locked();
	CHECK(all > 0);
	p = anon(4 * PAGE);
	CHECK_EQ(locked(), all);
	OK(mlockall(MCL_FUTURE));
	p = anon(4 * PAGE);
	CHECK_EQ(resident(p, 4), 4);
	CHECK_EQ(locked(), all + 16);
	OK(mlockall(MCL_FUTURE | MCL_ONFAULT));
	p = anon(4 * PAGE);
	CHECK_EQ(resident(p, 4), 0);
	CHECK_EQ(locked(), all + 32);
	OK(munlockall());
	CHECK_EQ(locked(), 0);
	p = anon(4 * PAGE);
	CHECK_EQ(locked(), 0);
}

CASE(mlockall_over_the_limit)
{
	limit(2);
	FAILS(mlockall(MCL_CURRENT), ENOMEM);
	CHECK_EQ(locked(), 0);
	OK(mlockall(MCL_FUTURE));
	CHECK(mmap(NULL, 4 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		   0) == MAP_FAILED);
	CHECK_EQ(errno, EAGAIN);
}

CASE(locks_are_not_inherited)
{
	char *p = anon(4 * PAGE);

	limit(8);
	OK(mlock(p, 4 * PAGE));
	OK(mlockall(MCL_FUTURE));
	EXITS(CHILD(CHECK_EQ(locked(), 0);
		    CHECK(mmap(NULL, 64 * PAGE, PROT_READ,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1,
			       0) != MAP_FAILED);
		    CHECK_EQ(locked(), 0)),
	      0);
	CHECK_EQ(locked(), 16);
}

CASE(locked_memory_is_not_dropped)
{
	char *p = anon(4 * PAGE);

	limit(8);
	p[0] = 7;
	OK(mlock(p, 2 * PAGE));
	FAILS(madvise(p, PAGE, MADV_DONTNEED), EINVAL);
	FAILS(madvise(p, PAGE, MADV_FREE), EINVAL);
	CHECK_EQ(p[0], 7);
	OK(madvise(p + 2 * PAGE, PAGE, MADV_DONTNEED));
}

CASE(locked_memory_grows_within_the_limit)
{
	char *p = anon(4 * PAGE), *q;

	limit(8);
	OK(mlock(p, 4 * PAGE));
	q = mremap(p, 4 * PAGE, 8 * PAGE, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED);
	CHECK_EQ(locked(), 32);
	CHECK_EQ(resident(q, 8), 8);
	CHECK(mremap(q, 8 * PAGE, 9 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED);
	CHECK_EQ(errno, EAGAIN);
	q = mremap(q, 8 * PAGE, 2 * PAGE, 0);
	CHECK(q != MAP_FAILED);
	CHECK_EQ(locked(), 8);
}

CASE(unlocking_keeps_the_rest)
{
	char *p = anon(6 * PAGE);

	limit(8);
	OK(mlock(p, 6 * PAGE));
	OK(munlock(p + 2 * PAGE, 2 * PAGE));
	CHECK_EQ(locked(), 16);
	OK(mprotect(p, 6 * PAGE, PROT_READ));
	CHECK_EQ(locked(), 16);
	OK(munmap(p + 5 * PAGE, PAGE));
	CHECK_EQ(locked(), 12);
}
