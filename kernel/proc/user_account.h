/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/user_account.h - what each real user id has in use, for the limits that
 * are per user: RLIMIT_NPROC (tasks) and RLIMIT_SIGPENDING (queued signals).
 *
 * Locking: LOCK_USER_ACCOUNT for the tree; the counts are atomic.
 */

#include "lib/types.h"

struct user_account {
	struct user_account *next; /* [U] in its bucket */
	uid_t uid;                 /* [I] */
	unsigned refs;             /* [U] */
	atomic_uint tasks;         /* [a] */
	atomic_uint signals;       /* [a] */
};

/* The account of uid, made if need be, with a reference. NULL = no memory. */
struct user_account *user_account_get(uid_t uid);
void user_account_ref(struct user_account *u);
void user_account_put(struct user_account *u);
