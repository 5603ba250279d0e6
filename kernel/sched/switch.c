/* SPDX-License-Identifier: MIT */
#include "arch/clock.h"
#include "arch/smp.h"
#include "arch/upcall.h"
#include "core/panic.h"
#include "sched/runq_priv.h"

/*
 * sched/switch.c - from one thread to the next.
 *
 *	prev: schedule()                      next: schedule() or thread_boot()
 *	  lock its queue
 *	  charge, block or keep prev
 *	  pick next
 *	  arch_thread_switch() ------------->  back from arch_thread_switch()
 *	                                       switch_finish(): unlock; bury or
 *	                                       move prev if it asked for that
 *
 * The lock changes hands with the CPU.  Whoever gets it afterwards knows that
 * prev's stack and registers are at rest.
 *
 * A thread that goes to sleep set its state before it looked at what it waits
 * for (sleep.c).  Here, under the lock that wakers take too, the state decides:
 * still asleep, then it leaves the queue and any waker puts it back; ready
 * again, then a waker came in time and it goes on.
 */

/* What cannot be done before prev is off its stack. */
static void
bury_or_move(struct thread *prev)
{
	if (atomic_load_explicit(&prev->state, memory_order_relaxed) !=
	    THREAD_DEAD)
		place_thread(prev, cpu_id(), JOIN_MOVED);
	else if (prev->ops && prev->ops->released)
		prev->ops->released(prev);
}

/* On next's stack, interrupts off; releases the lock prev took. */
static inline void
switch_finish(void) NO_LOCK_ANALYSIS
{
	struct run_queue *rq = this_runq();
	struct thread *leaving = rq->leaving;

	rq->leaving = NULL;
	spin_unlock(&rq->lock);
	if (unlikely(leaving))
		bury_or_move(leaving);
}

void
thread_boot(void *arg)
{
	struct thread *t = arg;

	switch_finish();
	irq_enable();
	t->entry(t->arg);
	thread_exit();
}

/* prev will not go on here for now; under the lock. */
static void
leave_cpu(struct run_queue *rq, struct thread *prev, enum thread_state state)
{
	runq_remove(rq, prev);
	if (state == THREAD_READY) {
		rq->leaving = prev;
		prev->involuntary++;
		return;
	}
	prev->voluntary++;
	if (state == THREAD_SLEEP && prev->mmu)
		rq->uninterruptible++;
	if (state == THREAD_DEAD) {
		rq->leaving = prev;
		rq->threads--;
	}
}

/* Nothing to run here: look elsewhere before going idle. */
static struct thread *
pick_elsewhere(struct run_queue *rq, uint64_t now_ns)
{
	cpumask_t me = CPUMASK(rq->cpu);

	if (atomic_load_explicit(&sched_online, memory_order_relaxed) != me &&
	    place_pull(rq, now_ns))
		return runq_pick(rq, NULL);
	atomic_fetch_or_explicit(&sched_idle, me, memory_order_relaxed);
	return rq->idle;
}

static void
switch_to(struct run_queue *rq, struct thread *prev, struct thread *next,
	  uint64_t now_ns)
{
	rq->current = next;
	rq->switches++;
	runq_arm(rq, now_ns);
	if (prev == rq->idle)
		atomic_fetch_and_explicit(&sched_idle, ~CPUMASK(rq->cpu),
					  memory_order_relaxed);
	if (next->mmu != prev->mmu)
		mmu_switch(prev->mmu, next->mmu);
	set_current_thread(next);
	if (next->tell_switched)
		next->switched = true;
	arch_thread_switch(&prev->arch, &next->arch, thread_stack_top(next));
}

enum switch_how {
	SWITCH_PLAIN,
	SWITCH_YIELD, /* current gives up the rest of its turn */
};

/* Does prev want to go on here, and may it?  If not it leaves the queue. */
static bool
stay_or_leave(struct run_queue *rq, struct thread *prev, enum switch_how how)
{
	enum thread_state state =
		atomic_load_explicit(&prev->state, memory_order_relaxed);
	struct policy_queue *q;

	if (state != THREAD_READY || !thread_may_run_on(prev, rq->cpu)) {
		leave_cpu(rq, prev, state);
		return false;
	}
	if (prev == rq->idle)
		return false;
	if (how == SWITCH_YIELD) {
		q = runq_class(rq, prev);
		q->policy->yield(q, prev);
	}
	return true;
}

