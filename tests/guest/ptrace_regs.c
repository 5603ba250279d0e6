/* SPDX-License-Identifier: MIT */

/*
 * ptrace_regs.c - ptrace(2), registers: all kinds, forged ones, single steps,
 * breakpoints of the program and of the processor.
 */

#include <stdio.h>

#include "tracee.h"

#define FLAG_TF 0x100ull
#define XCR0_AT 464
#define BV_AT   512

static volatile uint64_t watched[4] __attribute__((aligned(32)));
static char xstate[16384] __attribute__((aligned(64)));

static size_t
get_xstate(pid_t pid)
{
	struct iovec v = { .iov_base = xstate, .iov_len = sizeof(xstate) };

	OK(pt(PTRACE_GETREGSET, pid, NT_X86_XSTATE, (uintptr_t)&v));
	return v.iov_len;
}

/* --- general registers --- */

CASE(registers_are_those_of_the_call)
{
	pid_t pid = tracee(sleep_for_ever);
	struct user_regs_struct r = regs_of(pid);

	CHECK_EQ(r.orig_rax, SYS_kill);
	CHECK_EQ(r.rax, 0);
	CHECK_EQ(r.rdi, pid);
	CHECK_EQ(r.rsi, SIGSTOP);
	CHECK_EQ(r.cs, 0x33);
	CHECK_EQ(r.ss, 0x2b);
	CHECK_EQ(r.ds | r.es | r.fs | r.gs, 0);
	CHECK_EQ(r.rcx, r.rip);
	CHECK(r.fs_base);
	CHECK_EQ(peek_user(pid, offsetof(struct user_regs_struct, rip)), r.rip);
	CHECK_EQ(peek_user(pid, 216), 0);
	CHECK_EQ(peek_user(pid, 920), 0);
	FAILS(pt(PTRACE_PEEKUSER, pid, 928, (uintptr_t)&r), EIO);
	FAILS(pt(PTRACE_PEEKUSER, pid, 3, (uintptr_t)&r), EIO);
	FAILS(pt(PTRACE_PEEKUSER, pid, ~7ul, (uintptr_t)&r), EIO);
	FAILS(pt(PTRACE_POKEUSER, pid, 3, 0), EIO);
	FAILS(pt(PTRACE_POKEUSER, pid, 216, 0), EIO);
	FAILS(pt(PTRACE_POKEUSER, pid, 304, 0), EIO);
	FAILS(pt(PTRACE_POKEUSER, pid, 928, 0), EIO);
	kill_tracee(pid);
}

__attribute__((noreturn)) static void
exit_with(int status)
{
	_exit(status);
}

CASE(registers_are_set)
{
	pid_t pid = tracee(sleep_for_ever);
	struct user_regs_struct r = regs_of(pid);

	r.rip = (uintptr_t)exit_with;
	r.rdi = 55;
	r.rsp = ((r.rsp - 4096) & ~15ull) - 8;
	r.orig_rax = (uint64_t)-1;
	set_regs(pid, &r);
	go(PTRACE_CONT, pid, 0);
	EXITS(pid, 55);
}

CASE(regsets_have_sizes)
{
	struct user_regs_struct r;
	struct iovec v = { .iov_base = &r, .iov_len = 7 };
	pid_t pid = tracee(sleep_for_ever);

	FAILS(pt(PTRACE_GETREGSET, pid, NT_PRSTATUS, (uintptr_t)&v), EINVAL);
	v.iov_len = 16;
	OK(pt(PTRACE_GETREGSET, pid, NT_PRSTATUS, (uintptr_t)&v));
	CHECK_EQ(v.iov_len, 16);
	v.iov_len = 4096;
	OK(pt(PTRACE_GETREGSET, pid, NT_PRSTATUS, (uintptr_t)&v));
	CHECK_EQ(v.iov_len, sizeof(r));
	/* In part: r15 alone. */
	r.r15 = 0x1234567;
	v.iov_len = 8;
	OK(pt(PTRACE_SETREGSET, pid, NT_PRSTATUS, (uintptr_t)&v));
	CHECK_EQ(regs_of(pid).r15, 0x1234567);
	CHECK_EQ(regs_of(pid).rip, r.rip);
	v.iov_len = 16;
	FAILS(pt(PTRACE_SETREGSET, pid, NT_PRFPREG, (uintptr_t)&v), EINVAL);
	FAILS(pt(PTRACE_SETREGSET, pid, NT_X86_XSTATE, (uintptr_t)&v), EFAULT);
	kill_tracee(pid);
}

/* --- forged states --- */

