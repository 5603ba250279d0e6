/* SPDX-License-Identifier: MIT */
/*
 * unix_dgram.c - SOCK_DGRAM and SOCK_SEQPACKET sockets of AF_UNIX: messages,
 * peers, full queues.
 */
#include "sockets.h"

#include <stdlib.h>
#include <time.h>

static char buffer[300000];

CASE(dgram_messages_keep_their_bounds)
{
	int s[2];

	pair(SOCK_DGRAM, s);
	CHECK_EQ(write(s[0], "one", 3), 3);
	CHECK_EQ(send(s[0], "", 0, 0), 0);
	CHECK_EQ(send(s[0], "three", 5, 0), 5);
	CHECK_EQ(read(s[1], buffer, 100), 3);
	CHECK_EQ(recv(s[1], buffer, 100, 0), 0);
	CHECK_EQ(recv(s[1], buffer, 2, 0), 2);
	FAILS(recv(s[1], buffer, 100, MSG_DONTWAIT), EAGAIN);
}

CASE(dgram_cut_off_is_told)
{
	struct got g;
	int s[2];

	pair(SOCK_DGRAM, s);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(write(s[0], "abcdef", 6), 6);
	CHECK_EQ(recv(s[1], buffer, 2, MSG_TRUNC), 6);
	CHECK_EQ(receive(s[1], buffer, 2, 0, 0, &g), 2);
	CHECK_EQ(g.flags, MSG_TRUNC);
	CHECK_EQ(receive(s[1], buffer, 6, 0, 0, &g), 6);
	CHECK_EQ(g.flags, 0);
	CHECK_EQ(receive(s[1], buffer, 2, 0, MSG_TRUNC | MSG_PEEK, &g), 6);
	CHECK_EQ(g.flags, MSG_TRUNC);
	CHECK_EQ(read(s[1], buffer, 100), 6);
}

CASE(dgram_to_a_name)
{
	struct sockaddr_un from;
	socklen_t len = sizeof(from);
	int in = bound(SOCK_DGRAM, "in"), out = bound(SOCK_DGRAM, "out");

	CHECK_EQ(send_name(out, "hi", 2, 0, "in"), 2);
	CHECK_EQ(recvfrom(in, buffer, 100, 0, (struct sockaddr *)&from, &len),
		 2);
	CHECK_EQ(len, PATH_OFFSET + 4);
	CHECK(!strcmp(from.sun_path, "out"));
	/* An unnamed sender has no address at all. */
	len = sizeof(from);
	CHECK_EQ(send_name(new_socket(SOCK_DGRAM), "x", 1, 0, "in"), 1);
	CHECK_EQ(recvfrom(in, buffer, 100, 0, (struct sockaddr *)&from, &len),
		 1);
	CHECK_EQ(len, 0);
}

CASE(dgram_peers)
{
	int a = bound(SOCK_DGRAM, "a"), b = bound(SOCK_DGRAM, "b");
	int c = new_socket(SOCK_DGRAM);
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	FAILS(write(c, "x", 1), ENOTCONN);
	OK(connect_name(a, "b"));
	CHECK_EQ(write(a, "x", 1), 1);
	CHECK_EQ(read(b, buffer, 9), 1);
	OK(connect_name(b, "a"));
	/* Both have a peer: they listen to nobody else. */
	FAILS(send_name(c, "x", 1, 0, "a"), EPERM);
	FAILS(connect_name(c, "a"), EPERM);
	OK(connect(b, &none, sizeof(none)));
	FAILS(write(b, "x", 1), ENOTCONN);
	CHECK_EQ(send_name(c, "y", 1, 0, "b"), 1);
	CHECK_EQ(read(b, buffer, 9), 1);
}

