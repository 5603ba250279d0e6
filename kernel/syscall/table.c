/* SPDX-License-Identifier: MIT */
#include <asm/unistd.h>

#include "arch/upcall.h"
#include "core/klog.h"
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

void
upcall_syscall(struct trap_frame *f)
{
	long nr = (int)trap_syscall_nr(f);
	const struct syscall_entry *e = entry_of(nr);

	if (unlikely(syscall_trace_enabled)) {
		syscall_trace_call(e, nr, f);
		return;
	}
	trap_set_result(f, likely(e) ? e->fn(f) : unknown_call(nr, f));
}

/* With tracing on: the same, and a line for the log. */
void
syscall_trace_call(const struct syscall_entry *e, long nr, struct trap_frame *f)
{
	struct syscall_trace t;

	syscall_trace_enter(&t, e, nr, f);
	trap_set_result(f, e ? e->fn(f) : unknown_call(nr, f));
	syscall_trace_leave(&t, trap_result(f));
}
