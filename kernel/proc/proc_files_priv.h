/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/proc_files_priv.h - shared by the files that make /proc/PID.
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
void proc_subject_name(const struct proc_subject *s, char name[16]);
NODISCARD int proc_subject_root(pid_t nr, struct path *out);

int proc_show_stat(pid_t nr, struct proc_text *t);
int proc_show_statm(pid_t nr, struct proc_text *t);
int proc_show_status(pid_t nr, struct proc_text *t);
int proc_show_maps(pid_t nr, struct proc_text *t);
