/* SPDX-License-Identifier: MIT */
#include "fs/procfs/procfs.h"

#include <linux/capability.h>

#include "mm/slab.h"
#include "proc/hostname.h"
#include "proc/pid.h"
#include "proc/proc_files_priv.h"

/*
 * proc/proc_files.c - what /proc shows of processes: the table of functions
 * procfs calls, finding the task or process a number means, and the small
 * files.  stat and status are in proc_status.c, maps in proc_maps.c.
 *
 * A number may be a process (/proc/PID) or a task (/proc/PID/task/TID).  A
 * zombie has a process but no task.
 */

int
proc_subject_get(pid_t nr, struct proc_subject *s)
{
	unsigned long irq = proc_tree_enter();
	struct pid *id = pid_find(nr);

	*s = (struct proc_subject){ 0 };
	if (id && (id->process || id->task)) {
		s->task = id->task;
		s->process = id->process ? id->process : id->task->process;
		/* A dead leader of living tasks: any of them speaks for it. */
		if (!s->task && !list_empty(&s->process->tasks))
			s->task = list_first(&s->process->tasks, struct task,
					     process_link);
		process_get(s->process);
		if (s->task) {
			task_get(s->task);
			s->cred = s->task->cred;
			cred_get(s->cred);
		}
		if (!s->cred && s->process->last_cred) {
			s->cred = s->process->last_cred;
			cred_get(s->cred);
		}
		if (s->task && s->task->space) {
			s->space = s->task->space;
			vm_space_get(s->space);
		}
	}
	proc_tree_leave(irq);
	return s->process ? 0 : -ESRCH;
}

void
proc_subject_put(struct proc_subject *s)
{
	if (s->space)
		vm_space_put(s->space);
	if (s->cred)
		cred_put(s->cred);
	if (s->task)
		task_put(s->task);
	process_put(s->process);
}

/* --- cmdline, environ, comm --- */

#define STRINGS_CHUNK 512

/* Bytes [start, end) of the subject's memory, as far as they can be read. */
static void
put_memory(struct proc_text *t, struct vm_space *s, vaddr_t start, vaddr_t end)
{
	char chunk[STRINGS_CHUNK];

	while (start < end) {
		size_t n = MIN(end - start, sizeof(chunk));
		size_t got = vm_space_read(s, start, chunk, n);

		proc_write(t, chunk, got);
		if (got < n)
			return;
		start += n;
	}
}

static int
show_cmdline(pid_t nr, struct proc_text *t)
{
	struct proc_subject s;
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	if (s.space)
		put_memory(t, s.space, s.space->arg_start, s.space->arg_end);
	proc_subject_put(&s);
	return 0;
}

/* man 2 ptrace, "Ptrace access mode checking", PTRACE_MODE_READ_FSCREDS. */
bool
proc_subject_may_look(const struct proc_subject *s)
{
	const struct cred *c = current_task()->cred, *to = s->cred;

	if (s->process == current_process() || cred_capable(c, CAP_SYS_PTRACE))
		return true;
	return to && c->user.fs == to->user.effective &&
	       c->user.fs == to->user.saved && c->user.fs == to->user.real &&
	       c->group.fs == to->group.effective &&
	       c->group.fs == to->group.saved &&
	       c->group.fs == to->group.real &&
	       atomic_load(&s->process->dumpable);
}

static int
show_environ(pid_t nr, struct proc_text *t)
{
	struct proc_subject s;
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	if (!proc_subject_may_look(&s))
		err = -EACCES;
	else if (s.space)
		put_memory(t, s.space, s.space->env_start, s.space->env_end);
	proc_subject_put(&s);
	return err;
}

static int
show_comm(pid_t nr, struct proc_text *t)
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

void
proc_subject_name(const struct proc_subject *s, char name[16])
{
	if (s->task)
		strlcpy(name, s->task->thread.name, 16);
	else
		process_name(s->process, name);
}

/* Only a process's own tasks may rename it. */
static ssize_t
store_comm(pid_t nr, const char *text, size_t n)
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

/* --- limits, mounts --- */

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

static int
show_limits(pid_t nr, struct proc_text *t)
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

static void
put_mount(void *arg, const struct mount_line *l)
{
	proc_printf(arg, "%s %s %s %s 0 0\n", l->source, l->target, l->type,
		    l->options);
}

