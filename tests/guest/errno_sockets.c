/* SPDX-License-Identifier: MIT */
/*
 * errno_sockets.c - socket calls that wait, ended by a signal, and on sockets
 * in the wrong state.
 */
#include "guest.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t caught;
static int listener;  /* nobody comes */
static int crowded;   /* its backlog is full */
static int silent[2]; /* a stream nobody writes to */
static int full[2];   /* a stream that is full */

static void
handler(int signal)
{
	(void)signal;
	caught++;
}

static struct sockaddr_un
name(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	return a;
}

static int
listen_at(const char *path, int backlog)
{
	struct sockaddr_un a = name(path);
	int s = (int)OK(socket(AF_UNIX, SOCK_STREAM, 0));

	OK(bind(s, (struct sockaddr *)&a, sizeof(a)));
	OK(listen(s, backlog));
	return s;
}

static int
connect_to(const char *path, int flags)
{
	struct sockaddr_un a = name(path);
	int s = (int)OK(socket(AF_UNIX, SOCK_STREAM | flags, 0));

	return connect(s, (struct sockaddr *)&a, sizeof(a));
}

static void
prepare(void)
{
	struct sigaction act = { .sa_handler = handler };
	static char page[4096];

	OK(sigaction(SIGUSR1, &act, NULL));
	listener = listen_at("listener", 5);
	crowded = listen_at("crowded", 0);
	while (connect_to("crowded", SOCK_NONBLOCK) == 0)
		;
	CHECK_EQ(errno, EAGAIN);
	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, silent));
	OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, full));
	while (write(full[0], page, sizeof(page)) > 0)
		;
	OK(fcntl(full[0], F_SETFL, 0));
}

static char byte;
static struct iovec one = { &byte, 1 };
static struct msghdr message = { .msg_iov = &one, .msg_iovlen = 1 };

static long
call_accept(void)
{
	return syscall(SYS_accept, listener, NULL, NULL);
}

static long
call_accept4(void)
{
	return syscall(SYS_accept4, listener, NULL, NULL, 0);
}

static long
call_connect(void)
{
	return connect_to("crowded", 0);
}

static long
call_recvfrom(void)
{
	return syscall(SYS_recvfrom, silent[0], &byte, 1, 0, NULL, NULL);
}

static long
call_recvmsg(void)
{
	return syscall(SYS_recvmsg, silent[0], &message, 0);
}

static long
call_recvmmsg(void)
{
	struct {
		struct msghdr header;
		unsigned length;
	} vector = { message, 0 };

	return syscall(SYS_recvmmsg, silent[0], &vector, 1, 0, NULL);
}

static long
call_sendto(void)
{
	return syscall(SYS_sendto, full[0], &byte, 1, 0, NULL, 0);
}

static long
call_sendmsg(void)
{
	return syscall(SYS_sendmsg, full[0], &message, 0);
}

static const struct call {
	const char *name;
	long (*run)(void);
} calls[] = {
	{ "accept", call_accept },   { "accept4", call_accept4 },
	{ "connect", call_connect }, { "recvfrom", call_recvfrom },
	{ "recvmsg", call_recvmsg }, { "recvmmsg", call_recvmmsg },
	{ "sendto", call_sendto },   { "sendmsg", call_sendmsg },
};

static void
wait_asleep(pid_t pid)
{
	char path[64], text[512], *end;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	do {
		get_file(path, text, sizeof(text));
		end = strrchr(text, ')');
	} while (!end || end[2] != 'S');
}

CASE(signal_ends_waiting_socket_calls)
{
	prepare();
	for (size_t i = 0; i < COUNT(calls); i++) {
		pid_t pid = CHILD(errno = 0; long r = calls[i].run();
				  _exit(r != -1          ? 1
					: errno != EINTR ? 2
					: caught         ? 0
							 : 3));
		int status;

		wait_asleep(pid);
		OK(kill(pid, SIGUSR1));
		OK(waitpid(pid, &status, 0));
		if (status)
			guest_fail(__FILE__, __LINE__, "%s: status %#x",
				   calls[i].name, status);
	}
}

CASE(unconnected_sockets)
{
	int stream = (int)OK(socket(AF_UNIX, SOCK_STREAM, 0));
	int packet = (int)OK(socket(AF_UNIX, SOCK_SEQPACKET, 0));
	int datagram = (int)OK(socket(AF_UNIX, SOCK_DGRAM, 0));
	struct sockaddr_un a = name("none");
	socklen_t length = sizeof(a);

	FAILS(syscall(SYS_sendto, packet, "x", 1, 0, NULL, 0), ENOTCONN);
	FAILS(syscall(SYS_sendto, stream, "x", 1, 0, NULL, 0), ENOTCONN);
	FAILS(syscall(SYS_sendmsg, packet, &message, 0), ENOTCONN);
	FAILS(syscall(SYS_sendto, datagram, "x", 1, 0, NULL, 0), ENOTCONN);
	FAILS(syscall(SYS_recvmsg, packet, &message, 0), ENOTCONN);
	FAILS(syscall(SYS_recvfrom, packet, &byte, 1, 0, NULL, NULL), ENOTCONN);
	FAILS(syscall(SYS_recvfrom, stream, &byte, 1, 0, NULL, NULL), EINVAL);
	FAILS(syscall(SYS_getpeername, stream, &a, &length), ENOTCONN);
	FAILS(syscall(SYS_accept4, stream, NULL, NULL, 0), EINVAL);
	FAILS(syscall(SYS_accept4, datagram, NULL, NULL, 0), EOPNOTSUPP);
	FAILS(syscall(SYS_sendto, datagram, "x", 1, 0, &a, sizeof(a)), ENOENT);
}

