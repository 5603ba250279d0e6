/* SPDX-License-Identifier: MIT */
#include <linux/fcntl.h>

#include "net/socket.h"
#include "syscall/define.h"
#include "syscall/sockets.h"

/*
 * syscall/sys_socket.c - making, naming and connecting sockets, options.
 * Sending and receiving: sys_message.c.
 */

#define TYPE_FLAGS (SOCK_CLOEXEC | SOCK_NONBLOCK)

/* --- decoding ------------------------------------------------------------- */

int
socket_ref_get(struct socket_ref *r, int fd)
{
	int err;

	r->file = fd_get(current_task()->files, fd);
	if (!r->file)
		return -EBADF;
	r->socket = socket_of(r->file);
	if (likely(r->socket))
		return 0;
	err = atomic_load(&r->file->flags) & O_PATH ? -EBADF : -ENOTSOCK;
	file_put(r->file);
	return err;
}

void
socket_ref_put(struct socket_ref *r)
{
	file_put(r->file);
}

int
user_address_get(struct socket_address *a, const void USER *user, int len)
{
	memset(a, 0, sizeof(*a));
	if (len < 0 || (size_t)len > sizeof(a->bytes))
		return -EINVAL;
	a->len = (size_t)len;
	return copy_from_user(a->bytes, user, a->len);
}

int
user_address_put(const struct socket_address *a, void USER *user,
		 int USER *user_len)
{
	int room, len = (int)a->len;

	if (get_user(room, user_len))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	if (copy_to_user(user, a->bytes, (size_t)MIN(room, len)))
		return -EFAULT;
	return put_user(len, user_len);
}

static int
type_flags(int type)
{
	unsigned flags = (unsigned)type & ~SOCK_TYPE_MASK;

	return flags & ~TYPE_FLAGS ? -EINVAL : 0;
}

static long
install(struct file *f, unsigned flags)
{
	int fd = fd_install(current_task()->files, f, 0, fd_limit(),
			    flags & SOCK_CLOEXEC);

	if (fd < 0)
		file_put(f);
	return fd;
}

/* --- making --------------------------------------------------------------- */

/*
 * socket(2): -EAFNOSUPPORT, -EINVAL (flags), -EMFILE, -ENFILE, -ENOMEM,
 * -EPROTONOSUPPORT, -ESOCKTNOSUPPORT.
 */
SYSCALL3(socket, int, family, int, type, int, protocol)
{
	struct file *f;
	int err;

	err = type_flags(type);
	if (!err)
		err = socket_create(family, (unsigned)type, protocol, &f);
	return err ? err : install(f, (unsigned)type);
}

/* socketpair(2): as socket(2); -EFAULT, -EOPNOTSUPP. */
SYSCALL4(socketpair, int, family, int, type, int, protocol, int32_t USER *,
	 user_fds)
{
	struct fd_table *files = current_task()->files;
	struct file *ends[2];
	int fds[2], err;

	err = type_flags(type);
	if (!err)
		err = socket_create_pair(family, (unsigned)type, protocol,
					 ends);
	if (err)
		return err;
	err = fd_install_pair(files, ends[0], ends[1], fd_limit(),
			      (unsigned)type & SOCK_CLOEXEC, fds);
	if (err) {
		file_put(ends[0]);
		file_put(ends[1]);
		return err;
	}
	if (copy_to_user(user_fds, fds, sizeof(fds))) {
		(void)fd_close(files, fds[0]);
		(void)fd_close(files, fds[1]);
		return -EFAULT;
	}
	return 0;
}

/* --- names and connections ------------------------------------------------ */

static int
bind_to(struct socket *s, const void USER *user, int len)
{
	struct walk w = current_walk();
	struct socket_address a;
	int err = user_address_get(&a, user, len);

	if (err)
		return err;
	return s->ops->bind ? s->ops->bind(s, &w, &a) : -EOPNOTSUPP;
}

static int
connect_to(struct socket *s, const void USER *user, int len)
{
	struct walk w = current_walk();
	struct socket_address a;
	int err = user_address_get(&a, user, len);

	if (err)
		return err;
	return s->ops->connect
		       ? s->ops->connect(s, &w, &a, socket_nonblocking(s))
		       : -EOPNOTSUPP;
}

/*
 * bind(2): -EADDRINUSE, -EBADF, -EFAULT, -EINVAL, -ENOTSOCK, and for paths what
 * mknod(2) says.
 */
SYSCALL3(bind, int, fd, const void USER *, user, int, len)
{
	struct socket_ref r;
	int err = socket_ref_get(&r, fd);

	if (err)
		return err;
	err = bind_to(r.socket, user, len);
	socket_ref_put(&r);
	return err;
}

/*
 * connect(2): -EAGAIN, -EBADF, -ECONNREFUSED, -EFAULT, -EINTR, -EINVAL,
 * -EISCONN, -ENOTSOCK, -EPERM, -EPROTOTYPE, and what finding a path says.
 */
SYSCALL3(connect, int, fd, const void USER *, user, int, len)
{
	struct socket_ref r;
	int err = socket_ref_get(&r, fd);

	if (err)
		return err;
	err = connect_to(r.socket, user, len);
	socket_ref_put(&r);
	return err;
}

