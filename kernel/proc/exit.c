/* SPDX-License-Identifier: MIT */
#include <linux/sched.h>

#include "arch/usercopy.h"
#include "core/panic.h"
#include "proc/futex.h"
#include "proc/pid.h"
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

/* Zombies whose new parent will not wait are collected into dead. */
static void
reparent_children_locked(struct process *p, struct list_node *dead)
	REQUIRES(proc_tree_lock)
{
	struct process *parent = new_parent_locked(p), *c, *next;

	list_for_each_safe (c, next, &p->children, sibling) {
		list_remove(&c->sibling);
		c->parent = parent;
		atomic_store(&c->parent_pid, parent->pid);
		c->exit_signal = SIGCHLD;
		list_push_back(&parent->children, &c->sibling);
		if (c->state == PROCESS_ZOMBIE && wait_exit_notify_locked(c)) {
			process_reap_locked(c);
			list_push_back(dead, &c->sibling);
		}
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

/* The last task is gone. */
static void
process_become_zombie_locked(struct process *p, struct list_node *dead)
	REQUIRES(proc_tree_lock)
{
	signal_orphans_locked(p);
	reparent_children_locked(p, dead);
	p->state = PROCESS_ZOMBIE;
	if (wait_exit_notify_locked(p)) {
		process_reap_locked(p);
		list_push_back(dead, &p->sibling);
	}
}

static void
put_dead(struct list_node *dead)
{
	struct process *p, *next;

	list_for_each_safe (p, next, dead, sibling) {
		list_remove(&p->sibling);
		process_put(p);
	}
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

/* Take the task out of its process; true if it was the last. */
static bool
leave_process_locked(struct task *t, struct signal_handlers **handlers)
	REQUIRES(proc_tree_lock)
{
	struct process *p = t->process;
	bool last;

	spin_lock(&p->signal_lock);
	list_remove(&t->process_link);
	last = --p->task_count == 0;
	*handlers = t->handlers;
	t->handlers = NULL;
	spin_unlock(&p->signal_lock);
	/* Whoever execs waits to be alone, also if an exit came between. */
	wait_queue_wake(&p->exec_wait, 0);
	/* A stop that only waited for this task is complete now. */
	if (!last)
		wait_report_stop_locked(p);

	usage_add_task(&p->dead_tasks, t);
	if (last) {
		cred_get(t->cred);
		p->last_cred = t->cred;
	}
	if (t->tid == p->pid)
		strlcpy(p->name, t->thread.name, sizeof(p->name));
	t->id->task = NULL;
	pid_release(t->id);
	t->id = NULL;
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
	itimer_cancel(p);
	timer_cancel(&p->cpu_timer);
	jobctl_exit(p);
}

void
task_exit(int status)
{
	struct task *t = current_task();
	struct process *p = t->process;
	struct signal_handlers *handlers;
	struct list_node dead = LIST_INIT(dead);
	bool last = atomic_fetch_sub(&p->live_tasks, 1) == 1;
	unsigned long irq;

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
	if (leave_process_locked(t, &handlers))
		process_become_zombie_locked(p, &dead);
	proc_tree_leave(irq);
	put_dead(&dead);
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
