/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * syscall/trace.h - system calls as lines of the log, decoded by the letters of
 * list.def and the names of flags.def.
 *
 * Who: strace= on the command line, a list of words.  `1` or `all`: everything;
 * the name of a call: only such calls; any other word: only programs of that
 * name (as ps shows it).  strace=bash,openat,read: these two calls of bash.
 * Or per process, all calls: write on, children (those it has from then on too)
 * or off to /proc/PID/strace.
 */

#include "lib/types.h"

struct trap_frame;

struct syscall_name {
	const char *name;
	const char *args; /* letters, see list.def */
};

const struct syscall_name *syscall_name_of(long nr); /* NULL: there is none */
long syscall_nr_of(const char *name);                /* -1 */

struct syscall_trace {
	char text[400];
	size_t len;
};

void syscall_trace_init(void);
/* Is this call of the current task to be logged? */
bool syscall_trace_wanted(long nr);
void syscall_trace_enter(struct syscall_trace *t, long nr,
			 const struct trap_frame *f);
void syscall_trace_leave(struct syscall_trace *t, long result);
