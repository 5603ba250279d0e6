/* SPDX-License-Identifier: MIT */
#include "fs/timerfd.h"

#include <linux/fcntl.h>
#include <linux/time.h>
#include <linux/timerfd.h>

#include "arch/clock.h"
#include "core/timer.h"
#include "core/wallclock.h"
#include "fs/anon_file.h"
#include "fs/procfs/procfs.h"
#include "lib/errno.h"
#include "mm/slab.h"

/*
 * fs/timerfd.c - a timer that can be waited for.
 *
 * A periodic timer fires once and is then late: the periods that pass until
 * somebody looks (reads, or asks for the time left) are counted then, so an
 * unread timer costs one interrupt whatever its period.
 *
 * A deadline that is a time of day is kept as such and moved when the clock is
 * set.  Changes set the timer under the lock and never cancel it: when it fires
 * the deadline says whether that means anything.
 */

/* L is lock (spin, LOCK_TIMERFD, irq-safe). */
struct timerfd {
	struct spinlock lock;
	int clock;            /* [I] as it was asked for */
	bool wall;            /* [L] deadline is a time of day */
	bool late;            /* [L] deadline passed, and counted once */
	bool cancelled;       /* [L] the clock was set */
	unsigned flags;       /* [L] enum timerfd_flags */
	uint64_t deadline_ns; /* [L] 0 = off */
	uint64_t interval_ns; /* [L] */
	uint64_t ticks;       /* [L] expirations not read yet */
	struct timer timer;   /* [L] to set */
	struct wallclock_watch watch; /* for clocks that can be set */
	struct wait_queue wait;
};

/* --- time, with the lock held --------------------------------------------- */

static uint64_t
now_of(const struct timerfd *t)
{
	return t->wall ? wallclock_ns() : clock_now_ns();
}

static void
arm(struct timerfd *t)
{
	if (t->deadline_ns && !t->late)
		timer_set(&t->timer,
			  t->wall ? wallclock_to_monotonic(t->deadline_ns)
				  : t->deadline_ns);
}

/* Count the periods that passed since the timer fired, and set it again. */
static void
catch_up(struct timerfd *t)
{
	uint64_t now = now_of(t), periods;

	if (!t->late)
		return;
	/* The clock may have been set back meanwhile. */
	periods = now > t->deadline_ns
			  ? (now - t->deadline_ns) / t->interval_ns + 1
			  : 1;
	t->ticks += periods - 1;
	t->deadline_ns += periods * t->interval_ns;
	t->late = false;
	arm(t);
}

/* The deadline has come: true if that is news for who waits. */
static bool
expire(struct timerfd *t)
{
	if (!t->deadline_ns || t->late)
		return false;
	if (now_of(t) < t->deadline_ns) {
		arm(t);
		return false;
	}
	t->ticks++;
	if (t->interval_ns)
		t->late = true;
	else
		t->deadline_ns = 0;
	return true;
}

static void
timer_fired(struct timer *timer)
{
	struct timerfd *t = container_of(timer, struct timerfd, timer);
	unsigned long irq = spin_lock_irq(&t->lock);

	if (expire(t))
		wait_queue_wake(&t->wait, POLLIN);
	spin_unlock_irq(&t->lock, irq);
}

static void
clock_changed(struct wallclock_watch *w)
{
	struct timerfd *t = container_of(w, struct timerfd, watch);
	unsigned long irq = spin_lock_irq(&t->lock);

	if (t->flags & TIMERFD_CANCEL_ON_SET) {
		t->cancelled = true;
		t->ticks++;
		wait_queue_wake(&t->wait, POLLIN);
	}
	if (t->wall)
		arm(t);
	spin_unlock_irq(&t->lock, irq);
}

/* --- reading -------------------------------------------------------------- */

/* 0 = nothing yet, else 1 and the count, or -ECANCELED. */
static int
take(struct timerfd *t, uint64_t *ticks)
{
	unsigned long irq = spin_lock_irq(&t->lock);
	int result = 0;

	if (t->ticks) {
		result = t->cancelled ? -ECANCELED : 1;
		catch_up(t);
		*ticks = t->ticks;
		t->ticks = 0;
		t->cancelled = false;
	}
	spin_unlock_irq(&t->lock, irq);
	return result;
}

static ssize_t
timerfd_read(struct file *f, struct uio *u, UNUSED uint64_t *pos)
{
	struct timerfd *t = f->data;
	uint64_t ticks;
	int result;

	if (u->left < sizeof(ticks))
		return -EINVAL;
	result = take(t, &ticks);
	if (!result && (f->flags & O_NONBLOCK))
		return -EAGAIN;
	if (!result &&
	    wait_event_interruptible(&t->wait, (result = take(t, &ticks))))
		return -ERESTARTSYS;
	if (result < 0)
		return result;
	return uio_copy_out(u, &ticks, sizeof(ticks)) < sizeof(ticks)
		       ? -EFAULT
		       : (ssize_t)sizeof(ticks);
}

