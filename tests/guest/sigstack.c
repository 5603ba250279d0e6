/* SPDX-License-Identifier: MIT */
/*
 * sigstack.c - the stack a handler runs on.
 */
#include "guest.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile sig_atomic_t order[3];

static void
note(int number)
{
	order[0] = number;
}

static void
handle(int number, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };

	OK(sigaction(number, &action, NULL));
}

static stack_t alternate;
static volatile uintptr_t handler_stack;

static void
where(int number)
{
	stack_t now;

	handler_stack = (uintptr_t)&now;
	sigaltstack(NULL, &now);
	order[0] = now.ss_flags;
	order[1] = sigaltstack(&alternate, NULL) ? errno : 0;
	order[2] = number;
}

CASE(sigaltstack_is_used)
{
	char *stack = anon(32 * PAGE);
	stack_t now;

	alternate = (stack_t){ .ss_sp = stack, .ss_size = 32 * PAGE };
	OK(sigaltstack(&alternate, NULL));
	handle(SIGUSR1, where, SA_ONSTACK);
	OK(raise(SIGUSR1));
	CHECK(handler_stack > (uintptr_t)stack &&
	      handler_stack < (uintptr_t)stack + 32 * PAGE);
	CHECK_EQ(order[0], SS_ONSTACK);
	CHECK_EQ(order[1], EPERM); /* not while standing on it */
	OK(sigaltstack(NULL, &now));
	CHECK_EQ(now.ss_flags, 0);
	handle(SIGUSR1, where, 0);
	OK(raise(SIGUSR1));
	CHECK(handler_stack < (uintptr_t)stack ||
	      handler_stack >= (uintptr_t)stack + 32 * PAGE);
}

CASE(sigaltstack_errors)
{
	stack_t small = { .ss_sp = anon(PAGE), .ss_size = 1000 };
	stack_t flags = { .ss_sp = anon(4 * PAGE),
			  .ss_size = 4 * PAGE,
			  .ss_flags = 0x40 };

	FAILS(sigaltstack(&small, NULL), ENOMEM);
	FAILS(sigaltstack(&flags, NULL), EINVAL);
}

static __attribute__((noinline)) int
overflow(int n)
{
	volatile char block[4096];

	block[n % 4096] = (char)n;
	return overflow(n + 1) + block[0];
}

static void
escape(int number)
{
	_exit(number == SIGSEGV ? 44 : 45);
}

CASE(stack_overflow_is_handled_on_another_stack)
{
	EXITS(CHILD({
		      alternate = (stack_t){ .ss_sp = anon(32 * PAGE),
					     .ss_size = 32 * PAGE };
		      OK(sigaltstack(&alternate, NULL));
		      handle(SIGSEGV, escape, SA_ONSTACK);
		      overflow(0);
	      }),
	      44);
}

/* No room for the frame: the process dies, and only it. */
CASE(no_stack_for_the_handler)
{
	DIES_BY(SIGSEGV, {
		handle(SIGUSR1, note, 0);
		__asm__ volatile("mov $0x10, %%rsp\n"
				 "mov %0, %%eax\n"
				 "mov %1, %%edi\n"
				 "mov %2, %%esi\n"
				 "syscall\n"
				 :
				 : "i"(SYS_kill), "r"(getpid()), "i"(SIGUSR1)
				 : "rax", "rdi", "rsi", "rcx", "r11", "memory");
	});
}
