/* SPDX-License-Identifier: MIT */

/*
 * net/unix_rights.c - descriptors on their way in messages (SCM_RIGHTS).
 *
 * Each file in a message is held by it.  What is in flight is counted for the
 * user who sent it, against his limit of open files, and for each socket of
 * this family, since those can hold one another in circles that nobody can
 * reach (cycle.h).  They are looked for when a socket is closed: at once while
 * few are in flight, else only after so many closes that the work of a search,
 * which grows with their number, is spread over them.
 *
 * Closing a file in flight may close a socket, which throws away its queue, in
 * which there are files in flight, and so on.  So that the stack does not grow
 * with the length of such a chain, a thread that is closing files already only
 * adds to its list.
 *
 * Locks: flight_lock (mutex) guards the counts and the list of sockets in
 * flight; disposers_lock (spin) who is closing what.
 */

#include "fs/user_account.h"
#include "lib/errno.h"
#include "mm/slab.h"
#include "net/unix_priv.h"
#include "sched/thread.h"

#define SPREAD 8u /* closes for a search: an eighth of those in flight */

/* A thread that closes files, and what it has to close still. */
struct disposer {
	struct list_node link;   /* [D] */
	struct list_node rights; /* [D] of socket_rights.link */
	const struct thread *thread;
};

static struct mutex flight_lock;
static struct list_node flying = LIST_INIT(flying); /* [F] */
static atomic_uint flying_count;                    /* [F] to change */
static atomic_uint closes;                          /* since a search */
static struct spinlock disposers_lock =
	SPINLOCK_INIT(LOCK_SOCKET_BLOCKED, "closing descriptors");
static struct list_node disposers = LIST_INIT(disposers); /* [D] */

void
unix_rights_init(void)
{
	mutex_init(&flight_lock, LOCK_FLIGHT, "descriptors in flight");
}

/* --- counting ------------------------------------------------------------- */

/* The socket of this family f is, or NULL. */
static struct unix_socket *
unix_of_file(const struct file *f)
{
	struct socket *s = socket_of(f);

	return s && s->family == AF_UNIX ? unix_of(s) : NULL;
}

static void
take_off(struct unix_socket *s)
{
	if (s->flight.count++)
		return;
	list_push_back(&flying, &s->flight.link);
	flying_count++;
}

static void
land(struct unix_socket *s)
{
	if (--s->flight.count)
		return;
	list_remove(&s->flight.link);
	flying_count--;
}

static void
count_sockets(const struct socket_rights *r, void (*fn)(struct unix_socket *s))
{
	struct unix_socket *s;

	mutex_lock(&flight_lock);
	for (unsigned i = 0; i < r->count; i++) {
		s = unix_of_file(r->files[i]);
		if (s)
			fn(s);
	}
	mutex_unlock(&flight_lock);
}

/* As on Linux, the message that goes over the limit is the last. */
static int
count_in(struct socket_rights *r)
{
	struct user_account *u = user_account_get(socket_caller().uid);

	if (!u)
		return -ENOMEM;
	if (u->rights > r->limit) {
		user_account_put(u);
		return -ETOOMANYREFS;
	}
	atomic_fetch_add(&u->rights, r->count);
	r->payer = u;
	count_sockets(r, take_off);
	return 0;
}

static void
count_out(struct socket_rights *r)
{
	count_sockets(r, land);
	atomic_fetch_sub(&r->payer->rights, r->count);
	user_account_put(r->payer);
	r->payer = NULL;
}

/* --- in and out of messages ----------------------------------------------- */

int
unix_rights_attach(struct unix_buffer *b, struct socket_control *c)
{
	int err;

	if (likely(!c->rights))
		return 0;
	err = count_in(c->rights);
	if (err)
		return err;
	b->rights = c->rights;
	c->rights = NULL;
	return 0;
}

void
unix_rights_detach(struct unix_buffer *b, struct socket_control *c)
{
	count_out(b->rights);
	c->rights = b->rights;
	b->rights = NULL;
}

/*
 * The references are taken under the lock: a search that has found the sockets
 * unheld must not have its ground moved.
 */
int
unix_rights_peek(const struct unix_buffer *b, struct socket_control *c)
{
	struct socket_rights *copy = socket_rights_alloc(b->rights->count);

	if (!copy)
		return -ENOMEM;
	mutex_lock(&flight_lock);
	copy->count = b->rights->count;
	for (unsigned i = 0; i < copy->count; i++) {
		copy->files[i] = b->rights->files[i];
		file_get(copy->files[i]);
	}
	mutex_unlock(&flight_lock);
	c->rights = copy;
	return 0;
}

