/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/procfs/procfs.h - /proc: text made when it is read.
 *
 * System-wide files register themselves by name.  Processes are known to the
 * layer above, which gives a table of functions at boot; /proc/PID and what
 * is below it are made from those on each lookup.
 *
 * Context: show functions may sleep; no locks are held.
 * Source:  man 5 proc.
 */

#include "fs/file.h"
#include "lib/fmt.h"

/* Text that grows as it is printed; -ENOMEM is remembered. */
struct proc_text {
	char *buf;
	size_t len, size;
	bool failed;
};
void proc_printf(struct proc_text *t, const char *fmt, ...) PRINTF(2, 3);
void proc_write(struct proc_text *t, const void *bytes, size_t n);

/* A system-wide file or one of a process. */
struct proc_file {
	const char *name;
	mode_t mode;
	/* pid 0 for system-wide files. 0 or -errno (-ESRCH: process gone). */
	int (*show)(pid_t pid, struct proc_text *t);
	/* May be NULL. */
	ssize_t (*store)(pid_t pid, const char *text, size_t n);
};
/* path below /proc, e.g. "meminfo", "sys/kernel/hostname". */
void procfs_register(const char *path, const struct proc_file *f);
/* symbolic link below /proc with fixed text, e.g. "mounts" -> "self/mounts" */
void procfs_register_link(const char *path, const char *target);

struct proc_link {
	const char *name;
	int (*target)(pid_t pid, struct path *out); /* with references */
};

struct procfs_source {
	pid_t (*next)(pid_t after); /* smallest PID > after, 0 = no more */
	bool (*exists)(pid_t pid);
	int (*owner)(pid_t pid, uid_t *uid, gid_t *gid);
	/* May the caller look at its files, memory, links (man 2 ptrace)? */
	bool (*may_look)(pid_t pid);
	pid_t (*self)(void); /* caller's PID as seen in /proc/self */
	pid_t (*thread_self)(void);
	const struct proc_file *files; /* ends with name NULL */
	const struct proc_link *links; /* exe, cwd, root; ends with NULL */
	/* threads of a process, for task/: like next */
	pid_t (*next_thread)(pid_t pid, pid_t after);
	/* descriptors, for fd/: the next one >= fd in use, -1 = no more */
	int (*next_fd)(pid_t pid, int fd);
	/* the open file, with a reference, or NULL */
	struct file *(*fd_file)(pid_t pid, int fd);
};
void procfs_set_source(const struct procfs_source *s);
void procfs_init(void); /* registers the type and the system-wide files */
