/* SPDX-License-Identifier: MIT */
#include "sched/policy.h"

/*
 * sched/mlfq.c - multi-level feedback queue.
 *
 *	1. The highest level with somebody ready runs; equals take turns.
 *	2. A new thread begins at the highest level, 0.
 *	3. Who has used up its allotment at a level, in however many pieces,
 *	   goes down one level, where the allotment is twice as long.
 *	4. Every BOOST_NS all go back to level 0.
 *
 * So programs that mostly sleep stay on top and are served at once, those that
 * compute sink to where turns are long, and by rule 4 nobody starves, nor keeps
 * a rank it no longer deserves.  Nice values mean nothing.
 *
 * A boost takes no walk over the threads: it joins the lists, which is six
 * steps, and begins a new round.  A thread whose round is not the queue's has
 * been boosted: its level is 0 whatever it says.
 *
 * Source: Arpaci-Dusseau: Operating Systems: Three Easy Pieces, ch. 8.
 */

#define ALLOTMENT_NS(level) ((int64_t)(4 * NSEC_PER_MSEC) << (level))
#define BOOST_NS            NSEC_PER_SEC
#define STEAL_LOOKS         16 /* candidates movable() looks at */

static void
mlfq_init(struct policy_queue *q)
{
	q->mlfq.clock_ns = 0;
	q->mlfq.boost_ns = BOOST_NS;
	q->mlfq.round = 1;
	for (int i = 0; i < MLFQ_LEVELS; i++)
		list_init(&q->mlfq.waiting[i]);
}

static unsigned
level_of(const struct policy_queue *q, const struct thread *t)
{
	return t->sched.round == q->mlfq.round ? t->sched.level : 0;
}

/* Begin a full allotment at this level. */
static void
set_level(struct policy_queue *q, struct thread *t, unsigned level)
{
	t->sched.level = (uint8_t)level;
	t->sched.round = q->mlfq.round;
	t->sched.slice_left = ALLOTMENT_NS(level);
}

/* Rule 4 for one thread: it notices when it is next looked at. */
static void
catch_up(struct policy_queue *q, struct thread *t)
{
	if (t->sched.round != q->mlfq.round)
		set_level(q, t, 0);
}

/* What is left of an allotment is kept over sleep and moves: rule 3. */
static void
mlfq_join(struct policy_queue *q, struct thread *t, enum join_reason why)
{
	if (why == JOIN_NEW)
		set_level(q, t, 0);
	else if (why == JOIN_MOVED)
		t->sched.round = q->mlfq.round;
	else
		catch_up(q, t);
	t->sched.turn_begun = false;
}

static void
mlfq_leave(struct policy_queue *q, struct thread *t)
{
	catch_up(q, t);
}

/* Who is in the middle of its turn keeps its place. */
static void
mlfq_put(struct policy_queue *q, struct thread *t)
{
	struct list_node *line = &q->mlfq.waiting[level_of(q, t)];

	if (t->sched.turn_begun)
		list_push_front(line, &t->sched.link);
	else
		list_push_back(line, &t->sched.link);
}

static void
mlfq_take(UNUSED struct policy_queue *q, struct thread *t)
{
	list_remove(&t->sched.link);
}

static void
boost(struct policy_queue *q)
{
	struct mlfq_queue *m = &q->mlfq;

	for (int i = 1; i < MLFQ_LEVELS; i++)
		list_splice_back(&m->waiting[0], &m->waiting[i]);
	m->round++;
	m->boost_ns = m->clock_ns + BOOST_NS;
}

static struct thread *
first_waiting(const struct policy_queue *q)
{
	for (int i = 0; i < MLFQ_LEVELS; i++) {
		if (!list_empty(&q->mlfq.waiting[i]))
			return list_first(&q->mlfq.waiting[i], struct thread,
					  sched.link);
	}
	return NULL;
}

/* Rule 3; who ran alone may have used up several allotments in one go. */
static void
end_allotment(struct policy_queue *q, struct thread *t)
{
	int64_t left = t->sched.slice_left;
	unsigned level = t->sched.level;

	while (left <= 0 && level < MLFQ_LEVELS - 1)
		left += ALLOTMENT_NS(++level);
	set_level(q, t, level);
	if (left > 0)
		t->sched.slice_left = left;
	t->sched.turn_begun = false;
}

static struct thread *
mlfq_pick(struct policy_queue *q, struct thread *prev)
{
	struct thread *next;

	if (q->mlfq.clock_ns >= q->mlfq.boost_ns)
		boost(q);
	if (prev) {
		catch_up(q, prev);
		if (prev->sched.slice_left <= 0)
			end_allotment(q, prev);
		mlfq_put(q, prev);
	}
	next = first_waiting(q);
	if (!next)
		return NULL;
	mlfq_take(q, next);
	catch_up(q, next);
	next->sched.turn_begun = true;
	return next;
}

static void
mlfq_charge(struct policy_queue *q, struct thread *t, uint64_t ns)
{
	q->mlfq.clock_ns += ns;
	t->sched.slice_left -= (int64_t)ns;
}

/* The turn is over, the allotment is not. */
static void
mlfq_yield(UNUSED struct policy_queue *q, struct thread *t)
{
	t->sched.turn_begun = false;
}

static bool
mlfq_preempts(const struct policy_queue *q, const struct thread *running,
	      const struct thread *t)
{
	return level_of(q, t) < level_of(q, running);
}

/* Until the allotment ends or all are boosted. */
static uint64_t
mlfq_slice(const struct policy_queue *q, const struct thread *running)
{
	int64_t to_boost = (int64_t)(q->mlfq.boost_ns - q->mlfq.clock_ns);
	int64_t left = running->sched.slice_left;

	return (uint64_t)MAX(MIN(left, to_boost), 0);
}

static struct thread *
mlfq_movable(struct policy_queue *q, unsigned cpu)
{
	int looks = 0;

	for (int i = 0; i < MLFQ_LEVELS; i++) {
		struct thread *t;

		list_for_each (t, &q->mlfq.waiting[i], sched.link) {
			if (thread_may_run_on(t, cpu))
				return t;
			if (++looks == STEAL_LOOKS)
				return NULL;
		}
	}
	return NULL;
}

const struct sched_policy sched_mlfq = {
	.name = "mlfq",
	.init = mlfq_init,
	.join = mlfq_join,
	.leave = mlfq_leave,
	.put = mlfq_put,
	.take = mlfq_take,
	.pick = mlfq_pick,
	.charge = mlfq_charge,
	.yield = mlfq_yield,
	.preempts = mlfq_preempts,
	.slice = mlfq_slice,
	.movable = mlfq_movable,
};
