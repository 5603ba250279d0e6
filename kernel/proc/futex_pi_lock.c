/* SPDX-License-Identifier: MIT */
#include <linux/futex.h>

#include "arch/usercopy.h"
#include "mm/slab.h"
#include "proc/futex_pi_priv.h"

/*
 * proc/futex_pi_lock.c - PI locks: the word in user memory and the graph.
 *
 * The word is 0 or the owner's TID; programs take and give back locks that
 * nobody waits for by themselves.  FUTEX_WAITERS makes them come to us.
 *
 *	lock      word 0: take it.  Else set FUTEX_WAITERS, wait for the owner
 *	unlock    the best waiter becomes the owner, in the word and the graph,
 *	          before anybody can see the lock free: nobody overtakes it
 *	death     the owner cannot write the word (it may be mapped elsewhere),
 *	          so the best waiter gets its turn to: the lock has no owner
 *	          until some waiter, in its own memory, has put itself there
 *
 * Under futex_pi_lock the word is read and changed without faulting; if that
 * fails all is dropped, the page brought in, and the attempt begins again.
 */

/* --- the word ------------------------------------------------------------ */

/* old -> new: -EAGAIN if it was not old, -EFAULT. */
static int
change_word(uint32_t USER *word, uint32_t old, uint32_t new)
{
	uint32_t seen = old;

	if (user_cmpxchg_u32_nofault(word, &seen, new))
		return -EFAULT;
	return seen == old ? 0 : -EAGAIN;
}

int
pi_prepare_retry(int err, uint32_t USER *word)
{
	if (signal_pending(current_task()))
		return -ERESTARTNOINTR;
	thread_check_preempt();
	return err == -EFAULT ? futex_fault_in_write(word) : 0;
}

/* What the word is to say when w, which waits, has become the owner. */
static uint32_t
word_of(const struct pi_waiter *w)
{
	return (uint32_t)w->task->tid | (pi_others_wait(w) ? FUTEX_WAITERS : 0);
}

/* --- lock ---------------------------------------------------------------- */

/* Nobody has it. */
static int
take_free(const struct pi_request *r, uint32_t value)
{
	uint32_t new = (value & FUTEX_OWNER_DIED) | (uint32_t)r->task->tid;
	int err = change_word(r->word, value, new);

	return err ? err : PI_TAKEN;
}

/*
 * The owner by the word's TID.  Who has gone through futex_pi_exit() can own
 * nothing; it cannot do so now, and if the lock was in its robust list the word
 * said so before it did.  Nothing of it is kept but what that will undo.
 */
static int
find_owner(uint32_t value, struct task **out)
{
	struct task *owner = task_find((pid_t)(value & FUTEX_TID_MASK));
	bool gone;

	if (!owner)
		return -ESRCH;
	gone = owner->pi.exited;
	task_put(owner);
	*out = owner;
	return gone ? -ESRCH : 0;
}

/* Does what we know of the lock fit what the word says? */
static int
check_owner(const struct pi_futex *f, uint32_t value)
{
	uint32_t tid = value & FUTEX_TID_MASK;

	if (!f->owner || (!tid && (value & FUTEX_OWNER_DIED)))
		return 0;
	return tid == (uint32_t)f->owner->tid ? 0 : -EINVAL;
}

/* Wait for f. */
static int
join(struct pi_request *r, struct pi_futex *f, uint32_t value)
{
	int err = pi_check_cycle(r->task, f->owner);

	if (!err && r->try_only)
		return PI_BUSY;
	if (!err && !(value & FUTEX_WAITERS))
		err = change_word(r->word, value, value | FUTEX_WAITERS);
	if (err)
		return err;
	pi_wait(f, r->waiter, r->task);
	/* It died, and who was to take it may be worse than we are. */
	if (!f->owner)
		__atomic_store_n(&r->waiter->turn, true, __ATOMIC_RELEASE);
	return PI_WAITS;
}

static int
join_new(struct pi_request *r, uint32_t value)
{
	struct pi_futex *f = r->spare;
	struct task *owner;
	int err = find_owner(value, &owner);

	if (err)
		return err;
	pi_create(f, &r->key, owner);
	err = join(r, f, value);
	if (err == PI_WAITS)
		r->spare = NULL;
	else
		pi_destroy(f);
	return err;
}

