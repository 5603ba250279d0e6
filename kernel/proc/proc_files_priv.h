/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/proc_files_priv.h - shared by the files that make /proc/PID.
 *
 *	proc_files.c       the table of files; what procfs asks of processes
 *	proc_subject.c     whom a number means, and who may look
 *	proc_text_files.c  cmdline, environ, auxv, comm, limits, mounts
 *	proc_status.c      stat, statm, status
 *	proc_maps.c        maps, smaps, smaps_rollup, pagemap
 *	proc_mem.c         mem
 *	proc_marks.c       what can be set: oom_score_adj, loginuid, strace ...
 *	proc_running.c     sched, io, wchan, stack, children
 *	proc_fdinfo.c      fdinfo/N
 *	proc_settings.c    /proc/sys of this layer, version
 */

#include "fs/procfs/procfs.h"
#include "proc/process_priv.h"

/* Who a /proc directory is about; each pointer is a reference or NULL. */
struct proc_subject {
	struct process *process; /* never NULL */
	struct task *task;       /* NULL: a zombie */
	struct vm_space *space;  /* NULL: a zombie, or on its way out */
	const struct cred *cred; /* its own, or what the zombie had; or NULL */
};

NODISCARD int proc_subject_get(pid_t nr, struct proc_subject *s);
void proc_subject_put(struct proc_subject *s);
/* May the caller look at its memory, files and links? */
bool proc_subject_may_look(const struct proc_subject *s);
/* Its descriptor table to look at (fd_table_drop()), or NULL. */
struct fd_table *proc_subject_files(const struct proc_subject *s);
void proc_subject_name(const struct proc_subject *s, char name[16]);
NODISCARD int proc_subject_root(pid_t nr, struct path *out);
/* Either may be NULL; with references. -ESRCH, -ENOENT: it has none more. */
NODISCARD int proc_subject_paths(pid_t nr, struct path *root, struct path *cwd);

/* ns in the unit of times(2), 1/100 s. */
#define PROC_TICK_NS 10000000ULL

typedef int proc_show_fn(pid_t nr, struct proc_text *t);
typedef ssize_t proc_store_fn(pid_t nr, const char *text, size_t n);

proc_show_fn proc_show_cmdline, proc_show_environ, proc_show_auxv,
	proc_show_comm, proc_show_limits, proc_show_mounts, proc_show_mountinfo,
	proc_show_mountstats;
proc_store_fn proc_store_comm;
proc_show_fn proc_show_stat, proc_show_statm, proc_show_status;
proc_show_fn proc_show_maps, proc_show_smaps, proc_show_smaps_rollup;
ssize_t proc_read_pagemap(pid_t nr, char *buf, size_t n, uint64_t pos);
ssize_t proc_read_mem(pid_t nr, char *buf, size_t n, uint64_t pos);
ssize_t proc_write_mem(pid_t nr, const char *buf, size_t n, uint64_t pos);
proc_show_fn proc_show_oom_score, proc_show_oom_score_adj, proc_show_oom_adj,
	proc_show_loginuid, proc_show_sessionid, proc_show_coredump_filter,
	proc_show_strace, proc_show_id_map, proc_show_setgroups,
	proc_show_cgroup, proc_show_personality, proc_show_timer_slack;
proc_store_fn proc_store_timer_slack, proc_store_oom_score_adj,
	proc_store_oom_adj, proc_store_loginuid, proc_store_coredump_filter,
	proc_store_strace;
proc_show_fn proc_show_sched, proc_show_io, proc_show_wchan, proc_show_stack,
	proc_show_children;
int proc_show_fd_info(pid_t nr, int fd, struct proc_text *t);
void proc_settings_init(void);
