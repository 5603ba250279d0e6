/* SPDX-License-Identifier: MIT */
#include "proc/signal.h"

#include "fs/user_account.h"
#include "mm/slab.h"
#include "proc/posix_timer_priv.h"
#include "proc/process_priv.h"

/*
 * proc/signal_queue.c - what holds signals: queues of pending ones, and the
 * sets of handlers that tasks share.
 *
 * The mask of a queue is the truth about what is pending; an entry carries the
 * details.  Standard signals are pending at most once; a signal of the kernel
 * is never lost for want of memory, only its details are.
 */

#define FAULT_SIGNALS                                                    \
	(SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGILL) | \
	 SIGNAL_BIT(SIGTRAP) | SIGNAL_BIT(SIGFPE) | SIGNAL_BIT(SIGSYS))
#define FIRST_REAL_TIME 32

static struct slab_cache *entry_cache;    /* [I] */
static struct slab_cache *handlers_cache; /* [I] */

void
signal_init(void)
{
	entry_cache = slab_cache_create("signal_entry",
					sizeof(struct signal_entry), 16);
	handlers_cache = slab_cache_create("signal_handlers",
					   sizeof(struct signal_handlers), 64);
	if (!entry_cache || !handlers_cache)
		panic("signal: no memory at boot");
}

/* --- sets of handlers --- */

struct signal_handlers *
signal_handlers_create(void)
{
	struct signal_handlers *h = slab_alloc(handlers_cache);

	if (h) {
		refcount_set(&h->refs, 1);
		spin_init(&h->lock, LOCK_HANDLERS, "signal_handlers");
	}
	return h;
}

struct signal_handlers *
signal_handlers_copy(struct signal_handlers *from)
{
	struct signal_handlers *h = signal_handlers_create();
	unsigned long irq;

	if (!h)
		return NULL;
	irq = spin_lock_irq(&from->lock);
	memcpy(h->action, from->action, sizeof(h->action));
	spin_unlock_irq(&from->lock, irq);
	return h;
}

void
signal_handlers_get(struct signal_handlers *h)
{
	refcount_get(&h->refs);
}

void
signal_handlers_put(struct signal_handlers *h)
{
	if (refcount_put(&h->refs))
		slab_free(handlers_cache, h);
}

void
signal_handlers_reset(struct signal_handlers *h)
{
	unsigned long irq = spin_lock_irq(&h->lock);

	for (int i = 0; i < SIGNALS; i++) {
		uintptr_t handler = h->action[i].handler;

		if (handler != (uintptr_t)SIG_IGN)
			handler = (uintptr_t)SIG_DFL;
		h->action[i] = (struct signal_action){ .handler = handler };
	}
	spin_unlock_irq(&h->lock, irq);
}

/* --- queues --- */

void
signal_queue_init(struct signal_queue *q)
{
	q->mask = 0;
	list_init(&q->entries);
}

static void
entry_free(struct signal_entry *e)
{
	if (e->account) {
		atomic_fetch_sub(&e->account->signals, 1);
		user_account_put(e->account);
	}
	slab_free(entry_cache, e);
}

void
signal_queue_flush(struct signal_queue *q, uint64_t mask)
{
	struct signal_entry *e, *next;

	if (!(q->mask & mask))
		return;
	q->mask &= ~mask;
	list_for_each_safe (e, next, &q->entries, link) {
		if (mask & SIGNAL_BIT(e->info.si_signo)) {
			list_remove(&e->link);
			if (e->timer)
				posix_timer_dropped_locked(e->timer);
			else
				entry_free(e);
		}
	}
}

/*
 * What programs can pile up counts against the receiver's limit: real-time
 * signals, which queue, and those with details made up by the sender.  Standard
 * ones of the kernel are never refused.
 */
static struct signal_entry *
entry_create(struct process *to, int signo, const struct siginfo *info)
{
	bool limited = signo >= FIRST_REAL_TIME || (info && info->si_code < 0);
	struct user_account *account = to->account;
	struct signal_entry *e;

	if (limited && account &&
	    atomic_load(&account->signals) >=
		    process_limit(to, RLIMIT_SIGPENDING))
		return NULL;
	e = slab_alloc(entry_cache);
	if (!e)
		return NULL;
	if (info)
		e->info = *info;
	else
		e->info.si_code = SI_KERNEL;
	e->info.si_signo = signo;
	if (account) {
		user_account_ref(account);
		atomic_fetch_add(&account->signals, 1);
		e->account = account;
	}
	return e;
}

int
signal_queue_add(struct process *p, struct signal_queue *q, int signo,
		 const struct siginfo *info)
{
	struct signal_entry *e;

	if (signo < FIRST_REAL_TIME && (q->mask & SIGNAL_BIT(signo)))
		return 0;
	e = entry_create(p, signo, info);
	/* sigqueue(3) is told; kill(2) only loses who sent it. */
	if (!e && signo >= FIRST_REAL_TIME && info && info->si_code != SI_USER)
		return -EAGAIN;
	if (e)
		list_push_back(&q->entries, &e->link);
	q->mask |= SIGNAL_BIT(signo);
	return 0;
}

void
signal_queue_entry(struct signal_queue *q, struct signal_entry *e)
{
	list_push_back(&q->entries, &e->link);
	q->mask |= SIGNAL_BIT(e->info.si_signo);
}

void
signal_queue_withdraw(struct signal_queue *q, struct signal_entry *e)
{
	struct signal_entry *other;

	list_remove(&e->link);
	list_for_each (other, &q->entries, link)
		if (other->info.si_signo == e->info.si_signo)
			return;
	q->mask &= ~SIGNAL_BIT(e->info.si_signo);
}

bool
signal_queue_peek(const struct signal_queue *q, uint64_t index,
		  struct siginfo *out)
{
	struct signal_entry *e;

	list_for_each (e, &q->entries, link) {
		if (!index--) {
			*out = e->info;
			return true;
		}
	}
	return false;
}

/* Take signo out of q; its details if they were kept. */
static void
queue_take(struct signal_queue *q, int signo, struct siginfo *info)
{
	struct signal_entry *e, *found = NULL;
	bool more = false;

	list_for_each (e, &q->entries, link) {
		if (e->info.si_signo != signo)
			continue;
		if (found) {
			more = true;
			break;
		}
		found = e;
	}
	if (!more)
		q->mask &= ~SIGNAL_BIT(signo);
	if (found) {
		*info = found->info;
		list_remove(&found->link);
		if (found->timer)
			posix_timer_taken_locked(found->timer, info);
		else
			entry_free(found);
		return;
	}
	memset(info, 0, sizeof(*info));
	info->si_signo = signo;
	info->si_code = SI_USER;
}

int
signal_dequeue_locked(struct task *t, uint64_t blocked, struct siginfo *info)
{
	struct signal_queue *q = &t->pending;
	uint64_t ready = q->mask & ~blocked;
	int signo;

	if (!ready) {
		q = &t->process->shared_pending;
		ready = q->mask & ~blocked;
	}
	if (!ready)
		return 0;
	/* Faults first: their frame must show the instruction at fault. */
	if (ready & FAULT_SIGNALS)
		ready &= FAULT_SIGNALS;
	signo = __builtin_ctzll(ready) + 1;
	queue_take(q, signo, info);
	return signo;
}
