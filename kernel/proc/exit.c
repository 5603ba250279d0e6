/* SPDX-License-Identifier: MIT */
#include <linux/sched.h>

#include "arch/usercopy.h"
#include "core/panic.h"
#include "proc/futex.h"
#include "proc/pid.h"
#include "proc/posix_timer.h"
#include "proc/process_priv.h"

/*
 * proc/exit.c - the end of tasks and processes.
 *
 *	task_exit     lets go of user memory, files, handlers; leaves the
 *	              process; runs off its stack
 *	  last task:  the process becomes a zombie, its children go to a new
 *	              parent, its own parent is told
 *	released      (scheduler, off the stack) frees stack and task
 *
 * The order within a task: first what may sleep or touch user memory, then
 * one step under proc_tree_lock, then never sleep again.
 */

static void
task_released(struct thread *thread)
{
	struct task *t = (struct task *)thread;

	arch_xstate_free(&t->thread.arch);
	thread_free_stack(&t->thread);
	task_put(t);
}

const struct thread_ops task_thread_ops = { .released = task_released };

void
task_vfork_release(struct task *t)
{
	unsigned long irq = proc_tree_enter();
	struct vfork_wait *w = t->vfork;

	/* The waiter's stack holds w: it is gone once done is seen. */
	if (w) {
		t->vfork = NULL;
		w->done = true;
		wait_queue_wake(&w->queue, 0);
	}
	proc_tree_leave(irq);
}

/* Tell the C library that the thread is gone: pthread_join() waits for it. */
static void
clear_child_tid(struct task *t)
{
	int32_t zero = 0;

	if (!t->clear_child_tid)
		return;
	/* Nobody else is left to see it: spare the page a copy. */
	if (refcount_read(&t->space->users) == 1)
		t->clear_child_tid = NULL;
	else if (!put_user(zero, t->clear_child_tid))
		(void)futex_wake((uint32_t USER *)t->clear_child_tid, 1,
				 FUTEX_BITSET_MATCH_ANY, false);
	t->clear_child_tid = NULL;
}

void
task_detach_memory(struct task *t)
{
	futex_exit_robust(t);
	futex_pi_exit(t);
	clear_child_tid(t);
}

static void
task_leave_space(struct task *t, bool last)
{
	struct vm_space *space = t->space;
	unsigned long irq;

	if (!space)
		return;
	task_detach_memory(t);

	irq = proc_tree_enter();
	spin_lock(&t->process->signal_lock);
	t->space = NULL;
	if (last)
		usage_add_last_space(&t->process->dead_tasks, space);
	spin_unlock(&t->process->signal_lock);
	proc_tree_leave(irq);

	thread_set_mmu(NULL);
	if (last)
		process_set_exe(t->process, NULL);
	task_vfork_release(t);
	vm_space_put(space);
}

static void
task_leave_files(struct task *t)
{
	struct process *p = t->process;
	struct fd_table *files = t->files;
	struct fs_context *fs = t->fs;
	unsigned long irq = proc_tree_enter();

	spin_lock(&p->signal_lock);
	t->files = NULL;
	t->fs = NULL;
	spin_unlock(&p->signal_lock);
	proc_tree_leave(irq);
	if (files)
		fd_table_put(files);
	if (fs)
		fs_context_leave(fs);
}

/* --- children of a dying process --- */

/* Who inherits: the nearest subreaper above, else PID 1. */
static struct process *
new_parent_locked(struct process *p) REQUIRES(proc_tree_lock)
{
	struct process *up;

	for (up = p->parent; up && up->parent; up = up->parent)
		if (up->child_subreaper && up->state == PROCESS_ALIVE)
			return up;
	return pid_find(1)->process;
}

/* Zombies whose new parent will not wait are put. */
static void
reparent_children_locked(struct process *p, struct put_list *puts)
	REQUIRES(proc_tree_lock)
{
	struct process *parent = new_parent_locked(p), *c, *next;

	list_for_each_safe (c, next, &p->children, sibling) {
		list_remove(&c->sibling);
		c->parent = parent;
		atomic_store(&c->parent_pid, parent->pid);
		c->exit_signal = SIGCHLD;
		list_push_back(&parent->children, &c->sibling);
		if (c->state == PROCESS_ZOMBIE)
			process_announce_zombie_locked(c, puts);
	}
}

/* PR_SET_PDEATHSIG of the children. */
static void
signal_orphans_locked(struct process *p) REQUIRES(proc_tree_lock)
{
	struct process *c;
	struct task *t;

	list_for_each (c, &p->children, sibling) {
		list_for_each (t, &c->tasks, process_link) {
			int signo = t->pdeath_signal;

			if (signo)
				(void)signal_send_from_tree(c, signo, NULL);
		}
	}
}

/* Does somebody trace the leader who is not the parent? */
static bool
traced_by_stranger(const struct process *p) REQUIRES(proc_tree_lock)
{
	return p->dead_leader &&
	       p->dead_leader->trace.tracer->process != p->parent;
}

bool
process_waitable_locked(const struct process *p)
{
	return p->state == PROCESS_ZOMBIE && !p->held_tasks &&
	       !traced_by_stranger(p);
}

/*
 * The last dead task that is traced makes the process a zombie to others, the
 * leader's tracer makes it one to the parent.
 */
