/* SPDX-License-Identifier: MIT */
/*
 * unix_stream.c - SOCK_STREAM sockets of AF_UNIX: bytes, ends, waiting, flags.
 */
#include "sockets.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>

static char buffer[300000];

CASE(stream_bytes_come_out_in_order)
{
	int s[2];

	pair(SOCK_STREAM, s);
	CHECK_EQ(write(s[0], "hello", 5), 5);
	CHECK_EQ(send(s[0], " world", 6, 0), 6);
	CHECK_EQ(read(s[1], buffer, 3), 3);
	CHECK_EQ(recv(s[1], buffer + 3, 100, 0), 8);
	CHECK(!memcmp(buffer, "hello world", 11));
	CHECK_EQ(write(s[1], "back", 4), 4);
	CHECK_EQ(read(s[0], buffer, 100), 4);
}

CASE(stream_vectors)
{
	struct iovec out[] = { { "ab", 2 }, { "", 0 }, { "cdef", 4 } };
	struct iovec in[] = { { buffer, 1 }, { buffer + 10, 5 } };
	int s[2];

	pair(SOCK_STREAM, s);
	CHECK_EQ(writev(s[0], out, 3), 6);
	CHECK_EQ(readv(s[1], in, 2), 6);
	CHECK(buffer[0] == 'a' && !memcmp(buffer + 10, "bcdef", 5));
}

CASE(stream_end_after_close)
{
	int s[2];

	pair(SOCK_STREAM, s);
	CHECK_EQ(write(s[0], "x", 1), 1);
	OK(close(s[0]));
	CHECK_EQ(ready(s[1], POLLIN | POLLOUT | POLLRDHUP),
		 POLLIN | POLLOUT | POLLHUP | POLLRDHUP);
	CHECK_EQ(read(s[1], buffer, 10), 1);
	CHECK_EQ(read(s[1], buffer, 10), 0);
	CHECK_EQ(read(s[1], buffer, 10), 0);
}

CASE(stream_unread_bytes_reset_the_other)
{
	int s[2];

	pair(SOCK_STREAM, s);
	CHECK_EQ(write(s[0], "lost", 4), 4);
	OK(close(s[1]));
	CHECK_EQ(ready(s[0], POLLIN), POLLIN | POLLHUP | POLLERR);
	FAILS(read(s[0], buffer, 10), ECONNRESET);
	CHECK_EQ(read(s[0], buffer, 10), 0);
}

