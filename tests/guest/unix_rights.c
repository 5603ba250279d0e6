/* SPDX-License-Identifier: MIT */
/*
 * unix_rights.c - descriptors and credentials beside the bytes, and what must
 * not be left behind when they go in circles.
 */
#include "sockets.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>

static char buffer[1000];

CASE(rights_travel)
{
	int s[2], p[2], fds[2];
	struct got g;

	pair(SOCK_STREAM, s);
	OK(pipe(p));
	fds[0] = p[0];
	fds[1] = p[1];
	CHECK_EQ(send_fds(s[0], "x", 1, fds, 2, 0), 1);
	OK(close(p[0]));
	CHECK_EQ(receive(s[1], buffer, 9, 200, 0, &g), 1);
	CHECK_EQ(g.nfds, 2);
	CHECK_EQ(g.flags, 0);
	CHECK_EQ(g.control_len, CMSG_SPACE(2 * sizeof(int)));
	CHECK_EQ(fcntl(g.fds[0], F_GETFD), 0);
	CHECK_EQ(write(p[1], "through", 7), 7);
	CHECK_EQ(read(g.fds[0], buffer, 9), 7);
	OK(close(p[1]));
	OK(close(g.fds[1]));
	CHECK_EQ(read(g.fds[0], buffer, 9), 0);
}

CASE(rights_share_the_open_file)
{
	int s[2], fd;
	struct got g;

	put_file("f", "abcdef");
	fd = (int)OK(open("f", O_RDONLY));
	pair(SOCK_DGRAM, s);
	CHECK_EQ(send_fds(s[0], "", 0, &fd, 1, 0), 0);
	CHECK_EQ(receive(s[1], buffer, 9, 200, MSG_CMSG_CLOEXEC, &g), 0);
	CHECK_EQ(g.nfds, 1);
	CHECK_EQ(fcntl(g.fds[0], F_GETFD), FD_CLOEXEC);
	CHECK_EQ(g.flags, MSG_CMSG_CLOEXEC);
	CHECK_EQ(read(fd, buffer, 2), 2);
	CHECK_EQ(lseek(g.fds[0], 0, SEEK_CUR), 2);
}

CASE(rights_to_another_process)
{
	int s[2], p[2];
	pid_t child;

	pair(SOCK_SEQPACKET, s);
	child = CHILD(
		struct got g; CHECK_EQ(receive(s[1], buffer, 9, 200, 0, &g), 1);
		CHECK_EQ(g.nfds, 1); CHECK_EQ(write(g.fds[0], "hi", 2), 2));
	OK(pipe(p));
	CHECK_EQ(send_fds(s[0], "x", 1, &p[1], 1, 0), 1);
	OK(close(p[1]));
	CHECK_EQ(read(p[0], buffer, 9), 2);
	EXITS(child, 0);
	CHECK_EQ(read(p[0], buffer, 9), 0);
}

CASE(rights_stop_a_stream_read)
{
	int s[2], p[2];
	struct got g;

	pair(SOCK_STREAM, s);
	OK(pipe(p));
	CHECK_EQ(write(s[0], "ab", 2), 2);
	CHECK_EQ(send_fds(s[0], "cd", 2, p, 1, 0), 2);
	CHECK_EQ(write(s[0], "ef", 2), 2);
	/* What is before comes along; what is behind does not. */
	CHECK_EQ(receive(s[1], buffer, 99, 200, 0, &g), 4);
	CHECK_EQ(g.nfds, 1);
	CHECK_EQ(receive(s[1], buffer, 99, 200, 0, &g), 2);
	CHECK_EQ(g.nfds, 0);
	CHECK_EQ(send_fds(s[0], "abcd", 4, p, 1, 0), 4);
	CHECK_EQ(receive(s[1], buffer, 1, 200, 0, &g), 1);
	CHECK_EQ(g.nfds, 1);
	CHECK_EQ(receive(s[1], buffer, 9, 200, 0, &g), 3);
	CHECK_EQ(g.nfds, 0);
}

