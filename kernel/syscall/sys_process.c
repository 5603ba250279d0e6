/* SPDX-License-Identifier: MIT */
#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/sched.h>
#include <linux/wait.h>

#include "proc/jobctl.h"
#include "proc/pid.h"
#include "proc/pidfd.h"
#include "syscall/define.h"

/*
 * syscall/sys_process.c - making, replacing, ending and waiting for processes.
 */

/* --- clone --- */

static long
do_clone(const struct clone_args_kernel *a)
{
	if ((a->flags & CLONE_SETTLS) && a->tls >= USER_TOP)
		return -EPERM;
	return process_clone(a);
}

/* clone(2): -EAGAIN, -EINVAL (also name spaces none), -ENOMEM. */
SYSCALL5(clone, uint64_t, flags, vaddr_t, stack, int32_t USER *, parent_tid,
	 int32_t USER *, child_tid, uint64_t, tls)
{
	struct clone_args_kernel a = {
		.pidfd = parent_tid,
		/* As Linux: the upper half is ignored, and so is this. */
		.flags = flags & UINT32_MAX &
			 ~(uint64_t)(CSIGNAL | CLONE_DETACHED),
		.exit_signal = (int)(flags & CSIGNAL),
		.stack = stack,
		.parent_tid = parent_tid,
		.child_tid = child_tid,
		.tls = tls,
	};

	/* One argument cannot tell two things. */
	if ((flags & CLONE_PIDFD) &&
	    (flags & (CLONE_DETACHED | CLONE_PARENT_SETTID)))
		return -EINVAL;
	return do_clone(&a);
}

SYSCALL0(fork)
{
	struct clone_args_kernel a = { .exit_signal = SIGCHLD };

	return do_clone(&a);
}

SYSCALL0(vfork)
{
	struct clone_args_kernel a = { .flags = CLONE_VFORK | CLONE_VM,
				       .exit_signal = SIGCHLD };

	return do_clone(&a);
}

static int
get_clone_args(struct clone_args *a, const struct clone_args USER *u,
	       size_t size)
{
	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < CLONE_ARGS_SIZE_VER0)
		return -EINVAL;
	return get_user_struct(a, sizeof(*a), u, size);
}

#define SET_TID_MAX 32 /* nested PID name spaces on Linux */

/*
 * The number the child is to have; there is one PID name space, so one number.
 */
static int
get_set_tid(const struct clone_args *a, pid_t *tid)
{
	const struct cred *c = current_task()->cred;

	*tid = 0;
	if (!a->set_tid != !a->set_tid_size || a->set_tid_size > SET_TID_MAX)
		return -EINVAL;
	if (!a->set_tid)
		return 0;
	if (a->set_tid_size > 1)
		return -EINVAL;
	if (get_user(*tid, (pid_t USER *)a->set_tid))
		return -EFAULT;
	if (*tid < 1 || *tid >= PID_MAX)
		return -EINVAL;
	return cred_capable(c, CAP_CHECKPOINT_RESTORE) ||
			       cred_capable(c, CAP_SYS_ADMIN)
		       ? 0
		       : -EPERM;
}

static bool
clone_stack_ok(const struct clone_args *a)
{
	if (!a->stack || !a->stack_size)
		return !a->stack && !a->stack_size;
	return a->stack_size <= USER_TOP &&
	       a->stack <= USER_TOP - a->stack_size;
}

/* What is wrong by itself, whatever else is asked for. */
static int
check_clone_args(const struct clone_args *a, size_t size)
{
	if (a->exit_signal > SIGNALS)
		return -EINVAL;
	if ((a->flags & CLONE_INTO_CGROUP) &&
	    (a->cgroup > INT32_MAX || size < CLONE_ARGS_SIZE_VER2))
		return -EINVAL;
	if (a->flags & (CLONE_DETACHED | (CSIGNAL & ~CLONE_NEWTIME)))
		return -EINVAL;
	if ((a->flags & (CLONE_THREAD | CLONE_PARENT)) && a->exit_signal)
		return -EINVAL;
	return clone_stack_ok(a) ? 0 : -EINVAL;
}

/*
 * clone3(2): as clone(2); -E2BIG, -EFAULT; set_tid: -EEXIST, -EPERM; a cgroup:
 * -EBADF, for no descriptor is one.
 */
SYSCALL2(clone3, const struct clone_args USER *, u, size_t, size)
{
	struct clone_args_kernel k = { 0 };
	struct clone_args a;
	int err = get_clone_args(&a, u, size);

	if (err)
		return err;
	err = get_set_tid(&a, &k.set_tid);
	if (!err)
		err = check_clone_args(&a, size);
	if (!err && (a.flags & CLONE_INTO_CGROUP))
		err = -EBADF;
	if (err)
		return err;
	k.flags = a.flags;
	k.exit_signal = (int)a.exit_signal;
	k.stack = a.stack + a.stack_size;
	k.parent_tid = (int32_t USER *)a.parent_tid;
	k.child_tid = (int32_t USER *)a.child_tid;
	k.pidfd = (int32_t USER *)a.pidfd;
	k.tls = a.tls;
	return do_clone(&k);
}

/* --- exec --- */

typedef const char USER *const USER *user_strings;

