/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/pid.h - numbers that name tasks, processes, groups and sessions.
 *
 * One number can name all four at once (the shell that leads its session
 * does).  A struct pid lives while any of them does, so a number is reused
 * only when nothing is called by it any more.
 *
 * Locking: proc_tree_lock for everything here.
 * Units:   1 .. PID_MAX - 1.
 */

#include <sys/tree.h>

#include "lib/list.h"
#include "lib/types.h"

#define PID_MAX 4194304

struct process;
struct task;

struct pid {
	RB_ENTRY(pid) node;       /* [T] by number */
	pid_t nr;                 /* [I] */
	uint64_t serial;          /* [I] no other struct pid ever has it */
	struct task *task;        /* [T] */
	struct process *process;  /* [T] until reaped */
	unsigned held;            /* [T] by a dead task that was traced */
	struct list_node group;   /* [T] of process.group_link */
	struct list_node session; /* [T] of process.session_link */
};

/* A fresh number, named nothing yet; NULL = no memory or no number left. */
struct pid *pid_alloc(void);
/* The same with this very number, which is free. */
struct pid *pid_alloc_number(pid_t nr);
struct pid *pid_find(pid_t nr);
/* The first number >= nr in use, or NULL. */
struct pid *pid_at_or_after(pid_t nr);
/* The number given out last, and how many have been. */
pid_t pid_newest(void);
uint64_t pid_count(void);
/* Numbers are below this (2 .. PID_MAX): kernel/pid_max. */
int64_t pid_limit(void);
int pid_set_limit(int64_t limit);
/* Free p if it names nothing any more. */
void pid_release(struct pid *p);

/* Number 0: the group and session PID 1 starts in. */
extern struct pid kernel_pid;
