/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * smp/core/refcount.h - the real counts, but whoever takes a reference dawdles
 * now and then just before: time enough for another thread to drop the last.
 */

#include <sched.h>

#define refcount_get refcount_get_at_once
#include "../../../../kernel/core/refcount.h"
#undef refcount_get

static inline void
refcount_get(struct refcount *r)
{
	static _Thread_local unsigned calls;

	if (++calls % 8 == 0)
		sched_yield();
	refcount_get_at_once(r);
}
