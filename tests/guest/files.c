/* SPDX-License-Identifier: MIT */
/*
 * files.c - one open file: read, write, seek, flags, descriptors.
 */
#include "guest.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static char buffer[65536];

static int
open_new(const char *path)
{
	return (int)OK(open(path, O_RDWR | O_CREAT | O_TRUNC, 0644));
}

CASE(write_then_read)
{
	int fd = open_new("f");

	CHECK_EQ(write(fd, "hello", 5), 5);
	CHECK_EQ(lseek(fd, 1, SEEK_SET), 1);
	CHECK_EQ(read(fd, buffer, 100), 4);
	CHECK(!memcmp(buffer, "ello", 4));
	CHECK_EQ(read(fd, buffer, 100), 0);
}

CASE(large_file)
{
	int fd = open_new("f");

	for (unsigned i = 0; i < 64; i++) {
		memset(buffer, (int)i, sizeof(buffer));
		CHECK_EQ(write(fd, buffer, sizeof(buffer)), sizeof(buffer));
	}
	CHECK_EQ(lseek(fd, 0, SEEK_END), 64 * sizeof(buffer));
	for (unsigned i = 0; i < 64; i++) {
		CHECK_EQ(pread(fd, buffer, 3, i * sizeof(buffer) + 70), 3);
		CHECK_EQ(buffer[2], (char)i);
	}
}

CASE(holes_read_as_zero)
{
	struct stat st;
	int fd = open_new("f");

	CHECK_EQ(pwrite(fd, "x", 1, 100000), 1);
	CHECK_EQ(pread(fd, buffer, 10, 50000), 10);
	for (int i = 0; i < 10; i++)
		CHECK_EQ(buffer[i], 0);
	OK(fstat(fd, &st));
	CHECK_EQ(st.st_size, 100001);
	CHECK(st.st_blocks * 512 < 60000);
}

CASE(seek)
{
	int fd = open_new("f"), fds[2];

	CHECK_EQ(write(fd, "0123456789", 10), 10);
	CHECK_EQ(lseek(fd, -3, SEEK_END), 7);
	CHECK_EQ(lseek(fd, -2, SEEK_CUR), 5);
	CHECK_EQ(lseek(fd, 100, SEEK_SET), 100);
	FAILS(lseek(fd, -1, SEEK_SET), EINVAL);
	FAILS(lseek(fd, -101, SEEK_CUR), EINVAL);
	FAILS(lseek(fd, 0, 99), EINVAL);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 100);
	OK(pipe(fds));
	FAILS(lseek(fds[0], 0, SEEK_SET), ESPIPE);
	FAILS(lseek(99, 0, SEEK_SET), EBADF);
}

CASE(pread_leaves_the_offset)
{
	int fd = open_new("f");

	CHECK_EQ(write(fd, "abcdef", 6), 6);
	CHECK_EQ(pread(fd, buffer, 2, 3), 2);
	CHECK(!memcmp(buffer, "de", 2));
	CHECK_EQ(pwrite(fd, "X", 1, 0), 1);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 6);
	FAILS(pread(fd, buffer, 1, -1), EINVAL);
}

CASE(append_ignores_the_offset)
{
	int fd = open_new("f");

	CHECK_EQ(write(fd, "ab", 2), 2);
	OK(close(fd));
	fd = (int)OK(open("f", O_RDWR | O_APPEND));
	CHECK_EQ(write(fd, "cd", 2), 2);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(write(fd, "ef", 2), 2);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 6);
	CHECK_EQ(pread(fd, buffer, 10, 0), 6);
	CHECK(!memcmp(buffer, "abcdef", 6));
}

CASE(access_mode_is_kept)
{
	int fd;

	put_file("f", "x");
	fd = (int)OK(open("f", O_RDONLY));
	FAILS(write(fd, "y", 1), EBADF);
	FAILS(ftruncate(fd, 0), EINVAL);
	OK(close(fd));
	fd = (int)OK(open("f", O_WRONLY));
	FAILS(read(fd, buffer, 1), EBADF);
}

CASE(bad_descriptors)
{
	FAILS(read(99, buffer, 1), EBADF);
	FAILS(write(-1, buffer, 1), EBADF);
	FAILS(close(99), EBADF);
	FAILS(fstat(INT_MAX, &(struct stat){ 0 }), EBADF);
	FAILS(dup(99), EBADF);
	FAILS(fcntl(99, F_GETFL), EBADF);
	FAILS(ioctl(99, FIONREAD, &(int){ 0 }), EBADF);
	FAILS(fsync(99), EBADF);
}

CASE(directories_are_not_read)
{
	int fd = (int)OK(open(".", O_RDONLY));

	FAILS(read(fd, buffer, 10), EISDIR);
	FAILS(open(".", O_WRONLY), EISDIR);
	FAILS(open(".", O_RDWR), EISDIR);
}

CASE(zero_length)
{
	int fd = open_new("f");

	CHECK_EQ(write(fd, buffer, 0), 0);
	CHECK_EQ(read(fd, buffer, 0), 0);
	FAILS(write(99, buffer, 0), EBADF);
}

