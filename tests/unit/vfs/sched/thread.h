/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * vfs/sched/thread.h - the one thread of a test of the file layer.
 */

#include "arch/cpu.h"
#include "lib/types.h"

enum thread_state {
	THREAD_SLEEP,
	THREAD_SLEEP_INTERRUPT,
};

struct thread {
	struct {
		uint64_t read_bytes, written_bytes, reads, writes;
	} io;
	bool interrupted;
};

extern struct thread fake_thread;
#define current_thread() (&fake_thread)

#define THREAD_WAKE_ANY 3u

static inline void
thread_check_preempt(void)
{
}

static inline void
thread_sleep_begin(enum thread_state state)
{
}

static inline void
thread_sleep_cancel(void)
{
}

/* What happens while the thread sleeps: the test's hook, see vfs_fake.h. */
int thread_sleep(uint64_t deadline_ns);
bool thread_wake(struct thread *t, unsigned state_mask);