CASE(stream_write_after_close_raises_sigpipe)
{
	int s[2];

	pair(SOCK_STREAM, s);
	OK(close(s[1]));
	FAILS(send(s[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	DIES_BY(SIGPIPE, write(s[0], "x", 1));
	DIES_BY(SIGPIPE, send(s[0], "x", 1, 0));
	signal(SIGPIPE, SIG_IGN);
	FAILS(write(s[0], "x", 1), EPIPE);
	FAILS(send(s[0], "x", 1, 0), EPIPE);
}

CASE(stream_shutdown_halves)
{
	int s[2];

	signal(SIGPIPE, SIG_IGN);
	pair(SOCK_STREAM, s);
	CHECK_EQ(write(s[0], "ab", 2), 2);
	OK(shutdown(s[0], SHUT_WR));
	CHECK_EQ(ready(s[0], POLLIN | POLLOUT | POLLRDHUP), POLLOUT);
	CHECK_EQ(ready(s[1], POLLIN | POLLOUT | POLLRDHUP),
		 POLLIN | POLLOUT | POLLRDHUP);
	FAILS(write(s[0], "x", 1), EPIPE);
	CHECK_EQ(read(s[1], buffer, 10), 2);
	CHECK_EQ(read(s[1], buffer, 10), 0);
	CHECK_EQ(write(s[1], "yz", 2), 2);
	CHECK_EQ(read(s[0], buffer, 10), 2);
	OK(shutdown(s[1], SHUT_WR));
	CHECK_EQ(ready(s[0], POLLIN | POLLRDHUP), POLLIN | POLLRDHUP | POLLHUP);
	CHECK_EQ(read(s[0], buffer, 10), 0);
}

CASE(stream_shutdown_read_stops_the_writer)
{
	int s[2];

	signal(SIGPIPE, SIG_IGN);
	pair(SOCK_STREAM, s);
	CHECK_EQ(write(s[0], "left", 4), 4);
	OK(shutdown(s[1], SHUT_RD));
	FAILS(write(s[0], "x", 1), EPIPE);
	CHECK_EQ(read(s[1], buffer, 10), 4);
	CHECK_EQ(read(s[1], buffer, 10), 0);
	CHECK_EQ(write(s[1], "on", 2), 2);
	CHECK_EQ(read(s[0], buffer, 10), 2);
}

CASE(stream_shutdown_wakes_a_reader)
{
	int s[2];
	pid_t child;

	pair(SOCK_STREAM, s);
	child = CHILD(CHECK_EQ(read(s[0], buffer, 1), 0));
	sleep_ms(50);
	OK(shutdown(s[0], SHUT_RDWR));
	EXITS(child, 0);
}

CASE(stream_nonblocking)
{
	ssize_t total = 0, n;
	int s[2];

	OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s));
	CHECK_EQ(fcntl(s[0], F_GETFL), O_RDWR | O_NONBLOCK);
	FAILS(read(s[0], buffer, 1), EAGAIN);
	CHECK_EQ(ready(s[0], POLLIN | POLLOUT), POLLOUT);
	while ((n = write(s[0], buffer, 4000)) > 0)
		total += n;
	CHECK_EQ(errno, EAGAIN);
	CHECK(total >= 100000 && total <= 500000);
	CHECK_EQ(ready(s[0], POLLIN | POLLOUT), 0);
	while (total > 0 && (n = read(s[1], buffer, sizeof(buffer))) > 0)
		total -= n;
	CHECK_EQ(total, 0);
	CHECK_EQ(ready(s[0], POLLOUT), POLLOUT);
}

CASE(stream_fionbio_and_dontwait)
{
	int s[2], on = 1;

	pair(SOCK_STREAM, s);
	FAILS(recv(s[0], buffer, 1, MSG_DONTWAIT), EAGAIN);
	OK(ioctl(s[0], FIONBIO, &on));
	FAILS(read(s[0], buffer, 1), EAGAIN);
	OK(fcntl(s[1], F_SETFL, O_NONBLOCK));
	FAILS(read(s[1], buffer, 1), EAGAIN);
	CHECK_EQ(fcntl(s[1], F_GETFL), O_RDWR | O_NONBLOCK);
}

CASE(stream_send_size_bounds_the_writer)
{
	ssize_t small = 0, n;
	int s[2];

	pair(SOCK_STREAM, s);
	set_int(s[0], SO_SNDBUF, 8192);
	CHECK_EQ(get_int(s[0], SO_SNDBUF), 16384);
	while ((n = send(s[0], buffer, 1000, MSG_DONTWAIT)) > 0)
		small += n;
	CHECK(small >= 4000 && small <= 32000);
}

CASE(stream_blocked_writer_goes_on)
{
	size_t total = 3 * sizeof(buffer), got = 0;
	pid_t child;
	ssize_t n;
	int s[2];

	pair(SOCK_STREAM, s);
	child = CHILD(close(s[1]); for (int i = 0; i < 3; i++)
			      CHECK_EQ(write(s[0], buffer, sizeof(buffer)),
				       sizeof(buffer)));
	OK(close(s[0]));
	sleep_ms(20);
	while ((n = OK(read(s[1], buffer, 7777))) > 0)
		got += (size_t)n;
	CHECK_EQ(got, total);
	EXITS(child, 0);
}

CASE(stream_large_blocks_keep_their_bytes)
{
	pid_t child;
	int s[2];

	pair(SOCK_STREAM, s);
	child = CHILD(
		close(s[1]); for (size_t i = 0; i < sizeof(buffer); i++)
				     buffer[i] = (char)(i * 7 + i / 4096);
		CHECK_EQ(write(s[0], buffer, sizeof(buffer)), sizeof(buffer)));
	OK(close(s[0]));
	CHECK_EQ(recv(s[1], buffer, sizeof(buffer), MSG_WAITALL),
		 sizeof(buffer));
	for (size_t i = 0; i < sizeof(buffer); i++)
		CHECK(buffer[i] == (char)(i * 7 + i / 4096));
	EXITS(child, 0);
}

CASE(stream_writer_blocked_at_close_gets_epipe)
{
	pid_t child;
	int s[2];

	pair(SOCK_STREAM, s);
	child = CHILD(signal(SIGPIPE, SIG_IGN); close(s[1]);
		      while (write(s[0], buffer, sizeof(buffer)) > 0);
		      CHECK(errno == EPIPE || errno == ECONNRESET));
	OK(close(s[0]));
	sleep_ms(50);
	OK(close(s[1]));
	EXITS(child, 0);
}

static void
ignore(int signo)
{
	(void)signo;
}

CASE(stream_read_is_interrupted)
{
	struct sigaction sa = { .sa_handler = ignore };
	struct itimerval tick = { { 0, 20000 }, { 0, 20000 } };
	int s[2];

	pair(SOCK_STREAM, s);
	OK(sigaction(SIGALRM, &sa, NULL));
	OK(setitimer(ITIMER_REAL, &tick, NULL));
	FAILS(read(s[0], buffer, 1), EINTR);
	FAILS(recv(s[0], buffer, 1, MSG_WAITALL), EINTR);
	sa.sa_flags = SA_RESTART;
	OK(sigaction(SIGALRM, &sa, NULL));
	set_timeout(s[0], SO_RCVTIMEO, 5000);
	FAILS(read(s[0], buffer, 1), EINTR);
	CHECK_EQ(write(s[1], "ab", 2), 2);
	CHECK_EQ(recv(s[0], buffer, 4, MSG_WAITALL), 2);
}

CASE(stream_timeouts)
{
	struct timeval tv;
	socklen_t len = sizeof(tv);
	int s[2];

	pair(SOCK_STREAM, s);
	set_timeout(s[0], SO_RCVTIMEO, 1250);
	OK(getsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &tv, &len));
	CHECK(tv.tv_sec == 1 && tv.tv_usec / 10000 == 25 && len == sizeof(tv));
	set_timeout(s[0], SO_RCVTIMEO, 40);
	FAILS(read(s[0], buffer, 1), EAGAIN);
	set_timeout(s[0], SO_SNDTIMEO, 40);
	while (write(s[0], buffer, 50000) > 0)
		;
	CHECK_EQ(errno, EAGAIN);
	set_timeout(s[0], SO_RCVTIMEO, 0);
	OK(getsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &tv, &len));
	CHECK(tv.tv_sec == 0 && tv.tv_usec == 0);
}

