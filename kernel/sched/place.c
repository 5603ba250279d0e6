/* SPDX-License-Identifier: MIT */
#include "sched/runq_priv.h"

#include "arch/clock.h"
#include "arch/smp.h"

/*
 * sched/place.c - which CPU a thread runs on.
 *
 * Waking: where it ran last (its data may still be in that cache) if that CPU
 * is idle or none is; otherwise an idle one.  Starting: an idle CPU, else the
 * one with the fewest ready threads.  A CPU that runs out of work takes a
 * waiting thread from the busiest; one that is busy does so now and then if
 * the other has at least two more, and seldom if it has but one more: that way
 * three threads take turns on two CPUs.
 *
 * Counts of other CPUs are read without their locks: a wrong guess costs a
 * little balance, never correctness.
 */

_Atomic cpumask_t sched_online;
_Atomic cpumask_t sched_idle;

static inline unsigned
ready_on(unsigned cpu)
{
	return atomic_load_explicit(&runq_of(cpu)->ready, memory_order_relaxed);
}

static unsigned
least_loaded(cpumask_t allowed, unsigned preferred)
{
	unsigned best = preferred;

	if (!(allowed & CPUMASK(preferred)))
		best = (unsigned)__builtin_ctzll(allowed);
	for (; allowed; allowed &= allowed - 1) {
		unsigned cpu = (unsigned)__builtin_ctzll(allowed);

		if (ready_on(cpu) < ready_on(best))
			best = cpu;
	}
	return best;
}

unsigned
place_choose(const struct thread *t, unsigned preferred, enum join_reason why)
{
	cpumask_t online =
		atomic_load_explicit(&sched_online, memory_order_relaxed);
	cpumask_t allowed = online & atomic_load_explicit(&t->affinity,
							  memory_order_relaxed);
	cpumask_t idle;

	if (online == CPUMASK(preferred))
		return preferred;
	if (unlikely(!allowed))
		allowed = online;
	idle = allowed &
	       atomic_load_explicit(&sched_idle, memory_order_relaxed);
	if (idle & CPUMASK(preferred))
		return preferred;
	if (idle)
		return (unsigned)__builtin_ctzll(idle);
	if (why == JOIN_WOKEN && (allowed & CPUMASK(preferred)))
		return preferred;
	return least_loaded(allowed, preferred);
}

/*
 * t->cpu changes only under the lock of the queue it names, so each round
 * holds that lock when it decides to go on to another CPU.  The affinity may
 * have changed by the time the chosen queue is locked: then once more.
 */
void
place_thread(struct thread *t, unsigned preferred,
	     enum join_reason why) NO_LOCK_ANALYSIS
{
	struct run_queue *rq = runq_lock_of(t);
	unsigned cpu = place_choose(t, preferred, why);

	while (cpu != rq->cpu) {
		atomic_store_explicit(&t->cpu, (int16_t)cpu,
				      memory_order_relaxed);
		spin_unlock(&rq->lock);
		rq = runq_of(cpu);
		spin_lock(&rq->lock);
		if (likely(thread_may_run_on(t, cpu)))
			break;
		cpu = place_choose(t, cpu, why);
	}
	if (rq->current == rq->idle)
		atomic_fetch_and_explicit(&sched_idle, ~CPUMASK(rq->cpu),
					  memory_order_relaxed);
	uint64_t now_ns = clock_now_ns();

	runq_charge(rq, now_ns);
	runq_add(rq, t, why, now_ns);
	spin_unlock(&rq->lock);
}

/* At most this often does a thread move only to take turns. */
#define ROTATE_NS (100 * NSEC_PER_MSEC)

/* How many more ready threads another CPU must have to be taken from. */
static unsigned
margin(const struct run_queue *rq, uint64_t now_ns)
{
	bool busy = ready_on(rq->cpu) > 0;

	return busy && now_ns - rq->moved_ns >= ROTATE_NS ? 1 : 2;
}

static struct run_queue *
busiest(const struct run_queue *rq, uint64_t now_ns)
{
	cpumask_t others =
		atomic_load_explicit(&sched_online, memory_order_relaxed) &
		~CPUMASK(rq->cpu);
	unsigned least = ready_on(rq->cpu) + margin(rq, now_ns);
	struct run_queue *found = NULL;

	for (; others; others &= others - 1) {
		unsigned cpu = (unsigned)__builtin_ctzll(others);

		if (ready_on(cpu) >= least) {
			least = ready_on(cpu) + 1;
			found = runq_of(cpu);
		}
	}
	return found;
}

/* Take a waiting thread from `from`, which is locked, for CPU cpu. */
static struct thread *
take_waiting(struct run_queue *from, unsigned cpu, uint64_t now_ns)
{
	struct thread *t;

	runq_charge(from, now_ns);
	t = from->realtime.policy->movable(&from->realtime, cpu);
	if (!t)
		t = from->normal.policy->movable(&from->normal, cpu);
	if (!t)
		return NULL;
	runq_remove(from, t);
	atomic_store_explicit(&t->cpu, (int16_t)cpu, memory_order_relaxed);
	from->moved_ns = now_ns;
	return t;
}

/*
 * Both queues are locked here, but the second only if that needs no waiting,
 * so two CPUs that pull from each other cannot block each other.
 */
bool
place_pull(struct run_queue *rq, uint64_t now_ns) NO_LOCK_ANALYSIS
{
	struct run_queue *from = busiest(rq, now_ns);
	struct thread *t;

	if (!from || !spin_try_lock(&from->lock))
		return false;
	t = take_waiting(from, rq->cpu, now_ns);
	spin_unlock(&from->lock);
	if (!t)
		return false;
	rq->moved_ns = now_ns;
	runq_add(rq, t, JOIN_MOVED, now_ns);
	return true;
}

void
place_call_idle(void)
{
	cpumask_t idle =
		atomic_load_explicit(&sched_idle, memory_order_relaxed);
	unsigned cpu;

	if (!idle)
		return;
	cpu = (unsigned)__builtin_ctzll(idle);
	atomic_store_explicit(&runq_of(cpu)->idle->resched, true,
			      memory_order_relaxed);
	smp_kick(cpu);
}
