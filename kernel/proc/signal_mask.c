/* SPDX-License-Identifier: MIT */
#include "proc/process_priv.h"

/*
 * proc/signal_mask.c - what the caller does to its own signal state: actions,
 * blocked signals, waiting for one.
 */

int
signal_set_action(int signo, const struct signal_action *new,
		  struct signal_action *old)
{
	struct task *t = current_task();
	struct process *p = t->process;
	struct signal_handlers *h = t->handlers;
	unsigned long irq;

	if (signo < 1 || signo > SIGNALS ||
	    (new && (signo == SIGKILL || signo == SIGSTOP)))
		return -EINVAL;
	irq = spin_lock_irq(&p->signal_lock);
	spin_lock(&h->lock);
	*old = h->action[signo - 1];
	if (new)
		h->action[signo - 1] = *new;
	spin_unlock(&h->lock);
	/* What is pending and ignored from now on is discarded (POSIX). */
	if (new &&signal_disposition_ignores(t, signo))
		signal_discard_locked(p, SIGNAL_BIT(signo));
	signal_recalculate_locked(t);
	spin_unlock_irq(&p->signal_lock, irq);
	return 0;
}

/*
 * Block mask from now on.  Signals of the process that we no longer take must
 * wake another task that does.
 */
void
signal_set_blocked(uint64_t mask)
{
	struct task *t = current_task();
	struct process *p = t->process;
	unsigned long irq;
	uint64_t newly;

	mask &= ~(SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP));
	irq = spin_lock_irq(&p->signal_lock);
	newly = mask & ~t->blocked & p->shared_pending.mask;
	t->blocked = mask;
	while (newly) {
		signal_wake_taker_locked(p, __builtin_ctzll(newly) + 1);
		newly &= newly - 1;
	}
	signal_recalculate_locked(t);
	spin_unlock_irq(&p->signal_lock, irq);
}

void
signal_set_temporary_mask(uint64_t mask)
{
	struct task *t = current_task();

	t->saved_blocked = t->blocked;
	t->restore_blocked = true;
	signal_set_blocked(mask);
}

void
signal_clear_temporary_mask(void)
{
	struct task *t = current_task();

	if (!t->restore_blocked)
		return;
	t->restore_blocked = false;
	signal_set_blocked(t->saved_blocked);
}

/*
 * While it sleeps, the signals waited for count as not blocked, so that their
 * arrival interrupts it.
 */
int
signal_wait(uint64_t mask, struct siginfo *info, uint64_t deadline_ns)
{
	struct task *t = current_task();
	struct process *p = t->process;
	uint64_t before = t->blocked;
	unsigned long irq;
	int signo, err = 0;

	mask &= ~(SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP));
	for (;;) {
		irq = spin_lock_irq(&p->signal_lock);
		signo = signal_dequeue_locked(t, ~mask, info);
		/* Nothing to wait for: do not even look at other signals. */
		if (!signo && !err && deadline_ns <= clock_now_ns())
			err = -EAGAIN;
		t->blocked = signo || err ? before : before & ~mask;
		t->waiting_for = signo || err ? 0 : mask;
		signal_recalculate_locked(t);
		spin_unlock_irq(&p->signal_lock, irq);
		if (signo)
			return signo;
		if (err)
			return err;
		err = thread_nap(deadline_ns, true);
		if (!err)
			err = -EAGAIN;
	}
}