CASE(stream_peek)
{
	int s[2];

	pair(SOCK_STREAM, s);
	CHECK_EQ(write(s[0], "abc", 3), 3);
	CHECK_EQ(write(s[0], "def", 3), 3);
	CHECK_EQ(recv(s[1], buffer, 100, MSG_PEEK), 6);
	CHECK(!memcmp(buffer, "abcdef", 6));
	CHECK_EQ(recv(s[1], buffer, 2, MSG_PEEK), 2);
	CHECK_EQ(recv(s[1], buffer, 4, 0), 4);
	CHECK_EQ(recv(s[1], buffer, 100, MSG_PEEK), 2);
	CHECK(!memcmp(buffer, "ef", 2));
	CHECK_EQ(recv(s[1], buffer, 100, 0), 2);
	FAILS(recv(s[1], buffer, 100, MSG_PEEK | MSG_DONTWAIT), EAGAIN);
}

CASE(stream_peek_offset)
{
	int s[2];

	pair(SOCK_STREAM, s);
	CHECK_EQ(get_int(s[1], SO_PEEK_OFF), -1);
	set_int(s[1], SO_PEEK_OFF, 1);
	CHECK_EQ(write(s[0], "abc", 3), 3);
	CHECK_EQ(write(s[0], "def", 3), 3);
	CHECK_EQ(recv(s[1], buffer, 3, MSG_PEEK), 3);
	CHECK(!memcmp(buffer, "bcd", 3));
	CHECK_EQ(get_int(s[1], SO_PEEK_OFF), 4);
	CHECK_EQ(recv(s[1], buffer, 9, MSG_PEEK), 2);
	CHECK(!memcmp(buffer, "ef", 2));
	FAILS(recv(s[1], buffer, 9, MSG_PEEK | MSG_DONTWAIT), EAGAIN);
	CHECK_EQ(recv(s[1], buffer, 2, 0), 2);
	CHECK_EQ(get_int(s[1], SO_PEEK_OFF), 4);
	CHECK_EQ(write(s[0], "gh", 2), 2);
	CHECK_EQ(recv(s[1], buffer, 9, MSG_PEEK), 2);
	CHECK(!memcmp(buffer, "gh", 2));
}

