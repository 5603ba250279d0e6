/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fake/core/spinlock.h - spinlocks of a single-threaded test: taking one twice,
 * or giving back a free one, fails the test.
 */

#include <assert.h>

#include "arch/cpu.h"
#include "core/lock_rank.h"
#include "lib/types.h"

struct spinlock {
	unsigned locked;
	uint16_t rank;
	const char *name;
};

#define SPINLOCK_INIT(rank_, name_)              \
	{                                        \
		.rank = (rank_), .name = (name_) \
	}

static inline void
spin_init(struct spinlock *l, enum lock_rank rank, const char *name)
{
	*l = (struct spinlock){ .rank = (uint16_t)rank, .name = name };
}

static inline void
spin_lock(struct spinlock *l)
{
	assert(!l->locked);
	l->locked = 1;
}

static inline void
spin_lock_nested(struct spinlock *l)
{
	spin_lock(l);
}

static inline void
spin_unlock(struct spinlock *l)
{
	assert(l->locked);
	l->locked = 0;
}

static inline bool
spin_try_lock(struct spinlock *l)
{
	if (l->locked)
		return false;
	l->locked = 1;
	return true;
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

static inline bool
spin_held(const struct spinlock *l)
{
	return l->locked;
}

static inline void
assert_may_sleep(void)
{
}
