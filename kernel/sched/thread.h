/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * sched/thread.h - threads of control: what the scheduler switches between.
 *
 * Owns kernel stack, machine state, run state and scheduling parameters.  It
 * knows nothing of processes: proc/ embeds a struct thread in its struct task
 * and is called back through thread_ops.
 *
 * Kernel code is not preempted: it gives the CPU away in schedule(), reached
 * by sleeping, by thread_yield(), by thread_check_preempt() in long loops and
 * on the way back to user mode.
 *
 * Units:    nanoseconds of clock_now_ns().
 * Locking:  run state and queue fields: the run queue's lock (LOCK_RUN_QUEUE).
 * Context:  as each function says.
 */

#include <sys/tree.h>

#include "arch/cpu.h"
#include "arch/mmu.h"
#include "arch/smp.h"
#include "arch/thread.h"
#include "core/lock_rank.h"
#include "core/timer.h"
#include "lib/list.h"
#include "lib/types.h"

enum thread_state {
	THREAD_READY,           /* running or on a run queue */
	THREAD_SLEEP,           /* waiting, signals do not wake it (D) */
	THREAD_SLEEP_INTERRUPT, /* waiting, thread_interrupt() wakes it (S) */
	THREAD_STOPPED,         /* job control (T) */
	THREAD_TRACED,          /* debugger (t) */
	THREAD_DEAD,            /* left for ever; its stack is reclaimed next */
};

/* Scheduling class, as sched_setscheduler(2) names them. */
enum sched_class {
	SCHED_CLASS_NORMAL, /* SCHED_OTHER, SCHED_BATCH, SCHED_IDLE */
	SCHED_CLASS_FIFO,
	SCHED_CLASS_RR,
	SCHED_CLASS_IDLE_LOOP, /* each CPU's idle thread only */
};

#define SCHED_RT_PRIORITY_MAX 99

struct thread;

struct thread_ops {
	/*
	 * The thread is dead, off its stack, and will not run again; called
	 * once on some CPU with interrupts off, no locks held.
	 */
	void (*released)(struct thread *t);
};

/* What a CPU spent its time on. */
enum thread_mode {
	THREAD_MODE_USER,
	THREAD_MODE_KERNEL,
	THREAD_MODE_IDLE, /* the idle threads only */
	THREAD_MODES,
};

/*
 * A policy's view of a thread (sched/policy.h).
 *	R  the lock of the run queue t->cpu names
 */
struct sched_entity {
	RB_ENTRY(thread) node; /* [R] place in the policy's tree */
	struct list_node link; /* [R] or in its list */
	uint64_t vruntime;     /* [R] virtual time used up, while ready */
	uint64_t deadline;     /* [R] who waits is served in this order */
	uint64_t min_vruntime; /* [R] least vruntime of the subtree */
	int64_t lag;           /* [R] service owed, while not ready */
	int64_t slice_left;    /* [R] ns of its turn left */
	uint64_t weight;       /* [R] from nice */
	uint64_t used_ns;      /* [R] sjf: of this burst */
	uint64_t burst_ns;     /* [R] sjf: its predicted length */
	uint64_t round;        /* [R] mlfq: in which it got its level */
	uint8_t level;         /* [R] mlfq */
	bool turn_begun;       /* [R] mlfq: put back in front */
};

/* What it asked of files: reads and writes, and the bytes they moved. */
struct thread_io {
	uint64_t read_bytes, written_bytes, reads, writes;
};

/*
 *	I  immutable after thread_init()
 *	R  the lock of the run queue t->cpu names
 *	o  the thread itself
 *	c  the CPU it runs on, interrupts off or being the thread itself
 *	a  atomic
 */
struct thread {
	struct arch_thread arch;      /* [o]; first: see cpu_local.arch */
	void *stack;                  /* [I] lowest byte of the kernel stack */
	const struct thread_ops *ops; /* [I] may be NULL */
	struct mmu_context *mmu;      /* [o] user address space, NULL = none */
	void (*entry)(void *arg);     /* [I] */
	void *arg;                    /* [I] */
	char name[16];                /* [o] comm; shown in ps and panics */

	_Atomic enum thread_state
		state;       /* [a] set by itself, cleared by wake */
	_Atomic int16_t cpu; /* [R] whose queue it belongs to */
	/* These four are one 32-bit word for thread_attention(). */
	atomic_bool interrupted ALIGNED(4); /* [a] interruptible sleeps end */
	atomic_bool resched;        /* [a] give way at the next chance */
	bool switched;              /* [c] see tell_switched */
	bool attention_pad;         /* always false */
	bool tell_switched;         /* [o] set switched at each switch to it */
	bool queued;                /* [R] ready, counted on its queue */
	uint8_t sched_class;        /* [R] enum sched_class, in effect */
	uint8_t rt_priority;        /* [R] 1-99 for FIFO and RR, in effect */
	uint8_t own_class;          /* [R] without what is lent */
	uint8_t own_priority;       /* [R] */
	uint8_t lent_priority;      /* [R] 1-99, 0 = none */
	int8_t nice;                /* [R] -20 .. 19 */
	bool idle_policy;           /* [R] SCHED_IDLE: least weight */
	uint8_t mode;               /* [R] enum thread_mode when last seen */
	_Atomic cpumask_t affinity; /* [a] where it may run */
	struct sched_entity sched;  /* [R] */

