/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/ptrace.h - one task watches another: ptrace(2).
 *
 * Every task has a struct tracee, empty unless a tracer is attached.  The
 * tracer is one task; its process keeps the list of all that its tasks trace.
 * proc/ptrace.c tells how stops work and who owns what meanwhile.
 *
 * Locking: as the fields say; proc_tree_lock (T), the signal_lock of the
 *          tracee's process (S), both to write and either to read (B).
 * Errors:  those of man 2 ptrace.
 */

#include <linux/ptrace.h>
#include <linux/signal.h>

#include "core/spinlock.h"
#include "lib/list.h"
#include "lib/types.h"

struct process;
struct put_list;
struct task;
struct trap_frame;
struct user_regs;
struct wait_args;

extern struct spinlock proc_tree_lock;

/* Why a tracee is to stop at its next chance. */
enum ptrace_trap {
	PTRACE_TRAP_STOP = 1 << 0,   /* attached to, interrupted, group stop */
	PTRACE_TRAP_NOTIFY = 1 << 1, /* seized: group stop began or ended */
	PTRACE_TRAP_LEAVE = 1 << 2,  /* the end of the call it is in */
};

/* What task.syscall_work says about each system call. */
enum syscall_work {
	SYSCALL_WORK_LOG = 1 << 0,     /* a line to the kernel's log */
	SYSCALL_WORK_TRACE = 1 << 1,   /* PTRACE_SYSCALL: stop at both ends */
	SYSCALL_WORK_EMULATE = 1 << 2, /* PTRACE_SYSEMU: stop, do not run it */
	SYSCALL_WORK_STEP = 1 << 3,    /* a single step: stop at its end */
};
#define SYSCALL_WORK_PTRACE \
	(SYSCALL_WORK_TRACE | SYSCALL_WORK_EMULATE | SYSCALL_WORK_STEP)

struct tracee {
	struct task *tracer;   /* [B] NULL = not traced; holds no reference */
	struct list_node link; /* [T] in tracer->process->tracees */
	unsigned options;      /* [S] PTRACE_O_* */
	bool seized;           /* [S] PTRACE_SEIZE, not ATTACH */
	bool capable;          /* [B] the tracer had CAP_SYS_PTRACE */
	uint8_t pending;       /* [S] enum ptrace_trap */

	bool stopped;   /* [S] at rest until the tracer says how to go on */
	bool frozen;    /* [S] the tracer is at work: not even death wakes it */
	bool killed;    /* [S] death came while it was frozen */
	bool listening; /* [S] PTRACE_LISTEN: stopped, but not to be asked */
	bool in_event;  /* [S] stopped inside a system call, between its ends */
	bool in_work;   /* [o] the call takes the slow path anyway */
	int report;     /* [S] of the stop, as wait4 wants it; 0 = told */
	int signal;     /* [S] what the tracer makes it go on with */
	struct siginfo *info; /* [S] of the stop, on its stack; NULL = none */
	uint64_t message;     /* [S] PTRACE_GETEVENTMSG */

	bool dead;       /* [T] a task its tracer has not waited for */
	int exit_status; /* [o] then [T]: as wait4 reports it */
};

/* --- the tracee itself --- */

/*
 * A signal is about to be delivered: which one shall it be?  0 = none.  *info
 * is changed with it.
 */
int ptrace_signal(struct task *t, int signo, struct siginfo *info);
/* Stop for what is pending; on the way to user mode. */
void ptrace_trap(struct task *t, struct trap_frame *f);
/* A handler was entered: stop if its first instruction is a step. */
void ptrace_handler_entered(struct task *t);
/* Both ends of a system call with work for us; false: do not run it. */
NODISCARD bool ptrace_syscall_enter(struct task *t, struct trap_frame *f);
void ptrace_syscall_leave(struct task *t, struct trap_frame *f);
/* PTRACE_EVENT_*: stop if the tracer has asked for it. */
void ptrace_event(struct task *t, unsigned event, uint64_t message);
bool ptrace_event_wanted(const struct task *t, unsigned event);
void ptrace_report_exit(struct task *t, int wait_status);
/* The program was replaced; old_tid is what the task was called. */
void ptrace_report_exec(struct task *t, pid_t old_tid);
/* Does being traced keep t from gaining privileges by exec? */
bool ptrace_forbids_privileges(const struct task *t);

