/* SPDX-License-Identifier: MIT */

/*
 * net/unix.c - sockets of the family AF_UNIX: their life, and what all three
 * types have in common.  unix_priv.h has the map.
 *
 * Closing ends a connection for both: the other side reads what is queued, then
 * the end; writing is -EPIPE at once.  If something was left unread here, it
 * gets -ECONNRESET before the end.  Datagram sockets are not told; the next
 * message to a closed one fails.
 */

#include "net/unix.h"

#include <asm/ioctls.h>
#include <linux/sockios.h>

#include "arch/usercopy.h"
#include "core/panic.h"
#include "lib/errno.h"
#include "mm/slab.h"
#include "net/unix_priv.h"

static struct slab_cache *unix_cache RO_AFTER_BOOT;

static const struct socket_ops stream_ops, dgram_ops, seqpacket_ops;

/* --- life ----------------------------------------------------------------- */

static const struct socket_ops *
ops_of(int type)
{
	if (type == SOCK_STREAM)
		return &stream_ops;
	return type == SOCK_DGRAM ? &dgram_ops : &seqpacket_ops;
}

struct unix_socket *
unix_alloc(int type)
{
	struct unix_socket *s = slab_alloc(unix_cache);

	if (!s)
		return NULL;
	socket_init(&s->socket, ops_of(type), AF_UNIX, type);
	refcount_set(&s->refs, 1);
	mutex_init(&s->setup, LOCK_SOCKET_SETUP, "socket setup");
	mutex_init(&s->read_lock, LOCK_SOCKET_READ, "socket reader");
	spin_init(&s->lock, LOCK_SOCKET, "unix socket");
	wait_queue_init(&s->room_wait);
	list_init(&s->queue);
	list_init(&s->embryos);
	list_init(&s->embryo_link);
	list_init(&s->blocked);
	list_init(&s->blocked_link);
	list_init(&s->flight.link);
	s->queue_max = atomic_load(&unix_dgram_queue_max);
	unix_table_add(s);
	return s;
}

void
unix_put(struct unix_socket *s)
{
	if (!refcount_put(&s->refs))
		return;
	if (s->peer_cred)
		cred_put(s->peer_cred);
	unix_name_put(s->name);
	slab_free(unix_cache, s);
}

static int
unix_create(int type, int protocol, struct socket **out)
{
	struct unix_socket *s;

	if (protocol && protocol != AF_UNIX)
		return -EPROTONOSUPPORT;
	if (type == SOCK_RAW)
		type = SOCK_DGRAM;
	if (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_SEQPACKET)
		return -ESOCKTNOSUPPORT;
	s = unix_alloc(type);
	if (!s)
		return -ENOMEM;
	*out = &s->socket;
	return 0;
}

/* What is taken out of a socket under its lock when it ends. */
struct remains {
	struct unix_socket *peer;
	struct list_node queue, embryos;
	bool unread;
};

static void
unix_kill(struct unix_socket *s, struct remains *r)
{
	list_init(&r->queue);
	list_init(&r->embryos);
	spin_lock(&s->lock);
	s->dead = true;
	s->shutdown = UNIX_NOTHING;
	r->peer = s->peer;
	s->peer = NULL;
	r->unread = !list_empty(&s->queue);
	list_splice_back(&r->queue, &s->queue);
	list_splice_back(&r->embryos, &s->embryos);
	s->queue_len = 0;
	spin_unlock(&s->lock);
}

static void
peer_is_gone(struct unix_socket *peer, bool reset)
{
	spin_lock(&peer->lock);
	peer->shutdown = UNIX_NOTHING;
	if (reset)
		peer->socket.error = -ECONNRESET;
	spin_unlock(&peer->lock);
	unix_wake_all(peer, POLLIN | POLLRDNORM | POLLRDHUP | POLLHUP);
}

static void
unix_end(struct unix_socket *s, bool embryo)
{
	struct unix_socket *e, *next;
	struct remains r;

	unix_table_remove(s);
	unix_kill(s, &r);
	unix_wake_all(s, POLLHUP);
	if (r.peer && !unix_is_dgram(s))
		peer_is_gone(r.peer, r.unread || embryo);
	unix_dgram_forget(s);
	list_for_each_safe (e, next, &r.embryos, embryo_link)
		unix_embryo_release(e);
	unix_buffers_free(&r.queue);
	if (r.peer)
		unix_put(r.peer);
}

void
unix_embryo_release(struct unix_socket *s)
{
	list_remove(&s->embryo_link);
	unix_end(s, true);
	unix_put(s);
}

