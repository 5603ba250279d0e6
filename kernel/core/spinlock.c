/* SPDX-License-Identifier: MIT */
#include "core/spinlock.h"

#include "arch/clock.h"
#include "core/klog.h"
#include "core/panic.h"
#include "core/percpu.h"

/*
 * core/spinlock.c - waiting for a spinlock, and the checks of debug kernels.
 *
 * A debug kernel keeps, per CPU, the locks that CPU holds in the order it took
 * them.  A lock may be taken only if its rank is above all of them; then no
 * circle of CPUs waiting for each other can form.  An attempt that never waits
 * (spin_try_lock) cannot close a circle, so it is free of that rule.
 *
 * The list is touched with interrupts off where handlers take locks too: an
 * interrupt between "grabbed" and "noted" would find the list short by one
 * entry, take its own locks, and leave the list as it was, so the plain locks
 * need no protection of their own.
 */

#define HELD_MAX         16
#define SPINS_PER_LOOK   4096
#define REPORT_AFTER_NS  NSEC_PER_SEC
#define GIVE_UP_AFTER_NS (10 * NSEC_PER_SEC)

struct held_lock {
	struct spinlock *lock;
	const void *pc; /* where it was taken */
};

static PERCPU(
	struct held_locks {
		unsigned count;
		struct held_lock locks[HELD_MAX];
	},
	held_locks);

void
spin_init(struct spinlock *l, enum lock_rank rank, const char *name)
{
	atomic_init(&l->holder, 0);
	l->rank = (uint16_t)rank;
	l->name = name;
}

/* Where CPU number holder - 1 took l; only debug kernels know. */
static const void *
holder_pc(const struct spinlock *l, unsigned holder)
{
	const struct held_locks *held;

	if (!DEBUG_KERNEL || holder == 0 || holder > CPU_MAX)
		return NULL;
	held = &cpu_var(held_locks, holder - 1);
	for (unsigned i = 0; i < MIN(held->count, HELD_MAX); i++) {
		if (held->locks[i].lock == l)
			return held->locks[i].pc;
	}
	return NULL;
}

/*
 * Say who waits for whom; give up in the end.  The log's own locks come last
 * in rank: reporting them would need them.
 */
static void
spin_report(const struct spinlock *l, uint64_t waited_ns, bool first)
{
	unsigned holder =
		atomic_load_explicit(&l->holder, memory_order_relaxed);

	if (waited_ns >= GIVE_UP_AFTER_NS)
		panic("spinlock %s: CPU %u waits, CPU %d keeps it since %p",
		      l->name, cpu_id(), (int)holder - 1, holder_pc(l, holder));
	if (first && l->rank < LOCK_IRQ_CHIP)
		klog(KLOG_WARNING,
		     "spinlock %s: CPU %u has waited a second for CPU %d (%p)",
		     l->name, cpu_id(), (int)holder - 1, holder_pc(l, holder));
}

/* Until l looks free, or it is time to look at the clock. */
static bool
looks_free(const struct spinlock *l)
{
	for (unsigned i = 0; i < SPINS_PER_LOOK; i++) {
		if (atomic_load_explicit(&l->holder, memory_order_relaxed) == 0)
			return true;
		cpu_relax();
	}
	return false;
}

/*
 * Wait until the lock is ours.  In a panic the holder may have been stopped for
 * ever, so the dying CPU takes what it does not get.
 */
NOINLINE void
spin_wait(struct spinlock *l)
{
	uint64_t begun_ns = clock_now_ns();
	bool reported = false;

	for (;;) {
		uint64_t waited_ns;

		if (looks_free(l) && spin_grab(l))
			return;
		if (panic_in_progress())
			break;
		waited_ns = clock_now_ns() - begun_ns;
		if (waited_ns >= REPORT_AFTER_NS) {
			spin_report(l, waited_ns, !reported);
			reported = true;
		}
	}
	atomic_store(&l->holder, cpu_id() + 1);
}

/* Before the attempt, so that the complaint comes instead of a deadlock. */
void
spin_check_acquire(struct spinlock *l, enum spin_how how)
{
	const struct held_locks *held = &this_cpu(held_locks);

	if (panic_in_progress())
		return;
	if (l->rank == 0 || l->rank >= LOCK_RANKS)
		panic("spinlock %s: never initialised", l->name);
	if (l->rank >= LOCK_FIRST_IRQ_SAFE && irq_enabled())
		panic("spinlock %s: taken with interrupts on", l->name);
	if (spin_held(l))
		panic("spinlock %s: taken twice, first at %p", l->name,
		      holder_pc(l, cpu_id() + 1));
	if (how == SPIN_TRY)
		return;
	for (unsigned i = 0; i < held->count; i++) {
		const struct spinlock *other = held->locks[i].lock;

		if (other->rank > l->rank ||
		    (other->rank == l->rank && how != SPIN_NESTED))
			panic("spinlock %s (rank %u) taken under %s (rank %u) "
			      "of %p",
			      l->name, l->rank, other->name, other->rank,
			      held->locks[i].pc);
	}
}

void
spin_note_acquired(struct spinlock *l, const void *pc)
{
	struct held_locks *held = &this_cpu(held_locks);

	if (panic_in_progress())
		return;
	if (held->count == HELD_MAX)
		panic("spinlock %s: one of too many held at once", l->name);
	held->locks[held->count++] = (struct held_lock){ l, pc };
}

void
spin_note_released(struct spinlock *l)
{
	struct held_locks *held = &this_cpu(held_locks);
	unsigned i = held->count;

	if (panic_in_progress())
		return;
	if (!spin_held(l))
		panic("spinlock %s: given back by CPU %u, which lacks it",
		      l->name, cpu_id());
	while (i > 0 && held->locks[i - 1].lock != l)
		i--;
	if (i == 0)
		panic("spinlock %s: held, but nobody noted it", l->name);
	for (; i < held->count; i++)
		held->locks[i - 1] = held->locks[i];
	held->count--;
}

/*
 * Who waits for a lock that handlers take too has interrupts off: it would
 * never answer the call of that lock's holder.
 */
void
spin_check_may_call(void)
{
	const struct held_locks *held = &this_cpu(held_locks);

	for (unsigned i = 0; i < held->count && !panic_in_progress(); i++) {
		if (held->locks[i].lock->rank >= LOCK_FIRST_IRQ_SAFE)
			panic("calling CPUs while holding spinlock %s of %p",
			      held->locks[i].lock->name, held->locks[i].pc);
	}
}

void
spin_check_none_held(void)
{
	const struct held_locks *held = &this_cpu(held_locks);

	if (held->count > 0 && !panic_in_progress())
		panic("sleeping while holding spinlock %s of %p",
		      held->locks[0].lock->name, held->locks[0].pc);
}
