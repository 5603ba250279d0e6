/* SPDX-License-Identifier: MIT */
#include "arch/usercopy.h"
#include "proc/futex_priv.h"

/*
 * proc/futex_robust.c - the locks a thread held when it died.
 *
 * The list is in the program's memory and may be anything: circular, without
 * end, on pages that are gone.  The walk is bounded and ends at the first thing
 * that cannot be read.  Bit 0 of an entry's address marks a PI lock: those are
 * passed on by futex_pi_exit(), so nobody needs a wake-up here.
 */

struct robust_walk {
	pid_t tid;
	long offset; /* from an entry to its word */
};

/* The owner of one robust lock died: mark it and wake a waiter. */
static void
release(const struct robust_walk *r, uintptr_t entry, bool pending)
{
	uint32_t USER *word =
		(uint32_t USER *)((entry & ~1UL) + (uintptr_t)r->offset);
	bool pi = entry & 1;
	uint32_t old, seen, new;

	if (((uintptr_t)word & 3) || get_user(old, word))
		return;
	/* Died between unlocking and waking: pass the wake-up on. */
	if (pending && !pi && !old) {
		(void)futex_wake(word, 1, FUTEX_BITSET_MATCH_ANY, false);
		return;
	}
	while ((old & FUTEX_TID_MASK) == (uint32_t)r->tid) {
		new = (old & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
		seen = old;
		if (user_cmpxchg_u32(word, &seen, new))
			return;
		if (seen == old) {
			if (!pi && (old & FUTEX_WAITERS))
				(void)futex_wake(word, 1,
						 FUTEX_BITSET_MATCH_ANY, false);
			return;
		}
		old = seen;
	}
}

void
futex_exit_robust(struct task *t)
{
	struct robust_list_head USER *user = t->robust_list;
	struct robust_walk r = { .tid = t->tid };
	struct robust_list_head head;
	uintptr_t entry, next, pending;

	t->robust_list = NULL;
	if (!user || copy_from_user(&head, user, sizeof(head)))
		return;
	r.offset = head.futex_offset;
	pending = (uintptr_t)head.list_op_pending;
	entry = (uintptr_t)head.list.next;
	for (int i = 0; i < ROBUST_LIST_LIMIT; i++) {
		uintptr_t at = entry & ~1UL;

		if (!at || at == (uintptr_t)user)
			break;
		/* Before it is released: then it may be freed. */
		if (copy_from_user(&next, (void USER *)at, sizeof(next)))
			return;
		if (at != (pending & ~1UL))
			release(&r, entry, false);
		entry = next;
	}
	if (pending)
		release(&r, pending, true);
}
