/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * net/socket_abi.h - numbers and structures of the socket calls that the
 * kernel's exported headers leave to the C library.  What those headers do have
 * (SOL_SOCKET, SO_*, SIOC*, struct sockaddr_un) is included from them.
 *
 * Checked on the host against <sys/socket.h> by tests/unit/socket_abi_test.c.
 * Source: man 2 socket, send, recv; man 3 cmsg; man 7 socket, unix.
 */

#include <asm/socket.h>
#include <linux/net.h>
#include <linux/un.h>

#include "lib/types.h"

/* Families: those we name; one past the last Linux knows. */
#define AF_UNSPEC 0
#define AF_UNIX   1
#define AF_MAX    46

#define SOCK_STREAM    1
#define SOCK_DGRAM     2
#define SOCK_RAW       3
#define SOCK_SEQPACKET 5
#define SOCK_TYPES     11
#define SOCK_TYPE_MASK 0xfu
#define SOCK_NONBLOCK  04000u
#define SOCK_CLOEXEC   02000000u

#define SHUT_RD   0
#define SHUT_WR   1
#define SHUT_RDWR 2

#define MSG_OOB          0x1u
#define MSG_PEEK         0x2u
#define MSG_CTRUNC       0x8u
#define MSG_TRUNC        0x20u
#define MSG_DONTWAIT     0x40u
#define MSG_EOR          0x80u
#define MSG_WAITALL      0x100u
#define MSG_ERRQUEUE     0x2000u
#define MSG_NOSIGNAL     0x4000u
#define MSG_WAITFORONE   0x10000u
#define MSG_CMSG_CLOEXEC 0x40000000u

#define SCM_RIGHTS      1
#define SCM_CREDENTIALS 2
#define SCM_MAX_FD      253u

#define SOMAXCONN 4096

/* struct ucred */
struct socket_cred {
	pid_t pid;
	uid_t uid;
	gid_t gid;
};

/* struct msghdr, mmsghdr, cmsghdr */
struct user_msghdr {
	void USER *name;
	int name_len;
	void USER *iov;
	size_t iov_len;
	void USER *control;
	size_t control_len;
	unsigned flags;
};

struct user_mmsghdr {
	struct user_msghdr header;
	unsigned len;
};

struct user_cmsghdr {
	size_t len; /* header included */
	int level;
	int type;
};

#define CMSG_ALIGNED(n) (((n) + sizeof(size_t) - 1) & ~(sizeof(size_t) - 1))
