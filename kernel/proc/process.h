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

#include <asm/resource.h>
#include <asm/signal.h>
#include <linux/resource.h>
#include <linux/time.h>
#include <sys/tree.h>

#include "core/refcount.h"
#include "core/timer.h"
#include "fs/path.h"
#include "proc/fdtable.h"
#include "proc/futex_pi.h"
#include "proc/ptrace.h"
#include "proc/rseq.h"
#include "proc/signal.h"
#include "sched/thread.h"
#include "sched/waitq.h"
#include "vm/space.h"

struct pid;
struct task;
struct tty;
struct user_account;

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
	uint64_t read_bytes, written_bytes, reads, writes;
};

/* /proc/PID/strace, or strace= on the command line. */
enum strace_bits {
	STRACE_ON = 1 << 0,
	STRACE_CHILDREN = 1 << 1, /* children begin with the same bits */
	STRACE_FILTERED = 1 << 2, /* only what strace= names */
};

/* What /proc/PID sets and a child inherits. */
struct process_marks {
	atomic_int oom_adj;      /* [a] oom_score_adj, -1000 .. 1000 */
	atomic_int oom_adj_min;  /* [a] the least without privilege */
	atomic_uint login_uid;   /* [a] UINT32_MAX = not set */
	atomic_uint session_id;  /* [a] UINT32_MAX = not set */
	atomic_uint dump_filter; /* [a] coredump_filter */
	atomic_uint strace;      /* [a] enum strace_bits */
};

#define ITIMERS (ITIMER_PROF + 1)

/* S is the signal_lock of the process. */
struct itimer {
	struct timer timer;      /* [S] to set */
	struct process *process; /* [I] it is part of */
	uint64_t deadline_ns;    /* [S] on its clock; 0 = off */
	uint64_t interval_ns;    /* [S] */
	uint64_t seen_ns;        /* [S] see cpu_clock_next_look() */
	bool ended;              /* [S] the process exits: never set again */
};

struct posix_timer;
RB_HEAD(posix_timer_tree, posix_timer);

/*
 *	I  immutable after creation
 *	T  proc_tree_lock
 *	S  signal_lock
 *	B  changed under both proc_tree_lock and signal_lock: read under either
 *	a  atomic
 */
struct process {
	struct refcount refs;         /* [a] */
	struct pid *id;               /* [T] NULL once it is reaped */
	pid_t pid;                    /* [I] id's number */
	struct process *parent;       /* [T] */
	atomic_int parent_pid;        /* [a] its number, written under T */
	pid_t parent_tid;             /* [T] the task of it that made this */
	struct list_node children;    /* [T] of sibling */
	struct list_node tracees;     /* [T] of task.trace.link: traced by us */
	struct task *dead_leader;     /* [T] that its tracer still knows */
	unsigned held_tasks;          /* [T] other dead tasks kept so */
	struct list_node sibling;     /* [T] */
	struct list_node tasks;       /* [B] of task.process_link */
	unsigned task_count;          /* [B] of tasks */
	atomic_uint live_tasks;       /* [a] that have not begun to exit */
	char name[16];                /* [T] of the leader, once it is gone */
	const struct cred *last_cred; /* [T] of the last task, once gone */

	struct pid *group, *session;   /* [T] */
	struct list_node group_link;   /* [T] in group->group */
	struct list_node session_link; /* [T] in session->session */
	struct tty *tty;               /* [T] controlling terminal */
	pid_t hangup_group;            /* [T] its foreground, when it hung up */
	bool has_execed;               /* [T] setpgid() is refused then */

	enum process_state state;     /* [T] */
	bool exiting;                 /* [S] exit_group or exec under way */
	struct task *exec_task;       /* [S] that survives an exec */
	int exit_status;              /* [S] as wait4 reports it */
	int exit_signal;              /* [T] to the parent, 0 = none */
	struct wait_queue child_wait; /* wait4() of this process sleeps here */
	struct wait_queue exec_wait;  /* exec waits for the other tasks */
	struct wait_queue pidfd_wait; /* for its death: proc/pidfd.c */
	bool wait_stopped;            /* [T] a stop not yet reported */
	bool wait_continued;          /* [T] a continue not yet reported */

