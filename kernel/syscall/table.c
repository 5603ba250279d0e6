/* SPDX-License-Identifier: MIT */
#include <asm/unistd.h>

#include "arch/upcall.h"
#include "proc/ptrace.h"
#include "syscall/define.h"
#include "syscall/report.h"
#include "syscall/trace.h"

/*
 * syscall/table.c - from a number to a function.
 *
 * Calls that are not in list.def fail with ENOSYS.  Those that flags.def gives
 * flags go through a wrapper that looks at them when the call has failed: no
 * other call pays for it.
 */

#define SYSCALL(name, args) long sysent_##name(const struct trap_frame *f);
#include "syscall/list.def"
#undef SYSCALL

#define SET(set)
#define FLAG(n)
#define FLAG_PARTIAL(n, what)
#define FLAG_ABSENT(n)
#define BITS(set)
#define VALUES(set)
#define PARTIAL(call, what)
#define USE(call, ...)                                         \
	static long checked_##call(const struct trap_frame *f) \
	{                                                      \
		long result = sysent_##call(f);                \
                                                               \
		if (report_wanted(result))                     \
			report_flags(#call, __NR_##call, f);   \
		return result;                                 \
	}
#include "syscall/flags.def"
#undef USE

typedef long syscall_fn(const struct trap_frame *f);

/* The wrapper of a call stands in for the call itself. */
#pragma clang diagnostic ignored "-Winitializer-overrides"
static syscall_fn *const functions[] = {
#define SYSCALL(name, args) [__NR_##name] = sysent_##name,
#include "syscall/list.def"
#undef SYSCALL
#define USE(call, ...) [__NR_##call] = checked_##call,
#include "syscall/flags.def"
#undef USE
};

static const struct syscall_name names[ARRAY_SIZE(functions)] = {
#define SYSCALL(name, args) [__NR_##name] = { #name, args },
#include "syscall/list.def"
#undef SYSCALL
};

/* Linux takes the number from the low 32 bits of RAX, sign-extended. */
static syscall_fn *
function_of(long nr)
{
	uint64_t index = (uint64_t)nr, mask;

	if (index >= ARRAY_SIZE(functions))
		return NULL;
	/* A processor that guessed the branch wrong sees index 0. */
	__asm__("cmp %2, %1; sbb %0, %0"
		: "=&r"(mask)
		: "r"(index), "i"(ARRAY_SIZE(functions))
		: "cc");
	index &= mask;
	return functions[index];
}

const struct syscall_name *
syscall_name_of(long nr)
{
	if (nr < 0 || (size_t)nr >= ARRAY_SIZE(names) || !names[nr].name)
		return NULL;
	return &names[nr];
}

long
syscall_nr_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].name && strcmp(names[i].name, name) == 0)
			return (long)i;
	return -1;
}

static void
logged_call(syscall_fn *fn, long nr, struct trap_frame *f)
{
	struct syscall_trace t;

	syscall_trace_enter(&t, nr, f);
	trap_set_result(f, fn ? fn(f) : report_call(nr, f));
	syscall_trace_leave(&t, trap_result(f));
}

static void
call(struct trap_frame *f, bool log)
{
	long nr = (int)trap_syscall_nr(f);
	syscall_fn *fn = function_of(nr);

	if (log && syscall_trace_wanted(nr))
		logged_call(fn, nr, f);
	else
		trap_set_result(f, fn ? fn(f) : report_call(nr, f));
}

/*
 * A call somebody watches.  A tracer may change it, or forbid it: then its
 * result is what the tracer says, or -ENOSYS as the entry left it.
 */
static NOINLINE void
watched_call(struct task *t, struct trap_frame *f)
{
	t->trace.in_work = true;
	if (ptrace_syscall_enter(t, f))
		call(f, t->syscall_work & SYSCALL_WORK_LOG);
	t->trace.in_work = false;
	if (t->syscall_work & SYSCALL_WORK_PTRACE)
		ptrace_syscall_leave(t, f);
	/*
	 * What interrupted the call may be gone after a stop (the tracer let
	 * go): the call is to be restarted all the same.
	 */
	if (signal_restart_due(f))
		thread_interrupt(&t->thread);
}

void
upcall_syscall(struct trap_frame *f)
{
	struct task *t = current_task();
	syscall_fn *fn;
	long nr;

	if (unlikely(t->syscall_work)) {
		watched_call(t, f);
		return;
	}
	nr = (int)trap_syscall_nr(f);
	fn = function_of(nr);
	trap_set_result(f, likely(fn) ? fn(f) : report_call(nr, f));
}
