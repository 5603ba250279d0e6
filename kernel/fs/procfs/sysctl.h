/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/procfs/sysctl.h - /proc/sys as a table: a line a setting.
 *
 * A setting is there only if the kernel has what it is about.  What can be
 * written takes effect at once; the rest is 0444 and says what is so.
 *
 * Locking: numbers are read and written as one aligned word each; whoever
 *          owns the variable reads it so.
 * Source:  Documentation/admin-guide/sysctl/ of Linux says what each means.
 */

#include "fs/procfs/procfs.h"

enum sysctl_kind {
	SYSCTL_NUMBER, /* of fixed value min */
	SYSCTL_INT,    /* atomic_int at data, within min .. max */
	SYSCTL_ULONG,  /* atomic_ulong at data, within min .. max */
	SYSCTL_CALL,   /* get() and set() */
	SYSCTL_TEXT,   /* file.show and file.store do it all */
};

struct sysctl {
	const char *path; /* below /proc/sys */
	mode_t mode;
	enum sysctl_kind kind;
	int64_t min, max;
	void *data;
	int64_t (*get)(void);
	int (*set)(int64_t v); /* 0 or -errno; within min .. max */
	int (*show)(pid_t pid, struct proc_text *t);
	ssize_t (*store)(pid_t pid, const char *text, size_t n);
};

/* A decimal number with blanks around it, or false. */
bool sysctl_parse(const char *text, size_t n, int64_t *out);

/* For boot; the table stays.  A table ends with path NULL. */
void procfs_register_sysctl(const struct sysctl *table);
void proc_sysctl_register(struct superblock *sb, const struct sysctl *table);
