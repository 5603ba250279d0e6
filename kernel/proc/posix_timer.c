/* SPDX-License-Identifier: MIT */
#include "proc/posix_timer.h"

#include <linux/capability.h>

#include "core/wallclock.h"
#include "mm/slab.h"
#include "proc/cpu_clock.h"
#include "proc/posix_timer_priv.h"

/*
 * proc/posix_timer.c - timers that send a signal.
 *
 * The signal's place in a queue is part of the timer, so sending needs no
 * memory, and a timer has one signal pending at most.  While it is pending the
 * timer stands still; when the signal is taken, the periods that have passed
 * are its overrun and the timer is set to the next.  So a short period costs
 * no more than the program takes signals.
 *
 *	set --fires--> signal pending --taken--> set to the next period
 *
 * Deadlines are in the timer's own clock: a time of day (moved when the clock
 * is set), monotonic time, or processor time (cpu_clock_next_look).  Under the
 * signal_lock a timer is set but never cancelled: when it fires, the deadline
 * says whether that means anything.
 */

/* Whatever the period, one whose signal is ignored fires no more often. */
#define IGNORED_NS NSEC_PER_MSEC

static int
timer_compare(const struct posix_timer *a, const struct posix_timer *b)
{
	return a->id < b->id ? -1 : a->id > b->id;
}

RB_GENERATE_STATIC(posix_timer_tree, posix_timer, node, timer_compare)

/* --- time ----------------------------------------------------------------- */

/* Processor time; before the lock is taken, for it may be another process's. */
static uint64_t
cpu_now(const struct posix_timer *t)
{
	return t->on_cpu ? cpu_clock_read(&t->cpu_clock) : 0;
}

static uint64_t
now_of(const struct posix_timer *t, uint64_t cpu_ns)
{
	if (t->on_cpu)
		return cpu_ns;
	return t->wall ? wallclock_ns() : clock_now_ns();
}

static void
arm_locked(struct posix_timer *t, uint64_t cpu_ns)
{
	uint64_t when = t->deadline_ns;

	if (!when || t->deleted || t->entry.timer || t->notify == SIGEV_NONE)
		return;
	if (t->on_cpu)
		when = cpu_clock_next_look(t->cpu_clock.process, cpu_ns, when,
					   &t->seen_ns);
	else if (t->wall)
		when = wallclock_to_monotonic(when);
	timer_set(&t->timer, when);
}

/* Move the deadline beyond now; how many periods that takes. */
static uint64_t
forward_locked(struct posix_timer *t, uint64_t now)
{
	uint64_t n;

	if (!t->interval_ns || !t->deadline_ns || t->deadline_ns > now)
		return 0;
	n = (now - t->deadline_ns) / t->interval_ns + 1;
	t->deadline_ns += n * t->interval_ns;
	return n;
}

/* --- firing --------------------------------------------------------------- */

/* The deadline has come.  What is ignored goes on in silence. */
static void
expire_locked(struct posix_timer *t, uint64_t now)
{
	uint64_t periods = forward_locked(t, now);

	t->overrun = periods ? periods - 1 : 0;
	if (!periods)
		t->deadline_ns = 0;
	t->entry.info =
		(struct siginfo){ .si_signo = t->signo, .si_code = SI_TIMER };
	t->entry.info.si_tid = t->id;
	t->entry.info.si_value = t->value;
	t->entry.timer = t;
	if (!signal_send_entry_locked(t->process, t->target, &t->entry)) {
		t->entry.timer = NULL;
		if (t->deadline_ns)
			timer_set(&t->timer, clock_now_ns() + IGNORED_NS);
	}
}

static void
timer_fired(struct timer *timer)
{
	struct posix_timer *t = container_of(timer, struct posix_timer, timer);
	uint64_t cpu_ns = cpu_now(t), now;
	unsigned long irq = spin_lock_irq(&t->process->signal_lock);

	now = now_of(t, cpu_ns);
	if (t->deadline_ns && !t->entry.timer && !t->deleted) {
		if (t->deadline_ns > now)
			arm_locked(t, cpu_ns);
		else
			expire_locked(t, now);
	}
	spin_unlock_irq(&t->process->signal_lock, irq);
}

static void
clock_changed(struct wallclock_watch *w)
{
	struct posix_timer *t = container_of(w, struct posix_timer, watch);
	unsigned long irq = spin_lock_irq(&t->process->signal_lock);

	if (t->wall)
		arm_locked(t, 0);
	spin_unlock_irq(&t->process->signal_lock, irq);
}

/* The signal has left its queue. */
static void
go_on_locked(struct posix_timer *t)
{
	t->entry.timer = NULL;
	if (!t->deadline_ns || t->deleted)
		return;
	/* Its clock cannot be read here: have it looked at at once. */
	if (t->on_cpu)
		timer_set(&t->timer, 0);
	else
		arm_locked(t, 0);
}

