/* SPDX-License-Identifier: MIT */
#include "dev/tty.h"

#include <asm-generic/fcntl.h>
#include <asm/signal.h>
#include <linux/kdev_t.h>
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
no_leader(void)
{
	return false;
}

static struct tty *
no_tty(void)
{
	return NULL;
}

static void
ignore_tty(UNUSED struct tty *tty)
{
}

static const struct tty_job_ops no_jobs = {
	.signal_group = no_signal,
	.check_background = allow_background,
	.current_session = no_id,
	.current_group = no_id,
	.is_session_leader = no_leader,
	.group_in_session = allow_group,
	.current_tty = no_tty,
	.set_current_tty = ignore_tty,
	.forget_tty = ignore_tty,
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

struct tty *
tty_create(const char *name, dev_t dev, const struct tty_driver *drv,
	   void *data)
{
	struct tty *tty = kmalloc(sizeof(*tty));

	if (!tty)
		return NULL;
	tty->dev = (struct chardev){
		.name = name,
		.dev = dev,
		.mode = 0600,
		.bits = CHARDEV_TTY,
		.ops = &tty_chardev_ops,
		.data = tty,
	};
	tty->drv = drv;
	tty->data = data;
	spin_init(&tty->line_lock, LOCK_TTY_LINE, "tty line");
	ldisc_init(&tty->ld, echo);
	mutex_init(&tty->read_lock, LOCK_TTY_READ, "tty read");
	mutex_init(&tty->write_lock, LOCK_TTY_WRITE, "tty write");
	wait_queue_init(&tty->read_wait);
	wait_queue_init(&tty->write_wait);
	chardev_register(&tty->dev);
	return tty;
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

static void
take_input(struct tty *tty, const char *bytes, size_t n)
	REQUIRES(tty->line_lock)
{
	size_t done = 0;

	if (tty->backlog_size)
		drain_backlog(tty);
	if (!tty->backlog_size)
		done = ldisc_input(&tty->ld, bytes, n);
	n = MIN(n - done, (size_t)TTY_BACKLOG - tty->backlog_size);
	memcpy(tty->backlog + tty->backlog_size, bytes + done, n);
	tty->backlog_size += (unsigned)n;
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
	if (tty->ld.flushed)
		tty->backlog_size = 0;
	tty->ld.flushed = false;
	spin_unlock_irq(&tty->line_lock, irq);
	if (signals)
		send_signals(signals, group);
	if (readable)
		wait_queue_wake(&tty->read_wait, POLLIN | POLLRDNORM);
	if (started)
		wait_queue_wake(&tty->write_wait, POLLOUT | POLLWRNORM);
}

void
tty_input(struct tty *tty, const char *bytes, size_t n)
{
	unsigned long irq = spin_lock_irq(&tty->line_lock);
	bool was_stopped = tty->ld.stopped;

	take_input(tty, bytes, n);
	finish_input(tty, was_stopped, irq);
}

void
tty_feed_backlog(struct tty *tty)
{
	unsigned long irq = spin_lock_irq(&tty->line_lock);
	bool was_stopped = tty->ld.stopped;

	if (tty->backlog_size)
		drain_backlog(tty);
	finish_input(tty, was_stopped, irq);
}

void
tty_flush_input(struct tty *tty)
{
	unsigned long irq = spin_lock_irq(&tty->line_lock);

	ldisc_flush_input(&tty->ld);
	tty->backlog_size = 0;
	spin_unlock_irq(&tty->line_lock, irq);
}

void
tty_flow(struct tty *tty, bool stop)
{
	unsigned long irq = spin_lock_irq(&tty->line_lock);

	if (stop)
		ldisc_stop(&tty->ld);
	else
		ldisc_start(&tty->ld);
	spin_unlock_irq(&tty->line_lock, irq);
	if (!stop)
		wait_queue_wake(&tty->write_wait, POLLOUT | POLLWRNORM);
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
tty_set_session(struct tty *tty, pid_t session, pid_t pgrp)
{
	unsigned long irq = spin_lock_irq(&tty->line_lock);

	__atomic_store_n(&tty->session, session, __ATOMIC_RELAXED);
	__atomic_store_n(&tty->foreground, pgrp, __ATOMIC_RELAXED);
	spin_unlock_irq(&tty->line_lock, irq);
}

void
tty_hangup(struct tty *tty)
{
	atomic_fetch_add(&tty->hangups, 1);
	tty_flush_input(tty);
	job_ops->forget_tty(tty);
	tty_set_session(tty, 0, 0);
	tty_flow(tty, false);
	wait_queue_wake(&tty->read_wait, POLLIN | POLLHUP);
	wait_queue_wake(&tty->write_wait, POLLOUT | POLLHUP);
}

bool
tty_is_console(const struct chardev_open *o)
{
	return o->dev->dev == MKDEV(TTYAUX_MAJOR, 1);
}

bool
tty_open_is_dead(const struct chardev_open *o)
{
	return !tty_is_console(o) &&
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
	       o->dev == &tty_of(o)->dev && job_ops->is_session_leader() &&
	       !job_ops->current_tty();
}

static int
tty_open(struct chardev_open *o)
{
	struct tty *tty = tty_of(o);
	pid_t session = job_ops->current_session();
	pid_t group = job_ops->current_group();
	unsigned long irq;
	bool taken;

	o->data = (void *)(uintptr_t)atomic_load(&tty->hangups);
	if (!may_take(o))
		return 0;
	irq = spin_lock_irq(&tty->line_lock);
	taken = tty->session == 0;
	if (taken) {
		__atomic_store_n(&tty->session, session, __ATOMIC_RELAXED);
		__atomic_store_n(&tty->foreground, group, __ATOMIC_RELAXED);
	}
	spin_unlock_irq(&tty->line_lock, irq);
	if (taken)
		job_ops->set_current_tty(tty);
	return 0;
}

const struct chardev_ops tty_chardev_ops = {
	.open = tty_open,
	.read = tty_read,
	.write = tty_write,
	.ioctl = tty_ioctl,
	.poll = tty_poll,
};
