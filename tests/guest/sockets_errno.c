/* SPDX-License-Identifier: MIT */
/*
 * sockets_errno.c - what the socket calls refuse, whatever the family; options.
 */
#include "sockets.h"

#include <sys/syscall.h>

static char buffer[100];

CASE(socket_refuses)
{
	FAILS(socket(20, SOCK_STREAM, 0), EAFNOSUPPORT);
	FAILS(socket(-1, SOCK_STREAM, 0), EAFNOSUPPORT);
	FAILS(socket(1000, SOCK_STREAM, 0), EAFNOSUPPORT);
	FAILS(socket(AF_UNIX, 4, 0), ESOCKTNOSUPPORT);
	FAILS(socket(AF_UNIX, 12, 0), EINVAL);
	FAILS(socket(AF_UNIX, SOCK_STREAM | 0x10, 0), EINVAL);
	FAILS(socket(AF_UNIX, SOCK_STREAM, 17), EPROTONOSUPPORT);
	OK(socket(AF_UNIX, SOCK_STREAM, AF_UNIX));
}

CASE(socket_flags)
{
	int fd = (int)OK(
		socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));

	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(fd, F_GETFL), O_RDWR | O_NONBLOCK);
	fd = new_socket(SOCK_DGRAM);
	CHECK_EQ(fcntl(fd, F_GETFD), 0);
	CHECK_EQ(fcntl(fd, F_GETFL), O_RDWR);
}

CASE(socketpair_refuses)
{
	int s[2];

	FAILS(socketpair(20, SOCK_STREAM, 0, s), EAFNOSUPPORT);
	FAILS(socketpair(AF_UNIX, 4, 0, s), ESOCKTNOSUPPORT);
	FAILS(socketpair(AF_UNIX, SOCK_STREAM | 0x10, 0, s), EINVAL);
	FAILS(socketpair(AF_UNIX, SOCK_STREAM, 5, s), EPROTONOSUPPORT);
	FAILS(socketpair(AF_UNIX, SOCK_STREAM, 0, (int *)before_hole()),
	      EFAULT);
	FAILS(fcntl(3, F_GETFD), EBADF);
}

CASE(no_descriptors_left)
{
	struct rlimit lim;
	int s[2];

	OK(getrlimit(RLIMIT_NOFILE, &lim));
	lim.rlim_cur = 4;
	OK(setrlimit(RLIMIT_NOFILE, &lim));
	FAILS(socketpair(AF_UNIX, SOCK_STREAM, 0, s), EMFILE);
	OK(socket(AF_UNIX, SOCK_STREAM, 0));
	FAILS(socket(AF_UNIX, SOCK_STREAM, 0), EMFILE);
}

/* Every call, with a descriptor that is none, and one that is no socket. */
static void
refuse_all(int fd, int error)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct sockaddr *a = (struct sockaddr *)&un;
	struct msghdr h = { 0 };
	struct mmsghdr m = { 0 };
	socklen_t len = sizeof(un);
	int value = 0;

	FAILS(bind(fd, a, len), error);
	FAILS(connect(fd, a, len), error);
	FAILS(listen(fd, 1), error);
	FAILS(accept(fd, a, &len), error);
	FAILS(accept4(fd, a, &len, SOCK_CLOEXEC), error);
	FAILS(shutdown(fd, SHUT_RD), error);
	FAILS(getsockname(fd, a, &len), error);
	FAILS(getpeername(fd, a, &len), error);
	FAILS(send(fd, "x", 1, 0), error);
	FAILS(recv(fd, buffer, 1, 0), error);
	FAILS(sendto(fd, "x", 1, 0, a, len), error);
	FAILS(recvfrom(fd, buffer, 1, 0, a, &len), error);
	FAILS(sendmsg(fd, &h, 0), error);
	FAILS(recvmsg(fd, &h, 0), error);
	FAILS(syscall(SYS_sendmmsg, fd, &m, 1, 0), error);
	FAILS(syscall(SYS_recvmmsg, fd, &m, 1, 0, NULL), error);
	FAILS(setsockopt(fd, SOL_SOCKET, SO_DEBUG, &value, 4), error);
	len = 4;
	FAILS(getsockopt(fd, SOL_SOCKET, SO_DEBUG, &value, &len), error);
}

