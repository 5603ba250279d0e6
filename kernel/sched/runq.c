/* SPDX-License-Identifier: MIT */
#include "sched/runq_priv.h"

#include "arch/clock.h"
#include "arch/smp.h"
#include "core/panic.h"

/*
 * sched/runq.c - the run queue of one CPU: which class, which policy, who next,
 * and when to look again.
 *
 * Realtime threads always come before normal ones; inside a class its policy
 * decides.  The CPU's event timer is wanted only while somebody waits for the
 * CPU (end of the slice), and rarely for a look at what it does (account.c).
 */

PERCPU(struct run_queue, run_queue);

void
runq_init(struct run_queue *rq, struct thread *idle,
	  const struct sched_policy *normal)
{
	*rq = (struct run_queue){
		.lock = SPINLOCK_INIT(LOCK_RUN_QUEUE, "run queue"),
		.cpu = cpu_id(),
		.idle = idle,
		.current = idle,
		.normal.policy = normal,
		.realtime.policy = &sched_rt,
		.charged_ns = clock_now_ns(),
		.slice_end_ns = NEVER,
		.sample_ns = NEVER,
		.sample_left_ns = SAMPLE_FIRST_NS,
		.sample_step_ns = SAMPLE_FIRST_NS,
	};
	rq->normal.policy->init(&rq->normal);
	rq->realtime.policy->init(&rq->realtime);
}

struct run_queue *
runq_lock_of(const struct thread *t) NO_LOCK_ANALYSIS
{
	for (;;) {
		int cpu = atomic_load_explicit(&t->cpu, memory_order_relaxed);
		struct run_queue *rq = runq_of((unsigned)cpu);

		spin_lock(&rq->lock);
		if (likely(atomic_load_explicit(&t->cpu,
						memory_order_relaxed) == cpu))
			return rq;
		spin_unlock(&rq->lock);
	}
}

void
runq_charge(struct run_queue *rq, uint64_t now_ns)
{
	struct thread *t = rq->current;
	uint64_t ran_ns = now_ns - rq->charged_ns;

	/* Clocks of two CPUs may differ by a hair. */
	if (unlikely((int64_t)ran_ns <= 0))
		return;
	rq->charged_ns = now_ns;
	rq->ran_ns[t->mode] += ran_ns;
	t->ran_ns[t->mode] += ran_ns;
	if (likely(t->queued)) {
		struct policy_queue *q = runq_class(rq, t);

		q->policy->charge(q, t, ran_ns);
	}
}

static inline void
count_ready(struct run_queue *rq, int by)
{
	unsigned n = atomic_load_explicit(&rq->ready, memory_order_relaxed);

	atomic_store_explicit(&rq->ready, n + (unsigned)by,
			      memory_order_relaxed);
}

/* Should t, which waits, run before current's turn is over? */
static bool
displaces(struct run_queue *rq, const struct thread *t)
{
	const struct thread *running = rq->current;
	struct policy_queue *q = runq_class(rq, t);

	if (running == rq->idle)
		return true;
	if (thread_is_realtime(running) != thread_is_realtime(t))
		return thread_is_realtime(t);
	/* One that is about to sleep is not counted and needs no push. */
	return running->queued && q->policy->preempts(q, running, t);
}

/* t has begun to wait: see to it that the CPU looks in time. */
static void
prod(struct run_queue *rq, const struct thread *t, uint64_t now_ns)
{
	bool now = displaces(rq, t);

	if (now)
		atomic_store_explicit(&rq->current->resched, true,
				      memory_order_relaxed);
	else if (rq->slice_end_ns != NEVER)
		return;
	if (rq->cpu != cpu_id())
		smp_kick(rq->cpu);
	else if (!now)
		runq_arm(rq, now_ns);
}

void
runq_add(struct run_queue *rq, struct thread *t, enum join_reason why,
	 uint64_t now_ns)
{
	struct policy_queue *q = runq_class(rq, t);

	DEBUG_ASSERT(!t->queued && spin_held(&rq->lock));
	t->queued = true;
	count_ready(rq, 1);
	q->policy->join(q, t, why);
	if (t == rq->current)
		return;
	q->policy->put(q, t);
	q->waiting++;
	prod(rq, t, now_ns);
}

void
runq_remove(struct run_queue *rq, struct thread *t)
{
	struct policy_queue *q = runq_class(rq, t);

	DEBUG_ASSERT(t->queued && spin_held(&rq->lock));
	if (t != rq->current) {
		q->policy->take(q, t);
		q->waiting--;
	}
	q->policy->leave(q, t);
	count_ready(rq, -1);
	t->queued = false;
}

static struct thread *
pick_class(struct policy_queue *q, struct thread *stay)
{
	struct thread *next = q->policy->pick(q, stay);

	if (next != stay) {
		q->waiting += stay != NULL;
		q->waiting -= next != NULL;
	}
	return next;
}

struct thread *
runq_pick(struct run_queue *rq, struct thread *stay)
{
	struct thread *next;

	if (unlikely(stay && thread_is_realtime(stay)))
		return pick_class(&rq->realtime, stay);
	if (unlikely(rq->realtime.waiting > 0)) {
		next = pick_class(&rq->realtime, NULL);
		if (stay) {
			rq->normal.policy->put(&rq->normal, stay);
			rq->normal.waiting++;
		}
		return next;
	}
	next = pick_class(&rq->normal, stay);
	return next ? next : rq->idle;
}

/*
 * The time until the next sample runs only while the CPU is busy: else a thread
 * that always sleeps before it would never be seen.
 */
static void
pause_sampling(struct run_queue *rq, uint64_t now_ns)
{
	if (rq->sample_ns == NEVER)
		return;
	rq->sample_left_ns =
		rq->sample_ns > now_ns ? rq->sample_ns - now_ns : 0;
	rq->sample_ns = NEVER;
}

void
runq_arm(struct run_queue *rq, uint64_t now_ns)
{
	const struct thread *t = rq->current;
	struct policy_queue *q;
	uint64_t slice_ns;

	rq->slice_end_ns = NEVER;
	if (t == rq->idle) {
		pause_sampling(rq, now_ns);
		timer_set_preempt_deadline(NEVER);
		return;
	}
	if (atomic_load_explicit(&rq->ready, memory_order_relaxed) > 1) {
		q = runq_class(rq, t);
		slice_ns = q->policy->slice(q, t);
		if (slice_ns != NEVER)
			rq->slice_end_ns = now_ns + slice_ns;
	}
	if (unlikely(rq->sample_ns == NEVER))
		rq->sample_ns = now_ns + rq->sample_left_ns;
	timer_set_preempt_deadline(MIN(rq->slice_end_ns, rq->sample_ns));
}
