/* SPDX-License-Identifier: MIT */
#include <asm-generic/fcntl.h>
#include <asm/signal.h>

#include "arch/clock.h"
#include "dev/tty_priv.h"
#include "lib/errno.h"

/*
 * dev/tty_io.c - reading, writing and polling terminals.
 *
 * Bytes pass through small buffers on the stack: the discipline works under
 * line_lock, user memory is touched without it.  One reader and one writer at
 * a time, so that lines come whole.
 *
 * The settings may change while a reader sleeps; each turn of the loop looks
 * at them anew.
 */

#define CHUNK 256

/* A second reader or writer waits, or is told to come back. */
static int
enter(const struct chardev_open *o, struct mutex *m) NO_LOCK_ANALYSIS
{
	if (o->flags & O_NONBLOCK)
		return mutex_try_lock(m) ? 0 : -EAGAIN;
	return mutex_lock_interruptible(m) ? -ERESTARTSYS : 0;
}

/* --- reading --- */

/* What raw mode waits for (termios(3), VMIN and VTIME). */
struct reading {
	struct chardev_open *o;
	struct uio *u;
	size_t done;
	uint64_t deadline; /* of the wait under way, NEVER = none */
	bool started;      /* deadline is set for this read */
	bool line_over;    /* canonical: no more from this read */
	int err;
};

static bool
input_ready(struct chardev_open *o)
{
	struct tty *tty = tty_of(o);
	unsigned long irq = spin_lock_irq(&tty->line_lock);
	bool ready = ldisc_readable(&tty->ld, 1);

	spin_unlock_irq(&tty->line_lock, irq);
	return ready || tty_open_is_dead(o);
}

/*
 * Move what is there into the user's memory.  Returns false when the read is
 * complete or failed.
 */
static bool
take_line(struct reading *r)
{
	struct tty *tty = tty_of(r->o);
	char buf[CHUNK];
	unsigned long irq = spin_lock_irq(&tty->line_lock);
	size_t n = ldisc_read_line(&tty->ld, buf, MIN(r->u->left, sizeof(buf)),
				   &r->line_over);

	spin_unlock_irq(&tty->line_lock, irq);
	if (uio_copy_out(r->u, buf, n) != n)
		r->err = -EFAULT;
	else
		r->done += n;
	return !r->err && !r->line_over && r->u->left;
}

static bool
take_raw(struct reading *r, unsigned least)
{
	struct tty *tty = tty_of(r->o);
	char buf[CHUNK];
	unsigned long irq = spin_lock_irq(&tty->line_lock);
	size_t n = ldisc_read_raw(&tty->ld, buf, MIN(r->u->left, sizeof(buf)));
	bool more = ldisc_readable(&tty->ld, 1);

	spin_unlock_irq(&tty->line_lock, irq);
	if (uio_copy_out(r->u, buf, n) != n)
		r->err = -EFAULT;
	else
		r->done += n;
	return !r->err && r->u->left && (more || r->done < least);
}

/* How the wait for the next byte is limited; 0 = not at all, do not wait. */
static uint64_t
raw_deadline(struct reading *r, const struct ktermios *t)
{
	uint64_t time_ns = t->c_cc[VTIME] * (NSEC_PER_SEC / 10);
	bool between_bytes = t->c_cc[VMIN] && r->done;

	if (t->c_cc[VMIN] && (!r->done || !time_ns))
		return NEVER;
	if (!time_ns)
		return 0;
	if (!r->started || between_bytes)
		r->deadline = clock_now_ns() + time_ns;
	r->started = true;
	return r->deadline;
}

/* Sleep until there is input; false = the read ends here. */
static bool
wait_input(struct reading *r, uint64_t deadline)
{
	struct tty *tty = tty_of(r->o);
	int err;

	if (tty_open_is_dead(r->o)) {
		/* Whoever it catches waiting is told apart, on ptys. */
		r->err = tty->drv->is_pty ? -EIO : 0;
		return false;
	}
	if (deadline == 0)
		return false;
	if (r->o->flags & O_NONBLOCK) {
		r->err = -EAGAIN;
		return false;
	}
	err = wait_event_deadline(&tty->read_wait, input_ready(r->o), deadline);
	if (err == -EINTR)
		r->err = -ERESTARTSYS;
	return err == 0;
}

/* One turn: take what is there or wait for it; false = the read is over. */
static bool
read_turn(struct reading *r)
{
	struct tty *tty = tty_of(r->o);
	unsigned long irq = spin_lock_irq(&tty->line_lock);
	struct ktermios t = tty->ld.termios;
	bool ready = ldisc_readable(&tty->ld, 1);

	spin_unlock_irq(&tty->line_lock, irq);
	if ((t.c_lflag & ICANON) && !(t.c_lflag & EXTPROC)) {
		if (!ready)
			return wait_input(r, NEVER);
		return take_line(r);
	}
	if (!ready)
		return wait_input(r, raw_deadline(r, &t));
	return take_raw(r, t.c_cc[VMIN]);
}

/*
 * A line that filled the buffer exactly up to its end of file would otherwise
 * leave the mark, and the next read would be told of a second end.
 */
static void
skip_eof(struct reading *r)
{
	struct tty *tty = tty_of(r->o);
	unsigned long irq = spin_lock_irq(&tty->line_lock);

	if (!r->line_over && r->done && (tty->ld.termios.c_lflag & ICANON))
		ldisc_skip_eof(&tty->ld);
	spin_unlock_irq(&tty->line_lock, irq);
}