CASE(wrong_descriptors)
{
	int p[2];

	OK(pipe(p));
	refuse_all(-1, EBADF);
	refuse_all(500, EBADF);
	refuse_all(p[0], ENOTSOCK);
	refuse_all((int)OK(open("/dev/null", O_RDWR)), ENOTSOCK);
	refuse_all((int)OK(open(".", O_PATH)), EBADF);
}

CASE(bad_addresses)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "x" };
	struct sockaddr *a = (struct sockaddr *)&un;
	int fd = new_socket(SOCK_STREAM), d = new_socket(SOCK_DGRAM);
	char big[200] = { 0 };

	FAILS(bind(fd, a, -1), EINVAL);
	FAILS(bind(fd, a, 0), EINVAL);
	FAILS(bind(fd, a, 1), EINVAL);
	FAILS(bind(fd, (struct sockaddr *)big, 129), EINVAL);
	FAILS(bind(fd, a, sizeof(un) + 1), EINVAL);
	FAILS(bind(fd, (struct sockaddr *)before_hole(), 10), EFAULT);
	FAILS(connect(fd, a, 1), EINVAL);
	FAILS(connect(fd, a, PATH_OFFSET), EINVAL);
	FAILS(connect(fd, (struct sockaddr *)before_hole(), 10), EFAULT);
	FAILS(connect(d, a, 1), EINVAL);
	un.sun_family = 2;
	FAILS(bind(fd, a, sizeof(un)), EINVAL);
	FAILS(connect(fd, a, sizeof(un)), EINVAL);
	FAILS(connect(d, a, sizeof(un)), EINVAL);
	FAILS(sendto(d, "x", 1, 0, a, sizeof(un)), EINVAL);
	un.sun_family = AF_UNSPEC;
	FAILS(connect(fd, a, sizeof(un)), EINVAL);
}

CASE(bad_address_results)
{
	int s[2], l = listener(SOCK_STREAM, "l", 5);
	socklen_t len = (socklen_t)-1;
	struct sockaddr_un un;

	pair(SOCK_STREAM, s);
	FAILS(getsockname(s[0], (struct sockaddr *)&un, &len), EINVAL);
	FAILS(getsockname(s[0], (struct sockaddr *)&un,
			  (socklen_t *)before_hole()),
	      EFAULT);
	len = sizeof(un);
	FAILS(getsockname(s[0], (struct sockaddr *)before_hole(), &len),
	      EFAULT);
	connected(SOCK_STREAM, "l");
	FAILS(accept(l, (struct sockaddr *)before_hole(), &len), EFAULT);
	OK(fcntl(l, F_SETFL, O_NONBLOCK));
	FAILS(accept(l, NULL, NULL), EAGAIN);
	FAILS(syscall(SYS_accept4, l, NULL, NULL, 1), EINVAL);
	FAILS(accept(s[0], NULL, NULL), EINVAL);
	FAILS(listen(new_socket(SOCK_STREAM), 1), EINVAL);
}

CASE(shutdown_refuses)
{
	int s[2];

	pair(SOCK_STREAM, s);
	FAILS(shutdown(s[0], 3), EINVAL);
	FAILS(shutdown(s[0], -1), EINVAL);
	OK(shutdown(new_socket(SOCK_STREAM), SHUT_RDWR));
}