	struct spinlock signal_lock;
	struct signal_queue shared_pending; /* [S] */
	bool unkillable;    /* [S] PID 1: signals do nothing by default */
	bool stop_taken;    /* [S] a stop signal, and no SIGCONT since */
	bool stopped;       /* [S] job control stop in effect */
	int stop_signal;    /* [S] that stopped it */
	bool stop_reported; /* [S] to the parent, when all had come to rest */
	unsigned stopped_tasks;         /* [S] that have come to rest */
	struct itimer itimers[ITIMERS]; /* [S] ITIMER_REAL... */
	struct posix_timer_tree timers; /* [S] timer_create(2) */
	int next_timer_id;              /* [S] */
	struct timer cpu_timer;         /* [S] looks at RLIMIT_CPU */

	struct rlimit limits[RLIM_NLIMITS]; /* [S] */
	struct user_account *account;       /* [B] who pays for its tasks */
	struct usage dead_tasks;            /* [B] of tasks that ended */
	struct usage dead_children;         /* [T] waited for */
	struct path exe;                    /* [T] /proc/PID/exe */
	atomic_bool dumpable;               /* [a] */
	bool child_subreaper;               /* [T] */
	uint64_t start_ns;                  /* [I] */
	struct process_marks marks;
};

/* What the processor said about the last fault: for the signal frame. */
struct task_trap {
	uint64_t trapno, error, address;
};

struct task {
	struct thread thread;          /* scheduler's part; first */
	struct refcount refs;          /* [a] */
	struct pid *id;                /* [I] */
	pid_t tid;                     /* [I] leader: == process->pid */
	struct process *process;       /* [I] */
	struct list_node process_link; /* [B] */

	struct vm_space *space;           /* [B] NULL once it has left */
	struct fd_table *files;           /* [B] */
	struct fs_context *fs;            /* [B] */
	const struct cred *cred;          /* [B] written by the task itself */
	struct signal_handlers *handlers; /* [S] shared by CLONE_SIGHAND */

	struct signal_queue pending; /* [S] sent to this task alone */
	uint64_t blocked;            /* [S] mask; bit n-1 = signal n */
	uint64_t waiting_for;        /* [S] sigtimedwait: kept if ignored */
	uint64_t saved_blocked;      /* [o] sigsuspend, ppoll */
	bool restore_blocked;        /* [o] put saved_blocked back */
	bool at_rest; /* [S] counted in stopped_tasks; runs only if traced */
	bool leaving; /* [S] exiting: takes no signals */
	struct signal_stack alt_stack; /* [o] sigaltstack(2) */
	struct task_trap trap;         /* [o] */
	struct tracee trace;           /* its letters: proc/ptrace.h */
	uint8_t syscall_work;          /* [S] to write: enum syscall_work */

	int32_t USER *set_child_tid;               /* [o] CLONE_CHILD_SETTID */
	int32_t USER *clear_child_tid;             /* [o] set_tid_address(2) */
	struct robust_list_head USER *robust_list; /* [o] set_robust_list(2) */
	struct task_pi pi;                         /* [P] see futex_pi.h */
	struct task_rseq rseq;                     /* [o] rseq(2) */
	int pdeath_signal;         /* [o] prctl(PR_SET_PDEATHSIG) */
	bool no_new_privs;         /* [o] prctl(PR_SET_NO_NEW_PRIVS) */
	uint64_t timer_slack_ns;   /* [o] prctl(PR_SET_TIMERSLACK) */
	uint64_t default_slack_ns; /* [I] what 0 sets it to */
	bool over_processes;       /* [o] set*id() went over RLIMIT_NPROC */
	atomic_uint personality;   /* [a] personality(2), its own to write */
	bool reset_on_fork;        /* [a] SCHED_RESET_ON_FORK */
	_Atomic uint16_t ioprio;   /* [a] ioprio_set(2) */
	uint8_t sched_policy;      /* [a] SCHED_* as it was asked for */
	struct vfork_wait *vfork;  /* [T] parent waits until exec or exit */
	struct {                   /* restart_syscall(2) */
		long (*fn)(struct task *t);
		uint64_t args[4];
	} restart; /* [o] */
};

/* How late timers of a program may be unless it says otherwise; ours are never
 * late on purpose. */
#define TIMER_SLACK_NS 50000

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

