/* SPDX-License-Identifier: MIT */
#include <linux/fcntl.h>
#include <linux/time_types.h>
#include <linux/uio.h>

#include "arch/clock.h"
#include "mm/slab.h"
#include "net/socket.h"
#include "syscall/define.h"
#include "syscall/sockets.h"

/*
 * syscall/sys_message.c - sending and receiving.
 */

#define IOV_FAST  8
#define COUNT_MAX (INT32_MAX & PAGE_MASK) /* as Linux clamps counts */

/* What a program may ask of the family; the rest is not for it to see. */
#define RECEIVE_FLAGS \
	(MSG_OOB | MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT | MSG_WAITALL)
#define SEND_FLAGS (MSG_OOB | MSG_DONTWAIT | MSG_EOR | MSG_NOSIGNAL)
/* What receiving may find out. */
#define RESULT_FLAGS (MSG_TRUNC | MSG_CTRUNC | MSG_EOR)

/* Writing to a stream nobody reads raises SIGPIPE as well as EPIPE. */
static ssize_t
send_result(const struct socket *s, ssize_t n, unsigned flags)
{
	if (unlikely(n == -EPIPE) && s->type == SOCK_STREAM &&
	    !(flags & MSG_NOSIGNAL))
		signal_tell_caller(SIGPIPE);
	return n;
}

static ssize_t
send_message(struct socket *s, struct socket_message *m, unsigned flags)
{
	struct walk w = current_walk();
	ssize_t n;

	m->walk = &w;
	m->flags = flags & SEND_FLAGS;
	n = socket_send(s, m);
	socket_rights_free(m->control.rights);
	return send_result(s, n, flags);
}

/* --- one buffer ----------------------------------------------------------- */

struct buffer_call {
	struct uio_segment seg;
	struct uio data;
	struct socket_address name;
	struct socket_message m;
};

static void
buffer_call_init(struct buffer_call *c, void USER *buf, size_t n)
{
	uio_user(&c->data, &c->seg, buf, MIN(n, COUNT_MAX));
	c->m = (struct socket_message){ .data = &c->data };
}

static ssize_t
send_buffer(struct socket *s, struct buffer_call *c, unsigned flags,
	    const void USER *name, int name_len)
{
	int err;

	if (name) {
		err = user_address_get(&c->name, name, name_len);
		if (err)
			return err;
		c->m.name = &c->name;
	}
	return send_message(s, &c->m, flags);
}

/*
 * sendto(2): -EAGAIN, -EBADF, -ECONNREFUSED, -ECONNRESET, -EFAULT, -EINTR,
 * -EINVAL, -EISCONN, -EMSGSIZE, -ENOMEM, -ENOTCONN, -ENOTSOCK, -EOPNOTSUPP,
 * -EPERM, -EPIPE, and what finding a path says.
 */
SYSCALL6(sendto, int, fd, void USER *, buf, size_t, n, unsigned, flags,
	 const void USER *, name, int, name_len)
{
	struct buffer_call c;
	struct socket_ref r;
	ssize_t result = socket_ref_get(&r, fd);

	if (result)
		return result;
	buffer_call_init(&c, buf, n);
	result = send_buffer(r.socket, &c, flags, name, name_len);
	socket_ref_put(&r);
	return result;
}

static ssize_t
receive_buffer(struct socket *s, struct buffer_call *c, unsigned flags,
	       void USER *name, int USER *name_len)
{
	ssize_t n;
	int err;

	c->name.len = 0;
	if (name)
		c->m.name = &c->name;
	c->m.flags = flags & RECEIVE_FLAGS;
	n = socket_receive(s, &c->m);
	/* There is nowhere to put descriptors: they are closed. */
	socket_rights_free(c->m.control.rights);
	if (n < 0 || !name)
		return n;
	err = user_address_put(&c->name, name, name_len);
	return err ? err : n;
}

/*
 * recvfrom(2): -EAGAIN, -EBADF, -ECONNRESET, -EFAULT, -EINTR, -EINVAL, -ENOMEM,
 * -ENOTCONN, -ENOTSOCK, -EOPNOTSUPP.
 */