CASE(vectors)
{
	struct iovec v[3] = { { "ab", 2 }, { NULL, 0 }, { "cde", 3 } };
	struct iovec r[2] = { { buffer, 1 }, { buffer + 10, 100 } };
	int fd = open_new("f");

	CHECK_EQ(writev(fd, v, 3), 5);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(readv(fd, r, 2), 5);
	CHECK_EQ(buffer[0], 'a');
	CHECK(!memcmp(buffer + 10, "bcde", 4));
	CHECK_EQ(preadv(fd, r, 2, 2), 3);
	FAILS(writev(fd, v, -1), EINVAL);
	FAILS(writev(fd, v, 1025), EINVAL);
	CHECK_EQ(writev(fd, v, 0), 0);
	v[0].iov_len = (size_t)-1;
	FAILS(writev(fd, v, 3), EINVAL);
}

CASE(truncate_both_ways)
{
	int fd = open_new("f");

	CHECK_EQ(write(fd, "abcdef", 6), 6);
	OK(ftruncate(fd, 3));
	CHECK_EQ(lseek(fd, 0, SEEK_END), 3);
	OK(truncate("f", 10000));
	CHECK_EQ(pread(fd, buffer, 100, 0), 100);
	CHECK(!memcmp(buffer, "abc\0\0\0", 6)); /* nothing comes back */
	CHECK_EQ(lseek(fd, 0, SEEK_END), 10000);
	FAILS(ftruncate(fd, -1), EINVAL);
	FAILS(truncate("absent", 0), ENOENT);
	FAILS(truncate(".", 0), EISDIR);
}

CASE(open_truncates)
{
	put_file("f", "abc");
	OK(close((int)OK(open("f", O_WRONLY | O_TRUNC))));
	CHECK_EQ(get_file("f", buffer, 10), 0);
}

CASE(open_exclusive)
{
	OK(close((int)OK(open("f", O_CREAT | O_EXCL | O_WRONLY, 0600))));
	FAILS(open("f", O_CREAT | O_EXCL | O_WRONLY, 0600), EEXIST);
	OK(symlink("nowhere", "s"));
	FAILS(open("s", O_CREAT | O_EXCL | O_WRONLY, 0600), EEXIST);
	OK(open("s", O_CREAT | O_WRONLY, 0600)); /* makes what it names */
	OK(access("nowhere", F_OK));
}

CASE(open_flags)
{
	put_file("f", "x");
	FAILS(open("f", O_RDONLY | O_DIRECTORY), ENOTDIR);
	OK(symlink("f", "s"));
	FAILS(open("s", O_RDONLY | O_NOFOLLOW), ELOOP);
	FAILS(open("absent", O_RDONLY), ENOENT);
	FAILS(open("f/x", O_RDONLY), ENOTDIR);
	FAILS(open("absent/x", O_CREAT | O_WRONLY, 0600), ENOENT);
	FAILS(open("", O_RDONLY), ENOENT);
	FAILS(open(".", O_CREAT | O_RDONLY, 0600), EISDIR);
}

CASE(open_path_only)
{
	struct stat st;
	int fd;

	put_file("f", "x");
	fd = (int)OK(open("f", O_PATH));
	FAILS(read(fd, buffer, 1), EBADF);
	FAILS(write(fd, buffer, 1), EBADF);
	OK(fstat(fd, &st));
	CHECK_EQ(st.st_size, 1);
}

CASE(umask_applies)
{
	struct stat st;

	umask(027);
	OK(close((int)OK(open("f", O_CREAT | O_WRONLY, 0777))));
	OK(stat("f", &st));
	CHECK_EQ(st.st_mode & 07777, 0750);
	OK(mkdir("d", 0777));
	OK(stat("d", &st));
	CHECK_EQ(st.st_mode & 07777, 0750);
	CHECK_EQ(umask(0), 027);
}

CASE(lowest_descriptor_is_taken)
{
	int a = (int)OK(open("/dev/null", O_RDONLY));
	int b = (int)OK(open("/dev/null", O_RDONLY));

	OK(close(a));
	CHECK_EQ(open("/dev/null", O_RDONLY), a);
	CHECK_EQ(dup(a), b + 1);
}

CASE(dup_family)
{
	int fd = open_new("f"), other;

	other = (int)OK(dup(fd));
	CHECK_EQ(write(fd, "abc", 3), 3);
	CHECK_EQ(lseek(other, 0, SEEK_CUR), 3); /* one offset for both */
	CHECK_EQ(dup2(fd, 50), 50);
	CHECK_EQ(dup2(fd, fd), fd);
	CHECK_EQ(dup3(fd, 51, O_CLOEXEC), 51);
	CHECK_EQ(fcntl(50, F_GETFD), 0);
	CHECK_EQ(fcntl(51, F_GETFD), FD_CLOEXEC);
	FAILS(dup3(fd, fd, 0), EINVAL);
	FAILS(syscall(SYS_dup3, fd, 52, 0x77), EINVAL);
	FAILS(dup2(fd, -1), EBADF);
	FAILS(dup2(99, 50), EBADF);
	OK(fcntl(50, F_GETFD)); /* a failed dup2 leaves it open */
	CHECK_EQ(fcntl(fd, F_DUPFD, 60), 60);
	CHECK_EQ(fcntl(fd, F_DUPFD_CLOEXEC, 60), 61);
	CHECK_EQ(fcntl(61, F_GETFD), FD_CLOEXEC);
	FAILS(fcntl(fd, F_DUPFD, -1), EINVAL);
}