CASE(kernel_segments_are_refused)
{
	static const uint16_t bad[] = { 0x10, 0x18, 0x40, 0x8, 0x31 };
	pid_t pid = tracee(sleep_for_ever);
	const struct user_regs_struct r = regs_of(pid);
	struct user_regs_struct q = r;

	for (size_t i = 0; i < COUNT(bad); i++) {
		q = r;
		q.cs = bad[i];
		FAILS(pt(PTRACE_SETREGS, pid, 0, (uintptr_t)&q), EIO);
		q = r;
		q.ss = bad[i];
		FAILS(pt(PTRACE_SETREGS, pid, 0, (uintptr_t)&q), EIO);
		q = r;
		q.ds = bad[i];
		FAILS(pt(PTRACE_SETREGS, pid, 0, (uintptr_t)&q), EIO);
	}
	q = r;
	q.cs = 0;
	FAILS(pt(PTRACE_SETREGS, pid, 0, (uintptr_t)&q), EIO);
	q = r;
	q.fs_base = 1ull << 60;
	FAILS(pt(PTRACE_SETREGS, pid, 0, (uintptr_t)&q), EIO);
	q = r;
	q.gs_base = 0xffffffff80000000;
	FAILS(pt(PTRACE_SETREGS, pid, 0, (uintptr_t)&q), EIO);
	FAILS(pt(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, cs),
		 0x10),
	      EIO);
	kill_tracee(pid);
}

CASE(only_harmless_flags_are_taken)
{
	pid_t pid = tracee(sleep_for_ever);
	struct user_regs_struct r = regs_of(pid), q = r;

	q.eflags = ~0ull;
	set_regs(pid, &q);
	CHECK_EQ(regs_of(pid).eflags, 0x54dd5 | 0x202);
	q.eflags = 0;
	set_regs(pid, &q);
	CHECK_EQ(regs_of(pid).eflags, 0x202);
	r.rip = (uintptr_t)exit_with;
	r.rdi = 3;
	r.rsp = ((r.rsp - 4096) & ~15ull) - 8;
	r.orig_rax = (uint64_t)-1;
	r.eflags |= 3ull << 12 | 1ull << 17; /* IOPL, VM */
	set_regs(pid, &r);
	go(PTRACE_CONT, pid, 0);
	EXITS(pid, 3);
}

/* Whatever is set: the program gets SIGSEGV, as often as it goes on so. */
static void
forged(pid_t pid, const struct user_regs_struct *r)
{
	set_regs(pid, r);
	for (int i = 0; i < 3; i++) {
		go(PTRACE_CONT, pid, 0);
		CHECK_EQ(stop_of(pid), SIGSEGV);
	}
}

CASE(impossible_addresses_are_sigsegv)
{
	static const uint64_t bad[] = {
		1ull << 60,         1ull << 47, 0xffff800000000000,
		0xffffffff80000000, ~0ull,      0x7fffffffffff,
	};

	for (size_t i = 0; i < COUNT(bad); i++) {
		pid_t pid = tracee(sleep_for_ever);
		struct user_regs_struct r = regs_of(pid);

		r.orig_rax = (uint64_t)-1;
		r.rip = bad[i];
		forged(pid, &r);
		CHECK_EQ(regs_of(pid).rip, bad[i]);
		go(PTRACE_CONT, pid, SIGSEGV);
		DIES(pid, SIGSEGV);
	}
}

CASE(sysret_with_impossible_address)
{
	pid_t pid = tracee(sleep_for_ever);
	struct user_regs_struct r;

	go(PTRACE_SYSCALL, pid, 0);
	CHECK_EQ(stop_of(pid), SIGTRAP);
	r = regs_of(pid);
	r.orig_rax = SYS_getpid;
	r.rip = r.rcx = 0x800000000000;
	set_regs(pid, &r);
	go(PTRACE_CONT, pid, 0);
	CHECK_EQ(stop_of(pid), SIGSEGV);
	kill_tracee(pid);
}

CASE(impossible_stack_is_survived)
{
	pid_t pid = tracee(sleep_for_ever);
	struct user_regs_struct r = regs_of(pid);
	int stop;

	r.rsp = 1ull << 62;
	r.orig_rax = (uint64_t)-1;
	set_regs(pid, &r);
	go(PTRACE_CONT, pid, 0);
	stop = stop_of(pid);
	CHECK(stop == SIGSEGV || stop == SIGBUS);
	kill_tracee(pid);
}

