/* SPDX-License-Identifier: MIT */
#include "sched/policy.h"

/*
 * sched/fair.c - SCHED_OTHER: earliest eligible virtual deadline first.
 *
 * Every ready thread should get CPU time in proportion to its weight.  Virtual
 * time makes this one number: a thread's vruntime advances by the time it ran
 * times 1024 / weight, so if all were served perfectly, all would have the
 * same vruntime.  The fair value is their weighted mean,
 *
 *	V = base + sum of weight * (vruntime - base) / sum of weights
 *
 * and a thread's lag, V - vruntime, is the service it is owed.  Two rules:
 *
 *	eligible: only who is owed service (lag >= 0) may be chosen;
 *	deadline: of those, the one whose request should be finished first.
 *
 * A request is SLICE_NS of CPU time; its virtual deadline is where vruntime
 * will be when it has been served.  So nobody's lag ever leaves a slice or so
 * in either direction: no starvation, whatever the weights.
 *
 * Who sleeps takes its lag along, bounded to one slice, and gets it back on
 * waking: sleeping neither earns credit nor wipes out debt.
 *
 *	     debt | owed
 *	  ineligible | eligible
 *	-------------V--------------> lag
 *
 * The tree is sorted by deadline, and each node knows the least vruntime of
 * its subtree, so "earliest deadline among the eligible" is one walk down.
 * The running thread is not in the tree, but its weight and vruntime count.
 *
 * V is never divided out to compare: vruntime <= V exactly if
 * (vruntime - base) * weights <= sum.  base follows V, so the products stay
 * small; the comparison has 128 bits, so that no number of threads breaks it.
 *
 * Source: Stoica, Abdel-Wahab: Earliest Eligible Virtual Deadline First,
 *         Old Dominion University TR-95-22.
 */

#define SLICE_NS    (3 * NSEC_PER_MSEC)
#define STEAL_LOOKS 16 /* candidates movable() looks at */

static inline uint64_t
virtual_time(uint64_t ns, uint64_t weight)
{
	return weight == WEIGHT_NICE_0 ? ns : ns * WEIGHT_NICE_0 / weight;
}

/* 1024 * 1.25 ^ -nice, rounded, from nice -20 on. */
static const uint32_t nice_weights[40] = {
	88818, 71054, 56843, 45475, 36380, 29104, 23283, 18626, 14901, 11921,
	9537,  7629,  6104,  4883,  3906,  3125,  2500,  2000,  1600,  1280,
	1024,  819,   655,   524,   419,   336,   268,   215,   172,   137,
	110,   88,    70,    56,    45,    36,    29,    23,    18,    15,
};

uint64_t
sched_weight(const struct thread *t)
{
	return t->idle_policy ? WEIGHT_IDLE : nice_weights[t->nice + 20];
}

/* --- the tree ------------------------------------------------------------ */

/* Virtual times wrap, so only differences are compared. */
static inline bool
before(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b) < 0;
}

static int
deadline_compare(const struct thread *a, const struct thread *b)
{
	if (a->sched.deadline != b->sched.deadline)
		return before(a->sched.deadline, b->sched.deadline) ? -1 : 1;
	return a < b ? -1 : a > b;
}

static inline void
least_of(uint64_t *least, const struct thread *child)
{
	if (child && before(child->sched.min_vruntime, *least))
		*least = child->sched.min_vruntime;
}

/*
 * Correct min_vruntime of t and, as far as that changes them, its ancestors.
 * <sys/tree.h> calls it for nodes whose children have changed.
 */
static void
subtree_changed(struct thread *t)
{
	while (t) {
		uint64_t least = t->sched.vruntime;

		least_of(&least, RB_LEFT(t, sched.node));
		least_of(&least, RB_RIGHT(t, sched.node));
		if (least == t->sched.min_vruntime)
			return;
		t->sched.min_vruntime = least;
		t = RB_PARENT(t, sched.node);
	}
}

#undef RB_AUGMENT
#define RB_AUGMENT(t) subtree_changed(t)
RB_GENERATE_STATIC(fair_tree, thread, sched.node, deadline_compare)

static void
fair_put(struct policy_queue *q, struct thread *t)
{
	t->sched.min_vruntime = t->sched.vruntime;
	RB_INSERT(fair_tree, &q->fair.tree, t);
}

static void
fair_take(struct policy_queue *q, struct thread *t)
{
	RB_REMOVE(fair_tree, &q->fair.tree, t);
}

/* --- virtual time -------------------------------------------------------- */

static inline int64_t
key(const struct fair_queue *f, const struct thread *t)
{
	return (int64_t)(t->sched.vruntime - f->base);
}

static inline bool
eligible_at(const struct fair_queue *f, uint64_t vruntime)
{
	__int128 owed = (int64_t)(vruntime - f->base);

	return owed * (__int128)f->weight <= f->sum;
}

/* Move base to V, which is returned. */
static uint64_t
rebase(struct fair_queue *f)
{
	int64_t step;

	if (f->weight > 0) {
		step = f->sum / (int64_t)f->weight;
		f->base += (uint64_t)step;
		f->sum -= step * (int64_t)f->weight;
	}
	return f->base;
}

static inline void
advance(struct fair_queue *f, struct thread *t, uint64_t by)
{
	t->sched.vruntime += by;
	f->sum += (int64_t)(by * t->sched.weight);
}

static inline void
renew_request(struct thread *t)
{
	t->sched.deadline =
		t->sched.vruntime + virtual_time(SLICE_NS, t->sched.weight);
}

/* --- the policy ---------------------------------------------------------- */

