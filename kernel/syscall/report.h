/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * syscall/report.h - calls and flags that are not there, once each in the log.
 *
 * Context: the end of a system call; nothing here sleeps.
 */

#include "lib/errno.h"
#include "lib/types.h"

struct trap_frame;

/* A number without a call: -ENOSYS. */
NOINLINE long report_call(long nr, const struct trap_frame *f);
/* A call with flags (flags.def) has failed: were it unknown ones? */
NOINLINE void
report_flags(const char *call, long nr, const struct trap_frame *f);

/* The errors an argument that is not known gives. */
static inline bool
report_wanted(long result)
{
	return unlikely(result == -EINVAL || result == -ENOSYS ||
			result == -EOPNOTSUPP);
}
