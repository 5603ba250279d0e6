/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fake/arch/cpu.h - one processor at a time; a test may say which.
 */

#include "lib/types.h"

#define CPU_MAX 64

/* The test's choice; weak, so that a test may define its own. */
__attribute__((weak)) unsigned fake_cpu;
__attribute__((weak)) bool fake_irqs_off;

struct thread;

static inline unsigned
cpu_id(void)
{
	return fake_cpu;
}

bool cpu_random(uint64_t *out); /* the test's own */

static inline unsigned
cpu_count(void)
{
	return 4;
}

static inline void
cpu_relax(void)
{
}

static inline void
irq_disable(void)
{
	fake_irqs_off = true;
}

static inline void
irq_enable(void)
{
	fake_irqs_off = false;
}

static inline bool
irq_enabled(void)
{
	return !fake_irqs_off;
}

static inline unsigned long
irq_save(void)
{
	unsigned long was = fake_irqs_off;

	fake_irqs_off = true;
	return was;
}

static inline void
irq_restore(unsigned long was)
{
	fake_irqs_off = was;
}

static inline uint64_t
cycles(void)
{
	static uint64_t now;

	return ++now;
}

static inline struct thread *
current_thread(void)
{
	static char one;

	return (struct thread *)(void *)&one;
}

static inline uintptr_t
percpu_offset(void)
{
	return 0;
}
