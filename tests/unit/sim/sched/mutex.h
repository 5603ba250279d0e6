/* SPDX-License-Identifier: MIT */
#include "../../../../kernel/sched/mutex.h"
