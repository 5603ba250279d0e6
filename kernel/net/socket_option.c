/* SPDX-License-Identifier: MIT */

/*
 * net/socket_option.c - getsockopt(2) and setsockopt(2) at SOL_SOCKET, and the
 * limits that /proc/sys/net/core shows.
 *
 * Sizes are doubled when they are set, as socket(7) says, for what the kernel
 * needs beside the bytes, and read back doubled.
 */

#include <linux/capability.h>
#include <linux/time_types.h>

#include "arch/usercopy.h"
#include "fs/procfs/procfs.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "net/socket.h"

#define SEND_SIZE_MIN    4608u
#define RECEIVE_SIZE_MIN 2304u

struct linger_value { /* struct linger */
	int on;
	int seconds;
};

/* Options that are one bit, and what it is. */
static const struct {
	int name;
	unsigned bit;
} bit_options[] = {
	{ SO_REUSEADDR, SOCKET_REUSEADDR }, { SO_REUSEPORT, SOCKET_REUSEPORT },
	{ SO_KEEPALIVE, SOCKET_KEEPALIVE }, { SO_BROADCAST, SOCKET_BROADCAST },
	{ SO_OOBINLINE, SOCKET_OOBINLINE }, { SO_DONTROUTE, SOCKET_DONTROUTE },
	{ SO_PASSCRED, SOCKET_PASSCRED },   { SO_PASSSEC, SOCKET_PASSSEC },
	{ SO_DEBUG, SOCKET_DEBUG },
};

static unsigned
bit_of(int name)
{
	for (size_t i = 0; i < ARRAY_SIZE(bit_options); i++)
		if (bit_options[i].name == name)
			return bit_options[i].bit;
	return 0;
}

/* --- setting -------------------------------------------------------------- */

static int
set_bit(struct socket *s, int name, unsigned bit, int value)
{
	if (name == SO_DEBUG && value &&
	    !cred_capable(cred_current(), CAP_NET_ADMIN))
		return -EACCES;
	if (name == SO_REUSEPORT && value && s->family == AF_UNIX)
		return -EOPNOTSUPP;
	if (value)
		atomic_fetch_or(&s->options, bit);
	else
		atomic_fetch_and(&s->options, ~bit);
	return 0;
}

/* The two stamps exclude each other. */
static void
set_stamp(struct socket *s, unsigned bit, int value)
{
	atomic_fetch_and(&s->options,
			 ~(unsigned)(SOCKET_TIMESTAMP | SOCKET_TIMESTAMPNS));
	if (value)
		atomic_fetch_or(&s->options, bit);
}

static unsigned
doubled(unsigned value, unsigned most, unsigned least)
{
	return MAX(MIN(value, most) * 2, least);
}

/* With the FORCE forms the limit is what an int can say. */
static int
set_size(struct socket *s, int name, int value)
{
	bool force = name == SO_SNDBUFFORCE || name == SO_RCVBUFFORCE;
	unsigned most = INT32_MAX / 2;

	if (force && !cred_capable(cred_current(), CAP_NET_ADMIN))
		return -EPERM;
	if (force && value < 0)
		value = 0;
	if (name == SO_SNDBUF || name == SO_SNDBUFFORCE) {
		if (!force)
			most = MIN(most, atomic_load(&socket_send_max));
		s->send_size = doubled((unsigned)value, most, SEND_SIZE_MIN);
		socket_wake(&s->write_wait, POLLOUT | POLLWRNORM);
		return 0;
	}
	if (!force)
		most = MIN(most, atomic_load(&socket_receive_max));
	s->receive_size = doubled((unsigned)value, most, RECEIVE_SIZE_MIN);
	return 0;
}

static int
set_priority(struct socket *s, int value)
{
	if ((value < 0 || value > 6) &&
	    !cred_capable(cred_current(), CAP_NET_ADMIN))
		return -EPERM;
	s->priority = value;
	return 0;
}