CASE(rights_nobody_can_take_are_closed)
{
	int s[2], p[2];
	struct got g;

	pair(SOCK_STREAM, s);
	for (int i = 0; i < 4; i++) {
		OK(pipe(p));
		CHECK_EQ(send_fds(s[0], "x", 1, &p[1], 1, 0), 1);
		OK(close(p[1]));
		if (i == 0) {
			CHECK_EQ(read(s[1], buffer, 9), 1);
		} else if (i == 1) {
			CHECK_EQ(recv(s[1], buffer, 9, 0), 1);
		} else if (i == 2) {
			CHECK_EQ(receive(s[1], buffer, 9, 0, 0, &g), 1);
			CHECK_EQ(g.flags, MSG_CTRUNC);
		} else {
			OK(close(s[1])); /* with the message unread */
		}
		CHECK_EQ(read(p[0], buffer, 9), 0);
		OK(close(p[0]));
	}
}

CASE(rights_as_many_as_fit)
{
	int s[2], p[2], fds[3];
	struct got g;

	pair(SOCK_STREAM, s);
	OK(pipe(p));
	fds[0] = fds[1] = fds[2] = p[0];
	CHECK_EQ(send_fds(s[0], "x", 1, fds, 3, 0), 1);
	CHECK_EQ(receive(s[1], buffer, 9, CMSG_LEN(2 * sizeof(int)), 0, &g), 1);
	CHECK_EQ(g.nfds, 2);
	CHECK_EQ(g.flags, MSG_CTRUNC);
	CHECK_EQ(send_fds(s[0], "x", 1, fds, 3, 0), 1);
	CHECK_EQ(receive(s[1], buffer, 9, CMSG_LEN(0), 0, &g), 1);
	CHECK_EQ(g.nfds, 0);
	CHECK_EQ(g.flags, MSG_CTRUNC);
	CHECK_EQ(g.control_len, 0);
}

CASE(rights_without_descriptors_left)
{
	int s[2], p[2], fds[2];
	struct rlimit lim;
	struct got g;

	pair(SOCK_STREAM, s);
	OK(pipe(p));
	fds[0] = p[0];
	fds[1] = p[1];
	CHECK_EQ(send_fds(s[0], "x", 1, fds, 2, 0), 1);
	OK(getrlimit(RLIMIT_NOFILE, &lim));
	lim.rlim_cur = (rlim_t)p[1] + 2;
	OK(setrlimit(RLIMIT_NOFILE, &lim));
	CHECK_EQ(receive(s[1], buffer, 9, 200, 0, &g), 1);
	CHECK_EQ(g.nfds, 1);
	CHECK_EQ(g.flags, MSG_CTRUNC);
}

CASE(rights_peeked_are_copies)
{
	int s[2], p[2];
	struct got g;

	pair(SOCK_STREAM, s);
	OK(pipe(p));
	CHECK_EQ(send_fds(s[0], "xy", 2, &p[1], 1, 0), 2);
	OK(close(p[1]));
	CHECK_EQ(receive(s[1], buffer, 9, 200, MSG_PEEK, &g), 2);
	CHECK_EQ(g.nfds, 1);
	OK(close(g.fds[0]));
	CHECK_EQ(receive(s[1], buffer, 9, 200, 0, &g), 2);
	CHECK_EQ(g.nfds, 1);
	OK(fcntl(p[0], F_SETFL, O_NONBLOCK));
	FAILS(read(p[0], buffer, 1), EAGAIN);
	OK(close(g.fds[0]));
	CHECK_EQ(read(p[0], buffer, 1), 0);
}

CASE(rights_errors)
{
	static int many[256];
	int s[2], bad = 9999;

	pair(SOCK_STREAM, s);
	FAILS(send_fds(s[0], "x", 1, &bad, 1, 0), EBADF);
	for (int i = 0; i < 256; i++)
		many[i] = s[0];
	FAILS(send_fds(s[0], "x", 1, many, 254, 0), EINVAL);
	CHECK_EQ(send_fds(s[0], "x", 1, many, 253, 0), 1);
	OK(close(s[1]));
	FAILS(send_fds(s[0], "x", 1, many, 1, MSG_NOSIGNAL), EPIPE);
}

