/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * net/socket.h - sockets of any family.
 *
 * A struct socket is the part all families share: options, buffer sizes, the
 * pending error, the queues to sleep on.  A family embeds it in its own
 * structure and implements socket_ops.  An open socket is a struct file whose
 * data is the struct socket; the family frees it, since connections and
 * messages may outlive the file.
 *
 * What a family must know of processes comes from above: who calls through
 * socket_set_caller_source(), names that are paths with a struct walk,
 * descriptors as files.  Signals are the callers' business: -EPIPE of a
 * SOCK_STREAM socket is what raises SIGPIPE.
 *
 * Units:   bytes and nanoseconds; NEVER is no timeout.
 * Locking: the fields below are atomic; everything else is the family's.
 * Context: may sleep.
 * Errors:  as the man page of the call; -ERESTARTSYS, or -EINTR with a
 *          timeout, when a signal came.
 * Source:  man 2 socket and its neighbours, man 7 socket.
 */

#include "fs/file.h"
#include "fs/path.h"
#include "net/socket_abi.h"

struct socket;
struct socket_message;

/* An address as programs give it, family first; len 0 = none. */
struct socket_address {
	size_t len;
	union {
		__kernel_sa_family_t family;
		struct sockaddr_un un;
		char bytes[sizeof(struct __kernel_sockaddr_storage)];
	};
};

/* Files on their way to another process; owns a reference on each. */
struct user_account;
struct socket_rights {
	struct list_node link;      /* the family's, as is payer, while */
	struct user_account *payer; /* they travel */
	uint64_t limit;             /* of what the sender's user has so */
	unsigned count;
	struct file *files[];
};

/* What travels beside the bytes of a message. */
struct socket_control {
	struct socket_rights *rights; /* owned; NULL = none */
	bool has_cred;                /* sent: given; received: asked for */
	bool has_stamp;               /* received: when it was sent */
	bool stamp_ns;                /* ... wanted as SO_TIMESTAMPNS */
	struct socket_cred cred;
	struct timestamp stamp;
};

struct socket_message {
	struct uio *data;
	unsigned flags;              /* MSG_*; recv adds MSG_TRUNC, ... */
	const struct walk *walk;     /* for names that are paths */
	struct socket_address *name; /* to whom, from whom; may be NULL */
	struct socket_control control;
};

struct socket_ops {
	/* The file is closed: s is the family's to free. */
	void (*release)(struct socket *s);
	int (*bind)(struct socket *s, const struct walk *w,
		    const struct socket_address *a);
	int (*connect)(struct socket *s, const struct walk *w,
		       const struct socket_address *a, bool nonblock);
	int (*listen)(struct socket *s, unsigned backlog);
	/* A connection, with a file of its own made by socket_open(). */
	int (*accept)(struct socket *s, bool nonblock, struct file **out);
	int (*name)(struct socket *s, struct socket_address *out);
	int (*peer_name)(struct socket *s, struct socket_address *out);
	int (*shutdown)(struct socket *s, unsigned how);
	ssize_t (*send)(struct socket *s, struct socket_message *m);
	ssize_t (*receive)(struct socket *s, struct socket_message *m);
	unsigned (*poll)(struct socket *s, struct poll_table *pt);
	long (*ioctl)(struct socket *s, unsigned cmd, uintptr_t arg);
	/* SOL_SOCKET options that only the family knows: -ENOPROTOOPT. */
	ssize_t (*get_option)(struct socket *s, int name, void USER *value,
			      size_t room);
};

struct socket_family {
	int family;
	/* A socket, or a connected pair of them: type and protocol are as the
	 * program gave them. */
	int (*create)(int type, int protocol, struct socket **out);
	int (*pair)(struct socket *a, struct socket *b);
};

enum socket_option_bits {
	SOCKET_REUSEADDR = 1 << 0,
	SOCKET_REUSEPORT = 1 << 1,
	SOCKET_KEEPALIVE = 1 << 2,
	SOCKET_BROADCAST = 1 << 3,
	SOCKET_OOBINLINE = 1 << 4,
	SOCKET_DONTROUTE = 1 << 5,
	SOCKET_PASSCRED = 1 << 6,
	SOCKET_TIMESTAMP = 1 << 7,
	SOCKET_TIMESTAMPNS = 1 << 8,
	SOCKET_DEBUG = 1 << 9,
	SOCKET_LINGER = 1 << 10,
	SOCKET_PASSSEC = 1 << 11, /* kept, but there is no label to pass */
};