CASE(segments_that_do_not_exist_are_sigsegv)
{
	pid_t pid = tracee(sleep_for_ever);
	struct user_regs_struct r = regs_of(pid);

	r.orig_rax = (uint64_t)-1;
	r.cs = 0xfff3;
	forged(pid, &r);
	CHECK_EQ(regs_of(pid).cs, 0xfff3);
	kill_tracee(pid);
}

/* --- extended registers --- */

static void
hold_xmm(void)
{
	static volatile uint64_t out[2];

	__asm__ volatile("movq %1, %%xmm3\n\t"
			 "mov $39, %%eax\n\t"
			 "syscall\n\t"
			 "movq %%xmm3, %0"
			 : "=m"(out[0])
			 : "r"(0x1111222233334444ull)
			 : "rax", "rcx", "r11", "xmm3", "memory");
	_exit(out[0] == 0x5555666677778888 ? 0 : 1);
}

CASE(vector_registers_are_read_and_written)
{
	pid_t pid = tracee(hold_xmm);
	struct user_fpregs_struct f;
	uint64_t v = 0x5555666677778888;

	go(PTRACE_SYSCALL, pid, 0);
	CHECK_EQ(stop_of(pid), SIGTRAP);
	OK(pt(PTRACE_GETFPREGS, pid, 0, (uintptr_t)&f));
	CHECK_EQ(*(uint64_t *)((char *)&f + 160 + 48), 0x1111222233334444);
	memcpy((char *)&f + 160 + 48, &v, 8);
	OK(pt(PTRACE_SETFPREGS, pid, 0, (uintptr_t)&f));
	go(PTRACE_CONT, pid, 0);
	EXITS(pid, 0);
}

CASE(bad_mxcsr_is_refused)
{
	pid_t pid = tracee(sleep_for_ever);
	struct user_fpregs_struct f;

	OK(pt(PTRACE_GETFPREGS, pid, 0, (uintptr_t)&f));
	CHECK_EQ(f.mxcsr, 0x1f80);
	CHECK_EQ(f.cwd, 0x37f);
	f.mxcsr = ~0u;
	FAILS(pt(PTRACE_SETFPREGS, pid, 0, (uintptr_t)&f), EINVAL);
	OK(pt(PTRACE_GETFPREGS, pid, 0, (uintptr_t)&f));
	CHECK_EQ(f.mxcsr, 0x1f80);
	kill_tracee(pid);
}

CASE(bad_extended_states_are_refused)
{
	pid_t pid = tracee(sleep_for_ever);
	struct iovec v = { .iov_base = xstate };
	size_t size = get_xstate(pid);
	uint64_t *bv = (uint64_t *)(xstate + BV_AT);

	CHECK(size >= 576);
	CHECK(*(uint64_t *)(xstate + XCR0_AT) & 3);
	v.iov_len = size;
	OK(pt(PTRACE_SETREGSET, pid, NT_X86_XSTATE, (uintptr_t)&v));
	v.iov_len = size - 8;
	FAILS(pt(PTRACE_SETREGSET, pid, NT_X86_XSTATE, (uintptr_t)&v), EFAULT);
	v.iov_len = size;
	*(uint32_t *)(xstate + 24) = ~0u;
	FAILS(pt(PTRACE_SETREGSET, pid, NT_X86_XSTATE, (uintptr_t)&v), EINVAL);
	*(uint32_t *)(xstate + 24) = 0x1f80;
	bv[0] |= 1ull << 62;
	FAILS(pt(PTRACE_SETREGSET, pid, NT_X86_XSTATE, (uintptr_t)&v), EINVAL);
	bv[0] &= ~(1ull << 62);
	bv[1] = 1ull << 63;
	FAILS(pt(PTRACE_SETREGSET, pid, NT_X86_XSTATE, (uintptr_t)&v), EINVAL);
	bv[1] = 0;
	bv[7] = 1;
	FAILS(pt(PTRACE_SETREGSET, pid, NT_X86_XSTATE, (uintptr_t)&v), EINVAL);
	kill_tracee(pid);
}

/* --- stepping --- */

static void
eight_steps(void)
{
	__asm__ volatile("mov $39, %%eax\n\t"
			 "syscall\n\t"
			 "nop\n\t"
			 "nop\n\t"
			 "mov $60, %%eax\n\t"
			 "xor %%edi, %%edi\n\t"
			 "syscall"
			 :
			 :
			 : "rax", "rcx", "rdi", "r11", "memory");
}