CASE(stream_low_water_mark)
{
	pid_t child;
	int s[2];

	pair(SOCK_STREAM, s);
	CHECK_EQ(get_int(s[0], SO_RCVLOWAT), 1);
	set_int(s[0], SO_RCVLOWAT, 4);
	child = CHILD(CHECK_EQ(write(s[1], "ab", 2), 2); sleep_ms(50);
		      CHECK_EQ(write(s[1], "cde", 3), 3));
	CHECK_EQ(read(s[0], buffer, 100), 5);
	EXITS(child, 0);
}

CASE(stream_empty_calls)
{
	int s[2];

	pair(SOCK_STREAM, s);
	CHECK_EQ(write(s[0], "", 0), 0);
	CHECK_EQ(send(s[0], "", 0, 0), 0);
	CHECK_EQ(read(s[1], buffer, 0), 0);
	FAILS(recv(s[1], buffer, 1, MSG_DONTWAIT), EAGAIN);
	CHECK_EQ(write(s[0], "x", 1), 1);
	CHECK_EQ(recv(s[1], buffer, 0, 0), 0);
	CHECK_EQ(read(s[1], buffer, 5), 1);
}

CASE(stream_faults)
{
	char *end = before_hole();
	int s[2];

	pair(SOCK_STREAM, s);
	FAILS(write(s[0], end, 1), EFAULT);
	FAILS(recv(s[1], buffer, 1, MSG_DONTWAIT), EAGAIN);
	CHECK_EQ(write(s[0], "abcdef", 6), 6);
	FAILS(read(s[1], end, 6), EFAULT);
	CHECK_EQ(read(s[1], buffer, 100), 6);
	CHECK(!memcmp(buffer, "abcdef", 6));
}

CASE(stream_bytes_waiting)
{
	int s[2], n;

	pair(SOCK_STREAM, s);
	CHECK_EQ(write(s[0], "abc", 3), 3);
	CHECK_EQ(write(s[0], "defg", 4), 4);
	OK(ioctl(s[1], FIONREAD, &n));
	CHECK_EQ(n, 7);
	OK(ioctl(s[0], TIOCOUTQ, &n));
	CHECK(n > 0);
	CHECK_EQ(read(s[1], buffer, 2), 2);
	OK(ioctl(s[1], FIONREAD, &n));
	CHECK_EQ(n, 5);
	CHECK_EQ(read(s[1], buffer, 20), 5);
	OK(ioctl(s[0], TIOCOUTQ, &n));
	CHECK_EQ(n, 0);
	FAILS(ioctl(s[0], FIONREAD, NULL), EFAULT);
	FAILS(ioctl(s[0], 0x5401, &n), ENOTTY);
}