CASE(rights_in_two_lists_are_one)
{
	struct iovec iov = { "x", 1 };
	struct {
		char bytes[2 * CMSG_SPACE(2 * sizeof(int))];
	} control = { 0 };
	struct msghdr h = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&h);
	struct got g;
	int s[2], p[2];

	pair(SOCK_STREAM, s);
	OK(pipe(p));
	for (int i = 0; i < 2; i++) {
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(2 * sizeof(int));
		memcpy(CMSG_DATA(c), p, sizeof(p));
		c = (struct cmsghdr *)(control.bytes +
				       CMSG_SPACE(2 * sizeof(int)));
	}
	CHECK_EQ(send_raw(s[0], &h, 0), 1);
	CHECK_EQ(receive(s[1], buffer, 9, 200, 0, &g), 1);
	CHECK_EQ(g.nfds, 4);
	CHECK_EQ(write(g.fds[3], "y", 1), 1);
	CHECK_EQ(read(g.fds[0], buffer, 1), 1);
}

CASE(rights_path_only_files)
{
	int s[2], fd = (int)OK(open(".", O_PATH));
	struct got g;

	pair(SOCK_STREAM, s);
	CHECK_EQ(send_fds(s[0], "x", 1, &fd, 1, 0), 1);
	CHECK_EQ(receive(s[1], buffer, 9, 200, 0, &g), 1);
	CHECK_EQ(fcntl(g.fds[0], F_GETFL) & O_PATH, O_PATH);
}

CASE(rights_limit_of_the_user)
{
	struct rlimit lim = { 20, 20 };

	need_root();
	EXITS(CHILD(int s[2]; int n = 0; become_nobody(); pair(SOCK_STREAM, s);
		    OK(setrlimit(RLIMIT_NOFILE, &lim));
		    while (send_fds(s[0], "x", 1, s, 2, MSG_DONTWAIT) == 1) n++;
		    CHECK_EQ(errno, ETOOMANYREFS); CHECK_EQ(n, 11)),
	      0);
}

CASE(cred_of_the_sender)
{
	int s[2], off = 0;
	struct got g;
	pid_t child;

	pair(SOCK_STREAM, s);
	CHECK_EQ(get_int(s[1], SO_PASSCRED), 0);
	set_int(s[1], SO_PASSCRED, 1);
	CHECK_EQ(write(s[0], "ab", 2), 2);
	child = CHILD(CHECK_EQ(write(s[0], "cd", 2), 2));
	EXITS(child, 0);
	/* Bytes of two senders are not received at once. */
	CHECK_EQ(receive(s[1], buffer, 9, 200, 0, &g), 2);
	CHECK(g.has_cred);
	CHECK_EQ(g.cred.pid, getpid());
	CHECK_EQ(g.cred.uid, getuid());
	CHECK_EQ(g.cred.gid, getgid());
	CHECK_EQ(receive(s[1], buffer, 9, 200, 0, &g), 2);
	CHECK_EQ(g.cred.pid, child);
	OK(setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &off, sizeof(off)));
	CHECK_EQ(write(s[0], "ef", 2), 2);
	CHECK_EQ(receive(s[1], buffer, 9, 200, 0, &g), 2);
	CHECK(!g.has_cred);
}

/* sendmsg(2) with SCM_CREDENTIALS. */
static ssize_t
send_cred(int fd, pid_t pid, uid_t uid, gid_t gid)
{
	struct ucred who = { pid, uid, gid };
	struct iovec iov = { "c", 1 };
	char control[CMSG_SPACE(sizeof(who))] = { 0 };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c = (struct cmsghdr *)control;

	h.msg_control = control;
	h.msg_controllen = sizeof(control);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_CREDENTIALS;
	c->cmsg_len = CMSG_LEN(sizeof(who));
	memcpy(CMSG_DATA(c), &who, sizeof(who));
	return send_raw(fd, &h, 0);
}

