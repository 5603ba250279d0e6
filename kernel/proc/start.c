/* SPDX-License-Identifier: MIT */
#include <linux/fcntl.h>

#include "arch/trap.h"
#include "core/cmdline.h"
#include "proc/pid.h"
#include "proc/process_priv.h"
#include "proc/strace.h"

/*
 * proc/start.c - PID 1: the only process that is not made by clone().
 *
 * Its task begins in the kernel, opens the console as descriptors 0, 1 and 2,
 * and executes the first program that can be.
 */

#define INIT_WORDS 64

static const char *const default_env[] = { "HOME=/", "TERM=linux", NULL };
static const char *const *init_paths; /* [I] */
static unsigned initial_strace;       /* [I] enum strace_bits of PID 1 */

static const struct rlimit initial_limits[RLIM_NLIMITS] = {
	[RLIMIT_CPU] = { RLIM_INFINITY, RLIM_INFINITY },
	[RLIMIT_FSIZE] = { RLIM_INFINITY, RLIM_INFINITY },
	[RLIMIT_DATA] = { RLIM_INFINITY, RLIM_INFINITY },
	[RLIMIT_STACK] = { 8UL << 20, RLIM_INFINITY },
	[RLIMIT_CORE] = { 0, RLIM_INFINITY },
	[RLIMIT_RSS] = { RLIM_INFINITY, RLIM_INFINITY },
	[RLIMIT_NOFILE] = { 1024, 4096 },
	[RLIMIT_MEMLOCK] = { 8UL << 20, 8UL << 20 },
	[RLIMIT_AS] = { RLIM_INFINITY, RLIM_INFINITY },
	[RLIMIT_LOCKS] = { RLIM_INFINITY, RLIM_INFINITY },
	[RLIMIT_MSGQUEUE] = { 819200, 819200 },
	[RLIMIT_NICE] = { 0, 0 },
	[RLIMIT_RTPRIO] = { 0, 0 },
	[RLIMIT_RTTIME] = { RLIM_INFINITY, RLIM_INFINITY },
};

/*
 * As Linux: half as many tasks as kernel stacks and their kin (about 64 KiB
 * each) would fill memory with, and as many queued signals.
 */
static void
set_limits(struct process *p)
{
	struct frame_stats stats;
	uint64_t tasks;

	frame_stats(&stats);
	tasks = MAX(stats.total / 16 / 2, 64);
	memcpy(p->limits, initial_limits, sizeof(p->limits));
	atomic_store(&task_limit, (int)MIN(2 * tasks, PID_MAX));
	p->limits[RLIMIT_NPROC] = (struct rlimit){ tasks, tasks };
	p->limits[RLIMIT_SIGPENDING] = (struct rlimit){ tasks, tasks };
}

static void
open_console(struct task *t)
{
	struct walk w = current_walk();
	struct file *f;
	int err = path_open(&w, "/dev/console", O_RDWR, 0, &f);

	if (err) {
		klog(KLOG_WARNING, "init: no /dev/console (error %d)", -err);
		return;
	}
	for (int i = 0; i < 3; i++) {
		file_get(f);
		if (fd_install(t->files, f, 0, 1024, false) < 0)
			file_put(f);
	}
	file_put(f);
}

static void
collect_words(const char **argv, const char **envp)
{
	const char *word;
	unsigned n;

	for (n = 1; n < INIT_WORDS && (word = cmdline_init_arg(n - 1)); n++)
		argv[n] = word;
	argv[n] = NULL;
	for (n = 0; default_env[n]; n++)
		envp[n] = default_env[n];
	for (unsigned i = 0; n < INIT_WORDS && (word = cmdline_init_env(i));
	     i++)
		envp[n++] = word;
	envp[n] = NULL;
}

static void
init_entry(void *arg)
{
	static const char *argv[INIT_WORDS + 1], *envp[INIT_WORDS + 1];
	struct walk w;
	long err;

	open_console(arg);
	collect_words(argv, envp);
	w = current_walk();
	for (unsigned i = 0; init_paths[i]; i++) {
		argv[0] = init_paths[i];
		err = process_exec(&w, AT_FDCWD, init_paths[i], 0,
				   (struct exec_strings){ .kernel = argv },
				   (struct exec_strings){ .kernel = envp });
		if (!err)
			trap_return_to_user();
		klog(err == -ENOENT ? KLOG_DEBUG : KLOG_ERR,
		     "init: cannot execute %s (error %ld)", init_paths[i],
		     -err);
	}
	panic("init: nothing to execute as PID 1: tried %s first",
	      init_paths[0]);
}

static struct task *
create_init_task(struct fs_context *fs)
{
	struct process *p = process_create();
	struct task *t = p ? task_create(p) : NULL;

	if (!t)
		return NULL;
	t->files = fd_table_create();
	t->handlers = signal_handlers_create();
	t->cred = cred_dup(&cred_root);
	t->timer_slack_ns = t->default_slack_ns = TIMER_SLACK_NS;
	p->account = user_account_get(0);
	fs_context_join(fs);
	t->fs = fs;
	if (!t->files || !t->handlers || !t->cred || !p->account)
		return NULL;
	if (thread_init(&t->thread, "init", &task_thread_ops, init_entry, t) ||
	    arch_xstate_alloc(&t->thread.arch))
		return NULL;
	return t;
}

void
process_log_calls(void)
{
	initial_strace = STRACE_ON | STRACE_CHILDREN | STRACE_FILTERED;
}

void
process_start_init(const char *const *paths, struct fs_context *fs)
{
	struct task *t = create_init_task(fs);
	struct process *p;
	unsigned long irq;
	struct pid *id;

	if (!t)
		panic("init: no memory for PID 1");
	init_paths = paths;
	p = t->process;
	set_limits(p);
	p->exit_signal = SIGCHLD;
	p->unkillable = true;
	irq = proc_tree_enter();
	id = pid_alloc();
	if (!id || id->nr != 1)
		panic("init: PID 1 is taken");
	id->task = t;
	id->process = p;
	t->id = id;
	p->id = id;
	t->tid = p->pid = 1;
	session_join_locked(p, &kernel_pid);
	group_join_locked(p, &kernel_pid);
	list_push_back(&p->tasks, &t->process_link);
	p->task_count = 1;
	atomic_store(&p->live_tasks, 1);
	atomic_store(&p->account->tasks, 1);
	proc_tree_leave(irq);
	if (initial_strace)
		strace_set(p, initial_strace);
	thread_start(&t->thread);
}
