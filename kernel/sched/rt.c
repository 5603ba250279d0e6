/* SPDX-License-Identifier: MIT */
#include "sched/policy.h"

/*
 * sched/rt.c - SCHED_FIFO and SCHED_RR: strict priorities, 99 the highest.
 *
 * The highest priority with somebody ready runs.  Within one priority: first
 * come, first served.  A FIFO thread runs until it sleeps, yields or somebody
 * of higher priority is ready; an RR thread also gives way to its equals after
 * QUANTUM_NS.  Who is displaced by a higher priority keeps its place at the
 * head of its list, who yields or has used up its turn goes to the end.
 *
 * slice_left <= 0 marks a turn that is over, for FIFO threads too.
 *
 * Source: man 7 sched.
 */

#define QUANTUM_NS  ((int64_t)(100 * NSEC_PER_MSEC))
#define STEAL_LOOKS 16 /* candidates movable() looks at */

static void
rt_init(struct policy_queue *q)
{
	q->rt.bitmap[0] = q->rt.bitmap[1] = 0;
	for (unsigned i = 0; i <= SCHED_RT_PRIORITY_MAX; i++)
		list_init(&q->rt.waiting[i]);
}

/* The highest priority somebody waits with, 0 = nobody does. */
static unsigned
rt_highest(const struct policy_queue *q)
{
	if (q->rt.bitmap[1])
		return 127 - (unsigned)__builtin_clzll(q->rt.bitmap[1]);
	if (q->rt.bitmap[0])
		return 63 - (unsigned)__builtin_clzll(q->rt.bitmap[0]);
	return 0;
}

static void
rt_join(UNUSED struct policy_queue *q, struct thread *t,
	UNUSED enum join_reason why)
{
	t->sched.slice_left = QUANTUM_NS;
}

static void
rt_leave(UNUSED struct policy_queue *q, UNUSED struct thread *t)
{
}

static void
rt_put(struct policy_queue *q, struct thread *t)
{
	unsigned p = t->rt_priority;

	list_push_back(&q->rt.waiting[p], &t->sched.link);
	q->rt.bitmap[p / 64] |= 1ULL << p % 64;
}

static void
rt_take(struct policy_queue *q, struct thread *t)
{
	unsigned p = t->rt_priority;

	list_remove(&t->sched.link);
	if (list_empty(&q->rt.waiting[p]))
		q->rt.bitmap[p / 64] &= ~(1ULL << p % 64);
}

/* Back into its list: where, depends on whether its turn is over. */
static void
rt_put_back(struct policy_queue *q, struct thread *t)
{
	rt_put(q, t);
	if (t->sched.slice_left > 0) {
		list_remove(&t->sched.link);
		list_push_front(&q->rt.waiting[t->rt_priority], &t->sched.link);
	} else {
		t->sched.slice_left = QUANTUM_NS;
	}
}

static struct thread *
rt_pick(struct policy_queue *q, struct thread *prev)
{
	unsigned p = rt_highest(q);
	struct thread *next;

	if (prev && prev->rt_priority > p && prev->sched.slice_left <= 0)
		prev->sched.slice_left = QUANTUM_NS;
	if (prev && (prev->rt_priority > p ||
		     (prev->rt_priority == p && prev->sched.slice_left > 0)))
		return prev;
	if (p == 0)
		return NULL;
	next = list_first(&q->rt.waiting[p], struct thread, sched.link);
	rt_take(q, next);
	if (prev)
		rt_put_back(q, prev);
	return next;
}

static void
rt_charge(UNUSED struct policy_queue *q, struct thread *t, uint64_t ns)
{
	if (t->sched_class == SCHED_CLASS_RR)
		t->sched.slice_left -= (int64_t)ns;
}

static void
rt_yield(UNUSED struct policy_queue *q, struct thread *t)
{
	t->sched.slice_left = 0;
}

static bool
rt_preempts(UNUSED const struct policy_queue *q, const struct thread *running,
	    const struct thread *t)
{
	return t->rt_priority > running->rt_priority;
}

static uint64_t
rt_slice(const struct policy_queue *q, const struct thread *running)
{
	if (running->sched_class != SCHED_CLASS_RR ||
	    list_empty(&q->rt.waiting[running->rt_priority]))
		return NEVER;
	return (uint64_t)MAX(running->sched.slice_left, 0);
}

static uint64_t
rt_quantum(const struct thread *t)
{
	return t->own_class == SCHED_CLASS_RR ? QUANTUM_NS : 0;
}

static struct thread *
rt_movable(struct policy_queue *q, unsigned cpu)
{
	int looks = 0;

	for (unsigned p = rt_highest(q); p > 0; p--) {
		struct thread *t;

		list_for_each (t, &q->rt.waiting[p], sched.link) {
			if (thread_may_run_on(t, cpu))
				return t;
			if (++looks == STEAL_LOOKS)
				return NULL;
		}
	}
	return NULL;
}

const struct sched_policy sched_rt = {
	.name = "rt",
	.init = rt_init,
	.join = rt_join,
	.leave = rt_leave,
	.put = rt_put,
	.take = rt_take,
	.pick = rt_pick,
	.charge = rt_charge,
	.yield = rt_yield,
	.preempts = rt_preempts,
	.slice = rt_slice,
	.quantum = rt_quantum,
	.movable = rt_movable,
};
