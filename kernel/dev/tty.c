/* SPDX-License-Identifier: MIT */
#include "dev/tty.h"

#include <asm-generic/fcntl.h>
#include <asm/signal.h>
#include <linux/capability.h>
#include <linux/major.h>

#include "dev/tty_priv.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/slab.h"

/*
 * dev/tty.c - terminals: their life, input, and whose they are.
 *
 * The driver calls tty_input() in its interrupt.  The line discipline edits
 * and echoes there and then under line_lock; the signals it asks for are sent,
 * and readers woken, after the lock is given back.
 *
 *	keyboard, UART --tty_input--> ldisc ring --tty_read--> program
 *	                                | echo
 *	screen, UART <--drv->write--- ldisc <--tty_write--- program
 *
 * When the discipline's ring is full of lines nobody reads, input waits in the
 * backlog; when that is full too, it is lost.
 *
 * A terminal that hangs up lives on, but every open of before is dead: it
 * reads end of file and writes EIO.
 */

static bool
allow_group(UNUSED pid_t pgrp, UNUSED pid_t session)
{
	return false;
}

static void
no_signal(UNUSED pid_t pgrp, UNUSED int signo)
{
}

static void
no_leader_signal(UNUSED pid_t session, UNUSED pid_t foreground)
{
}

static int
allow_background(UNUSED struct tty *tty, UNUSED int signo)
{
	return 0;
}

static pid_t
no_id(void)
{
	return 0;
}

static bool
never(void)
{
	return false;
}

static bool
not_capable(UNUSED int capability)
{
	return false;
}

static struct tty *
no_tty(void)
{
	return NULL;
}

static bool
not_current(UNUSED const struct tty *tty)
{
	return false;
}

static bool
refuse_tty(UNUSED struct tty *tty)
{
	return false;
}

static void
nothing_to_drop(void)
{
}

static void
nothing_to_forget(UNUSED pid_t session, UNUSED struct tty *tty)
{
}

static const struct tty_job_ops no_jobs = {
	.signal_group = no_signal,
	.signal_leader = no_leader_signal,
	.check_background = allow_background,
	.current_session = no_id,
	.current_group = no_id,
	.is_session_leader = never,
	.capable = not_capable,
	.group_in_session = allow_group,
	.current_tty = no_tty,
	.is_current_tty = not_current,
	.take_tty = refuse_tty,
	.drop_tty = nothing_to_drop,
	.forget_tty = nothing_to_forget,
};

static const struct tty_job_ops *job_ops RO_AFTER_BOOT = &no_jobs;

void
tty_set_job_ops(const struct tty_job_ops *ops)
{
	job_ops = ops;
}

const struct tty_job_ops *
tty_job(void)
{
	return job_ops;
}

/* --- life --- */

static void
echo(struct ldisc *ld, const char *bytes, size_t n)
{
	struct tty *tty = container_of(ld, struct tty, ld);

	tty->drv->echo(tty, bytes, n);
}

static void
flush_output(struct ldisc *ld)
{
	struct tty *tty = container_of(ld, struct tty, ld);

	if (tty->drv->flush_output)
		tty->drv->flush_output(tty);
}

void
tty_init(struct tty *tty, const struct tty_driver *drv, void *data)
{
	tty->dev.bits = CHARDEV_TTY;
	tty->dev.ops = &tty_chardev_ops;
	tty->dev.data = tty;
	tty->drv = drv;
	tty->data = data;
	refcount_set(&tty->refs, 1);
	spin_init(&tty->line_lock, LOCK_TTY_LINE, "tty line");
	ldisc_init(&tty->ld, echo);
	tty->ld.flush_output = flush_output;
	mutex_init(&tty->read_lock, LOCK_TTY_READ, "tty read");
	mutex_init(&tty->write_lock, LOCK_TTY_WRITE, "tty write");
	wait_queue_init(&tty->read_wait);
	wait_queue_init(&tty->write_wait);
}

