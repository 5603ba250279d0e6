/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * sched/policy.h - the order in which ready threads run, as plug-ins.
 *
 * Each CPU has one struct policy_queue per class: realtime (rt.c, always
 * served first) and normal (fair.c, or what `sched=` names).  A policy sees
 * only threads of its class and one CPU:
 *
 *	join ... leave   between them the thread is ready on this queue
 *	put ... take     between them it waits its turn in the policy's order
 *
 * A thread that is ready but not "put" is the one that runs.  The run queue
 * (runq.c) calls these, keeps counts and decides between CPUs; a policy is a
 * pure data structure that takes time as a number, and is tested as such.
 *
 * Units:   nanoseconds of CPU time.
 * Locking: all calls hold the run queue's lock.
 */

#include "sched/thread.h"

RB_HEAD(fair_tree, thread);
RB_HEAD(aging_tree, thread);

/* fair.c: virtual time is in ns of a thread of nice 0. */
struct fair_queue {
	struct fair_tree tree; /* who waits, by virtual deadline */
	uint64_t base;         /* virtual time the sum is relative to */
	int64_t sum;           /* of weight * (vruntime - base), all ready */
	uint64_t weight;       /* sum of all ready */
};

/* rr.c */
struct rr_queue {
	struct list_node waiting; /* in order of their turns */
};

/* fcfs.c */
struct fcfs_queue {
	struct list_node waiting; /* in order of their tickets */
	uint64_t next_ticket;
};

/* aging.c, for priority.c and sjf.c */
struct aging_queue {
	struct aging_tree tree; /* who waits, by key */
	uint64_t clock_ns;      /* CPU time used by all */
};

#define MLFQ_LEVELS 6

/* mlfq.c */
struct mlfq_queue {
	struct list_node waiting[MLFQ_LEVELS];
	uint64_t clock_ns; /* CPU time used by all */
	uint64_t boost_ns; /* when all go back to level 0 */
	uint64_t round;    /* one more with each boost; never 0 */
};

/* rt.c: one list per priority, [1 .. 99]. */
struct rt_queue {
	uint64_t bitmap[2]; /* priorities with somebody waiting */
	struct list_node waiting[SCHED_RT_PRIORITY_MAX + 1];
};

struct policy_queue {
	const struct sched_policy *policy; /* [I] */
	unsigned waiting;                  /* threads put, kept by runq.c */
	union {
		struct fair_queue fair;
		struct rr_queue rr;
		struct fcfs_queue fcfs;
		struct aging_queue aging;
		struct mlfq_queue mlfq;
		struct rt_queue rt;
	};
};

/* Why a thread joins. */
enum join_reason {
	JOIN_NEW,     /* its first time */
	JOIN_WOKEN,   /* it slept */
	JOIN_MOVED,   /* from another CPU */
	JOIN_CHANGED, /* it was here a moment ago, with another nice or class */
};

struct sched_policy {
	const char *name;
	void (*init)(struct policy_queue *q);

	void (*join)(struct policy_queue *q, struct thread *t,
		     enum join_reason why);
	void (*leave)(struct policy_queue *q, struct thread *t);
	void (*put)(struct policy_queue *q, struct thread *t);
	void (*take)(struct policy_queue *q, struct thread *t);

	/*
	 * Who runs next: prev, the thread that ran so far and may go on (NULL
	 * if it may not), or one that waits, which is then taken and prev put.
	 * NULL: nobody.
	 */
	struct thread *(*pick)(struct policy_queue *q, struct thread *prev);

	/* The running thread used ns of CPU time. */
	void (*charge)(struct policy_queue *q, struct thread *t, uint64_t ns);

	/* The running thread gives up the rest of its turn. */
	void (*yield)(struct policy_queue *q, struct thread *t);

	/* Should t, just put, run before the running thread's turn is over? */
	bool (*preempts)(const struct policy_queue *q,
			 const struct thread *running, const struct thread *t);

	/* How long the running thread may go on while others wait; NEVER. */
	uint64_t (*slice)(const struct policy_queue *q,
			  const struct thread *running);

	/* The length of a whole turn of t; NULL: turns have no length. */
	uint64_t (*quantum)(const struct thread *t);

	/* A waiting thread that may run on cpu, or NULL; it is not taken. */
	struct thread *(*movable)(struct policy_queue *q, unsigned cpu);
};

extern const struct sched_policy sched_fair, sched_rr, sched_priority,
	sched_fcfs, sched_sjf, sched_mlfq, sched_rt;

/* The policy of this name for normal threads, NULL if there is none. */
const struct sched_policy *sched_policy_find(const char *name);

static inline bool
thread_may_run_on(const struct thread *t, unsigned cpu)
{
	return atomic_load_explicit(&t->affinity, memory_order_relaxed) &
	       CPUMASK(cpu);
}

/* Weight of a nice value: each step is a factor of 1.25; fair.c. */
#define WEIGHT_NICE_0 1024U
#define WEIGHT_IDLE   3U
uint64_t sched_weight(const struct thread *t);