void
posix_timer_taken_locked(struct posix_timer *t, struct siginfo *info)
{
	if (!t->on_cpu)
		t->overrun += forward_locked(t, now_of(t, 0));
	t->last_overrun = (int)MIN(t->overrun, (uint64_t)INT32_MAX);
	info->si_overrun = t->last_overrun;
	go_on_locked(t);
}

void
posix_timer_dropped_locked(struct posix_timer *t)
{
	(void)forward_locked(t, now_of(t, 0));
	go_on_locked(t);
}

/* --- making --------------------------------------------------------------- */

static void
posix_timer_put(struct posix_timer *t)
{
	if (!refcount_put(&t->refs))
		return;
	if (t->on_cpu && t->cpu_clock.process)
		cpu_clock_put(&t->cpu_clock);
	if (t->target)
		task_put(t->target);
	if (t->account) {
		atomic_fetch_sub(&t->account->signals, 1);
		user_account_put(t->account);
	}
	kfree(t);
}

static int
use_clock(struct posix_timer *t, int clock)
{
	t->clock = clock;
	if (is_cpu_clock(clock)) {
		t->on_cpu = true;
		return cpu_clock_get(clock, &t->cpu_clock);
	}
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
	case CLOCK_TAI:
		return 0;
	case CLOCK_REALTIME_ALARM:
	case CLOCK_BOOTTIME_ALARM:
		return cred_capable(current_task()->cred, CAP_WAKE_ALARM)
			       ? 0
			       : -EPERM;
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_MONOTONIC_COARSE:
		return -EOPNOTSUPP;
	default:
		return -EINVAL;
	}
}

/* SIGEV_THREAD is the C library's: to the kernel it is a signal. */
static int
use_event(struct posix_timer *t, const struct sigevent *e)
{
	bool directed = e->sigev_notify & SIGEV_THREAD_ID;

	t->notify = e->sigev_notify;
	t->signo = e->sigev_signo;
	t->value = e->sigev_value;
	if (t->notify == SIGEV_NONE)
		return 0;
	if (t->notify & ~(SIGEV_THREAD_ID | SIGEV_THREAD) ||
	    (directed && t->notify != SIGEV_THREAD_ID))
		return -EINVAL;
	if (t->signo < 1 || t->signo > SIGNALS)
		return -EINVAL;
	if (!directed)
		return 0;
	t->target = task_find(e->sigev_notify_thread_id);
	return t->target && t->target->process == t->process ? 0 : -EINVAL;
}

/* A queued signal may come of it any time, so it counts as one. */
static int
pay(struct posix_timer *t)
{
	struct process *p = t->process;
	uint64_t most = process_limit(p, RLIMIT_SIGPENDING);
	unsigned long irq = spin_lock_irq(&p->signal_lock);
	struct user_account *a = p->account;
	bool paid = user_account_charge(&a->signals,
					(unsigned)MIN(most, UINT32_MAX / 2));

	if (paid) {
		user_account_ref(a);
		t->account = a;
	}
	spin_unlock_irq(&p->signal_lock, irq);
	return paid ? 0 : -EAGAIN;
}

/*
 * Give it a number, and it exists: another thread may delete it at once.  The
 * signal carries the number where the program has not said what.
 */
static int
publish(struct posix_timer *t, bool carries_id)
{
	struct process *p = t->process;
	unsigned long irq = spin_lock_irq(&p->signal_lock);
	int id;

	do {
		id = t->id = p->next_timer_id;
		p->next_timer_id = id == INT32_MAX ? 0 : id + 1;
	} while (RB_INSERT(posix_timer_tree, &p->timers, t));
	if (carries_id)
		t->value.sival_int = id;
	spin_unlock_irq(&p->signal_lock, irq);
	return id;
}

int
posix_timer_create(int clock, const struct sigevent *event, int *id)
{
	struct posix_timer *t = kmalloc(sizeof(*t));
	int err;

	if (!t)
		return -EAGAIN;
	refcount_set(&t->refs, 1);
	t->process = current_process();
	timer_init(&t->timer, timer_fired);
	list_init(&t->entry.link);
	t->signo = SIGALRM;
	err = use_clock(t, clock);
	if (err)
		t->on_cpu = false;
	if (!err && event)
		err = use_event(t, event);
	if (!err)
		err = pay(t);
	if (err) {
		posix_timer_put(t);
		return err;
	}
	if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM ||
	    clock == CLOCK_TAI)
		wallclock_watch_add(&t->watch, clock_changed);
	*id = publish(t, !event);
	return 0;
}

/* --- using ---------------------------------------------------------------- */

