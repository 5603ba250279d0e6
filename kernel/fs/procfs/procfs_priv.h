/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/procfs/procfs_priv.h - what the files of procfs share.
 *
 *	procfs.c        type, superblock, registration of system-wide files
 *	proc_dirs.c     /proc itself, /proc/PID, task/, fd/: made on lookup
 *	proc_text.c     files whose text is made when they are read
 *	system_files.c  meminfo, cpuinfo, ...
 */

#include "fs/procfs/procfs.h"

enum proc_kind {
	PROC_PID,       /* /proc/PID and /proc/PID/task/TID */
	PROC_TASK_DIR,  /* /proc/PID/task */
	PROC_FD_DIR,    /* /proc/PID/fd */
	PROC_FILE,      /* a text file */
	PROC_LINK,      /* exe, cwd, root */
	PROC_FD,        /* fd/N */
	PROC_SELF,      /* self, thread-self */
	PROC_TEXT_LINK, /* a link with fixed text */
};

/* inode->data of everything below /proc; freed with the inode. */
struct proc_node {
	enum proc_kind kind;          /* [I] */
	pid_t pid;                    /* [I] process or task; 0 = none */
	int fd;                       /* [I] PROC_FD */
	const struct proc_file *file; /* [I] PROC_FILE */
	const struct proc_link *link; /* [I] PROC_LINK */
	const char *text;             /* [I] PROC_TEXT_LINK */
	bool thread;                  /* [I] PROC_SELF: thread-self */
};

extern const struct procfs_source *procfs_source; /* [I] after boot */
extern const struct file_ops proc_text_ops;       /* proc_text.c */
extern const struct inode_ops proc_node_ops;      /* files: proc_dirs.c */
extern const struct inode_ops proc_root_ops;
extern const struct file_ops proc_root_file_ops;

/* An inode with a node of this kind to fill in. NULL = no memory. */
struct inode *
proc_inode(struct superblock *sb, mode_t mode, const struct inode_ops *ops,
	   const struct file_ops *fops, const struct proc_node *node);
static inline struct proc_node *
proc_node_of(const struct inode *i)
{
	return i->data;
}

void proc_system_files_init(void);
