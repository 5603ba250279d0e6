/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * sched/aging.h - a line in which rank counts, and waiting makes up for it.
 *
 * Who joins the line gets a handicap, in nanoseconds: the worse its rank, the
 * longer.  Waiting makes up for it ns by ns, so who came at time c with
 * handicap h is served as if it had come at c + h and all ranks were equal.
 * That sum, its key, never changes while it waits: the line is a tree sorted by
 * key, and ageing costs nothing.  Nobody waits longer than the worst handicap
 * and the turns of those with smaller keys.
 *
 * Who is served keeps its key for a turn of AGING_TURN_NS, unless a smaller one
 * comes; when the turn is over it gets a new key, as if it had just come.
 *
 * The clock is the CPU time used by all threads of the queue: it stands still
 * while nobody runs, and then nobody waits.
 *
 * priority.c and sjf.c are this line with two ideas of rank.
 *
 * Fields:  sched.deadline is the key, sched.slice_left the rest of the turn.
 * Locking: as policy.h.
 */

#include "sched/policy.h"

#define AGING_TURN_NS ((int64_t)(20 * NSEC_PER_MSEC))

void aging_init(struct policy_queue *q);
void aging_join(struct policy_queue *q, struct thread *t, uint64_t handicap_ns,
		enum join_reason why);
void aging_leave(struct policy_queue *q, struct thread *t);
void aging_put(struct policy_queue *q, struct thread *t);
void aging_take(struct policy_queue *q, struct thread *t);
void aging_charge(struct policy_queue *q, struct thread *t, uint64_t ns);
void aging_yield(struct policy_queue *q, struct thread *t);
uint64_t
aging_slice(const struct policy_queue *q, const struct thread *running);
struct thread *aging_movable(struct policy_queue *q, unsigned cpu);

/* As in struct sched_policy; the handicap is what prev, or the running thread,
 * would come with now. */
struct thread *
aging_pick(struct policy_queue *q, struct thread *prev, uint64_t handicap_ns);
bool aging_preempts(const struct policy_queue *q, const struct thread *running,
		    uint64_t handicap_ns, const struct thread *t);
