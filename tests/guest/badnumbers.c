/* SPDX-License-Identifier: MIT */
/*
 * badnumbers.c - system call numbers that are none, and arguments that are.
 */
#include "guest.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* The raw call: the number's upper half counts, too. */
static long
raw(unsigned long nr, long a, long b, long c)
{
	long r;

	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "a"(nr), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return r;
}

CASE(numbers_out_of_range)
{
	static const unsigned long numbers[] = {
		500,        1000,       4096,       65535,      0x3fffffff,
		0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
	};

	for (size_t i = 0; i < COUNT(numbers); i++)
		CHECK_EQ(raw(numbers[i], 0, 0, 0), -ENOSYS);
	/* Linux looks at 32 bits of the number: either answer is sound. */
	for (unsigned shift = 32; shift < 64; shift++) {
		long r = raw(1ul << shift | SYS_getpid, 0, 0, 0);

		CHECK(r == -ENOSYS || r == getpid());
	}
}

CASE(x32_numbers)
{
	for (unsigned long nr = 0; nr < 600; nr++) {
		if (nr == SYS_exit || nr == SYS_exit_group)
			continue;
		CHECK_EQ(raw(0x40000000 | nr, 0, 0, 0), -ENOSYS);
	}
}

CASE(registers_survive_a_call)
{
	unsigned long bad;

	__asm__ volatile("mov $0x1111, %%rbx\n mov $0x2222, %%rdx\n"
			 "mov $0x3333, %%rsi\n mov $0x4444, %%rdi\n"
			 "mov $0x5555, %%r8\n mov $0x6666, %%r9\n"
			 "mov $0x7777, %%r10\n mov $0x8888, %%r12\n"
			 "mov $0x9999, %%r13\n mov $0xaaaa, %%r14\n"
			 "mov $0xbbbb, %%r15\n mov $39, %%eax\n"
			 "syscall\n"
			 "xor $0x1111, %%rbx\n xor $0x2222, %%rdx\n"
			 "xor $0x3333, %%rsi\n xor $0x4444, %%rdi\n"
			 "xor $0x5555, %%r8\n xor $0x6666, %%r9\n"
			 "xor $0x7777, %%r10\n xor $0x8888, %%r12\n"
			 "xor $0x9999, %%r13\n xor $0xaaaa, %%r14\n"
			 "xor $0xbbbb, %%r15\n"
			 "mov %%rbx, %%rax\n or %%rdx, %%rax\n"
			 "or %%rsi, %%rax\n or %%rdi, %%rax\n"
			 "or %%r8, %%rax\n or %%r9, %%rax\n"
			 "or %%r10, %%rax\n or %%r12, %%rax\n"
			 "or %%r13, %%rax\n or %%r14, %%rax\n"
			 "or %%r15, %%rax\n"
			 : "=a"(bad)
			 :
			 : "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10",
			   "r11", "r12", "r13", "r14", "r15", "memory");
	CHECK_EQ(bad, 0);
}

CASE(rcx_and_r11_tell_what_is_known)
{
	unsigned long rcx, r11, there;

	__asm__ volatile("mov $39, %%eax\n"
			 "syscall\n"
			 "1: mov %%rcx, %0\n"
			 "mov %%r11, %1\n"
			 "lea 1b(%%rip), %2\n"
			 : "=&r"(rcx), "=&r"(r11), "=&r"(there)
			 :
			 : "rax", "rcx", "r11", "memory");
	CHECK_EQ(rcx, there); /* the return address and the flags: no secret */
	CHECK_EQ(r11 & 0x202, 0x202);
}

/* Calls that end, stop or outlive the process by design, or read the bell. */
static bool
left_out(long nr)
{
	static const long list[] = {
		SYS_exit,          SYS_exit_group, SYS_fork,  SYS_vfork,
		SYS_clone,         SYS_clone3,     SYS_pause, SYS_rt_sigreturn,
		SYS_reboot,        SYS_kill,       SYS_tkill, SYS_tgkill,
		SYS_rt_sigsuspend, SYS_ptrace,     335, /* uretprobe */
	};

	for (size_t i = 0; i < COUNT(list); i++) {
		if (nr == list[i])
			return true;
	}
	return false;
}

static void
wake(int number)
{
	(void)number;
}

/* Descriptors for the odd values: 0 closed, 1 and 2 a pipe, 3 a file. */
static void
odd_descriptors(void)
{
	int fds[2];

	for (int fd = 0; fd < 100; fd++)
		close(fd);
	OK(pipe(fds));
	OK(dup2(fds[1], 2));
	OK(dup2(fds[0], 1));
	OK(dup2(open("f", O_CREAT | O_RDWR, 0666), 3));
	close(0);
}

/*
 * Every call with arguments of odd values, as nobody.  The answers are not
 * looked at: the machine has to live.  A call that would sleep for ever is
 * interrupted by the bell, which is set anew each time, for some of the calls
 * switch it off.
 */
static void
shake(unsigned seed)
{
	static const struct itimerval bell = { .it_value = { 0, 10000 },
					       .it_interval = { 0, 10000 } };
	static const long odd[] = {
		0,   1,    -1,    2,          3,
		100, 4096, 65536, 0x7fffffff, (long)0x8000000000000000
	};
	struct sigaction action = { .sa_handler = wake };

	for (long nr = 0; nr < 460; nr++) {
		if (left_out(nr))
			continue;
		for (int round = 0; round < 4; round++) {
			long a[6];

			for (int i = 0; i < 6; i++)
				a[i] = odd[(size_t)rand_r(&seed) % COUNT(odd)];
			sigaction(SIGALRM, &action, NULL);
			setitimer(ITIMER_REAL, &bell, NULL);
			syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
		}
	}
}

CASE(random_arguments)
{
	struct rlimit limit = { 64, 64 };

	guest_limit(120);
	for (unsigned seed = 1; seed <= 10; seed++) {
		int status;
		pid_t pid = CHILD({
			setpgid(0, 0);
			setrlimit(RLIMIT_NPROC, &limit);
			odd_descriptors();
			if (!geteuid())
				become_nobody();
			shake(seed * 7919);
		});

		CHECK_EQ(waitpid(pid, &status, 0), pid);
		kill(-pid, SIGKILL);
	}
}
