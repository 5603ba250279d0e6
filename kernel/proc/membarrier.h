/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/membarrier.h - memory barriers in other threads, without their help.
 *
 * Context: a user thread that holds no locks.
 * Errors:  as membarrier(2): -EINVAL, -EPERM (not registered).
 */

/* cpu: of MEMBARRIER_CMD_FLAG_CPU. */
long membarrier(int command, unsigned flags, int cpu);
