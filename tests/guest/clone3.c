/* SPDX-License-Identifier: MIT */
/*
 * clone3.c - clone(2) and clone3(2): what may be shared, and what is refused.
 */
#include "guest.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* <linux/sched.h> and musl's <sched.h> do not go together. */
int unshare(int flags);

static long
clone3(const struct clone_args *a, size_t size)
{
	return syscall(SYS_clone3, a, size);
}

/* A child like fork()'s, with these flags; it exits with 0. */
static long
forked(uint64_t flags)
{
	struct clone_args a = { .flags = flags, .exit_signal = SIGCHLD };
	long pid = clone3(&a, sizeof(a));

	if (!pid)
		_exit(0);
	return pid;
}

/*
 * A child in our memory, on a stack of its own: calls fn(arg) and exits with
 * what it returns.
 */
static long
on_stack(struct clone_args *a, int (*fn)(void *arg), void *arg)
{
	register int (*entry)(void *arg) __asm__("r12") = fn;
	register void *value __asm__("r13") = arg;
	char *stack = anon(16 * PAGE);
	long result;

	a->stack = (uintptr_t)stack;
	a->stack_size = 16 * PAGE;
	__asm__ volatile("syscall\n\t"
			 "testq %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xorl %%ebp, %%ebp\n\t"
			 "movq %%r13, %%rdi\n\t"
			 "call *%%r12\n\t"
			 "movl %%eax, %%edi\n\t"
			 "movl $60, %%eax\n\t"
			 "syscall\n"
			 "1:"
			 : "=a"(result)
			 : "a"(SYS_clone3), "D"(a), "S"(sizeof(*a)), "r"(entry),
			   "r"(value)
			 : "rcx", "r11", "memory");
	if (result < 0) {
		errno = (int)-result;
		return -1;
	}
	return result;
}

CASE(clone3_forks)
{
	long pid = OK(forked(0));

	EXITS((pid_t)pid, 0);
}

CASE(clone3_sizes)
{
	struct {
		struct clone_args a;
		char more[PAGE];
	} big = { .a.exit_signal = SIGCHLD };
	char *hole = before_hole();
	long pid;

	FAILS(clone3(&big.a, CLONE_ARGS_SIZE_VER0 - 1), EINVAL);
	FAILS(clone3(&big.a, 0), EINVAL);
	FAILS(clone3(&big.a, PAGE + 1), E2BIG);
	FAILS(clone3((void *)hole, sizeof(big.a)), EFAULT);
	FAILS(clone3((void *)(hole - 64), sizeof(big.a)), EFAULT);
	big.more[100] = 1;
	FAILS(clone3(&big.a, sizeof(big.a) + 200), E2BIG);
	big.more[100] = 0;
	pid = OK(clone3(&big.a, sizeof(big.a) + 200));
	if (!pid)
		_exit(0);
	EXITS((pid_t)pid, 0);
	pid = OK(clone3(&big.a, CLONE_ARGS_SIZE_VER0));
	if (!pid)
		_exit(0);
	EXITS((pid_t)pid, 0);
}

CASE(clone3_refuses_flags)
{
	static const uint64_t bad[] = {
		CLONE_DETACHED,
		0x40,
		1ull << 34,
		1ull << 63,
		CLONE_THREAD,
		CLONE_THREAD | CLONE_VM,
		CLONE_SIGHAND,
		CLONE_VM | CLONE_SIGHAND | CLONE_CLEAR_SIGHAND,
		CLONE_THREAD | CLONE_SIGHAND,
		CLONE_NEWNS | CLONE_FS,
	};

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct clone_args a = { .flags = bad[i] };

		FAILS(clone3(&a, sizeof(a)), EINVAL);
	}
}

CASE(clone3_exit_signals)
{
	struct clone_args a = { .exit_signal = 65 };

	FAILS(clone3(&a, sizeof(a)), EINVAL);
	a.exit_signal = 1ull << 32 | SIGCHLD;
	FAILS(clone3(&a, sizeof(a)), EINVAL);
	a = (struct clone_args){ .flags = CLONE_PARENT,
				 .exit_signal = SIGCHLD };
	FAILS(clone3(&a, sizeof(a)), EINVAL);
	a.flags = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;
	FAILS(clone3(&a, sizeof(a)), EINVAL);
}

CASE(clone3_stacks)
{
	struct clone_args a = { .exit_signal = SIGCHLD, .stack = 4096 };

	FAILS(clone3(&a, sizeof(a)), EINVAL);
	a.stack = 0;
	a.stack_size = 4096;
	FAILS(clone3(&a, sizeof(a)), EINVAL);
	a.stack = -4096ull;
	FAILS(clone3(&a, sizeof(a)), EINVAL);
	a.stack = 4096;
	a.stack_size = 1ull << 48;
	FAILS(clone3(&a, sizeof(a)), EINVAL);
}

