/* SPDX-License-Identifier: MIT */

/*
 * net/unix_stream.c - SOCK_STREAM: bytes without boundaries.
 *
 * A send is cut into buffers of at most CHUNK bytes.  A read takes from as many
 * buffers as it has room for, but stops behind one that brought descriptors,
 * and, if the receiver wants credentials, before one of another sender: what is
 * received at once has one origin.
 *
 * The peer of a connected socket stays the same until the socket is closed, so
 * it is used without taking a reference.
 */

#include "lib/errno.h"
#include "net/unix_priv.h"

#define CHUNK 32768u

/* --- sending -------------------------------------------------------------- */

/* Queue b, which is the receiver's then. -EPIPE: nobody will read it. */
static int
stream_queue(struct unix_socket *to, struct unix_buffer *b)
{
	spin_lock(&to->lock);
	if (unlikely(to->shutdown & UNIX_NO_RECEIVE)) {
		spin_unlock(&to->lock);
		return -EPIPE;
	}
	list_push_back(&to->queue, &b->link);
	to->queue_len++;
	to->arrivals++;
	spin_unlock(&to->lock);
	socket_wake_receiver(&to->socket);
	return 0;
}

static int
send_chunk(struct unix_socket *s, struct unix_socket *to,
	   struct socket_message *m, size_t n)
{
	struct unix_buffer *b;
	int err;

	err = unix_buffer_fill(s, m->data, n, &b);
	if (err)
		return err;
	b->cred = m->control.cred;
	err = unix_rights_attach(b, &m->control);
	if (!err)
		err = stream_queue(to, b);
	if (err)
		unix_buffer_free(b);
	return err;
}

static int
stream_send_check(struct unix_socket *s, const struct socket_message *m)
{
	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (m->name && m->name->len)
		return s->state == UNIX_CONNECTED ? -EISCONN : -EOPNOTSUPP;
	if (!s->peer)
		return -ENOTCONN;
	return s->shutdown & UNIX_NO_SEND ? -EPIPE : 0;
}

ssize_t
unix_stream_send(struct socket *sk, struct socket_message *m)
{
	struct unix_socket *s = unix_of(sk);
	size_t n, sent = 0;
	uint64_t deadline;
	int err;

	err = stream_send_check(s, m);
	if (err)
		return err;
	if (!m->control.has_cred)
		m->control.cred = socket_caller();
	deadline = socket_deadline(sk->send_timeout_ns);
	while (m->data->left && !err) {
		n = MIN(CHUNK, MAX(sk->send_size / 2, 1));
		n = MIN(m->data->left, n);
		err = unix_wait_room(s, m->flags, deadline);
		if (!err)
			err = send_chunk(s, s->peer, m, n);
		if (!err)
			sent += n;
	}
	return sent ? (ssize_t)sent : err;
}

/* --- receiving ------------------------------------------------------------ */

struct stream_read {
	struct unix_socket *s;
	struct socket_message *m;
	size_t wanted; /* bytes to wait for */
	size_t done;   /* bytes copied */
	size_t peek;   /* MSG_PEEK: bytes of the queue to pass over */
	unsigned seen; /* arrivals when the queue was looked at */
	uint64_t deadline;
	bool begun; /* a buffer was looked at: its cred is known */
	struct socket_cred cred;
};

/* The buffer to read from, or NULL; *skip is how far to start behind off. */
static struct unix_buffer *
stream_next(struct stream_read *r, size_t *skip)
{
	struct unix_buffer *b, *found = NULL;

	*skip = r->peek;
	spin_lock(&r->s->lock);
	r->seen = r->s->arrivals;
	list_for_each (b, &r->s->queue, link) {
		size_t left = b->size - b->off;

		if (*skip < left || !r->peek) {
			found = b;
			break;
		}
		*skip -= left;
	}
	spin_unlock(&r->s->lock);
	return found;
}