/* -EDOM: microseconds that are not; no time at all means for ever. */
static int
set_timeout(_Atomic uint64_t *timeout, const void USER *user, int len)
{
	struct __kernel_old_timeval tv;

	if (len < (int)sizeof(tv))
		return -EINVAL;
	if (copy_from_user(&tv, user, sizeof(tv)))
		return -EFAULT;
	if (tv.tv_usec < 0 || tv.tv_usec >= 1000000)
		return -EDOM;
	if (tv.tv_sec < 0)
		*timeout = 0;
	else if ((tv.tv_sec == 0 && tv.tv_usec == 0) ||
		 (uint64_t)tv.tv_sec >= NEVER / NSEC_PER_SEC - 1)
		*timeout = NEVER;
	else
		*timeout = (uint64_t)tv.tv_sec * NSEC_PER_SEC +
			   (uint64_t)tv.tv_usec * NSEC_PER_USEC;
	return 0;
}

static int
set_linger(struct socket *s, const void USER *user, int len)
{
	struct linger_value l;

	if (len < (int)sizeof(l))
		return -EINVAL;
	if (copy_from_user(&l, user, sizeof(l)))
		return -EFAULT;
	if (l.on) {
		s->linger_seconds = (unsigned)l.seconds;
		atomic_fetch_or(&s->options, SOCKET_LINGER);
	} else {
		atomic_fetch_and(&s->options, ~(unsigned)SOCKET_LINGER);
	}
	return 0;
}

