/* SPDX-License-Identifier: MIT */
#include "syscall/trace.h"

#include <linux/fcntl.h>

#include "core/cmdline.h"
#include "core/klog.h"
#include "lib/fmt.h"
#include "syscall/define.h"

/*
 * syscall/trace.c - system calls as text.
 *
 * Arguments are shown before the call, since it may not come back (exit,
 * execve); the line goes to the log when it has.
 */

void
syscall_trace_init(void)
{
	if (cmdline_get_u64("strace", 0))
		process_log_calls();
}

static void put(struct syscall_trace *t, const char *fmt, ...) PRINTF(2, 3);

static void
put(struct syscall_trace *t, const char *fmt, ...)
{
	size_t room = sizeof(t->text) - t->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->text + t->len, room, fmt, ap);
	va_end(ap);
	t->len += MIN((size_t)n, room - 1);
}

static void
put_string(struct syscall_trace *t, uint64_t va)
{
	char s[40];
	size_t n =
		copy_from_user_partial(s, (const void USER *)va, sizeof(s) - 1);

	if (!n) {
		put(t, "%#lx", (unsigned long)va);
		return;
	}
	s[n] = '\0';
	put(t, "\"%s\"%s", s, strnlen(s, n) == n ? "..." : "");
}

static void
put_argument(struct syscall_trace *t, char letter, uint64_t v)
{
	switch (letter) {
	case 'a':
		if ((int)v == AT_FDCWD) {
			put(t, "AT_FDCWD");
			return;
		}
		__attribute__((fallthrough));
	case 'd':
	case 'i':
		put(t, "%d", (int)v);
		return;
	case 'o':
		put(t, "0%o", (unsigned)v);
		return;
	case 's':
		put_string(t, v);
		return;
	case 'u':
		put(t, "%lu", (unsigned long)v);
		return;
	default:
		put(t, "%#lx", (unsigned long)v);
		return;
	}
}

void
syscall_trace_enter(struct syscall_trace *t, const struct syscall_entry *e,
		    long nr, const struct trap_frame *f)
{
	struct task *task = current_task();

	t->len = 0;
	put(t, "strace: %s[%d] ", task->thread.name, task->tid);
	if (!e) {
		put(t, "syscall_%ld(%#lx", nr,
		    (unsigned long)trap_syscall_arg(f, 0));
		return;
	}
	put(t, "%s(", e->name);
	for (int i = 0; e->args[i]; i++) {
		if (i)
			put(t, ", ");
		put_argument(t, e->args[i], trap_syscall_arg(f, i));
	}
}

void
syscall_trace_leave(struct syscall_trace *t, long result)
{
	if (result < 0 && result > -4096)
		klog(KLOG_INFO, "%s) = -%ld", t->text, -result);
	else
		klog(KLOG_INFO, "%s) = %#lx", t->text, (unsigned long)result);
}
