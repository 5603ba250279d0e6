/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * sched/runq_priv.h - each CPU's run queue, inside sched/.
 *
 * A thread belongs to the queue t->cpu names, asleep or not.  That queue's lock
 * guards all its scheduling state and is held from the decision to switch until
 * the switch is done, by prev at first and by next at the end.  So whoever has
 * it sees a thread either as rq->current or fully off its stack, never between:
 * waking, stealing and freeing need no other handshake.
 *
 * One thread at a time is nobody's: one that was just woken or is moving, ready
 * but on no queue.  Only the code that made it so may queue it (place.c).
 *
 * Two queues are never locked at once but by spin_try_lock() (pull).
 */

#include "core/percpu.h"
#include "core/spinlock.h"
#include "sched/policy.h"
#include "sched/thread.h"

/*
 *	I  immutable once the CPU is online
 *	L  lock
 *	a  atomic, written under the lock
 */
struct run_queue {
	struct spinlock lock;
	unsigned cpu;                 /* [I] */
	struct thread *idle;          /* [I] */
	struct thread *current;       /* [L] */
	struct thread *leaving;       /* [L] just left, dead or to be moved */
	atomic_uint ready;            /* [a] ready threads, current included */
	struct policy_queue normal;   /* [L] */
	struct policy_queue realtime; /* [L] */

	uint64_t charged_ns;     /* [L] current has paid up to here */
	uint64_t slice_end_ns;   /* [L] when others want the CPU, NEVER */
	uint64_t sample_ns;      /* [L] next look at what it does, NEVER idle */
	uint64_t sample_left_ns; /* [L] until then, while idle */
	uint64_t sample_step_ns; /* [L] from the next look to the one after */
	uint64_t sample_switches; /* [L] switches at the last look */
	uint64_t moved_ns; /* [L] last time a thread was pulled, to or fro */
	bool balance;      /* [L] look for work elsewhere, too */

	uint64_t ran_ns[THREAD_MODES]; /* [L] */
	uint64_t switches;             /* [L] */
	long threads;                  /* [L] started minus ended here */
	long uninterruptible;          /* [L] user threads in THREAD_SLEEP */
};

EXTERN_PERCPU(struct run_queue, run_queue);
extern _Atomic cpumask_t sched_online; /* CPUs with a run queue; only grows */
extern _Atomic cpumask_t sched_idle;   /* those that have nothing to do */

static inline struct run_queue *
this_runq(void)
{
	return &this_cpu(run_queue);
}

static inline struct run_queue *
runq_of(unsigned cpu)
{
	return &cpu_var(run_queue, cpu);
}

static inline bool
thread_is_realtime(const struct thread *t)
{
	return t->sched_class != SCHED_CLASS_NORMAL;
}

static inline struct policy_queue *
runq_class(struct run_queue *rq, const struct thread *t)
{
	return thread_is_realtime(t) ? &rq->realtime : &rq->normal;
}

/* Nonsense for idle threads, which never leave for user mode. */
static inline void *
thread_stack_top(const struct thread *t)
{
	return (void *)((uintptr_t)t->stack + KERNEL_STACK_SIZE);
}

/* runq.c */
void runq_init(struct run_queue *rq, struct thread *idle,
	       const struct sched_policy *normal);
/* Lock the queue t belongs to.  Interrupts are off. */
struct run_queue *runq_lock_of(const struct thread *t);
/* Make current pay for its time until now. */
void runq_charge(struct run_queue *rq, uint64_t now_ns);
/* t, which belongs to rq, is ready and waits its turn; prods the CPU. */
void runq_add(struct run_queue *rq, struct thread *t, enum join_reason why,
	      uint64_t now_ns);
/* t is ready here no more, whether it ran or waited. */
void runq_remove(struct run_queue *rq, struct thread *t);
/* Choose; stay is current if it may go on, else NULL. */
struct thread *runq_pick(struct run_queue *rq, struct thread *stay);
/* Set this CPU's next look at its queue.  Interrupts off. */
void runq_arm(struct run_queue *rq, uint64_t now_ns);

/* place.c */
/* Queue t, which is ready and nobody's, where it runs best. Interrupts off. */
void place_thread(struct thread *t, unsigned preferred, enum join_reason why);
unsigned
place_choose(const struct thread *t, unsigned preferred, enum join_reason why);
/* Take a waiting thread from the busiest CPU to rq; rq->lock held. */
bool place_pull(struct run_queue *rq, uint64_t now_ns);
/* Somebody waits here: tell an idle CPU to come and look. */
void place_call_idle(void);

/* switch.c */
void switch_init(void);
void thread_boot(void *t); /* first code of each thread */

/* account.c */
#define SAMPLE_FIRST_NS (4 * NSEC_PER_MSEC)
void account_sample(struct run_queue *rq, uint64_t now_ns);
void account_load(uint64_t now_ns);

/* stack.c */
void *stack_alloc(void);
bool stack_reap(void); /* give freed stacks back to mm/; irqs on */
