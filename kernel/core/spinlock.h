/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * core/spinlock.h - ranked spinlocks.
 *
 * Holding one forbids sleeping.  Locks ranked irq-safe (lock_rank.h) are taken
 * by the _irq forms, which also disable interrupts (or by the plain forms where
 * interrupts are off already); the others by the plain forms.  The lock word
 * names the holder, so a lock that is never given back can be reported.
 * Debug kernels check ranks, double acquire, interrupts and the holder.
 * After a second of spinning a report names both parties, after ten the
 * machine panics.
 *
 * Context: any.
 */

#include "arch/cpu.h"
#include "core/lock_rank.h"
#include "lib/types.h"

struct CAPABILITY("spinlock") spinlock {
	atomic_uint holder; /* [a] number of the CPU that has it + 1, 0 free */
	uint16_t rank;      /* [I] enum lock_rank */
	const char *name;   /* [I] */
};

#define SPINLOCK_INIT(rank_, name_)              \
	{                                        \
		.rank = (rank_), .name = (name_) \
	}

void spin_init(struct spinlock *l, enum lock_rank rank, const char *name);

static inline void spin_lock(struct spinlock *l) ACQUIRES(*l) NO_LOCK_ANALYSIS;
static inline void spin_unlock(struct spinlock *l)
	RELEASES(*l) NO_LOCK_ANALYSIS;
NODISCARD static inline bool spin_try_lock(struct spinlock *l)
	TRY_ACQUIRES(true, *l) NO_LOCK_ANALYSIS;

/* Second lock of one rank; the caller orders them by address. */
static inline void spin_lock_nested(struct spinlock *l)
	ACQUIRES(*l) NO_LOCK_ANALYSIS;

/* Disable interrupts, then lock; returns the state to give back. */
static inline unsigned long spin_lock_irq(struct spinlock *l)
	ACQUIRES(*l) NO_LOCK_ANALYSIS;
static inline void spin_unlock_irq(struct spinlock *l, unsigned long state)
	RELEASES(*l) NO_LOCK_ANALYSIS;

/* The rest is for the inline functions below. */

enum spin_how {
	SPIN_PLAIN,
	SPIN_NESTED, /* a lock of the same rank may be held */
	SPIN_TRY,    /* never waits, so no order can be violated */
};

void spin_wait(struct spinlock *l);
void spin_check_acquire(struct spinlock *l, enum spin_how how);
void spin_note_acquired(struct spinlock *l, const void *pc);
void spin_note_released(struct spinlock *l);
void spin_check_none_held(void);
void spin_check_may_call(void);

/* Debug: panics if this CPU holds any spinlock. */
static inline void
assert_may_sleep(void)
{
	if (DEBUG_KERNEL)
		spin_check_none_held();
}

/* Held by this CPU? */
static inline bool
spin_held(const struct spinlock *l)
{
	return atomic_load_explicit(&l->holder, memory_order_relaxed) ==
	       cpu_id() + 1;
}

/* One attempt.  It may fail for no reason only where the caller retries. */
static ALWAYS_INLINE bool
spin_grab(struct spinlock *l)
{
	unsigned expected = 0;

	return atomic_compare_exchange_strong_explicit(
		&l->holder, &expected, cpu_id() + 1, memory_order_acquire,
		memory_order_relaxed);
}

static ALWAYS_INLINE void
spin_lock_how(struct spinlock *l, enum spin_how how)
{
	if (DEBUG_KERNEL)
		spin_check_acquire(l, how);
	if (unlikely(!spin_grab(l)))
		spin_wait(l);
	if (DEBUG_KERNEL)
		spin_note_acquired(l, __builtin_return_address(0));
}

static inline void
spin_lock(struct spinlock *l)
{
	spin_lock_how(l, SPIN_PLAIN);
}

static inline void
spin_lock_nested(struct spinlock *l)
{
	spin_lock_how(l, SPIN_NESTED);
}

static inline bool
spin_try_lock(struct spinlock *l)
{
	if (DEBUG_KERNEL)
		spin_check_acquire(l, SPIN_TRY);
	if (!spin_grab(l))
		return false;
	if (DEBUG_KERNEL)
		spin_note_acquired(l, __builtin_return_address(0));
	return true;
}

static inline void
spin_unlock(struct spinlock *l)
{
	if (DEBUG_KERNEL)
		spin_note_released(l);
	atomic_store_explicit(&l->holder, 0, memory_order_release);
}

static inline unsigned long
spin_lock_irq(struct spinlock *l)
{
	unsigned long state = irq_save();

	spin_lock(l);
	return state;
}

static inline void
spin_unlock_irq(struct spinlock *l, unsigned long state)
{
	spin_unlock(l);
	irq_restore(state);
}
