/* SPDX-License-Identifier: MIT */
#include <asm/prctl.h>
#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/futex.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/time_types.h>
#include <linux/wait.h>

#include "core/wallclock.h"
#include "proc/cred.h"
#include "proc/futex.h"
#include "proc/jobctl.h"
#include "syscall/define.h"

/*
 * syscall/sys_process.c - making, replacing, ending and waiting for processes.
 */

/* --- clone --- */

static long
do_clone(uint64_t flags, int exit_signal, vaddr_t stack,
	 int32_t USER *parent_tid, int32_t USER *child_tid, uint64_t tls)
{
	struct clone_args_kernel a = {
		.flags = flags,
		.exit_signal = exit_signal,
		.stack = stack,
		.parent_tid = parent_tid,
		.child_tid = child_tid,
		.tls = tls,
	};

	if ((flags & CLONE_SETTLS) && tls >= USER_TOP)
		return -EPERM;
	return process_clone(&a);
}

/* clone(2): -EAGAIN, -EINVAL (also name spaces and pidfds: none), -ENOMEM. */
SYSCALL5(clone, uint64_t, flags, vaddr_t, stack, int32_t USER *, parent_tid,
	 int32_t USER *, child_tid, uint64_t, tls)
{
	flags &= UINT32_MAX; /* as Linux: the upper half is ignored */
	return do_clone(flags & ~(uint64_t)CSIGNAL, (int)(flags & CSIGNAL),
			stack, parent_tid, child_tid, tls);
}

SYSCALL0(fork)
{
	return do_clone(0, SIGCHLD, 0, NULL, NULL, 0);
}

SYSCALL0(vfork)
{
	return do_clone(CLONE_VFORK | CLONE_VM, SIGCHLD, 0, NULL, NULL, 0);
}

/* Bytes of a newer, larger struct that we do not know must be zero. */
static int
check_tail_zero(const char USER *from, size_t n)
{
	char buf[64];

	while (n) {
		size_t part = MIN(n, sizeof(buf));

		if (copy_from_user(buf, from, part))
			return -EFAULT;
		for (size_t i = 0; i < part; i++)
			if (buf[i])
				return -E2BIG;
		from += part;
		n -= part;
	}
	return 0;
}

static int
get_clone_args(struct clone_args *a, const struct clone_args USER *u,
	       size_t size)
{
	int err;

	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < CLONE_ARGS_SIZE_VER0)
		return -EINVAL;
	if (size > sizeof(*a)) {
		err = check_tail_zero((const char USER *)u + sizeof(*a),
				      size - sizeof(*a));
		if (err)
			return err;
	}
	memset(a, 0, sizeof(*a));
	return copy_from_user(a, u, MIN(size, sizeof(*a)));
}

/* clone3(2): as clone(2); -E2BIG, -EFAULT; set_tid is -EINVAL. */
SYSCALL2(clone3, const struct clone_args USER *, u, size_t, size)
{
	struct clone_args a;
	int err = get_clone_args(&a, u, size);

	if (err)
		return err;
	if ((a.flags & (CLONE_DETACHED | CSIGNAL)) || a.exit_signal > SIGNALS ||
	    !a.stack != !a.stack_size || a.set_tid || a.set_tid_size ||
	    a.stack + a.stack_size < a.stack)
		return -EINVAL;
	if ((a.flags & (CLONE_THREAD | CLONE_PARENT)) && a.exit_signal)
		return -EINVAL;
	return do_clone(a.flags, (int)a.exit_signal, a.stack + a.stack_size,
			(int32_t USER *)a.parent_tid,
			(int32_t USER *)a.child_tid, a.tls);
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
	default:
		return -EINVAL;
	}
}