/* Nothing to read now: 0 look again, 1 that is all, or an error. */
static int
stream_wait(struct stream_read *r) NO_LOCK_ANALYSIS
{
	struct unix_socket *s = r->s;
	int err;

	if (r->done >= r->wanted)
		return 1;
	/* What came before the end comes before the end. */
	if (unix_ended(s) && s->arrivals != r->seen)
		return 0;
	err = socket_take_error(&s->socket);
	if (err)
		return err;
	if (s->shutdown & UNIX_NO_RECEIVE)
		return 1;
	if (r->m->flags & MSG_DONTWAIT)
		return -EAGAIN;
	mutex_unlock(&s->read_lock);
	err = wait_event_deadline(&s->socket.read_wait,
				  s->arrivals != r->seen || unix_ended(s),
				  r->deadline);
	mutex_lock(&s->read_lock);
	return socket_wait_error(err, s->socket.receive_timeout_ns);
}

static bool
other_origin(struct stream_read *r, const struct unix_buffer *b)
{
	const struct socket_cred *c = &b->cred;

	if (!(r->s->socket.options & SOCKET_PASSCRED))
		return false;
	return c->pid != r->cred.pid || c->uid != r->cred.uid ||
	       c->gid != r->cred.gid;
}

/* n bytes of b were used up. */
static void
stream_consume(struct unix_socket *s, struct unix_buffer *b, size_t n)
{
	b->off += n;
	if (s->socket.peek_offset > 0)
		s->socket.peek_offset =
			(int)((size_t)s->socket.peek_offset > n
				      ? (size_t)s->socket.peek_offset - n
				      : 0);
	if (b->off < b->size)
		return;
	spin_lock(&s->lock);
	list_remove(&b->link);
	s->queue_len--;
	spin_unlock(&s->lock);
	unix_buffer_free(b);
}

static int
stream_take_rights(struct stream_read *r, struct unix_buffer *b)
{
	if (r->m->flags & MSG_PEEK)
		return unix_rights_peek(b, &r->m->control);
	unix_rights_detach(b, &r->m->control);
	return 0;
}

/* From one buffer: 0 go on, 1 that is all, or an error. */
static int
stream_read_one(struct stream_read *r, struct unix_buffer *b, size_t skip)
{
	size_t n = MIN(r->m->data->left, b->size - b->off - skip), done;
	bool rights = b->rights;
	int err = 0;

	if (!r->begun) {
		r->begun = true;
		r->cred = b->cred;
		unix_tell_control(r->s, b, r->m);
		if (r->m->name)
			unix_tell_sender(b->sender, r->m->name);
	} else if (other_origin(r, b)) {
		return 1;
	}
	done = unix_buffer_copy(b, b->off + skip, n, r->m->data);
	if (done < n)
		return -EFAULT;
	r->done += done;
	if (unlikely(rights))
		err = stream_take_rights(r, b);
	if (r->m->flags & MSG_PEEK)
		r->peek += done;
	else
		stream_consume(r->s, b, done);
	if (err || rights)
		return err ? err : 1;
	return r->m->data->left ? 0 : 1;
}

static int
stream_read_loop(struct stream_read *r)
{
	struct unix_buffer *b;
	size_t skip;
	int err;

	do {
		b = stream_next(r, &skip);
		err = b ? stream_read_one(r, b, skip) : stream_wait(r);
	} while (!err);
	return err;
}

/* MSG_PEEK begins where SO_PEEK_OFF says, and moves it on. */
static size_t
peek_start(const struct stream_read *r)
{
	int off = r->s->socket.peek_offset;

	return (r->m->flags & MSG_PEEK) && off > 0 ? (size_t)off : 0;
}

ssize_t
unix_stream_receive(struct socket *sk, struct socket_message *m)
{
	struct stream_read r = { .s = unix_of(sk), .m = m };
	size_t room = m->data->left;
	int err;

	m->flags &= ~MSG_TRUNC; /* nothing is ever cut off */
	if (r.s->state != UNIX_CONNECTED)
		return -EINVAL;
	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	r.wanted = m->flags & MSG_WAITALL ? room : MIN(room, sk->receive_low);
	r.wanted = MAX(r.wanted, 1);
	r.deadline = socket_deadline(sk->receive_timeout_ns);
	mutex_lock(&r.s->read_lock);
	r.peek = peek_start(&r);
	err = stream_read_loop(&r);
	if ((m->flags & MSG_PEEK) && sk->peek_offset >= 0)
		sk->peek_offset = (int)r.peek;
	mutex_unlock(&r.s->read_lock);
	return r.done || err > 0 ? (ssize_t)r.done : err;
}