CASE(dgram_another_peer_forgets_the_queue)
{
	int a = bound(SOCK_DGRAM, "a"), b = bound(SOCK_DGRAM, "b");
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	OK(connect_name(a, "b"));
	OK(connect_name(b, "a"));
	CHECK_EQ(write(a, "lost", 4), 4);
	OK(connect(b, &none, sizeof(none)));
	FAILS(recv(b, buffer, 9, MSG_DONTWAIT), EAGAIN);
	/* Who still has it for its peer is told, once. */
	CHECK_EQ(get_int(a, SO_ERROR), ECONNRESET);
	CHECK_EQ(write(a, "kept", 4), 4);
	CHECK_EQ(read(b, buffer, 9), 4);
}

CASE(dgram_peer_closed)
{
	int a = bound(SOCK_DGRAM, "a"), b = bound(SOCK_DGRAM, "b");

	OK(connect_name(a, "b"));
	OK(close(b));
	CHECK_EQ(ready(a, POLLIN | POLLOUT), POLLOUT);
	FAILS(write(a, "x", 1), ECONNREFUSED);
	FAILS(write(a, "x", 1), ENOTCONN);
	FAILS(send_name(a, "x", 1, 0, "b"), ECONNREFUSED);
	FAILS(send_name(a, "x", 1, 0, "nobody"), ENOENT);
}

CASE(dgram_pair_closed)
{
	int s[2];

	pair(SOCK_DGRAM, s);
	CHECK_EQ(write(s[1], "x", 1), 1);
	OK(close(s[1]));
	CHECK_EQ(ready(s[0], POLLIN | POLLOUT | POLLRDHUP), POLLIN | POLLOUT);
	CHECK_EQ(read(s[0], buffer, 9), 1);
	FAILS(send(s[0], "x", 1, 0), ECONNREFUSED);
	FAILS(recv(s[0], buffer, 9, MSG_DONTWAIT), EAGAIN);
}

static int
queue_limit(void)
{
	char text[32];

	get_file("/proc/sys/net/unix/max_dgram_qlen", text, sizeof(text));
	return atoi(text);
}

CASE(dgram_queue_is_bounded)
{
	int in = bound(SOCK_DGRAM, "in"), out = new_socket(SOCK_DGRAM);
	int limit = queue_limit(), n = 0;

	while (send_name(out, "x", 1, MSG_DONTWAIT, "in") == 1)
		n++;
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(n, limit + 1);
	OK(connect_name(out, "in"));
	CHECK_EQ(ready(out, POLLOUT), 0);
	FAILS(send(out, "x", 1, MSG_DONTWAIT), EAGAIN);
	set_timeout(out, SO_SNDTIMEO, 30);
	FAILS(send(out, "x", 1, 0), EAGAIN);
	CHECK_EQ(read(in, buffer, 9), 1);
	CHECK_EQ(ready(out, POLLOUT), POLLOUT);
	CHECK_EQ(send(out, "x", 1, 0), 1);
}

CASE(dgram_poller_is_told_of_room)
{
	int in = bound(SOCK_DGRAM, "in"), out = connected(SOCK_DGRAM, "in");
	struct pollfd p = { .fd = out, .events = POLLOUT };
	pid_t child;

	while (send(out, "x", 1, MSG_DONTWAIT) == 1)
		;
	CHECK_EQ(poll(&p, 1, 20), 0);
	child = CHILD(sleep_ms(50); CHECK_EQ(read(in, buffer, 9), 1));
	CHECK_EQ(poll(&p, 1, 10000), 1);
	CHECK_EQ(p.revents, POLLOUT);
	EXITS(child, 0);
}

CASE(dgram_poller_is_told_of_the_end)
{
	int in = bound(SOCK_DGRAM, "in"), out = connected(SOCK_DGRAM, "in");
	struct pollfd p = { .fd = out, .events = POLLOUT };
	pid_t child;

	while (send(out, "x", 1, MSG_DONTWAIT) == 1)
		;
	child = CHILD(sleep_ms(50); CHECK_EQ(poll(&p, 1, 0), 0); close(out));
	OK(close(out));
	EXITS(child, 0);
	out = connected(SOCK_DGRAM, "in");
	child = CHILD(p.fd = out; close(in); CHECK_EQ(poll(&p, 1, 10000), 1);
		      CHECK_EQ(p.revents, POLLOUT);
		      FAILS(send(out, "x", 1, 0), ECONNREFUSED));
	sleep_ms(50);
	OK(close(in));
	EXITS(child, 0);
}

