/* SPDX-License-Identifier: MIT */
#include "sched/policy.h"

/*
 * sched/fcfs.c - first come, first served: nobody is interrupted.
 *
 * Who becomes ready takes a ticket; the lowest ticket runs until its thread
 * sleeps, or yields and takes a new one.  The line is in order of the tickets:
 * only a thread that a realtime one displaced comes back to its head.
 *
 * The law of this policy is that a thread which never sleeps keeps its CPU for
 * ever, and who waits behind it waits for ever.  It is here to compare with.
 */

#define STEAL_LOOKS 16 /* candidates movable() looks at */

static void
fcfs_init(struct policy_queue *q)
{
	list_init(&q->fcfs.waiting);
	q->fcfs.next_ticket = 0;
}

static void
take_ticket(struct policy_queue *q, struct thread *t)
{
	t->sched.deadline = q->fcfs.next_ticket++;
}

static void
fcfs_join(struct policy_queue *q, struct thread *t, UNUSED enum join_reason why)
{
	take_ticket(q, t);
}

static void
fcfs_leave(UNUSED struct policy_queue *q, UNUSED struct thread *t)
{
}

static struct thread *
first_waiting(const struct policy_queue *q)
{
	if (list_empty(&q->fcfs.waiting))
		return NULL;
	return list_first(&q->fcfs.waiting, struct thread, sched.link);
}

static bool
is_before(const struct thread *t, const struct thread *other)
{
	return t->sched.deadline < other->sched.deadline;
}

static void
fcfs_put(struct policy_queue *q, struct thread *t)
{
	const struct thread *first = first_waiting(q);

	if (first && is_before(t, first))
		list_push_front(&q->fcfs.waiting, &t->sched.link);
	else
		list_push_back(&q->fcfs.waiting, &t->sched.link);
}

static void
fcfs_take(UNUSED struct policy_queue *q, struct thread *t)
{
	list_remove(&t->sched.link);
}

static struct thread *
fcfs_pick(struct policy_queue *q, struct thread *prev)
{
	struct thread *first = first_waiting(q);

	if (!first || (prev && is_before(prev, first)))
		return prev;
	fcfs_take(q, first);
	if (prev)
		fcfs_put(q, prev);
	return first;
}

static void
fcfs_charge(UNUSED struct policy_queue *q, UNUSED struct thread *t,
	    UNUSED uint64_t ns)
{
}

static bool
fcfs_preempts(UNUSED const struct policy_queue *q,
	      UNUSED const struct thread *running,
	      UNUSED const struct thread *t)
{
	return false;
}

static uint64_t
fcfs_slice(UNUSED const struct policy_queue *q,
	   UNUSED const struct thread *running)
{
	return NEVER;
}

/* The last in line: they would wait longest here. */
static struct thread *
fcfs_movable(struct policy_queue *q, unsigned cpu)
{
	struct list_node *n = q->fcfs.waiting.prev;

	for (int i = 0; n != &q->fcfs.waiting && i < STEAL_LOOKS; i++) {
		struct thread *t = list_entry(n, struct thread, sched.link);

		if (thread_may_run_on(t, cpu))
			return t;
		n = n->prev;
	}
	return NULL;
}

const struct sched_policy sched_fcfs = {
	.name = "fcfs",
	.init = fcfs_init,
	.join = fcfs_join,
	.leave = fcfs_leave,
	.put = fcfs_put,
	.take = fcfs_take,
	.pick = fcfs_pick,
	.charge = fcfs_charge,
	.yield = take_ticket,
	.preempts = fcfs_preempts,
	.slice = fcfs_slice,
	.movable = fcfs_movable,
};