CASE(clone3_bad_tls)
{
	struct clone_args a = { .exit_signal = SIGCHLD,
				.flags = CLONE_SETTLS,
				.tls = 1ull << 63 };

	FAILS(clone3(&a, sizeof(a)), EPERM);
}

CASE(clone3_cgroups)
{
	struct clone_args a = { .exit_signal = SIGCHLD,
				.flags = CLONE_INTO_CGROUP,
				.cgroup = 1 << 20 };
	int fd = (int)OK(open(".", O_RDONLY));

	FAILS(clone3(&a, sizeof(a)), EBADF);
	a.cgroup = (unsigned)fd;
	FAILS(clone3(&a, sizeof(a)), EBADF);
	a.cgroup = 1ull << 32;
	FAILS(clone3(&a, sizeof(a)), EINVAL);
	a.cgroup = 0;
	FAILS(clone3(&a, CLONE_ARGS_SIZE_VER1), EINVAL);
}

CASE(clone3_chosen_number)
{
	pid_t tids[40] = { 31234 }, pid;
	struct clone_args a = { .exit_signal = SIGCHLD,
				.set_tid = (uintptr_t)tids };

	FAILS(clone3(&a, sizeof(a)), EINVAL);
	a.set_tid_size = 33;
	FAILS(clone3(&a, sizeof(a)), EINVAL);
	a.set_tid = 0;
	a.set_tid_size = 1;
	FAILS(clone3(&a, sizeof(a)), EINVAL);
	a.set_tid = (uintptr_t)before_hole();
	FAILS(clone3(&a, sizeof(a)), EFAULT);
	a.set_tid = (uintptr_t)tids;
	tids[0] = 0;
	FAILS(clone3(&a, sizeof(a)), EINVAL);
	tids[0] = 1 << 30;
	FAILS(clone3(&a, sizeof(a)), EINVAL);
	tids[0] = getpid();
	need_root();
	FAILS(clone3(&a, sizeof(a)), EEXIST);
	tids[0] = 31234;
	pid = (pid_t)OK(clone3(&a, sizeof(a)));
	if (!pid)
		_exit(getpid() == 31234 ? 0 : 1);
	CHECK_EQ(pid, 31234);
	EXITS(pid, 0);
	become_nobody();
	FAILS(clone3(&a, sizeof(a)), EPERM);
}

static int shared_value;

static int
set_value(void *arg)
{
	shared_value = *(int *)arg;
	return 7;
}

CASE(clone3_shares_memory)
{
	struct clone_args a = { .flags = CLONE_VM, .exit_signal = SIGCHLD };
	int seven = 77;
	long pid = OK(on_stack(&a, set_value, &seven));

	EXITS((pid_t)pid, 7);
	CHECK_EQ(shared_value, 77);
}

CASE(clone3_vfork_waits)
{
	struct clone_args a = { .flags = CLONE_VM | CLONE_VFORK,
				.exit_signal = SIGCHLD };
	int seven = 78;
	long pid = OK(on_stack(&a, set_value, &seven));

	CHECK_EQ(shared_value, 78);
	EXITS((pid_t)pid, 7);
}

static int
close_three(void *arg)
{
	close(*(int *)arg);
	return chdir("/");
}

CASE(clone3_shares_files_and_directory)
{
	struct clone_args a = { .flags = CLONE_VM | CLONE_FILES | CLONE_FS,
				.exit_signal = SIGCHLD };
	int fd = (int)OK(dup(0));
	char name[100];
	long pid = OK(on_stack(&a, close_three, &fd));

	EXITS((pid_t)pid, 0);
	FAILS(fcntl(fd, F_GETFD), EBADF);
	CHECK(getcwd(name, sizeof(name)) && !strcmp(name, "/"));

	fd = (int)OK(dup(0));
	a.flags = CLONE_VM;
	pid = OK(on_stack(&a, close_three, &fd));
	EXITS((pid_t)pid, 0);
	OK(fcntl(fd, F_GETFD));
}

static void
nothing(int signo)
{
	(void)signo;
}

static int
ignore_usr1(void *arg)
{
	(void)arg;
	return signal(SIGUSR1, SIG_IGN) == SIG_ERR;
}

CASE(clone3_shares_handlers)
{
	struct clone_args a = { .flags = CLONE_VM | CLONE_SIGHAND,
				.exit_signal = SIGCHLD };
	struct sigaction now;
	long pid;

	signal(SIGUSR1, nothing);
	pid = OK(on_stack(&a, ignore_usr1, NULL));
	EXITS((pid_t)pid, 0);
	OK(sigaction(SIGUSR1, NULL, &now));
	CHECK(now.sa_handler == SIG_IGN);
}