/* --- on behalf of signals; S held --- */

/* t is to die: end its stop, unless its tracer is at work on it. */
void ptrace_wake_killed_locked(struct task *t);
/* A group stop began or ended: t, if seized, is to tell. */
void ptrace_trap_notify_locked(struct task *t);

/* --- links --- */

NODISCARD int ptrace_traceme(void);
NODISCARD int ptrace_attach(pid_t tid, bool seize, unsigned options);
/* A clone of a traced task: its tracer's too. */
void ptrace_inherit_locked(struct task *child, const struct task *parent)
	REQUIRES(proc_tree_lock);
/* t exits: let go of all it traces. */
void ptrace_tracer_exit_locked(struct task *t, struct put_list *puts)
	REQUIRES(proc_tree_lock);
/* Forget a dead tracee nobody will wait for. */
void ptrace_drop_dead_locked(struct task *t, struct put_list *puts)
	REQUIRES(proc_tree_lock);

struct cred;

enum ptrace_look {
	PTRACE_LOOK_REAL, /* judged by real ids: system calls */
	PTRACE_LOOK_FS,   /* by file system ids: /proc */
};
/* May the caller attach to t, by rights?  (Modes ATTACH of man 2 ptrace.) */
bool ptrace_may_attach_locked(const struct task *t, enum ptrace_look how)
	REQUIRES(proc_tree_lock);
/* The part of it that compares the credentials of two processes. */
bool ptrace_may_see(const struct cred *to, enum ptrace_look how);

/* --- the tracer's requests (ptrace_request.c) --- */

/*
 * A request on a stopped tracee of the caller's happens between these two: it
 * stays off its processor.  -ESRCH: no such task, not ours, or not stopped.
 */
NODISCARD int ptrace_begin(pid_t tid, struct task **out);
void ptrace_end(struct task *t);
/* As ptrace_begin(), but in any state, and it goes on: no ptrace_end(). */
NODISCARD int ptrace_find(pid_t tid, struct task **out);

enum ptrace_go {
	PTRACE_GO_STEP = SYSCALL_WORK_STEP,
	PTRACE_GO_SYSCALL = SYSCALL_WORK_TRACE,
	PTRACE_GO_EMULATE = SYSCALL_WORK_EMULATE,
};
/* Instead of ptrace_end(): it goes on (enum ptrace_go bits) with signal. */
void ptrace_resume(struct task *t, unsigned how, int signal);
void ptrace_detach(struct task *t, int signal);
NODISCARD int ptrace_interrupt(struct task *t);
NODISCARD int ptrace_listen(struct task *t);
NODISCARD int ptrace_set_options(struct task *t, uintptr_t options);
NODISCARD int ptrace_options_valid(uintptr_t options);
NODISCARD int ptrace_get_siginfo(struct task *t, struct siginfo *out);
NODISCARD int ptrace_set_siginfo(struct task *t, const struct siginfo *in);
void ptrace_set_sigmask(struct task *t, uint64_t mask);
/* The index-th pending signal, of the task or of its process; -ENOENT. */
NODISCARD int ptrace_peek_siginfo(struct task *t, bool shared, uint64_t index,
				  struct siginfo *out);
/* How much of *out means something. */
size_t ptrace_syscall_info(struct task *t, struct ptrace_syscall_info *out);
struct trap_frame *ptrace_frame(struct task *t);

/* --- waiting (ptrace_wait.c) --- */

/*
 * The tracees of the current process, as wait4() looks at them: a TID with a
 * report, 0 = nothing yet, -ECHILD = no such tracee.
 */
long ptrace_scan_locked(struct wait_args *a, struct put_list *puts)
	REQUIRES(proc_tree_lock);
/* A stop or death of t is news for its tracer.  True: nobody will wait. */
bool ptrace_notify_locked(struct task *t, int code, int status)
	REQUIRES(proc_tree_lock);
