/* SPDX-License-Identifier: MIT */
#include <asm/unistd.h>

#include "arch/upcall.h"
#include "core/klog.h"
#include "proc/ptrace.h"
#include "syscall/define.h"
#include "syscall/trace.h"

/*
 * syscall/table.c - from a number to a function.
 *
 * Calls that are not in list.def fail with ENOSYS and are logged once a number
 * with the program that asked: that log says what to build next.
 */

#define SYSCALL(name, args) long sysent_##name(const struct trap_frame *f);
#include "syscall/list.def"
#undef SYSCALL

#define SYSCALL(name, args) [__NR_##name] = { sysent_##name, #name, args },
static const struct syscall_entry table[] = {
#include "syscall/list.def"
};
#undef SYSCALL

#define UNKNOWN_MAX 1024 /* numbers above are logged under the last one */
static _Atomic uint64_t unknown_seen[UNKNOWN_MAX / 64];

/* Linux takes the number from the low 32 bits of RAX, sign-extended. */
static const struct syscall_entry *
entry_of(long nr)
{
	uint64_t index = (uint64_t)nr, mask;

	if (index >= ARRAY_SIZE(table))
		return NULL;
	/* A processor that guessed the branch wrong sees index 0. */
	__asm__("cmp %2, %1; sbb %0, %0"
		: "=&r"(mask)
		: "r"(index), "i"(ARRAY_SIZE(table))
		: "cc");
	index &= mask;
	return table[index].fn ? &table[index] : NULL;
}

static NOINLINE long
unknown_call(long nr, const struct trap_frame *f)
{
	uint64_t slot = MIN((uint64_t)nr, UNKNOWN_MAX - 1);
	uint64_t bit = 1ULL << (slot % 64);
	uint64_t seen = atomic_fetch_or(&unknown_seen[slot / 64], bit);

	if (!(seen & bit))
		klog(KLOG_NOTICE,
		     "syscall: %ld is not implemented (%s, pid %d, at %#lx)",
		     nr, current_thread()->name, current_process()->pid,
		     (unsigned long)trap_pc(f));
	return -ENOSYS;
}

static void
call(struct trap_frame *f, bool log)
{
	long nr = (int)trap_syscall_nr(f);
	const struct syscall_entry *e = entry_of(nr);
	struct syscall_trace t;

	if (log)
		syscall_trace_enter(&t, e, nr, f);
	trap_set_result(f, likely(e) ? e->fn(f) : unknown_call(nr, f));
	if (log)
		syscall_trace_leave(&t, trap_result(f));
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
}

void
upcall_syscall(struct trap_frame *f)
{
	struct task *t = current_task();
	const struct syscall_entry *e;
	long nr;

	if (unlikely(t->syscall_work)) {
		watched_call(t, f);
		return;
	}
	nr = (int)trap_syscall_nr(f);
	e = entry_of(nr);
	trap_set_result(f, likely(e) ? e->fn(f) : unknown_call(nr, f));
}
