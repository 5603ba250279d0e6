/* SPDX-License-Identifier: MIT */
#include "fs/path.h"
#include "proc/pid.h"
#include "proc/proc_files_priv.h"

/*
 * proc/proc_files.c - what /proc shows of processes: the table of files, and
 * the functions procfs asks about processes, threads and descriptors.
 */

#define LEADER  PROC_LEADER_ONLY
#define PRIVATE PROC_PRIVATE
#define PIECES  PROC_PIECES

static const struct proc_file process_files[] = {
	{ "auxv", 0400, proc_show_auxv, NULL, PRIVATE | PIECES },
	{ "cgroup", 0444, proc_show_cgroup, NULL },
	{ "children", 0444, proc_show_children, NULL, PIECES },
	{ "cmdline", 0444, proc_show_cmdline, NULL, PIECES },
	{ "comm", 0644, proc_show_comm, proc_store_comm },
	{ "coredump_filter", 0644, proc_show_coredump_filter,
	  proc_store_coredump_filter, LEADER },
	{ "environ", 0400, proc_show_environ, NULL, PRIVATE | PIECES },
	{ "gid_map", 0444, proc_show_id_map, NULL },
	{ "io", 0400, proc_show_io, NULL, PRIVATE },
	{ "limits", 0444, proc_show_limits, NULL },
	{ "loginuid", 0644, proc_show_loginuid, proc_store_loginuid },
	{ "maps", 0444, proc_show_maps, NULL, PRIVATE | PIECES },
	{ "mem", 0600, .bits = PRIVATE, .read = proc_read_mem,
	  .write = proc_write_mem },
	{ "mountinfo", 0444, proc_show_mountinfo, NULL, .event = mount_event },
	{ "mounts", 0444, proc_show_mounts, NULL, .event = mount_event },
	{ "mountstats", 0400, proc_show_mountstats, NULL, LEADER },
	{ "oom_adj", 0644, proc_show_oom_adj, proc_store_oom_adj },
	{ "oom_score", 0444, proc_show_oom_score, NULL },
	{ "oom_score_adj", 0644, proc_show_oom_score_adj,
	  proc_store_oom_score_adj },
	{ "pagemap", 0400, .bits = PRIVATE, .read = proc_read_pagemap },
	{ "personality", 0400, proc_show_personality, NULL, PRIVATE },
	{ "sched", 0444, proc_show_sched, NULL },
	{ "sessionid", 0444, proc_show_sessionid, NULL },
	{ "setgroups", 0444, proc_show_setgroups, NULL },
	{ "smaps", 0444, proc_show_smaps, NULL, PRIVATE | PIECES },
	{ "smaps_rollup", 0444, proc_show_smaps_rollup, NULL, PRIVATE },
	{ "stack", 0400, proc_show_stack, NULL },
	{ "stat", 0444, proc_show_stat, NULL },
	{ "statm", 0444, proc_show_statm, NULL },
	{ "status", 0444, proc_show_status, NULL },
	{ "strace", 0600, proc_show_strace, proc_store_strace, LEADER },
	{ "timerslack_ns", 0666, proc_show_timer_slack,
	  proc_store_timer_slack },
	{ "uid_map", 0444, proc_show_id_map, NULL },
	{ "wchan", 0444, proc_show_wchan, NULL },
	{ .name = NULL },
};

/* --- links --- */

static int
link_exe(pid_t nr, struct path *out)
{
	struct proc_subject s;
	unsigned long irq;
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	irq = proc_tree_enter();
	*out = s.process->exe;
	/* The process holds these while we hold the lock. */
	if (out->dentry && s.space)
		path_get(out);
	else
		err = -ENOENT;
	proc_tree_leave(irq);
	proc_subject_put(&s);
	return err;
}

static int
link_cwd(pid_t nr, struct path *out)
{
	return proc_subject_paths(nr, NULL, out);
}

static const struct proc_link process_links[] = {
	{ "exe", link_exe },
	{ "cwd", link_cwd },
	{ "root", proc_subject_root },
	{ NULL, NULL },
};

/* --- the rest of the table --- */

static uint64_t
source_identity(pid_t nr)
{
	unsigned long irq = proc_tree_enter();
	struct pid *id = pid_find(nr);
	uint64_t serial = id && (id->process || id->task) ? id->serial : 0;

	proc_tree_leave(irq);
	return serial;
}

static bool
source_is_thread(pid_t nr, pid_t tid)
{
	unsigned long irq = proc_tree_enter();
	struct pid *process = pid_find(nr), *task = pid_find(tid);
	bool yes = process && task && process->process && task->task &&
		   task->task->process == process->process;

	proc_tree_leave(irq);
	return yes;
}

static bool
source_is_own(pid_t nr)
{
	return nr == current_process()->pid ||
	       source_is_thread(current_process()->pid, nr);
}

static int
source_owner(pid_t nr, bool plain, uid_t *uid, gid_t *gid)
{
	struct proc_subject s;
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	*uid = 0;
	*gid = 0;
	if (s.cred && (plain || atomic_load(&s.process->dumpable))) {
		*uid = s.cred->user.effective;
		*gid = s.cred->group.effective;
	}
	proc_subject_put(&s);
	return 0;
}

static bool
source_may_look(pid_t nr)
{
	struct proc_subject s;
	bool may;

	if (proc_subject_get(nr, &s))
		return true; /* gone: that is said instead */
	may = proc_subject_may_look(&s);
	proc_subject_put(&s);
	return may;
}

static pid_t
source_self(void)
{
	return current_process()->pid;
}

static pid_t
source_thread_self(void)
{
	return current_task()->tid;
}

static pid_t
source_next_thread(pid_t nr, pid_t after)
{
	struct proc_subject s;
	pid_t next;

	if (proc_subject_get(nr, &s))
		return 0;
	next = task_next(s.process, after);
	proc_subject_put(&s);
	return next;
}

/* The descriptor table of pid nr to look at, or NULL. */
static struct fd_table *
subject_files(pid_t nr)
{
	struct fd_table *files;
	struct proc_subject s;

	if (proc_subject_get(nr, &s))
		return NULL;
	files = proc_subject_files(&s);
	proc_subject_put(&s);
	return files;
}

static int
source_next_fd(pid_t nr, int fd)
{
	struct fd_table *files = subject_files(nr);
	int next = -1;

	if (files) {
		next = fd_next(files, fd);
		fd_table_drop(files);
	}
	return next;
}

static struct file *
source_fd_file(pid_t nr, int fd)
{
	struct fd_table *files = subject_files(nr);
	struct file *f = NULL;

	if (files) {
		f = fd_get(files, fd);
		fd_table_drop(files);
	}
	return f;
}

static const struct procfs_source source = {
	.next = process_next,
	.newest = pid_newest,
	.forks = pid_count,
	.identity = source_identity,
	.is_own = source_is_own,
	.is_thread = source_is_thread,
	.fd_info = proc_show_fd_info,
	.owner = source_owner,
	.may_look = source_may_look,
	.self = source_self,
	.thread_self = source_thread_self,
	.files = process_files,
	.links = process_links,
	.next_thread = source_next_thread,
	.next_fd = source_next_fd,
	.fd_file = source_fd_file,
};

void
procfs_process_init(void)
{
	procfs_set_source(&source);
	proc_settings_init();
}
