/* SPDX-License-Identifier: MIT */

/*
 * net/unix_dgram.c - messages that are received whole: SOCK_DGRAM, and
 * SOCK_SEQPACKET once it is connected.
 *
 * A message is made first and then finds its receiver, whose name is looked up
 * again if that was closed meanwhile.  Two things can keep a sender: its own
 * send_size, and the length of the receiver's queue (unix_peer.c).
 */

#include "lib/errno.h"
#include "net/unix_priv.h"

/* A message needs this much of send_size for itself. */
#define OVERHEAD 32u

#define EVENTS_OUT (POLLOUT | POLLWRNORM | POLLWRBAND)

/* --- sending -------------------------------------------------------------- */

struct dgram_send {
	struct unix_socket *s, *to; /* to: referenced, or NULL */
	struct socket_message *m;
	struct unix_buffer *buffer;
	uint64_t deadline;
	bool named; /* to was found by a name */
};

/*
 * The receiver is closed: a named one is looked for again (0), a peer is given
 * up.
 */
static int
dgram_gone(struct dgram_send *d)
{
	struct unix_socket *s = d->s, *old = NULL;

	if (s->socket.type == SOCK_SEQPACKET)
		return -EPIPE;
	spin_lock(&s->lock);
	if (s->peer == d->to) {
		old = s->peer;
		s->peer = NULL;
		s->state = UNIX_IDLE;
	}
	spin_unlock(&s->lock);
	if (old) {
		unix_peer_replaced(s, old);
		return -ECONNREFUSED;
	}
	return d->named ? 0 : -ECONNRESET;
}

/* The queue is full: 0 try again. */
static int
dgram_wait_queue(struct dgram_send *d)
{
	struct unix_socket *s = d->s, *to = d->to;
	int err;

	if (d->m->flags & MSG_DONTWAIT)
		return -EAGAIN;
	err = wait_event_deadline(&to->room_wait,
				  to->dead || !unix_queue_bars(to, s) ||
					  (to->shutdown & UNIX_NO_RECEIVE),
				  d->deadline);
	return socket_wait_error(err, s->socket.send_timeout_ns);
}

enum queued {
	QUEUED,
	QUEUE_FULL,
	QUEUE_GONE,
};

static bool
wants_stamp(const struct socket *sk)
{
	return sk->options & (SOCKET_TIMESTAMP | SOCKET_TIMESTAMPNS);
}

/* enum queued or an error. */
static int
dgram_queue(struct dgram_send *d)
{
	struct unix_socket *s = d->s, *to = d->to;
	int result = QUEUED;

	spin_lock(&to->lock);
	if (!unix_may_send(s, to))
		result = -EPERM;
	else if (to->dead)
		result = QUEUE_GONE;
	else if (to->shutdown & UNIX_NO_RECEIVE)
		result = -EPIPE;
	else if (unix_queue_bars(to, s))
		result = QUEUE_FULL;
	if (result == QUEUED) {
		if (wants_stamp(&to->socket)) {
			d->buffer->has_stamp = true;
			d->buffer->stamp = timestamp_now();
		}
		list_push_back(&to->queue, &d->buffer->link);
		to->queue_len++;
		to->arrivals++;
	}
	spin_unlock(&to->lock);
	return result;
}

static int
dgram_find(struct dgram_send *d)
{
	if (d->to)
		return 0;
	return unix_find(d->m->walk, d->m->name, d->s->socket.type, &d->to);
}

static int
dgram_deliver(struct dgram_send *d)
{
	int err, result;

	for (;;) {
		err = dgram_find(d);
		if (err)
			return err;
		result = dgram_queue(d);
		if (result <= QUEUED)
			break;
		err = result == QUEUE_FULL ? dgram_wait_queue(d)
					   : dgram_gone(d);
		if (err)
			return err;
		if (result == QUEUE_GONE) {
			unix_put(d->to);
			d->to = NULL;
		}
	}
	if (result == QUEUED)
		socket_wake_receiver(&d->to->socket);
	return result;
}

static int
dgram_make(struct dgram_send *d)
{
	struct socket_message *m = d->m;
	int err;

	err = unix_wait_room(d->s, m->flags, d->deadline);
	if (!err)
		err = unix_buffer_fill(d->s, m->data, m->data->left,
				       &d->buffer);
	if (err)
		return err;
	d->buffer->cred =
		m->control.has_cred ? m->control.cred : socket_caller();
	return unix_rights_attach(d->buffer, &m->control);
}

static int
dgram_begin(struct dgram_send *d)
{
	const struct socket_message *m = d->m;
	int err;

	d->named = m->name && m->name->len;
	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (d->named) {
		err = unix_check_address(m->name);
		if (err)
			return err;
	} else {
		d->to = unix_peer_get(d->s);
		if (!d->to)
			return -ENOTCONN;
	}
	err = unix_autobind_for_cred(d->s);
	if (err)
		return err;
	if (m->data->left > d->s->socket.send_size - OVERHEAD)
		return -EMSGSIZE;
	return 0;
}

ssize_t
unix_dgram_send(struct socket *sk, struct socket_message *m)
{
	struct dgram_send d = { .s = unix_of(sk), .m = m };
	size_t size = m->data->left;
	int err;

	d.deadline = socket_deadline(sk->send_timeout_ns);
	err = dgram_begin(&d);
	if (!err)
		err = dgram_make(&d);
	if (!err)
		err = dgram_deliver(&d);
	if (err && d.buffer)
		unix_buffer_free(d.buffer);
	if (d.to)
		unix_put(d.to);
	return err ? err : (ssize_t)size;
}

