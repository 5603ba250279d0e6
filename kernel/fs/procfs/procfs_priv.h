/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/procfs/procfs_priv.h - what the files of procfs share.
 *
 *	procfs.c        type, superblock, mount options
 *	proc_tree.c     names registered at boot; sysfs is made of them too
 *	proc_dirs.c     /proc itself, /proc/PID, task/: made on lookup
 *	proc_numbers.c  directories of numbers: PIDs, threads, descriptors
 *	proc_links.c    symbolic links
 *	proc_text.c     files whose text is made when they are read
 *	sysctl.c        /proc/sys
 *	system_*.c      files about the whole machine
 */

#include "fs/procfs/procfs.h"

enum proc_kind {
	PROC_PID,        /* /proc/PID and /proc/PID/task/TID */
	PROC_TASK_DIR,   /* /proc/PID/task */
	PROC_FD_DIR,     /* /proc/PID/fd */
	PROC_FDINFO_DIR, /* /proc/PID/fdinfo */
	PROC_NS_DIR,     /* /proc/PID/ns */
	PROC_FILE,       /* a text file */
	PROC_LINK,       /* exe, cwd, root */
	PROC_FD,         /* fd/N, fdinfo/N */
	PROC_NS,         /* ns/NAME */
	PROC_SELF,       /* self, thread-self */
	PROC_TEXT_LINK,  /* a link with fixed text */
};

/* inode->data of everything below /proc; freed with the inode. */
struct proc_node {
	enum proc_kind kind;          /* [I] */
	pid_t pid;                    /* [I] process or task; 0 = none */
	uint64_t identity;            /* [I] which one of that number */
	bool task;                    /* [I] in task/: that thread alone */
	int fd;                       /* [I] PROC_FD; PROC_NS: which */
	unsigned index;               /* [I] given when it was registered */
	const struct proc_file *file; /* [I] PROC_FILE */
	const struct proc_link *link; /* [I] PROC_LINK */
	const char *text;             /* [I] PROC_TEXT_LINK */
};

extern const struct procfs_source *procfs_source; /* [I] after boot */
extern const struct file_ops proc_text_ops;       /* proc_text.c */
extern const struct file_ops proc_data_ops;
extern const struct inode_ops proc_node_ops;    /* files, plain links */
extern const struct inode_ops proc_setting_ops; /* files of /proc/sys */
extern const struct inode_ops proc_root_ops;
extern const struct file_ops proc_root_file_ops;

#define PROC_DT_DIR 4
#define PROC_DT_REG 8
#define PROC_DT_LNK 10

/* An inode with a node of this kind to fill in. NULL = no memory. */
struct inode *
proc_inode(struct superblock *sb, mode_t mode, const struct inode_ops *ops,
	   const struct file_ops *fops, const struct proc_node *node);
static inline struct proc_node *
proc_node_of(const struct inode *i)
{
	return i->data;
}

/* What show and store are given. */
static inline pid_t
proc_node_number(const struct proc_node *n)
{
	return n->pid ? n->pid : (pid_t)n->index;
}

/* Does the number still mean whom it meant?  True for nodes of nobody. */
bool proc_node_alive(const struct proc_node *n);
/* May the caller know of pid (man 5 proc, hidepid=)?  level: 1 look, 2 see. */
bool proc_may_know(pid_t pid, unsigned level);

/* proc_dirs.c */
int proc_node_getattr(struct inode *i);
void proc_node_evict(struct inode *i);
/* Make the inode of a looked-up name. */
int proc_fill_dentry(struct dentry *d, mode_t mode, const struct inode_ops *ops,
		     const struct file_ops *fops, const struct proc_node *node);
bool proc_dir_revalidate(struct dentry *d);
/* "." and ".." of directories that are not in the cache's order. */
bool proc_add_dots(struct file *f, struct dir_sink *s);

/*
 * proc_numbers.c: entries numbered from f->pos on, as next() gives them (-1 =
 * no more).  Numbers follow at PROC_NUMBER_BASE + number, so that what comes
 * and goes moves nothing.
 */
#define PROC_NUMBER_BASE (1LL << 32)
int proc_iterate_numbers(struct file *f, struct dir_sink *s, pid_t pid,
			 int (*next)(pid_t pid, int from), unsigned type);
int proc_parse_number(const char *s); /* decimal, or -1 */
extern const struct inode_ops proc_fd_dir_ops, proc_fdinfo_dir_ops;
extern const struct file_ops proc_numbered_dir_ops;

/* proc_links.c */
extern const struct inode_ops proc_magic_link_ops, proc_ns_dir_ops;
extern const struct file_ops proc_ns_dir_file_ops;
ssize_t proc_readlink(struct inode *i, char *buf, size_t size);
void proc_ns_init(void);

void proc_system_cpu_init(void);
void proc_system_memory_init(void);
void proc_system_misc_init(void);
void proc_sysctl_init(void);
