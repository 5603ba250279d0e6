/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/sched/thread.h - threads of tests of proc/: they do not run; whoever
 * interrupts or wakes one is seen in what it leaves here.
 */

#include "arch/cpu.h"
#include "lib/list.h"
#include "lib/types.h"

enum thread_state {
	THREAD_READY,
	THREAD_SLEEP,
	THREAD_SLEEP_INTERRUPT,
	THREAD_STOPPED,
	THREAD_TRACED,
	THREAD_DEAD,
};

struct thread {
	atomic_bool interrupted;
	unsigned woken; /* mask of the states it was woken from */
	char name[16];
};

extern struct thread *fake_thread;
#define current_thread() (fake_thread)

static inline void
thread_interrupt(struct thread *t)
{
	atomic_store(&t->interrupted, true);
}

static inline bool
thread_wake(struct thread *t, unsigned state_mask)
{
	t->woken |= state_mask;
	return true;
}
