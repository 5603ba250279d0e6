/* SPDX-License-Identifier: MIT */
#include <linux/fcntl.h>
#include <linux/signalfd.h>
#include <linux/time_types.h>

#include "proc/signalfd.h"
#include "syscall/define.h"

/*
 * syscall/sys_signal.c - signals.
 */

#define SIGSET_SIZE sizeof(uint64_t)

/* As Linux: others read back as 0, so that programs can ask what is known. */
#define KNOWN_SA_FLAGS                                                        \
	(SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | \
	 SA_NODEFER | SA_RESETHAND | SA_RESTORER)

/* siginfo of kill(2) and its kin: who sends. */
static struct siginfo
info_from_caller(int signo, int code)
{
	struct task *t = current_task();
	struct siginfo info = { .si_signo = signo, .si_code = code };

	info.si_pid = t->process->pid;
	info.si_uid = t->cred->user.real;
	return info;
}

/* rt_sigaction(2): -EFAULT, -EINVAL (number, KILL and STOP, set size). */
SYSCALL4(rt_sigaction, int, signo, const struct sigaction USER *, new,
	 struct sigaction USER *, old, size_t, size)
{
	struct signal_action to = { 0 }, was;
	struct sigaction sa;
	int err;

	if (size != SIGSET_SIZE)
		return -EINVAL;
	if (new) {
		if (get_user(sa, new))
			return -EFAULT;
		to = (struct signal_action){
			.handler = (uintptr_t)sa.sa_handler,
			.flags = sa.sa_flags & KNOWN_SA_FLAGS,
			.restorer = (uintptr_t)sa.sa_restorer,
			.mask = sa.sa_mask &
				~(SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP)),
		};
	}
	err = signal_set_action(signo, new ? &to : NULL, &was);
	if (err || !old)
		return err;
	sa = (struct sigaction){
		.sa_handler = (__sighandler_t)was.handler,
		.sa_flags = was.flags,
		.sa_restorer = (__sigrestore_t)was.restorer,
		.sa_mask = was.mask,
	};
	return put_user(sa, old);
}

/* rt_sigprocmask(2): -EFAULT, -EINVAL. */
SYSCALL4(rt_sigprocmask, int, how, const uint64_t USER *, new, uint64_t USER *,
	 old, size_t, size)
{
	uint64_t before = current_task()->blocked, set;

	if (size != SIGSET_SIZE)
		return -EINVAL;
	if (new) {
		if (get_user(set, new))
			return -EFAULT;
		switch (how) {
		case SIG_BLOCK:
			set |= before;
			break;
		case SIG_UNBLOCK:
			set = before & ~set;
			break;
		case SIG_SETMASK:
			break;
		default:
			return -EINVAL;
		}
		signal_set_blocked(set);
	}
	return old ? put_user(before, old) : 0;
}

SYSCALL0(rt_sigreturn)
{
	return signal_return(trap_current_frame());
}

/* rt_sigpending(2): -EFAULT, -EINVAL. */
SYSCALL2(rt_sigpending, uint64_t USER *, set, size_t, size)
{
	struct task *t = current_task();
	unsigned long irq;
	uint64_t mask;

	if (size > SIGSET_SIZE)
		return -EINVAL;
	irq = spin_lock_irq(&t->process->signal_lock);
	mask = (t->pending.mask | t->process->shared_pending.mask) & t->blocked;
	spin_unlock_irq(&t->process->signal_lock, irq);
	return copy_to_user(set, &mask, size);
}

/* rt_sigtimedwait(2): -EAGAIN, -EFAULT, -EINTR, -EINVAL. */
SYSCALL4(rt_sigtimedwait, const uint64_t USER *, set, struct siginfo USER *,
	 info, const struct __kernel_timespec USER *, timeout, size_t, size)
{
	uint64_t mask, ns = NEVER;
	struct siginfo got;
	int signo, err;

	if (size != SIGSET_SIZE)
		return -EINVAL;
	if (get_user(mask, set))
		return -EFAULT;
	if (timeout) {
		err = get_timespec(&ns, timeout);
		if (err)
			return err;
	}
	signo = signal_wait(mask, &got, deadline_after(ns));
	if (signo > 0 && info && put_user(got, info))
		return -EFAULT;
	return signo;
}

/* rt_sigsuspend(2): -EFAULT, -EINTR, -EINVAL. */
SYSCALL2(rt_sigsuspend, const uint64_t USER *, set, size_t, size)
{
	uint64_t mask;

	if (size != SIGSET_SIZE)
		return -EINVAL;
	if (get_user(mask, set))
		return -EFAULT;
	signal_set_temporary_mask(mask);
	while (!signal_pending(current_task()))
		(void)thread_nap(NEVER, true);
	return -ERESTARTNOHAND;
}

/* pause(2): -EINTR. */
SYSCALL0(pause)
{
	while (!signal_pending(current_task()))
		(void)thread_nap(NEVER, true);
	return -ERESTARTNOHAND;
}

