/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/x86_64/tsc_scale.h - from one frequency to another without division:
 * multiply by a ratio with 32 binary places.  Pure; host-tested.
 */

#include "lib/types.h"

/* to / from, << 32.  from must not be 0; to / from below 2^32. */
static inline uint64_t
scale_ratio(uint64_t to, uint64_t from)
{
	uint64_t whole = to / from, rest = to % from;
	uint64_t fraction = 0;
	unsigned bit;

	/* Long division, since rest << 32 may not fit. */
	for (bit = 0; bit < 32; bit++) {
		bool carry = rest >> 63;

		rest <<= 1;
		fraction <<= 1;
		if (carry || rest >= from) {
			rest -= from;
			fraction |= 1;
		}
	}
	return whole << 32 | fraction;
}

/* value * ratio, rounded down; the 96-bit product may not overflow 64 bits
 * after the shift for 584 years of nanoseconds. */
static inline uint64_t
scale(uint64_t value, uint64_t ratio)
{
	return (uint64_t)((unsigned __int128)value * ratio >> 32);
}
