/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/x86_64/percpu_block.h - the struct cpu_local behind GS as a per-CPU
 * variable.
 */

#include "arch/platform.h"
#include "core/percpu.h"

EXTERN_PERCPU(struct cpu_local, cpu_local);

/* That of the CPU we run on. */
#define this_cpu_block() this_cpu(cpu_local)