/* listen(2): -EBADF, -EINVAL (not bound, connected), -ENOTSOCK, -EOPNOTSUPP. */
SYSCALL2(listen, int, fd, int, backlog)
{
	unsigned most = atomic_load(&socket_backlog_max);
	struct socket_ref r;
	int err = socket_ref_get(&r, fd);

	if (err)
		return err;
	err = -EOPNOTSUPP;
	if (r.socket->ops->listen)
		err = r.socket->ops->listen(r.socket,
					    MIN((unsigned)backlog, most));
	socket_ref_put(&r);
	return err;
}

/* Accept a connection and tell its address: an error leaves no file. */
static int
accept_file(struct socket *s, void USER *user, int USER *user_len,
	    unsigned flags, struct file **f)
{
	struct socket_address a;
	int err = s->ops->accept(s, socket_nonblocking(s), f);

	if (err)
		return err;
	if (flags & SOCK_NONBLOCK)
		atomic_fetch_or(&(*f)->flags, O_NONBLOCK);
	if (user) {
		/* A peer that has gone already has left its name. */
		err = socket_of(*f)->ops->peer_name(socket_of(*f), &a);
		if (err)
			err = -ECONNABORTED;
		else
			err = user_address_put(&a, user, user_len);
	}
	if (err)
		file_put(*f);
	return err;
}

/* The descriptor comes first: no connection is taken that cannot be given. */
static long
accept_from(struct socket *s, void USER *user, int USER *user_len,
	    unsigned flags)
{
	struct fd_table *files = current_task()->files;
	struct file *f;
	int fd, err;

	if (!s->ops->accept)
		return -EOPNOTSUPP;
	fd = fd_reserve(files, 0, fd_limit());
	if (fd < 0)
		return fd;
	err = accept_file(s, user, user_len, flags, &f);
	if (err) {
		fd_unreserve(files, fd);
		return err;
	}
	fd_fill(files, fd, f, flags & SOCK_CLOEXEC);
	return fd;
}

static long
do_accept(int fd, void USER *user, int USER *user_len, unsigned flags)
{
	struct socket_ref r;
	long result;

	if (flags & ~TYPE_FLAGS)
		return -EINVAL;
	result = socket_ref_get(&r, fd);
	if (result)
		return result;
	result = accept_from(r.socket, user, user_len, flags);
	socket_ref_put(&r);
	return result;
}

/*
 * accept(2), accept4(2): -EAGAIN, -EBADF, -EFAULT, -EINTR, -EINVAL, -EMFILE,
 * -ENOTSOCK, -EOPNOTSUPP.
 */
SYSCALL3(accept, int, fd, void USER *, user, int USER *, user_len)
{
	return do_accept(fd, user, user_len, 0);
}

SYSCALL4(accept4, int, fd, void USER *, user, int USER *, user_len, unsigned,
	 flags)
{
	return do_accept(fd, user, user_len, flags);
}

/* shutdown(2): -EBADF, -EINVAL, -ENOTSOCK. */
SYSCALL2(shutdown, int, fd, int, how)
{
	struct socket_ref r;
	int err = socket_ref_get(&r, fd);

	if (err)
		return err;
	err = socket_shutdown(r.socket, how);
	socket_ref_put(&r);
	return err;
}

static int
tell_name(int fd, void USER *user, int USER *user_len, bool peer)
{
	struct socket_address a;
	struct socket_ref r;
	int err = socket_ref_get(&r, fd);

	if (err)
		return err;
	err = peer ? r.socket->ops->peer_name(r.socket, &a)
		   : r.socket->ops->name(r.socket, &a);
	if (!err)
		err = user_address_put(&a, user, user_len);
	socket_ref_put(&r);
	return err;
}

/* getsockname(2), getpeername(2): -EBADF, -EFAULT, -EINVAL, -ENOTCONN, ... */
SYSCALL3(getsockname, int, fd, void USER *, user, int USER *, user_len)
{
	return tell_name(fd, user, user_len, false);
}

SYSCALL3(getpeername, int, fd, void USER *, user, int USER *, user_len)
{
	return tell_name(fd, user, user_len, true);
}

/* --- options -------------------------------------------------------------- */

/* setsockopt(2): -EBADF, -EDOM, -EFAULT, -EINVAL, -ENOPROTOOPT, -ENOTSOCK. */
SYSCALL5(setsockopt, int, fd, int, level, int, name, const void USER *, value,
	 int, len)
{
	struct socket_ref r;
	int err = socket_ref_get(&r, fd);

	if (err)
		return err;
	err = len < 0 ? -EINVAL
		      : socket_set_option(r.socket, level, name, value, len);
	socket_ref_put(&r);
	return err;
}

/* An option that does not fit says how long it is, with -ERANGE. */
static int
get_option(struct socket *s, int level, int name, void USER *value,
	   int USER *user_len)
{
	int room, len;
	ssize_t n;

	if (get_user(room, user_len))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	n = socket_get_option(s, level, name, value, (size_t)room);
	if (n < 0)
		return (int)n;
	len = (int)n;
	if (put_user(len, user_len))
		return -EFAULT;
	return len > room ? -ERANGE : 0;
}

/* getsockopt(2): -EBADF, -EFAULT, -EINVAL, -ENOPROTOOPT, -ENOTSOCK, -ERANGE. */
SYSCALL5(getsockopt, int, fd, int, level, int, name, void USER *, value,
	 int USER *, user_len)
{
	struct socket_ref r;
	int err = socket_ref_get(&r, fd);

	if (err)
		return err;
	err = get_option(r.socket, level, name, value, user_len);
	socket_ref_put(&r);
	return err;
}