CASE(stream_poll_wakes)
{
	struct pollfd p;
	pid_t child;
	int s[2];

	pair(SOCK_STREAM, s);
	child = CHILD(sleep_ms(50); CHECK_EQ(write(s[1], "x", 1), 1));
	p = (struct pollfd){ .fd = s[0], .events = POLLIN };
	CHECK_EQ(poll(&p, 1, 10000), 1);
	CHECK_EQ(p.revents, POLLIN);
	EXITS(child, 0);
	while (send(s[0], buffer, 5000, MSG_DONTWAIT) > 0)
		;
	child = CHILD(sleep_ms(50);
		      while (recv(s[1], buffer, 5000, MSG_DONTWAIT) > 0));
	p.events = POLLOUT;
	CHECK_EQ(poll(&p, 1, 10000), 1);
	CHECK_EQ(p.revents, POLLOUT);
	EXITS(child, 0);
}

CASE(stream_unconnected)
{
	int fd = new_socket(SOCK_STREAM);

	CHECK_EQ(ready(fd, POLLIN | POLLOUT), POLLOUT | POLLHUP);
	FAILS(read(fd, buffer, 1), EINVAL);
	FAILS(recv(fd, buffer, 1, 0), EINVAL);
	FAILS(write(fd, "x", 1), ENOTCONN);
	FAILS(send_name(fd, "x", 1, 0, "nowhere"), EOPNOTSUPP);
}

CASE(stream_name_on_connected)
{
	int s[2];

	pair(SOCK_STREAM, s);
	FAILS(send_name(s[0], "x", 1, 0, "anywhere"), EISCONN);
}

CASE(stream_seek_and_offsets_are_refused)
{
	int s[2];

	pair(SOCK_STREAM, s);
	FAILS(lseek(s[0], 0, SEEK_SET), ESPIPE);
	FAILS(pread(s[0], buffer, 1, 0), ESPIPE);
	FAILS(pwrite(s[0], buffer, 1, 0), ESPIPE);
	FAILS(ftruncate(s[0], 0), EINVAL);
	FAILS(fsync(s[0]), EINVAL);
}

CASE(stream_stat_and_open)
{
	char link[64], target[64];
	struct stat st;
	ssize_t n;
	int s[2];

	pair(SOCK_STREAM, s);
	OK(fstat(s[0], &st));
	CHECK(S_ISSOCK(st.st_mode));
	CHECK_EQ(st.st_mode & 0777, 0777);
	CHECK_EQ(st.st_size, 0);
	CHECK_EQ(st.st_uid, geteuid());
	snprintf(link, sizeof(link), "/proc/self/fd/%d", s[0]);
	n = OK(readlink(link, target, sizeof(target) - 1));
	target[n] = 0;
	CHECK(!strncmp(target, "socket:[", 8));
	CHECK_EQ(strtoul(target + 8, NULL, 10), st.st_ino);
	FAILS(open(link, O_RDWR), ENXIO);
	OK(fchmod(s[0], 0600));
	OK(fstat(s[0], &st));
	CHECK_EQ(st.st_mode & 0777, 0600);
}

CASE(stream_sendfile)
{
	int s[2], fd;

	put_file("f", "some text in a file");
	fd = (int)OK(open("f", O_RDONLY));
	pair(SOCK_STREAM, s);
	CHECK_EQ(sendfile(s[0], fd, NULL, 100), 19);
	CHECK_EQ(read(s[1], buffer, 100), 19);
	CHECK(!memcmp(buffer, "some text in a file", 19));
}

CASE(stream_many_messages_at_once)
{
	struct iovec iov[3] = { { "a", 1 }, { "bc", 2 }, { "def", 3 } };
	struct mmsghdr m[3] = { 0 };
	int s[2];

	pair(SOCK_STREAM, s);
	for (int i = 0; i < 3; i++) {
		m[i].msg_hdr.msg_iov = &iov[i];
		m[i].msg_hdr.msg_iovlen = 1;
	}
	CHECK_EQ(sendmmsg(s[0], m, 3, 0), 3);
	CHECK_EQ(m[2].msg_len, 3);
	CHECK_EQ(read(s[1], buffer, 100), 6);
	CHECK(!memcmp(buffer, "abcdef", 6));
}

