/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * core/refcount.h - reference counts that cannot wrap.
 *
 * A count that would pass REFCOUNT_SATURATED stays there for ever: the object
 * leaks instead of being freed under somebody (CVE-2016-0728).  Taking a
 * reference on 0, or dropping one from 0, panics.
 */

#include "core/panic.h"
#include "lib/types.h"

#define REFCOUNT_SATURATED 0xc0000000u

struct refcount {
	atomic_uint n;
};

static inline void
refcount_set(struct refcount *r, unsigned n)
{
	atomic_store_explicit(&r->n, n, memory_order_relaxed);
}

static inline unsigned
refcount_read(const struct refcount *r)
{
	return atomic_load_explicit(&r->n, memory_order_acquire);
}

static inline void
refcount_get(struct refcount *r)
{
	unsigned old =
		atomic_fetch_add_explicit(&r->n, 1, memory_order_relaxed);

	ASSERT(old != 0);
	if (unlikely(old >= REFCOUNT_SATURATED))
		refcount_set(r, REFCOUNT_SATURATED);
}

/* Take a reference unless the last one is already gone. */
NODISCARD static inline bool
refcount_get_unless_zero(struct refcount *r)
{
	unsigned old = atomic_load_explicit(&r->n, memory_order_relaxed);

	do {
		if (old == 0)
			return false;
		if (unlikely(old >= REFCOUNT_SATURATED))
			return true;
	} while (!atomic_compare_exchange_weak_explicit(&r->n, &old, old + 1,
							memory_order_relaxed,
							memory_order_relaxed));
	return true;
}

/* Drop a reference; true if it was the last: the caller frees. */
NODISCARD static inline bool
refcount_put(struct refcount *r)
{
	unsigned old =
		atomic_fetch_sub_explicit(&r->n, 1, memory_order_acq_rel);

	ASSERT(old != 0);
	if (unlikely(old >= REFCOUNT_SATURATED)) {
		refcount_set(r, REFCOUNT_SATURATED);
		return false;
	}
	return old == 1;
}
