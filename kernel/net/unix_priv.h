/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * net/unix_priv.h - what the files of the family AF_UNIX share.
 *
 *	unix.c		life of a socket, its operations, poll, shutdown
 *	unix_name.c	names: bind, autobind, finding a socket
 *	unix_connect.c	listen, connect, accept
 *	unix_stream.c	SOCK_STREAM messages
 *	unix_dgram.c	SOCK_DGRAM and SOCK_SEQPACKET messages
 *	unix_peer.c	peers of SOCK_DGRAM, who polls for room there
 *	unix_buffer.c	messages in a queue, room
 *	unix_rights.c	descriptors in flight; cycle.c finds lost ones
 *	unix_proc.c	/proc/net/unix, limits
 *
 * A message is copied into a buffer first, then queued at its receiver under
 * the receiver's spinlock; readers hold the receiver's read_lock while they
 * copy out of it.  So user memory is touched under no lock a sender needs.
 *
 * A buffer is charged to its sender until it is read: send_size bounds what one
 * socket keeps waiting anywhere.
 *
 * References: the file holds one; the peer holds one; each buffer holds one on
 * its sender; a connection that is not accepted is its listener's.
 *
 * Locks: setup; read_lock; what is in flight; a bucket; one socket.  Two of
 * the last are taken by unix_lock_two(), in address order; a listener's
 * connections, to which nobody but a collector has a way, after it.
 *
 * Source: man 7 unix.
 */

#include "net/cycle.h"
#include "net/socket.h"

#define UNIX_BUCKETS 256u

enum unix_state {
	UNIX_IDLE,
	UNIX_LISTENING,
	UNIX_CONNECTED,
};

enum unix_shutdown {
	UNIX_NO_RECEIVE = 1 << 0,
	UNIX_NO_SEND = 1 << 1,
	UNIX_NOTHING = UNIX_NO_RECEIVE | UNIX_NO_SEND,
};

/* An address; a listener and the connections made through it share one. */
struct unix_name {
	struct refcount refs;
	unsigned bucket;           /* [I] */
	const struct inode *inode; /* [I] of a path: a key, no reference */
	unsigned len;              /* [I] as getsockname(2) tells it */
	char address[sizeof(struct sockaddr_un) + 1]; /* [I] */
};

/*
 *	I  immutable
 *	a  atomic
 *	L  lock
 *	U  changed under lock, read without it where a glance will do
 *	S  setup
 *	R  read_lock
 *	B  the lock of the bucket
 *	F  the lock of what is in flight (unix_rights.c)
 *	K  blocked_lock (unix_peer.c)
 */
struct unix_socket {
	struct socket socket; /* first */
	struct refcount refs; /* [a] */
	struct mutex setup;
	struct mutex read_lock;
	struct spinlock lock;
	_Atomic enum unix_state state; /* [U] */
	atomic_uint shutdown;          /* [U] enum unix_shutdown */
	atomic_bool dead;              /* [U] the file is closed */
	/* [U] referenced.  Connection types: set once, and kept to the end. */
	_Atomic(struct unix_socket *) peer;
	_Atomic(struct unix_name *) name; /* [U] set once, and under S */
	struct path path;                 /* [S] that was bound */

	struct list_node queue;       /* [L] of buffers; taken off under R */
	atomic_uint queue_len;        /* [U] messages, or connections */
	atomic_uint queue_max;        /* [U] a longer queue is full */
	atomic_uint arrivals;         /* [U] ever put into the queue */
	_Atomic size_t charged;       /* [a] bytes of ours in others' queues */
	struct list_node embryos;     /* [L] of embryo_link, to be accepted */
	struct list_node embryo_link; /* [L of the listener] */
	struct wait_queue room_wait;  /* for room in our queue */

	struct list_node blocked;       /* [K] of blocked_link: pollers */
	struct list_node blocked_link;  /* [K] */
	struct unix_socket *blocked_on; /* [K] not referenced */