/* Each step is one instruction, a system call included. */
CASE(steps_are_single)
{
	static const int sizes[] = { 5, 2, 1, 1, 5, 2 };
	pid_t pid = tracee(eight_steps);
	uint64_t before;
	siginfo_t info;

	do {
		go(PTRACE_SINGLESTEP, pid, 0);
		CHECK_EQ(stop_of(pid), SIGTRAP);
	} while (regs_of(pid).rip > (uintptr_t)eight_steps + 40 ||
		 regs_of(pid).rip < (uintptr_t)eight_steps);
	/* Up to the first instruction of ours. */
	while ((OK(pt(PTRACE_PEEKTEXT, pid, regs_of(pid).rip,
		      (uintptr_t)&before)),
		(before & 0xffffffffff) != 0x27b8)) {
		go(PTRACE_SINGLESTEP, pid, 0);
		CHECK_EQ(stop_of(pid), SIGTRAP);
	}
	for (size_t i = 0; i < COUNT(sizes); i++) {
		before = regs_of(pid).rip;
		CHECK(!(regs_of(pid).eflags & FLAG_TF));
		go(PTRACE_SINGLESTEP, pid, 0);
		CHECK_EQ(stop_of(pid), SIGTRAP);
		CHECK_EQ(regs_of(pid).rip - before, sizes[i]);
		OK(pt(PTRACE_GETSIGINFO, pid, 0, (uintptr_t)&info));
		CHECK_EQ(info.si_code, sizes[i] == 2 && !i ? TRAP_BRKPT
				       : i == 1            ? TRAP_BRKPT
							   : TRAP_TRACE);
	}
	go(PTRACE_SINGLESTEP, pid, 0);
	EXITS(pid, 0);
}

static volatile int handled;

static void
handler(int signo)
{
	handled = signo;
}

static void
take_signal(void)
{
	signal(SIGUSR1, handler);
	syscall(SYS_kill, getpid(), SIGUSR1);
	_exit(handled == SIGUSR1 ? 0 : 1);
}

/* A step into a handler ends before its first instruction. */
CASE(step_into_handler)
{
	pid_t pid = tracee(take_signal);

	go(PTRACE_CONT, pid, 0);
	CHECK_EQ(stop_of(pid), SIGUSR1);
	go(PTRACE_SINGLESTEP, pid, SIGUSR1);
	CHECK_EQ(stop_of(pid), SIGTRAP);
	CHECK_EQ(regs_of(pid).rip, (uintptr_t)handler);
	go(PTRACE_CONT, pid, 0);
	EXITS(pid, 0);
}

static int
add(int a, int b)
{
	watched[1] = (uint64_t)(a + b);
	return a + b;
}

static int (*volatile add_)(int, int) = add;

static void
add_up(void)
{
	int sum = add_(1, 2);

	watched[0] = 9;
	_exit(sum + (int)watched[2]);
}

CASE(breakpoint_instruction)
{
	pid_t pid = tracee(add_up);
	struct user_regs_struct r;
	siginfo_t info;
	uint64_t old;

	OK(pt(PTRACE_PEEKTEXT, pid, (uintptr_t)add, (uintptr_t)&old));
	OK(pt(PTRACE_POKETEXT, pid, (uintptr_t)add, (old & ~0xffull) | 0xcc));
	go(PTRACE_CONT, pid, 0);
	CHECK_EQ(stop_of(pid), SIGTRAP);
	OK(pt(PTRACE_GETSIGINFO, pid, 0, (uintptr_t)&info));
	CHECK_EQ(info.si_code, SI_KERNEL);
	r = regs_of(pid);
	CHECK_EQ(r.rip, (uintptr_t)add + 1);
	OK(pt(PTRACE_POKETEXT, pid, (uintptr_t)add, old));
	r.rip--;
	r.rdi = 5;
	set_regs(pid, &r);
	go(PTRACE_CONT, pid, 0);
	EXITS(pid, 7);
}

/* --- debug registers --- */

static long
set_debug(pid_t pid, int n, uint64_t v)
{
	return pt(PTRACE_POKEUSER, pid, DEBUGREG(n), v);
}

