/* SPDX-License-Identifier: MIT */

/*
 * net/unix_peer.c - peers of datagram sockets, and who polls for room at them.
 *
 * A peer can be changed, and a sender be kept by the length of its queue.  It
 * is not asked where both are each other's peer: send_size is bound enough.
 *
 * Who sends and waits for a queue holds a reference on its owner and sleeps on
 * its room_wait.  Who polls must not: its poller would hang on a queue that may
 * be gone before it.  So a poller's socket puts itself on the owner's list of
 * the blocked, which wakes the socket's own write_wait; blocked_lock guards all
 * such lists.  It is taken where a queue is full, or somebody is listed.
 */

#include "lib/errno.h"
#include "net/unix_priv.h"

#define EVENTS_OUT (POLLOUT | POLLWRNORM | POLLWRBAND)

static struct spinlock blocked_lock =
	SPINLOCK_INIT(LOCK_SOCKET_BLOCKED, "blocked sockets");

/* --- who polls for room --------------------------------------------------- */

static void
unblock_one(struct unix_socket *s)
{
	list_remove(&s->blocked_link);
	s->blocked_on = NULL;
}

/* There is room in the queue of s, or it is closed. */
void
unix_unblock_all(struct unix_socket *s)
{
	struct unix_socket *b, *next;

	spin_lock(&blocked_lock);
	list_for_each_safe (b, next, &s->blocked, blocked_link) {
		unblock_one(b);
		socket_wake(&b->socket.write_wait, EVENTS_OUT);
	}
	spin_unlock(&blocked_lock);
}

static void
unblock_self(struct unix_socket *s)
{
	spin_lock(&blocked_lock);
	if (s->blocked_on)
		unblock_one(s);
	spin_unlock(&blocked_lock);
}

void
unix_dgram_forget(struct unix_socket *s)
{
	if (!unix_is_dgram(s))
		return;
	unblock_self(s);
	unix_unblock_all(s);
}

/*
 * The queue of to is full: have s told when it is not.  to is marked dead
 * before its list is emptied for the last time, so nobody stays on it.
 */
static void
block_on(struct unix_socket *s, struct unix_socket *to)
{
	spin_lock(&blocked_lock);
	if (s->blocked_on != to && !to->dead) {
		if (s->blocked_on)
			unblock_one(s);
		s->blocked_on = to;
		list_push_back(&to->blocked, &s->blocked_link);
	}
	spin_unlock(&blocked_lock);
}

bool
unix_queue_bars(const struct unix_socket *to, const struct unix_socket *s)
{
	return to != s && to->peer != s && unix_queue_full(to);
}

static bool
peer_bars(struct unix_socket *s)
{
	struct unix_socket *to = unix_peer_get(s);
	bool barred = false;

	if (!to)
		return false;
	if (unix_queue_bars(to, s)) {
		block_on(s, to);
		atomic_thread_fence(memory_order_seq_cst);
		barred = !to->dead && unix_queue_bars(to, s);
	}
	unix_put(to);
	return barred;
}

unsigned
unix_dgram_poll(struct socket *sk, struct poll_table *pt)
{
	struct unix_socket *s = unix_of(sk);
	unsigned events = 0, shutdown = s->shutdown;

	if (sk->error)
		events |= POLLERR;
	if (shutdown == UNIX_NOTHING)
		events |= POLLHUP;
	if (shutdown & UNIX_NO_RECEIVE)
		events |= POLLRDHUP | POLLIN | POLLRDNORM;
	if (s->queue_len)
		events |= POLLIN | POLLRDNORM;
	if (unix_writable(s) && !peer_bars(s))
		events |= EVENTS_OUT;
	return events;
}

/* --- peers ---------------------------------------------------------------- */

/* Take what s has not read yet; false: nothing. */
static bool
take_queue(struct unix_socket *s, struct list_node *lost)
{
	mutex_lock(&s->read_lock);
	spin_lock(&s->lock);
	list_splice_back(lost, &s->queue);
	s->queue_len = 0;
	spin_unlock(&s->lock);
	mutex_unlock(&s->read_lock);
	return !list_empty(lost);
}

static void
report_reset(struct unix_socket *old, const struct unix_socket *s)
{
	bool tell;

	spin_lock(&old->lock);
	tell = !old->dead && old->peer == s;
	if (tell)
		old->socket.error = -ECONNRESET;
	spin_unlock(&old->lock);
	if (tell)
		unix_wake_all(old, POLLERR);
}

/*
 * s has another peer than old, or none: what the old one sent is of no use any
 * more.  An old one that still has s for its peer is told by an error.
 */
void
unix_peer_replaced(struct unix_socket *s, struct unix_socket *old)
{
	struct list_node lost = LIST_INIT(lost);

	if (!old)
		return;
	unblock_self(s);
	socket_wake(&s->socket.write_wait, EVENTS_OUT);
	if (take_queue(s, &lost)) {
		socket_wake(&s->room_wait, EVENTS_OUT);
		unix_unblock_all(s);
		report_reset(old, s);
		unix_buffers_free(&lost);
	}
	unix_put(old);
}

/* A socket with a peer takes messages from nobody else. */
bool
unix_may_send(const struct unix_socket *from, const struct unix_socket *to)
{
	return !to->peer || to->peer == from;
}

static void
dgram_disconnect(struct unix_socket *s)
{
	struct unix_socket *old;

	spin_lock(&s->lock);
	old = s->peer;
	s->peer = NULL;
	s->state = UNIX_IDLE;
	spin_unlock(&s->lock);
	unix_peer_replaced(s, old);
}

/* 0, -EPERM, or -EAGAIN: to was closed meanwhile. */
static int
dgram_link(struct unix_socket *s, struct unix_socket *to)
{
	struct unix_socket *old = NULL;
	int err = 0;

	unix_lock_two(s, to);
	if (to->dead)
		err = -EAGAIN;
	else if (!unix_may_send(s, to))
		err = -EPERM;
	if (!err) {
		unix_get(to);
		old = s->peer;
		s->peer = to;
		s->state = UNIX_CONNECTED;
	}
	unix_unlock_two(s, to);
	if (!err && old == to)
		unix_put(old);
	else if (!err)
		unix_peer_replaced(s, old);
	return err;
}

int
unix_dgram_connect(struct socket *sk, const struct walk *w,
		   const struct socket_address *a, bool nonblock)
{
	struct unix_socket *s = unix_of(sk), *to;
	int err;

	if (a->len < sizeof(a->family))
		return -EINVAL;
	if (a->family == AF_UNSPEC) {
		dgram_disconnect(s);
		return 0;
	}
	err = unix_check_address(a);
	if (!err)
		err = unix_autobind_for_cred(s);
	if (err)
		return err;
	do {
		err = unix_find(w, a, SOCK_DGRAM, &to);
		if (err)
			return err;
		err = dgram_link(s, to);
		unix_put(to);
	} while (err == -EAGAIN);
	return err;
}