	const struct cred *peer_cred; /* [L] of the other side, or NULL */
	pid_t peer_pid;               /* [L] */

	struct list_node table_link; /* [B] */
	unsigned bucket;             /* [B] */
	bool bound;                  /* [B] found by its name */
	struct cycle_node flight;    /* [F] */
};

/* One message, or a piece of a stream. */
struct unix_buffer {
	struct list_node link;        /* [L of the receiver] */
	struct unix_socket *sender;   /* [I] referenced */
	struct socket_rights *rights; /* [R of the receiver] owned */
	struct socket_cred cred;      /* [I] */
	bool peeked;                  /* [R] */
	bool has_stamp;               /* [I] */
	struct timestamp stamp;       /* [I] */
	size_t charge;                /* [I] what it counts to the sender */
	size_t size;                  /* [I] bytes sent */
	size_t off;                   /* [R] bytes read */
	unsigned frames;              /* [I] 0: the bytes are in data */
	uint64_t data[]; /* [I] the bytes, or pointers to their frames */
};

static inline struct unix_socket *
unix_of(struct socket *s)
{
	return (struct unix_socket *)s;
}

static inline bool
unix_is_dgram(const struct unix_socket *s)
{
	return s->socket.type == SOCK_DGRAM;
}

static inline bool
unix_queue_full(const struct unix_socket *s)
{
	return s->queue_len > s->queue_max;
}

/* Nothing will come any more, or an error did. */
static inline bool
unix_ended(const struct unix_socket *s)
{
	return s->socket.error || (s->shutdown & UNIX_NO_RECEIVE);
}

/* --- unix.c --------------------------------------------------------------- */

struct unix_socket *unix_alloc(int type); /* NULL: no memory */
static inline void
unix_get(struct unix_socket *s)
{
	refcount_get(&s->refs);
}
void unix_put(struct unix_socket *s);
/* The peer, with a reference, or NULL. */
struct unix_socket *unix_peer_get(struct unix_socket *s);
/* Either may be the same as the other. */
void
unix_lock_two(struct unix_socket *a, struct unix_socket *b) NO_LOCK_ANALYSIS;
void
unix_unlock_two(struct unix_socket *a, struct unix_socket *b) NO_LOCK_ANALYSIS;
/* Tell everybody: it ended, or a half of it. */
void unix_wake_all(struct unix_socket *s, unsigned events);
/* End a connection nobody accepted; takes over the listener's reference. */
void unix_embryo_release(struct unix_socket *s);
/* Who the other side is: takes a reference on c (lock held). */
void unix_set_peer_cred(struct unix_socket *s, const struct cred *c, pid_t pid);
/* Linux: up to a quarter of the buffer in use, so writers come in bulk. */
static inline bool
unix_writable(const struct unix_socket *s)
{
	return s->state != UNIX_LISTENING &&
	       s->charged * 4 <= s->socket.send_size;
}

/* --- unix_name.c ---------------------------------------------------------- */

void unix_table_init(void);
void unix_table_add(struct unix_socket *s);
void unix_table_remove(struct unix_socket *s);
/* fn with the bucket's lock held. */
void unix_table_each(unsigned bucket,
		     void (*fn)(struct unix_socket *s, void *arg), void *arg);
void unix_name_put(struct unix_name *n); /* NULL is fine */
NODISCARD int unix_bind(struct socket *sk, const struct walk *w,
			const struct socket_address *a);
/* An abstract name, unless it has a name. */
NODISCARD int unix_autobind(struct unix_socket *s);
/* ... if what it sends is to tell who sent it. */
NODISCARD int unix_autobind_for_cred(struct unix_socket *s);
NODISCARD int unix_check_address(const struct socket_address *a);
/* A socket of that name, with a reference. */
NODISCARD int unix_find(const struct walk *w, const struct socket_address *a,
			int type, struct unix_socket **out);
/* Its name; unnamed: the family alone, or nothing. */
void unix_tell_name(struct unix_socket *s, struct socket_address *out);
void unix_tell_sender(struct unix_socket *s, struct socket_address *out);

