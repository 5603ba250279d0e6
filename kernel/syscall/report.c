/* SPDX-License-Identifier: MIT */
#include "syscall/report.h"

#include "core/klog.h"
#include "syscall/define.h"
#include "syscall/flags.h"

/*
 * syscall/report.c - what programs ask for and the kernel does not have, once
 * each in the log, with the program that asked: what to build next.
 */

#define CALLS_MAX 1024 /* numbers above are reported under the last one */

static _Atomic uint64_t calls_seen[CALLS_MAX / 64];
/* By call and argument: the bits, or for values a bit of v modulo 64. */
static _Atomic uint64_t flags_seen[512][FLAG_USES_MAX];

long
report_call(long nr, const struct trap_frame *f)
{
	uint64_t slot = MIN((uint64_t)nr, CALLS_MAX - 1);
	uint64_t bit = 1ULL << (slot % 64);
	uint64_t seen = atomic_fetch_or(&calls_seen[slot / 64], bit);

	if (!(seen & bit))
		klog(KLOG_NOTICE,
		     "syscall: %ld is not implemented (%s, pid %d, at %#lx)",
		     nr, current_thread()->name, current_process()->pid,
		     (unsigned long)trap_pc(f));
	return -ENOSYS;
}

static void
report_use(const char *call, long nr, unsigned i, const struct flag_use *u,
	   const struct trap_frame *f)
{
	uint64_t v = trap_syscall_arg(f, (int)u->arg), bits, seen;
	const char *name;
	bool missing;

	v = flags_missing(u, v, &missing, &name);
	if (!missing || (size_t)nr >= ARRAY_SIZE(flags_seen))
		return;
	bits = u->set->bits ? v : 1ULL << (v % 64);
	seen = atomic_fetch_or(&flags_seen[nr][i], bits);
	if (!(bits & ~seen))
		return;
	klog(KLOG_NOTICE,
	     "syscall: %s: argument %u: %s%s%#lx is not implemented "
	     "(%s, pid %d, at %#lx)",
	     call, u->arg + 1, name ? name : "", name ? " " : "",
	     (unsigned long)v, current_thread()->name, current_process()->pid,
	     (unsigned long)trap_pc(f));
}

void
report_flags(const char *call, long nr, const struct trap_frame *f)
{
	const struct flag_use *u = flags_of(nr);

	for (unsigned i = 0; u && i < FLAG_USES_MAX && u[i].set; i++)
		report_use(call, nr, i, &u[i], f);
}
