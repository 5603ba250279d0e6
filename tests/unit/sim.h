/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * sim.h - a machine of several CPUs inside one host thread.
 *
 * The real scheduler, timers, spinlocks, wait queues and mutexes run on
 * simulated CPUs.  Every kernel thread is a coroutine; at each sim_point(), and
 * most calls into the machine are one, a seeded generator decides whether
 * another CPU goes on, and interrupts arrive.  So one seed is one interleaving,
 * and a test tries thousands.  When every CPU is idle and nothing will ever
 * wake one, a wake-up was lost: the run fails with its seed.
 */

#include "sched/sched.h"
#include "sched/thread.h"

/* A run that fails ends the process; the message names the seed. */
void sim_run(unsigned cpus, uint64_t seed, void (*body)(void));

uint64_t sim_random(uint64_t below);
uint64_t sim_now(void);

/* Simulated user mode: time passes, then the way out is taken. */
void sim_user(uint64_t ns);

#define SIM_CHECK(x)                                                   \
	do {                                                           \
		if (!(x))                                              \
			sim_fail("%s:%d: %s", __FILE__, __LINE__, #x); \
	} while (0)
void sim_fail(const char *fmt, ...) PRINTF(1, 2);
