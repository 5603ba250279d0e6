/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/x86_64/tsc.h - the time-stamp counter as the machine's clock.
 */

#include "lib/types.h"

/* Remember when the kernel was entered: time 0. */
void clock_set_origin(void);

/*
 * Compare the counter of a CPU that starts with the boot CPU's, both calling at
 * the same time; if one is behind, clock_now_ns() takes the slow, safe way.
 */
void clock_sync_source(void);
void clock_sync_target(void);

/* tsc_measure.c: counts a second by the best source there is, never 0. */
uint64_t tsc_measure(void);
