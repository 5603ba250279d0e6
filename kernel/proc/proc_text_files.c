/* SPDX-License-Identifier: MIT */
#include <linux/capability.h>

#include "mm/slab.h"
#include "proc/proc_files_priv.h"

/*
 * proc/proc_text_files.c - what a process was started with and lives in:
 * command line, environment, auxiliary vector, name, limits, mounts.
 */

/* --- its own words --- */

#define STRINGS_CHUNK 512

/*
 * A piece of the bytes [start, end) of the subject's memory, as far as they can
 * be read; t->cursor counts from start.
 */
static void
put_memory(struct proc_text *t, struct vm_space *s, vaddr_t start, vaddr_t end)
{
	char chunk[STRINGS_CHUNK];
	vaddr_t at = start + t->cursor;

	while (at < end && !proc_text_full(t)) {
		size_t n = MIN(end - at, sizeof(chunk));
		size_t got = vm_space_read(s, at, chunk, n);

		proc_write(t, chunk, got);
		at += got;
		if (got < n)
			end = at;
	}
	t->cursor = at < end ? at - start : PROC_TEXT_END;
}

int
proc_show_cmdline(pid_t nr, struct proc_text *t)
{
	struct proc_subject s;
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	if (s.space)
		put_memory(t, s.space, s.space->arg_start, s.space->arg_end);
	else
		t->cursor = PROC_TEXT_END;
	proc_subject_put(&s);
	return 0;
}

/* Memory that only those who may look may read. */
static int
show_private_memory(pid_t nr, struct proc_text *t, bool auxv)
{
	struct proc_subject s;
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	if (!proc_subject_may_look(&s))
		err = -EACCES;
	else if (!s.space)
		t->cursor = PROC_TEXT_END;
	else if (auxv)
		put_memory(t, s.space, s.space->auxv_start, s.space->auxv_end);
	else
		put_memory(t, s.space, s.space->env_start, s.space->env_end);
	proc_subject_put(&s);
	return err;
}

int
proc_show_environ(pid_t nr, struct proc_text *t)
{
	return show_private_memory(nr, t, false);
}

/* As exec made it, unless the program has written over it. */
int
proc_show_auxv(pid_t nr, struct proc_text *t)
{
	return show_private_memory(nr, t, true);
}

int
proc_show_comm(pid_t nr, struct proc_text *t)
{
	struct proc_subject s;
	char name[16];
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	proc_subject_name(&s, name);
	proc_printf(t, "%s\n", name);
	proc_subject_put(&s);
	return 0;
}

/* Only a process's own tasks may rename it. */
ssize_t
proc_store_comm(pid_t nr, const char *text, size_t n)
{
	struct proc_subject s;
	size_t len = n;
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	if (s.process != current_process() || !s.task) {
		err = -EINVAL;
	} else {
		if (len && text[len - 1] == '\n')
			len--;
		len = MIN(len, sizeof(s.task->thread.name) - 1);
		memcpy(s.task->thread.name, text, len);
		s.task->thread.name[len] = '\0';
	}
	proc_subject_put(&s);
	return err ? err : (ssize_t)n;
}

/* --- limits --- */

static const struct {
	const char *name, *unit;
} limit_names[RLIM_NLIMITS] = {
	[RLIMIT_CPU] = { "Max cpu time", "seconds" },
	[RLIMIT_FSIZE] = { "Max file size", "bytes" },
	[RLIMIT_DATA] = { "Max data size", "bytes" },
	[RLIMIT_STACK] = { "Max stack size", "bytes" },
	[RLIMIT_CORE] = { "Max core file size", "bytes" },
	[RLIMIT_RSS] = { "Max resident set", "bytes" },
	[RLIMIT_NPROC] = { "Max processes", "processes" },
	[RLIMIT_NOFILE] = { "Max open files", "files" },
	[RLIMIT_MEMLOCK] = { "Max locked memory", "bytes" },
	[RLIMIT_AS] = { "Max address space", "bytes" },
	[RLIMIT_LOCKS] = { "Max file locks", "locks" },
	[RLIMIT_SIGPENDING] = { "Max pending signals", "signals" },
	[RLIMIT_MSGQUEUE] = { "Max msgqueue size", "bytes" },
	[RLIMIT_NICE] = { "Max nice priority", "" },
	[RLIMIT_RTPRIO] = { "Max realtime priority", "" },
	[RLIMIT_RTTIME] = { "Max realtime timeout", "us" },
};

