/* SPDX-License-Identifier: MIT */
#include <linux/fcntl.h>

#include "proc/pid.h"
#include "proc/pidfd.h"
#include "syscall/define.h"

/*
 * syscall/sys_pidfd.c - processes as files.
 */

/* The process of that number; -ENOENT if it is only a thread's. */
static int
find_process(pid_t pid, struct process **out)
{
	unsigned long irq = proc_tree_enter();
	struct pid *id = pid_find(pid);
	int err = 0;

	if (id && id->process) {
		process_get(id->process);
		*out = id->process;
	} else {
		err = id && id->task ? -ENOENT : -ESRCH;
	}
	proc_tree_leave(irq);
	return err;
}

/* pidfd_open(2): -EINVAL, -EMFILE, -ENOENT, -ENOMEM, -ESRCH. */
SYSCALL2(pidfd_open, pid_t, pid, unsigned, flags)
{
	struct process *p;
	struct file *f;
	int err;

	if (pid <= 0 || (flags & ~(unsigned)O_NONBLOCK))
		return -EINVAL;
	err = find_process(pid, &p);
	if (err)
		return err;
	err = pidfd_create(p, flags, &f);
	process_put(p);
	return err ? err : install_file(f, true);
}

/* The file of a pidfd, with a reference; NULL = -EBADF. */
static struct file *
get_pidfd(int fd)
{
	struct file *f = fd_get(current_task()->files, fd);

	if (f && !pidfd_process(f)) {
		file_put(f);
		f = NULL;
	}
	return f;
}

/* What a program says of its own making, or what kill(2) would say. */
static int
get_info(struct siginfo *info, const struct siginfo USER *u, int signo,
	 const struct process *to)
{
	struct task *t = current_task();

	if (!u) {
		*info = (struct siginfo){ .si_signo = signo,
					  .si_code = SI_USER };
		info->si_pid = t->process->pid;
		info->si_uid = t->cred->user.real;
		return 0;
	}
	if (get_user(*info, u))
		return -EFAULT;
	if (info->si_signo != signo)
		return -EINVAL;
	if (to != t->process &&
	    (info->si_code >= 0 || info->si_code == SI_TKILL))
		return -EPERM;
	return 0;
}

/* The process a descriptor stands for, with a reference. */
static int
get_process(int fd, struct process **out)
{
	struct file *f = fd_get(current_task()->files, fd);
	int err;

	if (!f)
		return -EBADF;
	err = pidfd_or_proc_dir(f, out);
	file_put(f);
	return err;
}

/* pidfd_send_signal(2): -EBADF, -EFAULT, -EINVAL, -EPERM, -ESRCH. */
SYSCALL4(pidfd_send_signal, int, fd, int, signo, const struct siginfo USER *, u,
	 unsigned, flags)
{
	struct process *p;
	struct siginfo info;
	int err;

	if (flags)
		return -EINVAL;
	err = get_process(fd, &p);
	if (err)
		return err;
	err = get_info(&info, u, signo, p);
	if (!err)
		err = signal_kill_process(p, signo, &info);
	process_put(p);
	return err;
}

/* pidfd_getfd(2): -EBADF, -EINVAL, -EMFILE, -EPERM, -ESRCH. */
SYSCALL3(pidfd_getfd, int, pidfd, int, fd, unsigned, flags)
{
	struct file *f, *theirs;
	int err;

	if (flags)
		return -EINVAL;
	f = get_pidfd(pidfd);
	if (!f)
		return -EBADF;
	err = pidfd_getfd(pidfd_process(f), fd, &theirs);
	file_put(f);
	return err ? err : install_file(theirs, true);
}
