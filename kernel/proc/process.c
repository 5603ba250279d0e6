/* SPDX-License-Identifier: MIT */
#include "proc/process.h"

#include <linux/capability.h>

#include "fs/user_account.h"
#include "mm/slab.h"
#include "net/socket.h"
#include "proc/pid.h"
#include "proc/process_priv.h"
#include "proc/signalfd.h"

/*
 * proc/process.c - finding, counting and freeing processes and tasks.
 */

struct spinlock proc_tree_lock =
	SPINLOCK_INIT(LOCK_PROC_TREE, "proc_tree_lock");

/* core(5): private and shared anonymous memory, ELF headers, huge pages. */
#define DUMP_FILTER_DEFAULT 0x33

/* Numbers looked at before others get the lock. */
#define STEPS_UNDER_LOCK 64

atomic_int task_limit = INT32_MAX;
atomic_int task_total = 1; /* PID 1's */

static struct slab_cache *process_cache, *task_cache; /* [I] */

/* Borrowed; the kernel's own threads are no tasks. */
static const struct cred *
running_cred(void)
{
	const struct thread *t = current_thread();

	return t->ops == &task_thread_ops ? current_task()->cred : &cred_root;
}

static pid_t
running_pid(void)
{
	const struct thread *t = current_thread();

	return t->ops == &task_thread_ops ? current_process()->pid : 0;
}

/* mlock(2) beyond its limit. */
static bool
may_lock_more(void)
{
	return cred_capable(running_cred(), CAP_IPC_LOCK);
}

void
process_init(void)
{
	process_cache =
		slab_cache_create("process", sizeof(struct process), 64);
	task_cache = slab_cache_create("task", sizeof(struct task), 64);
	if (!process_cache || !task_cache)
		panic("proc: no memory for the first process");
	signal_init();
	signalfd_init();
	jobctl_init();
	wx_report_init();
	vm_lock_set_privileged(may_lock_more);
	cred_set_current_source(running_cred);
	socket_set_caller_source(running_pid);
}

struct process *
process_create(void)
{
	struct process *p = slab_alloc(process_cache);

	if (!p)
		return NULL;
	refcount_set(&p->refs, 1);
	list_init(&p->children);
	list_init(&p->tracees);
	list_init(&p->sibling);
	list_init(&p->tasks);
	list_init(&p->group_link);
	list_init(&p->session_link);
	wait_queue_init(&p->child_wait);
	wait_queue_init(&p->exec_wait);
	wait_queue_init(&p->pidfd_wait);
	spin_init(&p->signal_lock, LOCK_SIGNAL, "process.signal");
	signal_queue_init(&p->shared_pending);
	itimers_init(p);
	RB_INIT(&p->timers);
	timer_init(&p->cpu_timer, cpu_limit_fired);
	p->start_ns = clock_now_ns();
	atomic_init(&p->dumpable, true);
	atomic_init(&p->marks.login_uid, UINT32_MAX);
	atomic_init(&p->marks.session_id, UINT32_MAX);
	atomic_init(&p->marks.dump_filter, DUMP_FILTER_DEFAULT);
	return p;
}

struct task *
task_create(struct process *p)
{
	struct task *t = slab_alloc(task_cache);

	if (!t)
		return NULL;
	refcount_set(&t->refs, 1);
	list_init(&t->process_link);
	list_init(&t->trace.link);
	signal_queue_init(&t->pending);
	t->alt_stack.flags = SS_DISABLE;
	t->process = p;
	process_get(p);
	return t;
}

/*
 * The file a process runs cannot be opened for writing while it does.  path
 * NULL: it runs none any more.  A caller that gives one has begun to run it
 * already, so that cannot fail here.
 */
void
process_set_exe(struct process *p, const struct path *path)
{
	struct path old, new = { 0 };
	unsigned long irq;

	if (path) {
		new = *path;
		path_get(&new);
		if (inode_run_begin(new.dentry->inode))
			panic("exec: a running file is open for writing");
	}
	irq = proc_tree_enter();
	old = p->exe;
	p->exe = new;
	proc_tree_leave(irq);
	if (old.dentry) {
		inode_run_end(old.dentry->inode);
		path_put(&old);
	}
}

void
process_get(struct process *p)
{
	refcount_get(&p->refs);
}

void
process_put(struct process *p)
{
	if (!refcount_put(&p->refs))
		return;
	signal_queue_flush(&p->shared_pending, ~0ULL);
	process_set_exe(p, NULL);
	if (p->last_cred)
		cred_put(p->last_cred);
	if (p->account)
		user_account_put(p->account);
	slab_free(process_cache, p);
}

void
put_list_run(struct put_list *l)
{
	struct process *p, *next_p;
	struct task *t, *next_t;

	list_for_each_safe (t, next_t, &l->tasks, trace.link) {
		list_remove(&t->trace.link);
		task_put(t);
	}
	list_for_each_safe (p, next_p, &l->processes, sibling) {
		list_remove(&p->sibling);
		process_put(p);
	}
}

