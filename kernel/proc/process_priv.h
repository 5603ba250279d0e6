/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/process_priv.h - what the files of proc/ share among themselves.
 */

#include "arch/clock.h"
#include "core/klog.h"
#include "core/spinlock.h"
#include "fs/user_account.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "proc/process.h"

/* process.c: zeroed, with one reference and empty lists. NULL = no memory. */
struct process *process_create(void);
struct task *task_create(struct process *p);
/* What /proc/PID/exe names; NULL = nothing any more. */
void process_set_exe(struct process *p, const struct path *path);

/*
 * References to drop when proc_tree_lock is no longer held.  What is on a list
 * is out of the tree: its own links hold it there.
 */
struct put_list {
	struct list_node processes; /* of sibling */
	struct list_node tasks;     /* of trace.link */
};
#define PUT_LIST_INIT(name)                                          \
	{                                                            \
		LIST_INIT((name).processes), LIST_INIT((name).tasks) \
	}
void put_list_run(struct put_list *l); /* process.c */

/* signal_queue.c */

/* One pending signal with its details; of a timer, it is part of that. */
struct signal_entry {
	struct list_node link;        /* [S] */
	struct user_account *account; /* [I] who pays; a reference */
	struct posix_timer *timer;    /* [S] it is part of, and is queued for */
	struct siginfo info;          /* [S] */
};

void signal_init(void);
/* Queue an entry that exists; never refused. */
void signal_queue_entry(struct signal_queue *q, struct signal_entry *e);
/* Take it back. */
void signal_queue_withdraw(struct signal_queue *q, struct signal_entry *e);
/*
 * Send such a signal to p, or to one task of it; false: it is ignored.
 * signal_lock is held.
 */
bool signal_send_entry_locked(struct process *p, struct task *only,
			      struct signal_entry *e);
/* The index-th entry; false: there are not so many. */
bool signal_queue_peek(const struct signal_queue *q, uint64_t index,
		       struct siginfo *out);
/* 0, or -EAGAIN for a queued signal of a program over its limit. */
int signal_queue_add(struct process *p, struct signal_queue *q, int signo,
		     const struct siginfo *info);
/* Next signal of t not in blocked, 0 = none; t's signal_lock held. */
int
signal_dequeue_locked(struct task *t, uint64_t blocked, struct siginfo *info);

/* signal.c; _locked: the process's signal_lock is held. */
void signal_discard_locked(struct process *p, uint64_t mask);
/* Would t, if it took signo now, do nothing? */
bool signal_disposition_ignores(struct task *t, int signo);
void signal_recalculate_locked(struct task *t);
/* Interrupt the task that should take a signal of the whole process. */
void signal_wake_taker_locked(struct process *p, int signo);
/* Make every task of p notice exiting or stopped. */
void signal_wake_all_locked(struct process *p);
/* As signal_send_process(), with proc_tree_lock held. */
int signal_send_from_tree(struct process *p, int signo,
			  const struct siginfo *info) REQUIRES(proc_tree_lock);
/* To one task of it, if only is not NULL. */
int signal_send_one_from_tree(struct process *p, struct task *only, int signo,
			      const struct siginfo *info)
	REQUIRES(proc_tree_lock);
/* As signal_wake_all_locked(); and who is to die leaves its tracer's stop. */
void signal_kill_all_locked(struct process *p);
/* Every task of p ends; the first status counts. signal_lock held. */
void process_begin_exit_locked(struct process *p, int wait_status);

/* Has t been told to end?  A glance: whoever is told is woken afterwards. */
static inline bool
task_is_killed(const struct task *t)
{
	const struct process *p = t->process;

	return __atomic_load_n(&p->exiting, __ATOMIC_RELAXED) &&
	       __atomic_load_n(&p->exec_task, __ATOMIC_RELAXED) != t;
}

/*
 * Go through signal delivery before user mode is reached: for a system call
 * that leaves a restart code though no signal may have come to this very task.
 */
static inline void
signal_look_again(void)
{
	atomic_store(&current_thread()->interrupted, true);
}

enum signal_default {
	SIGNAL_TERMINATE,
	SIGNAL_CORE,
	SIGNAL_STOP,
	SIGNAL_CONTINUE,
	SIGNAL_IGNORE,
};
enum signal_default signal_default_of(int signo);

/* wx_report.c: reads wx= of the command line. */
void wx_report_init(void);

/* cpu_limit.c */
void cpu_limit_fired(struct timer *t);

/* itimer.c */
void itimers_init(struct process *p);
/* p exits: they are off for good. */
void itimers_end(struct process *p);

/* wait.c: flags of p's action for SIGCHLD, and whether it is ignored. */
uint64_t wait_sigchld_flags(struct process *p, bool *ignored);
int wait_status_value(int wait_status); /* si_status */
/* Tell the parent that p changed (exit, stop, continue). */
void wait_notify_parent_locked(struct process *p, int code, int status)
	REQUIRES(proc_tree_lock);
/* If all of p's tasks have come to rest, that is news for its parent. */
void wait_report_stop_locked(struct process *p) REQUIRES(proc_tree_lock);
/* p became a zombie.  True: nobody will wait for it, reap it at once. */
bool wait_exit_notify_locked(struct process *p) REQUIRES(proc_tree_lock);
/* Take a zombie out of the tree; the caller drops the tree's reference. */
void process_reap_locked(struct process *p) REQUIRES(proc_tree_lock);
int wait_status_to_code(int wait_status); /* CLD_EXITED... */

/* jobctl.c */
void jobctl_init(void);
void group_join_locked(struct process *p, struct pid *group)
	REQUIRES(proc_tree_lock);
void group_leave_locked(struct process *p) REQUIRES(proc_tree_lock);
void session_join_locked(struct process *p, struct pid *session)
	REQUIRES(proc_tree_lock);
/* Would the group be orphaned if the process `gone` (or NULL) did not exist? */
bool group_orphaned_locked(struct pid *group, const struct process *gone)
	REQUIRES(proc_tree_lock);
/* Leave group and session for ever. */
void jobctl_reap_locked(struct process *p) REQUIRES(proc_tree_lock);
/* p is exiting: groups it held together are told, its terminal hangs up. */
void jobctl_exit(struct process *p);

/* exit.c */
/* p is a zombie, or a reason to hide it is gone: tell who is to know. */
void process_announce_zombie_locked(struct process *p, struct put_list *puts)
	REQUIRES(proc_tree_lock);
/* Is p, a zombie, its parent's to wait for by now? */
bool process_waitable_locked(const struct process *p) REQUIRES(proc_tree_lock);
/* The last things the task does to its old memory: robust locks, its TID. */
void task_detach_memory(struct task *t);
/* Let the vfork parent go on: we have left its memory. */
void task_vfork_release(struct task *t);
extern const struct thread_ops task_thread_ops;

/* ptrace_link.c: is t the task that made p, or stands for it? */
bool ptrace_child_of_locked(struct process *p, const struct task *t)
	REQUIRES(proc_tree_lock);

/* usage.c */
void usage_add_task(struct usage *u, const struct task *t);
void usage_add_last_space(struct usage *u, struct vm_space *s);
void usage_add(struct usage *to, const struct usage *from);
/* All that p's tasks, dead and alive, have used.  Takes the signal_lock. */
void process_usage(struct process *p, struct usage *out);
void usage_to_rusage(const struct usage *u, struct rusage *out);

/* clone.c: a parent's wait for its vfork child, on the parent's stack. */
struct vfork_wait {
	struct wait_queue queue;
	atomic_bool done; /* [a] set under proc_tree_lock */
};