static void
unix_release(struct socket *sk)
{
	struct unix_socket *s = unix_of(sk);

	unix_end(s, false);
	if (s->path.dentry)
		path_put(&s->path);
	unix_put(s);
	unix_rights_collect();
}

/* --- helpers -------------------------------------------------------------- */

struct unix_socket *
unix_peer_get(struct unix_socket *s)
{
	struct unix_socket *peer;

	spin_lock(&s->lock);
	peer = s->peer;
	if (peer)
		unix_get(peer);
	spin_unlock(&s->lock);
	return peer;
}

void
unix_lock_two(struct unix_socket *a, struct unix_socket *b)
{
	struct unix_socket *first = (uintptr_t)a < (uintptr_t)b ? a : b;

	spin_lock(&first->lock);
	if (a != b)
		spin_lock_nested(first == a ? &b->lock : &a->lock);
}

void
unix_unlock_two(struct unix_socket *a, struct unix_socket *b)
{
	spin_unlock(&a->lock);
	if (a != b)
		spin_unlock(&b->lock);
}

void
unix_wake_all(struct unix_socket *s, unsigned events)
{
	unsigned out = POLLOUT | POLLWRNORM | POLLWRBAND;

	socket_wake(&s->socket.read_wait, events);
	socket_wake(&s->socket.write_wait, events | out);
	socket_wake(&s->room_wait, out);
}

void
unix_set_peer_cred(struct unix_socket *s, const struct cred *c, pid_t pid)
{
	const struct cred *old = s->peer_cred;

	cred_get(c);
	s->peer_cred = c;
	s->peer_pid = pid;
	if (old)
		cred_put(old);
}

/* --- names ---------------------------------------------------------------- */

static int
unix_getname(struct socket *sk, struct socket_address *out)
{
	unix_tell_name(unix_of(sk), out);
	return 0;
}

static int
unix_getpeername(struct socket *sk, struct socket_address *out)
{
	struct unix_socket *peer = unix_peer_get(unix_of(sk));

	if (!peer)
		return -ENOTCONN;
	unix_tell_name(peer, out);
	unix_put(peer);
	return 0;
}

/* --- shutdown ------------------------------------------------------------- */

static void
shut(struct unix_socket *s, unsigned halves)
{
	unsigned events = 0;

	spin_lock(&s->lock);
	s->shutdown |= halves;
	spin_unlock(&s->lock);
	if (halves & UNIX_NO_RECEIVE)
		events |= POLLIN | POLLRDNORM | POLLRDHUP;
	if (s->shutdown == UNIX_NOTHING)
		events |= POLLHUP;
	unix_wake_all(s, events);
}

/* The other end of a connection loses the other half. */
static int
unix_do_shutdown(struct socket *sk, unsigned how)
{
	static const unsigned ours[] = { UNIX_NO_RECEIVE, UNIX_NO_SEND,
					 UNIX_NOTHING };
	static const unsigned theirs[] = { UNIX_NO_SEND, UNIX_NO_RECEIVE,
					   UNIX_NOTHING };
	struct unix_socket *s = unix_of(sk), *peer;

	shut(s, ours[how]);
	if (unix_is_dgram(s))
		return 0;
	peer = unix_peer_get(s);
	if (peer) {
		shut(peer, theirs[how]);
		unix_put(peer);
	}
	return 0;
}

/* --- poll, ioctl, options ------------------------------------------------- */

static unsigned
unix_poll(struct socket *sk, struct poll_table *pt)
{
	const struct unix_socket *s = unix_of(sk);
	unsigned events = 0, shutdown = s->shutdown;

	if (sk->error)
		events |= POLLERR;
	if (shutdown == UNIX_NOTHING)
		events |= POLLHUP;
	if (shutdown & UNIX_NO_RECEIVE)
		events |= POLLRDHUP | POLLIN | POLLRDNORM;
	if (s->queue_len)
		events |= POLLIN | POLLRDNORM;
	if (s->state == UNIX_IDLE)
		events |= POLLHUP;
	if (unix_writable(s))
		events |= POLLOUT | POLLWRNORM | POLLWRBAND;
	return events;
}

/* Bytes that can be read: of a datagram socket, by the next call. */
static size_t
bytes_waiting(struct unix_socket *s)
{
	struct unix_buffer *b;
	size_t n = 0;

	spin_lock(&s->lock);
	list_for_each (b, &s->queue, link) {
		n += b->size - b->off;
		if (unix_is_dgram(s))
			break;
	}
	spin_unlock(&s->lock);
	return n;
}

