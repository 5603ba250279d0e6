/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/futex_pi_priv.h - one attempt to get a PI lock, for oneself or, when
 * waiters of a condition variable are moved, for another.
 */

#include "proc/futex_pi.h"
#include "proc/futex_priv.h"

struct pi_request {
	uint32_t USER *word;
	struct vm_word_key key;
	struct task *task;        /* who wants it */
	struct pi_waiter *waiter; /* to wait with; zeroed */
	struct pi_futex *spare;   /* taken if the lock was not contested */
	bool try_only;            /* do not wait */
	bool plain_waiters;       /* some wait for the word, but not for PI */
};

enum pi_result {
	PI_WAITS, /* the waiter is in the graph */
	PI_TAKEN, /* the lock is r->task's, the word says so */
	PI_BUSY,  /* try_only, and it is somebody else's */
};

/*
 * With futex_pi_lock held.  Or -EDEADLK, -EINVAL, -ESRCH; -EAGAIN, -EFAULT:
 * once more after pi_prepare_retry().
 */
NODISCARD int pi_attempt(struct pi_request *r);
NODISCARD int pi_prepare_retry(int err, uint32_t USER *word);

/* Until it is ours, 0; -EFAULT, -EINTR, -ETIMEDOUT: we wait no more. */
NODISCARD int
pi_sleep(struct pi_waiter *w, uint32_t USER *word, uint64_t deadline_ns);
/* Stop waiting because of err: err, or 0 if it has become ours meanwhile. */
NODISCARD int pi_give_up(struct pi_waiter *w, int err);

/* A waiter of a condition variable that is to become one of a PI lock. */
struct pi_move {
	struct vm_word_key to;   /* [I] */
	struct pi_futex *spare;  /* [P] */
	struct pi_waiter waiter; /* [P] */
};