/* --- as a file --- */

static long
change_signalfd(int fd, uint64_t mask)
{
	struct file *f = fd_get(current_task()->files, fd);
	int err = -EBADF;

	if (!f)
		return err;
	if (!(f->flags & O_PATH))
		err = signalfd_set(f, mask);
	file_put(f);
	return err ? err : fd;
}

static long
do_signalfd(int fd, const uint64_t USER *set, size_t size, unsigned flags)
{
	struct file *f;
	uint64_t mask;
	int err;

	if (size != SIGSET_SIZE)
		return -EINVAL;
	if (get_user(mask, set))
		return -EFAULT;
	if (flags & ~(unsigned)(SFD_CLOEXEC | SFD_NONBLOCK))
		return -EINVAL;
	mask &= ~(SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP));
	if (fd != -1)
		return change_signalfd(fd, mask);
	err = signalfd_create(mask, flags & O_NONBLOCK, &f);
	return err ? err : install_file(f, flags & O_CLOEXEC);
}

SYSCALL3(signalfd, int, fd, const uint64_t USER *, set, size_t, size)
{
	return do_signalfd(fd, set, size, 0);
}

/* signalfd(2): -EBADF, -EFAULT, -EINVAL, -EMFILE, -ENOMEM. */
SYSCALL4(signalfd4, int, fd, const uint64_t USER *, set, size_t, size, unsigned,
	 flags)
{
	return do_signalfd(fd, set, size, flags);
}

/* --- alternate stack --- */

/* sigaltstack(2): -EFAULT, -EPERM (in use), -EINVAL, -ENOMEM. */
SYSCALL2(sigaltstack, const stack_t USER *, new, stack_t USER *, old)
{
	struct signal_stack *s = &current_task()->alt_stack;
	vaddr_t sp = trap_sp(trap_current_frame());
	stack_t to, was;
	int err;

	signal_stack_tell(s, &was, sp);
	if (new) {
		if (get_user(to, new))
			return -EFAULT;
		err = signal_stack_set(s, &to, sp);
		if (err)
			return err;
	}
	return old ? put_user(was, old) : 0;
}

/* --- sending --- */

/* kill(2): -EINVAL, -EPERM, -ESRCH. */
SYSCALL2(kill, pid_t, pid, int, signo)
{
	struct siginfo info = info_from_caller(signo, SI_USER);

	return signal_kill(pid, signo, &info);
}

static long
send_to_task(pid_t tgid, pid_t tid, int signo, const struct siginfo *info)
{
	struct task *t;
	int err = 0;

	if (tid <= 0 || signo < 0 || signo > SIGNALS)
		return -EINVAL;
	t = task_find(tid);
	if (!t)
		return -ESRCH;
	if (tgid && t->process->pid != tgid)
		err = -ESRCH;
	else if (!signal_may_send(current_task(), t->process, signo))
		err = -EPERM;
	else if (signo)
		err = signal_send_task(t, signo, info);
	task_put(t);
	return err;
}

/* tgkill(2): -EAGAIN, -EINVAL, -EPERM, -ESRCH. */
SYSCALL3(tgkill, pid_t, tgid, pid_t, tid, int, signo)
{
	struct siginfo info = info_from_caller(signo, SI_TKILL);

	return tgid <= 0 ? -EINVAL : send_to_task(tgid, tid, signo, &info);
}

SYSCALL2(tkill, pid_t, tid, int, signo)
{
	struct siginfo info = info_from_caller(signo, SI_TKILL);

	return send_to_task(0, tid, signo, &info);
}

/* A program may make up any siginfo, but not pretend to be the kernel. */
static int
get_queued_info(struct siginfo *info, const struct siginfo USER *u, int signo,
		pid_t to)
{
	if (get_user(*info, u))
		return -EFAULT;
	info->si_signo = signo;
	if ((info->si_code >= 0 || info->si_code == SI_TKILL) &&
	    to != current_process()->pid)
		return -EPERM;
	return 0;
}

/* rt_sigqueueinfo(2): -EAGAIN, -EFAULT, -EINVAL, -EPERM, -ESRCH. */
SYSCALL3(rt_sigqueueinfo, pid_t, pid, int, signo, const struct siginfo USER *,
	 u)
{
	struct siginfo info;
	int err = get_queued_info(&info, u, signo, pid);

	if (err)
		return err;
	return pid <= 0 ? -ESRCH : signal_kill(pid, signo, &info);
}

SYSCALL4(rt_tgsigqueueinfo, pid_t, tgid, pid_t, tid, int, signo,
	 const struct siginfo USER *, u)
{
	struct siginfo info;
	int err = get_queued_info(&info, u, signo, tgid);

	if (err)
		return err;
	return tgid <= 0 ? -EINVAL : send_to_task(tgid, tid, signo, &info);
}