struct tty *
tty_create(const char *name, dev_t dev, const struct tty_driver *drv,
	   void *data)
{
	struct tty *tty = kmalloc(sizeof(*tty));

	if (!tty)
		return NULL;
	tty_init(tty, drv, data);
	tty->dev.name = name;
	tty->dev.dev = dev;
	tty->dev.mode = 0600;
	chardev_register(&tty->dev);
	return tty;
}

void
tty_get(struct tty *tty)
{
	refcount_get(&tty->refs);
}

void
tty_put(struct tty *tty)
{
	if (refcount_put(&tty->refs))
		tty->drv->destroy(tty);
}

bool
tty_is_pty(const struct tty *tty)
{
	return tty->drv->is_pty;
}

void *
tty_data(const struct tty *tty)
{
	return tty->data;
}

dev_t
tty_dev(const struct tty *tty)
{
	return tty->dev.dev;
}

const char *
tty_name(const struct tty *tty)
{
	return tty->dev.name;
}

struct tty *
tty_of_chardev(const struct chardev *d)
{
	return d->bits & CHARDEV_TTY ? d->data : NULL;
}

/* --- input --- */

static void
send_signals(uint32_t signals, pid_t group)
{
	static const uint8_t number[LDISC_SIGNALS] = {
		[LDISC_INTR] = SIGINT,
		[LDISC_QUIT] = SIGQUIT,
		[LDISC_SUSP] = SIGTSTP,
	};

	for (unsigned i = 0; group && i < LDISC_SIGNALS; i++) {
		if (signals >> i & 1)
			job_ops->signal_group(group, number[i]);
	}
}

/* As much of the backlog as the discipline has room for. */
static void
drain_backlog(struct tty *tty) REQUIRES(tty->line_lock)
{
	size_t n = ldisc_input(&tty->ld, tty->backlog, tty->backlog_size);

	tty->backlog_size -= (unsigned)n;
	memmove(tty->backlog, tty->backlog + n, tty->backlog_size);
}

static size_t
take_input(struct tty *tty, const char *bytes, size_t n)
	REQUIRES(tty->line_lock)
{
	size_t done = 0, waiting;

	if (tty->backlog_size)
		drain_backlog(tty);
	if (!tty->backlog_size)
		done = ldisc_input(&tty->ld, bytes, n);
	waiting = MIN(n - done, tty_input_room(tty));
	memcpy(tty->backlog + tty->backlog_size, bytes + done, waiting);
	tty->backlog_size += (unsigned)waiting;
	return done + waiting;
}

size_t
tty_input_room(const struct tty *tty)
{
	return TTY_BACKLOG - tty->backlog_size;
}

void
tty_tell(struct tty *tty, unsigned events)
{
	if (tty->drv->tell)
		tty->drv->tell(tty, events);
}

/* Let line_lock go and do what the discipline asked for. */
static void
finish_input(struct tty *tty, bool was_stopped, unsigned long irq)
	RELEASES(tty->line_lock)
{
	uint32_t signals = tty->ld.signals;
	pid_t group = tty->foreground;
	bool readable = ldisc_readable(&tty->ld, 1);
	bool started = was_stopped && !tty->ld.stopped;

	tty->ld.signals = 0;
	if (tty->ld.flushed) {
		tty->backlog_size = 0;
		tty_tell(tty, TIOCPKT_FLUSHREAD);
	}
	tty->ld.flushed = false;
	if (was_stopped != tty->ld.stopped)
		tty_tell(tty, started ? TIOCPKT_START : TIOCPKT_STOP);
	spin_unlock_irq(&tty->line_lock, irq);
	if (signals)
		send_signals(signals, group);
	if (readable)
		wait_queue_wake(&tty->read_wait, POLLIN | POLLRDNORM);
	if (started)
		wait_queue_wake(&tty->write_wait, POLLOUT | POLLWRNORM);
}