CASE(debug_registers_check)
{
	pid_t pid = tracee(sleep_for_ever);

	CHECK_EQ(peek_user(pid, DEBUGREG(6)), 0xffff0ff0);
	CHECK_EQ(peek_user(pid, DEBUGREG(7)), 0);
	FAILS(set_debug(pid, 4, 0), EIO);
	FAILS(set_debug(pid, 5, 0), EIO);
	FAILS(set_debug(pid, 0, 0xffffffff80000000), EINVAL);
	FAILS(set_debug(pid, 0, 0x7ffffffff000), EINVAL);
	OK(set_debug(pid, 0, 0x1001));
	FAILS(set_debug(pid, 7, 0xd0001), EINVAL); /* unaligned */
	FAILS(set_debug(pid, 7, 0x90001), EINVAL); /* 8 bytes */
	FAILS(set_debug(pid, 7, 0x20001), EINVAL); /* I/O */
	FAILS(set_debug(pid, 7, 0x40001), EINVAL); /* execution of 2 */
	CHECK_EQ(peek_user(pid, DEBUGREG(7)), 0);
	OK(set_debug(pid, 0, 0x1000));
	OK(set_debug(pid, 7, 0xd0001));
	FAILS(set_debug(pid, 0, 0x1001), EINVAL);
	CHECK_EQ(peek_user(pid, DEBUGREG(0)), 0x1000);
	CHECK_EQ(peek_user(pid, DEBUGREG(7)), 0xd0001);
	kill_tracee(pid);
}

CASE(watchpoint_tells_of_writes)
{
	pid_t pid = tracee(add_up);
	siginfo_t info;
	uint64_t v;

	OK(set_debug(pid, 1, (uintptr_t)&watched[0]));
	OK(set_debug(pid, 7, 0x4 | 0x9ull << 20)); /* 8 bytes, writes */
	go(PTRACE_CONT, pid, 0);
	CHECK_EQ(stop_of(pid), SIGTRAP);
	OK(pt(PTRACE_GETSIGINFO, pid, 0, (uintptr_t)&info));
	CHECK_EQ(info.si_code, TRAP_HWBKPT);
	CHECK_EQ(peek_user(pid, DEBUGREG(6)) & 0xf, 2);
	OK(pt(PTRACE_PEEKDATA, pid, (uintptr_t)&watched[0], (uintptr_t)&v));
	CHECK_EQ(v, 9);
	OK(set_debug(pid, 7, 0));
	go(PTRACE_CONT, pid, 0);
	EXITS(pid, 3);
}

CASE(watchpoint_tells_of_reads)
{
	pid_t pid = tracee(add_up);

	OK(set_debug(pid, 3, (uintptr_t)&watched[2]));
	OK(set_debug(pid, 7, 0x40 | 0xbull << 28)); /* 8 bytes, any access */
	go(PTRACE_CONT, pid, 0);
	CHECK_EQ(stop_of(pid), SIGTRAP);
	CHECK_EQ(peek_user(pid, DEBUGREG(6)) & 0xf, 8);
	go(PTRACE_CONT, pid, 0);
	EXITS(pid, 3);
}

CASE(hardware_breakpoint_strikes_once)
{
	pid_t pid = tracee(add_up);

	OK(set_debug(pid, 0, (uintptr_t)add));
	OK(set_debug(pid, 7, 1));
	go(PTRACE_CONT, pid, 0);
	CHECK_EQ(stop_of(pid), SIGTRAP);
	CHECK_EQ(regs_of(pid).rip, (uintptr_t)add);
	CHECK_EQ(peek_user(pid, DEBUGREG(6)) & 0xf, 1);
	go(PTRACE_CONT, pid, 0);
	EXITS(pid, 3);
}

static void
read_into_watched(void)
{
	int p[2];

	if (pipe(p) || write(p[1], "12345678", 8) != 8 ||
	    read(p[0], (void *)(uintptr_t)&watched[0], 8) != 8)
		_exit(1);
	_exit(watched[0] == 0x3837363534333231 ? 0 : 2);
}

/* The kernel's own accesses do not stop anybody, nor harm it. */
CASE(watched_buffer_of_a_call)
{
	pid_t pid = tracee(read_into_watched);

	OK(set_debug(pid, 0, (uintptr_t)&watched[0]));
	OK(set_debug(pid, 7, 0x1 | 0x9ull << 16));
	go(PTRACE_CONT, pid, 0);
	EXITS(pid, 0);
}

/* Children and new programs begin without. */
static void
fork_and_write(void)
{
	pid_t pid = fork();

	if (!pid) {
		watched[3] = 1;
		_exit(4);
	}
	EXITS(pid, 4);
	_exit(0);
}

CASE(children_are_not_watched)
{
	pid_t pid = tracee(fork_and_write);

	OK(set_debug(pid, 0, (uintptr_t)&watched[3]));
	OK(set_debug(pid, 7, 0x1 | 0x9ull << 16));
	go(PTRACE_CONT, pid, 0);
	CHECK_EQ(stop_of(pid), SIGCHLD);
	go(PTRACE_CONT, pid, SIGCHLD);
	EXITS(pid, 0);
}
