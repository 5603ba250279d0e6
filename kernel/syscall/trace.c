/* SPDX-License-Identifier: MIT */
#include "syscall/trace.h"

#include <linux/fcntl.h>

#include "core/cmdline.h"
#include "core/klog.h"
#include "lib/fmt.h"
#include "syscall/define.h"
#include "syscall/flags.h"

/*
 * syscall/trace.c - which system calls are logged, and how they read.
 *
 * Arguments are shown before the call, since it may not come back (exit,
 * execve); the line goes to the log when it has.
 */

/* --- which ---------------------------------------------------------------- */

#define PROGRAMS_MAX 8
#define CALLS_MAX    512

/* strace= */
static char programs[PROGRAMS_MAX][16] RO_AFTER_BOOT;
static unsigned program_count RO_AFTER_BOOT;
static uint64_t calls[CALLS_MAX / 64] RO_AFTER_BOOT;
static bool some_calls RO_AFTER_BOOT;

BOOT_CODE static void
add_word(const char *word)
{
	long nr = syscall_nr_of(word);

	if (strcmp(word, "1") == 0 || strcmp(word, "all") == 0)
		return;
	if (nr >= 0 && nr < CALLS_MAX) {
		calls[nr / 64] |= 1ULL << (nr % 64);
		some_calls = true;
	} else if (program_count < PROGRAMS_MAX) {
		strlcpy(programs[program_count++], word, sizeof(programs[0]));
	} else {
		klog(KLOG_WARNING, "strace: too many programs: %s", word);
	}
}

BOOT_CODE void
syscall_trace_init(void)
{
	const char *list = cmdline_get("strace");
	char word[32];

	if (!list || !*list || strcmp(list, "0") == 0)
		return;
	while (*list) {
		const char *end = strchr(list, ',');
		size_t n = end ? (size_t)(end - list) : strlen(list);
		size_t kept = MIN(n, sizeof(word) - 1);

		memcpy(word, list, kept);
		word[kept] = '\0';
		if (kept)
			add_word(word);
		list += n + (end ? 1 : 0);
	}
	process_log_calls();
}

static bool
program_wanted(const char *name)
{
	for (unsigned i = 0; i < program_count; i++)
		if (strcmp(programs[i], name) == 0)
			return true;
	return !program_count;
}

static bool
call_wanted(long nr)
{
	if (!some_calls)
		return true;
	return nr >= 0 && nr < CALLS_MAX && (calls[nr / 64] >> (nr % 64) & 1);
}

bool
syscall_trace_wanted(long nr)
{
	unsigned bits = atomic_load_explicit(&current_process()->marks.strace,
					     memory_order_relaxed);

	return !(bits & STRACE_FILTERED) ||
	       (call_wanted(nr) && program_wanted(current_thread()->name));
}

/* --- how ------------------------------------------------------------------ */

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

static void
put_bits(struct syscall_trace *t, const struct flag_set *set, uint64_t v)
{
	const char *bar = "";

	for (const struct flag *f = set->flags; f->name; f++) {
		/* A name of nothing stands only where nothing else does. */
		if ((f->value || v || *bar) &&
		    (!f->value || (v & f->value) != f->value))
			continue;
		put(t, "%s%s", bar, f->name);
		v &= ~f->value;
		bar = "|";
	}
	if (v || !*bar)
		put(t, "%s%#lx", bar, (unsigned long)v);
}

static void
put_value(struct syscall_trace *t, const struct flag_set *set, uint64_t v)
{
	for (const struct flag *f = set->flags; f->name; f++) {
		if (f->value == v) {
			put(t, "%s", f->name);
			return;
		}
	}
	put(t, "%#lx", (unsigned long)v);
}

static void
put_flags(struct syscall_trace *t, const struct flag_use *u, uint64_t v)
{
	uint64_t rest = v & u->ignore & UINT32_MAX;

	v = (uint32_t)(v & ~u->ignore);
	if (u->set->bits)
		put_bits(t, u->set, v);
	else
		put_value(t, u->set, v);
	if (rest)
		put(t, "|%#lx", (unsigned long)rest);
}

void
syscall_trace_enter(struct syscall_trace *t, long nr,
		    const struct trap_frame *f)
{
	const struct syscall_name *name = syscall_name_of(nr);
	struct task *task = current_task();

	t->len = 0;
	put(t, "strace: %s[%d] ", task->thread.name, task->tid);
	if (!name) {
		put(t, "syscall_%ld(%#lx", nr,
		    (unsigned long)trap_syscall_arg(f, 0));
		return;
	}
	put(t, "%s(", name->name);
	for (unsigned i = 0; name->args[i]; i++) {
		const struct flag_use *u = flag_use_of(nr, i);
		uint64_t v = trap_syscall_arg(f, (int)i);

		if (i)
			put(t, ", ");
		if (u)
			put_flags(t, u, v);
		else
			put_argument(t, name->args[i], v);
	}
}

static const char *
error_name(long error)
{
	switch (error) {
#define ERRNO(name) \
	case name:  \
		return #name;
#include "syscall/errno.def"
#undef ERRNO
	default:
		return "?";
	}
}

void
syscall_trace_leave(struct syscall_trace *t, long result)
{
	if (result < 0 && result > -4096)
		klog(KLOG_INFO, "%s) = -%ld %s", t->text, -result,
		     error_name(-result));
	else
		klog(KLOG_INFO, "%s) = %#lx", t->text, (unsigned long)result);
}