CASE(clone3_clears_handlers)
{
	struct clone_args a = { .flags = CLONE_CLEAR_SIGHAND,
				.exit_signal = SIGCHLD };
	struct sigaction now;
	long pid;

	signal(SIGUSR1, nothing);
	signal(SIGUSR2, SIG_IGN);
	pid = OK(clone3(&a, sizeof(a)));
	if (!pid) {
		OK(sigaction(SIGUSR1, NULL, &now));
		CHECK(now.sa_handler == SIG_DFL);
		OK(sigaction(SIGUSR2, NULL, &now));
		CHECK(now.sa_handler == SIG_IGN);
		_exit(0);
	}
	EXITS((pid_t)pid, 0);
}

CASE(clone3_sibling)
{
	struct clone_args a = { .flags = CLONE_PARENT };
	int fds[2];
	pid_t pid, sibling = 0;

	OK(pipe(fds));
	pid = CHILD({
		pid_t parent = getppid();
		long s = OK(clone3(&a, sizeof(a)));

		if (!s)
			_exit(getppid() == parent ? 5 : 6);
		CHECK_EQ(write(fds[1], &s, sizeof(pid_t)), sizeof(pid_t));
		FAILS(waitpid((pid_t)s, NULL, 0), ECHILD);
	});
	CHECK_EQ(read(fds[0], &sibling, sizeof(sibling)), sizeof(sibling));
	EXITS(pid, 0);
	EXITS(sibling, 5);
}

CASE(clone3_other_exit_signal)
{
	struct clone_args a = { .exit_signal = SIGUSR2 };
	sigset_t set;
	siginfo_t info;
	long pid;
	int status;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	OK(sigprocmask(SIG_BLOCK, &set, NULL));
	pid = OK(clone3(&a, sizeof(a)));
	if (!pid)
		_exit(0);
	CHECK_EQ(sigwaitinfo(&set, &info), SIGUSR2);
	CHECK_EQ(info.si_pid, pid);
	FAILS(waitpid((pid_t)pid, &status, 0), ECHILD);
	CHECK_EQ(waitpid((pid_t)pid, &status, __WALL), pid);
}

CASE(clone3_writes_numbers)
{
	int *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct clone_args a = { .flags = CLONE_PARENT_SETTID |
					 CLONE_CHILD_SETTID,
				.parent_tid = (uintptr_t)p,
				.child_tid = (uintptr_t)(p + 1),
				.exit_signal = SIGCHLD };
	long pid = OK(clone3(&a, sizeof(a)));

	if (!pid)
		_exit(p[1] == getpid() ? 0 : 1);
	CHECK_EQ(p[0], pid);
	EXITS((pid_t)pid, 0);
	/* A place that is not there costs the child its number, no more. */
	a.parent_tid = a.child_tid = (uintptr_t)before_hole();
	pid = OK(clone3(&a, sizeof(a)));
	if (!pid)
		_exit(0);
	EXITS((pid_t)pid, 0);
}

/* CLONE_CHILD_CLEARTID: written while others see it, and only then. */
CASE(clone_clears_its_number)
{
	volatile int *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct clone_args a = { .flags = CLONE_VM | CLONE_CHILD_CLEARTID,
				.child_tid = (uintptr_t)p,
				.exit_signal = SIGCHLD };
	int value = 1;
	long pid;

	*p = 99;
	pid = OK(on_stack(&a, set_value, &value));
	EXITS((pid_t)pid, 7);
	CHECK_EQ(*p, 0);
	*p = 99;
	a = (struct clone_args){ .flags = CLONE_CHILD_CLEARTID,
				 .child_tid = (uintptr_t)p,
				 .exit_signal = SIGCHLD };
	pid = OK(clone3(&a, sizeof(a)));
	if (!pid)
		_exit(0);
	EXITS((pid_t)pid, 0);
	CHECK_EQ(*p, 99);
}

CASE(clone_accepts_what_has_no_effect)
{
	EXITS((pid_t)OK(forked(CLONE_SYSVSEM)), 0);
	EXITS((pid_t)OK(forked(CLONE_UNTRACED)), 0);
	EXITS((pid_t)OK(forked(CLONE_PTRACE)), 0);
	EXITS((pid_t)OK(forked(CLONE_IO)), 0);
}

CASE(clone_of_a_limited_user)
{
	need_root();
	become_nobody();
	EXITS((pid_t)OK(forked(0)), 0);
}
