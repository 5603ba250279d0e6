/* SPDX-License-Identifier: MIT */
#include "proc/futex_pi.h"

#include "proc/futex_priv.h"

/*
 * proc/futex_pi.c - who waits for whom: the graph of contested PI locks.
 *
 *	waiter W1 --+                        W: priority 50
 *	waiter W  --+--> lock A --> owner T --waits--> lock B --> owner R
 *
 * T runs with priority 50, and as a waiter of B has priority 50 too, so R runs
 * with at least 50.  Whatever changes (a waiter comes or goes, a lock changes
 * hands, somebody's own priority is set) is carried on from there to the root,
 * until a step makes no difference.
 *
 * One lock guards the whole graph: a change touches locks and tasks that have
 * nothing else in common.  It is held for as many steps as a chain is long,
 * each a few operations on small trees.  Programs make chains as long as they
 * have threads; Linux refuses to follow one beyond CHAIN_MAX, and so do we.
 */

#define HASH_LISTS 64
#define CHAIN_MAX  1024

struct spinlock futex_pi_lock = SPINLOCK_INIT(LOCK_FUTEX_PI, "futex pi");

static struct list_node lists[HASH_LISTS]; /* [P] */
static atomic_uint count; /* [P] to write: contested locks there are */
static uint64_t tickets;  /* [P] */

static int
waiter_compare(const struct pi_waiter *a, const struct pi_waiter *b)
{
	if (a->priority != b->priority)
		return a->priority > b->priority ? -1 : 1;
	return a->ticket < b->ticket ? -1 : a->ticket > b->ticket;
}

static int
owned_compare(const struct pi_futex *a, const struct pi_futex *b)
{
	if (a->priority != b->priority)
		return a->priority > b->priority ? -1 : 1;
	return a < b ? -1 : a > b;
}

RB_GENERATE_STATIC(pi_waiters, pi_waiter, node, waiter_compare)
RB_GENERATE_STATIC(pi_owned, pi_futex, owned, owned_compare)

/* --- the locks ----------------------------------------------------------- */

void
futex_pi_init(void)
{
	for (unsigned i = 0; i < HASH_LISTS; i++)
		list_init(&lists[i]);
}

static struct list_node *
list_of(const struct vm_word_key *key)
{
	uint64_t h = (key->owner ^ key->offset >> 2) * 0x9e3779b97f4a7c15ULL;

	return &lists[h >> 58];
}

struct pi_futex *
pi_find(const struct vm_word_key *key)
{
	struct pi_futex *f;

	list_for_each (f, list_of(key), link)
		if (futex_key_equal(&f->key, key))
			return f;
	return NULL;
}

void
pi_create(struct pi_futex *f, const struct vm_word_key *key, struct task *owner)
{
	f->key = *key;
	f->owner = owner;
	f->priority = 0;
	RB_INIT(&f->waiters);
	RB_INSERT(pi_owned, &owner->pi.owned, f);
	list_push_back(list_of(key), &f->link);
	atomic_fetch_add(&count, 1);
}

void
pi_destroy(struct pi_futex *f)
{
	DEBUG_ASSERT(!pi_contested(f));
	pi_set_owner(f, NULL);
	list_remove(&f->link);
	atomic_fetch_sub(&count, 1);
}

bool
futex_pi_has_waiters(const struct vm_word_key *key)
{
	bool yes;

	if (likely(!atomic_load_explicit(&count, memory_order_relaxed)))
		return false;
	spin_lock(&futex_pi_lock);
	yes = pi_find(key) != NULL;
	spin_unlock(&futex_pi_lock);
	return yes;
}

/* --- priorities ---------------------------------------------------------- */

struct pi_waiter *
pi_best(struct pi_futex *f)
{
	return RB_MIN(pi_waiters, &f->waiters);
}

bool
pi_others_wait(const struct pi_waiter *w)
{
	return RB_MIN(pi_waiters, &w->futex->waiters) !=
	       RB_MAX(pi_waiters, &w->futex->waiters);
}

/* Lend t what the best waiter of all its locks has. */
static void
lend(struct task *t)
{
	struct pi_futex *f = RB_MIN(pi_owned, &t->pi.owned);

	thread_lend_priority(&t->thread, f ? f->priority : 0);
}

/* f's waiters have changed: false if that makes no difference to its owner. */
static bool
refresh_owner(struct pi_futex *f)
{
	struct pi_waiter *best = pi_best(f);
	int priority = best ? best->priority : 0;

	if (!f->owner || f->priority == priority) {
		f->priority = priority;
		return false;
	}
	RB_REMOVE(pi_owned, &f->owner->pi.owned, f);
	f->priority = priority;
	RB_INSERT(pi_owned, &f->owner->pi.owned, f);
	lend(f->owner);
	return true;
}

/* t's priority may be another: the lock it waits for, if that concerns it. */
static struct pi_futex *
refresh_waiter(struct task *t)
{
	struct pi_waiter *w = t->pi.waiting;
	int priority = thread_priority(&t->thread);

	if (!w || w->priority == priority)
		return NULL;
	RB_REMOVE(pi_waiters, &w->futex->waiters, w);
	w->priority = priority;
	RB_INSERT(pi_waiters, &w->futex->waiters, w);
	return w->futex;
}

/* From f, whose waiters have changed, to the root. */
static void
propagate(struct pi_futex *f)
{
	for (int n = 0; f && n < CHAIN_MAX && refresh_owner(f); n++)
		f = refresh_waiter(f->owner);
}

void
pi_refresh(struct task *t)
{
	propagate(refresh_waiter(t));
}

/* --- edges --------------------------------------------------------------- */

int
pi_check_cycle(const struct task *t, const struct task *owner)
{
	for (int n = 0; owner && n < CHAIN_MAX; n++) {
		if (owner == t)
			return -EDEADLK;
		if (!owner->pi.waiting)
			return 0;
		owner = owner->pi.waiting->futex->owner;
	}
	return owner ? -EDEADLK : 0;
}

void
pi_wait(struct pi_futex *f, struct pi_waiter *w, struct task *t)
{
	w->task = t;
	w->futex = f;
	w->priority = thread_priority(&t->thread);
	w->ticket = ++tickets;
	RB_INSERT(pi_waiters, &f->waiters, w);
	t->pi.waiting = w;
	propagate(f);
}

void
pi_unwait(struct pi_waiter *w)
{
	struct pi_futex *f = w->futex;

	RB_REMOVE(pi_waiters, &f->waiters, w);
	w->futex = NULL;
	w->task->pi.waiting = NULL;
	propagate(f);
}

void
pi_set_owner(struct pi_futex *f, struct task *owner)
{
	struct task *old = f->owner;

	if (old) {
		RB_REMOVE(pi_owned, &old->pi.owned, f);
		lend(old);
		propagate(refresh_waiter(old));
	}
	f->owner = owner;
	if (owner) {
		RB_INSERT(pi_owned, &owner->pi.owned, f);
		lend(owner);
		propagate(refresh_waiter(owner));
	}
}