CASE(cred_that_is_claimed)
{
	struct got g;
	int s[2];

	need_root();
	pair(SOCK_DGRAM, s);
	set_int(s[1], SO_PASSCRED, 1);
	CHECK_EQ(send_cred(s[0], getpid(), 12, 34), 1);
	CHECK_EQ(receive(s[1], buffer, 9, 200, 0, &g), 1);
	CHECK(g.cred.uid == 12 && g.cred.gid == 34);
	CHECK_EQ(send_cred(s[0], getppid(), 0, 0), 1);
	CHECK_EQ(receive(s[1], buffer, 9, 200, 0, &g), 1);
	CHECK_EQ(g.cred.pid, getppid());
	FAILS(send_cred(s[0], 4194000, 0, 0), ESRCH);
	FAILS(send_cred(s[0], getpid(), (uid_t)-1, 0), EINVAL);
	become_nobody();
	CHECK_EQ(send_cred(s[0], getpid(), 65534, 65534), 1);
	FAILS(send_cred(s[0], getpid(), 0, 65534), EPERM);
	FAILS(send_cred(s[0], getpid(), 65534, 0), EPERM);
	FAILS(send_cred(s[0], getppid(), 65534, 65534), EPERM);
}

CASE(cred_of_the_peer)
{
	struct ucred who;
	socklen_t len = sizeof(who);
	int s[2], l = listener(SOCK_STREAM, "l", 3), c, a;
	pid_t child;

	pair(SOCK_STREAM, s);
	OK(getsockopt(s[0], SOL_SOCKET, SO_PEERCRED, &who, &len));
	CHECK_EQ(len, sizeof(who));
	CHECK_EQ(who.pid, getpid());
	CHECK_EQ(who.uid, geteuid());
	OK(getsockopt(new_socket(SOCK_STREAM), SOL_SOCKET, SO_PEERCRED, &who,
		      &len));
	CHECK(who.pid == 0 && who.uid == (uid_t)-1 && who.gid == (gid_t)-1);
	child = CHILD(c = connected(SOCK_STREAM, "l");
		      OK(getsockopt(c, SOL_SOCKET, SO_PEERCRED, &who, &len));
		      CHECK_EQ(who.pid, getppid()));
	a = (int)OK(accept(l, NULL, NULL));
	OK(getsockopt(a, SOL_SOCKET, SO_PEERCRED, &who, &len));
	CHECK_EQ(who.pid, child);
	EXITS(child, 0);
}

CASE(groups_of_the_peer)
{
	gid_t groups[3] = { 5, 7, 9 }, got[8];
	socklen_t len = sizeof(got);
	int s[2];

	need_root();
	OK(syscall(SYS_setgroups, 3, groups));
	pair(SOCK_STREAM, s);
	OK(getsockopt(s[0], SOL_SOCKET, 59 /* SO_PEERGROUPS */, got, &len));
	CHECK_EQ(len, 12);
	CHECK(!memcmp(got, groups, 12));
	len = 4;
	FAILS(getsockopt(s[0], SOL_SOCKET, 59, got, &len), ERANGE);
	CHECK_EQ(len, 12);
	len = 4;
	FAILS(getsockopt(new_socket(SOCK_STREAM), SOL_SOCKET, 59, got, &len),
	      ENODATA);
}

CASE(control_errors)
{
	char control[64] = { 0 };
	struct iovec iov = { "x", 1 };
	struct msghdr h = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *c = (struct cmsghdr *)control;
	int s[2];

	pair(SOCK_STREAM, s);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = 3;
	FAILS(send_raw(s[0], &h, 0), EINVAL);
	c->cmsg_len = 65;
	FAILS(send_raw(s[0], &h, 0), EINVAL);
	c->cmsg_len = CMSG_LEN(4);
	c->cmsg_type = 77;
	FAILS(send_raw(s[0], &h, 0), EINVAL);
	c->cmsg_type = SCM_CREDENTIALS;
	FAILS(send_raw(s[0], &h, 0), EINVAL);
	c->cmsg_level = 0;
	h.msg_controllen = CMSG_SPACE(4);
	CHECK_EQ(send_raw(s[0], &h, 0), 1);
	h.msg_controllen = 1u << 30;
	FAILS(send_raw(s[0], &h, 0), ENOBUFS);
	h.msg_controllen = 32;
	h.msg_control = before_hole();
	FAILS(send_raw(s[0], &h, 0), EFAULT);
}