static long
exec_at(int dirfd, const char USER *name, user_strings argv, user_strings envp,
	unsigned flags)
{
	unsigned walk_flags = 0;
	struct user_path path;
	struct at_walk w;
	long err;

	if (flags & ~(unsigned)(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH)
		walk_flags |= WALK_EMPTY;
	if (flags & AT_SYMLINK_NOFOLLOW)
		walk_flags |= WALK_NOFOLLOW;
	err = user_path_get(&path, name);
	if (err)
		return err;
	err = at_walk_get(&w, path.text[0] == '/' ? AT_FDCWD : dirfd);
	if (!err) {
		err = process_exec(&w.walk, dirfd, path.text, walk_flags,
				   (struct exec_strings){ .user = argv },
				   (struct exec_strings){ .user = envp });
		at_walk_put(&w);
	}
	user_path_put(&path);
	return err;
}

SYSCALL3(execve, const char USER *, name, user_strings, argv, user_strings,
	 envp)
{
	return exec_at(AT_FDCWD, name, argv, envp, 0);
}

SYSCALL5(execveat, int, dirfd, const char USER *, name, user_strings, argv,
	 user_strings, envp, unsigned, flags)
{
	return exec_at(dirfd, name, argv, envp, flags);
}

/* --- exit, wait --- */

SYSCALL1(exit, int, status)
{
	task_exit(status);
}

SYSCALL1(exit_group, int, status)
{
	process_exit((status & 0xff) << 8);
}

/*
 * wait4(2): -ECHILD, -EFAULT, -EINTR, -EINVAL, -ESRCH. __WNOTHREAD waits for
 * all.
 */
SYSCALL4(wait4, pid_t, pid, int32_t USER *, status, int, options,
	 struct rusage USER *, usage)
{
	struct wait_args a = { .which = P_PID, .id = pid };
	long result;

	if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD |
			__WCLONE | __WALL))
		return -EINVAL;
	if (pid == INT32_MIN)
		return -ESRCH;
	a.options = options | WEXITED;
	if (pid == -1) {
		a.which = P_ALL;
	} else if (pid <= 0) {
		a.which = P_PGID;
		a.id = pid ? -pid : process_getpgid(0);
	}
	result = process_wait(&a);
	if (result <= 0)
		return result;
	if ((status && put_user(a.status, status)) ||
	    (usage && put_user(a.usage, usage)))
		return -EFAULT;
	return result;
}

static int
decode_waitid(struct wait_args *a, int which, pid_t id, int options)
{
	if (options & ~(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED |
			__WNOTHREAD | __WCLONE | __WALL))
		return -EINVAL;
	if (!(options & (WEXITED | WSTOPPED | WCONTINUED)))
		return -EINVAL;
	*a = (struct wait_args){ .which = which, .id = id, .options = options };
	switch (which) {
	case P_ALL:
		return 0;
	case P_PID:
		return id > 0 ? 0 : -EINVAL;
	case P_PGID:
		if (id < 0)
			return -EINVAL;
		if (!id)
			a->id = process_getpgid(0);
		return 0;
	case P_PIDFD:
		return id < 0 ? -EINVAL : 0;
	default:
		return -EINVAL;
	}
}

/*
 * P_PIDFD: the process is the file's; one that does not block does not wait.
 */
static long
wait_pidfd(struct wait_args *a)
{
	bool nonblock = false;
	struct file *f = fd_get(current_task()->files, a->id);
	long result = -EBADF;

	if (!f)
		return result;
	a->process = pidfd_process(f);
	if (a->process) {
		nonblock = (f->flags & O_NONBLOCK) && !(a->options & WNOHANG);
		if (nonblock)
			a->options |= WNOHANG;
		result = process_wait(a);
	}
	file_put(f);
	return result == 0 && nonblock ? -EAGAIN : result;
}

/* waitid(2): -EAGAIN, -EBADF, -ECHILD, -EFAULT, -EINTR, -EINVAL. */
SYSCALL5(waitid, int, which, pid_t, id, struct siginfo USER *, info, int,
	 options, struct rusage USER *, usage)
{
	struct wait_args a;
	long result = decode_waitid(&a, which, id, options);

	if (result)
		return result;
	result = which == P_PIDFD ? wait_pidfd(&a) : process_wait(&a);
	if (result < 0)
		return result;
	if (result > 0 && usage && put_user(a.usage, usage))
		return -EFAULT;
	/* Nothing to report with WNOHANG: signo and pid are zero. */
	if (info && put_user(a.info, info))
		return -EFAULT;
	return 0;
}

/* --- numbers --- */

SYSCALL0(getpid)
{
	return current_process()->pid;
}

SYSCALL0(gettid)
{
	return current_task()->tid;
}

SYSCALL0(getppid)
{
	/* Its own number, not the parent's: that may be gone any moment. */
	return atomic_load_explicit(&current_process()->parent_pid,
				    memory_order_relaxed);
}

SYSCALL0(getpgrp)
{
	return process_getpgid(0);
}

/* getpgid(2): -ESRCH. */
SYSCALL1(getpgid, pid_t, pid)
{
	return process_getpgid(pid);
}

SYSCALL1(getsid, pid_t, pid)
{
	return process_getsid(pid);
}

/* setpgid(2): -EACCES, -EINVAL, -EPERM, -ESRCH. */
SYSCALL2(setpgid, pid_t, pid, pid_t, pgid)
{
	return process_setpgid(pid, pgid);
}

/* setsid(2): -EPERM. */
SYSCALL0(setsid)
{
	return process_setsid();
}
