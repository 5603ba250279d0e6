/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/strace.h - which processes have their system calls logged.
 *
 * Each task says so for itself (SYSCALL_WORK_LOG in task.syscall_work); its
 * process keeps what new ones begin with (marks.strace).
 *
 * Context: any.  Locking: the process's signal_lock.
 */

#include "lib/types.h"

struct process;

/* bits: enum strace_bits. */
void strace_set(struct process *p, unsigned bits);
