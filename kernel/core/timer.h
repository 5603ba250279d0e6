/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * core/timer.h - one-shot timers in nanoseconds, per CPU.
 *
 * A timer lives in its owner.  It fires once, on the CPU that set it, in
 * interrupt context with interrupts off and no lock held; its function may set
 * it again.  Each CPU keeps its timers in a red-black tree and arms its event
 * timer for the first.
 *
 * The owner sees to it that timer_set() and timer_cancel() of one timer do not
 * run at once; a timer's own function may call timer_set() at any time.
 *
 * Units:   clock_now_ns() nanoseconds.
 * Locking: each CPU's tree has its lock (spin, irq-safe, LOCK_TIMER).
 * Context: any, no lock ranked LOCK_TIMER or above held.
 */

#include <sys/tree.h>

#include "lib/types.h"

struct timer;
typedef void timer_fn(struct timer *t);

/* T: the lock of the queue of t->cpu. */
struct timer {
	RB_ENTRY(timer) node; /* [T] */
	uint64_t deadline_ns; /* [T] */
	timer_fn *fn;         /* [I] */
	_Atomic int16_t cpu;  /* [T] whose tree it is or was in, -1 = none */
	bool pending;         /* [T] in that tree */
};

void timer_init(struct timer *t, timer_fn *fn);

/* Set (or move) the deadline.  In the past: fires as soon as possible. */
void timer_set(struct timer *t, uint64_t deadline_ns);

/*
 * Make sure it is not set and its function is not running (it waits, so never
 * hold a lock the function takes; called by that function, it does not wait
 * for itself).  Returns whether it was still pending.
 */
bool timer_cancel(struct timer *t);

/* This CPU's next deadline, NEVER if none. */
uint64_t timer_next_deadline(void);

/*
 * sched/ adds its own deadline to the event timer of this CPU: the hook is
 * called once when it has passed.  Interrupts off.
 */
void timer_set_preempt_deadline(uint64_t deadline_ns);
void timer_set_preempt_hook(void (*fn)(void));
