/* SPDX-License-Identifier: MIT */
/*
 * personality.c - personality(2): what it changes, who inherits it, what
 * takes it away.
 */
#include "guest.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define ASK 0xffffffff

/* What a gain of rights takes away. */
#define UNSAFE (READ_IMPLIES_EXEC | ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT)

/* The personality after an exec, or where things are, by exit status. */
int
guest_as(const char *what, int argc, char **argv)
{
	(void)argc;
	if (!strcmp(what, "is"))
		return (unsigned)personality(ASK) == strtoul(argv[0], NULL, 16)
			       ? 0
			       : 1;
	if (!strcmp(what, "where")) {
		printf("%p %p %p\n", (void *)&argc,
		       mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0),
		       sbrk(0));
		return 0;
	}
	return 64;
}

/* Is the persona this after exec, having been set to `before`? */
static void
after_exec(unsigned before, unsigned after, const char *path)
{
	char text[16], name[] = "x", as[] = "--as", is[] = "is";
	char *argv[] = { name, as, is, text, NULL };

	sprintf(text, "%x", after);
	EXITS(CHILD({
		      personality(before);
		      execv(path, argv);
		      _exit(70);
	      }),
	      0);
}

/* Stack, mapping and break of a new program, as it prints them. */
static void
places(unsigned persona, char *out, size_t room)
{
	char name[] = "x", as[] = "--as", where[] = "where";
	char *argv[] = { name, as, where, NULL };
	int fds[2];
	ssize_t n;

	OK(pipe(fds));
	EXITS(CHILD({
		      personality(persona);
		      dup2(fds[1], 1);
		      execv(self_path(), argv);
		      _exit(70);
	      }),
	      0);
	n = OK(read(fds[0], out, room - 1));
	out[n] = '\0';
	close(fds[0]);
	close(fds[1]);
}

/* The permissions of the area at an address, as /proc says. */
static void
permissions(const void *at, char perms[5])
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long start, end;
	char line[512];

	CHECK(maps);
	strcpy(perms, "none");
	while (fgets(line, sizeof(line), maps)) {
		char found[5];

		if (sscanf(line, "%lx-%lx %4s", &start, &end, found) == 3 &&
		    (uintptr_t)at >= start && (uintptr_t)at < end)
			strcpy(perms, found);
	}
	fclose(maps);
}

CASE(personality_is_set_and_asked)
{
	unsigned old = (unsigned)personality(ASK);

	CHECK_EQ(personality(old | ADDR_NO_RANDOMIZE), old);
	CHECK_EQ(personality(ASK), old | ADDR_NO_RANDOMIZE);
	CHECK_EQ(personality(0), old | ADDR_NO_RANDOMIZE);
	CHECK_EQ(personality(ASK), 0);
	/* Any bits will do, but for all of them. */
	CHECK_EQ(personality(0x00c0ff01), 0);
	CHECK_EQ(personality(ASK), 0x00c0ff01);
}

CASE(personality_goes_to_children_and_programs)
{
	OK(personality(ADDR_NO_RANDOMIZE | SHORT_INODE));
	EXITS(CHILD(_exit(personality(ASK) !=
			  (ADDR_NO_RANDOMIZE | SHORT_INODE))),
	      0);
	EXITS(CHILD(personality(0)), 0);
	CHECK_EQ(personality(ASK), ADDR_NO_RANDOMIZE | SHORT_INODE);
	after_exec(ADDR_NO_RANDOMIZE, ADDR_NO_RANDOMIZE, self_path());
	after_exec(PER_LINUX32 | UNAME26, PER_LINUX32 | UNAME26, self_path());
}

CASE(exec_forgets_read_implies_exec)
{
	after_exec(READ_IMPLIES_EXEC | WHOLE_SECONDS, WHOLE_SECONDS,
		   self_path());
}

CASE(setuid_program_is_not_steered)
{
	static const char path[] = "/personality_setuid";

	need_root();
	if (link(self_path(), path) && errno == EXDEV) {
		char copy[300];

		snprintf(copy, sizeof(copy), "cp %s %s", self_path(), path);
		if (system(copy))
			SKIP("cannot copy the program to /");
	}
	OK(chmod(path, 04755));
	EXITS(CHILD({
		      become_nobody();
		      after_exec(UNSAFE | SHORT_INODE, SHORT_INODE, path);
	      }),
	      0);
	OK(chmod(path, 0755));
	unlink(path);
}