/* waitid(2): -ECHILD, -EFAULT, -EINTR, -EINVAL (also P_PIDFD). */
SYSCALL5(waitid, int, which, pid_t, id, struct siginfo USER *, info, int,
	 options, struct rusage USER *, usage)
{
	struct wait_args a;
	long result = decode_waitid(&a, which, id, options);

	if (result)
		return result;
	result = process_wait(&a);
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

SYSCALL1(set_tid_address, int32_t USER *, tid)
{
	struct task *t = current_task();

	t->clear_child_tid = tid;
	return t->tid;
}

/* --- prctl --- */

static long
set_name(const char USER *from)
{
	struct thread *t = current_thread();
	char name[sizeof(t->name)];
	ssize_t n = copy_string_from_user(name, from, sizeof(name));

	if (n == -EFAULT)
		return -EFAULT;
	name[sizeof(name) - 1] = '\0'; /* longer ones are cut */
	strlcpy(t->name, name, sizeof(t->name));
	return 0;
}

static long
get_name(char USER *to)
{
	char name[16] = "";

	strlcpy(name, current_thread()->name, sizeof(name));
	return copy_to_user(to, name, sizeof(name));
}

static long
get_int(int value, uintptr_t to)
{
	return put_user(value, (int32_t USER *)to);
}

static void
set_subreaper(struct process *p, bool on)
{
	unsigned long irq = proc_tree_enter();

	p->child_subreaper = on;
	proc_tree_leave(irq);
}

/* prctl(2): -EINVAL for what is not there, -EFAULT, -EPERM. */
SYSCALL5(prctl, int, op, uintptr_t, a, uintptr_t, b, uintptr_t, c, uintptr_t, d)
{
	struct task *t = current_task();
	struct process *p = t->process;

	switch (op) {
	case PR_SET_NAME:
		return set_name((const char USER *)a);
	case PR_GET_NAME:
		return get_name((char USER *)a);
	case PR_SET_PDEATHSIG:
		if (a > SIGNALS)
			return -EINVAL;
		t->pdeath_signal = (int)a;
		return 0;
	case PR_GET_PDEATHSIG:
		return get_int(t->pdeath_signal, a);
	case PR_GET_DUMPABLE:
		return atomic_load(&p->dumpable);
	case PR_SET_DUMPABLE:
		if (a > 1)
			return -EINVAL;
		atomic_store(&p->dumpable, a == 1);
		return 0;
	case PR_SET_NO_NEW_PRIVS:
		if (a != 1 || b || c || d)
			return -EINVAL;
		atomic_store(&p->no_new_privs, true);
		return 0;
	case PR_GET_NO_NEW_PRIVS:
		return a || b || c || d ? -EINVAL
					: atomic_load(&p->no_new_privs);
	case PR_SET_CHILD_SUBREAPER:
		set_subreaper(p, a != 0);
		return 0;
	case PR_GET_CHILD_SUBREAPER:
		return get_int(p->child_subreaper, a);
	case PR_CAPBSET_READ:
		if (a > CAP_LAST_CAP)
			return -EINVAL;
		return (long)(t->cred->cap_bounding >> a & 1);
	case PR_CAPBSET_DROP:
		return cred_drop_bounding((unsigned)MIN(a, UINT32_MAX));
	case PR_GET_KEEPCAPS:
		return t->keep_caps;
	case PR_SET_KEEPCAPS:
		if (a > 1)
			return -EINVAL;
		t->keep_caps = a;
		return 0;
	default:
		return -EINVAL;
	}
}

/* arch_prctl(2): -EFAULT, -EINVAL, -EPERM (beyond user space). */
SYSCALL2(arch_prctl, int, op, uintptr_t, addr)
{
	uint64_t base;

	switch (op) {
	case ARCH_SET_FS:
	case ARCH_SET_GS:
		if (addr >= USER_TOP)
			return -EPERM;
		if (op == ARCH_SET_FS)
			arch_set_fs_base(addr);
		else
			arch_set_gs_base(addr);
		return 0;
	case ARCH_GET_FS:
	case ARCH_GET_GS:
		base = op == ARCH_GET_FS ? arch_fs_base() : arch_gs_base();
		return put_user(base, (uint64_t USER *)addr);
	default:
		return -EINVAL;
	}
}

/* --- futex --- */

static bool
futex_has_timeout(int cmd)
{
	return cmd == FUTEX_WAIT || cmd == FUTEX_WAIT_BITSET;
}

/* When the wall clock shows ns, by the monotonic clock. */
static uint64_t
wallclock_deadline(uint64_t ns)
{
	uint64_t offset = wallclock_offset_ns();

	if (ns == NEVER)
		return NEVER;
	return ns > offset ? ns - offset : 0;
}

/* FUTEX_WAIT takes a duration, FUTEX_WAIT_BITSET a point in time. */
static int
futex_deadline(int op, const struct __kernel_timespec USER *u,
	       uint64_t *deadline)
{
	uint64_t ns;
	int err;

	*deadline = NEVER;
	if (!futex_has_timeout(op & FUTEX_CMD_MASK) || !u)
		return 0;
	err = get_timespec(&ns, u);
	if (err)
		return err;
	if ((op & FUTEX_CMD_MASK) == FUTEX_WAIT)
		*deadline = deadline_after(ns);
	else
		*deadline =
			op & FUTEX_CLOCK_REALTIME ? wallclock_deadline(ns) : ns;
	return 0;
}

/* futex(2): -EAGAIN, -EFAULT, -EINTR, -EINVAL, -ENOSYS (PI), -ETIMEDOUT. */
SYSCALL6(futex, uint32_t USER *, word, int, op, uint32_t, val,
	 const struct __kernel_timespec USER *, timeout, uint32_t USER *, word2,
	 uint32_t, val3)
{
	unsigned count2 = (unsigned)(uintptr_t)timeout;
	bool private = op & FUTEX_PRIVATE_FLAG;
	uint64_t deadline;
	int err = futex_deadline(op, timeout, &deadline);

	if (err)
		return err;
	if ((op & FUTEX_CLOCK_REALTIME) &&
	    !futex_has_timeout(op & FUTEX_CMD_MASK))
		return -ENOSYS;
	switch (op & FUTEX_CMD_MASK) {
	case FUTEX_WAIT:
		val3 = FUTEX_BITSET_MATCH_ANY;
		__attribute__((fallthrough));
	case FUTEX_WAIT_BITSET:
		return futex_wait(word, val, val3, deadline, private);
	case FUTEX_WAKE:
		val3 = FUTEX_BITSET_MATCH_ANY;
		__attribute__((fallthrough));
	case FUTEX_WAKE_BITSET:
		return futex_wake(word, val, val3, private);
	case FUTEX_REQUEUE:
	case FUTEX_CMP_REQUEUE:
		if ((int)val < 0 || (int)count2 < 0)
			return -EINVAL;
		if ((op & FUTEX_CMD_MASK) == FUTEX_REQUEUE)
			return futex_requeue(word, word2, val, count2, NULL,
					     private);
		return futex_requeue(word, word2, val, count2, &val3, private);
	case FUTEX_WAKE_OP:
		return futex_wake_op(word, word2, val, count2, val3, private);
	default:
		return -ENOSYS;
	}
}

SYSCALL2(set_robust_list, struct robust_list_head USER *, head, size_t, size)
{
	if (size != sizeof(struct robust_list_head))
		return -EINVAL;
	current_task()->robust_list = head;
	return 0;
}

/* get_robust_list(2): -EFAULT, -EPERM, -ESRCH. */
SYSCALL3(get_robust_list, pid_t, pid, uintptr_t USER *, head, size_t USER *,
	 size)
{
	size_t n = sizeof(struct robust_list_head);
	struct task *t = current_task();
	uintptr_t list;
	int err = 0;

	t = task_find(pid ? pid : t->tid);
	if (!t)
		return -ESRCH;
	if (!signal_may_send(current_task(), t->process, 0))
		err = -EPERM;
	list = (uintptr_t)t->robust_list;
	task_put(t);
	if (!err && (put_user(n, size) || put_user(list, head)))
		err = -EFAULT;
	return err;
}