/* --- unix_connect.c ------------------------------------------------------- */

NODISCARD int unix_listen(struct socket *sk, unsigned backlog);
NODISCARD int unix_connect(struct socket *sk, const struct walk *w,
			   const struct socket_address *a, bool nonblock);
NODISCARD int unix_accept(struct socket *sk, bool nonblock, struct file **out);
NODISCARD int unix_pair(struct socket *a, struct socket *b);

/* --- unix_buffer.c -------------------------------------------------------- */

/*
 * A buffer with the next n bytes of the message, charged to s.  -EFAULT,
 * -ENOMEM.
 */
NODISCARD int unix_buffer_fill(struct unix_socket *s, struct uio *from,
			       size_t n, struct unix_buffer **out);
/* Bytes [off, off + n): how many came through before a fault. */
NODISCARD size_t unix_buffer_copy(const struct unix_buffer *b, size_t off,
				  size_t n, struct uio *to);
void unix_buffer_free(struct unix_buffer *b);
void unix_buffers_free(struct list_node *list);
/* Until s may send more: 0, -EAGAIN, -EPIPE, ... */
NODISCARD int
unix_wait_room(struct unix_socket *s, unsigned flags, uint64_t deadline);

/* --- unix_stream.c, unix_dgram.c ------------------------------------------ */

ssize_t unix_stream_send(struct socket *sk, struct socket_message *m);
ssize_t unix_stream_receive(struct socket *sk, struct socket_message *m);
ssize_t unix_dgram_send(struct socket *sk, struct socket_message *m);
ssize_t unix_dgram_receive(struct socket *sk, struct socket_message *m);
ssize_t unix_seqpacket_send(struct socket *sk, struct socket_message *m);
ssize_t unix_seqpacket_receive(struct socket *sk, struct socket_message *m);
/* What a receiver has asked to be told beside b's bytes, but for rights. */
void unix_tell_control(struct unix_socket *s, const struct unix_buffer *b,
		       struct socket_message *m);

/* --- unix_peer.c ---------------------------------------------------------- */

NODISCARD int unix_dgram_connect(struct socket *sk, const struct walk *w,
				 const struct socket_address *a, bool nonblock);
unsigned unix_dgram_poll(struct socket *sk, struct poll_table *pt);
/* s is closed: it waits for nobody, and nobody waits for it. */
void unix_dgram_forget(struct unix_socket *s);
/* Does the length of to's queue keep s from sending? */
bool unix_queue_bars(const struct unix_socket *to, const struct unix_socket *s);
/* A socket with a peer takes messages from nobody else. */
bool
unix_may_send(const struct unix_socket *from, const struct unix_socket *to);
/*
 * s has another peer than old (may be NULL), or none: what the old one sent is
 * of no use any more, and it is told.  Takes over the reference on old.
 */
void unix_peer_replaced(struct unix_socket *s, struct unix_socket *old);
/* There is room in the queue of s, or it is closed: tell who polls. */
void unix_unblock_all(struct unix_socket *s);

/* --- unix_rights.c -------------------------------------------------------- */

void unix_rights_init(void);
/* The message's descriptors become b's.  -ETOOMANYREFS, -ENOMEM. */
NODISCARD int
unix_rights_attach(struct unix_buffer *b, struct socket_control *c);
/* b's become the message's, to be received, */
void unix_rights_detach(struct unix_buffer *b, struct socket_control *c);
/* or copies of them: MSG_PEEK. -ENOMEM. */
NODISCARD int
unix_rights_peek(const struct unix_buffer *b, struct socket_control *c);
/* Close what is in flight and will not arrive. */
void unix_rights_discard(struct socket_rights *r);
/* A socket was closed: see whether some became unreachable. */
void unix_rights_collect(void);

/* --- unix_proc.c ---------------------------------------------------------- */

extern atomic_uint unix_dgram_queue_max; /* messages */
void unix_proc_init(void);
