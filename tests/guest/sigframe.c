/* SPDX-License-Identifier: MIT */
/*
 * sigframe.c - the frame a handler gets, and frames that were forged.
 *
 * Every register a program can name in its frame goes through rt_sigreturn, so
 * a handler that edits the frame tries what an attacker would try.
 */
#include "guest.h"

#include <fenv.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static void (*volatile edit)(ucontext_t *uc);
static volatile int runs;

static void
handler(int number, siginfo_t *info, void *uc)
{
	(void)number;
	(void)info;
	runs++;
	if (edit)
		edit(uc);
}

static void
install(int number, void (*editor)(ucontext_t *))
{
	struct sigaction action = { .sa_sigaction = handler,
				    .sa_flags = SA_SIGINFO };

	edit = editor;
	OK(sigaction(number, &action, NULL));
}

/* Raise the signal in a child whose handler edits the frame. */
static int
status_of(void (*editor)(ucontext_t *))
{
	int status;
	pid_t pid = CHILD({
		install(SIGUSR1, editor);
		raise(SIGUSR1);
		_exit(33);
	});

	CHECK_EQ(waitpid(pid, &status, 0), pid);
	return status;
}

static void
dies(void (*editor)(ucontext_t *), int number)
{
	int status = status_of(editor);

	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), number);
}

static void
lives(void (*editor)(ucontext_t *))
{
	int status = status_of(editor);

	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 33);
}

#define EDIT(name, ...)                  \
	static void name(ucontext_t *uc) \
	{                                \
		__VA_ARGS__;             \
	}

EDIT(nothing, (void)uc)
EDIT(rip_noncanonical, uc->uc_mcontext.gregs[REG_RIP] = 0x800000000000)
EDIT(rip_noncanonical_high,
     uc->uc_mcontext.gregs[REG_RIP] = (long long)0xff7fffffffffffff)
EDIT(rip_kernel, uc->uc_mcontext.gregs[REG_RIP] = (long long)0xffffffff80001000)
EDIT(rip_end, uc->uc_mcontext.gregs[REG_RIP] = 0x7ffffffff000)
EDIT(rip_null, uc->uc_mcontext.gregs[REG_RIP] = 0)
EDIT(rsp_kernel, uc->uc_mcontext.gregs[REG_RSP] = (long long)0xffff800000001000)
EDIT(rsp_noncanonical, uc->uc_mcontext.gregs[REG_RSP] = 0x800000000008)
EDIT(cs_kernel, uc->uc_mcontext.gregs[REG_CSGSFS] = 0x08)
EDIT(cs_kernel_too, uc->uc_mcontext.gregs[REG_CSGSFS] = 0x10)
EDIT(cs_wild, uc->uc_mcontext.gregs[REG_CSGSFS] = 0xfff8)
EDIT(cs_null, uc->uc_mcontext.gregs[REG_CSGSFS] = 0)
EDIT(ss_kernel,
     uc->uc_mcontext.gregs[REG_CSGSFS] = (uc->uc_mcontext.gregs[REG_CSGSFS] &
					  0xffffffffffff) |
					 0x18ll << 48)
EDIT(ss_wild,
     uc->uc_mcontext.gregs[REG_CSGSFS] = (uc->uc_mcontext.gregs[REG_CSGSFS] &
					  0xffffffffffff) |
					 0x7770ll << 48)
EDIT(flags_iopl, uc->uc_mcontext.gregs[REG_EFL] |= 0x3000)
EDIT(flags_no_interrupts, uc->uc_mcontext.gregs[REG_EFL] &= ~0x200ll)
EDIT(flags_nested_task, uc->uc_mcontext.gregs[REG_EFL] |= 0x4000)
EDIT(flags_vm, uc->uc_mcontext.gregs[REG_EFL] |= 0x20000)
EDIT(flags_all, uc->uc_mcontext.gregs[REG_EFL] = -1ll & ~0x100ll)
EDIT(flags_trap, uc->uc_mcontext.gregs[REG_EFL] |= 0x100)
EDIT(fpstate_null, uc->uc_mcontext.fpregs = NULL)
EDIT(fpstate_kernel, uc->uc_mcontext.fpregs = (void *)0xffff800000001000)
EDIT(fpstate_noncanonical, uc->uc_mcontext.fpregs = (void *)0x800000000000)
EDIT(fpstate_unmapped, uc->uc_mcontext.fpregs = (void *)0x1000)
EDIT(fpstate_crooked,
     uc->uc_mcontext.fpregs = (void *)((char *)uc->uc_mcontext.fpregs + 4))
