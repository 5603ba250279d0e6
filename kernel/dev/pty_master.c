/* SPDX-License-Identifier: MIT */
#include <asm-generic/fcntl.h>
#include <asm/signal.h>

#include "arch/usercopy.h"
#include "dev/pty_priv.h"
#include "lib/errno.h"

/*
 * dev/pty_master.c - what the program behind a pseudo-terminal does with it.
 *
 * Reads give what came out of the terminal; in packet mode (TIOCPKT) each is
 * preceded by a byte: 0, or alone, the TIOCPKT_* events that came.  Writes are
 * typed in, and wait where nobody reads them.
 *
 * Requests about the terminal are answered for the slave.  Those that flush,
 * stop and count mean the master's own direction of the flow: TCIFLUSH what it
 * could read, TCOFLUSH what it has written.
 */

#define CHUNK 512

/* --- reading --- */

static bool
readable(struct pty *pty)
{
	unsigned long irq = spin_lock_irq(&pty->tty.line_lock);
	bool yes = pty->head != pty->tail || pty->events || pty->slave_closed;

	spin_unlock_irq(&pty->tty.line_lock, irq);
	return yes;
}

/* The next piece into buf: its size, 0 = nothing there, or -EIO: no more. */
static ssize_t
next_piece(struct pty *pty, char *buf, size_t n, bool first)
{
	unsigned long irq = spin_lock_irq(&pty->tty.line_lock);
	bool head = first && pty->packet;
	ssize_t got;

	if (pty->packet && pty->events) {
		buf[0] = (char)pty->events;
		got = first;
		if (first)
			pty->events = 0;
	} else if (pty->head != pty->tail) {
		buf[0] = TIOCPKT_DATA;
		got = (ssize_t)(head + pty_take(pty, buf + head, n - head));
	} else {
		got = pty->slave_closed && first ? -EIO : 0;
	}
	spin_unlock_irq(&pty->tty.line_lock, irq);
	return got;
}

/* All there is, as far as the reader has room; -EAGAIN: nothing. */
static ssize_t
read_now(struct pty *pty, struct uio *u)
{
	ssize_t done = 0;
	char buf[CHUNK];

	while (u->left) {
		size_t want = MIN(u->left, sizeof(buf));
		ssize_t n = next_piece(pty, buf, want, !done);

		if (n < 0)
			return n;
		if (!n)
			break;
		if (uio_copy_out(u, buf, (size_t)n) != (size_t)n)
			return done ? done : -EFAULT;
		done += n;
	}
	return done ? done : -EAGAIN;
}

static int
enter(const struct chardev_open *o, struct mutex *m) NO_LOCK_ANALYSIS
{
	if (o->flags & O_NONBLOCK)
		return mutex_try_lock(m) ? 0 : -EAGAIN;
	return mutex_lock_interruptible(m) ? -ERESTARTSYS : 0;
}

static ssize_t
master_read(struct chardev_open *o, struct uio *u,
	    UNUSED uint64_t pos) NO_LOCK_ANALYSIS
{
	struct tty *tty = tty_of(o);
	struct pty *pty = pty_of(tty);
	ssize_t n = enter(o, &pty->read_lock);

	if (n || !u->left) {
		if (!n)
			mutex_unlock(&pty->read_lock);
		return n;
	}
	while ((n = read_now(pty, u)) == -EAGAIN) {
		if (o->flags & O_NONBLOCK)
			break;
		if (wait_event_interruptible(&pty->read_wait, readable(pty))) {
			n = -ERESTARTSYS;
			break;
		}
	}
	mutex_unlock(&pty->read_lock);
	if (n > 0)
		wait_queue_wake(&tty->write_wait, POLLOUT | POLLWRNORM);
	return n;
}

/* --- writing --- */

static bool
writable(struct pty *pty)
{
	struct tty *tty = &pty->tty;
	unsigned long irq = spin_lock_irq(&tty->line_lock);
	bool yes = !pty->stopped && tty_input_room(tty);

	spin_unlock_irq(&tty->line_lock, irq);
	return yes;
}

static int
wait_writable(struct chardev_open *o)
{
	struct pty *pty = pty_of(tty_of(o));

	if (writable(pty))
		return 0;
	if (o->flags & O_NONBLOCK)
		return -EAGAIN;
	return wait_event_interruptible(&pty->write_wait, writable(pty))
		       ? -ERESTARTSYS
		       : 0;
}

/* Type all n bytes: how many were, *err tells why not all. */
static size_t
type_chunk(struct chardev_open *o, const char *bytes, size_t n, int *err)
{
	size_t done = 0;

	while (done < n) {
		*err = wait_writable(o);
		if (*err)
			break;
		done += tty_input(tty_of(o), bytes + done, n - done);
	}
	return done;
}

static ssize_t
master_write(struct chardev_open *o, struct uio *u,
	     UNUSED uint64_t pos) NO_LOCK_ANALYSIS
{
	struct pty *pty = pty_of(tty_of(o));
	int err = enter(o, &pty->write_lock);
	ssize_t done = 0;
	char buf[CHUNK];

	if (err)
		return err;
	while (u->left && !err) {
		size_t want = MIN(u->left, sizeof(buf));
		size_t n = uio_copy_in(u, buf, want);

		done += (ssize_t)type_chunk(o, buf, n, &err);
		if (n < want && !err)
			err = -EFAULT;
	}
	mutex_unlock(&pty->write_lock);
	return done ? done : err;
}

