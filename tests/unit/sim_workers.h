/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * sim_workers.h - what tests on simulated CPUs share: exploring seeds, and
 * worker threads that the body of a run waits for.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/errno.h"
#include "sched/mutex.h"
#include "sched/waitq.h"
#include "sim.h"

/* Run body on 1 to 4 CPUs with many seeds. */
UNUSED static void
explore(void (*body)(void), unsigned seeds)
{
	for (unsigned seed = 1; seed <= seeds; seed++) {
		for (unsigned cpus = 1; cpus <= 4; cpus++)
			sim_run(cpus, seed, body);
	}
}

/* --- helpers inside the machine ------------------------------------------ */

static atomic_int alive; /* threads the body waits for */
static struct wait_queue all_done, gate;
static atomic_bool gate_open;

UNUSED static void
begin(void)
{
	atomic_store(&alive, 0);
	wait_queue_init(&all_done);
	wait_queue_init(&gate);
	atomic_store(&gate_open, false);
}

UNUSED static void
start(void (*fn)(void *), void *arg)
{
	atomic_fetch_add(&alive, 1);
	SIM_CHECK(kthread_start("worker", fn, arg));
}

UNUSED static void
done(void)
{
	atomic_fetch_sub(&alive, 1);
	wait_queue_wake(&all_done, 0);
}

/* A condition that takes its time: the interesting window. */
UNUSED static bool
slowly(bool value)
{
	sim_point();
	return value;
}

UNUSED static void
join_all(void)
{
	wait_event(&all_done, slowly(atomic_load(&alive) == 0));
}

/*
 * Workers whose threads the body points to stay until it lets them go; it
 * does not wait for them then.
 */
UNUSED static void
stay(void)
{
	done();
	wait_event(&gate, slowly(atomic_load(&gate_open)));
}

UNUSED static void
let_go(void)
{
	join_all();
	atomic_store(&gate_open, true);
	wait_queue_wake(&gate, 0);
}
