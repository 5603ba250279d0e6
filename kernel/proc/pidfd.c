/* SPDX-License-Identifier: MIT */
#include "proc/pidfd.h"

#include <linux/fcntl.h>

#include "fs/anon_file.h"
#include "fs/procfs/procfs.h"
#include "proc/pid.h"
#include "proc/proc_files_priv.h"

/*
 * proc/pidfd.c - files that name processes.
 */

static unsigned
pidfd_poll(struct file *f, struct poll_table *pt)
{
	struct process *p = f->data;
	enum process_state state;

	poll_add(pt, &p->pidfd_wait);
	/* Written before the queue is woken. */
	state = __atomic_load_n(&p->state, __ATOMIC_ACQUIRE);
	if (state == PROCESS_ALIVE)
		return 0;
	return POLLIN | POLLRDNORM | (state == PROCESS_REAPED ? POLLHUP : 0);
}

static void
pidfd_info(struct file *f, struct proc_text *t)
{
	struct process *p = f->data;
	unsigned long irq = proc_tree_enter();
	pid_t pid = p->id ? p->pid : -1;

	proc_tree_leave(irq);
	proc_printf(t, "Pid:\t%d\nNSpid:\t%d\n", pid, pid);
}

static void
pidfd_release(struct file *f)
{
	process_put(f->data);
}

static const struct file_ops pidfd_ops = {
	.anon_name = "anon_inode:[pidfd]",
	.release = pidfd_release,
	.seek = anon_file_seek,
	.poll = pidfd_poll,
	.info = pidfd_info,
};

int
pidfd_create(struct process *p, unsigned flags, struct file **out)
{
	*out = anon_file_create(&pidfd_ops, p, O_RDWR | flags);
	if (!*out)
		return -ENFILE;
	process_get(p);
	return 0;
}

struct process *
pidfd_process(const struct file *f)
{
	return f->ops == &pidfd_ops ? f->data : NULL;
}

int
pidfd_or_proc_dir(const struct file *f, struct process **out)
{
	struct process *p = pidfd_process(f);
	uint64_t identity;
	unsigned long irq;
	struct pid *id;
	pid_t nr;

	if (p) {
		process_get(p);
		*out = p;
		return 0;
	}
	nr = procfs_pid_of(f, &identity);
	if (!nr)
		return -EBADF;
	irq = proc_tree_enter();
	id = pid_find(nr);
	if (id && id->serial == identity)
		p = id->process ? id->process
		    : id->task  ? id->task->process
				: NULL;
	if (p)
		process_get(p);
	proc_tree_leave(irq);
	*out = p;
	return p ? 0 : -ESRCH;
}

int
pidfd_getfd(struct process *p, int fd, struct file **out)
{
	struct fd_table *files;
	struct proc_subject s;
	int err = 0;

	if (proc_subject_get(p->pid, &s))
		return -ESRCH;
	files = s.process == p ? proc_subject_files(&s) : NULL;
	if (!files) {
		err = -ESRCH;
	} else if (!proc_subject_may_look(&s)) {
		err = -EPERM;
	} else {
		*out = fd_get(files, fd);
		err = *out ? 0 : -EBADF;
	}
	if (files)
		fd_table_drop(files);
	proc_subject_put(&s);
	return err;
}
