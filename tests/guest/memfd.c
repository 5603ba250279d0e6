/* SPDX-License-Identifier: MIT */
/*
 * memfd.c - memfd_create(2): a file of memory, its seals, running it.
 */
#include "guest.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int
guest_as(const char *what, int argc, char **argv)
{
	(void)argv;
	return !strcmp(what, "count") ? argc : 64;
}

static int
sealable(size_t size)
{
	int fd = (int)OK(memfd_create("sealed", MFD_ALLOW_SEALING));

	OK(ftruncate(fd, (off_t)size));
	return fd;
}

/* A memfd with the program that runs. */
static int
own_program(void)
{
	int from = (int)OK(open(self_path(), O_RDONLY));
	int fd = (int)OK(memfd_create("program", MFD_CLOEXEC));
	char chunk[4096];
	ssize_t n;

	while ((n = OK(read(from, chunk, sizeof(chunk)))))
		CHECK_EQ(write(fd, chunk, (size_t)n), n);
	close(from);
	return fd;
}

CASE(memfd_is_a_file)
{
	int fd = (int)OK(memfd_create("some name", 0));
	char text[64] = "", path[32];
	struct stat st;

	CHECK_EQ(write(fd, "content", 7), 7);
	CHECK_EQ(pread(fd, text, 3, 4), 3);
	CHECK(!memcmp(text, "ent", 3));
	OK(fstat(fd, &st));
	CHECK_EQ(st.st_mode, S_IFREG | 0777);
	CHECK_EQ(st.st_nlink, 0);
	CHECK_EQ(st.st_size, 7);
	CHECK_EQ(st.st_uid, geteuid());
	CHECK_EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
	CHECK_EQ(fcntl(fd, F_GETFD), 0);
	sprintf(path, "/proc/self/fd/%d", fd);
	text[OK(readlink(path, text, sizeof(text) - 1))] = '\0';
	CHECK(!strcmp(text, "/memfd:some name (deleted)"));
}

CASE(memfd_flags_and_errors)
{
	char name[251];
	int fd = (int)OK(memfd_create("", MFD_CLOEXEC));

	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	FAILS(memfd_create("x", 0x8000), EINVAL);
	FAILS(memfd_create("x", MFD_CLOEXEC | 0x4000), EINVAL);
	FAILS(memfd_create((char *)1, 0), EFAULT);
	memset(name, 'n', 250);
	name[250] = '\0';
	FAILS(memfd_create(name, 0), EINVAL);
	name[249] = '\0';
	OK(memfd_create(name, 0));
	FAILS(memfd_create((char *)1, 0x8000), EINVAL);
}

CASE(memfd_needs_a_descriptor)
{
	struct rlimit r = { 3, 3 };

	OK(setrlimit(RLIMIT_NOFILE, &r));
	FAILS(memfd_create("x", 0), EMFILE);
}

CASE(memfds_are_apart)
{
	int a = (int)OK(memfd_create("same", 0));
	int b = (int)OK(memfd_create("same", 0));
	char *p, *q;

	OK(ftruncate(a, PAGE));
	OK(ftruncate(b, PAGE));
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, a, 0);
	q = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, b, 0);
	CHECK(p != MAP_FAILED && q != MAP_FAILED);
	*p = 1;
	CHECK_EQ(*q, 0);
	EXITS(CHILD(p[1] = 2), 0);
	CHECK_EQ(p[1], 2);
	CHECK_EQ(pread(a, q, 2, 0), 2);
	CHECK_EQ(q[0] + q[1], 3);
}

