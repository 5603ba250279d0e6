/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * core/random.h - random bytes: ChaCha20 keyed from the loader's seed, the
 * CPU's generator and interrupt timing; the key is replaced after each call
 * so that earlier output cannot be recomputed.
 * Context: any.  Locking: random_lock (irq-safe, LOCK_RANDOM).
 * Source:  RFC 8439 (ChaCha20), "fast key erasure".
 */

#include "lib/types.h"

void random_init(const uint8_t *seed, size_t size, unsigned quality_bits);
void random_bytes(void *out, size_t n);
uint64_t random_u64(void);
uint64_t random_below(uint64_t limit); /* uniform in 0 .. limit-1 */

/* Stir in bytes (interrupt times, writes to /dev/random): never harms. */
void random_mix(const void *data, size_t n);
/* Something happened that nobody could time: key, interrupt.  Any context. */
void random_mix_event(uint32_t what);
bool random_ready(void); /* seeded with at least 256 good bits */
