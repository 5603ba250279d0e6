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

/*
 * Text that grows as it is printed; -ENOMEM is remembered.  What a show
 * function may want to know besides a number comes with it.
 */
struct proc_text {
	char *buf;
	size_t len, size;
	bool failed;
	bool task;       /* below task/: of that thread alone */
	int fd;          /* below fdinfo/: of that descriptor */
	uint64_t cursor; /* PROC_PIECES: where to begin, and to go on */
};
void proc_printf(struct proc_text *t, const char *fmt, ...) PRINTF(2, 3);
void proc_write(struct proc_text *t, const void *bytes, size_t n);

/* Time to end a piece of a long file. */
#define PROC_PIECE 32768u
static inline bool
proc_text_full(const struct proc_text *t)
{
	return t->failed || t->len >= PROC_PIECE;
}
#define PROC_TEXT_END UINT64_MAX

enum proc_file_bits {
	/* Memory is told of: only who may look (may_look) may open it. */
	PROC_PRIVATE = 1 << 0,
	/*
	 * Made in pieces: show begins at t->cursor (0 at first), may stop once
	 * proc_text_full(), and leaves in t->cursor where to go on, or
	 * PROC_TEXT_END.
	 */
	PROC_PIECES = 1 << 1,
	/* Of processes only, not below task/. */
	PROC_LEADER_ONLY = 1 << 2,
	/* Of /proc/sys: no privilege overrides the permission bits. */
	PROC_SETTING = 1 << 3,
};

/* A system-wide file or one of a process. */
struct proc_file {
	const char *name;
	mode_t mode;
	/*
	 * 0 or -errno (-ESRCH: process gone).  For system-wide files pid is
	 * the index they were registered with, 0 by procfs_register().
	 */
	int (*show)(pid_t pid, struct proc_text *t);
	/* Bytes taken or -errno; text is NUL-terminated.  May be NULL. */
	ssize_t (*store)(pid_t pid, const char *text, size_t n);
	unsigned bits; /* enum proc_file_bits */
	/* Instead of show: bytes at an offset into kernel memory. */
	ssize_t (*read)(pid_t pid, char *buf, size_t n, uint64_t pos);
	ssize_t (*write)(pid_t pid, const char *buf, size_t n, uint64_t pos);
	/*
	 * Number of the last change, pollers of which wait at pt (NULL: just
	 * asking): POLLPRI and POLLERR tell of each new one.
	 */
	uint64_t (*event)(struct poll_table *pt);
};
/* path below /proc, e.g. "meminfo", "sys/kernel/hostname". */
void procfs_register(const char *path, const struct proc_file *f);
/* symbolic link below /proc with fixed text, e.g. "mounts" -> "self/mounts" */
void procfs_register_link(const char *path, const char *target);
/* The same below another root, sysfs's, with an index in place of a PID. */
struct superblock;
void proc_tree_register(struct superblock *sb, const char *path,
			const struct proc_file *f, unsigned index);
void proc_tree_register_link(struct superblock *sb, const char *path,
			     const char *target);
/* A file system of such names only, root included; NULL = no memory. */
struct filesystem_type;
struct superblock *
proc_tree_create(const struct filesystem_type *type, uint64_t magic);
void proc_tree_register_dir(struct superblock *sb, const char *path);

struct proc_link {
	const char *name;
	int (*target)(pid_t pid, struct path *out); /* with references */
};

struct procfs_source {
	pid_t (*next)(pid_t after); /* smallest PID > after, 0 = no more */
	pid_t (*newest)(void);      /* the number given out last */
	uint64_t (*forks)(void);    /* tasks made since the start */
	/* Which of all that ever had the number has it now; 0 = nobody. */
	uint64_t (*identity)(pid_t pid);
	/*
	 * Whose its files are: root's if it may not be looked into, unless
	 * plain asks for its credentials as they are.
	 */
	int (*owner)(pid_t pid, bool plain, uid_t *uid, gid_t *gid);
	/* May the caller look at its files, memory, links (man 2 ptrace)? */
	bool (*may_look)(pid_t pid);
	bool (*is_own)(pid_t pid); /* the caller's process or a thread of it */
	pid_t (*self)(void);       /* caller's PID as seen in /proc/self */
	pid_t (*thread_self)(void);
	const struct proc_file *files; /* ends with name NULL */
	const struct proc_link *links; /* exe, cwd, root; ends with NULL */
	/* text of fdinfo/N; -ENOENT: no such descriptor */
	int (*fd_info)(pid_t pid, int fd, struct proc_text *t);
	/* threads of a process, for task/: like next */
	pid_t (*next_thread)(pid_t pid, pid_t after);
	bool (*is_thread)(pid_t pid, pid_t tid);
	/* descriptors, for fd/: the next one >= fd in use, -1 = no more */
	int (*next_fd)(pid_t pid, int fd);
	/* the open file, with a reference, or NULL */
	struct file *(*fd_file)(pid_t pid, int fd);
};
/*
 * Which process an open /proc/PID is about: its number, and in *identity which
 * of all that ever had it.  0: f is no such directory (those below task/ are
 * not, nor is what was opened with O_PATH).
 */
pid_t procfs_pid_of(const struct file *f, uint64_t *identity);
void procfs_set_source(const struct procfs_source *s);
void procfs_init(void); /* registers the type and the system-wide files */
