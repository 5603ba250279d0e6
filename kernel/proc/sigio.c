/* SPDX-License-Identifier: MIT */
#include "proc/sigio.h"

#include <linux/fcntl.h>

#include "arch/usercopy.h"
#include "fs/eventpoll.h"
#include "mm/slab.h"
#include "proc/pid.h"
#include "proc/process_priv.h"

/*
 * proc/sigio.c - signals about files.
 *
 * It listens where poll(2) would: on the wait queues the file names.  A wake-up
 * comes with a queue's lock held, under which no signal can be sent, so it sets
 * a timer that is due at once; that sends, with no lock held.  Wake-ups in
 * between become one signal.
 *
 * The owner is a number, looked up each time: it may be gone, or another's by
 * then, so who set it has to be allowed to send.
 */

#define HOOKS_MAX 4 /* wait queues a file names, at most two so far */

struct sigio;

struct sigio_hook {
	struct waiter waiter;
	struct sigio *sigio; /* [I] */
};

/* H is hooks_lock (mutex), L is lock (spin, LOCK_SIGIO, irq-safe). */
struct sigio {
	struct file_async base;
	struct mutex hooks_lock;
	struct sigio_hook hooks[HOOKS_MAX]; /* [H] */
	unsigned hook_count;                /* [H] */
	struct spinlock lock;
	bool on;                 /* [L] */
	unsigned events;         /* [L] since the timer was set */
	int signo;               /* [L] 0 = SIGIO without details */
	int fd;                  /* [L] */
	struct f_owner_ex owner; /* [L] */
	uid_t uid, euid;         /* [L] of who set it */
	struct timer timer;      /* [L] to set */
};

/* --- sending -------------------------------------------------------------- */

static bool
wakes_sigio(struct waiter *w, unsigned events)
{
	struct sigio *s = container_of(w, struct sigio_hook, waiter)->sigio;

	spin_lock(&s->lock);
	if (s->on) {
		s->events |= events;
		timer_set(&s->timer, 0);
	}
	spin_unlock(&s->lock);
	return false;
}

static void
fill_info(struct siginfo *info, int signo, int fd, unsigned events)
{
	static const struct {
		unsigned events, band;
		int code;
	} kinds[] = {
		{ POLLIN, POLLIN | POLLRDNORM, POLL_IN },
		{ POLLOUT, POLLOUT | POLLWRNORM | POLLWRBAND, POLL_OUT },
		{ POLLPRI, POLLPRI | POLLRDBAND, POLL_PRI },
		{ POLLERR, POLLERR, POLL_ERR },
		{ POLLHUP, POLLHUP | POLLERR, POLL_HUP },
	};
	unsigned k = 0;

	while (k < ARRAY_SIZE(kinds) - 1 && !(events & kinds[k].events))
		k++;
	*info = (struct siginfo){ .si_signo = signo, .si_code = kinds[k].code };
	info->si_band = kinds[k].band;
	info->si_fd = fd;
}

static void
sigio_fired(struct timer *timer)
{
	struct sigio *s = container_of(timer, struct sigio, timer);
	unsigned long irq = spin_lock_irq(&s->lock);
	struct signal_owner to = { .type = s->owner.type,
				   .nr = s->owner.pid,
				   .uid = s->uid,
				   .euid = s->euid };
	struct siginfo info;
	int signo = s->signo;
	bool on = s->on;

	fill_info(&info, signo, s->fd, s->events);
	s->events = 0;
	spin_unlock_irq(&s->lock, irq);
	if (!on || !to.nr)
		return;
	/* When the queue is full it is said without details. */
	if (!signo || signal_send_owner(&to, signo, &info) == -EAGAIN)
		(void)signal_send_owner(&to, SIGIO, NULL);
}

/* --- listening ------------------------------------------------------------ */

struct hook_table {
	struct poll_table table;
	struct sigio *sigio;
};

static void
hook_add(struct poll_table *pt, struct wait_queue *wq)
{
	struct sigio *s = container_of(pt, struct hook_table, table)->sigio;
	struct sigio_hook *h = &s->hooks[s->hook_count];

	if (s->hook_count == HOOKS_MAX)
		return;
	s->hook_count++;
	waiter_init(&h->waiter);
	h->waiter.wake = wakes_sigio;
	h->sigio = s;
	waiter_add(wq, &h->waiter);
}

static void
unhook(struct sigio *s)
{
	while (s->hook_count)
		waiter_remove(&s->hooks[--s->hook_count].waiter);
}

static void
sigio_release(struct file_async *a)
{
	struct sigio *s = container_of(a, struct sigio, base);

	unhook(s);
	timer_cancel(&s->timer);
	kfree(s);
}