/* Messages go to the peer, whatever name comes with them. */
ssize_t
unix_seqpacket_send(struct socket *sk, struct socket_message *m)
{
	int err = socket_take_error(sk);

	if (err)
		return err;
	if (unix_of(sk)->state != UNIX_CONNECTED)
		return -ENOTCONN;
	m->name = NULL;
	return unix_dgram_send(sk, m);
}

/* --- receiving ------------------------------------------------------------ */

struct dgram_read {
	struct unix_socket *s;
	struct socket_message *m;
	unsigned seen; /* arrivals when the queue was looked at */
	size_t skip;   /* MSG_PEEK: bytes to pass over in the message */
	uint64_t deadline;
};

/* The message to read, or NULL. */
static struct unix_buffer *
dgram_next(struct dgram_read *r)
{
	int off = r->s->socket.peek_offset;
	struct unix_buffer *b, *found = NULL;

	r->skip = (r->m->flags & MSG_PEEK) && off > 0 ? (size_t)off : 0;
	spin_lock(&r->s->lock);
	r->seen = r->s->arrivals;
	list_for_each (b, &r->s->queue, link) {
		/* An empty message is seen once, however far we look. */
		if (!r->skip || r->skip < b->size) {
			found = b;
			break;
		}
		r->skip -= b->size;
	}
	spin_unlock(&r->s->lock);
	return found;
}

/* Nothing to read: 0 look again, 1 the end, or an error. */
static int
dgram_wait(struct dgram_read *r) NO_LOCK_ANALYSIS
{
	struct unix_socket *s = r->s;
	bool nonblock = r->m->flags & MSG_DONTWAIT;
	int err;

	if (unix_ended(s) && s->arrivals != r->seen)
		return 0;
	err = socket_take_error(&s->socket);
	if (err)
		return err;
	if ((s->shutdown & UNIX_NO_RECEIVE) &&
	    (!nonblock || s->socket.type == SOCK_SEQPACKET))
		return 1;
	if (nonblock)
		return -EAGAIN;
	mutex_unlock(&s->read_lock);
	err = wait_event_deadline(&s->socket.read_wait,
				  s->arrivals != r->seen || unix_ended(s),
				  r->deadline);
	mutex_lock(&s->read_lock);
	return socket_wait_error(err, s->socket.receive_timeout_ns);
}

static void
dgram_unqueue(struct unix_socket *s, struct unix_buffer *b)
{
	spin_lock(&s->lock);
	list_remove(&b->link);
	s->queue_len--;
	spin_unlock(&s->lock);
	socket_wake(&s->room_wait, EVENTS_OUT);
	/* Who listed itself looked at the queue afterwards. */
	if (!list_empty(&s->blocked))
		unix_unblock_all(s);
}

void
unix_tell_control(struct unix_socket *s, const struct unix_buffer *b,
		  struct socket_message *m)
{
	unsigned options = s->socket.options;

	if (options & SOCKET_PASSCRED) {
		m->control.has_cred = true;
		m->control.cred = b->cred;
	}
	if (unix_is_dgram(s) &&
	    (options & (SOCKET_TIMESTAMP | SOCKET_TIMESTAMPNS))) {
		m->control.has_stamp = true;
		m->control.stamp_ns = options & SOCKET_TIMESTAMPNS;
		m->control.stamp = b->has_stamp ? b->stamp : timestamp_now();
	}
}

static void
move_peek_offset(struct dgram_read *r, const struct unix_buffer *b, size_t n)
{
	int off = r->s->socket.peek_offset;

	if (off < 0)
		return;
	if (r->m->flags & MSG_PEEK)
		r->s->socket.peek_offset = off + (int)n;
	else
		r->s->socket.peek_offset = MAX(off - (int)b->size, 0);
}

/* b is the message: bytes given, or their number with MSG_TRUNC. */
static ssize_t
dgram_read_one(struct dgram_read *r, struct unix_buffer *b)
{
	struct socket_message *m = r->m;
	size_t left = b->size - r->skip, n = MIN(m->data->left, left);
	int err = 0;

	if (m->name)
		unix_tell_sender(b->sender, m->name);
	unix_tell_control(r->s, b, m);
	if (n < left)
		m->flags |= MSG_TRUNC;
	if (unix_buffer_copy(b, r->skip, n, m->data) < n)
		err = -EFAULT;
	if (b->rights && !(m->flags & MSG_PEEK))
		unix_rights_detach(b, &m->control);
	else if (b->rights && !err)
		err = unix_rights_peek(b, &m->control);
	if (!err)
		move_peek_offset(r, b, n);
	if (!(m->flags & MSG_PEEK)) { /* lost, if it could not be given */
		dgram_unqueue(r->s, b);
		unix_buffer_free(b);
	}
	return err ? err : (ssize_t)n;
}

ssize_t
unix_dgram_receive(struct socket *sk, struct socket_message *m)
{
	struct dgram_read r = { .s = unix_of(sk), .m = m };
	bool want_whole = m->flags & MSG_TRUNC;
	struct unix_buffer *b;
	ssize_t n = 0;
	size_t whole;

	m->flags &= ~MSG_TRUNC;
	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	r.deadline = socket_deadline(sk->receive_timeout_ns);
	mutex_lock(&r.s->read_lock);
	while (!(b = dgram_next(&r)) && n == 0)
		n = dgram_wait(&r);
	if (b) {
		whole = b->size - r.skip;
		n = dgram_read_one(&r, b);
		if (n >= 0 && want_whole)
			n = (ssize_t)whole;
	} else if (n > 0) {
		n = 0;
	}
	mutex_unlock(&r.s->read_lock);
	return n;
}

ssize_t
unix_seqpacket_receive(struct socket *sk, struct socket_message *m)
{
	if (unix_of(sk)->state != UNIX_CONNECTED)
		return -ENOTCONN;
	return unix_dgram_receive(sk, m);
}