static long
unix_ioctl(struct socket *sk, unsigned cmd, uintptr_t arg)
{
	struct unix_socket *s = unix_of(sk);
	int value;

	switch (cmd) {
	case SIOCINQ:
		if (s->state == UNIX_LISTENING)
			return -EINVAL;
		value = (int)MIN(bytes_waiting(s), INT32_MAX);
		break;
	case SIOCOUTQ:
		value = (int)MIN(atomic_load(&s->charged), INT32_MAX);
		break;
	default:
		return -ENOTTY;
	}
	return copy_to_user((void USER *)arg, &value, sizeof(value));
}

static ssize_t
get_peer_cred(struct unix_socket *s, void USER *user, size_t room)
{
	struct socket_cred c = { .uid = (uid_t)-1, .gid = (gid_t)-1 };

	spin_lock(&s->lock);
	if (s->peer_cred) {
		c.pid = s->peer_pid;
		c.uid = s->peer_cred->user.effective;
		c.gid = s->peer_cred->group.effective;
	}
	spin_unlock(&s->lock);
	room = MIN(room, sizeof(c));
	return copy_to_user(user, &c, room) ? -EFAULT : (ssize_t)room;
}

/* -ERANGE goes with the size that is needed: see socket_get_option(). */
static ssize_t
get_peer_groups(struct unix_socket *s, void USER *user, size_t room)
{
	const struct cred *c;
	ssize_t n;

	spin_lock(&s->lock);
	c = s->peer_cred;
	if (c)
		cred_get(c);
	spin_unlock(&s->lock);
	if (!c)
		return -ENODATA;
	n = (ssize_t)(cred_group_count(c) * sizeof(gid_t));
	if (n && (size_t)n <= room &&
	    copy_to_user(user, c->groups->ids, (size_t)n))
		n = -EFAULT;
	cred_put(c);
	return n;
}

static ssize_t
unix_get_option(struct socket *sk, int name, void USER *user, size_t room)
{
	struct unix_socket *s = unix_of(sk);
	int value;

	switch (name) {
	case SO_PEERCRED:
		return get_peer_cred(s, user, room);
	case SO_PEERGROUPS:
		return get_peer_groups(s, user, room);
	case SO_ACCEPTCONN:
		value = s->state == UNIX_LISTENING;
		room = MIN(room, sizeof(value));
		return copy_to_user(user, &value, room) ? -EFAULT
							: (ssize_t)room;
	default:
		return -ENOPROTOOPT;
	}
}

/* --- the three types ------------------------------------------------------ */

static const struct socket_ops stream_ops = {
	.release = unix_release,
	.bind = unix_bind,
	.connect = unix_connect,
	.listen = unix_listen,
	.accept = unix_accept,
	.name = unix_getname,
	.peer_name = unix_getpeername,
	.shutdown = unix_do_shutdown,
	.send = unix_stream_send,
	.receive = unix_stream_receive,
	.poll = unix_poll,
	.ioctl = unix_ioctl,
	.get_option = unix_get_option,
};

static const struct socket_ops dgram_ops = {
	.release = unix_release,
	.bind = unix_bind,
	.connect = unix_dgram_connect,
	.name = unix_getname,
	.peer_name = unix_getpeername,
	.shutdown = unix_do_shutdown,
	.send = unix_dgram_send,
	.receive = unix_dgram_receive,
	.poll = unix_dgram_poll,
	.ioctl = unix_ioctl,
	.get_option = unix_get_option,
};

static const struct socket_ops seqpacket_ops = {
	.release = unix_release,
	.bind = unix_bind,
	.connect = unix_connect,
	.listen = unix_listen,
	.accept = unix_accept,
	.name = unix_getname,
	.peer_name = unix_getpeername,
	.shutdown = unix_do_shutdown,
	.send = unix_seqpacket_send,
	.receive = unix_seqpacket_receive,
	.poll = unix_poll,
	.ioctl = unix_ioctl,
	.get_option = unix_get_option,
};

static const struct socket_family unix_family = {
	.family = AF_UNIX,
	.create = unix_create,
	.pair = unix_pair,
};

void
unix_init(void)
{
	unix_cache = slab_cache_create("unix", sizeof(struct unix_socket), 64);
	if (!unix_cache)
		panic("net: no memory for the unix socket cache");
	unix_table_init();
	unix_rights_init();
	unix_proc_init();
	socket_family_register(&unix_family);
}