CASE(headers_refuse)
{
	struct iovec iov[2] = { { buffer, 1 }, { buffer, 1 } };
	struct msghdr h = { .msg_iov = iov, .msg_iovlen = 1 };
	int s[2];

	pair(SOCK_STREAM, s);
	FAILS(syscall(SYS_sendmsg, s[0], before_hole(), 0), EFAULT);
	FAILS(syscall(SYS_recvmsg, s[0], before_hole(), 0), EFAULT);
	h.msg_iovlen = 1025;
	FAILS(syscall(SYS_sendmsg, s[0], &h, 0), EMSGSIZE);
	FAILS(syscall(SYS_recvmsg, s[0], &h, 0), EMSGSIZE);
	h.msg_iovlen = 2;
	iov[1].iov_len = (size_t)-1;
	FAILS(syscall(SYS_sendmsg, s[0], &h, 0), EINVAL);
	FAILS(syscall(SYS_recvmsg, s[0], &h, 0), EINVAL);
	h.msg_iovlen = 1;
	h.msg_iov = (struct iovec *)before_hole();
	FAILS(syscall(SYS_sendmsg, s[0], &h, 0), EFAULT);
	h.msg_iov = iov;
	h.msg_name = buffer;
	h.msg_namelen = (socklen_t)-1;
	FAILS(syscall(SYS_sendmsg, s[0], &h, 0), EINVAL);
	FAILS(syscall(SYS_recvmsg, s[0], &h, MSG_DONTWAIT), EINVAL);
}

CASE(headers_many_segments)
{
	static char text[300];
	struct iovec iov[300];
	struct msghdr h = { .msg_iov = iov, .msg_iovlen = 300 };
	int s[2];

	pair(SOCK_STREAM, s);
	for (int i = 0; i < 300; i++) {
		text[i] = (char)i;
		iov[i] = (struct iovec){ &text[i], 1 };
	}
	CHECK_EQ(sendmsg(s[0], &h, 0), 300);
	memset(text, 0, sizeof(text));
	CHECK_EQ(recvmsg(s[1], &h, 0), 300);
	for (int i = 0; i < 300; i++)
		CHECK_EQ(text[i], (char)i);
}

CASE(header_names)
{
	struct sockaddr_un un;
	struct iovec iov = { buffer, 10 };
	struct msghdr h = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_name = &un,
			    .msg_namelen = sizeof(un) };
	int in = bound(SOCK_DGRAM, "in"), out = bound(SOCK_DGRAM, "out");
	struct name to = name("in");

	CHECK_EQ(send_name(out, "x", 1, 0, "in"), 1);
	CHECK_EQ(recvmsg(in, &h, 0), 1);
	CHECK_EQ(h.msg_namelen, PATH_OFFSET + 4);
	CHECK(!strcmp(un.sun_path, "out"));
	h.msg_name = &to.un;
	h.msg_namelen = to.len;
	iov.iov_len = 3;
	CHECK_EQ(sendmsg(out, &h, 0), 3);
	CHECK_EQ(read(in, buffer, 9), 3);
}

CASE(options_that_are_numbers)
{
	int fd = new_socket(SOCK_SEQPACKET);

	CHECK_EQ(get_int(fd, SO_TYPE), SOCK_SEQPACKET);
	CHECK_EQ(get_int(fd, SO_DOMAIN), AF_UNIX);
	CHECK_EQ(get_int(fd, SO_PROTOCOL), 0);
	CHECK_EQ(get_int(fd, SO_ERROR), 0);
	CHECK_EQ(get_int(fd, SO_ACCEPTCONN), 0);
	CHECK_EQ(get_int(fd, SO_SNDBUF), 212992);
	CHECK_EQ(get_int(fd, SO_RCVBUF), 212992);
	CHECK_EQ(get_int(fd, SO_SNDLOWAT), 1);
	CHECK_EQ(get_int(fd, SO_REUSEADDR), 0);
	set_int(fd, SO_REUSEADDR, 5);
	CHECK_EQ(get_int(fd, SO_REUSEADDR), 1);
	set_int(fd, SO_KEEPALIVE, 1);
	CHECK_EQ(get_int(fd, SO_KEEPALIVE), 1);
	set_int(fd, SO_BROADCAST, 1);
	set_int(fd, SO_PRIORITY, 3);
	CHECK_EQ(get_int(fd, SO_PRIORITY), 3);
	set_int(fd, SO_RCVBUF, 10000);
	CHECK_EQ(get_int(fd, SO_RCVBUF), 20000);
	set_int(fd, SO_RCVBUF, 0);
	CHECK_EQ(get_int(fd, SO_RCVBUF), 2304);
	set_int(fd, SO_RCVLOWAT, 0);
	CHECK_EQ(get_int(fd, SO_RCVLOWAT), 1);
}

