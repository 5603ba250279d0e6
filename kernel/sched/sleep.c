/* SPDX-License-Identifier: MIT */
#include "arch/clock.h"
#include "arch/smp.h"
#include "core/panic.h"
#include "lib/errno.h"
#include "sched/runq_priv.h"

/*
 * sched/sleep.c - sleeping and waking without losing a wake-up.
 *
 *	sleeper					waker
 *	  state = SLEEP    (1)			  condition = true    (3)
 *	  condition?       (2)			  state == SLEEP?     (4)
 *	  yes: state = READY
 *	  no: schedule(): lock;			     lock; state = READY;
 *	      state == SLEEP? leave queue	     off the queue? put it back
 *
 * Both store first and look second, with a full barrier between, so at least
 * one of them sees the other: if (2) misses the condition, (4) sees the state.
 * What happens then is under the lock of the sleeper's run queue, which
 * schedule() keeps until the sleeper is off its stack.  So the waker finds it
 * either still running, and making the state READY is enough, or at rest, and
 * may queue it anywhere.
 *
 * A thread may find itself ready for no reason; whoever sleeps looks again.
 */

void
thread_sleep_begin(enum thread_state state)
{
	/* (1): sequentially consistent, which is the barrier before (2). */
	atomic_store(&current_thread()->state, state);
}

void
thread_sleep_cancel(void)
{
	atomic_store_explicit(&current_thread()->state, THREAD_READY,
			      memory_order_relaxed);
}

/* A deadline to sleep to, on the sleeper's stack. */
struct alarm {
	struct timer timer;
	struct thread *thread;
	atomic_bool rang;
};

static void
alarm_ring(struct timer *timer)
{
	struct alarm *a = container_of(timer, struct alarm, timer);

	atomic_store(&a->rang, true);
	thread_wake(a->thread, ~(1u << THREAD_DEAD));
}

static bool
sleep_until(struct thread *t, uint64_t deadline_ns)
{
	struct alarm a = { .thread = t };

	if (deadline_ns <= clock_now_ns()) {
		thread_sleep_cancel();
		return true;
	}
	timer_init(&a.timer, alarm_ring);
	timer_set(&a.timer, deadline_ns);
	schedule();
	timer_cancel(&a.timer);
	return atomic_load_explicit(&a.rang, memory_order_relaxed);
}

int
thread_sleep(uint64_t deadline_ns)
{
	struct thread *t = current_thread();
	bool interruptible =
		atomic_load_explicit(&t->state, memory_order_relaxed) ==
		THREAD_SLEEP_INTERRUPT;
	bool late = false;

	assert_may_sleep();
	DEBUG_ASSERT(t->mode != THREAD_MODE_IDLE);
	if (interruptible && atomic_load(&t->interrupted)) {
		thread_sleep_cancel();
		t->wait_pc = NULL;
		return -EINTR;
	}
	if (!t->wait_pc)
		t->wait_pc = __builtin_return_address(0);
	if (deadline_ns == NEVER)
		schedule();
	else
		late = sleep_until(t, deadline_ns);
	t->wait_pc = NULL;
	if (interruptible &&
	    atomic_load_explicit(&t->interrupted, memory_order_relaxed))
		return -EINTR;
	return late ? -ETIMEDOUT : 0;
}

int
thread_nap(uint64_t deadline_ns, bool interruptible)
{
	int err;

	do {
		thread_sleep_begin(interruptible ? THREAD_SLEEP_INTERRUPT
						 : THREAD_SLEEP);
		err = thread_sleep(deadline_ns);
	} while (err == 0);
	return err == -ETIMEDOUT ? 0 : err;
}

/* Queue a thread that was asleep; with its queue locked, unlocks. */
static void
wake_up(struct run_queue *rq, struct thread *t,
	enum thread_state was) NO_LOCK_ANALYSIS
{
	unsigned cpu = place_choose(t, rq->cpu, JOIN_WOKEN);
	uint64_t now_ns;

	if (was == THREAD_SLEEP && t->mmu)
		rq->uninterruptible--;
	if (unlikely(cpu != rq->cpu || !thread_may_run_on(t, cpu))) {
		spin_unlock(&rq->lock);
		place_thread(t, cpu, JOIN_WOKEN);
		return;
	}
	if (rq->current == rq->idle)
		atomic_fetch_and_explicit(&sched_idle, ~CPUMASK(cpu),
					  memory_order_relaxed);
	now_ns = clock_now_ns();
	runq_charge(rq, now_ns);
	runq_add(rq, t, JOIN_WOKEN, now_ns);
	spin_unlock(&rq->lock);
}

bool
thread_wake(struct thread *t, unsigned state_mask) NO_LOCK_ANALYSIS
{
	unsigned long irq = irq_save();
	/* The lock is the barrier between (3) and (4). */
	struct run_queue *rq = runq_lock_of(t);
	enum thread_state was =
		atomic_load_explicit(&t->state, memory_order_relaxed);
	/* The sleeper may change its mind meanwhile: compare and exchange. */
	bool woken =
		(state_mask >> was & 1) && was != THREAD_READY &&
		atomic_compare_exchange_strong(&t->state, &was, THREAD_READY);

	if (woken && rq->current != t)
		wake_up(rq, t, was);
	else
		spin_unlock(&rq->lock);
	irq_restore(irq);
	return woken;
}

/* It is between setting its state and switch_away(): a few hundred cycles. */
void
thread_wait_off_cpu(struct thread *t) NO_LOCK_ANALYSIS
{
	struct run_queue *rq;
	unsigned long irq;
	bool running;

	do {
		irq = irq_save();
		rq = runq_lock_of(t);
		running = rq->current == t;
		spin_unlock(&rq->lock);
		irq_restore(irq);
		cpu_relax();
	} while (running);
}

void
thread_interrupt(struct thread *t) NO_LOCK_ANALYSIS
{
	unsigned long irq;
	struct run_queue *rq;

	atomic_store(&t->interrupted, true);
	if (thread_wake(t, 1u << THREAD_SLEEP_INTERRUPT))
		return;
	irq = irq_save();
	rq = runq_lock_of(t);
	if (rq->current == t && rq->cpu != cpu_id())
		smp_kick(rq->cpu);
	spin_unlock(&rq->lock);
	irq_restore(irq);
}