SYSCALL6(recvfrom, int, fd, void USER *, buf, size_t, n, unsigned, flags,
	 void USER *, name, int USER *, name_len)
{
	struct buffer_call c;
	struct socket_ref r;
	ssize_t result = socket_ref_get(&r, fd);

	if (result)
		return result;
	buffer_call_init(&c, buf, n);
	result = receive_buffer(r.socket, &c, flags, name, name_len);
	socket_ref_put(&r);
	return result;
}

/* --- headers -------------------------------------------------------------- */

/* A struct msghdr with its vector in kernel memory. */
struct header_call {
	struct user_msghdr h;
	struct uio_segment fast[IOV_FAST], *seg;
	struct uio data;
	struct socket_address name;
	struct socket_message m;
};

static int
header_check(struct header_call *c)
{
	if (!c->h.name)
		c->h.name_len = 0;
	if (c->h.name_len < 0)
		return -EINVAL;
	c->h.name_len = (int)MIN((size_t)c->h.name_len, sizeof(c->name.bytes));
	return c->h.iov_len > UIO_MAXIOV ? -EMSGSIZE : 0;
}

static int
header_segments(struct header_call *c)
{
	size_t n = c->h.iov_len;
	ssize_t total;

	c->seg = c->fast;
	if (n > IOV_FAST) {
		c->seg = kcalloc(n, sizeof(*c->seg));
		if (!c->seg)
			return -ENOMEM;
	}
	if (copy_from_user(c->seg, c->h.iov, n * sizeof(*c->seg)))
		return -EFAULT;
	total = user_segments_check(c->seg, n);
	if (total < 0)
		return (int)total;
	c->data = (struct uio){ .seg = c->seg,
				.left = (size_t)total,
				.user = true };
	c->m = (struct socket_message){ .data = &c->data };
	return 0;
}

/* Undo with header_end(), also after an error. */
static int
header_begin(struct header_call *c, const struct user_msghdr USER *user)
{
	int err;

	c->seg = c->fast;
	if (copy_from_user(&c->h, user, sizeof(c->h)))
		return -EFAULT;
	err = header_check(c);
	return err ? err : header_segments(c);
}

static void
header_end(struct header_call *c)
{
	if (c->seg != c->fast)
		kfree(c->seg);
}

static ssize_t
send_decoded(struct socket *s, struct header_call *c, unsigned flags)
{
	int err;

	if (c->h.name_len) {
		err = user_address_get(&c->name, c->h.name, c->h.name_len);
		if (err)
			return err;
		c->m.name = &c->name;
	}
	err = control_get(&c->m.control, s, c->h.control, c->h.control_len);
	if (err) {
		socket_rights_free(c->m.control.rights);
		return err;
	}
	return send_message(s, &c->m, flags);
}

static ssize_t
send_header(struct socket *s, const struct user_msghdr USER *user,
	    unsigned flags)
{
	struct header_call c;
	ssize_t result = header_begin(&c, user);

	if (!result)
		result = send_decoded(s, &c, flags);
	header_end(&c);
	return result;
}

/* sendmsg(2): as sendto(2); -EMSGSIZE, -ETOOMANYREFS, -ENOBUFS, -ESRCH. */
SYSCALL3(sendmsg, int, fd, const struct user_msghdr USER *, user, unsigned,
	 flags)
{
	struct socket_ref r;
	ssize_t result = socket_ref_get(&r, fd);

	if (result)
		return result;
	result = send_header(r.socket, user, flags);
	socket_ref_put(&r);
	return result;
}

/* What was received, but for the bytes, into the program's header. */
static int
tell_received(struct header_call *c, struct user_msghdr USER *user,
	      unsigned asked)
{
	int name_len = (int)c->name.len;
	unsigned flags = c->m.flags & RESULT_FLAGS;
	size_t used;

	flags |= asked & MSG_CMSG_CLOEXEC;
	used = control_put(&c->m.control, c->h.control, c->h.control_len,
			   &flags);
	if (c->h.name && (copy_to_user(c->h.name, c->name.bytes,
				       (size_t)MIN(name_len, c->h.name_len)) ||
			  put_user(name_len, &user->name_len)))
		return -EFAULT;
	if (put_user(flags, &user->flags) || put_user(used, &user->control_len))
		return -EFAULT;
	return 0;
}

