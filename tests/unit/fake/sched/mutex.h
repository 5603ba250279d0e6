/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fake/sched/mutex.h - mutexes of a single-threaded test: having to wait, or
 * giving back a free one, fails the test.
 */

#include <assert.h>

#include "core/lock_rank.h"
#include "lib/types.h"

struct mutex {
	unsigned locked;
	uint16_t rank;
	const char *name;
};

static inline void
mutex_init(struct mutex *m, enum lock_rank rank, const char *name)
{
	*m = (struct mutex){ .rank = (uint16_t)rank, .name = name };
}

static inline void
mutex_lock(struct mutex *m)
{
	assert(!m->locked);
	m->locked = 1;
}

static inline void
mutex_lock_nested(struct mutex *m)
{
	mutex_lock(m);
}

NODISCARD static inline int
mutex_lock_interruptible(struct mutex *m)
{
	mutex_lock(m);
	return 0;
}

NODISCARD static inline bool
mutex_try_lock(struct mutex *m)
{
	if (m->locked)
		return false;
	m->locked = 1;
	return true;
}

static inline void
mutex_unlock(struct mutex *m)
{
	assert(m->locked);
	m->locked = 0;
}

static inline bool
mutex_held(const struct mutex *m)
{
	return m->locked;
}