size_t
tty_input(struct tty *tty, const char *bytes, size_t n)
{
	unsigned long irq = spin_lock_irq(&tty->line_lock);
	bool was_stopped = tty->ld.stopped;
	size_t taken = take_input(tty, bytes, n);

	finish_input(tty, was_stopped, irq);
	return taken;
}

void
tty_input_break(struct tty *tty)
{
	unsigned long irq = spin_lock_irq(&tty->line_lock);
	bool was_stopped = tty->ld.stopped;

	ldisc_input_break(&tty->ld);
	finish_input(tty, was_stopped, irq);
}

static void
input_taken(struct tty *tty)
{
	if (tty->drv->input_taken)
		tty->drv->input_taken(tty);
}

void
tty_feed_backlog(struct tty *tty)
{
	unsigned long irq = spin_lock_irq(&tty->line_lock);
	bool was_stopped = tty->ld.stopped;

	if (tty->backlog_size)
		drain_backlog(tty);
	finish_input(tty, was_stopped, irq);
	input_taken(tty);
}

void
tty_flush_input(struct tty *tty)
{
	unsigned long irq = spin_lock_irq(&tty->line_lock);

	ldisc_flush_input(&tty->ld);
	tty->backlog_size = 0;
	tty_tell(tty, TIOCPKT_FLUSHREAD);
	spin_unlock_irq(&tty->line_lock, irq);
	input_taken(tty);
}

void
tty_flush_output(struct tty *tty)
{
	unsigned long irq = spin_lock_irq(&tty->line_lock);

	tty->ld.held_size = 0;
	flush_output(&tty->ld);
	spin_unlock_irq(&tty->line_lock, irq);
	wait_queue_wake(&tty->write_wait, POLLOUT | POLLWRNORM);
}

void
tty_flow(struct tty *tty, bool stop)
{
	unsigned long irq = spin_lock_irq(&tty->line_lock);
	bool was_stopped = tty->ld.stopped;

	ldisc_pause(&tty->ld, stop);
	finish_input(tty, was_stopped, irq);
}

void
tty_send_now(struct tty *tty, const char *bytes, size_t n)
{
	unsigned long irq = spin_lock_irq(&tty->line_lock);

	tty->drv->echo(tty, bytes, n);
	spin_unlock_irq(&tty->line_lock, irq);
}

void
tty_set_size(struct tty *tty, unsigned rows, unsigned cols)
{
	unsigned long irq = spin_lock_irq(&tty->line_lock);
	bool changed = tty->size.ws_row != rows || tty->size.ws_col != cols;
	pid_t group = tty->foreground;

	tty->size.ws_row = (unsigned short)rows;
	tty->size.ws_col = (unsigned short)cols;
	spin_unlock_irq(&tty->line_lock, irq);
	if (changed && group)
		job_ops->signal_group(group, SIGWINCH);
}

/* --- whose it is --- */

pid_t
tty_session(const struct tty *tty)
{
	return __atomic_load_n(&tty->session, __ATOMIC_RELAXED);
}

pid_t
tty_foreground(const struct tty *tty)
{
	return __atomic_load_n(&tty->foreground, __ATOMIC_RELAXED);
}

void
tty_set_foreground(struct tty *tty, pid_t group)
{
	unsigned long irq = spin_lock_irq(&tty->line_lock);

	if (tty->session)
		__atomic_store_n(&tty->foreground, group, __ATOMIC_RELAXED);
	spin_unlock_irq(&tty->line_lock, irq);
}

int
tty_join_session(struct tty *tty, pid_t session, pid_t group)
{
	unsigned long irq = spin_lock_irq(&tty->line_lock);
	int err = -EPERM;

	if (!tty->session && !tty->gone && job_ops->take_tty(tty)) {
		__atomic_store_n(&tty->session, session, __ATOMIC_RELAXED);
		__atomic_store_n(&tty->foreground, group, __ATOMIC_RELAXED);
		tty_get(tty);
		err = 0;
	}
	spin_unlock_irq(&tty->line_lock, irq);
	return err;
}

