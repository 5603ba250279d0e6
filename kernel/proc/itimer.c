/* SPDX-License-Identifier: MIT */
#include <linux/time.h>

#include "proc/itimer.h"

#include "proc/cpu_clock.h"
#include "proc/process_priv.h"

/*
 * proc/itimer.c - alarm(2), setitimer(2).
 *
 * The timers live in the process and hold no reference: exit cancels them
 * before the process can go.  Changes set a timer under the lock and never
 * cancel it: when it fires the deadline says whether that means anything.
 *
 * The deadlines of ITIMER_VIRTUAL and ITIMER_PROF are processor time, which
 * nothing counts while it passes: see cpu_clock_next_look().
 */

static const int signal_of[ITIMERS] = {
	[ITIMER_REAL] = SIGALRM,
	[ITIMER_VIRTUAL] = SIGVTALRM,
	[ITIMER_PROF] = SIGPROF,
};

static uint64_t
now_locked(struct itimer *i)
{
	struct process *p = i->process;

	switch (i - p->itimers) {
	case ITIMER_VIRTUAL:
		return process_cpu_ns_locked(p, CPU_TIME_VIRT);
	case ITIMER_PROF:
		return process_cpu_ns_locked(p, CPU_TIME_PROF);
	default:
		return clock_now_ns();
	}
}

static void
arm_locked(struct itimer *i, uint64_t now)
{
	struct process *p = i->process;
	uint64_t when = i->deadline_ns;

	if (!when)
		return;
	if (i != &p->itimers[ITIMER_REAL])
		when = cpu_clock_next_look(p, now, when, &i->seen_ns);
	timer_set(&i->timer, when);
}

/* True: it has expired.  Missed periods are one signal; the phase is kept. */
static bool
expire_locked(struct itimer *i)
{
	uint64_t now = now_locked(i), interval = i->interval_ns;
	bool expired = i->deadline_ns && i->deadline_ns <= now;

	if (expired && interval)
		i->deadline_ns +=
			(now - i->deadline_ns) / interval * interval + interval;
	else if (expired)
		i->deadline_ns = 0;
	arm_locked(i, now);
	return expired;
}

static void
itimer_fired(struct timer *timer)
{
	struct itimer *i = container_of(timer, struct itimer, timer);
	struct process *p = i->process;
	unsigned long irq = spin_lock_irq(&p->signal_lock);
	bool expired = !i->ended && expire_locked(i);

	spin_unlock_irq(&p->signal_lock, irq);
	if (expired)
		(void)signal_send_process(p, signal_of[i - p->itimers], NULL);
}

void
itimers_init(struct process *p)
{
	for (unsigned n = 0; n < ITIMERS; n++) {
		timer_init(&p->itimers[n].timer, itimer_fired);
		p->itimers[n].process = p;
	}
}

void
itimers_end(struct process *p)
{
	unsigned long irq = spin_lock_irq(&p->signal_lock);

	for (unsigned n = 0; n < ITIMERS; n++)
		p->itimers[n].ended = true;
	spin_unlock_irq(&p->signal_lock, irq);
	for (unsigned n = 0; n < ITIMERS; n++)
		timer_cancel(&p->itimers[n].timer);
}

static void
get_locked(struct itimer *i, uint64_t now, struct itimer_value *out)
{
	out->interval_ns = i->interval_ns;
	out->left_ns = 0;
	if (i->deadline_ns)
		out->left_ns = i->deadline_ns > now ? i->deadline_ns - now : 1;
}

void
itimer_get(struct process *p, unsigned which, struct itimer_value *out)
{
	struct itimer *i = &p->itimers[which];
	unsigned long irq = spin_lock_irq(&p->signal_lock);

	get_locked(i, now_locked(i), out);
	spin_unlock_irq(&p->signal_lock, irq);
}

void
itimer_set(struct process *p, unsigned which, const struct itimer_value *to,
	   struct itimer_value *old)
{
	struct itimer *i = &p->itimers[which];
	unsigned long irq = spin_lock_irq(&p->signal_lock);
	uint64_t now = now_locked(i);

	if (old)
		get_locked(i, now, old);
	i->interval_ns = to->interval_ns;
	i->deadline_ns = to->left_ns ? now + to->left_ns : 0;
	i->seen_ns = 0;
	if (!i->ended)
		arm_locked(i, now);
	spin_unlock_irq(&p->signal_lock, irq);
}