CASE(addresses_differ_from_run_to_run)
{
	char a[128], b[128];
	int same = 0;

	for (int i = 0; i < 4; i++) {
		places(0, a, sizeof(a));
		places(0, b, sizeof(b));
		same += !strcmp(a, b);
	}
	CHECK_EQ(same, 0);
}

CASE(no_randomize_repeats_addresses)
{
	char a[128], b[128];

	places(ADDR_NO_RANDOMIZE, a, sizeof(a));
	places(ADDR_NO_RANDOMIZE, b, sizeof(b));
	CHECK(!strcmp(a, b));
	CHECK(!strncmp(a, "0x7fffffff", 10));
}

CASE(compat_layout_maps_upward)
{
	void *stack, *map, *heap;
	char a[128];

	places(ADDR_COMPAT_LAYOUT | ADDR_NO_RANDOMIZE, a, sizeof(a));
	CHECK_EQ(sscanf(a, "%p %p %p", &stack, &map, &heap), 3);
	CHECK((uintptr_t)map >= 0x2aaaaaaaa000 &&
	      (uintptr_t)map < 0x2aaaac000000);
}

CASE(reading_implies_executing)
{
	char *before = anon(PAGE), *p, perms[5];

	OK(personality(READ_IMPLIES_EXEC));
	p = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(p != MAP_FAILED);
	permissions(p, perms);
	CHECK(!strcmp(perms, "r-xp"));
	OK(mprotect(p, PAGE, PROT_WRITE)); /* not readable: not executable */
	permissions(p, perms);
	CHECK(!strcmp(perms, "-w-p"));
	OK(mprotect(p, PAGE, PROT_READ | PROT_WRITE));
	permissions(p, perms);
	CHECK(!strcmp(perms, "rwxp"));
	permissions(before, perms);
	CHECK(!strcmp(perms, "rw-p")); /* what was there stays */
	OK(personality(0));
	OK(mprotect(p, PAGE, PROT_READ));
	permissions(p, perms);
	CHECK(!strcmp(perms, "r--p"));
}

CASE(reading_implies_executing_the_heap)
{
	char perms[5], *p;

	OK(personality(READ_IMPLIES_EXEC));
	p = sbrk(0);
	CHECK_EQ(syscall(SYS_brk, p + 4 * PAGE), (uintptr_t)p + 4 * PAGE);
	permissions(p + 2 * PAGE, perms);
	CHECK(!strcmp(perms, "rwxp"));
}

CASE(uname_shows_an_older_system)
{
	struct utsname real, shown;
	unsigned major = 0, minor = 0;

	OK(personality(0));
	OK(uname(&real));
	CHECK_EQ(sscanf(real.release, "%u.%u", &major, &minor), 2);
	OK(personality(UNAME26));
	OK(uname(&shown));
	CHECK(!strncmp(shown.release, "2.6.", 4));
	CHECK_EQ(atoi(shown.release + 4), 60 + minor);
	OK(personality(PER_LINUX32));
	OK(uname(&shown));
	CHECK(!strcmp(shown.machine, "i686"));
	CHECK(!strcmp(shown.release, real.release));
}

CASE(sticky_timeouts_stay_as_they_were)
{
	struct timeval tv = { .tv_usec = 5000 };
	struct timespec ts = { .tv_nsec = 5000000 };

	CHECK_EQ(syscall(SYS_select, 0, NULL, NULL, NULL, &tv), 0);
	CHECK_EQ(tv.tv_usec, 0);
	OK(personality(STICKY_TIMEOUTS));
	tv.tv_usec = 5000;
	CHECK_EQ(syscall(SYS_select, 0, NULL, NULL, NULL, &tv), 0);
	CHECK_EQ(tv.tv_usec, 5000);
	CHECK_EQ(syscall(SYS_ppoll, NULL, 0, &ts, NULL, 8), 0);
	CHECK_EQ(ts.tv_nsec, 5000000);
}