CASE(options_short_and_long)
{
	int fd = new_socket(SOCK_STREAM);
	long wide = -1;
	socklen_t len = 2;

	OK(getsockopt(fd, SOL_SOCKET, SO_TYPE, &wide, &len));
	CHECK_EQ(len, 2);
	CHECK_EQ((unsigned short)wide, SOCK_STREAM);
	CHECK_EQ(wide >> 16, -1);
	wide = 0;
	len = sizeof(wide);
	OK(getsockopt(fd, SOL_SOCKET, SO_TYPE, &wide, &len));
	CHECK_EQ(len, 4);
	len = 0;
	OK(getsockopt(fd, SOL_SOCKET, SO_TYPE, &wide, &len));
}

CASE(options_refused)
{
	int fd = new_socket(SOCK_STREAM), value = 1;
	struct timeval tv = { 0, 1000000 };
	socklen_t len = 4;

	FAILS(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, 3), EINVAL);
	FAILS(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, (socklen_t)-1),
	      EINVAL);
	FAILS(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, before_hole(), 4),
	      EFAULT);
	FAILS(setsockopt(fd, SOL_SOCKET, 999, &value, 4), ENOPROTOOPT);
	FAILS(setsockopt(fd, SOL_SOCKET, SO_TYPE, &value, 4), ENOPROTOOPT);
	FAILS(setsockopt(fd, SOL_SOCKET, SO_ERROR, &value, 4), ENOPROTOOPT);
	FAILS(setsockopt(fd, 6, 1, &value, 4), EOPNOTSUPP);
	FAILS(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)), EDOM);
	FAILS(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, 8), EINVAL);
	FAILS(getsockopt(fd, SOL_SOCKET, 999, &value, &len), ENOPROTOOPT);
	FAILS(getsockopt(fd, 6, 1, &value, &len), EOPNOTSUPP);
	len = (socklen_t)-1;
	FAILS(getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &len), EINVAL);
	len = 4;
	FAILS(getsockopt(fd, SOL_SOCKET, SO_TYPE, before_hole(), &len), EFAULT);
	FAILS(getsockopt(fd, SOL_SOCKET, SO_TYPE, &value,
			 (socklen_t *)before_hole()),
	      EFAULT);
}

CASE(options_of_the_privileged)
{
	int fd = new_socket(SOCK_STREAM), value = 10000000;

	need_root();
	set_int(fd, SO_SNDBUFFORCE, 10000000);
	CHECK_EQ(get_int(fd, SO_SNDBUF), 20000000);
	set_int(fd, SO_RCVBUFFORCE, 10000000);
	CHECK_EQ(get_int(fd, SO_RCVBUF), 20000000);
	set_int(fd, SO_DEBUG, 1);
	become_nobody();
	FAILS(setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &value, 4), EPERM);
	FAILS(setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &value, 4), EPERM);
	FAILS(setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &value, 4), EPERM);
	FAILS(setsockopt(fd, SOL_SOCKET, SO_DEBUG, &value, 4), EACCES);
}

CASE(option_linger)
{
	struct linger l = { 1, 5 }, got = { 0 };
	int fd = new_socket(SOCK_STREAM);
	socklen_t len = sizeof(got);

	OK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
	OK(getsockopt(fd, SOL_SOCKET, SO_LINGER, &got, &len));
	CHECK(got.l_onoff == 1 && got.l_linger == 5 && len == sizeof(got));
	FAILS(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, 4), EINVAL);
}
