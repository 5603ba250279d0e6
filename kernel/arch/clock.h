/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/clock.h - the machine's clock and its one-shot event timer.
 *
 * Units:   nanoseconds since kernel entry (monotonic, never steps back, the
 *          same on every CPU); hertz.
 * Context: any; no locks.
 */

#include "lib/types.h"

/* Boot, after arch_set_platform() and irq_init(): find the frequencies. */
void clock_init(void);

/* 0 until clock_init(). */
uint64_t clock_now_ns(void);

/* Ticks of cycles() a second; what user space needs to read the clock. */
uint64_t clock_cycles_hz(void);

/* Arm this CPU's timer interrupt for the deadline (NEVER = none). */
void clock_event_set(uint64_t deadline_ns);

/* Wait by spinning: for hardware that asks for it, microseconds at most. */
void clock_delay_ns(uint64_t ns);
