/* SPDX-License-Identifier: MIT */
/*
 * eventfd.c - a counter as a file.
 */
#include "guest.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

static void
add(int fd, uint64_t n)
{
	CHECK_EQ(write(fd, &n, sizeof(n)), 8);
}

static uint64_t
take(int fd)
{
	uint64_t n = 0;

	CHECK_EQ(read(fd, &n, sizeof(n)), 8);
	return n;
}

static int
ready(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	OK(poll(&p, 1, 0));
	return p.revents;
}

CASE(a_read_takes_the_whole_count)
{
	int fd = (int)OK(eventfd(3, EFD_NONBLOCK));

	CHECK_EQ(take(fd), 3);
	add(fd, 4);
	add(fd, 5);
	CHECK_EQ(take(fd), 9);
	FAILS(read(fd, &(uint64_t){ 0 }, 8), EAGAIN);
}

CASE(a_semaphore_gives_one)
{
	int fd = (int)OK(eventfd(0, EFD_SEMAPHORE | EFD_NONBLOCK));

	add(fd, 2);
	CHECK_EQ(take(fd), 1);
	CHECK_EQ(take(fd), 1);
	FAILS(read(fd, &(uint64_t){ 0 }, 8), EAGAIN);
}

CASE(the_count_does_not_overflow)
{
	int fd = (int)OK(eventfd(0, EFD_NONBLOCK));
	uint64_t one = 1, most = UINT64_MAX - 1, bad = UINT64_MAX;

	add(fd, most);
	FAILS(write(fd, &one, 8), EAGAIN);
	FAILS(write(fd, &bad, 8), EINVAL);
	CHECK_EQ(ready(fd), POLLIN);
	CHECK(take(fd) == most);
	CHECK_EQ(ready(fd), POLLOUT);
	add(fd, 0);
	CHECK_EQ(ready(fd), POLLOUT);
}

CASE(sizes_and_addresses)
{
	int fd = (int)OK(eventfd(1, EFD_NONBLOCK));
	char buffer[16] = { 1 };

	FAILS(read(fd, buffer, 7), EINVAL);
	FAILS(write(fd, buffer, 7), EINVAL);
	FAILS(write(fd, buffer, 16), EINVAL);
	CHECK_EQ(read(fd, buffer, 16), 8);
	FAILS(write(fd, before_hole() - 4, 8), EFAULT);
	FAILS(pread(fd, buffer, 8, 0), ESPIPE);
	CHECK_EQ(lseek(fd, 5, SEEK_SET), 0);
}

CASE(eventfd_flags)
{
	struct stat st;
	char name[64], link[64] = { 0 };
	int fd;

	FAILS(eventfd(0, 4), EINVAL);
	FAILS(eventfd(0, O_APPEND), EINVAL);
	fd = (int)OK(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(fd, F_GETFL), O_RDWR | O_NONBLOCK);
	fd = (int)OK(syscall(SYS_eventfd, 0));
	CHECK_EQ(fcntl(fd, F_GETFD), 0);
	CHECK_EQ(fcntl(fd, F_GETFL), O_RDWR);
	OK(fstat(fd, &st));
	CHECK_EQ(st.st_mode & ~0777u, 0);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	OK(readlink(name, link, sizeof(link) - 1));
	CHECK(!strcmp(link, "anon_inode:[eventfd]"));
	FAILS(open(name, O_RDWR), ENXIO);
}

CASE(eventfd_no_descriptor_left)
{
	struct rlimit limit = { 3, 3 };

	OK(setrlimit(RLIMIT_NOFILE, &limit));
	FAILS(eventfd(0, 0), EMFILE);
}

static void *
add_later(void *arg)
{
	sleep_ms(20);
	add(*(int *)arg, 7);
	return NULL;
}

CASE(a_read_waits_for_a_count)
{
	int fd = (int)OK(eventfd(0, 0));
	pthread_t thread;

	CHECK(!pthread_create(&thread, NULL, add_later, &fd));
	CHECK_EQ(take(fd), 7);
	pthread_join(thread, NULL);
}

static void *
take_later(void *arg)
{
	sleep_ms(20);
	take(*(int *)arg);
	return NULL;
}

CASE(a_write_waits_for_room)
{
	int fd = (int)OK(eventfd(0, 0));
	pthread_t thread;

	add(fd, UINT64_MAX - 1);
	CHECK(!pthread_create(&thread, NULL, take_later, &fd));
	add(fd, 5);
	pthread_join(thread, NULL);
	CHECK_EQ(take(fd), 5);
}

static void
ignore(int number)
{
	(void)number;
}

CASE(a_signal_ends_the_wait)
{
	struct sigaction action = { .sa_handler = ignore };
	int fd = (int)OK(eventfd(0, 0));
	pid_t child;

	OK(sigaction(SIGUSR1, &action, NULL));
	child = CHILD({
		for (;;) {
			sleep_ms(10);
			kill(getppid(), SIGUSR1);
		}
	});
	FAILS(read(fd, &(uint64_t){ 0 }, 8), EINTR);
	OK(kill(child, SIGKILL));
	DIES(child, SIGKILL);
}

#define ADDERS 4
#define ROUNDS 20000

static void *
add_many(void *arg)
{
	for (int i = 0; i < ROUNDS; i++)
		add(*(int *)arg, 1);
	return NULL;
}

CASE(no_count_is_lost)
{
	int fd = (int)OK(eventfd(0, 0));
	pthread_t threads[ADDERS];
	uint64_t sum = 0;

	for (int i = 0; i < ADDERS; i++)
		CHECK(!pthread_create(&threads[i], NULL, add_many, &fd));
	while (sum < (uint64_t)ADDERS * ROUNDS)
		sum += take(fd);
	for (int i = 0; i < ADDERS; i++)
		pthread_join(threads[i], NULL);
	CHECK_EQ(sum, ADDERS * ROUNDS);
	CHECK_EQ(ready(fd), POLLOUT);
}

/* It has no name and lies in no directory, but on a file system. */
CASE(an_eventfd_is_no_place_for_names)
{
	int fd = (int)OK(eventfd(0, 0));
	struct statfs fs;

	put_file("a", "x");
	FAILS(openat(fd, "x", O_RDONLY), ENOTDIR);
	FAILS(openat(fd, "", O_RDONLY), ENOENT);
	FAILS(mkdirat(fd, "x", 0700), ENOTDIR);
	FAILS(linkat(fd, "x", AT_FDCWD, "y", 0), ENOTDIR);
	FAILS(linkat(AT_FDCWD, "a", fd, "y", 0), ENOTDIR);
	FAILS(renameat(AT_FDCWD, "a", fd, "y"), ENOTDIR);
	FAILS(unlinkat(fd, "x", 0), ENOTDIR);
	OK(close((int)OK(openat(fd, "/dev/null", O_RDONLY))));
	FAILS(fchdir(fd), ENOTDIR);
	OK(fstatfs(fd, &fs));
	CHECK_EQ(fs.f_type, 0x09041934);
}