int
pi_attempt(struct pi_request *r)
{
	struct pi_futex *f = pi_find(&r->key);
	uint32_t value;
	int err;

	if (user_load_u32_nofault(&value, r->word))
		return -EFAULT;
	if ((value & FUTEX_TID_MASK) == (uint32_t)r->task->tid)
		return -EDEADLK;
	if (!f && r->plain_waiters)
		return -EINVAL;
	if (!f && !(value & FUTEX_TID_MASK))
		return take_free(r, value);
	if (!f)
		return join_new(r, value);
	err = check_owner(f, value);
	return err ? err : join(r, f, value);
}

/*
 * The owner died and it is our turn: put ourselves in its place.  1 = done,
 * 0 = somebody was faster.
 */
static int
take_orphan(struct pi_waiter *w, uint32_t USER *word, struct pi_futex **dead)
{
	struct pi_futex *f = w->futex;
	uint32_t value;
	int err;

	__atomic_store_n(&w->turn, false, __ATOMIC_RELAXED);
	if (f->owner)
		return 0;
	if (user_load_u32_nofault(&value, word))
		return -EFAULT;
	err = change_word(word, value, word_of(w) | FUTEX_OWNER_DIED);
	if (err)
		return err;
	pi_unwait(w);
	if (pi_contested(f)) {
		pi_set_owner(f, w->task);
	} else {
		pi_destroy(f);
		*dead = f;
	}
	return 1;
}

/* Somebody must take f, whose owner died. */
static void
give_turn(struct pi_futex *f)
{
	struct pi_waiter *w = pi_best(f);

	if (!w)
		return;
	__atomic_store_n(&w->turn, true, __ATOMIC_RELEASE);
	thread_wake(&w->task->thread, THREAD_WAKE_ANY);
}

int
pi_give_up(struct pi_waiter *w, int err)
{
	struct pi_futex *f, *dead = NULL;

	spin_lock(&futex_pi_lock);
	f = w->futex;
	if (f) {
		pi_unwait(w);
		if (!pi_contested(f)) {
			pi_destroy(f);
			dead = f;
		} else if (!f->owner) {
			give_turn(f);
		}
	} else {
		err = 0;
	}
	spin_unlock(&futex_pi_lock);
	kfree(dead);
	return err;
}

/* One try at a lock without owner: 0 = taken, -EAGAIN = go on waiting. */
static int
use_turn(struct pi_waiter *w, uint32_t USER *word)
{
	struct pi_futex *dead = NULL;
	int result;

	spin_lock(&futex_pi_lock);
	/* A new owner may have handed it over already. */
	result = w->futex ? take_orphan(w, word, &dead) : 1;
	if (result < 0)
		__atomic_store_n(&w->turn, true, __ATOMIC_RELAXED);
	spin_unlock(&futex_pi_lock);
	kfree(dead);
	if (result > 0)
		return 0;
	if (result == -EFAULT && futex_fault_in_write(word))
		return -EFAULT;
	return -EAGAIN;
}

static bool
news(const struct pi_waiter *w)
{
	return __atomic_load_n(&w->granted, __ATOMIC_ACQUIRE) ||
	       __atomic_load_n(&w->turn, __ATOMIC_ACQUIRE);
}

int
pi_sleep(struct pi_waiter *w, uint32_t USER *word, uint64_t deadline_ns)
{
	int err = 0;

	while (!err && !__atomic_load_n(&w->granted, __ATOMIC_ACQUIRE)) {
		if (__atomic_load_n(&w->turn, __ATOMIC_ACQUIRE)) {
			err = use_turn(w, word);
			if (!err)
				return 0;
			/* Somebody else took it, or it changed: once more. */
			thread_check_preempt();
			if (err == -EAGAIN)
				err = signal_pending(w->task) ? -EINTR : 0;
			continue;
		}
		thread_sleep_begin(THREAD_SLEEP_INTERRUPT);
		if (news(w))
			thread_sleep_cancel();
		else
			err = thread_sleep(deadline_ns);
	}
	/* Also if it was granted: who did it is through with w after this. */
	return pi_give_up(w, err);
}