CASE(messages_refused)
{
	struct sockaddr_un a = name("somewhere");
	struct msghdr to = message;
	int datagrams[2];

	prepare();
	OK(fcntl(full[0], F_SETFL, O_NONBLOCK));
	FAILS(syscall(SYS_sendmsg, full[0], &message, 0), EAGAIN);
	to.msg_name = &a;
	to.msg_namelen = sizeof(a);
	FAILS(syscall(SYS_sendmsg, silent[0], &to, 0), EISCONN);
	OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, datagrams));
	FAILS(syscall(SYS_sendmsg, datagrams[0], &message, MSG_OOB),
	      EOPNOTSUPP);
	to.msg_iovlen = 1025;
	FAILS(syscall(SYS_sendmsg, datagrams[0], &to, 0), EMSGSIZE);
	FAILS(syscall(SYS_sendmsg, datagrams[0], 8, 0), EFAULT);
	FAILS(syscall(SYS_getpeername, datagrams[0], &a, 8), EFAULT);
	FAILS(syscall(SYS_getsockname, datagrams[0], &a, 8), EFAULT);
}

CASE(bound_on_a_read_only_file_system)
{
	struct sockaddr_un a = name("ro/x");
	int s = (int)OK(socket(AF_UNIX, SOCK_STREAM, 0));

	need_root();
	OK(mkdir("ro", 0755));
	OK(mount("none", "ro", "tmpfs", MS_RDONLY, NULL));
	FAILS(bind(s, (struct sockaddr *)&a, sizeof(a)), EROFS);
	OK(umount("ro"));
}

CASE(accept_refused)
{
	struct rlimit limit;
	socklen_t length = -1;
	int nonblocking;

	prepare();
	OK(fcntl(listener, F_SETFL, O_NONBLOCK));
	FAILS(syscall(SYS_accept, listener, NULL, NULL), EAGAIN);
	FAILS(syscall(SYS_accept4, listener, NULL, NULL, 0), EAGAIN);
	FAILS(syscall(SYS_accept4, listener, NULL, NULL, 1), EINVAL);
	OK(connect_to("listener", 0));
	FAILS(syscall(SYS_accept4, listener, 8, &length, 0), EINVAL);
	OK(connect_to("listener", 0));
	length = 16;
	FAILS(syscall(SYS_accept4, listener, 8, &length, 0), EFAULT);
	OK(connect_to("listener", 0));
	nonblocking = (int)OK(dup(listener));
	OK(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = (rlim_t)nonblocking + 1;
	OK(setrlimit(RLIMIT_NOFILE, &limit));
	FAILS(syscall(SYS_accept, listener, NULL, NULL), EMFILE);
	FAILS(syscall(SYS_accept4, listener, NULL, NULL, 0), EMFILE);
	OK(close(nonblocking));
	/* The connection was not lost. */
	OK(syscall(SYS_accept4, listener, NULL, NULL, 0));
}

CASE(names_that_cannot_be)
{
	struct sockaddr_un a = name("loop/x");
	int s = (int)OK(socket(AF_UNIX, SOCK_STREAM, 0));

	OK(symlink("loop", "loop"));
	FAILS(bind(s, (struct sockaddr *)&a, sizeof(a)), ELOOP);
	FAILS(connect(s, (struct sockaddr *)&a, sizeof(a)), ELOOP);
	a = name("missing/x");
	FAILS(bind(s, (struct sockaddr *)&a, sizeof(a)), ENOENT);
	FAILS(connect(s, (struct sockaddr *)&a, sizeof(a)), ENOENT);
	put_file("file", "x");
	a = name("file/x");
	FAILS(bind(s, (struct sockaddr *)&a, sizeof(a)), ENOTDIR);
	a = name("file");
	FAILS(bind(s, (struct sockaddr *)&a, sizeof(a)), EADDRINUSE);
	FAILS(connect(s, (struct sockaddr *)&a, sizeof(a)), ECONNREFUSED);
}

CASE(many_messages_at_once)
{
	struct {
		struct msghdr header;
		unsigned length;
	} vector[2] = { { message, 0 }, { message, 0 } };
	int pair[2];

	OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	CHECK_EQ(syscall(SYS_sendmmsg, pair[0], vector, 2, 0), 2);
	CHECK_EQ(syscall(SYS_recvmmsg, pair[1], vector, 2, MSG_DONTWAIT, NULL),
		 2);
	FAILS(syscall(SYS_recvmmsg, pair[1], vector, 2, MSG_DONTWAIT, NULL),
	      EAGAIN);
	FAILS(syscall(SYS_sendmmsg, pair[0], 8, 2, 0), EFAULT);
	FAILS(syscall(SYS_sendmmsg, 999, vector, 2, 0), EBADF);
}