/* Locks proc_tree_lock / signal_lock with interrupts off. */
static inline unsigned long
proc_tree_enter(void) ACQUIRES(proc_tree_lock)
{
	return spin_lock_irq(&proc_tree_lock);
}

static inline void
proc_tree_leave(unsigned long irq) RELEASES(proc_tree_lock)
{
	spin_unlock_irq(&proc_tree_lock, irq);
}

/* By number, with a reference; NULL = none. Zombies are found, reaped not. */
struct process *process_find(pid_t pid);
struct task *task_find(pid_t tid);
/* t's descriptor table to look at (fd_table_drop()); NULL: it has left it. */
struct fd_table *task_files_hold(struct task *t);
pid_t process_next(pid_t after); /* smallest PID > after, 0 = no more */
/*
 * The thread of p after the one numbered so (0: the first), 0 = no more.  Those
 * that stay are given once each while others come and go.
 */
pid_t task_next(struct process *p, pid_t after);

/* Any living task of p, with a reference; NULL = all have left. */
struct task *process_any_task(struct process *p);
/* The leader's name, or what it was. */
void process_name(struct process *p, char out[16]);

/*
 * Another task's credentials, with a reference: it may replace its own at any
 * time.
 */
const struct cred *task_cred_get(const struct task *t);

/* A limit's soft value (RLIMIT_*). */
uint64_t process_limit(struct process *p, unsigned which);
/* Those limits of p that its address space checks by itself. */
struct vm_limits process_vm_limits(struct process *p);
/* RLIMIT_CPU was set or inherited: begin to watch it. */
void cpu_limit_start(struct process *p);

/* How many tasks there may be (kernel/threads-max), and are. */
extern atomic_int task_limit; /* [a] */
extern atomic_int task_total; /* [a] */

/* clone(2), decoded. */
struct clone_args_kernel {
	uint64_t flags; /* CLONE_*, without the signal */
	int exit_signal;
	vaddr_t stack; /* 0 = the parent's */
	int32_t USER *parent_tid;
	int32_t USER *child_tid;
	uint64_t tls;
	pid_t set_tid;       /* the number it is to have, 0 = any */
	int32_t USER *pidfd; /* CLONE_PIDFD */
};
/* New TID, or -EAGAIN, -EEXIST, -ENOMEM, -EINVAL, -EFAULT. */
long process_clone(const struct clone_args_kernel *a);

/*
 * execve(2) and execveat(2) of the current task.  The strings are user memory,
 * or kernel memory for PID 1; dirfd says what a relative path began at.  0, and
 * the trap frame starts the new program; on an error the old one goes on as if
 * nothing had been asked.
 */
struct exec_strings {
	const char USER *const USER *user;
	const char *const *kernel; /* if user is NULL */
};
long process_exec(const struct walk *w, int dirfd, const char *path,
		  unsigned walk_flags, struct exec_strings argv,
		  struct exec_strings envp);

extern atomic_int exec_randomize; /* [a] kernel/randomize_va_space */

NORETURN void task_exit(int status);         /* _exit(2) of one thread */
NORETURN void process_exit(int wait_status); /* exit_group, fatal signals */

/* wait4/waitid. */
struct wait_args {
	int which; /* P_ALL, P_PID, P_PGID, P_PIDFD */
	pid_t id;
	const struct process *process; /* of P_PIDFD */
	int options; /* WNOHANG WEXITED WSTOPPED WCONTINUED WNOWAIT ... */
	struct siginfo info; /* out */
	int status;          /* out: as wait4 reports it */
	struct rusage usage; /* out */
};
long process_wait(struct wait_args *a); /* PID, 0 (WNOHANG), -ECHILD, ... */

/* Fill an rusage: RUSAGE_SELF, RUSAGE_CHILDREN, RUSAGE_THREAD. */
int process_rusage(struct process *p, int who, struct rusage *out);

/*
 * Start PID 1: a task with this root that executes the first of paths (NULL-
 * terminated) that can be, with the command line's words for init.  Panics if
 * none can.  Called once, by init/main.c.
 */
/* PID 1, and so all after it, has its system calls logged (strace=1). */
void process_log_calls(void);
void process_start_init(const char *const *paths, struct fs_context *fs);
void process_init(void);
void procfs_process_init(void); /* proc/proc_files.c: gives procfs its source */