static int
set_number(struct socket *s, int name, int value)
{
	unsigned bit = bit_of(name);

	if (bit)
		return set_bit(s, name, bit, value);
	switch (name) {
	case SO_SNDBUF:
	case SO_SNDBUFFORCE:
	case SO_RCVBUF:
	case SO_RCVBUFFORCE:
		return set_size(s, name, value);
	case SO_PRIORITY:
		return set_priority(s, value);
	case SO_RCVLOWAT:
		s->receive_low = value < 0 ? INT32_MAX : MAX(value, 1);
		return 0;
	case SO_PEEK_OFF:
		s->peek_offset = value;
		return 0;
	case SO_TIMESTAMP_OLD:
	case SO_TIMESTAMP_NEW:
		set_stamp(s, SOCKET_TIMESTAMP, value);
		return 0;
	case SO_TIMESTAMPNS_OLD:
	case SO_TIMESTAMPNS_NEW:
		set_stamp(s, SOCKET_TIMESTAMPNS, value);
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

int
socket_set_option(struct socket *s, int level, int name, const void USER *user,
		  int len)
{
	int value;

	if (level != SOL_SOCKET)
		return -EOPNOTSUPP;
	if (len < (int)sizeof(value))
		return -EINVAL;
	if (copy_from_user(&value, user, sizeof(value)))
		return -EFAULT;
	switch (name) {
	case SO_LINGER:
		return set_linger(s, user, len);
	case SO_RCVTIMEO_OLD:
	case SO_RCVTIMEO_NEW:
		return set_timeout(&s->receive_timeout_ns, user, len);
	case SO_SNDTIMEO_OLD:
	case SO_SNDTIMEO_NEW:
		return set_timeout(&s->send_timeout_ns, user, len);
	default:
		return set_number(s, name, value);
	}
}

/* --- getting -------------------------------------------------------------- */

static ssize_t
give(void USER *user, size_t room, const void *value, size_t size)
{
	size = MIN(room, size);
	return copy_to_user(user, value, size) ? -EFAULT : (ssize_t)size;
}

static ssize_t
get_timeout(uint64_t ns, void USER *user, size_t room)
{
	struct __kernel_old_timeval tv = { 0 };

	if (ns != NEVER) {
		tv.tv_sec = (__kernel_long_t)(ns / NSEC_PER_SEC);
		tv.tv_usec = (__kernel_long_t)(ns % NSEC_PER_SEC / 1000);
	}
	return give(user, room, &tv, sizeof(tv));
}

static ssize_t
get_linger(const struct socket *s, void USER *user, size_t room)
{
	struct linger_value l = { .on = !!(s->options & SOCKET_LINGER),
				  .seconds = (int)s->linger_seconds };

	return give(user, room, &l, sizeof(l));
}

/* Options that are a number; false: not one of them. */
static bool
get_number(struct socket *s, int name, int *value)
{
	switch (name) {
	case SO_TYPE:
		*value = s->type;
		return true;
	case SO_DOMAIN:
		*value = s->family;
		return true;
	case SO_PROTOCOL:
		*value = s->protocol;
		return true;
	case SO_ERROR:
		*value = -socket_take_error(s);
		return true;
	case SO_SNDBUF:
		*value = (int)s->send_size;
		return true;
	case SO_RCVBUF:
		*value = (int)s->receive_size;
		return true;
	case SO_RCVLOWAT:
		*value = (int)s->receive_low;
		return true;
	case SO_SNDLOWAT: /* cannot be changed: socket(7) */
		*value = 1;
		return true;
	case SO_PRIORITY:
		*value = s->priority;
		return true;
	case SO_PEEK_OFF:
		*value = s->peek_offset;
		return true;
	case SO_TIMESTAMP_OLD:
	case SO_TIMESTAMP_NEW:
		*value = !!(s->options & SOCKET_TIMESTAMP);
		return true;
	case SO_TIMESTAMPNS_OLD:
	case SO_TIMESTAMPNS_NEW:
		*value = !!(s->options & SOCKET_TIMESTAMPNS);
		return true;
	default:
		*value = !!(s->options & bit_of(name));
		return bit_of(name);
	}
}

ssize_t
socket_get_option(struct socket *s, int level, int name, void USER *user,
		  size_t room)
{
	int value;

	if (level != SOL_SOCKET)
		return -EOPNOTSUPP;
	switch (name) {
	case SO_LINGER:
		return get_linger(s, user, room);
	case SO_RCVTIMEO_OLD:
	case SO_RCVTIMEO_NEW:
		return get_timeout(s->receive_timeout_ns, user, room);
	case SO_SNDTIMEO_OLD:
	case SO_SNDTIMEO_NEW:
		return get_timeout(s->send_timeout_ns, user, room);
	default:
		break;
	}
	if (get_number(s, name, &value))
		return give(user, room, &value, sizeof(value));
	return s->ops->get_option ? s->ops->get_option(s, name, user, room)
				  : -ENOPROTOOPT;
}

/* --- /proc/sys/net/core --------------------------------------------------- */

static int
show_limit(struct proc_text *t, atomic_uint *limit)
{
	proc_printf(t, "%u\n", atomic_load(limit));
	return 0;
}

ssize_t
socket_store_limit(atomic_uint *limit, unsigned least, const char *text,
		   size_t n)
{
	char number[16];
	uint64_t value;
	size_t len = n;

	while (len && (text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	if (len >= sizeof(number))
		return -EINVAL;
	memcpy(number, text, len);
	number[len] = 0;
	if (!str_to_u64(number, 10, &value) || value < least ||
	    value > INT32_MAX)
		return -EINVAL;
	*limit = (unsigned)value;
	return (ssize_t)n;
}

#define LIMIT_FILE(name_, limit, least)                                     \
	static int show_##name_(pid_t pid, struct proc_text *t)             \
	{                                                                   \
		return show_limit(t, &(limit));                             \
	}                                                                   \
	static ssize_t store_##name_(pid_t pid, const char *text, size_t n) \
	{                                                                   \
		return socket_store_limit(&(limit), least, text, n);        \
	}                                                                   \
	static const struct proc_file name_##_file = {                      \
		.name = #name_,                                             \
		.mode = 0644,                                               \
		.show = show_##name_,                                       \
		.store = store_##name_,                                     \
	};

LIMIT_FILE(wmem_max, socket_send_max, SEND_SIZE_MIN)
LIMIT_FILE(wmem_default, socket_send_default, SEND_SIZE_MIN)
LIMIT_FILE(rmem_max, socket_receive_max, RECEIVE_SIZE_MIN)
LIMIT_FILE(rmem_default, socket_receive_default, RECEIVE_SIZE_MIN)
LIMIT_FILE(somaxconn, socket_backlog_max, 0)

void
socket_options_init(void)
{
	procfs_register("sys/net/core/wmem_max", &wmem_max_file);
	procfs_register("sys/net/core/wmem_default", &wmem_default_file);
	procfs_register("sys/net/core/rmem_max", &rmem_max_file);
	procfs_register("sys/net/core/rmem_default", &rmem_default_file);
	procfs_register("sys/net/core/somaxconn", &somaxconn_file);
}
