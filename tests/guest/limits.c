/* SPDX-License-Identifier: MIT */
/*
 * limits.c - resource limits: reading and setting one's own and others', and
 * that they hold.
 */
#include "guest.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int
prlimit_raw(pid_t pid, int which, const struct rlimit *new, struct rlimit *old)
{
	return (int)syscall(SYS_prlimit64, pid, which, new, old);
}

static void
limit(int which, rlim_t soft, rlim_t hard)
{
	struct rlimit l = { soft, hard };

	if (setrlimit(which, &l) && errno == EPERM)
		SKIP("may not raise that limit here");
	OK(getrlimit(which, &l));
	CHECK_EQ(l.rlim_cur, soft);
}

/* Microseconds of either kind. */
static long
used(int who)
{
	struct rusage u;

	OK(getrusage(who, &u));
	return u.ru_utime.tv_sec * 1000000 + u.ru_utime.tv_usec +
	       u.ru_stime.tv_sec * 1000000 + u.ru_stime.tv_usec;
}

CASE(limits_read_and_set)
{
	struct rlimit l = { 100, 200 }, old;

	OK(setrlimit(RLIMIT_NOFILE, &l));
	OK(getrlimit(RLIMIT_NOFILE, &old));
	CHECK_EQ(old.rlim_cur, 100);
	CHECK_EQ(old.rlim_max, 200);
	l.rlim_cur = 150;
	OK(prlimit_raw(0, RLIMIT_NOFILE, &l, &old));
	CHECK_EQ(old.rlim_cur, 100);
	OK(prlimit_raw(getpid(), RLIMIT_NOFILE, NULL, &old));
	CHECK_EQ(old.rlim_cur, 150);
	EXITS(CHILD(OK(getrlimit(RLIMIT_NOFILE, &old));
		    CHECK_EQ(old.rlim_cur, 150)),
	      0);
}

CASE(limits_bad_arguments)
{
	struct rlimit l = { 10, 5 };

	FAILS(prlimit_raw(0, RLIMIT_NOFILE, &l, NULL), EINVAL);
	FAILS(prlimit_raw(0, 99, NULL, &l), EINVAL);
	FAILS(prlimit_raw(0, RLIMIT_NOFILE, (void *)8, NULL), EFAULT);
	FAILS(prlimit_raw(0, RLIMIT_NOFILE, NULL, (void *)8), EFAULT);
	FAILS(prlimit_raw(0x3fffffff, RLIMIT_NOFILE, NULL, &l), ESRCH);
	FAILS(syscall(SYS_getrlimit, 99, &l), EINVAL);
	FAILS(syscall(SYS_getrlimit, 0, 8), EFAULT);
	FAILS(syscall(SYS_setrlimit, 0, 8), EFAULT);
	FAILS(syscall(SYS_setrlimit, 99, &l), EINVAL);
}

CASE(hard_limits_only_go_down)
{
	struct rlimit l = { 10, 20 };

	need_root();
	OK(setrlimit(RLIMIT_NOFILE, &l));
	become_nobody();
	l.rlim_cur = 20;
	OK(setrlimit(RLIMIT_NOFILE, &l));
	l.rlim_max = 21;
	FAILS(setrlimit(RLIMIT_NOFILE, &l), EPERM);
	l.rlim_cur = 5;
	l.rlim_max = 5;
	OK(setrlimit(RLIMIT_NOFILE, &l));
}

CASE(limits_of_others_are_theirs)
{
	struct rlimit l;
	pid_t root = getpid(), other;
	int fds[2];

	need_root();
	OK(pipe(fds));
	other = CHILD(become_nobody(); pause());
	EXITS(CHILD(become_nobody();
		    FAILS(prlimit_raw(root, RLIMIT_NOFILE, NULL, &l), EPERM)),
	      0);
	sleep_ms(50);
	EXITS(CHILD(become_nobody();
		    OK(prlimit_raw(other, RLIMIT_NOFILE, NULL, &l))),
	      0);
	OK(kill(other, SIGKILL));
}

CASE(descriptors_are_limited)
{
	limit(RLIMIT_NOFILE, 20, 20);
	FAILS(fcntl(0, F_DUPFD, 20), EINVAL);
	OK(dup2(0, 19));
	FAILS(dup2(0, 20), EBADF);
	while (dup(0) >= 0)
		;
	CHECK_EQ(errno, EMFILE);
	FAILS(open("/", O_RDONLY), EMFILE);
}

