/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * syscall/trace.h - strace=1 on the command line: every system call of every
 * program, decoded by the letters of list.def, in the log.
 */

#include "lib/types.h"

struct trap_frame;

struct syscall_entry {
	long (*fn)(const struct trap_frame *f);
	const char *name;
	const char *args; /* letters, see list.def */
};

struct syscall_trace {
	char text[224];
	size_t len;
};

void syscall_trace_init(void);
void syscall_trace_enter(struct syscall_trace *t, const struct syscall_entry *e,
			 long nr, const struct trap_frame *f);
void syscall_trace_leave(struct syscall_trace *t, long result);