/* --- circles -------------------------------------------------------------- */

/* Pages of the kernel in use; -1 = this is not the kernel that tells. */
static long
kernel_frames(void)
{
	static char text[8000];
	char *p;
	long sum = 0;

	if (access("/proc/umbra/frames", R_OK))
		return -1;
	get_file("/proc/umbra/frames", text, sizeof(text));
	for (p = strtok(text, "\n"); p; p = strtok(NULL, "\n")) {
		if (strstr(p, "pipe"))
			sum += strtol(p + strcspn(p, "0123456789"), NULL, 10);
	}
	return sum;
}

/* Sockets there are, as /proc/net/unix counts them. */
static long
sockets(void)
{
	static char text[1000000];
	long n = 0;

	get_file("/proc/net/unix", text, sizeof(text));
	for (char *p = text; *p; p++)
		n += *p == '\n';
	return n;
}

static void
close_any_socket(void)
{
	close(new_socket(SOCK_DGRAM));
}

/* Garbage may be found a little later: on Linux another thread looks. */
static void
wait_for_sockets(long most)
{
	for (int i = 0; i < 200; i++) {
		close_any_socket();
		if (sockets() <= most)
			return;
		sleep_ms(20);
	}
	CHECK_EQ(sockets(), most);
}

CASE(circle_of_one)
{
	long before = sockets();

	for (int i = 0; i < 50; i++) {
		int s[2];

		pair(SOCK_DGRAM, s);
		CHECK_EQ(send_fds(s[0], "x", 1, &s[1], 1, 0), 1);
		OK(close(s[1]));
		OK(close(s[0]));
	}
	wait_for_sockets(before);
}

CASE(circle_of_two)
{
	long before = sockets();

	for (int i = 0; i < 50; i++) {
		int s[2];

		pair(SOCK_STREAM, s);
		CHECK_EQ(send_fds(s[0], "x", 1, &s[0], 1, 0), 1);
		CHECK_EQ(send_fds(s[1], "x", 1, &s[1], 1, 0), 1);
		OK(close(s[0]));
		OK(close(s[1]));
	}
	wait_for_sockets(before);
}

CASE(circle_through_a_listener)
{
	long before = sockets();

	for (int i = 0; i < 20; i++) {
		char text[40];
		int l, c;

		/* Linux frees a name when it gets round to it. */
		snprintf(text, sizeof(text), "@circle-%d-%d", getpid(), i);
		l = listener(SOCK_STREAM, text, 5);
		c = connected(SOCK_STREAM, text);
		CHECK_EQ(send_fds(c, "x", 1, &l, 1, 0), 1);
		CHECK_EQ(send_fds(c, "x", 1, &c, 1, 0), 1);
		OK(close(l));
		OK(close(c));
		wait_for_sockets(before);
	}
}

CASE(circle_that_can_be_reached_stays)
{
	int s[2], t[2];
	struct got g;

	pair(SOCK_STREAM, s);
	pair(SOCK_STREAM, t);
	/* t[1] waits in s[1]'s queue, and s[0] in t[1]'s. */
	CHECK_EQ(send_fds(s[0], "a", 1, &t[1], 1, 0), 1);
	CHECK_EQ(send_fds(t[0], "b", 1, &s[0], 1, 0), 1);
	OK(close(t[1]));
	OK(close(s[0]));
	for (int i = 0; i < 10; i++)
		close_any_socket();
	CHECK_EQ(receive(s[1], buffer, 9, 200, 0, &g), 1);
	CHECK_EQ(g.nfds, 1);
	CHECK_EQ(receive(g.fds[0], buffer, 9, 200, 0, &g), 1);
	CHECK_EQ(g.nfds, 1);
	CHECK_EQ(write(g.fds[0], "round", 5), 5);
	CHECK_EQ(read(s[1], buffer, 9), 5);
}

