/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/signal.h - signals: sending, pending, choosing, delivering.
 *
 * A signal is pending on a task or on its process.  Standard signals (1-31)
 * are pending at most once, real-time ones (32-64) queue.  Delivery happens
 * on the way back to user mode: default action, or a frame on the user stack
 * in Linux's layout (struct rt_sigframe of arch/x86: siginfo, ucontext,
 * extended state).
 *
 * Locking: process.signal_lock, and inside it handlers.lock (processes may
 *          share a set of handlers by CLONE_SIGHAND without CLONE_THREAD).
 * Source:  man 7 signal, man 2 sigaction, sigreturn; asm/ucontext.h.
 */

#include <linux/signal.h>

#include "core/refcount.h"
#include "core/spinlock.h"
#include "lib/list.h"

struct process;
struct task;
struct trap_frame;

#define SIGNALS       64
#define SIGNAL_BIT(n) (1ULL << ((n)-1))

struct signal_queue {
	uint64_t mask;            /* which are pending */
	struct list_node entries; /* struct signal_entry, in order of arrival */
};

struct signal_action {     /* struct sigaction, kernel form */
	uintptr_t handler; /* SIG_DFL, SIG_IGN or user address */
	uint64_t flags;
	uintptr_t restorer;
	uint64_t mask;
};

struct signal_handlers {
	struct refcount refs;
	struct spinlock lock; /* LOCK_HANDLERS, inside signal_lock */
	struct signal_action action[SIGNALS];
};

struct signal_stack {
	uintptr_t sp;
	size_t size;
	int flags; /* SS_DISABLE, SS_AUTODISARM */
};

struct signal_handlers *signal_handlers_create(void);
struct signal_handlers *signal_handlers_copy(struct signal_handlers *h);
void signal_handlers_get(struct signal_handlers *h);
void signal_handlers_put(struct signal_handlers *h);
void signal_handlers_reset(struct signal_handlers *h); /* exec */

void signal_queue_init(struct signal_queue *q);
void signal_queue_flush(struct signal_queue *q, uint64_t mask);

/*
 * Sending.  info may be NULL (SI_KERNEL).  Returns 0 or -EAGAIN (queue limit
 * of real-time signals).  No permission checks here: see signal_may_send().
 * Any context.
 */
int
signal_send_process(struct process *p, int signo, const struct siginfo *info);
int signal_send_task(struct task *t, int signo, const struct siginfo *info);
/* A fault the task must see: unblocked and defaulted if it hides from it. */
void signal_force(struct task *t, int signo, const struct siginfo *info);
int signal_send_group(pid_t pgrp, int signo, const struct siginfo *info);

/* kill(2) by the caller: pid, 0, -1, -pgrp. */
int signal_kill(pid_t pid, int signo, const struct siginfo *info);
/* The same for one process; -ESRCH once it is reaped. */
int
signal_kill_process(struct process *p, int signo, const struct siginfo *info);
/* Who is told of a file's events, and who said so (fcntl(2), F_SETOWN). */
struct signal_owner {
	int type; /* F_OWNER_* */
	pid_t nr;
	uid_t uid, euid;
};
/* Any context, no locks held; who may not be told is not. */
int signal_send_owner(const struct signal_owner *to, int signo,
		      const struct siginfo *info);

/* What the calling task did earns it a signal, as if from itself: SIGPIPE. */
void signal_tell_caller(int signo);
bool signal_may_send(struct task *from, struct process *to, int signo);

/* Is there one the current task would act on?  Recomputes thread.interrupted */
bool signal_pending(struct task *t);
void signal_recalculate(struct task *t); /* after mask changes; takes lock */

/* System calls' bodies. */
int signal_set_action(int signo, const struct signal_action *new,
		      struct signal_action *old);
void signal_set_blocked(uint64_t mask);
/* Wait for one of mask: signo, -EAGAIN at the deadline, -EINTR. */
int signal_wait(uint64_t mask, struct siginfo *info, uint64_t deadline_ns);
long signal_return(struct trap_frame *f); /* rt_sigreturn(2) */

/* sigaltstack(2) at stack pointer sp: is it in use, change it, report it. */
bool signal_stack_holds(const struct signal_stack *s, vaddr_t sp);
NODISCARD int
signal_stack_set(struct signal_stack *s, const stack_t *new, vaddr_t sp);
void signal_stack_tell(const struct signal_stack *s, stack_t *out, vaddr_t sp);

/* Was the call interrupted and has yet to be restarted, or to fail? */
bool signal_restart_due(const struct trap_frame *f);
/* On the way to user mode: handle everything pending. */
void signal_deliver(struct trap_frame *f);
/* Set by ppoll, sigsuspend: block mask now, saved one back after delivery. */
void signal_set_temporary_mask(uint64_t mask);
void signal_clear_temporary_mask(void); /* no signal came: put it back now */