CASE(seals_are_asked_and_added)
{
	int fd = sealable(PAGE), plain = (int)OK(memfd_create("plain", 0));
	int reader;
	char path[32];

	CHECK_EQ(fcntl(fd, F_GET_SEALS), 0);
	OK(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
	OK(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_GROW | F_SEAL_SHRINK);
	FAILS(fcntl(fd, F_ADD_SEALS, 0x1000), EINVAL);
	OK(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
	FAILS(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
	CHECK_EQ(fcntl(plain, F_GET_SEALS), F_SEAL_SEAL);
	FAILS(fcntl(plain, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
	fd = sealable(0);
	sprintf(path, "/proc/self/fd/%d", fd);
	reader = (int)OK(open(path, O_RDONLY));
	FAILS(fcntl(reader, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
	CHECK_EQ(fcntl(reader, F_GET_SEALS), 0);
}

CASE(seals_are_of_memory_files_only)
{
	int fds[2];

	OK(pipe(fds));
	FAILS(fcntl(fds[1], F_GET_SEALS), EINVAL);
	FAILS(fcntl(fds[1], F_ADD_SEALS, F_SEAL_WRITE), EINVAL);
	FAILS(fcntl(-1, F_GET_SEALS), EBADF);
}

CASE(seal_against_shrinking)
{
	int fd = sealable(2 * PAGE);

	OK(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
	FAILS(ftruncate(fd, PAGE), EPERM);
	OK(ftruncate(fd, 2 * PAGE));
	OK(ftruncate(fd, 3 * PAGE));
	CHECK_EQ(pwrite(fd, "x", 1, 0), 1);
}

CASE(seal_against_growing)
{
	int fd = sealable(PAGE);
	char page[PAGE];

	memset(page, 1, sizeof(page));
	OK(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
	FAILS(ftruncate(fd, PAGE + 1), EPERM);
	FAILS(pwrite(fd, "x", 1, PAGE), EPERM);
	CHECK_EQ(pwrite(fd, page, 10, PAGE - 5), 5);
	CHECK_EQ(pwrite(fd, page, PAGE, 0), PAGE);
	FAILS(fallocate(fd, 0, 0, PAGE + 1), EPERM);
	FAILS(fallocate(fd, FALLOC_FL_KEEP_SIZE, PAGE, PAGE), EPERM);
	OK(fallocate(fd, 0, 0, PAGE));
	OK(ftruncate(fd, 100));
}

CASE(seal_against_writing)
{
	int fd = sealable(PAGE);
	char *p;

	CHECK_EQ(pwrite(fd, "before", 6, 0), 6);
	OK(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	FAILS(pwrite(fd, "x", 1, 0), EPERM);
	FAILS(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0),
	      EPERM);
	FAILS(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
			PAGE),
	      EPERM);
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK(!memcmp(p, "before", 6));
	p[0] = 'B'; /* in a copy */
	OK(ftruncate(fd, 2 * PAGE));
	OK(ftruncate(fd, PAGE));
}

CASE(seal_against_writing_waits_for_mappings)
{
	int fd = sealable(PAGE);
	char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	pid_t child;
	int fds[2];
	char c;

	CHECK(p != MAP_FAILED);
	FAILS(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), 0);
	/* Another seal among refused ones is not set either. */
	FAILS(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW), EBUSY);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), 0);
	OK(mprotect(p, PAGE, PROT_READ)); /* it could come back */
	FAILS(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
	OK(pipe(fds));
	child = CHILD({
		close(fds[1]);
		_exit(read(fds[0], &c, 1) != 0);
	});
	OK(munmap(p, PAGE));
	FAILS(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY); /* the child's */
	close(fds[1]);
	EXITS(child, 0);
	OK(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
}

CASE(seal_against_future_writing)
{
	int fd = sealable(PAGE);
	char *old = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	char *new;

	CHECK(old != MAP_FAILED);
	OK(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
	old[0] = 'o'; /* who mapped it before goes on */
	FAILS(pwrite(fd, "x", 1, 0), EPERM);
	FAILS(mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, fd, 0), EPERM);
	new = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(new != MAP_FAILED);
	CHECK_EQ(new[0], 'o');
	FAILS(mprotect(new, PAGE, PROT_READ | PROT_WRITE), EACCES);
}

CASE(memfd_is_executed)
{
	char name[] = "x", as[] = "--as", count[] = "count", more[] = "more";
	char *argv[] = { name, as, count, more, NULL };
	char *none[] = { NULL }, path[32];
	int fd = own_program();

	EXITS(CHILD(fexecve(fd, argv, none)), 1);
	EXITS(CHILD(syscall(SYS_execveat, fd, "", argv, none, AT_EMPTY_PATH)),
	      1);
	sprintf(path, "/proc/self/fd/%d", fd);
	EXITS(CHILD(execv(path, argv)), 1);
}

CASE(memfd_of_a_script_needs_its_descriptor)
{
	char name[] = "x", *argv[] = { name, NULL }, *none[] = { NULL };
	int fd = (int)OK(memfd_create("script", 0));

	OK(dprintf(fd, "#!/bin/sh\nexit 7\n"));
	EXITS(CHILD(fexecve(fd, argv, none)), 7);
	OK(fcntl(fd, F_SETFD, FD_CLOEXEC));
	EXITS(CHILD({
		      syscall(SYS_execveat, fd, "", argv, none, AT_EMPTY_PATH);
		      _exit(errno == ENOENT ? 8 : 9);
	      }),
	      8);
}

CASE(memfd_without_permission_is_not_executed)
{
	char name[] = "x", *argv[] = { name, NULL }, *none[] = { NULL };
	int fd = own_program();

	OK(fchmod(fd, 0600));
	FAILS(syscall(SYS_execveat, fd, "", argv, none, AT_EMPTY_PATH), EACCES);
}

CASE(memfd_gives_its_memory_back)
{
	long before, after;
	char chunk[65536];

	memset(chunk, 1, sizeof(chunk));
	before = meminfo("MemFree:");
	for (int i = 0; i < 20; i++) {
		int fd = (int)OK(memfd_create("large", 0));

		for (int j = 0; j < 64; j++)
			CHECK_EQ(write(fd, chunk, sizeof(chunk)),
				 sizeof(chunk));
		close(fd);
	}
	after = meminfo("MemFree:");
	CHECK(after > before - (40 << 10));
}
