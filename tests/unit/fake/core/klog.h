/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fake/core/klog.h - log lines of a test go nowhere.
 */

#include "lib/types.h"

enum klog_level {
	KLOG_EMERG,
	KLOG_ALERT,
	KLOG_CRIT,
	KLOG_ERR,
	KLOG_WARNING,
	KLOG_NOTICE,
	KLOG_INFO,
	KLOG_DEBUG,
};

PRINTF(2, 3)
static inline void
klog(enum klog_level level, const char *fmt, ...)
{
}
