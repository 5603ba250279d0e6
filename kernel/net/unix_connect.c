/* SPDX-License-Identifier: MIT */

/*
 * net/unix_connect.c - from two sockets to a connection.
 *
 * connect(2) makes the other end itself, an embryo, and links both before it
 * hands it to the listener: so the caller may write at once, and accept(2) only
 * gives the embryo a file.  Linking is done with caller and listener locked;
 * the embryo is known to nobody else yet.
 *
 * The listener's queue may be one longer than its backlog; who comes then
 * sleeps on its room_wait and starts again from the name.
 */

#include "lib/errno.h"
#include "net/unix_priv.h"

/* --- listen --------------------------------------------------------------- */

int
unix_listen(struct socket *sk, unsigned backlog)
{
	struct unix_socket *s = unix_of(sk);
	int err = 0;

	mutex_lock(&s->setup);
	spin_lock(&s->lock);
	if (!s->name || s->state == UNIX_CONNECTED) {
		err = -EINVAL;
	} else {
		s->queue_max = backlog;
		s->state = UNIX_LISTENING;
		unix_set_peer_cred(s, cred_current(), socket_caller().pid);
	}
	spin_unlock(&s->lock);
	mutex_unlock(&s->setup);
	if (!err)
		socket_wake(&s->room_wait, POLLOUT);
	return err;
}

/* --- connect -------------------------------------------------------------- */

struct connecting {
	struct unix_socket *s;
	struct unix_socket *embryo;   /* NULL once it is the listener's */
	struct unix_socket *listener; /* referenced */
};

/* Both locked; 0, -EAGAIN: closed meanwhile, -ENOBUFS: the queue is full. */
static int
connect_check(const struct connecting *c)
{
	const struct unix_socket *l = c->listener;

	if (l->dead)
		return -EAGAIN;
	if (l->state != UNIX_LISTENING || (l->shutdown & UNIX_NO_RECEIVE))
		return -ECONNREFUSED;
	if (unix_queue_full(l))
		return -ENOBUFS;
	if (c->s->state == UNIX_CONNECTED)
		return -EISCONN;
	return c->s->state == UNIX_LISTENING ? -EINVAL : 0;
}

static void
connect_link(struct connecting *c)
{
	struct unix_socket *s = c->s, *l = c->listener, *e = c->embryo;

	unix_get(s);
	e->peer = s;
	unix_get(e);
	s->peer = e;
	refcount_get(&atomic_load(&l->name)->refs);
	e->name = atomic_load(&l->name);
	unix_set_peer_cred(e, cred_current(), socket_caller().pid);
	unix_set_peer_cred(s, l->peer_cred, l->peer_pid);
	e->socket.options = l->socket.options & SOCKET_PASSCRED;
	e->state = UNIX_CONNECTED;
	s->state = UNIX_CONNECTED;
	list_push_back(&l->embryos, &e->embryo_link);
	l->queue_len++;
	l->arrivals++;
	c->embryo = NULL;
}

static int
connect_once(struct connecting *c)
{
	int err;

	if (c->s == c->listener) /* it listens */
		return -EINVAL;
	unix_lock_two(c->s, c->listener);
	err = connect_check(c);
	if (!err)
		connect_link(c);
	unix_unlock_two(c->s, c->listener);
	if (!err)
		socket_wake_receiver(&c->listener->socket);
	return err;
}

static bool
may_retry(const struct unix_socket *l)
{
	return l->dead || !unix_queue_full(l) ||
	       (l->shutdown & UNIX_NO_RECEIVE);
}

static int
connect_wait(struct connecting *c, bool nonblock, uint64_t deadline)
{
	int err;

	if (nonblock)
		return -EAGAIN;
	err = wait_event_deadline(&c->listener->room_wait,
				  may_retry(c->listener), deadline);
	return socket_wait_error(err, c->s->socket.send_timeout_ns);
}

/* One try: 1 = again, from the name on. */
static int
connect_try(struct connecting *c, const struct walk *w,
	    const struct socket_address *a, bool nonblock, uint64_t deadline)
{
	int err = unix_find(w, a, c->s->socket.type, &c->listener);

	if (err)
		return err;
	err = connect_once(c);
	if (err == -ENOBUFS)
		err = connect_wait(c, nonblock, deadline) ?: 1;
	else if (err == -EAGAIN)
		err = 1;
	unix_put(c->listener);
	return err;
}

int
unix_connect(struct socket *sk, const struct walk *w,
	     const struct socket_address *a, bool nonblock)
{
	struct connecting c = { .s = unix_of(sk) };
	uint64_t deadline = socket_deadline(sk->send_timeout_ns);
	int err;

	err = unix_check_address(a);
	if (!err)
		err = unix_autobind_for_cred(c.s);
	if (err)
		return err;
	c.embryo = unix_alloc(sk->type);
	if (!c.embryo)
		return -ENOMEM;
	do {
		err = connect_try(&c, w, a, nonblock, deadline);
	} while (err > 0);
	if (c.embryo)
		unix_embryo_release(c.embryo);
	return err;
}

/* --- accept --------------------------------------------------------------- */

static struct unix_socket *
take_embryo(struct unix_socket *s)
{
	struct unix_socket *e = NULL;

	spin_lock(&s->lock);
	if (!list_empty(&s->embryos)) {
		e = list_first(&s->embryos, struct unix_socket, embryo_link);
		list_remove(&e->embryo_link);
		s->queue_len--;
	}
	spin_unlock(&s->lock);
	if (e)
		socket_wake(&s->room_wait, POLLOUT | POLLWRNORM);
	return e;
}

/* The first connection, waiting for it: 0 or an error. */
static int
accept_wait(struct unix_socket *s, bool nonblock, struct unix_socket **out)
{
	uint64_t timeout = s->socket.receive_timeout_ns;
	uint64_t deadline = socket_deadline(timeout);
	int err;

	for (;;) {
		*out = take_embryo(s);
		if (*out)
			return 0;
		err = socket_take_error(&s->socket);
		if (err)
			return err;
		if (nonblock)
			return -EAGAIN;
		if (s->shutdown & UNIX_NO_RECEIVE)
			return -EINVAL;
		err = wait_event_deadline(&s->socket.read_wait,
					  s->queue_len || unix_ended(s),
					  deadline);
		if (err)
			return socket_wait_error(err, timeout);
	}
}

int
unix_accept(struct socket *sk, bool nonblock, struct file **out)
{
	struct unix_socket *s = unix_of(sk), *e;
	int err;

	if (s->state != UNIX_LISTENING)
		return -EINVAL;
	err = accept_wait(s, nonblock, &e);
	if (err)
		return err;
	err = socket_open(&e->socket, 0, out);
	if (err)
		unix_embryo_release(e);
	return err;
}

/* --- socketpair ----------------------------------------------------------- */

/* Nobody knows either yet. */
int
unix_pair(struct socket *a, struct socket *b)
{
	struct unix_socket *two[2] = { unix_of(a), unix_of(b) };
	pid_t pid = socket_caller().pid;

	for (int i = 0; i < 2; i++) {
		struct unix_socket *s = two[i];

		unix_get(two[!i]);
		s->peer = two[!i];
		s->state = UNIX_CONNECTED;
		spin_lock(&s->lock);
		unix_set_peer_cred(s, cred_current(), pid);
		spin_unlock(&s->lock);
	}
	return 0;
}