CASE(dgram_blocked_sender_goes_on)
{
	int in = bound(SOCK_DGRAM, "in");
	pid_t child;

	child = CHILD(int out = new_socket(SOCK_DGRAM);
		      for (int i = 0; i < 500; i++)
			      CHECK_EQ(send_name(out, &i, sizeof(i), 0, "in"),
				       sizeof(i)));
	for (int i = 0; i < 500; i++) {
		int got = -1;

		CHECK_EQ(read(in, &got, sizeof(got)), sizeof(got));
		CHECK_EQ(got, i);
	}
	EXITS(child, 0);
}

CASE(dgram_blocked_sender_loses_its_receiver)
{
	int in = bound(SOCK_DGRAM, "in");
	pid_t child;

	child = CHILD(close(in); int out = connected(SOCK_DGRAM, "in");
		      while (send(out, "x", 1, 0) == 1);
		      CHECK_EQ(errno, ECONNREFUSED));
	sleep_ms(60);
	OK(close(in));
	EXITS(child, 0);
}

CASE(dgram_pair_is_bounded_by_bytes)
{
	int s[2], n = 0;

	pair(SOCK_DGRAM, s);
	while (send(s[0], buffer, 100, MSG_DONTWAIT) == 100)
		n++;
	CHECK_EQ(errno, EAGAIN);
	CHECK(n > 2 * queue_limit());
	CHECK_EQ(ready(s[0], POLLOUT), 0);
	while (n-- > 0)
		CHECK_EQ(read(s[1], buffer, 1000), 100);
	CHECK_EQ(ready(s[0], POLLOUT), POLLOUT);
}

CASE(dgram_size_limit)
{
	int s[2], size;

	pair(SOCK_DGRAM, s);
	size = get_int(s[0], SO_SNDBUF);
	FAILS(send(s[0], buffer, (size_t)size, 0), EMSGSIZE);
	CHECK_EQ(send(s[0], buffer, (size_t)size - 32, 0), size - 32);
	CHECK_EQ(read(s[1], buffer, sizeof(buffer)), size - 32);
	set_int(s[0], SO_SNDBUF, 0);
	size = get_int(s[0], SO_SNDBUF);
	CHECK_EQ(size, 4608);
	FAILS(send(s[0], buffer, (size_t)size, 0), EMSGSIZE);
	CHECK_EQ(send(s[0], buffer, 2000, 0), 2000);
}

CASE(dgram_shutdown)
{
	int s[2];

	signal(SIGPIPE, SIG_DFL);
	pair(SOCK_DGRAM, s);
	CHECK_EQ(write(s[0], "x", 1), 1);
	OK(shutdown(s[1], SHUT_RD));
	CHECK_EQ(ready(s[1], POLLIN | POLLOUT | POLLRDHUP),
		 POLLIN | POLLOUT | POLLRDHUP);
	/* A datagram socket raises no SIGPIPE. */
	FAILS(write(s[0], "y", 1), EPIPE);
	FAILS(send(s[0], "y", 1, 0), EPIPE);
	CHECK_EQ(read(s[1], buffer, 9), 1);
	CHECK_EQ(read(s[1], buffer, 9), 0);
	FAILS(recv(s[1], buffer, 9, MSG_DONTWAIT), EAGAIN);
	OK(shutdown(s[0], SHUT_WR));
	FAILS(send(s[0], "y", 1, 0), EPIPE);
	CHECK_EQ(write(s[1], "z", 1), 1);
	CHECK_EQ(read(s[0], buffer, 9), 1);
}

