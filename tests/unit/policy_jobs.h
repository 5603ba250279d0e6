/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * policy_jobs.h - jobs with known arrivals and lengths on an imaginary CPU, to
 * compare a policy's schedule with a textbook's.
 *
 * The schedule is a string, "A1 B4 D5 A7 C9": who ran for how many ms.
 */

#include "policy_cpu.h"

#define JOBS_MAX 8

struct job {
	unsigned arrival_ms, length_ms;
	int nice;
	struct thread thread;
	uint64_t left, done_at;
	bool arrived;
};

struct schedule {
	char text[512];
	size_t used;
	int who; /* index of the job in the last entry, -1 = none */
	uint64_t ns;
};

static inline void
schedule_flush(struct schedule *s)
{
	if (s->who >= 0)
		s->used += (size_t)snprintf(
			s->text + s->used, sizeof(s->text) - s->used,
			"%s%c%llu", s->used ? " " : "", 'A' + s->who,
			(unsigned long long)((s->ns + MS / 2) / MS));
	s->who = -1;
	s->ns = 0;
}

static inline void
schedule_note(struct schedule *s, int who, uint64_t ns)
{
	if (s->who != who)
		schedule_flush(s);
	s->who = who;
	s->ns += ns;
}

/* Those whose time has come join; returns when the next one will. */
static inline uint64_t
jobs_arrive(struct policy_cpu *c, struct job *jobs, int n)
{
	uint64_t next = NEVER;
	bool look = false;

	for (int i = 0; i < n; i++) {
		uint64_t at = jobs[i].arrival_ms * MS;

		if (jobs[i].arrived)
			continue;
		if (at > c->now) {
			next = at < next ? at : next;
			continue;
		}
		jobs[i].arrived = true;
		look |= cpu_add(c, &jobs[i].thread, JOIN_NEW);
	}
	if (look)
		cpu_pick(c);
	return next;
}

static inline uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Run the chosen job until something happens. */
static inline void
jobs_step(struct policy_cpu *c, struct job *j, uint64_t until, bool alone)
{
	uint64_t ns = least(j->left, until - c->now);

	if (!alone)
		ns = least(ns, c->q.policy->slice(&c->q, c->running));
	j->left -= ns;
	c->q.policy->charge(&c->q, c->running, ns);
	c->now += ns;
	if (j->left == 0) {
		j->done_at = c->now;
		cpu_remove(c, &j->thread);
	} else if (!alone) {
		cpu_pick(c);
	}
}

static inline struct job *
job_of(const struct thread *t)
{
	return (struct job *)((char *)(uintptr_t)t -
			      offsetof(struct job, thread));
}

static inline void
jobs_run(const struct sched_policy *p, struct job *jobs, int n,
	 struct schedule *out)
{
	struct policy_cpu c;
	int done = 0;

	*out = (struct schedule){ .who = -1 };
	cpu_start(&c, p);
	for (int i = 0; i < n; i++) {
		jobs[i].thread = make_thread(jobs[i].nice);
		jobs[i].left = jobs[i].length_ms * MS;
	}
	while (done < n) {
		uint64_t next = jobs_arrive(&c, jobs, n), from = c.now;
		struct job *j;
		int ready = 0;

		for (int i = 0; i < n; i++)
			ready += jobs[i].arrived && jobs[i].left > 0;
		if (ready == 0) {
			c.now = next;
			continue;
		}
		j = job_of(c.running);
		jobs_step(&c, j, next, ready == 1);
		schedule_note(out, (int)(j - jobs), c.now - from);
		done += j->left == 0;
	}
	schedule_flush(out);
}

/* Mean time between arrival and end, less the length: waiting, in us. */
static inline uint64_t
jobs_mean_wait_us(const struct job *jobs, int n)
{
	uint64_t sum = 0;

	for (int i = 0; i < n; i++)
		sum += jobs[i].done_at -
		       (jobs[i].arrival_ms + jobs[i].length_ms) * MS;
	return sum / (uint64_t)n / 1000;
}