/* Each socket waits in the queue of the next. */
CASE(chain_as_long_as_the_stack_is_not)
{
	long before = sockets();
	int s[2], next[2];

	need_root(); /* no limit of what is in flight */
	pair(SOCK_DGRAM, s);
	for (int i = 0; i < 5000; i++) {
		pair(SOCK_DGRAM, next);
		CHECK_EQ(send_fds(next[0], "x", 1, &s[1], 1, 0), 1);
		OK(close(s[0]));
		OK(close(s[1]));
		s[0] = next[0];
		s[1] = next[1];
	}
	OK(close(s[0]));
	OK(close(s[1]));
	wait_for_sockets(before);
}

/* --- stress --------------------------------------------------------------- */

#define POOL 12

static unsigned
draw(unsigned *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 16;
}

/* Sockets sent over sockets, in any order, kept and lost. */
static void *
pass_around(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg;
	int pool[POOL];
	struct got *g = malloc(sizeof(*g));

	for (int i = 0; i < POOL; i += 2)
		pair(i % 4 ? SOCK_STREAM : SOCK_DGRAM, &pool[i]);
	for (int n = 0; n < 1500; n++) {
		int a = draw(&seed) % POOL, b = draw(&seed) % POOL, fds[3];
		size_t count = 1 + draw(&seed) % 3;
		char byte[8];

		switch (draw(&seed) % 8) {
		case 0:
		case 1:
		case 2:
			for (size_t i = 0; i < count; i++)
				fds[i] = pool[draw(&seed) % POOL];
			(void)!send_fds(pool[a], "m", 1, fds, count,
					MSG_DONTWAIT | MSG_NOSIGNAL);
			break;
		case 3:
			if (receive(pool[a], byte, 8, 200, MSG_DONTWAIT, g) < 0)
				break;
			for (size_t i = 0; i < g->nfds; i++) {
				close(pool[b]);
				pool[b] = g->fds[i];
				b = (b + 1) % POOL;
			}
			break;
		case 4:
			if (receive(pool[a], byte, 8, 200,
				    MSG_DONTWAIT | MSG_PEEK, g) < 0)
				break;
			for (size_t i = 0; i < g->nfds; i++)
				close(g->fds[i]);
			break;
		case 5:
			(void)!read(pool[a] * 0 + pool[b], byte, 0);
			break;
		case 6:
			a &= ~1;
			close(pool[a]);
			close(pool[a + 1]);
			pair(SOCK_SEQPACKET, &pool[a]);
			break;
		default:
			(void)!recv(pool[a], byte, 8, MSG_DONTWAIT);
		}
	}
	for (int i = 0; i < POOL; i++)
		close(pool[i]);
	free(g);
	return NULL;
}

static void
stress_threads(unsigned round)
{
	pthread_t t[8];

	for (unsigned i = 0; i < 8; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, pass_around,
					(void *)(uintptr_t)(round * 8 + i)),
			 0);
	for (unsigned i = 0; i < 8; i++)
		pthread_join(t[i], NULL);
}

CASE(stress_circles_of_eight_threads)
{
	long before = sockets(), frames = kernel_frames();

	guest_limit(120);
	for (unsigned round = 0; round < (frames < 0 ? 1 : 4); round++)
		EXITS(CHILD(stress_threads(round)), 0);
	/* Linux 6.18 itself leaves some of these behind. */
	if (frames < 0)
		return;
	wait_for_sockets(before);
	CHECK(kernel_frames() <= frames + 8);
}

CASE(stress_killed_at_random)
{
	long before = sockets(), frames = kernel_frames();
	unsigned seed = 42;

	guest_limit(120);
	for (int round = 0; round < 12; round++) {
		pid_t child = CHILD(stress_threads((unsigned)round + 100));
		int status;

		sleep_ms(10 + draw(&seed) % 60);
		OK(kill(child, SIGKILL));
		OK(waitpid(child, &status, 0));
	}
	/* Linux 6.18 itself leaves some of these behind. */
	if (frames < 0)
		return;
	wait_for_sockets(before);
	CHECK(kernel_frames() <= frames + 8);
}
