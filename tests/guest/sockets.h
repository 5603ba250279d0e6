/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * sockets.h - what the families about sockets share.
 */

#include "guest.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATH_OFFSET offsetof(struct sockaddr_un, sun_path)

struct name {
	struct sockaddr_un un;
	socklen_t len;
};

/* A path, or with a leading '@' an abstract name. */
static inline struct name
name(const char *text)
{
	struct name n = { .un.sun_family = AF_UNIX };
	size_t len = strlen(text);

	memcpy(n.un.sun_path, text, len);
	n.len = (socklen_t)(PATH_OFFSET + len + (*text != '@'));
	if (*text == '@')
		n.un.sun_path[0] = 0;
	return n;
}

static inline int
bind_name(int fd, const char *text)
{
	struct name n = name(text);

	return bind(fd, (struct sockaddr *)&n.un, n.len);
}

static inline int
connect_name(int fd, const char *text)
{
	struct name n = name(text);

	return connect(fd, (struct sockaddr *)&n.un, n.len);
}

static inline ssize_t
send_name(int fd, const void *buf, size_t len, int flags, const char *text)
{
	struct name n = name(text);

	return sendto(fd, buf, len, flags, (struct sockaddr *)&n.un, n.len);
}

static inline int
new_socket(int type)
{
	return (int)OK(socket(AF_UNIX, type, 0));
}

static inline int
bound(int type, const char *text)
{
	int fd = new_socket(type);

	OK(bind_name(fd, text));
	return fd;
}

static inline int
listener(int type, const char *text, int backlog)
{
	int fd = bound(type, text);

	OK(listen(fd, backlog));
	return fd;
}

static inline int
connected(int type, const char *text)
{
	int fd = new_socket(type);

	OK(connect_name(fd, text));
	return fd;
}

static inline void
pair(int type, int fds[2])
{
	OK(socketpair(AF_UNIX, type, 0, fds));
}

static inline void
set_int(int fd, int option, int value)
{
	OK(setsockopt(fd, SOL_SOCKET, option, &value, sizeof(value)));
}

static inline int
get_int(int fd, int option)
{
	socklen_t len = sizeof(int);
	int value = -12345;

	OK(getsockopt(fd, SOL_SOCKET, option, &value, &len));
	CHECK_EQ(len, sizeof(int));
	return value;
}

/* What poll says right now. */
static inline int
ready(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	OK(poll(&p, 1, 0));
	return p.revents;
}

static inline void
set_timeout(int fd, int option, long ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	OK(setsockopt(fd, SOL_SOCKET, option, &tv, sizeof(tv)));
}

/* sendmsg(2) itself: musl's has a limit of its own. */
static inline ssize_t
send_raw(int fd, const struct msghdr *h, int flags)
{
	return syscall(SYS_sendmsg, fd, h, flags);
}

/* One message with n descriptors; the result of sendmsg(2). */
static inline ssize_t
send_fds(int to, const void *buf, size_t len, const int *fds, size_t n,
	 int flags)
{
	struct iovec iov = { (void *)(uintptr_t)buf, len };
	char control[CMSG_SPACE(sizeof(int) * 256)] = { 0 };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c = (struct cmsghdr *)control;

	h.msg_control = control;
	h.msg_controllen = CMSG_SPACE(sizeof(int) * n);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int) * n);
	memcpy(CMSG_DATA(c), fds, sizeof(int) * n);
	return send_raw(to, &h, flags);
}

/* What came: bytes, descriptors, credentials. */
struct got {
	ssize_t n;
	int flags;
	int fds[256];
	size_t nfds;
	bool has_cred;
	struct ucred cred;
	bool has_stamp;
	struct timeval stamp;
	size_t control_len;
};

static inline ssize_t
receive(int fd, void *buf, size_t len, size_t control_room, int flags,
	struct got *g)
{
	char control[2048] = { 0 };
	struct iovec iov = { buf, len };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1 };

	memset(g, 0, sizeof(*g));
	h.msg_control = control_room ? control : NULL;
	h.msg_controllen = control_room;
	g->n = recvmsg(fd, &h, flags);
	if (g->n < 0)
		return g->n;
	g->flags = h.msg_flags;
	g->control_len = h.msg_controllen;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&h); c; c = CMSG_NXTHDR(&h, c)) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_RIGHTS) {
			g->nfds = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
			memcpy(g->fds, CMSG_DATA(c), g->nfds * sizeof(int));
		} else if (c->cmsg_type == SCM_CREDENTIALS) {
			g->has_cred = true;
			memcpy(&g->cred, CMSG_DATA(c), sizeof(g->cred));
		} else if (c->cmsg_type == SO_TIMESTAMP) {
			g->has_stamp = true;
			memcpy(&g->stamp, CMSG_DATA(c), sizeof(g->stamp));
		}
	}
	return g->n;
}
