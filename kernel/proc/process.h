/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/process.h - processes and tasks.
 *
 * A task is one thread of a program: what clone(2) makes.  A process is a
 * thread group: the tasks that share a PID, signals sent to it, children and
 * an exit status.  What clone can share or not (space, files, fs, signal
 * handlers) hangs off the task, each with its own reference count, so fork,
 * vfork, pthread_create and posix_spawn are one piece of code.
 *
 * Life of a process: created by clone (state R), last task exits -> zombie:
 * it keeps PID, status and times until wait() of its parent, then is freed.
 *
 * Locking: LOCK_PROC_TREE (one spinlock, proc_tree_lock): parent, children,
 *          group and session links, the lists of tasks, exit state.
 *          process.signal_lock (spin, irq-safe, LOCK_SIGNAL): pending signals,
 *          handlers, stop state.
 * References: the PID table holds a process until it is reaped; others take
 *          references with process_get().
 */

#include <asm/signal.h>
#include <asm/resource.h>
#include <linux/resource.h>
#include <linux/time.h>

#include "core/refcount.h"
#include "core/timer.h"
#include "fs/path.h"
#include "proc/fdtable.h"
#include "proc/signal.h"
#include "sched/thread.h"
#include "sched/waitq.h"
#include "vm/space.h"

struct task;
struct tty;

enum process_state {
	PROCESS_ALIVE,
	PROCESS_ZOMBIE,
	PROCESS_REAPED,
};

/* Times and counts of dead children, or of dead tasks of this process. */
struct usage {
	uint64_t user_ns, kernel_ns;
	uint64_t minor_faults, major_faults;
	uint64_t voluntary, involuntary;
	uint64_t peak_pages;
};

/*
 *	I  immutable after creation
 *	T  proc_tree_lock
 *	S  signal_lock
 *	a  atomic
 */
struct process {
	struct refcount refs;           /* [a] */
	pid_t pid;                      /* [I] */
	struct process *parent;         /* [T] */
	struct list_node children;      /* [T] of sibling */
	struct list_node sibling;       /* [T] */
	struct list_node tasks;         /* [T] of task.process_link */
	unsigned task_count;            /* [T] alive */
	struct task *leader;            /* [T] first task; NULL once released */

	pid_t group, session;           /* [T] */
	struct list_node group_link;    /* [T] processes of one group */
	struct list_node session_link;  /* [T] */
	struct tty *tty;                /* [T] controlling terminal */
	bool has_execed;                /* [T] setpgid() is refused then */

	enum process_state state;       /* [T] */
	bool exiting;                   /* [S] exit_group under way */
	int exit_status;                /* [T] as wait4 reports it */
	int exit_signal;                /* [T] to the parent, 0 = none */
	struct wait_queue child_wait;   /* wait4() of this process sleeps here */
	bool wait_stopped;              /* [T] a stop not yet reported */
	bool wait_continued;            /* [T] a continue not yet reported */
	int stop_signal;                /* [T] that stopped it */

	struct spinlock signal_lock;
	struct signal_queue shared_pending; /* [S] */
	bool stopped;                   /* [S] job control stop in effect */
	struct timer alarm;             /* ITIMER_REAL */
	uint64_t alarm_interval_ns;     /* [S] */

	struct rlimit limits[RLIM_NLIMITS]; /* [S] */
	struct usage dead_tasks;        /* [T] of tasks that ended */
	struct usage dead_children;     /* [T] waited for */
	struct path exe;                /* [T] /proc/PID/exe */
	bool dumpable;                  /* [a] */
	bool no_new_privs;              /* [a] */
	bool child_subreaper;           /* [T] */
	uint64_t start_ns;              /* [I] */
};

struct task {
	struct thread thread;           /* scheduler's part; first */
	struct refcount refs;           /* [a] */
	pid_t tid;                      /* [I] leader: == process->pid */
	struct process *process;        /* [I] */
	struct list_node process_link;  /* [T] */

	struct vm_space *space;         /* [o] NULL while exiting */
	struct fd_table *files;         /* [o] */
	struct fs_context *fs;          /* [o] */
	const struct cred *cred;        /* [o] reads by others under [S] */
	struct signal_handlers *handlers; /* [o] shared by CLONE_SIGHAND */

