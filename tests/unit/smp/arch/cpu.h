/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * smp/arch/cpu.h - processors played by threads: each sets smp_cpu once.
 */

#include <sched.h>

#include "lib/types.h"

#define CPU_MAX 64

__attribute__((weak)) _Thread_local unsigned smp_cpu;

static inline unsigned
cpu_id(void)
{
	return smp_cpu;
}

static inline unsigned
cpu_count(void)
{
	return 8;
}

/* The one waited for may need this very processor. */
static inline void
cpu_relax(void)
{
	sched_yield();
}