/* With this CPU's queue locked and interrupts off; unlocks. */
static void
switch_away(struct run_queue *rq, enum switch_how how) NO_LOCK_ANALYSIS
{
	struct thread *prev = rq->current, *next;
	uint64_t now_ns = clock_now_ns();
	bool stays;

	runq_charge(rq, now_ns);
	if (unlikely(rq->balance)) {
		rq->balance = false;
		place_pull(rq, now_ns);
	}
	atomic_store_explicit(&prev->resched, false, memory_order_relaxed);
	stays = stay_or_leave(rq, prev, how);
	next = runq_pick(rq, stays ? prev : NULL);
	if (next == rq->idle)
		next = pick_elsewhere(rq, now_ns);
	if (next == prev) {
		runq_arm(rq, now_ns);
		spin_unlock(&rq->lock);
		return;
	}
	prev->involuntary += stays;
	switch_to(rq, prev, next, now_ns);
	switch_finish();
}

void
schedule(void) NO_LOCK_ANALYSIS
{
	unsigned long irq;

	assert_may_sleep();
	irq = irq_save();
	spin_lock(&this_runq()->lock);
	switch_away(this_runq(), SWITCH_PLAIN);
	irq_restore(irq);
}

void
thread_yield(void) NO_LOCK_ANALYSIS
{
	unsigned long irq;

	/* Alone: nobody to give way to.  A push would have set resched. */
	if (atomic_load_explicit(&this_runq()->ready, memory_order_relaxed) <=
		    1 &&
	    !thread_should_resched(current_thread()))
		return;
	assert_may_sleep();
	irq = irq_save();
	spin_lock(&this_runq()->lock);
	switch_away(this_runq(), SWITCH_YIELD);
	irq_restore(irq);
}

void
thread_check_preempt(void)
{
	if (unlikely(thread_should_resched(current_thread())))
		schedule();
}

void
thread_exit(void) NO_LOCK_ANALYSIS
{
	struct thread *t = current_thread();
	struct run_queue *rq;

	/* The stacks of those who died before: this one is next. */
	stack_reap();
	irq_disable();
	rq = this_runq();
	spin_lock(&rq->lock);
	atomic_store_explicit(&t->state, THREAD_DEAD, memory_order_relaxed);
	switch_away(rq, SWITCH_PLAIN);
	panic("thread %s came back from the dead", t->name);
}

void
thread_set_mmu(struct mmu_context *mmu)
{
	struct thread *t = current_thread();
	unsigned long irq = irq_save();
	struct mmu_context *old = t->mmu;

	t->mmu = mmu;
	if (mmu != old)
		mmu_switch(old, mmu);
	irq_restore(irq);
}

/*
 * The scheduler's deadline has passed: a slice is over, or it is time for a
 * look at what this CPU does.  Timer interrupt.
 */
static void
switch_tick(void)
{
	struct run_queue *rq = this_runq();
	uint64_t now_ns = clock_now_ns();

	spin_lock(&rq->lock);
	if (now_ns >= rq->sample_ns)
		account_sample(rq, now_ns);
	runq_charge(rq, now_ns);
	if (now_ns >= rq->slice_end_ns) {
		atomic_store_explicit(&rq->current->resched, true,
				      memory_order_relaxed);
		place_call_idle();
		rq->slice_end_ns = NEVER;
		timer_set_preempt_deadline(rq->sample_ns);
	} else {
		runq_arm(rq, now_ns);
	}
	spin_unlock(&rq->lock);
	account_load(now_ns);
}

/* Another CPU queued something here, or wants the current thread's notice. */
void
upcall_reschedule(void)
{
	struct run_queue *rq = this_runq();
	uint64_t now_ns = clock_now_ns();

	spin_lock(&rq->lock);
	runq_charge(rq, now_ns);
	runq_arm(rq, now_ns);
	spin_unlock(&rq->lock);
}

void
switch_init(void)
{
	timer_set_preempt_hook(switch_tick);
}
