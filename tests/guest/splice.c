/* SPDX-License-Identifier: MIT */
/*
 * splice.c - bytes between pipes and files, and that none is lost on the way.
 */
#include "guest.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int
file_with(const char *text)
{
	int fd = (int)OK(open("f", O_RDWR | O_CREAT | O_TRUNC, 0600));

	OK(write(fd, text, strlen(text)));
	OK(lseek(fd, 0, SEEK_SET));
	return fd;
}

static void
reads(int fd, const char *text)
{
	char got[64] = "";

	CHECK_EQ(read(fd, got, sizeof(got) - 1), (long)strlen(text));
	CHECK(!strcmp(got, text));
}

CASE(from_a_file_into_a_pipe)
{
	int fd = file_with("hello world"), p[2];
	off_t at = 6;

	OK(pipe(p));
	CHECK_EQ(splice(fd, NULL, p[1], NULL, 5, 0), 5);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 5);
	reads(p[0], "hello");
	CHECK_EQ(splice(fd, &at, p[1], NULL, 100, SPLICE_F_MORE), 5);
	CHECK_EQ(at, 11);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 5);
	reads(p[0], "world");
	CHECK_EQ(splice(fd, &at, p[1], NULL, 100, 0), 0);
	CHECK_EQ(splice(fd, NULL, p[1], NULL, 0, 0), 0);
}

CASE(from_a_pipe_into_a_file)
{
	int fd = file_with("hello world"), p[2];
	char text[16] = "";
	off_t at = 6;

	OK(pipe(p));
	OK(write(p[1], "HELLOworld", 10));
	CHECK_EQ(splice(p[0], NULL, fd, NULL, 5, SPLICE_F_MOVE), 5);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 5);
	/* What there is, without waiting for more. */
	CHECK_EQ(splice(p[0], NULL, fd, &at, 100, 0), 5);
	CHECK_EQ(at, 11);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 5);
	OK(close(p[1]));
	CHECK_EQ(splice(p[0], NULL, fd, NULL, 100, 0), 0);
	CHECK_EQ(pread(fd, text, sizeof(text), 0), 11);
	CHECK(!strcmp(text, "HELLO world"));
}

CASE(from_a_pipe_into_a_pipe)
{
	int a[2], b[2];

	OK(pipe(a));
	OK(pipe(b));
	OK(write(a[1], "hello", 5));
	CHECK_EQ(splice(a[0], NULL, b[1], NULL, 2, 0), 2);
	reads(b[0], "he");
	CHECK_EQ(splice(a[0], NULL, b[1], NULL, 100, 0), 3);
	reads(b[0], "llo");
	OK(close(a[1]));
	CHECK_EQ(splice(a[0], NULL, b[1], NULL, 100, 0), 0);
}

CASE(a_pipe_takes_what_fits)
{
	static char page[4096];
	int fd = file_with(""), p[2];

	OK(pipe(p));
	for (int i = 0; i < 20; i++)
		OK(write(fd, page, sizeof(page)));
	OK(lseek(fd, 0, SEEK_SET));
	CHECK_EQ(splice(fd, NULL, p[1], NULL, sizeof(page) * 20, 0), 65536);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 65536);
	FAILS(splice(fd, NULL, p[1], NULL, 1, SPLICE_F_NONBLOCK), EAGAIN);
	OK(fcntl(p[1], F_SETFL, O_NONBLOCK));
	FAILS(splice(fd, NULL, p[1], NULL, 1, 0), EAGAIN);
	FAILS(write(p[1], page, 1), EAGAIN);
	CHECK_EQ(read(p[0], page, sizeof(page)), (long)sizeof(page));
	CHECK_EQ(splice(fd, NULL, p[1], NULL, 1, 0), 1);
}

CASE(splice_need_not_wait)
{
	int fd = file_with(""), a[2], b[2];

	OK(pipe(a));
	OK(pipe(b));
	FAILS(splice(a[0], NULL, fd, NULL, 1, SPLICE_F_NONBLOCK), EAGAIN);
	FAILS(splice(a[0], NULL, b[1], NULL, 1, SPLICE_F_NONBLOCK), EAGAIN);
	OK(fcntl(a[0], F_SETFL, O_NONBLOCK));
	FAILS(splice(a[0], NULL, fd, NULL, 1, 0), EAGAIN);
	FAILS(splice(a[0], NULL, b[1], NULL, 1, 0), EAGAIN);
}

CASE(splice_waits_for_bytes_and_room)
{
	static char page[4096];
	int fd = file_with("abc"), p[2];
	pid_t pid;

	OK(pipe(p));
	pid = CHILD({
		sleep_ms(50);
		OK(write(p[1], "hello", 5));
	});
	CHECK_EQ(splice(p[0], NULL, fd, NULL, 100, 0), 5);
	EXITS(pid, 0);
	OK(lseek(fd, 0, SEEK_SET));
	for (int i = 0; i < 16; i++)
		OK(write(p[1], page, sizeof(page)));
	pid = CHILD({
		sleep_ms(50);
		OK(read(p[0], page, sizeof(page)));
	});
	CHECK_EQ(splice(fd, NULL, p[1], NULL, 3, 0), 3);
	EXITS(pid, 0);
}

