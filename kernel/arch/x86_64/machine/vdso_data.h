/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * machine/vdso_data.h - what the kernel tells the vDSO, in a page of its own.
 *
 * Shared with vdso/clock.c, which is compiled for user mode.
 */

#include <stdint.h>

struct vdso_data {
	uint32_t seq;          /* odd: being changed */
	uint32_t usable;       /* 0: ask the kernel */
	uint64_t origin;       /* cycle counter at time 0 */
	uint64_t ns_per_cycle; /* << 32 */
	uint64_t wall_offset;  /* wall clock minus monotonic clock, ns */
};
