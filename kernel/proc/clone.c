/* SPDX-License-Identifier: MIT */
#include <linux/capability.h>
#include <linux/sched.h>

#include "arch/ptrace.h"
#include "arch/trap.h"
#include "arch/usercopy.h"
#include "proc/personality.h"
#include "proc/pid.h"
#include "proc/pidfd.h"
#include "proc/process_priv.h"

/*
 * proc/clone.c - one way to make a task: fork, vfork and threads.
 *
 * Stages over struct cloning, each undone by cloning_undo() in reverse:
 *
 *	check     flags that go together, limits
 *	create    task, kernel stack, and a process unless CLONE_THREAD
 *	share     space, files, fs, handlers: a reference or a copy
 *	publish   number, lists: from here on it exists
 *	start     and, for vfork, wait until it lets go of our memory
 */

#define UNSUPPORTED_FLAGS                                              \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | \
	 CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME)

/* The caller has dealt with CLONE_INTO_CGROUP. */
#define UNKNOWN_FLAGS ~(CLONE_INTO_CGROUP - 1)

struct cloning {
	const struct clone_args_kernel *args;
	struct task *parent, *child;
	struct process *process; /* the child's */
	int pidfd;               /* the parent's, or -1 */
	bool new_process;
	unsigned event; /* PTRACE_EVENT_* the tracer waits for; 0 = none */
};

static int
clone_check_flags(uint64_t flags)
{
	if (flags & (UNSUPPORTED_FLAGS | UNKNOWN_FLAGS))
		return -EINVAL;
	/* PID 1 has no parent to share. */
	if ((flags & CLONE_PARENT) && current_process()->pid == 1)
		return -EINVAL;
	if ((flags & CLONE_THREAD) && !(flags & CLONE_SIGHAND))
		return -EINVAL;
	if ((flags & CLONE_SIGHAND) && !(flags & CLONE_VM))
		return -EINVAL;
	if ((flags & CLONE_SIGHAND) && (flags & CLONE_CLEAR_SIGHAND))
		return -EINVAL;
	if ((flags & CLONE_PIDFD) && (flags & CLONE_THREAD))
		return -EINVAL;
	return 0;
}

/*
 * RLIMIT_NPROC counts the tasks of the real user; root is free of it.  Tasks
 * are counted under proc_tree_lock only, so what is seen here holds until the
 * new one is counted.
 */
static int
clone_check_limit_locked(struct task *parent) REQUIRES(proc_tree_lock)
{
	struct process *p = parent->process;

	if (atomic_load(&task_total) >= atomic_load(&task_limit))
		return -EAGAIN;
	if (p->account->uid == 0 ||
	    atomic_load(&p->account->tasks) < process_limit(p, RLIMIT_NPROC) ||
	    cred_capable(parent->cred, CAP_SYS_RESOURCE) ||
	    cred_capable(parent->cred, CAP_SYS_ADMIN))
		return 0;
	return -EAGAIN;
}

/* Before the work of making one: most who may not are told here. */
static int
clone_check_limit(struct task *parent)
{
	unsigned long irq = proc_tree_enter();
	int err = clone_check_limit_locked(parent);

	proc_tree_leave(irq);
	return err;
}

/* First thing a new task does, on its own stack. */
static void
task_entry(void *arg)
{
	struct task *t = arg;
	int32_t tid = t->tid;

	/* As Linux: a bad address here is the program's own loss. */
	if (t->set_child_tid && put_user(tid, t->set_child_tid))
		t->set_child_tid = NULL;
	trap_return_to_user();
}

