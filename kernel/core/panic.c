/* SPDX-License-Identifier: MIT */
#include "core/panic.h"

#include "arch/backtrace.h"
#include "arch/clock.h"
#include "arch/cpu.h"
#include "arch/power.h"
#include "arch/smp.h"
#include "arch/trap.h"
#include "core/cmdline.h"
#include "core/klog.h"
#include "core/symbols.h"

/*
 * core/panic.c - the last words.
 *
 * The first CPU to panic owns the panic: it stops the others, then writes.
 * A CPU that panics later stops at once.  If the owner panics again while it
 * writes (the stack or the symbols may be what is broken), it says so in one
 * line and goes straight to the end; a third time it only stops.
 *
 * Everything is on the static side: a panic may be about a stack that has run
 * out.
 */

#define BACKTRACE_MAX 32
#define LINE_MAX      1024

static atomic_int owner = -1; /* [a] CPU that panicked first */
static unsigned depth;        /* [o] of panics of the owner */
static const char *(*thread_name)(unsigned cpu)RO_AFTER_BOOT;

/* [o] all of the owner */
static vaddr_t pcs[BACKTRACE_MAX];
static char text[LINE_MAX];

bool
panic_in_progress(void)
{
	return atomic_load_explicit(&owner, memory_order_relaxed) >= 0;
}

void
panic_set_thread_name(const char *(*fn)(unsigned cpu))
{
	thread_name = fn;
}

/* From `first` on, if it is among them: what is above is the panic itself. */
static void
print_backtrace(size_t n, const void *first)
{
	size_t i = 0;

	while (i < n && pcs[i] != (uintptr_t)first)
		i++;
	for (i = i < n ? i : 0; i < n; i++) {
		/*
		 * A return address may lie just behind its function; a pc
		 * that was interrupted is exact.
		 */
		unsigned back = i > 0 || first;
		struct symbol s = symbol_find(pcs[i] - back);

		klog(KLOG_EMERG, "  [%016lx] %s+0x%zx", pcs[i], s.name,
		     s.offset + back);
	}
}

/* The text of trap_frame_format(), line by line. */
static void
print_registers(const struct trap_frame *f)
{
	char *line = text;

	trap_frame_format(f, text, sizeof(text));
	for (char *p = text; *p; p++) {
		if (*p != '\n')
			continue;
		*p = '\0';
		klog(KLOG_EMERG, "  %s", line);
		line = p + 1;
	}
	if (*line)
		klog(KLOG_EMERG, "  %s", line);
}

/* f may be NULL: then the backtrace is ours, from caller on. */
static void
print_context(unsigned cpu, const struct trap_frame *f, const void *caller)
{
	const char *name = thread_name ? thread_name(cpu) : NULL;

	klog(KLOG_EMERG, "CPU %u%s%s:", cpu, name ? ", thread " : "",
	     name ? name : "");
	if (f)
		print_registers(f);
	if (f && trap_from_user(f))
		klog(KLOG_EMERG, "  in user mode");
	else
		print_backtrace(backtrace_from(f, pcs, BACKTRACE_MAX), caller);
}

static void
print_others(void)
{
	for (unsigned cpu = 0; cpu < cpu_count(); cpu++) {
		const struct trap_frame *f = smp_stopped_frame(cpu);

		if (cpu == cpu_id())
			continue;
		if (f)
			print_context(cpu, f, NULL);
		else
			klog(KLOG_EMERG, "CPU %u: does not answer", cpu);
	}
}

/* As debug_exit= and panic= say; else stand still so that it can be read. */
static NORETURN void
finish(void)
{
	uint64_t port = cmdline_get_u64("debug_exit", 0);
	uint64_t seconds = cmdline_get_u64("panic", 0);

	if (port > 0 && port <= UINT16_MAX)
		arch_debug_exit((unsigned)port, PANIC_EXIT_STATUS);
	if (seconds > 0) {
		klog(KLOG_EMERG, "panic: reset in %lu s", seconds);
		for (; seconds > 0; seconds--)
			clock_delay_ns(NSEC_PER_SEC);
		arch_reset();
	}
	klog(KLOG_EMERG, "panic: the machine is stopped");
	cpu_stop();
}

/* Only the owner comes back, with its depth counted. */
static void
become_owner(void)
{
	int none = -1, me = (int)cpu_id();

	irq_disable();
	if (!atomic_compare_exchange_strong(&owner, &none, me) && none != me)
		cpu_stop();
	depth++;
	if (depth > 2)
		cpu_stop();
	klog_panic_mode();
}

static void
report(const struct trap_frame *f, const void *caller, const char *fmt,
       va_list ap)
{
	become_owner();
	klog(KLOG_EMERG, "%s",
	     depth == 1 ? "*** kernel panic ***" : "*** panic in a panic ***");
	klog_va(KLOG_EMERG, fmt, ap);
	if (depth > 1)
		return;
	smp_stop_others();
	print_context(cpu_id(), f, caller);
	print_others();
}

void
panic_at(const struct trap_frame *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(f, NULL, fmt, ap);
	va_end(ap);
	finish();
}

void
panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(NULL, __builtin_return_address(0), fmt, ap);
	va_end(ap);
	finish();
}
