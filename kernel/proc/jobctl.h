/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/jobctl.h - process groups, sessions and controlling terminals.
 *
 * Locking: proc_tree_lock.
 * Errors:  as setpgid(2), setsid(2), getpgid(2), getsid(2).
 */

#include "lib/types.h"

NODISCARD int process_setpgid(pid_t pid, pid_t pgid);
NODISCARD pid_t process_getpgid(pid_t pid);
NODISCARD pid_t process_getsid(pid_t pid);
NODISCARD pid_t process_setsid(void);
/* vhangup(2) on the caller's terminal; nothing to do if it has none. */
void jobctl_vhangup(void);
