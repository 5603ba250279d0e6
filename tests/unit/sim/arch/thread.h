/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * sim/arch/thread.h - threads of tests/unit/sim.c are coroutines of the host.
 */

#include "lib/types.h"

#define KERNEL_STACK_SIZE (256UL << 10)

struct coroutine;

struct arch_thread {
	struct coroutine *coroutine;
	bool running; /* on some simulated CPU: never on two */
};

void arch_thread_init(struct arch_thread *at, void *stack_top,
		      void (*entry)(void *arg), void *arg);
void arch_thread_adopt(struct arch_thread *at);
void arch_thread_switch(struct arch_thread *prev, struct arch_thread *next,
			void *stack_top);
