/* SPDX-License-Identifier: MIT */
/*
 * plocks.c - advisory locks: flock(2), the locks of processes and of open
 * files, and who drops them when.
 */
#include "guest.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef F_OFD_GETLK
#define F_OFD_GETLK  36
#define F_OFD_SETLK  37
#define F_OFD_SETLKW 38
#endif

static int
file(void)
{
	return (int)OK(open("f", O_RDWR | O_CREAT, 0600));
}

static int
lock(int fd, int cmd, int type, off_t start, off_t length)
{
	struct flock l = { .l_type = (short)type,
			   .l_whence = SEEK_SET,
			   .l_start = start,
			   .l_len = length };

	return fcntl(fd, cmd, &l);
}

static int
set(int fd, int type, off_t start, off_t length)
{
	return lock(fd, F_SETLK, type, start, length);
}

/* What another process is told of the lock at [start, start + length). */
static struct flock
seen(int fd, int type, off_t start, off_t length)
{
	struct flock l = { .l_type = (short)type,
			   .l_whence = SEEK_SET,
			   .l_start = start,
			   .l_len = length };
	int fds[2];
	pid_t pid;

	OK(pipe(fds));
	pid = CHILD(OK(fcntl(fd, F_GETLK, &l));
		    CHECK_EQ(write(fds[1], &l, sizeof(l)), sizeof(l)));
	EXITS(pid, 0);
	CHECK_EQ(read(fds[0], &l, sizeof(l)), sizeof(l));
	close(fds[0]);
	close(fds[1]);
	return l;
}

static void
check_seen(int fd, off_t at, int type, off_t start, off_t length)
{
	struct flock l = seen(fd, F_WRLCK, at, 1);

	CHECK_EQ(l.l_type, type);
	if (type == F_UNLCK)
		return;
	CHECK_EQ(l.l_start, start);
	CHECK_EQ(l.l_len, length);
	CHECK_EQ(l.l_pid, getpid());
	CHECK_EQ(l.l_whence, SEEK_SET);
}

/* --- flock ---------------------------------------------------------------- */