EDIT(mxcsr_reserved, uc->uc_mcontext.fpregs->mxcsr = 0xffffffff)
EDIT(mask_everything, sigfillset(&uc->uc_sigmask))

CASE(plain_return)
{
	lives(nothing);
}

CASE(forged_rip)
{
	dies(rip_noncanonical, SIGSEGV);
	dies(rip_noncanonical_high, SIGSEGV);
	dies(rip_kernel, SIGSEGV);
	dies(rip_end, SIGSEGV);
	dies(rip_null, SIGSEGV);
}

CASE(forged_rsp)
{
	/* A wild stack faults at its next use: SIGBUS for #SS on Linux. */
	int status = status_of(rsp_noncanonical);

	CHECK(WIFSIGNALED(status));
	CHECK(WTERMSIG(status) == SIGBUS || WTERMSIG(status) == SIGSEGV);
	dies(rsp_kernel, SIGSEGV);
}

/* The kernel may refuse the frame, or put a user's selectors in their place. */
static void
lives_or_segv(void (*editor)(ucontext_t *))
{
	int status = status_of(editor);

	if (WIFSIGNALED(status))
		CHECK(WTERMSIG(status) == SIGSEGV ||
		      WTERMSIG(status) == SIGBUS);
	else
		CHECK_EQ(WEXITSTATUS(status), 33);
}

CASE(forged_selectors)
{
	lives_or_segv(cs_kernel);
	lives_or_segv(cs_kernel_too);
	lives_or_segv(cs_wild);
	lives_or_segv(cs_null);
	lives_or_segv(ss_kernel);
	lives_or_segv(ss_wild);
}

static unsigned long
flags_now(void)
{
	unsigned long flags;

	__asm__ volatile("pushfq; pop %0" : "=r"(flags));
	return flags;
}

static void
check_flags(void (*editor)(ucontext_t *))
{
	EXITS(CHILD({
		      install(SIGUSR1, editor);
		      raise(SIGUSR1);
		      CHECK_EQ(flags_now() & 0x3000, 0);    /* IOPL */
		      CHECK_EQ(flags_now() & 0x200, 0x200); /* IF */
		      CHECK_EQ(flags_now() & 0x20000, 0);   /* VM */
	      }),
	      0);
}

CASE(forged_flags)
{
	check_flags(flags_iopl);
	check_flags(flags_no_interrupts);
	check_flags(flags_nested_task);
	check_flags(flags_vm);
	check_flags(flags_all);
}

CASE(forged_iopl_gives_no_ports)
{
	DIES_BY(SIGSEGV, {
		install(SIGUSR1, flags_iopl);
		raise(SIGUSR1);
		__asm__ volatile("inb $0x80, %%al" : : : "rax");
	});
}

CASE(trap_flag_is_the_programs_own)
{
	dies(flags_trap, SIGTRAP);
}

CASE(forged_fpstate)
{
	lives(fpstate_null); /* a clean state instead */
	dies(fpstate_kernel, SIGSEGV);
	dies(fpstate_noncanonical, SIGSEGV);
	dies(fpstate_unmapped, SIGSEGV);
	lives_or_segv(fpstate_crooked);
}

CASE(forged_mxcsr)
{
	int status = status_of(mxcsr_reserved);

	/* Linux drops the reserved bits; dying is as safe. */
	CHECK(WIFSIGNALED(status) || WEXITSTATUS(status) == 33);
}

CASE(mask_of_the_frame_is_taken)
{
	EXITS(CHILD({
		      sigset_t now;

		      install(SIGUSR1, mask_everything);
		      raise(SIGUSR1);
		      OK(sigprocmask(SIG_BLOCK, NULL, &now));
		      CHECK(sigismember(&now, SIGUSR2));
		      CHECK(!sigismember(&now, SIGKILL));
	      }),
	      0);
}