ssize_t
tty_read(struct chardev_open *o, struct uio *u, UNUSED uint64_t pos)
{
	struct tty *tty = tty_of(o);
	struct reading r = { .o = o, .u = u };
	int err;

	if (tty_open_is_dead(o))
		return 0;
	if (!(o->dev->bits & CHARDEV_NO_HANGUP)) {
		err = tty_job()->check_background(tty, SIGTTIN);
		if (err)
			return err;
	}
	if (!u->left)
		return 0;
	err = enter(o, &tty->read_lock);
	if (err)
		return err;
	while (read_turn(&r))
		;
	skip_eof(&r);
	mutex_unlock(&tty->read_lock);
	tty_feed_backlog(tty);
	return r.done ? (ssize_t)r.done : r.err;
}

/* --- writing --- */

/* Room for the longest thing one byte can become; line_lock held. */
static bool
has_room(const struct tty *tty)
{
	return !tty->ld.stopped &&
	       (!tty->drv->room || tty->drv->room(tty) >= LDISC_EXPANSION);
}

static bool
may_output(struct chardev_open *o)
{
	struct tty *tty = tty_of(o);
	unsigned long irq = spin_lock_irq(&tty->line_lock);
	bool yes = has_room(tty);

	spin_unlock_irq(&tty->line_lock, irq);
	return yes || tty_open_is_dead(o);
}

/* Stopped output waits for VSTART, that of a pty also for its reader. */
static int
wait_output(struct chardev_open *o)
{
	struct tty *tty = tty_of(o);

	if (atomic_load_explicit(&current_thread()->interrupted,
				 memory_order_relaxed))
		return -ERESTARTSYS;
	if (!may_output(o)) {
		if (o->flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(&tty->write_wait, may_output(o)))
			return -ERESTARTSYS;
	}
	return tty_open_is_dead(o) ? -EIO : 0;
}

/*
 * Process and send as much of n bytes as there is room for; returns how much
 * that was.  Where there is a room, what is made fits into it under the lock.
 */
static size_t
put_out(struct tty *tty, const char *bytes, size_t n)
{
	const struct tty_driver *drv = tty->drv;
	char out[CHUNK * 2];
	size_t room = sizeof(out), used = 0, made = 0;
	unsigned long irq = spin_lock_irq(&tty->line_lock);

	if (drv->room)
		room = MIN(room, drv->room(tty));
	if (room >= LDISC_EXPANSION && !tty->ld.stopped)
		made = ldisc_output(&tty->ld, bytes, n, out, room, &used);
	if (!drv->write)
		drv->echo(tty, out, made);
	spin_unlock_irq(&tty->line_lock, irq);
	if (drv->write)
		drv->write(tty, out, made);
	return used;
}

/* Put out all n bytes: how many went, *err tells why not all. */
static size_t
put_chunk(struct chardev_open *o, const char *bytes, size_t n, int *err)
{
	size_t done = 0;

	while (done < n) {
		*err = wait_output(o);
		if (*err)
			break;
		done += put_out(tty_of(o), bytes + done, n - done);
	}
	return done;
}

static ssize_t
write_all(struct chardev_open *o, struct uio *u)
{
	ssize_t done = 0;
	char buf[CHUNK];
	int err = 0;

	while (u->left && !err) {
		size_t want = MIN(u->left, sizeof(buf));
		size_t n = uio_copy_in(u, buf, want);

		done += (ssize_t)put_chunk(o, buf, n, &err);
		if (n < want && !err)
			err = -EFAULT;
	}
	return done ? done : err;
}

static int
check_output(struct chardev_open *o)
{
	struct tty *tty = tty_of(o);
	unsigned long irq;
	bool check;

	if (tty_open_is_dead(o))
		return -EIO;
	irq = spin_lock_irq(&tty->line_lock);
	check = tty->ld.termios.c_lflag & TOSTOP;
	spin_unlock_irq(&tty->line_lock, irq);
	if (!check || (o->dev->bits & CHARDEV_NO_HANGUP))
		return 0;
	return tty_job()->check_background(tty, SIGTTOU);
}

ssize_t
tty_write(struct chardev_open *o, struct uio *u, UNUSED uint64_t pos)
{
	struct tty *tty = tty_of(o);
	ssize_t done;
	int err;

	err = check_output(o);
	if (err)
		return err;
	err = enter(o, &tty->write_lock);
	if (err)
		return err;
	done = write_all(o, u);
	mutex_unlock(&tty->write_lock);
	return done;
}

unsigned
tty_poll(struct chardev_open *o, struct poll_table *pt)
{
	struct tty *tty = tty_of(o);
	unsigned events = 0;
	unsigned long irq;
	size_t least;

	poll_add(pt, &tty->read_wait);
	poll_add(pt, &tty->write_wait);
	irq = spin_lock_irq(&tty->line_lock);
	least = tty->ld.termios.c_cc[VTIME] ? 1 : tty->ld.termios.c_cc[VMIN];
	if (ldisc_readable(&tty->ld, least))
		events |= POLLIN | POLLRDNORM;
	if (has_room(tty))
		events |= POLLOUT | POLLWRNORM;
	spin_unlock_irq(&tty->line_lock, irq);
	if (tty_open_is_dead(o))
		events |= POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM | POLLERR |
			  POLLHUP;
	return events;
}