CASE(flock_shared_and_exclusive)
{
	int a = file(), b = file();

	OK(flock(a, LOCK_SH));
	OK(flock(b, LOCK_SH | LOCK_NB));
	FAILS(flock(a, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	OK(flock(b, LOCK_UN));
	OK(flock(a, LOCK_EX | LOCK_NB));
	OK(flock(a, LOCK_EX | LOCK_NB)); /* has it already */
	FAILS(flock(b, LOCK_SH | LOCK_NB), EWOULDBLOCK);
	OK(flock(a, LOCK_UN));
	OK(flock(a, LOCK_UN));
	OK(flock(b, LOCK_EX | LOCK_NB));
}

CASE(flock_bad_arguments)
{
	int a = file(), p = (int)OK(open("f", O_PATH));

	FAILS(flock(-1, LOCK_SH), EBADF);
	FAILS(flock(p, LOCK_SH), EBADF);
	FAILS(flock(a, 0), EINVAL);
	FAILS(flock(a, LOCK_SH | LOCK_EX), EINVAL);
}

CASE(flock_belongs_to_the_open_file)
{
	int a = file(), b = file(), c;

	OK(flock(a, LOCK_EX));
	c = (int)OK(dup(a));
	OK(flock(c, LOCK_EX | LOCK_NB));
	OK(close(a));
	FAILS(flock(b, LOCK_SH | LOCK_NB), EWOULDBLOCK);
	EXITS(CHILD(OK(flock(c, LOCK_EX | LOCK_NB))), 0);
	EXITS(CHILD(OK(close(c))), 0);
	FAILS(flock(b, LOCK_SH | LOCK_NB), EWOULDBLOCK);
	OK(close(c)); /* the last one */
	OK(flock(b, LOCK_SH | LOCK_NB));
}

CASE(flock_is_dropped_by_any_holder)
{
	int a = file(), b = file();

	OK(flock(a, LOCK_EX));
	EXITS(CHILD(OK(flock(a, LOCK_UN))), 0);
	OK(flock(b, LOCK_EX | LOCK_NB));
}

CASE(flock_waits)
{
	int a = file(), b;
	pid_t pid;

	OK(flock(a, LOCK_EX));
	pid = CHILD(b = file(); OK(flock(b, LOCK_EX)));
	sleep_ms(50);
	CHECK_EQ(waitpid(pid, NULL, WNOHANG), 0);
	OK(flock(a, LOCK_SH)); /* not enough */
	sleep_ms(50);
	CHECK_EQ(waitpid(pid, NULL, WNOHANG), 0);
	OK(flock(a, LOCK_UN));
	EXITS(pid, 0);
}

static void
nothing(int signal)
{
	(void)signal;
}

static void
interrupt_soon(void)
{
	struct sigaction sa = { .sa_handler = nothing };

	OK(sigaction(SIGALRM, &sa, NULL));
	ualarm(50000, 50000);
}

CASE(flock_is_interrupted)
{
	int a = file(), b = file();

	OK(flock(a, LOCK_EX));
	interrupt_soon();
	FAILS(flock(b, LOCK_EX), EINTR);
}

CASE(flock_of_the_dead_is_free)
{
	int a;

	EXITS(CHILD(a = file(); OK(flock(a, LOCK_EX))), 0);
	OK(flock(file(), LOCK_EX | LOCK_NB));
}

CASE(flock_and_ranges_do_not_meet)
{
	int a = file(), b = file();

	OK(flock(a, LOCK_EX));
	OK(set(b, F_WRLCK, 0, 0));
}

/* --- locks of processes --------------------------------------------------- */

CASE(range_is_seen_by_others_only)
{
	int fd = file();
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	OK(set(fd, F_WRLCK, 10, 5));
	OK(fcntl(fd, F_GETLK, &l));
	CHECK_EQ(l.l_type, F_UNLCK);
	check_seen(fd, 9, F_UNLCK, 0, 0);
	check_seen(fd, 10, F_WRLCK, 10, 5);
	check_seen(fd, 14, F_WRLCK, 10, 5);
	check_seen(fd, 15, F_UNLCK, 0, 0);
	EXITS(CHILD(FAILS(set(fd, F_RDLCK, 14, 1), EAGAIN)), 0);
	EXITS(CHILD(OK(set(fd, F_WRLCK, 15, 1))), 0);
}

CASE(ranges_shared)
{
	int fd = file();

	OK(set(fd, F_RDLCK, 0, 10));
	EXITS(CHILD(OK(set(fd, F_RDLCK, 0, 10));
		    FAILS(set(fd, F_WRLCK, 0, 1), EAGAIN)),
	      0);
	CHECK_EQ(seen(fd, F_RDLCK, 0, 1).l_type, F_UNLCK);
	check_seen(fd, 5, F_RDLCK, 0, 10);
}

CASE(ranges_merge)
{
	int fd = file();

	OK(set(fd, F_WRLCK, 0, 10));
	OK(set(fd, F_WRLCK, 20, 10));
	check_seen(fd, 0, F_WRLCK, 0, 10);
	OK(set(fd, F_WRLCK, 10, 10)); /* fills the gap */
	check_seen(fd, 0, F_WRLCK, 0, 30);
	OK(set(fd, F_WRLCK, 30, 0)); /* touches, to the end */
	check_seen(fd, 1000000, F_WRLCK, 0, 0);
}

CASE(ranges_split)
{
	int fd = file();

	OK(set(fd, F_WRLCK, 0, 30));
	OK(set(fd, F_UNLCK, 10, 10));
	check_seen(fd, 5, F_WRLCK, 0, 10);
	check_seen(fd, 10, F_UNLCK, 0, 0);
	check_seen(fd, 19, F_UNLCK, 0, 0);
	check_seen(fd, 25, F_WRLCK, 20, 10);
}

CASE(ranges_change_their_type)
{
	int fd = file();

	OK(set(fd, F_WRLCK, 0, 30));
	OK(set(fd, F_RDLCK, 10, 10));
	check_seen(fd, 0, F_WRLCK, 0, 10);
	check_seen(fd, 15, F_RDLCK, 10, 10);
	check_seen(fd, 25, F_WRLCK, 20, 10);
	OK(set(fd, F_RDLCK, 0, 10));
	check_seen(fd, 0, F_RDLCK, 0, 20);
	OK(set(fd, F_WRLCK, 5, 20));
	check_seen(fd, 0, F_RDLCK, 0, 5);
	check_seen(fd, 5, F_WRLCK, 5, 25);
	OK(set(fd, F_UNLCK, 0, 0));
	check_seen(fd, 5, F_UNLCK, 0, 0);
}

CASE(ranges_by_position_and_backwards)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_CUR };
	int fd = file();

	OK(ftruncate(fd, 100));
	OK(lseek(fd, 50, SEEK_SET));
	l.l_start = 5;
	l.l_len = -10;
	OK(fcntl(fd, F_SETLK, &l));
	check_seen(fd, 54, F_WRLCK, 45, 10);
	check_seen(fd, 55, F_UNLCK, 0, 0);
	OK(set(fd, F_UNLCK, 0, 0));
	l.l_whence = SEEK_END;
	l.l_start = -1;
	l.l_len = 0;
	OK(fcntl(fd, F_SETLK, &l));
	check_seen(fd, 99, F_WRLCK, 99, 0);
	l.l_start = -101;
	FAILS(fcntl(fd, F_SETLK, &l), EINVAL);
	l.l_start = 0x7fffffffffffffff;
	FAILS(fcntl(fd, F_SETLK, &l), EOVERFLOW);
	l.l_whence = SEEK_SET;
	l.l_start = 5;
	l.l_len = -6;
	FAILS(fcntl(fd, F_SETLK, &l), EINVAL);
	l.l_start = 0x7fffffffffffffff;
	l.l_len = 2;
	FAILS(fcntl(fd, F_SETLK, &l), EOVERFLOW);
}

