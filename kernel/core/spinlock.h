/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * core/spinlock.h - ranked spinlocks.
 *
 * Holding one forbids sleeping.  Locks ranked irq-safe (lock_rank.h) are taken
 * by the _irq forms, which also disable interrupts; the others by the plain
 * forms.  Debug kernels check ranks, double acquire and the holder; a spin
 * of about a second prints both parties and panics.
 */

#include "arch/cpu.h"
#include "core/lock_rank.h"
#include "lib/types.h"

struct CAPABILITY("spinlock") spinlock {
	atomic_uint locked;   /* 0 free, 1 taken */
	uint16_t rank;        /* [I] enum lock_rank */
	int16_t cpu;          /* [L] holder, for reports */
	const char *name;     /* [I] */
	const void *pc;       /* [L] where it was taken */
};

#define SPINLOCK_INIT(rank_, name_) \
	{ .rank = (rank_), .cpu = -1, .name = (name_) }

void spin_init(struct spinlock *l, enum lock_rank rank, const char *name);

void spin_lock(struct spinlock *l) ACQUIRES(*l);
void spin_unlock(struct spinlock *l) RELEASES(*l);
NODISCARD bool spin_try_lock(struct spinlock *l) TRY_ACQUIRES(true, *l);

/* Second lock of one rank; the caller orders them by address. */
void spin_lock_nested(struct spinlock *l) ACQUIRES(*l);

/* Disable interrupts, then lock; returns the state to give back. */
unsigned long spin_lock_irq(struct spinlock *l) ACQUIRES(*l);
void spin_unlock_irq(struct spinlock *l, unsigned long state) RELEASES(*l);

bool spin_held(const struct spinlock *l); /* by this CPU */

/* Debug: panics if this CPU holds any spinlock. */
void assert_may_sleep(void);
