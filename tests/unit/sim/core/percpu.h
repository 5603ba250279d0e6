/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * sim/core/percpu.h - per-CPU variables of tests/unit/sim.c: the host's linker
 * collects them, sim.c copies them for each simulated CPU.
 */

#include "arch/cpu.h"
#include "lib/types.h"

#define PERCPU(type, name) \
	__attribute__((section("sim_percpu"))) __typeof__(type) name
#define EXTERN_PERCPU(type, name) extern __typeof__(type) name

extern uintptr_t percpu_offsets[CPU_MAX];

#define percpu_at(name, offset) \
	(*(__typeof__(name) *)((uintptr_t) & (name) + (offset)))
#define this_cpu(name)     percpu_at(name, percpu_offset())
#define cpu_var(name, cpu) percpu_at(name, percpu_offsets[cpu])
