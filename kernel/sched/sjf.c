/* SPDX-License-Identifier: MIT */
#include "sched/aging.h"

/*
 * sched/sjf.c - shortest job first, by predicted burst; preemptive, ageing.
 *
 * A burst is the CPU time between two sleeps.  The next one is predicted by the
 * exponential average of those before, (last + predicted) / 2, and whose
 * remaining time is the shortest runs.  A burst that outlasts its prediction
 * is expected to go on for as long as it has lasted: a program that only
 * computes soon counts as long, however short it was taken for.
 *
 * The rank is the remaining time, at most BURST_MAX_NS: each ns of it is worth
 * PATIENCE ns of waiting (sched/aging.h), so a long job beside an endless row
 * of short ones still gets a turn now and then.  Nice values mean nothing.
 *
 * Source: Silberschatz, Galvin, Gagne: Operating System Concepts, ch. 5.
 */

#define BURST_NEW_NS (10 * NSEC_PER_MSEC) /* before anything is known */
#define BURST_MAX_NS NSEC_PER_SEC
#define PATIENCE     8

static uint64_t
handicap(const struct thread *t)
{
	uint64_t used = t->sched.used_ns, predicted = t->sched.burst_ns;
	uint64_t remaining = used < predicted ? predicted - used : used;

	return PATIENCE * MIN(remaining, BURST_MAX_NS);
}

/* A burst has ended: learn from it. */
static void
next_burst(struct thread *t)
{
	t->sched.burst_ns = (t->sched.burst_ns + t->sched.used_ns) / 2;
	t->sched.used_ns = 0;
}

static void
sjf_join(struct policy_queue *q, struct thread *t, enum join_reason why)
{
	if (why == JOIN_NEW)
		t->sched.burst_ns = BURST_NEW_NS;
	else if (why == JOIN_WOKEN)
		next_burst(t);
	aging_join(q, t, handicap(t), why);
}

static struct thread *
sjf_pick(struct policy_queue *q, struct thread *prev)
{
	return aging_pick(q, prev, prev ? handicap(prev) : 0);
}

/* The nearer its end, the better the running thread's rank. */
static void
sjf_charge(struct policy_queue *q, struct thread *t, uint64_t ns)
{
	uint64_t used = t->sched.used_ns, predicted = t->sched.burst_ns;

	if (used < predicted)
		t->sched.deadline -= PATIENCE * MIN(ns, predicted - used);
	t->sched.used_ns += ns;
	aging_charge(q, t, ns);
}

static void
sjf_yield(struct policy_queue *q, struct thread *t)
{
	next_burst(t);
	aging_yield(q, t);
}

static bool
sjf_preempts(const struct policy_queue *q, const struct thread *running,
	     const struct thread *t)
{
	return aging_preempts(q, running, handicap(running), t);
}

const struct sched_policy sched_sjf = {
	.name = "sjf",
	.init = aging_init,
	.join = sjf_join,
	.leave = aging_leave,
	.put = aging_put,
	.take = aging_take,
	.pick = sjf_pick,
	.charge = sjf_charge,
	.yield = sjf_yield,
	.preempts = sjf_preempts,
	.slice = aging_slice,
	.movable = aging_movable,
};
