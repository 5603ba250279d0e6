/* SPDX-License-Identifier: MIT */
#include "sched/mutex.h"

#include "core/panic.h"
#include "lib/errno.h"

/*
 * sched/mutex.c - sleeping locks.
 *
 * The owner word is all there is to an uncontended mutex.  Who finds it taken
 * queues up, then tries again before each sleep; the owner sets the word free,
 * then looks for waiters.  Both store first and look second, with a barrier
 * between, so one of them sees the other (sleep.c).
 *
 * A mutex set free may be taken by anybody, also by the thread that just had
 * it: that keeps short sections fast.  A waiter that was woken and came too
 * late asks for handoff: then the next owner to leave makes the first waiter
 * the owner, so nobody waits for ever.
 */

void
mutex_init(struct mutex *m, enum lock_rank rank, const char *name)
{
	atomic_init(&m->owner, NULL);
	atomic_init(&m->handoff, false);
	wait_queue_init(&m->waiters);
	m->rank = (uint16_t)rank;
	m->name = name;
}

/* --- debug kernels: the order of ranks ----------------------------------- */

static void
check_order(const struct mutex *m, bool nested)
{
	const struct thread *t;

	if (!DEBUG_KERNEL)
		return;
	t = current_thread();
	if (!t || panic_in_progress())
		return;
	assert_may_sleep();
	if (m->rank == 0 || m->rank >= LOCK_MUTEX_RANKS)
		panic("mutex %s: rank %u is no mutex's", m->name, m->rank);
	if (atomic_load_explicit(&m->owner, memory_order_relaxed) == t)
		panic("mutex %s: taken twice by %s", m->name, t->name);
	for (unsigned r = m->rank + nested; r < LOCK_MUTEX_RANKS; r++) {
		if (t->mutexes[r] > 0)
			panic("mutex %s (rank %u) taken under rank %u", m->name,
			      m->rank, r);
	}
}

static inline void
note(const struct mutex *m, int by)
{
	if (DEBUG_KERNEL && current_thread())
		current_thread()->mutexes[m->rank] += (uint8_t)by;
}

/* --- taking -------------------------------------------------------------- */

/* Free, or handed to us. */
static inline bool
take(struct mutex *m)
{
	struct thread *me = current_thread(), *owner = NULL;

	return atomic_compare_exchange_strong(&m->owner, &owner, me) ||
	       owner == me;
}

static NOINLINE int
lock_slow(struct mutex *m, enum thread_state state)
{
	struct waiter w;
	bool woken = false;
	int err = 0;

	waiter_init(&w);
	w.exclusive = true;
	waiter_add(&m->waiters, &w);
	for (;;) {
		thread_sleep_begin(state);
		if (take(m)) {
			err = 0;
			break;
		}
		if (err)
			break;
		if (woken)
			atomic_store(&m->handoff, true);
		err = thread_sleep(NEVER);
		woken = true;
	}
	thread_sleep_cancel();
	waiter_remove(&w);
	/* Off the list nobody hands it to us any more, but they may have. */
	if (err && mutex_held(m))
		err = 0;
	/* A wake-up that was for us is the next one's now. */
	if (err)
		wait_queue_wake_one(&m->waiters, 0);
	return err;
}

static inline bool
take_free(struct mutex *m)
{
	struct thread *owner = NULL;

	return atomic_compare_exchange_strong_explicit(
		&m->owner, &owner, current_thread(), memory_order_acquire,
		memory_order_relaxed);
}

void
mutex_lock(struct mutex *m) NO_LOCK_ANALYSIS
{
	check_order(m, false);
	if (unlikely(!take_free(m)))
		(void)lock_slow(m, THREAD_SLEEP);
	note(m, 1);
}

void
mutex_lock_nested(struct mutex *m) NO_LOCK_ANALYSIS
{
	check_order(m, true);
	if (unlikely(!take_free(m)))
		(void)lock_slow(m, THREAD_SLEEP);
	note(m, 1);
}

int
mutex_lock_interruptible(struct mutex *m)
{
	int err = 0;

	check_order(m, false);
	if (unlikely(!take_free(m)))
		err = lock_slow(m, THREAD_SLEEP_INTERRUPT);
	if (!err)
		note(m, 1);
	return err;
}

bool
mutex_try_lock(struct mutex *m) NO_LOCK_ANALYSIS
{
	if (!take_free(m))
		return false;
	note(m, 1);
	return true;
}

/* --- giving back --------------------------------------------------------- */

/* The first waiter becomes the owner without the mutex ever being free. */
static NOINLINE void
hand_over(struct mutex *m)
{
	unsigned long irq = spin_lock_irq(&m->waiters.lock);
	struct waiter *first;

	atomic_store(&m->handoff, false);
	if (list_empty(&m->waiters.waiters)) {
		atomic_store(&m->owner, NULL);
	} else {
		first = list_first(&m->waiters.waiters, struct waiter, link);
		atomic_store(&m->owner, first->thread);
		first->wake(first, 0);
	}
	spin_unlock_irq(&m->waiters.lock, irq);
}

void
mutex_unlock(struct mutex *m) NO_LOCK_ANALYSIS
{
	DEBUG_ASSERT(mutex_held(m));
	note(m, -1);
	if (unlikely(atomic_load_explicit(&m->handoff, memory_order_relaxed))) {
		hand_over(m);
		return;
	}
	/* An exchange: the barrier before the look at the list. */
	atomic_exchange(&m->owner, NULL);
	if (unlikely(wait_queue_active(&m->waiters)))
		wait_queue_wake_one(&m->waiters, 0);
}

bool
mutex_held(const struct mutex *m)
{
	return atomic_load_explicit(&m->owner, memory_order_relaxed) ==
	       current_thread();
}