void
tty_leave_session(struct tty *tty, pid_t session)
{
	unsigned long irq = spin_lock_irq(&tty->line_lock);
	bool was_its = tty->session && (!session || tty->session == session);

	if (was_its) {
		job_ops->forget_tty(tty->session, tty);
		__atomic_store_n(&tty->session, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&tty->foreground, 0, __ATOMIC_RELAXED);
	}
	spin_unlock_irq(&tty->line_lock, irq);
	if (was_its)
		tty_put(tty);
}

/* The caller has a reference that is not the session's. */
void
tty_hangup(struct tty *tty)
{
	unsigned long irq = spin_lock_irq(&tty->line_lock);

	atomic_fetch_add(&tty->hangups, 1);
	ldisc_flush_input(&tty->ld);
	tty->backlog_size = 0;
	tty->ld.held_size = 0;
	flush_output(&tty->ld);
	tty->ld.paused = tty->ld.stopped = false;
	tty->exclusive = false;
	spin_unlock_irq(&tty->line_lock, irq);
	tty_leave_session(tty, 0);
	wait_queue_wake(&tty->read_wait, 0);
	wait_queue_wake(&tty->write_wait, 0);
	input_taken(tty);
}

void
tty_vhangup(struct tty *tty)
{
	unsigned long irq = spin_lock_irq(&tty->line_lock);
	pid_t session = tty->session, foreground = tty->foreground;

	spin_unlock_irq(&tty->line_lock, irq);
	if (session)
		job_ops->signal_leader(session, foreground);
	tty_hangup(tty);
}

/* --- opens --- */

bool
tty_open_is_dead(const struct chardev_open *o)
{
	return !(o->dev->bits & CHARDEV_NO_HANGUP) &&
	       (uintptr_t)o->data != atomic_load(&tty_of(o)->hangups);
}

/*
 * A session leader without a terminal gets the first free one it opens.  The
 * console and the current screen (tty0) stand for others and are never taken.
 */
static bool
may_take(const struct chardev_open *o)
{
	return !(o->flags & O_NOCTTY) && (o->flags & O_ACCMODE) != O_WRONLY &&
	       o->dev == &tty_of(o)->dev && job_ops->is_session_leader();
}

static int
count_open(struct tty *tty, struct chardev_open *o)
{
	bool privileged = job_ops->capable(CAP_SYS_ADMIN);
	unsigned long irq = spin_lock_irq(&tty->line_lock);
	int err = 0;

	if (tty->gone)
		err = -EIO;
	else if (tty->exclusive && !privileged)
		err = -EBUSY;
	if (!err) {
		tty_get(tty);
		o->data = (void *)(uintptr_t)atomic_load(&tty->hangups);
		if (!tty->opens++ && tty->drv->opened)
			tty->drv->opened(tty);
	}
	spin_unlock_irq(&tty->line_lock, irq);
	return err;
}

static int
tty_open(struct chardev_open *o)
{
	struct tty *tty = tty_of(o);
	int err = count_open(tty, o);

	if (err)
		return err;
	/* One that it does not get is open all the same. */
	if (may_take(o))
		(void)tty_join_session(tty, job_ops->current_session(),
				       job_ops->current_group());
	return 0;
}

/* A pty's slave is at its end only with its master. */
void
tty_close(struct chardev_open *o)
{
	struct tty *tty = tty_of(o);
	unsigned long irq = spin_lock_irq(&tty->line_lock);
	bool last = --tty->opens == 0;
	bool ends = last && !tty->drv->is_pty;

	if (ends)
		tty->exclusive = false;
	if (last && tty->drv->closed)
		tty->drv->closed(tty);
	spin_unlock_irq(&tty->line_lock, irq);
	if (ends)
		tty_leave_session(tty, 0);
	tty_put(tty);
}

const struct chardev_ops tty_chardev_ops = {
	.open = tty_open,
	.close = tty_close,
	.read = tty_read,
	.write = tty_write,
	.ioctl = tty_ioctl,
	.poll = tty_poll,
};
