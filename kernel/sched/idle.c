/* SPDX-License-Identifier: MIT */
#include "mm/frame.h"
#include "sched/runq_priv.h"
#include "sched/sched.h"

/*
 * sched/idle.c - what a CPU does when there is nothing to do.
 *
 * It zeroes frames for later, piece by piece, and then waits for an interrupt
 * without any timer of the scheduler's own.  The last look at resched is with
 * interrupts off, and cpu_idle() turns them on in the act of waiting, so no
 * wake-up slips in between.
 */

static bool
useful_work(void)
{
	return stack_reap() || frame_idle_zero();
}

void
sched_idle_loop(void)
{
	struct thread *me = current_thread();

	irq_enable();
	for (;;) {
		if (thread_should_resched(me)) {
			schedule();
			continue;
		}
		if (useful_work())
			continue;
		irq_disable();
		if (!thread_should_resched(me))
			cpu_idle();
		irq_enable();
	}
}
