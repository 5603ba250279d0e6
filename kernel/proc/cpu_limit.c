/* SPDX-License-Identifier: MIT */
#include "arch/smp.h"
#include "proc/process_priv.h"

/*
 * proc/cpu_limit.c - RLIMIT_CPU: SIGXCPU at the soft limit and each second
 * beyond, SIGKILL at the hard one.
 *
 * Nothing is counted while the process runs.  What is left to it cannot be
 * used up faster than all processors together allow, so a timer set to that
 * time looks again, and comes closer each time.  Like the alarm it lives in
 * the process and holds no reference: exit cancels it.
 */

#define LOOK_AGAIN_MIN_NS NSEC_PER_MSEC

static uint64_t
limit_ns(uint64_t seconds)
{
	return seconds >= NEVER / NSEC_PER_SEC ? NEVER : seconds * NSEC_PER_SEC;
}

/* Compare with the limits; the signal that is due or 0, and when to look. */
static int
compare_locked(struct process *p, uint64_t used, uint64_t *left)
{
	struct rlimit *l = &p->limits[RLIMIT_CPU];

	*left = NEVER;
	if (used >= limit_ns(l->rlim_max))
		return SIGKILL;
	if (used >= limit_ns(l->rlim_cur)) {
		/* As Linux: the next warning comes a second later. */
		l->rlim_cur = used / NSEC_PER_SEC + 1;
		*left = limit_ns(l->rlim_cur) - used;
		return SIGXCPU;
	}
	if (l->rlim_cur != RLIM_INFINITY)
		*left = limit_ns(l->rlim_cur) - used;
	return 0;
}

static void
look_locked(struct process *p) REQUIRES(proc_tree_lock)
{
	uint64_t left, runners = MIN(p->task_count, cpu_count());
	struct usage u;
	int signo;

	if (p->state != PROCESS_ALIVE || !runners)
		return;
	process_usage(p, &u);
	spin_lock(&p->signal_lock);
	/* Who is ending needs no more telling; exit cancels the timer. */
	if (p->exiting && !p->exec_task) {
		spin_unlock(&p->signal_lock);
		return;
	}
	signo = compare_locked(p, u.user_ns + u.kernel_ns, &left);
	if (left != NEVER)
		timer_set(&p->cpu_timer,
			  clock_now_ns() +
				  MAX(left / runners, LOOK_AGAIN_MIN_NS));
	spin_unlock(&p->signal_lock);
	if (signo)
		(void)signal_send_from_tree(p, signo, NULL);
}

void
cpu_limit_fired(struct timer *timer)
{
	struct process *p = container_of(timer, struct process, cpu_timer);
	unsigned long irq = proc_tree_enter();

	look_locked(p);
	proc_tree_leave(irq);
}

void
cpu_limit_start(struct process *p)
{
	unsigned long irq;

	if (process_limit(p, RLIMIT_CPU) == (uint64_t)RLIM_INFINITY)
		return;
	irq = proc_tree_enter();
	look_locked(p);
	proc_tree_leave(irq);
}