static ssize_t
receive_decoded(struct socket *s, struct header_call *c,
		struct user_msghdr USER *user, unsigned flags)
{
	ssize_t n;
	int err;

	c->name.len = 0;
	if (c->h.name)
		c->m.name = &c->name;
	c->m.flags = flags & RECEIVE_FLAGS;
	n = socket_receive(s, &c->m);
	if (n < 0) {
		socket_rights_free(c->m.control.rights);
		return n;
	}
	err = tell_received(c, user, flags);
	return err ? err : n;
}

static ssize_t
receive_header(struct socket *s, struct user_msghdr USER *user, unsigned flags)
{
	struct header_call c;
	ssize_t result = header_begin(&c, user);

	if (!result)
		result = receive_decoded(s, &c, user, flags);
	header_end(&c);
	return result;
}

/* recvmsg(2): as recvfrom(2); -EMSGSIZE. */
SYSCALL3(recvmsg, int, fd, struct user_msghdr USER *, user, unsigned, flags)
{
	struct socket_ref r;
	ssize_t result = socket_ref_get(&r, fd);

	if (result)
		return result;
	result = receive_header(r.socket, user, flags);
	socket_ref_put(&r);
	return result;
}

/* --- several at once ------------------------------------------------------ */

static long
send_many(struct socket *s, struct user_mmsghdr USER *user, unsigned n,
	  unsigned flags)
{
	unsigned done, len;
	ssize_t result = 0;

	for (done = 0; done < n; done++) {
		result = send_header(s, &user[done].header, flags);
		if (result < 0)
			break;
		len = (unsigned)result;
		result = put_user(len, &user[done].len);
		if (result < 0)
			break;
		thread_check_preempt();
	}
	return done ? (long)done : result;
}

/* sendmmsg(2): as sendmsg(2), unless some were sent. */
SYSCALL4(sendmmsg, int, fd, struct user_mmsghdr USER *, user, unsigned, n,
	 unsigned, flags)
{
	struct socket_ref r;
	long result = socket_ref_get(&r, fd);

	if (result)
		return result;
	result = send_many(r.socket, user, MIN(n, UIO_MAXIOV), flags);
	socket_ref_put(&r);
	return result;
}

/*
 * The time is looked at behind each message: recvmmsg(2), BUGS.  An error
 * behind the first message is kept for the next call.
 */
static long
receive_many(struct socket *s, struct user_mmsghdr USER *user, unsigned n,
	     unsigned flags, uint64_t deadline)
{
	ssize_t result = socket_take_error(s);
	unsigned done, len;

	if (result)
		return result;
	for (done = 0; done < n;) {
		result = receive_header(s, &user[done].header,
					flags & ~MSG_WAITFORONE);
		if (result < 0)
			break;
		len = (unsigned)result;
		result = put_user(len, &user[done].len);
		if (result < 0)
			break;
		done++;
		if (flags & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
		if (deadline != NEVER && clock_now_ns() >= deadline)
			break;
		thread_check_preempt();
	}
	if (!done)
		return result;
	if (result < 0 && result != -EAGAIN && result != -ERESTARTSYS)
		s->error = (int)result;
	return done;
}

/* What is left of the time is told, as Linux does. */
static int
put_time_left(struct __kernel_timespec USER *timeout, uint64_t deadline)
{
	uint64_t now = clock_now_ns();

	return put_timespec(timeout, deadline > now ? deadline - now : 0);
}

/* recvmmsg(2): as recvmsg(2), unless some came; -EINVAL (timeout). */
SYSCALL5(recvmmsg, int, fd, struct user_mmsghdr USER *, user, unsigned, n,
	 unsigned, flags, struct __kernel_timespec USER *, timeout)
{
	uint64_t deadline = NEVER, ns;
	struct socket_ref r;
	long result;

	if (timeout) {
		result = get_timespec(&ns, timeout);
		if (result)
			return result;
		deadline = deadline_after(ns);
	}
	result = socket_ref_get(&r, fd);
	if (result)
		return result;
	result = receive_many(r.socket, user, n, flags, deadline);
	socket_ref_put(&r);
	if (result > 0 && timeout && put_time_left(timeout, deadline))
		result = -EFAULT;
	return result;
}
