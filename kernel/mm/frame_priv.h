/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * mm/frame_priv.h - what the three files of the frame allocator share:
 * frame.c (buddy lists), frame_cache.c (per-CPU caches, zeroed pool, counts)
 * and frame_init.c (coming up).
 */

#include "core/spinlock.h"
#include "mm/frame.h"

extern struct spinlock frame_lock; /* LOCK_FRAME; nothing is taken under it */

/* A block from the lists, its head neither listed nor owned, or NULL. */
struct frame *buddy_take(unsigned order) REQUIRES(frame_lock);

/* Put a block back, merging it with its free buddies. */
void buddy_give(struct frame *head, unsigned order) REQUIRES(frame_lock);

/* Order of the smallest block in the lists; FRAME_MAX_ORDER + 1 = none. */
unsigned buddy_smallest(void) REQUIRES(frame_lock);

/* Frames in the lists. */
uint64_t buddy_free_frames(void) REQUIRES(frame_lock);

/* Give all whole frames of [start, end) to the lists; returns how many. */
uint64_t buddy_add_range(paddr_t start, paddr_t end) REQUIRES(frame_lock);

/* Count frames that came under the allocator's management. */
void frame_count_total(uint64_t frames) REQUIRES(frame_lock);