static void *
ping(void *arg)
{
	int fd = *(int *)arg;
	char c;

	for (int i = 0; i < 3000; i++)
		if (read(fd, &c, 1) != 1 || write(fd, &c, 1) != 1)
			return (void *)1;
	return NULL;
}

CASE(stream_threads_play_ping_pong)
{
	pthread_t t[4];
	int s[4][2];
	void *bad;
	char c = 'x';

	for (int i = 0; i < 4; i++) {
		pair(SOCK_STREAM, s[i]);
		CHECK_EQ(pthread_create(&t[i], NULL, ping, &s[i][1]), 0);
	}
	for (int n = 0; n < 3000; n++) {
		for (int i = 0; i < 4; i++)
			CHECK_EQ(write(s[i][0], &c, 1), 1);
		for (int i = 0; i < 4; i++)
			CHECK_EQ(read(s[i][0], &c, 1), 1);
	}
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(pthread_join(t[i], &bad), 0);
		CHECK(!bad);
	}
}

static int shared[2];
static atomic_long received;

static void *
take(void *arg)
{
	char block[100];
	ssize_t n;

	(void)arg;
	while ((n = read(shared[0], block, sizeof(block))) > 0)
		received += n;
	return NULL;
}

static void *
give(void *arg)
{
	(void)arg;
	for (int i = 0; i < 2000; i++)
		CHECK_EQ(write(shared[1], buffer, 100), 100);
	return NULL;
}

CASE(stream_many_readers_and_writers_lose_nothing)
{
	pthread_t t[8];

	pair(SOCK_STREAM, shared);
	for (int i = 0; i < 8; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, i < 4 ? take : give, NULL),
			 0);
	for (int i = 4; i < 8; i++)
		pthread_join(t[i], NULL);
	OK(shutdown(shared[1], SHUT_WR));
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	CHECK_EQ(received, 4 * 2000 * 100);
}

CASE(stream_epoll_edges)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLRDHUP | EPOLLET };
	int ep = (int)OK(epoll_create1(0)), s[2];

	pair(SOCK_STREAM, s);
	OK(epoll_ctl(ep, EPOLL_CTL_ADD, s[0], &e));
	CHECK_EQ(epoll_wait(ep, &e, 1, 0), 0);
	CHECK_EQ(write(s[1], "a", 1), 1);
	CHECK_EQ(epoll_wait(ep, &e, 1, 5000), 1);
	CHECK_EQ(e.events, EPOLLIN);
	CHECK_EQ(epoll_wait(ep, &e, 1, 0), 0);
	CHECK_EQ(write(s[1], "b", 1), 1);
	CHECK_EQ(epoll_wait(ep, &e, 1, 5000), 1);
	OK(close(s[1]));
	CHECK_EQ(epoll_wait(ep, &e, 1, 5000), 1);
	CHECK_EQ(e.events, EPOLLIN | EPOLLHUP | EPOLLRDHUP);
	OK(close(s[0]));
	CHECK_EQ(epoll_wait(ep, &e, 1, 0), 0);
}

/* A watched socket in flight is watched still; gone, it is not. */
CASE(stream_epoll_of_what_is_sent)
{
	struct epoll_event e = { .events = EPOLLIN };
	int ep = (int)OK(epoll_create1(0)), s[2], t[2];

	pair(SOCK_STREAM, s);
	pair(SOCK_STREAM, t);
	OK(epoll_ctl(ep, EPOLL_CTL_ADD, s[0], &e));
	CHECK_EQ(send_fds(t[0], "x", 1, &s[0], 1, 0), 1);
	OK(close(s[0]));
	CHECK_EQ(write(s[1], "a", 1), 1);
	CHECK_EQ(epoll_wait(ep, &e, 1, 5000), 1);
	OK(close(t[1]));
	CHECK_EQ(epoll_wait(ep, &e, 1, 0), 0);
	FAILS(send(s[1], "x", 1, MSG_NOSIGNAL), EPIPE);
}
