/* SPDX-License-Identifier: MIT */
#include "sched/aging.h"

#define STEAL_LOOKS 16 /* candidates aging_movable() looks at */

/* Keys wrap, so only differences are compared. */
static inline bool
before(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b) < 0;
}

/* Equals in the order of their coming: nothing is ever found "equal". */
static int
key_compare(const struct thread *a, const struct thread *b)
{
	return before(a->sched.deadline, b->sched.deadline) ? -1 : 1;
}

RB_GENERATE_STATIC(aging_tree, thread, sched.node, key_compare)

void
aging_init(struct policy_queue *q)
{
	q->aging = (struct aging_queue){ RB_INITIALIZER(&q->aging.tree), 0 };
}

static void
begin_turn(const struct policy_queue *q, struct thread *t, uint64_t handicap_ns)
{
	t->sched.deadline = q->aging.clock_ns + handicap_ns;
	t->sched.slice_left = AGING_TURN_NS;
}

/* Who comes from another CPU has waited there, by another clock. */
void
aging_join(struct policy_queue *q, struct thread *t, uint64_t handicap_ns,
	   enum join_reason why)
{
	if (why == JOIN_MOVED && t->sched.slice_left > 0)
		t->sched.deadline = q->aging.clock_ns + (uint64_t)t->sched.lag;
	else
		begin_turn(q, t, handicap_ns);
}

void
aging_leave(struct policy_queue *q, struct thread *t)
{
	t->sched.lag = (int64_t)(t->sched.deadline - q->aging.clock_ns);
}

void
aging_put(struct policy_queue *q, struct thread *t)
{
	RB_INSERT(aging_tree, &q->aging.tree, t);
}

void
aging_take(struct policy_queue *q, struct thread *t)
{
	RB_REMOVE(aging_tree, &q->aging.tree, t);
}

/* A turn goes on among equals; a new one is behind them. */
static bool
goes_on(const struct thread *prev, const struct thread *first, bool new_turn)
{
	if (new_turn)
		return before(prev->sched.deadline, first->sched.deadline);
	return !before(first->sched.deadline, prev->sched.deadline);
}

struct thread *
aging_pick(struct policy_queue *q, struct thread *prev, uint64_t handicap_ns)
{
	struct thread *first = RB_MIN(aging_tree, &q->aging.tree);
	bool new_turn = prev && prev->sched.slice_left <= 0;

	if (new_turn)
		begin_turn(q, prev, handicap_ns);
	if (!first || (prev && goes_on(prev, first, new_turn)))
		return prev;
	aging_take(q, first);
	if (prev)
		aging_put(q, prev);
	return first;
}

void
aging_charge(struct policy_queue *q, struct thread *t, uint64_t ns)
{
	q->aging.clock_ns += ns;
	t->sched.slice_left -= (int64_t)ns;
}

void
aging_yield(UNUSED struct policy_queue *q, struct thread *t)
{
	t->sched.slice_left = 0;
}

/* A turn that is over gives no rank: it lasts only because nobody waited. */
bool
aging_preempts(const struct policy_queue *q, const struct thread *running,
	       uint64_t handicap_ns, const struct thread *t)
{
	if (running->sched.slice_left > 0)
		return before(t->sched.deadline, running->sched.deadline);
	return before(t->sched.deadline, q->aging.clock_ns + handicap_ns);
}

uint64_t
aging_slice(UNUSED const struct policy_queue *q, const struct thread *running)
{
	return (uint64_t)MAX(running->sched.slice_left, 0);
}

/* From the far end: they would wait longest here. */
struct thread *
aging_movable(struct policy_queue *q, unsigned cpu)
{
	struct thread *t = RB_MAX(aging_tree, &q->aging.tree);

	for (unsigned i = 0; t && i < STEAL_LOOKS; i++) {
		if (thread_may_run_on(t, cpu))
			return t;
		t = RB_PREV(aging_tree, &q->aging.tree, t);
	}
	return NULL;
}