static unsigned
timerfd_poll(struct file *f, struct poll_table *pt)
{
	struct timerfd *t = f->data;

	poll_add(pt, &t->wait);
	return __atomic_load_n(&t->ticks, __ATOMIC_RELAXED) ? POLLIN : 0;
}

/* --- setting -------------------------------------------------------------- */

static void
get_locked(struct timerfd *t, struct timerfd_time *out) REQUIRES(t->lock)
{
	uint64_t now;

	catch_up(t);
	now = now_of(t);
	out->interval_ns = t->interval_ns;
	out->value_ns = 0;
	/* One that has not been seen to fire is not off. */
	if (t->deadline_ns)
		out->value_ns = t->deadline_ns > now ? t->deadline_ns - now : 1;
}

void
timerfd_get(struct file *f, struct timerfd_time *out)
{
	struct timerfd *t = f->data;
	unsigned long irq = spin_lock_irq(&t->lock);

	get_locked(t, out);
	spin_unlock_irq(&t->lock, irq);
}

static bool
is_wall_clock(int clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM;
}

void
timerfd_set(struct file *f, unsigned flags, const struct timerfd_time *to,
	    struct timerfd_time *old)
{
	struct timerfd *t = f->data;
	unsigned long irq = spin_lock_irq(&t->lock);
	uint64_t now;

	get_locked(t, old);
	t->wall = is_wall_clock(t->clock) && (flags & TIMERFD_ABSOLUTE);
	t->flags = flags;
	if (!t->wall)
		t->flags &= ~(unsigned)TIMERFD_CANCEL_ON_SET;
	t->late = false;
	t->cancelled = false;
	t->ticks = 0;
	t->interval_ns = to->interval_ns;
	t->deadline_ns = to->value_ns;
	if (to->value_ns && !(flags & TIMERFD_ABSOLUTE)) {
		now = now_of(t);
		t->deadline_ns =
			to->value_ns > NEVER - now ? NEVER : now + to->value_ns;
	}
	arm(t);
	spin_unlock_irq(&t->lock, irq);
}

/* --- the rest ------------------------------------------------------------- */

static void
put_time(struct proc_text *text, const char *name, uint64_t ns)
{
	proc_printf(text, "%s: (%lu, %lu)\n", name,
		    (unsigned long)(ns / NSEC_PER_SEC),
		    (unsigned long)(ns % NSEC_PER_SEC));
}

static void
timerfd_info(struct file *f, struct proc_text *text)
{
	struct timerfd *t = f->data;
	struct timerfd_time now;
	uint64_t ticks = __atomic_load_n(&t->ticks, __ATOMIC_RELAXED);
	unsigned flags = 0;

	if (t->flags & TIMERFD_ABSOLUTE)
		flags |= TFD_TIMER_ABSTIME;
	if (t->flags & TIMERFD_CANCEL_ON_SET)
		flags |= TFD_TIMER_CANCEL_ON_SET;
	timerfd_get(f, &now);
	proc_printf(text, "clockid: %d\nticks: %lu\nsettime flags: 0%o\n",
		    t->clock, (unsigned long)ticks, flags);
	put_time(text, "it_value", now.value_ns);
	put_time(text, "it_interval", now.interval_ns);
}

static void
timerfd_release(struct file *f)
{
	struct timerfd *t = f->data;
	unsigned long irq;

	wallclock_watch_remove(&t->watch);
	irq = spin_lock_irq(&t->lock);
	t->deadline_ns = 0;
	spin_unlock_irq(&t->lock, irq);
	/* Nobody sets it any more. */
	timer_cancel(&t->timer);
	kfree(t);
}

static const struct file_ops timerfd_ops = {
	.anon_name = "anon_inode:[timerfd]",
	.release = timerfd_release,
	.read = timerfd_read,
	.seek = anon_file_seek,
	.poll = timerfd_poll,
	.info = timerfd_info,
};

bool
file_is_timerfd(const struct file *f)
{
	return f->ops == &timerfd_ops;
}

int
timerfd_create(int clock, unsigned flags, struct file **out)
{
	struct timerfd *t = kmalloc(sizeof(*t));

	if (!t)
		return -ENOMEM;
	spin_init(&t->lock, LOCK_TIMERFD, "timerfd");
	wait_queue_init(&t->wait);
	timer_init(&t->timer, timer_fired);
	t->clock = clock;
	*out = anon_file_create(&timerfd_ops, t, O_RDWR | flags);
	if (!*out) {
		kfree(t);
		return -ENFILE;
	}
	if (is_wall_clock(clock))
		wallclock_watch_add(&t->watch, clock_changed);
	return 0;
}