CASE(dgram_peek)
{
	int s[2];

	pair(SOCK_DGRAM, s);
	CHECK_EQ(write(s[0], "abc", 3), 3);
	CHECK_EQ(write(s[0], "de", 2), 2);
	CHECK_EQ(recv(s[1], buffer, 9, MSG_PEEK), 3);
	CHECK_EQ(recv(s[1], buffer, 9, MSG_PEEK), 3);
	set_int(s[1], SO_PEEK_OFF, 1);
	CHECK_EQ(recv(s[1], buffer, 9, MSG_PEEK), 2);
	CHECK(!memcmp(buffer, "bc", 2));
	CHECK_EQ(get_int(s[1], SO_PEEK_OFF), 3);
	CHECK_EQ(recv(s[1], buffer, 9, MSG_PEEK), 2);
	CHECK(!memcmp(buffer, "de", 2));
	CHECK_EQ(get_int(s[1], SO_PEEK_OFF), 5);
	CHECK_EQ(recv(s[1], buffer, 9, 0), 3);
	CHECK_EQ(get_int(s[1], SO_PEEK_OFF), 2);
	CHECK_EQ(recv(s[1], buffer, 9, 0), 2);
	CHECK_EQ(get_int(s[1], SO_PEEK_OFF), 0);
}

CASE(dgram_bytes_waiting)
{
	int s[2], n;

	pair(SOCK_DGRAM, s);
	OK(ioctl(s[1], FIONREAD, &n));
	CHECK_EQ(n, 0);
	CHECK_EQ(write(s[0], "abc", 3), 3);
	CHECK_EQ(write(s[0], "defg", 4), 4);
	OK(ioctl(s[1], FIONREAD, &n));
	CHECK_EQ(n, 3);
}

CASE(dgram_faults)
{
	char *end = before_hole();
	int s[2];

	pair(SOCK_DGRAM, s);
	FAILS(write(s[0], end, 1), EFAULT);
	FAILS(recv(s[1], buffer, 1, MSG_DONTWAIT), EAGAIN);
	CHECK_EQ(write(s[0], "abc", 3), 3);
	FAILS(read(s[1], end, 3), EFAULT);
	FAILS(recv(s[1], buffer, 9, MSG_DONTWAIT), EAGAIN);
}

CASE(dgram_time_stamps)
{
	struct got g;
	int s[2];

	pair(SOCK_DGRAM, s);
	CHECK_EQ(get_int(s[1], SO_TIMESTAMP), 0);
	set_int(s[1], SO_TIMESTAMP, 1);
	CHECK_EQ(get_int(s[1], SO_TIMESTAMP), 1);
	CHECK_EQ(write(s[0], "x", 1), 1);
	CHECK_EQ(receive(s[1], buffer, 9, 200, 0, &g), 1);
	CHECK(g.has_stamp);
	CHECK(g.stamp.tv_sec >= time(NULL) - 20 &&
	      g.stamp.tv_sec <= time(NULL) + 1);
}

CASE(dgram_many_at_once)
{
	char texts[4][8];
	struct iovec iov[4];
	struct mmsghdr m[4] = { 0 };
	struct timespec none = { 0, 0 };
	int s[2];

	pair(SOCK_DGRAM, s);
	for (int i = 0; i < 4; i++) {
		iov[i] = (struct iovec){ "abcd", (size_t)i + 1 };
		m[i].msg_hdr.msg_iov = &iov[i];
		m[i].msg_hdr.msg_iovlen = 1;
	}
	CHECK_EQ(sendmmsg(s[0], m, 4, 0), 4);
	CHECK_EQ(m[3].msg_len, 4);
	for (int i = 0; i < 4; i++)
		iov[i] = (struct iovec){ texts[i], 8 };
	CHECK_EQ(recvmmsg(s[1], m, 2, 0, NULL), 2);
	CHECK_EQ(m[1].msg_len, 2);
	CHECK_EQ(recvmmsg(s[1], m, 4, MSG_WAITFORONE, NULL), 2);
	CHECK_EQ(m[0].msg_len, 3);
	FAILS(recvmmsg(s[1], m, 4, MSG_DONTWAIT, NULL), EAGAIN);
	none.tv_nsec = 2000000000;
	FAILS(recvmmsg(s[1], m, 4, MSG_DONTWAIT, &none), EINVAL);
	none.tv_nsec = 0;
	CHECK_EQ(write(s[0], "x", 1), 1);
	CHECK_EQ(write(s[0], "x", 1), 1);
	CHECK_EQ(recvmmsg(s[1], m, 4, 0, &none), 1);
}

