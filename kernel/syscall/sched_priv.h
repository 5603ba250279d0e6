/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * syscall/sched_priv.h - what the calls about scheduling share.
 */

#include "lib/types.h"

struct task;

#define NICE_BIAS 20 /* limits and getpriority(2) count 20 - nice */

/* The task pid names (0: the caller), with a reference; NULL = none. */
struct task *sched_target(pid_t pid);
/* May the caller change how t is scheduled? */
bool sched_may_change(const struct task *t);