CASE(fcntl_flags)
{
	int fd = open_new("f");

	OK(fcntl(fd, F_SETFD, FD_CLOEXEC));
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	OK(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK));
	CHECK_EQ(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK),
		 O_RDWR | O_APPEND | O_NONBLOCK);
	OK(fcntl(fd, F_SETFL, 0));
	CHECK_EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
	FAILS(fcntl(fd, 9999), EINVAL);
}

CASE(descriptor_limit)
{
	struct rlimit limit = { 20, 20 };
	int fd, last = -1;

	OK(setrlimit(RLIMIT_NOFILE, &limit));
	while ((fd = open("/dev/null", O_RDONLY)) >= 0)
		last = fd;
	CHECK_EQ(errno, EMFILE);
	CHECK_EQ(last, 19);
	FAILS(dup(0), EMFILE);
	FAILS(fcntl(0, F_DUPFD, 20), EINVAL);
	FAILS(dup2(0, 20), EBADF);
	FAILS(pipe((int[2]){ 0 }), EMFILE);
}

CASE(file_size_limit)
{
	struct rlimit limit = { 100, 100 };
	int fd = open_new("f");

	OK(setrlimit(RLIMIT_FSIZE, &limit));
	CHECK_EQ(write(fd, buffer, 200), 100);
	DIES_BY(25 /* SIGXFSZ */, { (void)!write(fd, buffer, 1); });
}

CASE(sendfile_copies)
{
	int in, out = open_new("out");
	off_t offset = 2;

	put_file("in", "abcdefgh");
	in = (int)OK(open("in", O_RDONLY));
	CHECK_EQ(sendfile(out, in, &offset, 3), 3);
	CHECK_EQ(offset, 5);
	CHECK_EQ(lseek(in, 0, SEEK_CUR), 0);
	CHECK_EQ(sendfile(out, in, NULL, 100), 8);
	CHECK_EQ(sendfile(out, in, NULL, 100), 0);
	CHECK_EQ(get_file("out", buffer, 100), 11);
	CHECK(!memcmp(buffer, "cdeabcdefgh", 11));
	FAILS(sendfile(99, in, NULL, 1), EBADF);
	FAILS(sendfile(out, out + 50, NULL, 1), EBADF);
}

CASE(unlinked_file_lives_on)
{
	int fd = open_new("f");
	struct stat st;

	CHECK_EQ(write(fd, "abc", 3), 3);
	OK(unlink("f"));
	FAILS(open("f", O_RDONLY), ENOENT);
	CHECK_EQ(pread(fd, buffer, 10, 0), 3);
	CHECK_EQ(write(fd, "def", 3), 3);
	OK(fstat(fd, &st));
	CHECK_EQ(st.st_nlink, 0);
	CHECK_EQ(st.st_size, 6);
}

CASE(devices)
{
	int null = (int)OK(open("/dev/null", O_RDWR));
	int zero = (int)OK(open("/dev/zero", O_RDWR));
	int full = (int)OK(open("/dev/full", O_RDWR));
	int dice = (int)OK(open("/dev/urandom", O_RDONLY));
	char other[64] = { 0 };
	struct stat st;

	CHECK_EQ(read(null, buffer, 10), 0);
	CHECK_EQ(write(null, buffer, 10), 10);
	memset(buffer, 1, 100);
	CHECK_EQ(read(zero, buffer, 100), 100);
	CHECK_EQ(buffer[99], 0);
	FAILS(write(full, "x", 1), ENOSPC);
	CHECK_EQ(read(full, buffer, 10), 10);
	CHECK_EQ(read(dice, buffer, 64), 64);
	CHECK_EQ(read(dice, other, 64), 64);
	CHECK(memcmp(buffer, other, 64));
	OK(fstat(null, &st));
	CHECK(S_ISCHR(st.st_mode));
	CHECK_EQ(st.st_rdev, 0x103);
}

CASE(fsync_and_friends)
{
	int fd = open_new("f"), fds[2];

	OK(fsync(fd));
	OK(fdatasync(fd));
	sync();
	OK(pipe(fds));
	FAILS(fsync(fds[0]), EINVAL);
}

CASE(getrandom_fills)
{
	unsigned char a[32] = { 0 }, b[32] = { 0 };

	CHECK_EQ(syscall(SYS_getrandom, a, 32, 0), 32);
	CHECK_EQ(syscall(SYS_getrandom, b, 32, 1), 32);
	CHECK(memcmp(a, b, 32));
	FAILS(syscall(SYS_getrandom, a, 32, 0x100), EINVAL);
}
