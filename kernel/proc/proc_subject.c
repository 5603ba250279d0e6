/* SPDX-License-Identifier: MIT */
#include <linux/capability.h>

#include "proc/pid.h"
#include "proc/proc_files_priv.h"

/*
 * proc/proc_subject.c - whom a number in /proc means, and who may look.
 *
 * A number may be a process (/proc/PID) or a task (/proc/PID/task/TID).  A
 * zombie has a process but no task.
 */

int
proc_subject_get(pid_t nr, struct proc_subject *s)
{
	unsigned long irq = proc_tree_enter();
	struct pid *id = pid_find(nr);

	*s = (struct proc_subject){ 0 };
	if (id && (id->process || id->task)) {
		s->task = id->task;
		s->process = id->process ? id->process : id->task->process;
		/* A dead leader of living tasks: any of them speaks for it. */
		if (!s->task && !list_empty(&s->process->tasks))
			s->task = list_first(&s->process->tasks, struct task,
					     process_link);
		process_get(s->process);
		if (s->task) {
			task_get(s->task);
			s->cred = s->task->cred;
			cred_get(s->cred);
		}
		if (!s->cred && s->process->last_cred) {
			s->cred = s->process->last_cred;
			cred_get(s->cred);
		}
		if (s->task && s->task->space) {
			s->space = s->task->space;
			vm_space_get(s->space);
		}
	}
	proc_tree_leave(irq);
	return s->process ? 0 : -ESRCH;
}

void
proc_subject_put(struct proc_subject *s)
{
	if (s->space)
		vm_space_put(s->space);
	if (s->cred)
		cred_put(s->cred);
	if (s->task)
		task_put(s->task);
	process_put(s->process);
}

/* man 2 ptrace, "Ptrace access mode checking", PTRACE_MODE_READ_FSCREDS. */
bool
proc_subject_may_look(const struct proc_subject *s)
{
	if (s->process == current_process() ||
	    cred_capable(current_task()->cred, CAP_SYS_PTRACE))
		return true;
	return s->cred && ptrace_may_see(s->cred, PTRACE_LOOK_FS) &&
	       atomic_load(&s->process->dumpable);
}

void
proc_subject_name(const struct proc_subject *s, char name[16])
{
	if (s->task)
		strlcpy(name, s->task->thread.name, 16);
	else
		process_name(s->process, name);
}

struct fd_table *
proc_subject_files(const struct proc_subject *s)
{
	return s->task ? task_files_hold(s->task) : NULL;
}

int
proc_subject_paths(pid_t nr, struct path *root, struct path *cwd)
{
	struct fs_context *fs = NULL;
	struct proc_subject s;
	unsigned long irq;
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	irq = proc_tree_enter();
	if (s.task && s.task->fs) {
		fs = s.task->fs;
		fs_context_get(fs);
	}
	proc_tree_leave(irq);
	if (fs) {
		fs_context_paths(fs, root, cwd);
		fs_context_put(fs);
	}
	proc_subject_put(&s);
	return fs ? 0 : -ENOENT;
}

int
proc_subject_root(pid_t nr, struct path *out)
{
	return proc_subject_paths(nr, out, NULL);
}