struct socket {
	const struct socket_ops *ops; /* [I] */
	struct file *file;            /* [I] once open; not counted */
	_Atomic ino_t ino;            /* [a] its inode's number; 0 = none yet */
	uint16_t family, type;        /* [I] AF_*, SOCK_* */
	uint16_t protocol;            /* [I] */
	atomic_uint options;          /* [a] enum socket_option_bits */
	atomic_int error;             /* [a] -errno for the next call */
	atomic_uint send_size;        /* [a] SO_SNDBUF */
	atomic_uint receive_size;     /* [a] SO_RCVBUF */
	atomic_uint receive_low;      /* [a] SO_RCVLOWAT */
	atomic_uint linger_seconds;   /* [a] SO_LINGER */
	atomic_int priority;          /* [a] SO_PRIORITY */
	atomic_int peek_offset;       /* [a] SO_PEEK_OFF; -1 = off */
	_Atomic uint64_t receive_timeout_ns;
	_Atomic uint64_t send_timeout_ns;
	struct wait_queue read_wait;  /* bytes, connections, the end */
	struct wait_queue write_wait; /* room, the end */
};

void socket_family_register(const struct socket_family *f);
/* kernel/net's one entry of the boot order. */
void net_init(void);

/* For families: fill in what is common. */
void socket_init(struct socket *s, const struct socket_ops *ops, int family,
		 int type);
/* Make the file of s; on an error s is the caller's still. */
NODISCARD int socket_open(struct socket *s, unsigned flags, struct file **out);
/* -errno that was waiting, once; 0 = none. */
int socket_take_error(struct socket *s);
/* Something changed: tell who sleeps or polls.  Any number of times. */
void socket_wake(struct wait_queue *wq, unsigned events);
/* Something came that one receiver will take: EPOLLEXCLUSIVE. */
void socket_wake_receiver(struct socket *s);
/* When a wait of timeout_ns that begins now is over. */
uint64_t socket_deadline(uint64_t timeout_ns);
/* What to return for -EINTR or -ETIMEDOUT of such a wait. */
int socket_wait_error(int err, uint64_t timeout_ns);

/* Who is calling: for credentials that travel. */
struct socket_cred socket_caller(void);
void socket_set_caller_source(pid_t (*pid)(void));

/* --- for system calls ----------------------------------------------------- */

/* The socket of f, or NULL: -ENOTSOCK. */
struct socket *socket_of(const struct file *f);
/* type may have SOCK_NONBLOCK; SOCK_CLOEXEC is the caller's. */
NODISCARD int
socket_create(int family, unsigned type, int protocol, struct file **out);
NODISCARD int socket_create_pair(int family, unsigned type, int protocol,
				 struct file *out[2]);
/* The waiting modes of the file and of m->flags count. */
NODISCARD ssize_t socket_send(struct socket *s, struct socket_message *m);
NODISCARD ssize_t socket_receive(struct socket *s, struct socket_message *m);
NODISCARD int socket_shutdown(struct socket *s, int how);
NODISCARD int socket_set_option(struct socket *s, int level, int name,
				const void USER *value, int len);
/* Up to room bytes into value: their number. */
NODISCARD ssize_t socket_get_option(struct socket *s, int level, int name,
				    void USER *value, size_t room);
static inline bool
socket_nonblocking(const struct socket *s)
{
	return atomic_load_explicit(&s->file->flags, memory_order_relaxed) &
	       O_NONBLOCK;
}

/* Files nobody will receive. NULL is fine. */
void socket_rights_free(struct socket_rights *r);
/* Room for so many, none in it yet.  NULL = no memory. */
struct socket_rights *socket_rights_alloc(size_t room);

/* Limits, also as /proc/sys/net/core. */
void socket_options_init(void);
struct proc_text;
/* The store function of such a limit: a number not below least. */
ssize_t socket_store_limit(atomic_uint *limit, unsigned least, const char *text,
			   size_t n);
extern atomic_uint socket_send_max, socket_send_default;
extern atomic_uint socket_receive_max, socket_receive_default;
extern atomic_uint socket_backlog_max;