static void
put_limit(struct proc_text *t, uint64_t v)
{
	if (v == (uint64_t)RLIM_INFINITY)
		proc_printf(t, "%-20s ", "unlimited");
	else
		proc_printf(t, "%-20lu ", (unsigned long)v);
}

int
proc_show_limits(pid_t nr, struct proc_text *t)
{
	struct rlimit limits[RLIM_NLIMITS];
	struct proc_subject s;
	unsigned long irq;
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	proc_printf(t, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit",
		    "Hard Limit", "Units");
	irq = spin_lock_irq(&s.process->signal_lock);
	memcpy(limits, s.process->limits, sizeof(limits));
	spin_unlock_irq(&s.process->signal_lock, irq);
	for (unsigned i = 0; i < RLIM_NLIMITS; i++) {
		proc_printf(t, "%-25s ", limit_names[i].name);
		put_limit(t, limits[i].rlim_cur);
		put_limit(t, limits[i].rlim_max);
		proc_printf(t, "%-10s\n", limit_names[i].unit);
	}
	proc_subject_put(&s);
	return 0;
}

/* --- mounts --- */

/* fstab(5): blanks and backslashes as octal numbers. */
static void
put_word(struct proc_text *t, const char *word, char end)
{
	for (; *word; word++) {
		if (*word == ' ' || *word == '\t' || *word == '\n' ||
		    *word == '\\' || *word == '#')
			proc_printf(t, "\\%03o", (unsigned char)*word);
		else
			proc_write(t, word, 1);
	}
	proc_write(t, &end, 1);
}

static void
put_mount(void *arg, const struct mount_line *l)
{
	put_word(arg, l->source, ' ');
	put_word(arg, l->target, ' ');
	proc_printf(arg, "%s %s%s 0 0\n", l->type, l->options,
		    l->super_options);
}

static void
put_mountinfo(void *arg, const struct mount_line *l)
{
	proc_printf(arg, "%u %u %u:%u ", l->id, l->parent_id, dev_major(l->dev),
		    dev_minor(l->dev));
	put_word(arg, l->root, ' ');
	put_word(arg, l->target, ' ');
	proc_printf(arg, "%s - %s ", l->options, l->type);
	put_word(arg, l->source, ' ');
	proc_printf(arg, "%s%s\n", l->super_read_only ? "ro" : "rw",
		    l->super_options);
}

static void
put_mountstats(void *arg, const struct mount_line *l)
{
	proc_printf(arg, "device ");
	put_word(arg, l->source, ' ');
	proc_printf(arg, "mounted on ");
	put_word(arg, l->target, ' ');
	proc_printf(arg, "with fstype %s\n", l->type);
}

/* The mounts as the subject sees them: below its root. */
static int
show_mount_lines(pid_t nr, struct proc_text *t,
		 void (*fn)(void *arg, const struct mount_line *l))
{
	struct path root;
	int err = proc_subject_root(nr, &root);

	if (err)
		return err;
	mount_each(&root, fn, t);
	path_put(&root);
	return 0;
}

int
proc_show_mounts(pid_t nr, struct proc_text *t)
{
	return show_mount_lines(nr, t, put_mount);
}

int
proc_show_mountinfo(pid_t nr, struct proc_text *t)
{
	return show_mount_lines(nr, t, put_mountinfo);
}

int
proc_show_mountstats(pid_t nr, struct proc_text *t)
{
	return show_mount_lines(nr, t, put_mountstats);
}