static int
clone_create(struct cloning *c)
{
	struct task *parent = c->parent, *t;
	struct trap_frame *frame;
	int err;

	c->new_process = !(c->args->flags & CLONE_THREAD);
	if (c->new_process) {
		c->process = process_create();
		if (!c->process)
			return -ENOMEM;
	} else {
		c->process = parent->process;
		process_get(c->process);
	}
	t = task_create(c->process);
	if (!t)
		goto out_process;
	err = thread_init(&t->thread, parent->thread.name, &task_thread_ops,
			  task_entry, t);
	if (err)
		goto out_task;
	if (arch_xstate_alloc(&t->thread.arch))
		goto out_thread;
	arch_xstate_clone(&t->thread.arch);

	frame = trap_frame_at((char *)t->thread.stack + KERNEL_STACK_SIZE);
	*frame = *trap_current_frame();
	frame->rax = 0;
	/* The debugger's step is the parent's alone. */
	t->thread.arch.step_forced = parent->thread.arch.step_forced;
	arch_step_end(&t->thread.arch, frame);
	if (c->args->stack)
		frame->rsp = c->args->stack;
	t->thread.arch.fs_base = arch_fs_base();
	t->thread.arch.gs_base = arch_gs_base();
	if (c->args->flags & CLONE_SETTLS)
		t->thread.arch.fs_base = c->args->tls;
	c->child = t;
	return 0;

out_thread:
	thread_discard(&t->thread);
out_task:
	task_put(t);
out_process:
	process_put(c->process);
	return -ENOMEM;
}

static int
share_space(struct task *child, struct task *parent, uint64_t flags)
{
	int err;

	if (flags & CLONE_VM) {
		vm_space_get(parent->space);
		child->space = parent->space;
	} else {
		err = vm_space_clone(parent->space, &child->space);
		if (err)
			return err;
	}
	child->thread.mmu = &child->space->tree.mmu;
	return 0;
}

static int
share_files(struct task *child, struct task *parent, uint64_t flags)
{
	if (flags & CLONE_FILES) {
		fd_table_get(parent->files);
		child->files = parent->files;
	} else {
		child->files = fd_table_copy(parent->files);
	}
	if (flags & CLONE_FS) {
		fs_context_join(parent->fs);
		child->fs = parent->fs;
	} else {
		child->fs = fs_context_dup(parent->fs);
	}
	return child->files && child->fs ? 0 : -ENOMEM;
}

static int
share_handlers(struct task *child, struct task *parent, uint64_t flags)
{
	if (flags & CLONE_SIGHAND) {
		signal_handlers_get(parent->handlers);
		child->handlers = parent->handlers;
		return 0;
	}
	child->handlers = signal_handlers_copy(parent->handlers);
	if (child->handlers && (flags & CLONE_CLEAR_SIGHAND))
		signal_handlers_reset(child->handlers);
	return child->handlers ? 0 : -ENOMEM;
}

/* SCHED_RESET_ON_FORK: privileges of scheduling are not passed on. */
static void
reset_scheduling(struct task *child)
{
	struct thread *t = &child->thread;

	if (t->own_class != SCHED_CLASS_NORMAL) {
		thread_set_class(t, SCHED_CLASS_NORMAL, 0);
		thread_set_nice(t, 0);
		child->sched_policy = SCHED_NORMAL;
	} else if (t->nice < 0) {
		thread_set_nice(t, 0);
	}
}

static int
clone_share(struct cloning *c)
{
	struct task *child = c->child, *parent = c->parent;
	uint64_t flags = c->args->flags;
	int err;

	if (c->new_process && parent->process->exe.dentry)
		process_set_exe(c->process, &parent->process->exe);
	cred_get(parent->cred);
	child->cred = parent->cred;
	child->blocked = parent->blocked;
	rseq_clone(child, parent, flags & CLONE_VM);
	child->no_new_privs = parent->no_new_privs;
	atomic_init(&child->personality, task_personality(parent));
	child->timer_slack_ns = parent->timer_slack_ns;
	child->default_slack_ns = parent->timer_slack_ns;
	atomic_init(&child->ioprio, atomic_load(&parent->ioprio));
	child->sched_policy = parent->sched_policy;
	if (parent->reset_on_fork)
		reset_scheduling(child);
	/* A thread or vfork child on its own stack has no alternate one. */
	if (!(flags & CLONE_VM) || (flags & CLONE_VFORK))
		child->alt_stack = parent->alt_stack;
	child->set_child_tid =
		flags & CLONE_CHILD_SETTID ? c->args->child_tid : NULL;
	child->clear_child_tid =
		flags & CLONE_CHILD_CLEARTID ? c->args->child_tid : NULL;
	err = share_files(child, parent, flags);
	if (!err)
		err = share_handlers(child, parent, flags);
	if (!err)
		err = share_space(child, parent, flags);
	return err;
}

