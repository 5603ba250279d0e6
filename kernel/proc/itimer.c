/* SPDX-License-Identifier: MIT */
#include "proc/itimer.h"

#include "proc/process_priv.h"

/*
 * proc/itimer.c - ITIMER_REAL: alarm(2), setitimer(2).
 *
 * The timer lives in the process and holds no reference: exit cancels it
 * before the process can go.
 */

void
itimer_fired(struct timer *timer)
{
	struct process *p = container_of(timer, struct process, alarm);
	unsigned long irq = spin_lock_irq(&p->signal_lock);
	uint64_t interval = p->alarm_interval_ns;
	uint64_t deadline = p->alarm_deadline_ns;

	p->alarm_deadline_ns = 0;
	if (interval) {
		/* Missed periods are one signal, and the phase is kept. */
		deadline += (clock_now_ns() - deadline) / interval * interval +
			    interval;
		p->alarm_deadline_ns = deadline;
		timer_set(&p->alarm, deadline);
	}
	spin_unlock_irq(&p->signal_lock, irq);
	(void)signal_send_process(p, SIGALRM, NULL);
}

void
itimer_cancel(struct process *p)
{
	unsigned long irq = spin_lock_irq(&p->signal_lock);

	p->alarm_interval_ns = 0;
	p->alarm_deadline_ns = 0;
	spin_unlock_irq(&p->signal_lock, irq);
	timer_cancel(&p->alarm);
}

void
itimer_get(struct process *p, uint64_t *left_ns, uint64_t *interval_ns)
{
	unsigned long irq = spin_lock_irq(&p->signal_lock);
	uint64_t now = clock_now_ns();

	*interval_ns = p->alarm_interval_ns;
	*left_ns = 0;
	if (p->alarm_deadline_ns)
		*left_ns = p->alarm_deadline_ns > now
				   ? p->alarm_deadline_ns - now
				   : 1;
	spin_unlock_irq(&p->signal_lock, irq);
}

void
itimer_set(struct process *p, uint64_t first_ns, uint64_t interval_ns)
{
	unsigned long irq;

	/* Off first, so that the function does not run meanwhile. */
	itimer_cancel(p);
	if (!first_ns)
		return;
	irq = spin_lock_irq(&p->signal_lock);
	p->alarm_deadline_ns = clock_now_ns() + first_ns;
	p->alarm_interval_ns = interval_ns;
	timer_set(&p->alarm, p->alarm_deadline_ns);
	spin_unlock_irq(&p->signal_lock, irq);
}