	uint64_t ran_ns[THREAD_MODES];   /* [R] time used; see thread_times() */
	uint64_t start_ns;               /* [I] */
	uint64_t voluntary, involuntary; /* [o] context switches */
	struct thread_io io;             /* [o] */
	const void *wait_pc;             /* [o] where it sleeps, for reports */
	uint8_t mutexes[LOCK_MUTEX_RANKS]; /* [o] debug: held, by rank */
};

/*
 * Prepare t (zeroed storage) with a fresh kernel stack; it does not run before
 * thread_start().  entry must not return.  -ENOMEM.
 */
NODISCARD int thread_init(struct thread *t, const char *name,
			  const struct thread_ops *ops,
			  void (*entry)(void *arg), void *arg);
/* Undo thread_init() of a thread that was never started. */
void thread_discard(struct thread *t);
/* Free the kernel stack; from ops->released or later. */
void thread_free_stack(struct thread *t);

/* Put a new thread on a run queue (the least loaded CPU it may use). */
void thread_start(struct thread *t);

/* A kernel thread that owns its storage; NULL = no memory. */
struct thread *kthread_start(const char *name, void (*fn)(void *), void *arg);

/* End the current thread: state DEAD, never returns, ops->released follows. */
NORETURN void thread_exit(void);

/*
 * Sleeping, in the order that loses no wake-up:
 *	thread_sleep_begin(state);
 *	if (condition) thread_sleep_cancel(); else thread_sleep(deadline);
 * thread_sleep() returns 0 when woken, -ETIMEDOUT at the deadline, or -EINTR
 * if interruptible and interrupted.  Wait queues (waitq.h) wrap this.
 */
void thread_sleep_begin(enum thread_state state);
void thread_sleep_cancel(void);
int thread_sleep(uint64_t deadline_ns);

/* Make a sleeping thread ready; true if it was asleep in one of the states
 * (bit mask of 1 << enum thread_state). Any context. */
bool thread_wake(struct thread *t, unsigned state_mask);
#define THREAD_WAKE_ANY (1u << THREAD_SLEEP | 1u << THREAD_SLEEP_INTERRUPT)

/*
 * t, which sleeps or is about to and that nobody wakes meanwhile, has left its
 * CPU on return: its registers are saved.
 */
void thread_wait_off_cpu(struct thread *t);

/*
 * Set t->interrupted, wake it from an interruptible sleep, and make it pass
 * through the kernel soon if it runs on another CPU (a signal).
 */
void thread_interrupt(struct thread *t);

void schedule(void);             /* let the policy choose; may return at once */
void thread_yield(void);         /* sched_yield(2) */
void thread_check_preempt(void); /* in long kernel loops */

static inline bool
thread_should_resched(const struct thread *t)
{
	return atomic_load_explicit(&t->resched, memory_order_relaxed);
}

/* Is there a reason not to go straight back to user mode?  One compare. */
static inline bool
thread_attention(const struct thread *t)
{
	_Static_assert(offsetof(struct thread, attention_pad) ==
			       offsetof(struct thread, interrupted) + 3,
		       "adjacent");
	return __atomic_load_n((const uint32_t *)(const void *)&t->interrupted,
			       __ATOMIC_RELAXED) != 0;
}

/* Sleep without a wait queue. -EINTR if interruptible and interrupted. */
int thread_nap(uint64_t deadline_ns, bool interruptible);

/*
 * Change scheduling parameters of any thread; takes effect at once.  Values
 * are checked by the caller; a mask without any running CPU is ignored.
 */
void thread_set_nice(struct thread *t, int nice);
void thread_set_class(struct thread *t, enum sched_class c, int rt_priority);
/*
 * Priority inheritance: while somebody of this realtime priority waits for t,
 * it runs as if it were t's own, if that is less.  0 takes it back.
 */
void thread_lend_priority(struct thread *t, int rt_priority);
/* The realtime priority in effect now, 0 = none. */
static inline int
thread_priority(const struct thread *t)
{
	return __atomic_load_n(&t->rt_priority, __ATOMIC_RELAXED);
}
/* How long its turn is by the rules of its own class, 0 = no limit. */
uint64_t thread_slice_ns(const struct thread *t);
void thread_set_idle_policy(struct thread *t, bool idle); /* SCHED_IDLE */
void thread_set_affinity(struct thread *t, cpumask_t mask);

/*
 * Load another address space for the current thread, NULL = the kernel's own
 * (exec, exit).  On return the old one is in use by this thread no more.
 */
void thread_set_mmu(struct mmu_context *mmu);

/*
 * Time used so far, right even while it runs.  The sum is exact; the split is
 * sampled by the timer interrupt, so that neither system calls nor traps read
 * the clock.  Neither part ever decreases.
 */
void
thread_times(const struct thread *t, uint64_t *user_ns, uint64_t *kernel_ns);