CASE(sigreturn_without_a_frame)
{
	DIES_BY(SIGSEGV, {
		char *hole = before_hole();

		__asm__ volatile("mov %0, %%rsp\n"
				 "mov %1, %%eax\n"
				 "syscall\n"
				 :
				 : "r"(hole), "i"(SYS_rt_sigreturn)
				 : "rax", "memory");
	});
	DIES_BY(SIGSEGV, {
		char *zeroes = anon(4 * PAGE);

		__asm__ volatile("mov %0, %%rsp\n"
				 "mov %1, %%eax\n"
				 "syscall\n"
				 :
				 : "r"(zeroes + PAGE), "i"(SYS_rt_sigreturn)
				 : "rax", "memory");
	});
}

/* All registers that a call must not change, across a handler. */
CASE(registers_survive_a_handler)
{
	unsigned long bad = 0;

	install(SIGUSR1, NULL);
	for (int i = 0; i < 50; i++) {
		register long a __asm__("rdi") = getpid();
		register long b __asm__("rsi") = SIGUSR1;

		__asm__ volatile("mov $0x1111, %%rbx\n"
				 "mov $0x2222, %%r12\n"
				 "mov $0x3333, %%r13\n"
				 "mov $0x4444, %%r14\n"
				 "mov $0x5555, %%r15\n"
				 "mov $0x6666, %%r8\n"
				 "mov $0x7777, %%r9\n"
				 "mov $0x8888, %%r10\n"
				 "mov $0x9999, %%rdx\n"
				 "mov %[nr], %%eax\n"
				 "syscall\n"
				 "xor $0x1111, %%rbx\n"
				 "xor $0x2222, %%r12\n"
				 "xor $0x3333, %%r13\n"
				 "xor $0x4444, %%r14\n"
				 "xor $0x5555, %%r15\n"
				 "xor $0x6666, %%r8\n"
				 "xor $0x7777, %%r9\n"
				 "xor $0x8888, %%r10\n"
				 "xor $0x9999, %%rdx\n"
				 "or %%rbx, %%rax\n"
				 "or %%r12, %%rax\n"
				 "or %%r13, %%rax\n"
				 "or %%r14, %%rax\n"
				 "or %%r15, %%rax\n"
				 "or %%r8, %%rax\n"
				 "or %%r9, %%rax\n"
				 "or %%r10, %%rax\n"
				 "or %%rdx, %%rax\n"
				 : "=a"(bad), "+r"(a), "+r"(b)
				 : [nr] "i"(SYS_kill)
				 : "rbx", "rcx", "rdx", "r8", "r9", "r10",
				   "r11", "r12", "r13", "r14", "r15", "memory");
		CHECK_EQ(bad, 0);
	}
	CHECK_EQ(runs, 50);
}

CASE(red_zone_is_left_alone)
{
	long value = 0;

	install(SIGUSR1, NULL);
	__asm__ volatile("movq $0x5a5a, -8(%%rsp)\n"
			 "movq $0x5b5b, -128(%%rsp)\n"
			 "mov %[nr], %%eax\n"
			 "syscall\n"
			 "movq -8(%%rsp), %%rax\n"
			 "addq -128(%%rsp), %%rax\n"
			 : "=a"(value)
			 : [nr] "i"(SYS_kill), "D"(getpid()), "S"(SIGUSR1)
			 : "rcx", "r11", "memory");
	CHECK_EQ(value, 0x5a5a + 0x5b5b);
}

/* Random bytes all over the frame: the process may die, and only it. */
static unsigned seed;

static void
scribble(ucontext_t *uc)
{
	unsigned char *bytes = (unsigned char *)&uc->uc_mcontext;

	for (int i = 0; i < 6; i++)
		bytes[(size_t)rand_r(&seed) % sizeof(uc->uc_mcontext)] =
			(unsigned char)rand_r(&seed);
	if (uc->uc_mcontext.fpregs && seed % 3 == 0)
		return;
	uc->uc_mcontext.fpregs = NULL;
}

static void
scribble_fpu(ucontext_t *uc)
{
	unsigned char *bytes = (unsigned char *)uc->uc_mcontext.fpregs;

	for (int i = 0; i < 8; i++)
		bytes[rand_r(&seed) % 832] = (unsigned char)rand_r(&seed);
}

CASE(random_frames)
{
	for (unsigned i = 0; i < 300; i++) {
		int status;
		pid_t pid;

		seed = i + 1;
		pid = CHILD({
			alarm(2); /* it may loop */
			install(SIGUSR1, i & 1 ? scribble : scribble_fpu);
			raise(SIGUSR1);
			_exit(33);
		});
		CHECK_EQ(waitpid(pid, &status, 0), pid);
	}
}