static unsigned
master_poll(struct chardev_open *o, struct poll_table *pt)
{
	struct tty *tty = tty_of(o);
	struct pty *pty = pty_of(tty);
	unsigned events = 0;
	unsigned long irq;

	poll_add(pt, &pty->read_wait);
	poll_add(pt, &pty->write_wait);
	irq = spin_lock_irq(&tty->line_lock);
	if (pty->head != pty->tail || pty->events)
		events |= POLLIN | POLLRDNORM;
	if (pty->events)
		events |= POLLPRI;
	if (!pty->stopped && tty_input_room(tty))
		events |= POLLOUT | POLLWRNORM;
	if (pty->slave_closed)
		events |= POLLHUP;
	spin_unlock_irq(&tty->line_lock, irq);
	return events;
}

/* --- requests --- */

/* A flag of the pair that the caller sets from an int. */
static long
set_flag(struct pty *pty, bool *flag, const int USER *p)
{
	unsigned long irq;
	int on;

	if (get_user(on, p))
		return -EFAULT;
	irq = spin_lock_irq(&pty->tty.line_lock);
	if (flag == &pty->packet && on && !pty->packet)
		pty->events = 0;
	if (flag == &pty->packet && !on)
		pty->events = 0;
	*flag = on;
	spin_unlock_irq(&pty->tty.line_lock, irq);
	return 0;
}

static long
get_int(int value, int USER *p)
{
	return put_user(value, p);
}

static size_t
waiting(struct pty *pty)
{
	unsigned long irq = spin_lock_irq(&pty->tty.line_lock);
	size_t n = pty->head - pty->tail;

	spin_unlock_irq(&pty->tty.line_lock, irq);
	return n;
}

/* The signals the terminal's own keys can send, to its foreground group. */
static long
send_signal(struct tty *tty, uintptr_t signo)
{
	pid_t group = tty_foreground(tty);

	if (signo != SIGINT && signo != SIGQUIT && signo != SIGTSTP)
		return -EINVAL;
	if (group)
		tty_job()->signal_group(group, (int)signo);
	return 0;
}

static long
ioctl_pair(struct chardev_open *o, unsigned cmd, uintptr_t arg)
{
	struct pty *pty = pty_of(tty_of(o));
	int USER *p = (int USER *)arg;

	switch (cmd) {
	case TIOCGPTN:
		return get_int((int)dev_minor(pty->tty.dev.dev), p);
	case TIOCSPTLCK:
		return set_flag(pty, &pty->locked, p);
	case TIOCGPTLCK:
		return get_int(pty->locked, p);
	case TIOCPKT:
		return set_flag(pty, &pty->packet, p);
	case TIOCGPKT:
		return get_int(pty->packet, p);
	case TIOCSIG:
		return send_signal(&pty->tty, arg);
	case FIONREAD:
		return get_int((int)waiting(pty), p);
	default:
		return -ENOTTY;
	}
}

static long
flush(struct pty *pty, uintptr_t what) NO_LOCK_ANALYSIS
{
	struct tty *tty = &pty->tty;
	unsigned long irq;

	if (what > TCIOFLUSH)
		return -EINVAL;
	irq = spin_lock_irq(&tty->line_lock);
	if (what != TCOFLUSH)
		pty_flush(pty);
	/* What the line discipline has is the slave's already. */
	if (what != TCIFLUSH)
		tty->backlog_size = 0;
	spin_unlock_irq(&tty->line_lock, irq);
	wait_queue_wake(&tty->write_wait, POLLOUT | POLLWRNORM);
	wait_queue_wake(&pty->write_wait, POLLOUT | POLLWRNORM);
	return 0;
}

static void
stop(struct pty *pty, bool on)
{
	unsigned long irq = spin_lock_irq(&pty->tty.line_lock);

	pty->stopped = on;
	spin_unlock_irq(&pty->tty.line_lock, irq);
	wait_queue_wake(&pty->write_wait, POLLOUT | POLLWRNORM);
}

static long
flow(struct pty *pty, uintptr_t what)
{
	char c = what == TCIOFF ? 023 : 021;

	switch (what) {
	case TCOOFF:
	case TCOON:
		stop(pty, what == TCOOFF);
		return 0;
	case TCIOFF:
	case TCION:
		tty_input(&pty->tty, &c, 1);
		return 0;
	default:
		return -EINVAL;
	}
}

/* What means this direction of the flow. */
static long
ioctl_flow(struct chardev_open *o, unsigned cmd, uintptr_t arg)
{
	struct pty *pty = pty_of(tty_of(o));
	int err = -ENOTTY;

	if (cmd == TCFLSH || cmd == TCXONC)
		err = tty_check_change(o);
	if (err)
		return err;
	return cmd == TCFLSH ? flush(pty, arg) : flow(pty, arg);
}

static long
master_ioctl(struct chardev_open *o, unsigned cmd, uintptr_t arg)
{
	long result = ioctl_pair(o, cmd, arg);

	if (result == -ENOTTY)
		result = ioctl_flow(o, cmd, arg);
	if (result == -ENOTTY)
		result = tty_ioctl(o, cmd, arg);
	return result;
}

static void
master_close(struct chardev_open *o)
{
	pty_close_master(pty_of(tty_of(o)));
}

const struct chardev_ops pty_master_ops = {
	.close = master_close,
	.read = master_read,
	.write = master_write,
	.ioctl = master_ioctl,
	.poll = master_poll,
};
