/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/inotify_priv.h - what the two halves of inotify share.
 *
 *	inotify.c        a group: its queue of events, the file that reads it
 *	inotify_watch.c  watches, what the file layer says about their inodes
 */

#include <linux/inotify.h>
#include <sys/tree.h>

#include "fs/inotify.h"
#include "fs/user_account.h"
#include "lib/list.h"

struct inotify_watch;
RB_HEAD(watch_tree, inotify_watch);

/* struct inotify_event without the name, so that it can be part of others. */
struct event_head {
	int32_t wd;
	uint32_t mask, cookie;
	uint32_t len; /* of the name, padded */
};
_Static_assert(sizeof(struct event_head) ==
		       offsetof(struct inotify_event, name),
	       "as it is read");

struct item {
	struct list_node link;   /* [G] */
	struct event_head event; /* the name is right behind */
};

/* G is lock (spin, LOCK_INOTIFY). */
struct inotify {
	struct spinlock lock;
	struct watch_tree watches;    /* [G] by number */
	int last_wd;                  /* [G] */
	struct list_node items;       /* [G] */
	int queued;                   /* [G] of items */
	size_t bytes;                 /* [G] they take when read */
	struct item overflow;         /* [G] says that some were lost */
	struct wait_queue wait;       /* for items */
	struct user_account *account; /* [I] who pays */
};

/* W is the lock of the inode's list. */
struct inotify_watch {
	struct list_node link;        /* [W] in inode->watches, then: dead */
	RB_ENTRY(inotify_watch) node; /* [G] */
	struct inotify *group;        /* [I] */
	struct inode *inode;          /* [I] a reference */
	int wd;                       /* [I] */
	uint32_t mask;                /* [W] */
};

/* One event, before it is queued. */
struct happening {
	uint32_t mask, cookie;
	const char *name; /* NULL = to the file itself */
	size_t name_len;
	bool unlinked; /* the name is gone already */
};

/* Queue h for g, or note that it is lost (g->lock held). */
void inotify_tell(struct inotify *g, int wd, const struct happening *h);
/* Take all watches off g: nobody uses g after this. */
void inotify_drop_watches(struct inotify *g);
/* Lines of /proc/PID/fdinfo. */
void inotify_watch_info(struct inotify *g, struct proc_text *t);