void
task_get(struct task *t)
{
	refcount_get(&t->refs);
}

void
task_put(struct task *t)
{
	if (!refcount_put(&t->refs))
		return;
	signal_queue_flush(&t->pending, ~0ULL);
	if (t->cred)
		cred_put(t->cred);
	process_put(t->process);
	slab_free(task_cache, t);
}

struct process *
process_find(pid_t pid)
{
	unsigned long irq = proc_tree_enter();
	struct pid *id = pid_find(pid);
	struct process *p = id ? id->process : NULL;

	if (p)
		process_get(p);
	proc_tree_leave(irq);
	return p;
}

struct task *
task_find(pid_t tid)
{
	unsigned long irq = proc_tree_enter();
	struct pid *id = pid_find(tid);
	struct task *t = id ? id->task : NULL;

	if (t)
		task_get(t);
	proc_tree_leave(irq);
	return t;
}

struct fd_table *
task_files_hold(struct task *t)
{
	unsigned long irq = proc_tree_enter();
	struct fd_table *files = t->files;

	if (files)
		fd_table_hold(files);
	proc_tree_leave(irq);
	return files;
}

/*
 * The next process among the first few numbers after *after: its number, 0 if
 * there are no numbers any more; else *after has moved on.
 */
static bool
process_next_locked(pid_t *after, pid_t *found) REQUIRES(proc_tree_lock)
{
	*found = 0;
	for (int i = 0; i < STEPS_UNDER_LOCK; i++) {
		struct pid *id = pid_at_or_after(*after + 1);

		if (!id)
			return true;
		*after = id->nr;
		if (id->process) {
			*found = id->nr;
			return true;
		}
	}
	return false;
}

/* Threads have numbers too: there may be many between two processes. */
pid_t
process_next(pid_t after)
{
	pid_t found;
	bool done;

	do {
		unsigned long irq = proc_tree_enter();

		done = process_next_locked(&after, &found);
		proc_tree_leave(irq);
	} while (!done);
	return found;
}

/* One that left while it was pointed at: on with the next greater number. */
static pid_t
task_next_greater(struct process *p, pid_t after) REQUIRES(proc_tree_lock)
{
	pid_t best = 0;
	struct task *t;

	list_for_each (t, &p->tasks, process_link)
		if (t->tid > after && (!best || t->tid < best))
			best = t->tid;
	return best;
}

pid_t
task_next(struct process *p, pid_t after)
{
	unsigned long irq = proc_tree_enter();
	struct pid *id = after ? pid_find(after) : NULL;
	struct list_node *next = p->tasks.next;
	pid_t nr = 0;

	if (id && id->task && id->task->process == p &&
	    !list_empty(&id->task->process_link))
		next = id->task->process_link.next;
	else if (after)
		next = NULL;
	if (!next)
		nr = task_next_greater(p, after);
	else if (next != &p->tasks)
		nr = container_of(next, struct task, process_link)->tid;
	proc_tree_leave(irq);
	return nr;
}

struct task *
process_any_task(struct process *p)
{
	unsigned long irq = proc_tree_enter();
	struct task *t = NULL;

	if (!list_empty(&p->tasks)) {
		t = list_first(&p->tasks, struct task, process_link);
		task_get(t);
	}
	proc_tree_leave(irq);
	return t;
}

void
process_name(struct process *p, char out[16])
{
	unsigned long irq = proc_tree_enter();
	const char *name = p->name;

	/* One that was reaped has no number any more. */
	if (p->id && p->id->task)
		name = p->id->task->thread.name;
	strlcpy(out, name, 16);
	proc_tree_leave(irq);
}

const struct cred *
task_cred_get(const struct task *t)
{
	unsigned long irq = proc_tree_enter();
	const struct cred *c = t->cred;

	cred_get(c);
	proc_tree_leave(irq);
	return c;
}

uint64_t
process_limit(struct process *p, unsigned which)
{
	/* One aligned word: a reader sees the old or the new value. */
	return __atomic_load_n(&p->limits[which].rlim_cur, __ATOMIC_RELAXED);
}

static uint64_t
limit_bytes(struct process *p, unsigned which)
{
	uint64_t v = process_limit(p, which);

	return v == (uint64_t)RLIM_INFINITY ? UINT64_MAX : v;
}

struct vm_limits
process_vm_limits(struct process *p)
{
	return (struct vm_limits){
		.address_space = limit_bytes(p, RLIMIT_AS),
		.data = limit_bytes(p, RLIMIT_DATA),
		.stack = limit_bytes(p, RLIMIT_STACK),
		.locked = limit_bytes(p, RLIMIT_MEMLOCK),
	};
}
