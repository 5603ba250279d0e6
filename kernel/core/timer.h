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
 * Units:   clock_now_ns() nanoseconds.
 * Locking: each CPU's tree has timer_lock (spin, irq-safe, LOCK_TIMER).
 */

#include <sys/tree.h>

#include "lib/types.h"

struct timer;
typedef void timer_fn(struct timer *t);

struct timer {
	RB_ENTRY(timer) node;  /* [T] */
	uint64_t deadline_ns;  /* [T] */
	timer_fn *fn;          /* [I] */
	int16_t cpu;           /* [T] whose tree it is in, -1 = none */
};

void timer_init(struct timer *t, timer_fn *fn);

/* Set (or move) the deadline.  In the past: fires as soon as possible. */
void timer_set(struct timer *t, uint64_t deadline_ns);

/*
 * Make sure it is not set and its function is not running (it waits, so never
 * hold a lock the function takes).  Returns whether it was still pending.
 */
bool timer_cancel(struct timer *t);

/* This CPU's next deadline, NEVER if none. */
uint64_t timer_next_deadline(void);

/* Called by sched/ to add its own preemption deadline to the event timer. */
void timer_set_preempt_deadline(uint64_t deadline_ns);
void timer_set_preempt_hook(void (*fn)(void));