/* The file's, made if need be; NULL = no memory. */
static struct sigio *
sigio_of(struct file *f)
{
	struct file_async *there = NULL;
	struct sigio *s;

	if (f->async)
		return container_of(f->async, struct sigio, base);
	s = kmalloc(sizeof(*s));
	if (!s)
		return NULL;
	s->base.release = sigio_release;
	mutex_init(&s->hooks_lock, LOCK_SIGIO_HOOKS, "sigio hooks");
	spin_init(&s->lock, LOCK_SIGIO, "sigio");
	timer_init(&s->timer, sigio_fired);
	if (atomic_compare_exchange_strong(&f->async, &there, &s->base))
		return s;
	kfree(s);
	return container_of(there, struct sigio, base);
}

int
sigio_enable(struct file *f, int fd, bool on)
{
	struct hook_table t = { .table.add = hook_add };
	struct sigio *s;
	unsigned long irq;

	/* Like Linux: only what can be waited for, and no epolls. */
	if ((!on && !f->async) || !file_can_poll(f) || file_is_eventpoll(f))
		return 0;
	s = sigio_of(f);
	if (!s)
		return -ENOMEM;
	t.sigio = s;
	mutex_lock(&s->hooks_lock);
	irq = spin_lock_irq(&s->lock);
	s->on = on;
	s->fd = fd;
	spin_unlock_irq(&s->lock, irq);
	if (!on)
		unhook(s);
	else if (!s->hook_count)
		(void)file_poll(f, &t.table);
	mutex_unlock(&s->hooks_lock);
	return 0;
}

/* --- fcntl ---------------------------------------------------------------- */

static bool
owner_exists(const struct f_owner_ex *o)
{
	unsigned long irq = proc_tree_enter();
	struct pid *id = pid_find(o->pid);
	bool yes = !o->pid;

	if (id && o->type == F_OWNER_PGRP)
		yes = !list_empty(&id->group);
	else if (id)
		yes = id->process || id->task;
	proc_tree_leave(irq);
	return yes;
}

static int
set_owner(struct file *f, const struct f_owner_ex *o)
{
	const struct cred *c = current_task()->cred;
	unsigned long irq;
	struct sigio *s;

	if (!owner_exists(o))
		return -ESRCH;
	s = sigio_of(f);
	if (!s)
		return -ENOMEM;
	irq = spin_lock_irq(&s->lock);
	s->owner = *o;
	s->uid = c->user.real;
	s->euid = c->user.effective;
	spin_unlock_irq(&s->lock, irq);
	return 0;
}

static int
set_owner_number(struct file *f, int nr)
{
	struct f_owner_ex o = { .type = F_OWNER_PID, .pid = nr };

	if (nr == INT32_MIN)
		return -EINVAL;
	if (nr < 0) {
		o.type = F_OWNER_PGRP;
		o.pid = -nr;
	}
	return set_owner(f, &o);
}

static int
set_owner_ex(struct file *f, const struct f_owner_ex USER *u)
{
	struct f_owner_ex o;

	if (get_user(o, u))
		return -EFAULT;
	if (o.type != F_OWNER_TID && o.type != F_OWNER_PID &&
	    o.type != F_OWNER_PGRP)
		return -EINVAL;
	return o.pid < 0 ? -ESRCH : set_owner(f, &o);
}

static struct f_owner_ex
owner_of(struct sigio *s)
{
	struct f_owner_ex o = { .type = F_OWNER_PID };
	unsigned long irq;

	if (!s)
		return o;
	irq = spin_lock_irq(&s->lock);
	o = s->owner;
	spin_unlock_irq(&s->lock, irq);
	return o;
}

static int
set_signal(struct file *f, unsigned long signo)
{
	struct sigio *s;

	if (signo > SIGNALS)
		return -EINVAL;
	s = sigio_of(f);
	if (!s)
		return -ENOMEM;
	__atomic_store_n(&s->signo, (int)signo, __ATOMIC_RELAXED);
	return 0;
}

long
sigio_fcntl(struct file *f, unsigned cmd, unsigned long arg)
{
	struct sigio *s =
		f->async ? container_of(f->async, struct sigio, base) : NULL;
	struct f_owner_ex o = owner_of(s);

	switch (cmd) {
	case F_SETOWN:
		return set_owner_number(f, (int)arg);
	case F_GETOWN:
		return o.type == F_OWNER_PGRP ? -o.pid : o.pid;
	case F_SETOWN_EX:
		return set_owner_ex(f, (const struct f_owner_ex USER *)arg);
	case F_GETOWN_EX:
		return put_user(o, (struct f_owner_ex USER *)arg);
	case F_SETSIG:
		return set_signal(f, arg);
	case F_GETSIG:
		return s ? s->signo : 0;
	default:
		return -EINVAL;
	}
}