int
futex_lock_pi(uint32_t USER *word, uint64_t deadline_ns, bool private,
	      bool try_only)
{
	struct pi_waiter w = { .task = current_task() };
	struct pi_request r = { .word = word,
				.task = current_task(),
				.waiter = &w,
				.try_only = try_only };
	int err = futex_key(word, private, &r.key);

	if (err)
		return err;
	r.spare = kmalloc(sizeof(*r.spare));
	if (!r.spare)
		return -ENOMEM;
	do {
		/* Its use for both is an error that can only be told early. */
		r.plain_waiters = futex_has_waiters(&r.key);
		spin_lock(&futex_pi_lock);
		err = pi_attempt(&r);
		spin_unlock(&futex_pi_lock);
		if (err != -EAGAIN && err != -EFAULT)
			break;
		err = pi_prepare_retry(err, word);
	} while (!err);
	kfree(r.spare);
	if (err == PI_BUSY)
		return -EWOULDBLOCK;
	if (err)
		return err == PI_TAKEN ? 0 : err;
	err = pi_sleep(&w, word, deadline_ns);
	return err == -EINTR ? -ERESTARTNOINTR : err;
}

/* --- unlock -------------------------------------------------------------- */

/* The best waiter is the owner now, and its word says so already. */
static void
grant(struct pi_futex *f, struct pi_waiter *w)
{
	pi_set_owner(f, NULL);
	pi_unwait(w);
	if (pi_contested(f))
		pi_set_owner(f, w->task);
	__atomic_store_n(&w->granted, true, __ATOMIC_RELEASE);
	thread_wake(&w->task->thread, THREAD_WAKE_ANY);
}

/* -EAGAIN: the word has changed since it was value. */
static int
unlock_locked(uint32_t USER *word, uint32_t value,
	      const struct vm_word_key *key, struct pi_futex **dead)
{
	struct pi_futex *f = pi_find(key);
	struct pi_waiter *w;
	int err;

	if (!f)
		return change_word(word, value, 0);
	if (f->owner != current_task())
		return -EINVAL;
	w = pi_best(f);
	err = change_word(word, value, word_of(w));
	if (err)
		return err;
	grant(f, w);
	if (!pi_contested(f)) {
		pi_destroy(f);
		*dead = f;
	}
	return 0;
}

int
futex_unlock_pi(uint32_t USER *word, bool private)
{
	uint32_t tid = (uint32_t)current_task()->tid, value;
	struct pi_futex *dead = NULL;
	struct vm_word_key key;
	int err;

	if (get_user(value, word))
		return -EFAULT;
	if ((value & FUTEX_TID_MASK) != tid)
		return -EPERM;
	err = futex_key(word, private, &key);
	while (!err) {
		spin_lock(&futex_pi_lock);
		err = unlock_locked(word, value, &key, &dead);
		spin_unlock(&futex_pi_lock);
		kfree(dead);
		if (err != -EAGAIN && err != -EFAULT)
			return err;
		err = pi_prepare_retry(err, word);
		if (!err && get_user(value, word))
			err = -EFAULT;
		if (!err && (value & FUTEX_TID_MASK) != tid)
			err = -EINVAL;
	}
	return err;
}

/* --- tasks --------------------------------------------------------------- */

void
futex_pi_exit(struct task *t)
{
	struct pi_futex *f;

	spin_lock(&futex_pi_lock);
	t->pi.exited = true;
	while ((f = RB_ROOT(&t->pi.owned))) {
		pi_set_owner(f, NULL);
		give_turn(f);
	}
	spin_unlock(&futex_pi_lock);
}

void
futex_pi_exec(struct task *t)
{
	spin_lock(&futex_pi_lock);
	t->pi.exited = false;
	spin_unlock(&futex_pi_lock);
}

void
futex_pi_changed(struct task *t)
{
	spin_lock(&futex_pi_lock);
	pi_refresh(t);
	spin_unlock(&futex_pi_lock);
}