CASE(dgram_self)
{
	int fd = bound(SOCK_DGRAM, "me");

	OK(connect_name(fd, "me"));
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_EQ(read(fd, buffer, 9), 1);
}

CASE(dgram_no_connections)
{
	int fd = bound(SOCK_DGRAM, "d");

	FAILS(listen(fd, 1), EOPNOTSUPP);
	FAILS(accept(fd, NULL, NULL), EOPNOTSUPP);
}

CASE(raw_is_dgram)
{
	CHECK_EQ(get_int(new_socket(SOCK_RAW), SO_TYPE), SOCK_DGRAM);
}

CASE(seqpacket_messages_and_end)
{
	struct got g;
	int s[2];

	pair(SOCK_SEQPACKET, s);
	CHECK_EQ(write(s[0], "abc", 3), 3);
	CHECK_EQ(send(s[0], "defgh", 5, MSG_EOR), 5);
	CHECK_EQ(receive(s[1], buffer, 2, 0, 0, &g), 2);
	CHECK_EQ(g.flags & MSG_TRUNC, MSG_TRUNC);
	CHECK_EQ(read(s[1], buffer, 100), 5);
	OK(close(s[0]));
	CHECK_EQ(ready(s[1], POLLIN | POLLOUT | POLLRDHUP),
		 POLLIN | POLLOUT | POLLHUP | POLLRDHUP);
	CHECK_EQ(read(s[1], buffer, 9), 0);
	CHECK_EQ(recv(s[1], buffer, 9, MSG_DONTWAIT), 0);
	FAILS(write(s[1], "x", 1), EPIPE);
	FAILS(send(s[1], "x", 1, 0), EPIPE);
}

CASE(seqpacket_unread_messages_reset_the_other)
{
	int s[2];

	pair(SOCK_SEQPACKET, s);
	CHECK_EQ(write(s[0], "lost", 4), 4);
	OK(close(s[1]));
	FAILS(read(s[0], buffer, 10), ECONNRESET);
	CHECK_EQ(read(s[0], buffer, 10), 0);
}

CASE(seqpacket_connections)
{
	int l = listener(SOCK_SEQPACKET, "l", 3), c, a;

	FAILS(connect_name(new_socket(SOCK_STREAM), "l"), EPROTOTYPE);
	c = connected(SOCK_SEQPACKET, "l");
	CHECK_EQ(write(c, "early", 5), 5);
	a = (int)OK(accept(l, NULL, NULL));
	CHECK_EQ(read(a, buffer, 99), 5);
	/* A name beside a message is not looked at. */
	CHECK_EQ(send_name(a, "x", 1, 0, "nowhere"), 1);
	CHECK_EQ(read(c, buffer, 99), 1);
	FAILS(write(new_socket(SOCK_SEQPACKET), "x", 1), ENOTCONN);
	FAILS(read(new_socket(SOCK_SEQPACKET), buffer, 1), ENOTCONN);
}

static void *
send_many(void *arg)
{
	int out = new_socket(SOCK_DGRAM), id = (int)(intptr_t)arg;

	for (int i = 0; i < 1000; i++) {
		int message[2] = { id, i };

		CHECK_EQ(send_name(out, message, sizeof(message), 0, "in"),
			 sizeof(message));
	}
	return NULL;
}

CASE(dgram_eight_senders_lose_nothing)
{
	int in = bound(SOCK_DGRAM, "in"), next[8] = { 0 };
	pthread_t t[8];

	for (int i = 0; i < 8; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, send_many,
					(void *)(intptr_t)i),
			 0);
	for (int n = 0; n < 8000; n++) {
		int message[2];

		CHECK_EQ(read(in, message, sizeof(message)), sizeof(message));
		CHECK_EQ(message[1], next[message[0]]);
		next[message[0]]++;
	}
	for (int i = 0; i < 8; i++)
		pthread_join(t[i], NULL);
}
