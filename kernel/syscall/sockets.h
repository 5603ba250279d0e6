/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * syscall/sockets.h - decoding that the socket calls share.
 */

#include "net/socket.h"

struct socket_ref {
	struct file *file; /* referenced */
	struct socket *socket;
};

/* -EBADF, -ENOTSOCK. */
NODISCARD int socket_ref_get(struct socket_ref *r, int fd);
void socket_ref_put(struct socket_ref *r);

/* All bytes behind len are 0.  -EFAULT, -EINVAL. */
NODISCARD int
user_address_get(struct socket_address *a, const void USER *user, int len);
/* As much as *user_len says there is room for; then *user_len is its length. */
NODISCARD int user_address_put(const struct socket_address *a, void USER *user,
			       int USER *user_len);

/* sys_control.c: what stands beside the bytes of a message. */
NODISCARD int control_get(struct socket_control *c, const struct socket *s,
			  const void USER *user, size_t len);
/*
 * Descriptors are installed here.  How much of the room at user was used; sets
 * MSG_CTRUNC if it was not enough.  What c holds is spent.
 */
size_t control_put(struct socket_control *c, void USER *user, size_t room,
		   unsigned *flags);
