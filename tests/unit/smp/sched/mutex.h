/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * smp/sched/mutex.h - mutexes between the threads of a test.
 */

#include <pthread.h>

#include "core/lock_rank.h"
#include "lib/types.h"

struct mutex {
	pthread_mutex_t m;
};

static inline void
mutex_init(struct mutex *m, enum lock_rank rank, const char *name)
{
	pthread_mutex_init(&m->m, NULL);
}

static inline void
mutex_lock(struct mutex *m)
{
	pthread_mutex_lock(&m->m);
}

static inline void
mutex_unlock(struct mutex *m)
{
	pthread_mutex_unlock(&m->m);
}