CASE(range_bad_arguments)
{
	int fd = file(), r = (int)OK(open("f", O_RDONLY)),
	    w = (int)OK(open("f", O_WRONLY)), p = (int)OK(open("f", O_PATH));
	struct flock l = { .l_type = 7 };

	FAILS(set(r, F_WRLCK, 0, 0), EBADF);
	FAILS(set(w, F_RDLCK, 0, 0), EBADF);
	FAILS(set(p, F_RDLCK, 0, 0), EBADF);
	FAILS(set(-1, F_RDLCK, 0, 0), EBADF);
	FAILS(fcntl(fd, F_SETLK, &l), EINVAL);
	l.l_type = F_WRLCK;
	l.l_whence = 7;
	FAILS(fcntl(fd, F_SETLK, &l), EINVAL);
	FAILS(fcntl(fd, F_SETLK, 8), EFAULT);
	FAILS(fcntl(fd, F_GETLK, 8), EFAULT);
	FAILS(lock(fd, F_GETLK, F_UNLCK, 0, 0), EINVAL);
}

CASE(range_goes_with_any_close)
{
	int a = file(), b = file();

	OK(set(a, F_WRLCK, 0, 0));
	check_seen(a, 0, F_WRLCK, 0, 0);
	OK(close(b)); /* another open file even */
	check_seen(a, 0, F_UNLCK, 0, 0);
	OK(set(a, F_WRLCK, 0, 0));
	b = (int)OK(dup(a));
	OK(close(b));
	check_seen(a, 0, F_UNLCK, 0, 0);
	OK(set(a, F_WRLCK, 0, 0));
	b = file();
	OK(dup2(1, b)); /* closes it, too */
	check_seen(a, 0, F_UNLCK, 0, 0);
}

CASE(range_is_not_inherited)
{
	int fd = file();

	OK(set(fd, F_WRLCK, 0, 0));
	EXITS(CHILD(FAILS(set(fd, F_WRLCK, 0, 0), EAGAIN); OK(close(fd))), 0);
	check_seen(fd, 0, F_WRLCK, 0, 0);
}

CASE(range_of_the_dead_is_free)
{
	int fd = file();

	EXITS(CHILD(OK(set(fd, F_WRLCK, 0, 0))), 0);
	OK(set(fd, F_WRLCK, 0, 0));
}

int
guest_as(const char *what, __attribute__((unused)) int argc,
	 __attribute__((unused)) char **argv)
{
	return strcmp(what, "sleeper") || pause();
}

CASE(range_survives_exec)
{
	char *argv[] = { "x", "--as", "sleeper", NULL }, *envp[] = { NULL };
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = file(), ready[2];
	pid_t pid;
	char c;

	OK(pipe2(ready, O_CLOEXEC));
	pid = CHILD(OK(set(fd, F_WRLCK, 0, 0));
		    execve(self_path(), argv, envp));
	OK(close(ready[1]));
	CHECK_EQ(read(ready[0], &c, 1), 0); /* the exec is done */
	OK(fcntl(fd, F_GETLK, &l));
	CHECK_EQ(l.l_type, F_WRLCK);
	CHECK_EQ(l.l_pid, pid);
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
	OK(set(fd, F_WRLCK, 0, 0));
}