CASE(file_size_is_limited)
{
	int fd = (int)OK(open("f", O_RDWR | O_CREAT, 0600));

	signal(SIGXFSZ, SIG_IGN);
	limit(RLIMIT_FSIZE, 10, 100);
	CHECK_EQ(write(fd, "0123456789abcdef", 16), 10);
	FAILS(write(fd, "x", 1), EFBIG);
	FAILS(ftruncate(fd, 11), EFBIG);
	FAILS(truncate("f", 11), EFBIG);
	OK(ftruncate(fd, 5));
	CHECK_EQ(pwrite(fd, "xy", 2, 9), 1);
	signal(SIGXFSZ, SIG_DFL);
	DIES_BY(SIGXFSZ, write(fd, "x", 1));
	DIES_BY(SIGXFSZ, ftruncate(fd, 11));
}

CASE(address_space_is_limited)
{
	limit(RLIMIT_AS, 64 << 20, 64 << 20);
	CHECK(mmap(NULL, 128 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		   0) == MAP_FAILED);
	CHECK_EQ(errno, ENOMEM);
	CHECK(mmap(NULL, 1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		   0) != MAP_FAILED);
}

CASE(data_is_limited)
{
	char *end = sbrk(0);

	limit(RLIMIT_DATA, 32 << 20, 32 << 20);
	CHECK((char *)syscall(SYS_brk, end + (64 << 20)) == end);
	CHECK(mmap(NULL, 64 << 20, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
	CHECK(mmap(NULL, 64 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		   0) != MAP_FAILED);
}

CASE(nice_is_limited)
{
	need_root();
	limit(RLIMIT_NICE, 25, 25);
	become_nobody();
	OK(setpriority(PRIO_PROCESS, 0, 5));
	OK(setpriority(PRIO_PROCESS, 0, -5));
	FAILS(setpriority(PRIO_PROCESS, 0, -6), EACCES);
}

CASE(realtime_priority_is_limited)
{
	struct sched_param p = { .sched_priority = 10 };

	need_root();
	limit(RLIMIT_RTPRIO, 10, 10);
	become_nobody();
	OK(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &p));
	p.sched_priority = 11;
	FAILS(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &p), EPERM);
}

CASE(queued_signals_are_limited)
{
	union sigval v = { .sival_int = 1 };
	sigset_t set;
	int n = 0;

	need_root();
	limit(RLIMIT_SIGPENDING, 10, 10);
	OK(setuid(54322));
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	while (n < 100 && !sigqueue(getpid(), SIGRTMIN, v))
		n++;
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(n, 10);
}

/* All at once, from many sides: never one too many. */
CASE(processes_of_a_user_are_limited_under_load)
{
	enum {
		MAKERS = 4,
		LIMIT = 20
	};
	pid_t makers[MAKERS];
	int counts[2], hold[2], start[2], n = 0;
	char c;

	need_root();
	OK(pipe(counts));
	OK(pipe(hold));
	OK(pipe(start));
	limit(RLIMIT_NPROC, LIMIT, LIMIT);
	for (int i = 0; i < MAKERS; i++)
		makers[i] =
			CHILD(OK(setuid(54323)); close(hold[1]);
			      write(counts[1], "r", 1); read(start[0], &c, 1);
			      for (int k = 0; k < LIMIT; k++) {
				      pid_t pid = fork();

				      if (!pid) {
					      read(hold[0], &c, 1);
					      _exit(0);
				      }
				      if (pid > 0)
					      write(counts[1], "x", 1);
				      else
					      CHECK_EQ(errno, EAGAIN);
			      } read(hold[0], &c, 1));
	/* All of them are that user before the first child is. */
	for (int i = 0; i < MAKERS; i++)
		CHECK_EQ(read(counts[0], &c, 1), 1);
	CHECK_EQ(write(start[1], "ssss", MAKERS), MAKERS);
	sleep_ms(300);
	OK(fcntl(counts[0], F_SETFL, O_NONBLOCK));
	while (read(counts[0], &c, 1) == 1)
		n++;
	CHECK(n > 0);
	CHECK(n + MAKERS <= LIMIT);
	close(hold[1]);
	for (int i = 0; i < MAKERS; i++)
		EXITS(makers[i], 0);
}

CASE(usage_of_self_thread_and_children)
{
	struct rusage u;

	burn_ms(100);
	CHECK(used(RUSAGE_SELF) > 0);
	CHECK(used(RUSAGE_THREAD) > 0);
	CHECK_EQ(used(RUSAGE_CHILDREN), 0);
	EXITS(CHILD(burn_ms(100)), 0);
	CHECK(used(RUSAGE_CHILDREN) > 0);
	OK(getrusage(RUSAGE_SELF, &u));
	CHECK(u.ru_maxrss >= 0);
	FAILS(syscall(SYS_getrusage, 7, &u), EINVAL);
	FAILS(syscall(SYS_getrusage, RUSAGE_SELF, 8), EFAULT);
}
