/* SPDX-License-Identifier: MIT */
/*
 * bombs.c - greed: too many processes, too much memory, too many of anything.
 *
 * Limits turn it into an errno; afterwards everything is as before.
 */
#include "guest.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

static void
limit(int what, rlim_t value)
{
	struct rlimit l = { value, value };

	OK(setrlimit(what, &l));
}

/* A user's process limit stops a fork bomb; root cleans up. */
CASE(fork_bomb)
{
	int status;
	pid_t pid;

	need_root();
	/* so that what the bomb leaves is reaped here, not by a slow init */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = CHILD({
		OK(setpgid(0, 0));
		limit(RLIMIT_NPROC, 100);
		OK(setresuid(54321, 54321, 54321));
		for (;;) {
			if (fork() < 0) {
				CHECK_EQ(errno, EAGAIN);
				sleep_ms(5);
			}
		}
	});
	sleep_ms(150);
	/* others live and work meanwhile */
	for (int i = 0; i < 5; i++)
		EXITS(CHILD({ _exit(3); }), 3);
	for (int i = 0; i < 3000 && !kill(-pid, SIGKILL); i++) {
		while (waitpid(-1, &status, WNOHANG) > 0)
			;
		sleep_ms(2);
	}
	FAILS(kill(-pid, 0), ESRCH);
}

CASE(process_limit_is_per_user)
{
	need_root();
	EXITS(CHILD({
		      pid_t a;
		      pid_t b;

		      limit(RLIMIT_NPROC, 3);
		      OK(setresuid(54322, 54322, 54322));
		      a = CHILD({ pause(); });
		      b = CHILD({ pause(); });
		      FAILS(fork(), EAGAIN);
		      OK(kill(a, SIGTERM));
		      DIES(a, SIGTERM);
		      EXITS(CHILD({ _exit(1); }), 1); /* room again */
		      OK(kill(b, SIGTERM));
		      DIES(b, SIGTERM);
	      }),
	      0);
}

CASE(greed_for_page_tables)
{
	/* One page in each of many tables. */
	for (int round = 0; round < 3; round++) {
		unsigned long step = 1ul << 30, at;
		char *p = mmap(NULL, step * 64, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
			       0);

		if (p == MAP_FAILED)
			SKIP("no 64 GiB of address space");
		for (at = 0; at < step * 64; at += step)
			p[at] = 1;
		OK(munmap(p, step * 64));
	}
}

CASE(many_open_files)
{
	int n = 0;

	limit(RLIMIT_NOFILE, 1000);
	while (open("/dev/null", O_RDONLY) >= 0)
		n++;
	CHECK_EQ(errno, EMFILE);
	CHECK(n > 900);
	EXITS(CHILD({ OK(fcntl(500, F_GETFD)); }), 0);
}

CASE(many_pipes)
{
	int fds[2], n = 0;
	char page[4096] = { 1 };

	limit(RLIMIT_NOFILE, 600);
	while (!pipe(fds)) {
		CHECK_EQ(write(fds[1], page, sizeof(page)), sizeof(page));
		n++;
	}
	CHECK(n > 250);
}

CASE(signal_queue_limit)
{
	union sigval value = { 0 };
	sigset_t all;
	int n = 0;

	need_root();
	become_nobody();
	limit(RLIMIT_SIGPENDING, 50);
	sigfillset(&all);
	OK(sigprocmask(SIG_BLOCK, &all, NULL));
	while (!sigqueue(getpid(), SIGRTMIN, value))
		n++;
	CHECK_EQ(errno, EAGAIN);
	CHECK(n >= 40 && n <= 50);
}

/* More memory than there is, page by page, in a small address space. */
CASE(memory_hog_gets_enomem)
{
	EXITS(CHILD({
		      int n = 0;

		      limit(RLIMIT_AS, 96 << 20);
		      for (;;) {
			      char *p = mmap(
				      NULL, 1 << 20, PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

			      if (p == MAP_FAILED)
				      break;
			      memset(p, 1, 1 << 20);
			      n++;
		      }
		      CHECK_EQ(errno, ENOMEM);
		      CHECK(n > 32);
	      }),
	      0);
}

CASE(deep_directories)
{
	char name[] = "d";
	int depth = 0;

	while (depth < 300 && !mkdir(name, 0700) && !chdir(name))
		depth++;
	CHECK_EQ(depth, 300);
	for (; depth; depth--) {
		OK(chdir(".."));
		OK(rmdir(name));
	}
}