/* Undo create and share of a child that was never published. */
static void
clone_undo(struct cloning *c)
{
	struct task *t = c->child;

	if (t->space)
		vm_space_put(t->space);
	if (t->handlers)
		signal_handlers_put(t->handlers);
	if (t->fs)
		fs_context_leave(t->fs);
	if (t->files)
		fd_table_put(t->files);
	arch_xstate_free(&t->thread.arch);
	thread_discard(&t->thread);
	task_put(t);
	process_put(c->process);
}

/*
 * CLONE_PIDFD: the parent's descriptor of the child, after the child has got
 * its own.  Until the child is published it names nothing.
 */
static int
clone_open_pidfd(struct cloning *c)
{
	int limit = (int)MIN(process_limit(c->parent->process, RLIMIT_NOFILE),
			     FD_LIMIT_MAX);
	struct file *f;
	int err;

	if (!(c->args->flags & CLONE_PIDFD))
		return 0;
	err = pidfd_create(c->process, 0, &f);
	if (err)
		return err;
	c->pidfd = fd_install(c->parent->files, f, 0, limit, true);
	if (c->pidfd < 0) {
		file_put(f);
		return c->pidfd;
	}
	return put_user(c->pidfd, c->args->pidfd);
}

/* What a new process takes from its parent; proc_tree_lock held. */
static void
process_inherit_locked(struct process *p, struct process *from)
	REQUIRES(proc_tree_lock)
{
	spin_lock(&from->signal_lock);
	memcpy(p->limits, from->limits, sizeof(p->limits));
	spin_unlock(&from->signal_lock);
	user_account_ref(from->account);
	p->account = from->account;
	p->tty = from->tty;
	atomic_store(&p->dumpable, atomic_load(&from->dumpable));
	p->marks = from->marks;
	if (!(p->marks.strace & STRACE_CHILDREN))
		atomic_store(&p->marks.strace, 0);
	session_join_locked(p, from->session);
	group_join_locked(p, from->group);
}

static void
process_adopt_locked(struct cloning *c, struct process *p)
	REQUIRES(proc_tree_lock)
{
	struct process *parent = c->parent->process;

	process_inherit_locked(p, parent);
	p->exit_signal = c->args->exit_signal;
	if (c->args->flags & CLONE_PARENT) {
		p->exit_signal = parent->exit_signal;
		parent = parent->parent ? parent->parent : parent;
	}
	p->parent = parent;
	p->parent_tid = c->args->flags & CLONE_PARENT
				? c->parent->process->parent_tid
				: c->parent->tid;
	atomic_store(&p->parent_pid, parent->pid);
	list_push_back(&parent->children, &p->sibling);
}

/* The next number, or the one that was asked for. */
static int
clone_number_locked(pid_t wanted, struct pid **out) REQUIRES(proc_tree_lock)
{
	if (wanted && pid_find(wanted))
		return -EEXIST;
	*out = wanted ? pid_alloc_number(wanted) : pid_alloc();
	return *out ? 0 : -EAGAIN;
}

/*
 * Make the child exist.  A caller with a signal pending takes that first, so
 * that a signal sent to its group reaches either parent alone or both.
 */
