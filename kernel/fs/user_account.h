/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/user_account.h - what each real user id has in use, for the limits that
 * are per user.
 *
 * Locking: LOCK_USER_ACCOUNT for the tree; the counts are atomic.
 */

#include "lib/types.h"

struct user_account {
	struct user_account *next;     /* [U] in its bucket */
	uid_t uid;                     /* [I] */
	unsigned refs;                 /* [U] */
	atomic_uint tasks;             /* [a] RLIMIT_NPROC */
	atomic_uint signals;           /* [a] RLIMIT_SIGPENDING */
	atomic_uint rights;            /* [a] sent and not received */
	atomic_uint epoll_items;       /* [a] sys/fs/epoll/max_user_watches */
	atomic_uint inotify_instances; /* [a] sys/fs/inotify/... */
	atomic_uint inotify_watches;   /* [a] sys/fs/inotify/... */
};

/* The account of uid, made if need be, with a reference. NULL = no memory. */
struct user_account *user_account_get(uid_t uid);
void user_account_ref(struct user_account *u);
void user_account_put(struct user_account *u);

/* Count one more unless that makes more than most. */
static inline bool
user_account_charge(atomic_uint *count, unsigned most)
{
	if (atomic_fetch_add(count, 1) < most)
		return true;
	atomic_fetch_sub(count, 1);
	return false;
}
