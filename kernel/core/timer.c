/* SPDX-License-Identifier: MIT */
#include "core/timer.h"

#include "arch/clock.h"
#include "arch/upcall.h"
#include "core/percpu.h"
#include "core/spinlock.h"

/*
 * core/timer.c - each CPU's tree of timers and its event timer.
 *
 * The event timer is armed lazily: only when something becomes due earlier
 * than what it is armed for.  An event that comes too early costs one
 * interrupt that finds nothing and arms again; in exchange neither a switch
 * of threads nor a timer that is cancelled in time touches the hardware.
 *
 * A timer stays in the tree of the CPU that set it.  One whose function is
 * running right now is bound to that CPU: setting it from elsewhere puts it
 * into the same tree, so a canceller finds both "pending" and "running" under
 * one lock.
 */

RB_HEAD(timer_tree, timer);

/*
 *	L  lock
 *	o  that CPU, interrupts off
 */
struct timer_queue {
	struct spinlock lock;
	struct timer_tree tree; /* [L] by deadline, then address */
	struct timer *first;    /* [L] leftmost of the tree */
	struct timer *running;  /* [L] its function is being called */
	uint64_t preempt_ns;    /* [o] the scheduler's deadline */
	uint64_t armed_ns;      /* [o] when the event timer will fire */
	bool firing;            /* [o] inside upcall_timer() */
};

static PERCPU(struct timer_queue, timer_queues) = {
	.lock = SPINLOCK_INIT(LOCK_TIMER, "timers"),
	.preempt_ns = NEVER,
	.armed_ns = NEVER,
};
static void (*preempt_hook)(void) RO_AFTER_BOOT;

static int
timer_compare(const struct timer *a, const struct timer *b)
{
	if (a->deadline_ns != b->deadline_ns)
		return a->deadline_ns < b->deadline_ns ? -1 : 1;
	return a < b ? -1 : a > b;
}

RB_GENERATE_STATIC(timer_tree, timer, node, timer_compare)

void
timer_init(struct timer *t, timer_fn *fn)
{
	*t = (struct timer){ .fn = fn, .cpu = -1 };
}

void
timer_set_preempt_hook(void (*fn)(void))
{
	preempt_hook = fn;
}

/* Bring the event timer forward; never back. */
static inline void
arm(struct timer_queue *q, uint64_t deadline_ns)
{
	if (deadline_ns < q->armed_ns) {
		q->armed_ns = deadline_ns;
		clock_event_set(deadline_ns);
	}
}

void
timer_set_preempt_deadline(uint64_t deadline_ns)
{
	struct timer_queue *q = &this_cpu(timer_queues);

	q->preempt_ns = deadline_ns;
	if (!q->firing)
		arm(q, deadline_ns);
}

/* Both with q->lock held. */
static void
insert(struct timer_queue *q, struct timer *t, uint64_t deadline_ns)
{
	t->deadline_ns = deadline_ns;
	t->pending = true;
	RB_INSERT(timer_tree, &q->tree, t);
	if (!q->first || timer_compare(t, q->first) < 0)
		q->first = t;
}

static void
withdraw(struct timer_queue *q, struct timer *t)
{
	if (q->first == t)
		q->first = RB_NEXT(timer_tree, &q->tree, t);
	RB_REMOVE(timer_tree, &q->tree, t);
	t->pending = false;
}

/* Lock the queue t belongs to; NULL if it was never set.  Interrupts off. */
static struct timer_queue *
lock_queue_of(struct timer *t) NO_LOCK_ANALYSIS
{
	for (;;) {
		int cpu = atomic_load_explicit(&t->cpu, memory_order_acquire);
		struct timer_queue *q;

		if (cpu < 0)
			return NULL;
		q = &cpu_var(timer_queues, cpu);
		spin_lock(&q->lock);
		if (atomic_load_explicit(&t->cpu, memory_order_relaxed) == cpu)
			return q;
		spin_unlock(&q->lock);
	}
}

/*
 * Take t out of the tree it is in and choose the one it goes to, which is
 * returned locked: this CPU's, unless t's function runs on another one.
 */
static struct timer_queue *
move_here(struct timer *t, struct timer_queue *here) NO_LOCK_ANALYSIS
{
	struct timer_queue *q = lock_queue_of(t);

	if (q && t->pending)
		withdraw(q, t);
	if (q == here || (q && q->running == t))
		return q;
	atomic_store_explicit(&t->cpu, (int16_t)cpu_id(), memory_order_release);
	if (q)
		spin_unlock(&q->lock);
	spin_lock(&here->lock);
	return here;
}

void
timer_set(struct timer *t, uint64_t deadline_ns) NO_LOCK_ANALYSIS
{
	unsigned long irq = irq_save();
	struct timer_queue *here = &this_cpu(timer_queues);
	struct timer_queue *q = move_here(t, here);

	insert(q, t, deadline_ns);
	spin_unlock(&q->lock);
	/* While timers fire, the event timer is armed once at the end. */
	if (q == here && !q->firing)
		arm(q, deadline_ns);
	irq_restore(irq);
}

bool
timer_cancel(struct timer *t) NO_LOCK_ANALYSIS
{
	unsigned long irq = irq_save();
	struct timer_queue *here = &this_cpu(timer_queues);
	bool was_pending = false, running;

	do {
		struct timer_queue *q = lock_queue_of(t);

		if (!q)
			break;
		if (t->pending) {
			withdraw(q, t);
			was_pending = true;
		}
		running = q != here && q->running == t;
		spin_unlock(&q->lock);
		if (running) {
			/* Let this CPU answer calls while it waits. */
			irq_restore(irq);
			cpu_relax();
			irq = irq_save();
			here = &this_cpu(timer_queues);
		}
	} while (running);
	irq_restore(irq);
	return was_pending;
}

uint64_t
timer_next_deadline(void)
{
	struct timer_queue *q = &this_cpu(timer_queues);
	unsigned long irq = spin_lock_irq(&q->lock);
	uint64_t first_ns = q->first ? q->first->deadline_ns : NEVER;

	first_ns = MIN(first_ns, q->preempt_ns);
	spin_unlock_irq(&q->lock, irq);
	return first_ns;
}

/*
 * Call the functions of all timers that are due.  Once a function has begun
 * its timer may be gone, so only its address is compared afterwards.
 */
static void
fire_due(struct timer_queue *q)
{
	uint64_t now_ns = clock_now_ns();

	spin_lock(&q->lock);
	while (q->first && q->first->deadline_ns <= now_ns) {
		struct timer *t = q->first;

		withdraw(q, t);
		q->running = t;
		spin_unlock(&q->lock);
		t->fn(t);
		spin_lock(&q->lock);
		q->running = NULL;
	}
	spin_unlock(&q->lock);
}

void
upcall_timer(void)
{
	struct timer_queue *q = &this_cpu(timer_queues);
	uint64_t next_ns;

	q->armed_ns = NEVER;
	q->firing = true;
	fire_due(q);
	if (q->preempt_ns <= clock_now_ns()) {
		q->preempt_ns = NEVER;
		if (preempt_hook)
			preempt_hook();
	}
	spin_lock(&q->lock);
	q->firing = false;
	next_ns = q->first ? q->first->deadline_ns : NEVER;
	spin_unlock(&q->lock);
	arm(q, MIN(next_ns, q->preempt_ns));
}
