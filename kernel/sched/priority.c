/* SPDX-License-Identifier: MIT */
#include "sched/aging.h"

/*
 * sched/priority.c - preemptive priorities with ageing.
 *
 * The nice value is the priority: 40 levels, and one far below for SCHED_IDLE.
 * The best level with somebody ready runs, equals in turn.  A thread that
 * becomes ready takes the CPU at once from one of a worse level.
 *
 * A level is worth AGE_NS of waiting (sched/aging.h): beside a program of nice
 * -20 that never sleeps, one of nice 19 gets a turn every four seconds or so.
 */

#define AGE_NS     (100 * NSEC_PER_MSEC)
#define LEVEL_IDLE 60

static uint64_t
handicap(const struct thread *t)
{
	return AGE_NS *
	       (t->idle_policy ? LEVEL_IDLE : (unsigned)(t->nice + 20));
}

static void
priority_join(struct policy_queue *q, struct thread *t, enum join_reason why)
{
	aging_join(q, t, handicap(t), why);
}

static struct thread *
priority_pick(struct policy_queue *q, struct thread *prev)
{
	return aging_pick(q, prev, prev ? handicap(prev) : 0);
}

static bool
priority_preempts(const struct policy_queue *q, const struct thread *running,
		  const struct thread *t)
{
	return aging_preempts(q, running, handicap(running), t);
}

const struct sched_policy sched_priority = {
	.name = "priority",
	.init = aging_init,
	.join = priority_join,
	.leave = aging_leave,
	.put = aging_put,
	.take = aging_take,
	.pick = priority_pick,
	.charge = aging_charge,
	.yield = aging_yield,
	.preempts = priority_preempts,
	.slice = aging_slice,
	.movable = aging_movable,
};
