/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/eventpoll_priv.h - sets and items, for eventpoll.c (the set and its
 * changes), eventpoll_wait.c (what is ready) and eventpoll_nest.c (epolls that
 * watch epolls).
 */

#include <sys/tree.h>

#include "fs/eventpoll.h"

/* Bits of an item's events that are not events. */
#define EPOLL_MODE_BITS (EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE)

/* Most epolls below one another, beside the first. */
#define EPOLL_NESTS_MAX 4

struct epoll_item;
RB_HEAD(epoll_tree, epoll_item);

/*
 *	L  lock (mutex, LOCK_EPOLL); of one that is watched, taken inside that
 *	   of the watching one
 *	R  ready_lock (spin, LOCK_EPOLL_READY, irq-safe)
 *	N  epoll_nest_lock (mutex, LOCK_EPOLL_NEST), before every L
 */
struct eventpoll {
	struct refcount refs; /* [a] */
	struct mutex lock;
	struct epoll_tree items; /* [L] by file, then number */
	struct spinlock ready_lock;
	struct list_node ready;       /* [R] items that may have events */
	struct wait_queue wait;       /* epoll_wait() sleeps here */
	struct wait_queue poll_wait;  /* who watches or polls the epoll */
	struct user_account *account; /* [I] who pays for the items */

	struct list_node below; /* [N] items of ours that watch epolls */
	struct list_node above; /* [N] others' items that watch us */
	unsigned visit;         /* [N] last search that came by */
	int depth;              /* [N] what it found */
};

/* An item's place on one wait queue of its file. */
struct epoll_hook {
	struct waiter waiter;
	struct epoll_item *item; /* [I] */
	struct epoll_hook *next; /* [L] */
};

/* W is the watch_lock of the file. */
struct epoll_item {
	RB_ENTRY(epoll_item) node;   /* [L] */
	struct eventpoll *ep;        /* [I] */
	struct file *file;           /* [I] not referenced: see forget */
	int fd;                      /* [I] */
	atomic_uint events;          /* [a] wanted, and mode; written under L */
	uint64_t data;               /* [L] the program's */
	struct list_node watch_link; /* [W] in file->watchers */
	struct list_node ready_link; /* [R] on ready, or being looked at */
	struct epoll_hook first;     /* most files have one queue */
	struct epoll_hook *hooks;    /* [L] all that are in use */
	struct list_node below_link; /* [N] if the file is an epoll */
	struct list_node above_link; /* [N] */
};

extern struct mutex epoll_nest_lock;
extern const struct file_ops eventpoll_ops;

/* The events item has now of those it waits for; ep->lock is held. */
static inline unsigned
epoll_item_poll(struct epoll_item *i, struct poll_table *pt)
{
	return file_poll(i->file, pt) & i->events & ~EPOLL_MODE_BITS;
}

static inline bool
epoll_maybe_ready(const struct eventpoll *ep)
{
	return __atomic_load_n(&ep->ready.next, __ATOMIC_RELAXED) != &ep->ready;
}

/* eventpoll_wait.c */
waiter_wake_fn epoll_item_wake;
/* The item may have events: have it looked at. */
void epoll_item_ready(struct epoll_item *i);
unsigned eventpoll_poll(struct file *f, struct poll_table *pt);

/* eventpoll_nest.c: -ELOOP if ep must not watch other; with epoll_nest_lock. */
int epoll_nest_check(struct eventpoll *ep, struct eventpoll *other);
