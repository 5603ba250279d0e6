/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * policy_cpu.h - one imaginary CPU that schedules by a policy, in the way
 * sched/runq.c does, with time as a number.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sched/policy.h"

#define MS NSEC_PER_MSEC

struct policy_cpu {
	struct policy_queue q;
	struct thread *running; /* NULL = idle */
	uint64_t now;
};

/* A small generator of its own, so that a failure can be repeated. */
static uint64_t random_state = 1;

static inline uint64_t
random_below(uint64_t n)
{
	random_state = random_state * 6364136223846793005ULL + 1;
	return (random_state >> 33) % n;
}

static inline void
cpu_start(struct policy_cpu *c, const struct sched_policy *p)
{
	*c = (struct policy_cpu){ .q.policy = p };
	p->init(&c->q);
}

static inline struct thread
make_thread(int nice)
{
	return (struct thread){ .nice = (int8_t)nice,
				.affinity = ~(cpumask_t)0 };
}

static inline void
cpu_pick(struct policy_cpu *c)
{
	c->running = c->q.policy->pick(&c->q, c->running);
}

/* t becomes ready; true if it should run at once. */
static inline bool
cpu_add(struct policy_cpu *c, struct thread *t, enum join_reason why)
{
	c->q.policy->join(&c->q, t, why);
	t->queued = true;
	c->q.policy->put(&c->q, t);
	if (!c->running) {
		cpu_pick(c);
		return true;
	}
	return c->q.policy->preempts(&c->q, c->running, t);
}

static inline void
cpu_remove(struct policy_cpu *c, struct thread *t)
{
	if (t != c->running)
		c->q.policy->take(&c->q, t);
	c->q.policy->leave(&c->q, t);
	t->queued = false;
	if (t == c->running) {
		c->running = NULL;
		cpu_pick(c);
	}
}

/* Let the running thread go on for ns, then choose again. */
static inline void
cpu_run(struct policy_cpu *c, uint64_t ns)
{
	c->q.policy->charge(&c->q, c->running, ns);
	c->running->ran_ns[0] += ns;
	c->now += ns;
	cpu_pick(c);
}

/* As the slice timer does: run until the policy wants to look again. */
static inline uint64_t
cpu_run_slice(struct policy_cpu *c, uint64_t at_most)
{
	uint64_t ns = c->q.policy->slice(&c->q, c->running);

	ns = ns < at_most ? ns : at_most;
	cpu_run(c, ns);
	return ns;
}

static inline void
cpu_yield(struct policy_cpu *c)
{
	c->q.policy->yield(&c->q, c->running);
	cpu_pick(c);
}
