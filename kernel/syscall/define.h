/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * syscall/define.h - how a system call is written.
 *
 *	SYSCALL3(read, int, fd, void USER *, buf, size_t, count)
 *	{
 *		...
 *	}
 *
 * The generated entry casts each register to its declared type once, because
 * Linux leaves the upper half of a 32-bit argument undefined; the body then
 * sees ordinary typed C.  Bodies decode: fetch the descriptor, copy in, check,
 * call one function of a subsystem, copy out.  No policy.
 *
 * Every call has a line in list.def.
 */

#include "arch/trap.h"
#include "arch/usercopy.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "proc/process.h"

#define SYSCALL_BODY(name, params, casts)                     \
	static long sys_##name params;                        \
	long sysent_##name(const struct trap_frame *f);       \
	long sysent_##name(UNUSED const struct trap_frame *f) \
	{                                                     \
		return sys_##name casts;                      \
	}                                                     \
	static long sys_##name params

#define SYSARG(T, n) ((T)trap_syscall_arg(f, n))

#define SYSCALL0(name)         SYSCALL_BODY(name, (void), ())
#define SYSCALL1(name, T0, a0) SYSCALL_BODY(name, (T0 a0), (SYSARG(T0, 0)))
#define SYSCALL2(name, T0, a0, T1, a1) \
	SYSCALL_BODY(name, (T0 a0, T1 a1), (SYSARG(T0, 0), SYSARG(T1, 1)))
#define SYSCALL3(name, T0, a0, T1, a1, T2, a2)    \
	SYSCALL_BODY(name, (T0 a0, T1 a1, T2 a2), \
		     (SYSARG(T0, 0), SYSARG(T1, 1), SYSARG(T2, 2)))
#define SYSCALL4(name, T0, a0, T1, a1, T2, a2, T3, a3) \
	SYSCALL_BODY(                                  \
		name, (T0 a0, T1 a1, T2 a2, T3 a3),    \
		(SYSARG(T0, 0), SYSARG(T1, 1), SYSARG(T2, 2), SYSARG(T3, 3)))
#define SYSCALL5(name, T0, a0, T1, a1, T2, a2, T3, a3, T4, a4)     \
	SYSCALL_BODY(name, (T0 a0, T1 a1, T2 a2, T3 a3, T4 a4),    \
		     (SYSARG(T0, 0), SYSARG(T1, 1), SYSARG(T2, 2), \
		      SYSARG(T3, 3), SYSARG(T4, 4)))
#define SYSCALL6(name, T0, a0, T1, a1, T2, a2, T3, a3, T4, a4, T5, a5) \
	SYSCALL_BODY(name, (T0 a0, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5), \
		     (SYSARG(T0, 0), SYSARG(T1, 1), SYSARG(T2, 2),     \
		      SYSARG(T3, 3), SYSARG(T4, 4), SYSARG(T5, 5)))

/* A path name argument, in kernel memory.  Short ones need no allocation. */
struct user_path {
	char *text;
	char small[192];
};

/* 0, -EFAULT, -ENAMETOOLONG, -ENOMEM; on 0 user_path_put() must follow. */
NODISCARD int user_path_get(struct user_path *p, const char USER *from);
void user_path_put(struct user_path *p);

/*
 * The walk of an *at() call: base is where relative names start.  0 or -EBADF.
 * base must live as long as w; at_walk_put() when done.
 */
struct at_walk {
	struct walk walk;
	struct path base;
	struct file *file;
};
NODISCARD int at_walk_get(struct at_walk *w, int dirfd);
void at_walk_put(struct at_walk *w);

/* The lowest free descriptor for f, whose reference goes with it. */
long install_file(struct file *f, bool cloexec);

/*
 * A struct that grows with time, of which the caller knows size bytes and we
 * know `known`: what it lacks is zero; -E2BIG if it says what we do not know.
 */
NODISCARD int
get_user_struct(void *to, size_t known, const void USER *from, size_t size);

/* RLIMIT_NOFILE of the caller, as an int. */
int fd_limit(void);

/*
 * May the file become so large?  -EFBIG, and the signal sent: over RLIMIT_FSIZE
 */
struct inode;
NODISCARD int file_size_limit(const struct inode *i, uint64_t size);

/*
 * Check the lengths of a vector as Linux does: each fits ssize_t; clamp the sum
 * to what one call moves.  The sum, or -EINVAL.
 */
struct uio_segment;
NODISCARD ssize_t user_segments_check(struct uio_segment *seg, size_t n);

/* Times: -EINVAL if not normalised or negative, -EFAULT. */
struct __kernel_timespec;
struct __kernel_old_timeval;
NODISCARD int
get_timespec(uint64_t *ns, const struct __kernel_timespec USER *u);
NODISCARD int put_timespec(struct __kernel_timespec USER *u, uint64_t ns);
/* now + ns without wrapping; NEVER stays NEVER. */
uint64_t deadline_after(uint64_t ns);