CASE(splice_into_a_pipe_nobody_reads)
{
	int fd = file_with("abc"), a[2], b[2];

	OK(pipe(a));
	OK(pipe(b));
	OK(close(a[0]));
	DIES(CHILD({ splice(fd, NULL, a[1], NULL, 1, 0); }), SIGPIPE);
	signal(SIGPIPE, SIG_IGN);
	FAILS(splice(fd, NULL, a[1], NULL, 1, 0), EPIPE);
	OK(write(b[1], "abc", 3));
	FAILS(splice(b[0], NULL, a[1], NULL, 1, 0), EPIPE);
	reads(b[0], "abc");
}

CASE(splice_errors)
{
	int fd = file_with("abc"), p[2], q[2], s[2], dir;
	off_t at = 0, below = -1;

	OK(pipe(p));
	OK(pipe(q));
	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	dir = (int)OK(open(".", O_RDONLY));
	OK(write(p[1], "abc", 3));
	FAILS(splice(fd, NULL, p[1], NULL, 1, 16), EINVAL);
	FAILS(splice(-1, NULL, p[1], NULL, 1, 0), EBADF);
	FAILS(splice(fd, NULL, -1, NULL, 1, 0), EBADF);
	FAILS(splice(p[1], NULL, fd, NULL, 1, 0), EBADF);
	FAILS(splice(fd, NULL, p[0], NULL, 1, 0), EBADF);
	FAILS(splice(fd, NULL, fd, NULL, 1, 0), EINVAL);
	FAILS(splice(p[0], NULL, p[1], NULL, 1, 0), EINVAL);
	FAILS(splice(p[0], &at, fd, NULL, 1, 0), ESPIPE);
	FAILS(splice(fd, NULL, p[1], &at, 1, 0), ESPIPE);
	FAILS(splice(s[0], &at, p[1], NULL, 1, 0), EINVAL);
	FAILS(splice(p[0], NULL, s[0], &at, 1, 0), EINVAL);
	FAILS(splice(fd, &below, p[1], NULL, 1, 0), EINVAL);
	FAILS(splice(fd, (off_t *)8, p[1], NULL, 1, 0), EFAULT);
	FAILS(splice(dir, NULL, p[1], NULL, 1, 0), EINVAL);
	OK(fcntl(fd, F_SETFL, O_APPEND));
	FAILS(splice(p[0], NULL, fd, NULL, 1, 0), EINVAL);
	reads(p[0], "abc");
}

/* What a socket does not take stays in the pipe, even of who is killed. */
CASE(a_killed_splice_loses_nothing)
{
	static char page[4096];
	int p[2], s[2];
	pid_t pid;

	OK(pipe(p));
	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	OK(fcntl(s[0], F_SETFL, O_NONBLOCK));
	while (write(s[0], page, sizeof(page)) > 0)
		;
	OK(fcntl(s[0], F_SETFL, 0));
	OK(write(p[1], "hello", 5));
	pid = CHILD({ splice(p[0], NULL, s[0], NULL, 5, 0); });
	sleep_ms(100);
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
	reads(p[0], "hello");
}

#define CROWD_BYTES (1 << 20)

static pid_t
mover(int from, int to)
{
	return CHILD({
		while (OK(splice(from, NULL, to, NULL, 5000, 0)) > 0)
			;
	});
}

/* Three move what one writes, and one reads. */
CASE(a_crowd_of_splices_loses_nothing)
{
	static unsigned char chunk[7000];
	unsigned long sum = 0, expected = 0, bytes = 0;
	int a[2], b[2];
	pid_t pid, movers[3];
	long n;

	OK(pipe(a));
	OK(pipe(b));
	for (unsigned i = 0; i < sizeof(chunk); i++)
		chunk[i] = (unsigned char)(i * 7);
	pid = CHILD({
		OK(close(a[0]));
		for (int left = CROWD_BYTES; left > 0;)
			left -= (int)OK(write(a[1], chunk,
					      left < 7000 ? (size_t)left
							  : sizeof(chunk)));
	});
	OK(close(a[1]));
	for (int i = 0; i < 3; i++)
		movers[i] = mover(a[0], b[1]);
	OK(close(b[1]));
	for (int i = 0; i < CROWD_BYTES; i++)
		expected += (unsigned char)(i % 7000 * 7);
	while ((n = OK(read(b[0], chunk, sizeof(chunk)))) > 0) {
		for (long i = 0; i < n; i++)
			sum += chunk[i];
		bytes += (unsigned long)n;
	}
	CHECK_EQ(bytes, CROWD_BYTES);
	CHECK_EQ(sum, expected);
	EXITS(pid, 0);
	for (int i = 0; i < 3; i++)
		EXITS(movers[i], 0);
}
