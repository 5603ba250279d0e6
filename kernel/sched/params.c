/* SPDX-License-Identifier: MIT */
#include "arch/clock.h"
#include "arch/smp.h"
#include "core/panic.h"
#include "sched/runq_priv.h"

/*
 * sched/params.c - changing how a thread is scheduled while it lives.
 *
 * A ready thread leaves its queue, is changed, and joins again: the policies
 * need to know nothing of changes.
 */

struct params {
	uint8_t own_class;
	uint8_t own_priority;
	uint8_t lent_priority;
	int8_t nice;
	bool idle_policy;
};

static struct params
params_of(const struct thread *t)
{
	return (struct params){ t->own_class, t->own_priority, t->lent_priority,
				t->nice, t->idle_policy };
}

/*
 * A lent priority that is above its own makes any thread a realtime one; only
 * SCHED_RR threads go on taking turns.
 */
static void
set_effective(struct thread *t)
{
	t->sched_class = t->own_class;
	t->rt_priority = t->own_priority;
	if (t->lent_priority <= t->own_priority)
		return;
	t->rt_priority = t->lent_priority;
	if (t->own_class == SCHED_CLASS_NORMAL)
		t->sched_class = SCHED_CLASS_FIFO;
}

/* Something that changed may make a waiting thread the better choice. */
static void
reconsider(struct run_queue *rq)
{
	atomic_store_explicit(&rq->current->resched, true,
			      memory_order_relaxed);
	if (rq->cpu != cpu_id())
		smp_kick(rq->cpu);
}

/* With t's queue locked. */
static void
change(struct run_queue *rq, struct thread *t, const struct params *new)
{
	uint64_t now_ns = clock_now_ns();
	bool ready = t->queued;

	if (ready) {
		runq_charge(rq, now_ns);
		runq_remove(rq, t);
	}
	t->own_class = new->own_class;
	t->own_priority = new->own_priority;
	t->lent_priority = new->lent_priority;
	t->nice = new->nice;
	t->idle_policy = new->idle_policy;
	set_effective(t);
	if (ready) {
		runq_add(rq, t, JOIN_CHANGED, now_ns);
		reconsider(rq);
	}
}

void
thread_set_nice(struct thread *t, int nice) NO_LOCK_ANALYSIS
{
	unsigned long irq = irq_save();
	struct run_queue *rq = runq_lock_of(t);
	struct params new = params_of(t);

	new.nice = (int8_t)MIN(MAX(nice, -20), 19);
	change(rq, t, &new);
	spin_unlock(&rq->lock);
	irq_restore(irq);
}

void
thread_set_class(struct thread *t, enum sched_class c,
		 int rt_priority) NO_LOCK_ANALYSIS
{
	unsigned long irq = irq_save();
	struct run_queue *rq = runq_lock_of(t);
	struct params new = params_of(t);

	ASSERT(c != SCHED_CLASS_IDLE_LOOP);
	new.own_class = (uint8_t)c;
	new.own_priority = 0;
	if (c != SCHED_CLASS_NORMAL)
		new.own_priority = (uint8_t)MIN(MAX(rt_priority, 1),
						SCHED_RT_PRIORITY_MAX);
	change(rq, t, &new);
	spin_unlock(&rq->lock);
	irq_restore(irq);
}

void
thread_lend_priority(struct thread *t, int rt_priority) NO_LOCK_ANALYSIS
{
	unsigned long irq = irq_save();
	struct run_queue *rq = runq_lock_of(t);
	struct params new = params_of(t);

	if (new.lent_priority != rt_priority) {
		new.lent_priority = (uint8_t)rt_priority;
		change(rq, t, &new);
	}
	spin_unlock(&rq->lock);
	irq_restore(irq);
}

uint64_t
thread_slice_ns(const struct thread *t)
{
	const struct run_queue *rq = runq_of(cpu_id());
	const struct sched_policy *policy = t->own_class == SCHED_CLASS_NORMAL
						    ? rq->normal.policy
						    : rq->realtime.policy;

	return policy->quantum ? policy->quantum(t) : 0;
}

void
thread_set_idle_policy(struct thread *t, bool idle) NO_LOCK_ANALYSIS
{
	unsigned long irq = irq_save();
	struct run_queue *rq = runq_lock_of(t);
	struct params new = params_of(t);

	new.idle_policy = idle;
	change(rq, t, &new);
	spin_unlock(&rq->lock);
	irq_restore(irq);
}

/*
 * A thread that waits on the wrong CPU is moved at once; one that runs there
 * moves itself as soon as it is off its stack (switch.c); one that sleeps is
 * placed when it wakes.
 */
void
thread_set_affinity(struct thread *t, cpumask_t mask) NO_LOCK_ANALYSIS
{
	unsigned long irq;
	struct run_queue *rq;
	bool move;

	if (!(mask & atomic_load_explicit(&sched_online, memory_order_relaxed)))
		return;
	irq = irq_save();
	rq = runq_lock_of(t);
	atomic_store_explicit(&t->affinity, mask, memory_order_relaxed);
	move = t->queued && !thread_may_run_on(t, rq->cpu);
	if (move && t == rq->current) {
		reconsider(rq);
		move = false;
	} else if (move) {
		runq_charge(rq, clock_now_ns());
		runq_remove(rq, t);
	}
	spin_unlock(&rq->lock);
	if (move)
		place_thread(t, rq->cpu, JOIN_MOVED);
	irq_restore(irq);
	if (t == current_thread())
		thread_check_preempt();
}