void
process_announce_zombie_locked(struct process *p, struct put_list *puts)
{
	int status = p->exit_status;

	if (p->held_tasks)
		return;
	if (traced_by_stranger(p)) {
		if (ptrace_notify_locked(p->dead_leader,
					 wait_status_to_code(status),
					 wait_status_value(status)))
			ptrace_drop_dead_locked(p->dead_leader, puts);
	} else if (wait_exit_notify_locked(p)) {
		process_reap_locked(p);
		list_push_back(&puts->processes, &p->sibling);
	}
}

/* The last task is gone. */
static void
process_become_zombie_locked(struct process *p, struct put_list *puts)
	REQUIRES(proc_tree_lock)
{
	signal_orphans_locked(p);
	reparent_children_locked(p, puts);
	p->state = PROCESS_ZOMBIE;
	wait_queue_wake(&p->pidfd_wait, POLLIN);
	process_announce_zombie_locked(p, puts);
}

/* t takes no signals from now on; those of the process are others' to take. */
static void
stop_taking_signals(struct task *t)
{
	struct process *p = t->process;
	unsigned long irq = spin_lock_irq(&p->signal_lock);
	uint64_t mask = p->shared_pending.mask;

	t->leaving = true;
	for (; mask; mask &= mask - 1)
		signal_wake_taker_locked(p, __builtin_ctzll(mask) + 1);
	spin_unlock_irq(&p->signal_lock, irq);
}

/*
 * t's number is free again, unless a tracer is yet to hear of its end: a
 * leader's when all of the process has ended, any other's now.
 */
static void
leave_number_locked(struct task *t, struct put_list *puts)
	REQUIRES(proc_tree_lock)
{
	struct process *p = t->process;
	struct tracee *tr = &t->trace;
	int status = tr->exit_status;

	t->id->task = NULL;
	if (likely(!tr->tracer)) {
		pid_release(t->id);
		t->id = NULL;
		return;
	}
	tr->dead = true;
	if (t->tid == p->pid) {
		t->id = NULL;
		p->dead_leader = t;
		return;
	}
	t->id->held++;
	p->held_tasks++;
	if (ptrace_notify_locked(t, wait_status_to_code(status),
				 wait_status_value(status)))
		ptrace_drop_dead_locked(t, puts);
}

/* Take the task out of its process; true if it was the last. */
static bool
leave_process_locked(struct task *t, struct signal_handlers **handlers,
		     struct put_list *puts) REQUIRES(proc_tree_lock)
{
	struct process *p = t->process;
	bool last;

	spin_lock(&p->signal_lock);
	list_remove(&t->process_link);
	last = --p->task_count == 0;
	/* A tracer may let one go on and end inside a group stop. */
	p->stopped_tasks -= t->at_rest;
	*handlers = t->handlers;
	t->handlers = NULL;
	usage_add_task(&p->dead_tasks, t);
	spin_unlock(&p->signal_lock);
	/* Whoever execs waits to be alone, also if an exit came between. */
	wait_queue_wake(&p->exec_wait, 0);
	/* A stop that only waited for this task is complete now. */
	if (!last)
		wait_report_stop_locked(p);

	if (last) {
		cred_get(t->cred);
		p->last_cred = t->cred;
	}
	if (t->tid == p->pid)
		strlcpy(p->name, t->thread.name, sizeof(p->name));
	leave_number_locked(t, puts);
	atomic_fetch_sub(&p->account->tasks, 1);
	atomic_fetch_sub(&task_total, 1);
	return last;
}

/* Before the last task leaves: what needs a living process, and may sleep. */
static void
process_prepare_exit(struct process *p)
{
	if (p->pid == 1)
		panic("init exited with status %#x", p->exit_status);
	itimers_end(p);
	posix_timers_end(p);
	timer_cancel(&p->cpu_timer);
	jobctl_exit(p);
}

/* As wait4 shows it: of a process that ends as a whole, what all end with. */
static int
exit_status_of(struct task *t, int status)
{
	struct process *p = t->process;
	unsigned long irq = spin_lock_irq(&p->signal_lock);
	int wait_status = (status & 0xff) << 8;

	if (p->exiting)
		wait_status = p->exec_task ? 0 : p->exit_status;
	spin_unlock_irq(&p->signal_lock, irq);
	return wait_status;
}

void
task_exit(int status)
{
	struct task *t = current_task();
	struct process *p = t->process;
	struct signal_handlers *handlers;
	struct put_list puts = PUT_LIST_INIT(puts);
	unsigned long irq;
	bool last;

	ptrace_report_exit(t, exit_status_of(t, status));
	last = atomic_fetch_sub(&p->live_tasks, 1) == 1;
	stop_taking_signals(t);
	if (last) {
		irq = spin_lock_irq(&p->signal_lock);
		process_begin_exit_locked(p, (status & 0xff) << 8);
		spin_unlock_irq(&p->signal_lock, irq);
		process_prepare_exit(p);
	}
	task_leave_space(t, last);
	task_leave_files(t);

	irq = proc_tree_enter();
	if (unlikely(!list_empty(&p->tracees)))
		ptrace_tracer_exit_locked(t, &puts);
	if (leave_process_locked(t, &handlers, &puts))
		process_become_zombie_locked(p, &puts);
	proc_tree_leave(irq);
	put_list_run(&puts);
	signal_handlers_put(handlers);
	thread_exit();
}

void
process_exit(int wait_status)
{
	struct process *p = current_process();
	unsigned long irq = spin_lock_irq(&p->signal_lock);

	process_begin_exit_locked(p, wait_status);
	spin_unlock_irq(&p->signal_lock, irq);
	task_exit(0);
}