CASE(range_waits)
{
	int fd = file();
	pid_t pid;

	OK(set(fd, F_WRLCK, 0, 10));
	pid = CHILD(OK(lock(fd, F_SETLKW, F_WRLCK, 5, 1)));
	sleep_ms(50);
	CHECK_EQ(waitpid(pid, NULL, WNOHANG), 0);
	OK(set(fd, F_UNLCK, 0, 5)); /* another part */
	sleep_ms(50);
	CHECK_EQ(waitpid(pid, NULL, WNOHANG), 0);
	OK(set(fd, F_UNLCK, 5, 1));
	EXITS(pid, 0);
}

CASE(range_wait_ends_with_the_holder)
{
	int fd = file();
	pid_t holder, waiter;

	holder = CHILD(OK(set(fd, F_WRLCK, 0, 0)); pause());
	while (seen(fd, F_WRLCK, 0, 1).l_type == F_UNLCK)
		sleep_ms(5);
	waiter = CHILD(OK(lock(fd, F_SETLKW, F_RDLCK, 0, 0)));
	sleep_ms(30);
	OK(kill(holder, SIGKILL));
	DIES(holder, SIGKILL);
	EXITS(waiter, 0);
}

CASE(range_wait_is_interrupted)
{
	int fd = file();
	pid_t pid;

	OK(set(fd, F_WRLCK, 0, 10));
	pid = CHILD(interrupt_soon();
		    FAILS(lock(fd, F_SETLKW, F_WRLCK, 5, 1), EINTR));
	EXITS(pid, 0);
}

CASE(circle_of_two_is_refused)
{
	int fd = file();
	pid_t pid;

	OK(set(fd, F_WRLCK, 0, 1));
	pid = CHILD(OK(set(fd, F_WRLCK, 1, 1));
		    OK(lock(fd, F_SETLKW, F_WRLCK, 0, 1)));
	while (seen(fd, F_WRLCK, 1, 1).l_type == F_UNLCK)
		sleep_ms(5);
	sleep_ms(50); /* it waits for us now */
	FAILS(lock(fd, F_SETLKW, F_WRLCK, 1, 1), EDEADLK);
	OK(set(fd, F_UNLCK, 0, 1));
	EXITS(pid, 0);
}

CASE(circle_of_three_is_refused)
{
	int fd = file();
	pid_t a, b;

	OK(set(fd, F_WRLCK, 0, 1));
	a = CHILD(OK(set(fd, F_WRLCK, 1, 1));
		  OK(lock(fd, F_SETLKW, F_WRLCK, 0, 1)));
	while (seen(fd, F_WRLCK, 1, 1).l_type == F_UNLCK)
		sleep_ms(5);
	b = CHILD(OK(set(fd, F_WRLCK, 2, 1));
		  OK(lock(fd, F_SETLKW, F_WRLCK, 1, 1)));
	while (seen(fd, F_WRLCK, 2, 1).l_type == F_UNLCK)
		sleep_ms(5);
	sleep_ms(100);
	FAILS(lock(fd, F_SETLKW, F_WRLCK, 2, 1), EDEADLK);
	OK(set(fd, F_UNLCK, 0, 1));
	EXITS(a, 0);
	EXITS(b, 0);
}

static void *
wait_for_ever(void *arg)
{
	(void)arg;
	pause();
	return NULL;
}