static void
put_mountinfo(void *arg, const struct mount_line *l)
{
	proc_printf(arg, "%u %u %u:%u / %s %s - %s %s %s\n", l->id,
		    l->parent_id, dev_major(l->dev), dev_minor(l->dev),
		    l->target, l->options, l->type, l->source, l->options);
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

static int
show_mounts(pid_t nr, struct proc_text *t)
{
	return show_mount_lines(nr, t, put_mount);
}

static int
show_mountinfo(pid_t nr, struct proc_text *t)
{
	return show_mount_lines(nr, t, put_mountinfo);
}

static const struct proc_file process_files[] = {
	{ "stat", 0444, proc_show_stat, NULL },
	{ "statm", 0444, proc_show_statm, NULL },
	{ "status", 0444, proc_show_status, NULL },
	{ "cmdline", 0444, show_cmdline, NULL },
	{ "comm", 0644, show_comm, store_comm },
	{ "environ", 0400, show_environ, NULL },
	{ "maps", 0444, proc_show_maps, NULL },
	{ "limits", 0444, show_limits, NULL },
	{ "mounts", 0444, show_mounts, NULL },
	{ "mountinfo", 0444, show_mountinfo, NULL },
	{ NULL, 0, NULL, NULL },
};

/* --- links --- */

static int
link_exe(pid_t nr, struct path *out)
{
	struct proc_subject s;
	unsigned long irq;
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	irq = proc_tree_enter();
	*out = s.process->exe;
	/* The process holds these while we hold the lock. */
	if (out->dentry && s.space)
		path_get(out);
	else
		err = -ENOENT;
	proc_tree_leave(irq);
	proc_subject_put(&s);
	return err;
}

static int
fs_paths(pid_t nr, struct path *root, struct path *cwd)
{
	struct fs_context *fs = NULL;
	struct proc_subject s;
	unsigned long irq;
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	irq = proc_tree_enter();
	if (s.task && s.task->fs) {
		fs = s.task->fs;
		fs_context_get(fs);
	}
	proc_tree_leave(irq);
	if (fs) {
		fs_context_paths(fs, root, cwd);
		fs_context_put(fs);
	}
	proc_subject_put(&s);
	return fs ? 0 : -ENOENT;
}

int
proc_subject_root(pid_t nr, struct path *out)
{
	return fs_paths(nr, out, NULL);
}

static int
link_cwd(pid_t nr, struct path *out)
{
	return fs_paths(nr, NULL, out);
}

static const struct proc_link process_links[] = {
	{ "exe", link_exe },
	{ "cwd", link_cwd },
	{ "root", proc_subject_root },
	{ NULL, NULL },
};

/* --- the rest of the table --- */

static bool
source_exists(pid_t nr)
{
	unsigned long irq = proc_tree_enter();
	struct pid *id = pid_find(nr);
	bool yes = id && (id->process || id->task);

	proc_tree_leave(irq);
	return yes;
}

static int
source_owner(pid_t nr, uid_t *uid, gid_t *gid)
{
	struct proc_subject s;
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	*uid = 0;
	*gid = 0;
	if (s.cred && atomic_load(&s.process->dumpable)) {
		*uid = s.cred->user.effective;
		*gid = s.cred->group.effective;
	}
	proc_subject_put(&s);
	return 0;
}

static bool
source_may_look(pid_t nr)
{
	struct proc_subject s;
	bool may;

	if (proc_subject_get(nr, &s))
		return true; /* gone: that is said instead */
	may = proc_subject_may_look(&s);
	proc_subject_put(&s);
	return may;
}

static pid_t
source_self(void)
{
	return current_process()->pid;
}

static pid_t
source_thread_self(void)
{
	return current_task()->tid;
}

static pid_t
source_next_thread(pid_t nr, pid_t after)
{
	struct proc_subject s;
	pid_t next;

	if (proc_subject_get(nr, &s))
		return 0;
	next = task_next(s.process, after);
	proc_subject_put(&s);
	return next;
}

/* The subject's descriptor table, with a reference, or NULL. */
static struct fd_table *
subject_files(pid_t nr)
{
	struct fd_table *files = NULL;
	struct proc_subject s;
	unsigned long irq;

	if (proc_subject_get(nr, &s))
		return NULL;
	irq = proc_tree_enter();
	if (s.task && s.task->files) {
		files = s.task->files;
		fd_table_get(files);
	}
	proc_tree_leave(irq);
	proc_subject_put(&s);
	return files;
}

static int
source_next_fd(pid_t nr, int fd)
{
	struct fd_table *files = subject_files(nr);
	int next = -1;

	if (files) {
		next = fd_next(files, fd);
		fd_table_put(files);
	}
	return next;
}

static struct file *
source_fd_file(pid_t nr, int fd)
{
	struct fd_table *files = subject_files(nr);
	struct file *f = NULL;

	if (files) {
		f = fd_get(files, fd);
		fd_table_put(files);
	}
	return f;
}

static const struct procfs_source source = {
	.next = process_next,
	.exists = source_exists,
	.owner = source_owner,
	.may_look = source_may_look,
	.self = source_self,
	.thread_self = source_thread_self,
	.files = process_files,
	.links = process_links,
	.next_thread = source_next_thread,
	.next_fd = source_next_fd,
	.fd_file = source_fd_file,
};

/* --- system-wide files only this layer knows --- */

static int
show_version(pid_t nr, struct proc_text *t)
{
	struct new_utsname n;

	hostname_uname(&n);
	proc_printf(t, "%s version %s %s\n", n.sysname, n.release, n.version);
	return 0;
}

static int
show_hostname(pid_t nr, struct proc_text *t)
{
	struct new_utsname n;

	hostname_uname(&n);
	proc_printf(t, "%s\n", n.nodename);
	return 0;
}

static int
show_osrelease(pid_t nr, struct proc_text *t)
{
	struct new_utsname n;

	hostname_uname(&n);
	proc_printf(t, "%s\n", n.release);
	return 0;
}

static int
show_ostype(pid_t nr, struct proc_text *t)
{
	struct new_utsname n;

	hostname_uname(&n);
	proc_printf(t, "%s\n", n.sysname);
	return 0;
}

static int
show_pid_max(pid_t nr, struct proc_text *t)
{
	proc_printf(t, "%d\n", PID_MAX);
	return 0;
}

static const struct proc_file system_files[] = {
	{ "version", 0444, show_version, NULL },
	{ "sys/kernel/hostname", 0444, show_hostname, NULL },
	{ "sys/kernel/osrelease", 0444, show_osrelease, NULL },
	{ "sys/kernel/ostype", 0444, show_ostype, NULL },
	{ "sys/kernel/pid_max", 0444, show_pid_max, NULL },
};

void
procfs_process_init(void)
{
	procfs_set_source(&source);
	for (unsigned i = 0; i < ARRAY_SIZE(system_files); i++)
		procfs_register(system_files[i].name, &system_files[i]);
}
