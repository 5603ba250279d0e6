/* SPDX-License-Identifier: MIT */
#include "sched/policy.h"

/*
 * sched/rr.c - round robin: everyone in turn, for QUANTUM_NS at most.
 *
 * The textbook policy, to read first and to compare with.  Nice values mean
 * nothing to it.  Who wakes up joins at the end of the line with a fresh turn;
 * whose turn is over goes there too.
 */

#define QUANTUM_NS  ((int64_t)(20 * NSEC_PER_MSEC))
#define STEAL_LOOKS 16 /* candidates movable() looks at */

static void
rr_init(struct policy_queue *q)
{
	list_init(&q->rr.waiting);
}

static void
rr_join(UNUSED struct policy_queue *q, struct thread *t, enum join_reason why)
{
	if (why != JOIN_CHANGED || t->sched.slice_left <= 0)
		t->sched.slice_left = QUANTUM_NS;
}

static void
rr_leave(UNUSED struct policy_queue *q, UNUSED struct thread *t)
{
}

static void
rr_put(struct policy_queue *q, struct thread *t)
{
	list_push_back(&q->rr.waiting, &t->sched.link);
}

static void
rr_take(UNUSED struct policy_queue *q, struct thread *t)
{
	list_remove(&t->sched.link);
}

static struct thread *
rr_pick(struct policy_queue *q, struct thread *prev)
{
	struct thread *next;

	if (prev && prev->sched.slice_left > 0)
		return prev;
	if (prev) {
		prev->sched.slice_left = QUANTUM_NS;
		rr_put(q, prev);
	}
	if (list_empty(&q->rr.waiting))
		return NULL;
	next = list_first(&q->rr.waiting, struct thread, sched.link);
	rr_take(q, next);
	return next;
}

static void
rr_charge(UNUSED struct policy_queue *q, struct thread *t, uint64_t ns)
{
	t->sched.slice_left -= (int64_t)ns;
}

static void
rr_yield(UNUSED struct policy_queue *q, struct thread *t)
{
	t->sched.slice_left = 0;
}

static bool
rr_preempts(UNUSED const struct policy_queue *q,
	    UNUSED const struct thread *running, UNUSED const struct thread *t)
{
	return false;
}

static uint64_t
rr_slice(UNUSED const struct policy_queue *q, const struct thread *running)
{
	return (uint64_t)MAX(running->sched.slice_left, 0);
}

static uint64_t
rr_quantum(UNUSED const struct thread *t)
{
	return QUANTUM_NS;
}

static struct thread *
rr_movable(struct policy_queue *q, unsigned cpu)
{
	struct list_node *n = q->rr.waiting.prev;

	for (int i = 0; n != &q->rr.waiting && i < STEAL_LOOKS; i++) {
		struct thread *t = list_entry(n, struct thread, sched.link);

		if (thread_may_run_on(t, cpu))
			return t;
		n = n->prev;
	}
	return NULL;
}

const struct sched_policy sched_rr = {
	.name = "rr",
	.init = rr_init,
	.join = rr_join,
	.leave = rr_leave,
	.put = rr_put,
	.take = rr_take,
	.pick = rr_pick,
	.charge = rr_charge,
	.yield = rr_yield,
	.preempts = rr_preempts,
	.slice = rr_slice,
	.quantum = rr_quantum,
	.movable = rr_movable,
};
