/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/smp.h - the other processors.
 *
 * Context: IPIs may be sent from anywhere.  smp_call() waits for the others
 * with interrupts on or off (a CPU that waits answers calls meanwhile), so it
 * may be used under spinlocks whose holders do not themselves wait for IPIs
 * with a lock the callee takes: callees take no locks.
 */

#include "lib/types.h"

/* Set of CPUs; CPU_MAX bits. */
typedef uint64_t cpumask_t;
#define CPUMASK(cpu) (1ULL << (cpu))

/* Start every processor the firmware reported; returns how many now run. */
unsigned smp_start_all(void);

/* Make a CPU pass through upcall_reschedule() soon. */
void smp_kick(unsigned cpu);

/* Run fn(arg) on each CPU of the mask but this one; returns when all have. */
void smp_call(cpumask_t mask, void (*fn)(void *arg), void *arg);

/* Stop all other CPUs for a panic; each records its registers first. */
void smp_stop_others(void);

/* Where a CPU was when smp_stop_others() stopped it; NULL if it did not. */
struct trap_frame;
const struct trap_frame *smp_stopped_frame(unsigned cpu);