static struct posix_timer *
find_locked(struct process *p, int id)
{
	struct posix_timer key = { .id = id };

	return RB_FIND(posix_timer_tree, &p->timers, &key);
}

/* The caller's timer, with a reference, or NULL. */
static struct posix_timer *
find(int id)
{
	struct process *p = current_process();
	unsigned long irq = spin_lock_irq(&p->signal_lock);
	struct posix_timer *t = find_locked(p, id);

	if (t)
		refcount_get(&t->refs);
	spin_unlock_irq(&p->signal_lock, irq);
	return t;
}

static void
get_locked(struct posix_timer *t, uint64_t now, struct posix_timer_value *out)
{
	uint64_t deadline = t->deadline_ns, interval = t->interval_ns;

	out->interval_ns = interval;
	out->value_ns = 0;
	if (!deadline)
		return;
	if (deadline > now)
		out->value_ns = deadline - now;
	else if (interval)
		out->value_ns = interval - (now - deadline) % interval;
	else if (t->notify != SIGEV_NONE)
		out->value_ns = 1; /* about to fire */
}

int
posix_timer_get(int id, struct posix_timer_value *out)
{
	struct posix_timer *t = find(id);
	unsigned long irq;
	uint64_t cpu_ns;

	if (!t)
		return -EINVAL;
	cpu_ns = cpu_now(t);
	irq = spin_lock_irq(&t->process->signal_lock);
	get_locked(t, now_of(t, cpu_ns), out);
	spin_unlock_irq(&t->process->signal_lock, irq);
	posix_timer_put(t);
	return 0;
}

/* A signal of the timer as it was is no news any more. */
static void
withdraw_locked(struct posix_timer *t)
{
	if (!t->entry.timer)
		return;
	signal_queue_withdraw(t->target ? &t->target->pending
					: &t->process->shared_pending,
			      &t->entry);
	t->entry.timer = NULL;
}

static void
set_locked(struct posix_timer *t, bool absolute,
	   const struct posix_timer_value *to, uint64_t cpu_ns)
{
	uint64_t now;

	withdraw_locked(t);
	t->wall = t->watch.changed && absolute;
	t->overrun = 0;
	t->last_overrun = 0;
	t->seen_ns = 0;
	t->interval_ns = to->value_ns ? to->interval_ns : 0;
	t->deadline_ns = to->value_ns;
	if (to->value_ns && !absolute) {
		now = now_of(t, cpu_ns);
		t->deadline_ns =
			to->value_ns > NEVER - now ? NEVER : now + to->value_ns;
	}
	arm_locked(t, cpu_ns);
}

int
posix_timer_set(int id, bool absolute, const struct posix_timer_value *to,
		struct posix_timer_value *old)
{
	struct posix_timer *t = find(id);
	unsigned long irq;
	uint64_t cpu_ns;

	if (!t)
		return -EINVAL;
	cpu_ns = cpu_now(t);
	irq = spin_lock_irq(&t->process->signal_lock);
	if (old)
		get_locked(t, now_of(t, cpu_ns), old);
	set_locked(t, absolute, to, cpu_ns);
	spin_unlock_irq(&t->process->signal_lock, irq);
	posix_timer_put(t);
	return 0;
}

int
posix_timer_overrun(int id)
{
	struct posix_timer *t = find(id);
	int overrun = -EINVAL;

	if (t) {
		overrun = __atomic_load_n(&t->last_overrun, __ATOMIC_RELAXED);
		posix_timer_put(t);
	}
	return overrun;
}

/* --- deleting ------------------------------------------------------------- */

/* Out of the tree: whoever still has a reference finds it deleted. */
static void
unpublish_locked(struct posix_timer *t)
{
	RB_REMOVE(posix_timer_tree, &t->process->timers, t);
	withdraw_locked(t);
	t->deleted = true;
	t->deadline_ns = 0;
}

static void
destroy(struct posix_timer *t)
{
	wallclock_watch_remove(&t->watch);
	timer_cancel(&t->timer);
	posix_timer_put(t);
}

int
posix_timer_delete(int id)
{
	struct process *p = current_process();
	unsigned long irq = spin_lock_irq(&p->signal_lock);
	struct posix_timer *t = find_locked(p, id);

	if (t)
		unpublish_locked(t);
	spin_unlock_irq(&p->signal_lock, irq);
	if (!t)
		return -EINVAL;
	destroy(t);
	return 0;
}

void
posix_timers_end(struct process *p)
{
	struct posix_timer *t;
	unsigned long irq;

	do {
		irq = spin_lock_irq(&p->signal_lock);
		t = RB_MIN(posix_timer_tree, &p->timers);
		if (t)
			unpublish_locked(t);
		spin_unlock_irq(&p->signal_lock, irq);
		if (t)
			destroy(t);
	} while (t);
}