/* --- closing -------------------------------------------------------------- */

/* disposers_lock held. */
static struct disposer *
disposer_of_caller(void)
{
	struct disposer *d;

	list_for_each (d, &disposers, link)
		if (d->thread == current_thread())
			return d;
	return NULL;
}

static void
dispose_all(struct disposer *d) NO_LOCK_ANALYSIS
{
	struct socket_rights *r;

	while (!list_empty(&d->rights)) {
		r = list_first(&d->rights, struct socket_rights, link);
		list_remove(&r->link);
		spin_unlock(&disposers_lock);
		socket_rights_free(r);
		spin_lock(&disposers_lock);
	}
}

static void
dispose(struct socket_rights *r)
{
	struct disposer *d, own = { .thread = current_thread() };

	spin_lock(&disposers_lock);
	d = disposer_of_caller();
	if (d) {
		list_push_back(&d->rights, &r->link);
		spin_unlock(&disposers_lock);
		return;
	}
	list_init(&own.rights);
	list_push_back(&own.rights, &r->link);
	list_push_back(&disposers, &own.link);
	dispose_all(&own);
	list_remove(&own.link);
	spin_unlock(&disposers_lock);
}

void
unix_rights_discard(struct socket_rights *r)
{
	count_out(r);
	dispose(r);
}

/* --- who cannot be reached any more --------------------------------------- */

static unsigned
holders(struct cycle_node *n)
{
	struct unix_socket *s = container_of(n, struct unix_socket, flight);

	return refcount_read(&s->socket.file->refs);
}

struct visit {
	void (*fn)(struct cycle_node *child, void *arg);
	void *arg;
};

/* The socket's lock is held. */
static void
each_in_queue(struct unix_socket *s, const struct visit *v)
{
	struct unix_socket *child;
	struct unix_buffer *b;

	list_for_each (b, &s->queue, link) {
		for (unsigned i = 0; b->rights && i < b->rights->count; i++) {
			child = unix_of_file(b->rights->files[i]);
			if (child)
				v->fn(&child->flight, v->arg);
		}
	}
}

/* A listener holds what waits in connections not accepted. */
static void
each_child(struct cycle_node *n,
	   void (*fn)(struct cycle_node *child, void *arg), void *arg)
{
	struct unix_socket *s = container_of(n, struct unix_socket, flight);
	struct visit v = { fn, arg };
	struct unix_socket *e;

	spin_lock(&s->lock);
	each_in_queue(s, &v);
	list_for_each (e, &s->embryos, embryo_link) {
		spin_lock_nested(&e->lock);
		each_in_queue(e, &v);
		spin_unlock(&e->lock);
	}
	spin_unlock(&s->lock);
}

static const struct cycle_ops flight_ops = {
	.holders = holders,
	.each = each_child,
};

static void
take_queue(struct unix_socket *s, struct list_node *to)
{
	list_splice_back(to, &s->queue);
	if (list_empty(&s->embryos))
		s->queue_len = 0;
}

/* Nobody reads from it or has it closed any more: its queue is ours. */
static void
take_messages(struct unix_socket *s, struct list_node *to)
{
	struct unix_socket *e;

	spin_lock(&s->lock);
	take_queue(s, to);
	list_for_each (e, &s->embryos, embryo_link) {
		spin_lock_nested(&e->lock);
		take_queue(e, to);
		spin_unlock(&e->lock);
	}
	spin_unlock(&s->lock);
}

static void
collect(void)
{
	struct list_node garbage = LIST_INIT(garbage);
	struct list_node lost = LIST_INIT(lost);
	struct cycle_node *n;

	mutex_lock(&flight_lock);
	closes = 0;
	cycle_find(&flying, &garbage, &flight_ops);
	list_for_each (n, &garbage, link)
		take_messages(container_of(n, struct unix_socket, flight),
			      &lost);
	list_splice_back(&flying, &garbage);
	mutex_unlock(&flight_lock);
	/* Their sockets go with the last message that holds them. */
	unix_buffers_free(&lost);
}

static bool
closing_already(void)
{
	bool found;

	spin_lock(&disposers_lock);
	found = disposer_of_caller();
	spin_unlock(&disposers_lock);
	return found;
}

/* What a search throws away closes sockets in turn: one search is enough. */
void
unix_rights_collect(void)
{
	unsigned n = flying_count;

	if (likely(n == 0))
		return;
	if (++closes < n / SPREAD || closing_already())
		return;
	collect();
}
