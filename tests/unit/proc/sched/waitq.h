/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/sched/waitq.h - nobody waits in tests of proc/.
 */

#include "sched/thread.h"

struct wait_queue {
	int nothing;
};