static int
clone_publish(struct cloning *c, struct vfork_wait *vfork)
{
	struct process *p = c->process;
	struct task *t = c->child;
	unsigned long irq = proc_tree_enter();
	struct pid *id;
	int err;

	if (signal_pending(c->parent)) {
		proc_tree_leave(irq);
		return -ERESTARTNOINTR;
	}
	err = clone_check_limit_locked(c->parent);
	if (!err)
		err = clone_number_locked(c->args->set_tid, &id);
	if (err) {
		proc_tree_leave(irq);
		return err;
	}
	t->id = id;
	t->tid = id->nr;
	id->task = t;
	if (c->new_process) {
		p->id = id;
		p->pid = id->nr;
		id->process = p;
		process_adopt_locked(c, p);
	}
	t->vfork = vfork;
	atomic_fetch_add(&p->account->tasks, 1);
	atomic_fetch_add(&task_total, 1);
	spin_lock(&p->signal_lock);
	list_push_back(&p->tasks, &t->process_link);
	p->task_count++;
	atomic_fetch_add(&p->live_tasks, 1);
	spin_unlock(&p->signal_lock);
	if (unlikely(c->parent->trace.tracer) &&
	    (c->event || (c->args->flags & CLONE_PTRACE)))
		ptrace_inherit_locked(t, c->parent);
	spin_lock(&p->signal_lock);
	if (unlikely(atomic_load(&p->marks.strace) & STRACE_ON))
		t->syscall_work |= SYSCALL_WORK_LOG;
	signal_recalculate_locked(t);
	spin_unlock(&p->signal_lock);
	proc_tree_leave(irq);
	return 0;
}

/* What to call it for a tracer; 0: it does not want to know. */
static unsigned
clone_event(const struct clone_args_kernel *a)
{
	unsigned event = PTRACE_EVENT_FORK;

	if (a->flags & CLONE_UNTRACED)
		return 0;
	if (a->flags & CLONE_VFORK)
		event = PTRACE_EVENT_VFORK;
	else if (a->exit_signal != SIGCHLD)
		event = PTRACE_EVENT_CLONE;
	return ptrace_event_wanted(current_task(), event) ? event : 0;
}

/* A vfork child that sets limits for what it will exec did so in our space. */
static void
restore_limits(struct task *t)
{
	struct vm_limits ours = process_vm_limits(t->process);
	struct vm_space *s = t->space;

	if (!memcmp(&ours, &s->limits, sizeof(ours)))
		return;
	mutex_lock(&s->lock);
	s->limits = ours;
	mutex_unlock(&s->lock);
}

/*
 * The child borrows our memory until it execs or exits.  Only our own end
 * comes before that: then the child goes on alone.
 */
static void
vfork_wait_for(struct vfork_wait *w, struct task *child)
{
	struct task *self = current_task();
	unsigned long irq;

	wait_event(&w->queue, w->done || task_is_killed(self));
	/* Whoever set done is through with w once we have had its lock. */
	irq = proc_tree_enter();
	if (child->vfork == w)
		child->vfork = NULL;
	proc_tree_leave(irq);
	restore_limits(self);
}

long
process_clone(const struct clone_args_kernel *a)
{
	struct cloning c = { .args = a, .parent = current_task(), .pidfd = -1 };
	struct vfork_wait vfork = { .done = false };
	bool wait = a->flags & CLONE_VFORK;
	int err;
	long tid;

	err = clone_check_flags(a->flags);
	if (!err)
		err = clone_check_limit(c.parent);
	if (!err)
		err = clone_create(&c);
	if (err)
		return err;
	c.event = clone_event(a);
	wait_queue_init(&vfork.queue);
	err = clone_share(&c);
	if (!err)
		err = clone_open_pidfd(&c);
	if (!err)
		err = clone_publish(&c, wait ? &vfork : NULL);
	if (err) {
		if (c.pidfd >= 0)
			(void)fd_close(c.parent->files, c.pidfd);
		clone_undo(&c);
		return err;
	}
	tid = c.child->tid;
	if (a->flags & CLONE_PARENT_SETTID) {
		int32_t nr = (int32_t)tid;

		/* As Linux: the child exists, a bad address is ignored. */
		if (put_user(nr, a->parent_tid))
			nr = 0;
	}
	if (c.new_process)
		cpu_limit_start(c.process);
	task_get(c.child);
	thread_start(&c.child->thread);
	if (unlikely(c.event))
		ptrace_event(c.parent, c.event, (uint64_t)tid);
	if (wait) {
		vfork_wait_for(&vfork, c.child);
		ptrace_event(c.parent, PTRACE_EVENT_VFORK_DONE, (uint64_t)tid);
	}
	task_put(c.child);
	if (!c.new_process)
		process_put(c.process);
	return tid;
}