/* The other thread shares the descriptors until the exec ends it. */
CASE(range_survives_exec_of_one_of_two_threads)
{
	char *argv[] = { "x", "--as", "sleeper", NULL }, *envp[] = { NULL };
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = file(), ready[2];
	pthread_t t;
	pid_t pid;
	char c;

	OK(pipe2(ready, O_CLOEXEC));
	pid = CHILD(OK(set(fd, F_WRLCK, 0, 0));
		    CHECK(!pthread_create(&t, NULL, wait_for_ever, NULL));
		    execve(self_path(), argv, envp));
	OK(close(ready[1]));
	CHECK_EQ(read(ready[0], &c, 1), 0); /* the exec is done */
	OK(fcntl(fd, F_GETLK, &l));
	CHECK_EQ(l.l_type, F_WRLCK);
	CHECK_EQ(l.l_pid, pid);
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

static int shared_fd;

static void *
lock_elsewhere(void *arg)
{
	(void)arg;
	OK(set(shared_fd, F_WRLCK, 0, 10)); /* same process: no conflict */
	return NULL;
}

CASE(threads_share_the_locks_of_the_process)
{
	pthread_t t;

	shared_fd = file();
	OK(set(shared_fd, F_WRLCK, 0, 10));
	CHECK(!pthread_create(&t, NULL, lock_elsewhere, NULL));
	CHECK(!pthread_join(t, NULL));
	check_seen(shared_fd, 0, F_WRLCK, 0, 10);
}

/* --- locks of open files -------------------------------------------------- */

CASE(open_file_locks)
{
	int a = file(), b = file(), c;
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	OK(lock(a, F_OFD_SETLK, F_WRLCK, 0, 10));
	FAILS(lock(b, F_OFD_SETLK, F_RDLCK, 0, 1), EAGAIN);
	FAILS(set(b, F_RDLCK, 0, 1), EAGAIN); /* they meet */
	OK(fcntl(b, F_OFD_GETLK, &l));
	CHECK_EQ(l.l_type, F_WRLCK);
	CHECK_EQ(l.l_len, 10);
	CHECK_EQ(l.l_pid, -1);
	c = (int)OK(dup(a));
	OK(close(c)); /* that does not drop it */
	FAILS(lock(b, F_OFD_SETLK, F_RDLCK, 0, 1), EAGAIN);
	EXITS(CHILD(OK(lock(a, F_OFD_SETLK, F_UNLCK, 0, 5))), 0);
	OK(lock(b, F_OFD_SETLK, F_RDLCK, 0, 1));
	OK(close(a));
	OK(lock(b, F_OFD_SETLK, F_WRLCK, 0, 0));
}

CASE(open_file_locks_want_no_pid)
{
	struct flock l = { .l_type = F_WRLCK, .l_pid = 1 };
	int a = file();

	FAILS(fcntl(a, F_OFD_SETLK, &l), EINVAL);
	FAILS(fcntl(a, F_OFD_GETLK, &l), EINVAL);
	FAILS(fcntl(a, F_OFD_SETLKW, &l), EINVAL);
}

CASE(open_file_locks_wait)
{
	int a = file(), b;
	pid_t pid;

	OK(lock(a, F_OFD_SETLK, F_WRLCK, 0, 10));
	pid = CHILD(b = file(); OK(close(a));
		    OK(lock(b, F_OFD_SETLKW, F_WRLCK, 0, 1)));
	sleep_ms(50);
	CHECK_EQ(waitpid(pid, NULL, WNOHANG), 0);
	OK(close(a));
	EXITS(pid, 0);
}

/* --- the list ------------------------------------------------------------- */

CASE(proc_locks_shows_them)
{
	static char text[1 << 18];
	char want[128];
	struct stat st;
	int fd = file();

	OK(set(fd, F_WRLCK, 5, 10));
	OK(fstat(fd, &st));
	get_file("/proc/locks", text, sizeof(text));
	snprintf(want, sizeof(want), "POSIX  ADVISORY  WRITE %d ", getpid());
	CHECK(strstr(text, want));
	snprintf(want, sizeof(want), ":%lu 5 14\n", (unsigned long)st.st_ino);
	CHECK(strstr(text, want));
	OK(flock(fd, LOCK_SH));
	get_file("/proc/locks", text, sizeof(text));
	snprintf(want, sizeof(want), "FLOCK  ADVISORY  READ %d ", getpid());
	CHECK(strstr(text, want));
	snprintf(want, sizeof(want), ":%lu 0 EOF\n", (unsigned long)st.st_ino);
	CHECK(strstr(text, want));
}

/* Many processes count in a file, each time under a lock. */
CASE(locks_exclude_under_load)
{
	enum {
		WORKERS = 8,
		ROUNDS = 200
	};
	pid_t pids[WORKERS];
	int fd = file(), n = 0;

	CHECK_EQ(pwrite(fd, &n, sizeof(n), 0), sizeof(n));
	for (int i = 0; i < WORKERS; i++) {
		bool whole = i % 2;

		pids[i] = CHILD(int mine = file(); for (int k = 0; k < ROUNDS;
							k++) {
			if (whole)
				OK(lock(mine, F_OFD_SETLKW, F_WRLCK, 0, 0));
			else
				OK(lock(mine, F_SETLKW, F_WRLCK, 0, 4));
			CHECK_EQ(pread(mine, &n, 4, 0), 4);
			n++;
			CHECK_EQ(pwrite(mine, &n, 4, 0), 4);
			OK(lock(mine, whole ? F_OFD_SETLK : F_SETLK, F_UNLCK, 0,
				0));
		});
	}
	for (int i = 0; i < WORKERS; i++)
		EXITS(pids[i], 0);
	CHECK_EQ(pread(fd, &n, 4, 0), 4);
	CHECK_EQ(n, WORKERS * ROUNDS);
}