	struct signal_queue pending;    /* [S] sent to this task alone */
	uint64_t blocked;               /* [S] mask; bit n-1 = signal n */
	uint64_t saved_blocked;         /* [o] sigsuspend, ppoll */
	bool restore_blocked;           /* [o] put saved_blocked back */
	struct signal_stack alt_stack;  /* [o] sigaltstack(2) */

	int32_t USER *clear_child_tid;  /* [o] set_tid_address(2) */
	void USER *robust_list;         /* [o] set_robust_list(2) */
	size_t robust_list_size;
	int pdeath_signal;              /* [o] prctl(PR_SET_PDEATHSIG) */
	struct wait_queue *vfork_done;  /* [S] parent sleeps until exec/exit */
	atomic_bool vfork_released;     /* [a] */
	struct {                        /* restart_syscall(2) */
		long (*fn)(struct task *t);
		uint64_t args[4];
	} restart;                      /* [o] */
	bool in_exec;                   /* [T] */
	bool is_kernel_child;           /* PID 1 before its first exec */
};

extern struct spinlock proc_tree_lock;

static inline struct task *
current_task(void)
{
	return (struct task *)current_thread();
}

static inline struct process *
current_process(void)
{
	return current_task()->process;
}

/* A struct walk for the current task; base NULL = its cwd. */
static inline struct walk
current_walk(void)
{
	return (struct walk){ .fs = current_task()->fs,
			      .cred = current_task()->cred };
}

void process_get(struct process *p);
void process_put(struct process *p);
void task_get(struct task *t);
void task_put(struct task *t);

/* By number, with a reference; NULL = none. Zombies are found, reaped not. */
struct process *process_find(pid_t pid);
struct task *task_find(pid_t tid);
pid_t process_next(pid_t after); /* smallest PID > after, 0 = no more */
pid_t task_next(struct process *p, pid_t after);

unsigned process_count(void);

/* clone(2), decoded. */
struct clone_args_kernel {
	uint64_t flags;          /* CLONE_*, without the signal */
	int exit_signal;
	vaddr_t stack;           /* 0 = the parent's */
	int32_t USER *parent_tid;
	int32_t USER *child_tid;
	uint64_t tls;
};
/* New TID, or -EAGAIN, -ENOMEM, -EINVAL, -EFAULT. */
long process_clone(const struct clone_args_kernel *a);

/* execve(2): pointers already copied in by proc/exec.c itself. */
long process_exec(const struct walk *w, const char *path, unsigned walk_flags,
		  const char USER *const USER *argv,
		  const char USER *const USER *envp);
/* The same for PID 1, strings in kernel memory. */
long process_exec_kernel(const char *path, const char *const *argv,
			 const char *const *envp);

NORETURN void task_exit(int status);       /* _exit(2) of one thread */
NORETURN void process_exit(int wait_status); /* exit_group, fatal signals */

/* wait4/waitid. */
struct wait_args {
	int which;         /* P_ALL, P_PID, P_PGID */
	pid_t id;
	int options;       /* WNOHANG WEXITED WSTOPPED WCONTINUED WNOWAIT ... */
	struct siginfo *info; /* out, kernel memory */
	int status;        /* out */
	struct rusage *usage; /* out, may be NULL */
};
long process_wait(struct wait_args *a); /* PID, 0 (WNOHANG), -ECHILD, ... */

/* Groups and sessions (proc/jobctl.c). */
int process_setpgid(pid_t pid, pid_t pgid);
pid_t process_setsid(void);
void jobctl_init(void);

/* Fill an rusage: RUSAGE_SELF, RUSAGE_CHILDREN, RUSAGE_THREAD. */
int process_rusage(struct process *p, int who, struct rusage *out);

/* Start PID 1 with this file as its program; called by init/main.c. */
int process_start_init(const char *const *argv, const char *const *envp,
		       struct fs_context *fs);
void process_init(void);
void procfs_process_init(void); /* proc/proc_files.c: gives procfs its source */