static void
fair_init(struct policy_queue *q)
{
	q->fair = (struct fair_queue){ RB_INITIALIZER(&q->fair.tree), 0, 0, 0 };
}

/*
 * Coming with lag l moves V itself: by w * l / (W + w) against t.  For t to
 * have the lag l afterwards it must be placed with l * (W + w) / W.
 */
static void
fair_join(struct policy_queue *q, struct thread *t, enum join_reason why)
{
	struct fair_queue *f = &q->fair;
	uint64_t v = rebase(f);
	int64_t lag = why == JOIN_NEW ? 0 : t->sched.lag;
	uint64_t weight = sched_weight(t);
	int64_t limit = (int64_t)virtual_time(SLICE_NS, weight);

	lag = MIN(MAX(lag, -limit), limit);
	/* lag * weight is at most SLICE_NS * 1024: no overflow. */
	if (f->weight > 0)
		lag += lag * (int64_t)weight / (int64_t)f->weight;
	else
		lag = 0;
	t->sched.weight = weight;
	t->sched.vruntime = v - (uint64_t)lag;
	renew_request(t);
	/* A new thread joins in the middle of a request, as if one of many. */
	if (why == JOIN_NEW)
		t->sched.deadline -= virtual_time(SLICE_NS / 2, weight);
	f->weight += weight;
	f->sum += key(f, t) * (int64_t)weight;
}

static void
fair_leave(struct policy_queue *q, struct thread *t)
{
	struct fair_queue *f = &q->fair;
	int64_t limit = (int64_t)virtual_time(SLICE_NS, t->sched.weight);
	int64_t lag = (int64_t)(rebase(f) - t->sched.vruntime);

	t->sched.lag = MIN(MAX(lag, -limit), limit);
	f->sum -= key(f, t) * (int64_t)t->sched.weight;
	f->weight -= t->sched.weight;
}

/* The earliest deadline among those that wait and are eligible. */
static struct thread *
fair_best(const struct fair_queue *f)
{
	struct thread *t = RB_ROOT(&f->tree);

	while (t) {
		struct thread *left = RB_LEFT(t, sched.node);

		if (left && eligible_at(f, left->sched.min_vruntime))
			t = left;
		else if (eligible_at(f, t->sched.vruntime))
			return t;
		else
			t = RB_RIGHT(t, sched.node);
	}
	return NULL;
}

/* Of equal deadlines the one that waits goes first: equals alternate. */
static inline bool
goes_before(const struct fair_queue *f, const struct thread *prev,
	    const struct thread *waiting)
{
	return before(prev->sched.deadline, waiting->sched.deadline) &&
	       eligible_at(f, prev->sched.vruntime);
}

/*
 * If nobody who waits is eligible, prev is: the mean of all cannot be less
 * than each of them.  Only rounding or the lack of a prev makes it otherwise,
 * and then the earliest deadline will do.
 */
static struct thread *
fair_pick(struct policy_queue *q, struct thread *prev)
{
	struct fair_queue *f = &q->fair;
	struct thread *best;

	if (RB_EMPTY(&f->tree))
		return prev;
	best = fair_best(f);
	if (prev && (!best || goes_before(f, prev, best)))
		return prev;
	if (!best)
		best = RB_MIN(fair_tree, &f->tree);
	fair_take(q, best);
	if (prev)
		fair_put(q, prev);
	return best;
}

static void
fair_charge(struct policy_queue *q, struct thread *t, uint64_t ns)
{
	advance(&q->fair, t, virtual_time(ns, t->sched.weight));
	if (!before(t->sched.vruntime, t->sched.deadline))
		renew_request(t);
}

/* As if the rest of the request had been used, and any credit with it. */
static void
fair_yield(struct policy_queue *q, struct thread *t)
{
	struct fair_queue *f = &q->fair;
	uint64_t to = t->sched.deadline;

	if (unlikely(eligible_at(f, to)))
		to = rebase(f);
	advance(f, t, to - t->sched.vruntime);
	renew_request(t);
}

static bool
fair_preempts(const struct policy_queue *q, const struct thread *running,
	      const struct thread *t)
{
	return before(t->sched.deadline, running->sched.deadline) &&
	       eligible_at(&q->fair, t->sched.vruntime);
}

/* Until the request is served: eligibility alone does not cut a turn short. */
static uint64_t
fair_slice(UNUSED const struct policy_queue *q, const struct thread *running)
{
	uint64_t left = running->sched.deadline - running->sched.vruntime;

	if (running->sched.weight == WEIGHT_NICE_0)
		return left;
	/* Rounded up, so that the request is served when the time is over. */
	return (left * running->sched.weight + WEIGHT_NICE_0 - 1) /
	       WEIGHT_NICE_0;
}

static uint64_t
fair_quantum(UNUSED const struct thread *t)
{
	return SLICE_NS;
}

/* From the far end: they would wait longest here. */
static struct thread *
fair_movable(struct policy_queue *q, unsigned cpu)
{
	struct thread *t = RB_MAX(fair_tree, &q->fair.tree);

	for (unsigned i = 0; t && i < STEAL_LOOKS; i++) {
		if (thread_may_run_on(t, cpu))
			return t;
		t = RB_PREV(fair_tree, &q->fair.tree, t);
	}
	return NULL;
}

const struct sched_policy sched_fair = {
	.name = "fair",
	.init = fair_init,
	.join = fair_join,
	.leave = fair_leave,
	.put = fair_put,
	.take = fair_take,
	.pick = fair_pick,
	.charge = fair_charge,
	.yield = fair_yield,
	.preempts = fair_preempts,
	.slice = fair_slice,
	.quantum = fair_quantum,
	.movable = fair_movable,
};
