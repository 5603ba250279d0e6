/* SPDX-License-Identifier: MIT */
#include <asm-generic/fcntl.h>
#include <asm/ioctls.h>
#include <asm/signal.h>
#include <linux/tty.h>

#include "arch/usercopy.h"
#include "dev/tty_priv.h"
#include "lib/errno.h"
#include "lib/string.h"

/*
 * dev/tty_ioctl.c - settings, job control and questions of a terminal.
 *
 * Families of requests, each a function that answers -ENOTTY for what it does
 * not know, tried in turn.  Requests that change the terminal stop callers in
 * the background first (SIGTTOU).  Output is never held here for long, so
 * "after the output is sent" is at once, unless it is stopped.
 *
 * Source: man 2 ioctl_tty; the three generations of struct termios of
 *         asm/termbits.h and asm/termios.h.
 */

/* --- settings --- */

static const speed_t speeds[] = { 0,    50,   75,    110,  134,  150,
				  200,  300,  600,   1200, 1800, 2400,
				  4800, 9600, 19200, 38400 };
static const speed_t extended_speeds[] = {
	0,       57600,   115200,  230400,  460800,  500000,  576000,  921600,
	1000000, 1152000, 1500000, 2000000, 2500000, 3000000, 3500000, 4000000,
};

/* What a speed code of c_cflag stands for; BOTHER means the field itself. */
static speed_t
speed_of(tcflag_t code, speed_t other)
{
	if (code == BOTHER)
		return other;
	if (code & CBAUDEX)
		return extended_speeds[code & 15];
	return speeds[code & 15];
}

static void
set_speeds(struct ktermios *t)
{
	tcflag_t in = t->c_cflag >> IBSHIFT & CBAUD;

	t->c_ospeed = speed_of(t->c_cflag & CBAUD, t->c_ospeed);
	if (in == B0)
		t->c_ispeed = t->c_ospeed;
	else
		t->c_ispeed = speed_of(in, t->c_ispeed);
}

static struct ktermios
get_termios(struct tty *tty)
{
	unsigned long irq = spin_lock_irq(&tty->line_lock);
	struct ktermios t = tty->ld.termios;

	spin_unlock_irq(&tty->line_lock, irq);
	return t;
}

enum set_when {
	SET_NOW,
	SET_DRAIN,
	SET_FLUSH
};

static int
wait_drained(struct chardev_open *o)
{
	struct tty *tty = tty_of(o);
	int err;

	err = wait_event_interruptible(
		&tty->write_wait,
		!__atomic_load_n(&tty->ld.stopped, __ATOMIC_RELAXED) ||
			!tty->ld.held_size || tty_open_is_dead(o));
	return err ? -ERESTARTSYS : 0;
}

/* May this caller change the terminal now? */
static int
check_change(struct chardev_open *o)
{
	return tty_job()->check_background(tty_of(o), SIGTTOU);
}

static long
set_termios(struct chardev_open *o, struct ktermios *t, enum set_when when)
{
	struct tty *tty = tty_of(o);
	unsigned long irq;
	bool started;
	int err;

	set_speeds(t);
	if (when == SET_FLUSH)
		tty_flush_input(tty);
	if (when != SET_NOW) {
		err = wait_drained(o);
		if (err)
			return err;
	}
	irq = spin_lock_irq(&tty->line_lock);
	started = tty->ld.stopped;
	ldisc_set_termios(&tty->ld, t);
	started &= !tty->ld.stopped;
	spin_unlock_irq(&tty->line_lock, irq);
	if (tty->drv->set_termios)
		tty->drv->set_termios(tty);
	if (started)
		wait_queue_wake(&tty->write_wait, POLLOUT | POLLWRNORM);
	/* Readers may be looking at other rules now. */
	wait_queue_wake(&tty->read_wait, 0);
	return 0;
}

/* struct termios is the head of struct ktermios; so is struct termios2. */
_Static_assert(offsetof(struct ktermios, c_ispeed) == sizeof(struct termios),
	       "struct termios is the head of struct ktermios");
_Static_assert(sizeof(struct ktermios) == sizeof(struct termios2),
	       "struct termios2 is struct ktermios");

static long
set_from_user(struct chardev_open *o, const void USER *p, size_t size,
	      enum set_when when)
{
	struct ktermios t = get_termios(tty_of(o));
	int err = check_change(o);

	if (err)
		return err;
	if (copy_from_user(&t, p, size))
		return -EFAULT;
	return set_termios(o, &t, when);
}

/* The oldest form: 16-bit flags, eight characters. */
static long
set_termio(struct chardev_open *o, const void USER *p, enum set_when when)
{
	struct ktermios t = get_termios(tty_of(o));
	int err = check_change(o);
	struct termio old;

	if (err)
		return err;
	if (copy_from_user(&old, p, sizeof(old)))
		return -EFAULT;
	t.c_iflag = (t.c_iflag & 0xffff0000u) | old.c_iflag;
	t.c_oflag = (t.c_oflag & 0xffff0000u) | old.c_oflag;
	t.c_cflag = (t.c_cflag & 0xffff0000u) | old.c_cflag;
	t.c_lflag = (t.c_lflag & 0xffff0000u) | old.c_lflag;
	t.c_line = old.c_line;
	memcpy(t.c_cc, old.c_cc, NCC);
	return set_termios(o, &t, when);
}

static long
get_termio(struct tty *tty, void USER *p)
{
	struct ktermios t = get_termios(tty);
	struct termio old = {
		.c_iflag = (unsigned short)t.c_iflag,
		.c_oflag = (unsigned short)t.c_oflag,
		.c_cflag = (unsigned short)t.c_cflag,
		.c_lflag = (unsigned short)t.c_lflag,
		.c_line = t.c_line,
	};

	memcpy(old.c_cc, t.c_cc, NCC);
	return copy_to_user(p, &old, sizeof(old));
}

static long
ioctl_termios(struct chardev_open *o, unsigned cmd, void USER *p)
{
	struct ktermios t;

	switch (cmd) {
	case TCGETS:
		t = get_termios(tty_of(o));
		return copy_to_user(p, &t, sizeof(struct termios));
	case TCGETS2:
		t = get_termios(tty_of(o));
		return copy_to_user(p, &t, sizeof(struct termios2));
	case TCSETS:
		return set_from_user(o, p, sizeof(struct termios), SET_NOW);
	case TCSETSW:
		return set_from_user(o, p, sizeof(struct termios), SET_DRAIN);
	case TCSETSF:
		return set_from_user(o, p, sizeof(struct termios), SET_FLUSH);
	case TCSETS2:
		return set_from_user(o, p, sizeof(struct termios2), SET_NOW);
	case TCSETSW2:
		return set_from_user(o, p, sizeof(struct termios2), SET_DRAIN);
	case TCSETSF2:
		return set_from_user(o, p, sizeof(struct termios2), SET_FLUSH);
	case TCGETA:
		return get_termio(tty_of(o), p);
	case TCSETA:
		return set_termio(o, p, SET_NOW);
	case TCSETAW:
		return set_termio(o, p, SET_DRAIN);
	case TCSETAF:
		return set_termio(o, p, SET_FLUSH);
	default:
		return -ENOTTY;
	}
}

/* --- job control --- */

/* The requests below are for the caller's controlling terminal only. */
static bool
is_mine(struct chardev_open *o)
{
	return tty_job()->current_tty() == tty_of(o);
}

static long
set_foreground(struct chardev_open *o, const int USER *p)
{
	const struct tty_job_ops *job = tty_job();
	struct tty *tty = tty_of(o);
	int err = check_change(o);
	int group;

	if (err)
		return err == -EIO ? -ENOTTY : err;
	if (!is_mine(o) || tty_session(tty) != job->current_session())
		return -ENOTTY;
	if (get_user(group, p))
		return -EFAULT;
	if (group < 0)
		return -EINVAL;
	if (!job->group_in_session(group, job->current_session()))
		return job->group_in_session(group, 0) ? -EPERM : -ESRCH;
	tty_set_session(tty, tty_session(tty), group);
	return 0;
}

/* Stealing a terminal (arg 1) needs a privilege this layer cannot see. */
static long
take_terminal(struct chardev_open *o)
{
	const struct tty_job_ops *job = tty_job();
	struct tty *tty = tty_of(o);
	pid_t session = job->current_session();

	if (job->is_session_leader() && session && session == tty_session(tty))
		return 0;
	if (!job->is_session_leader() || job->current_tty() ||
	    tty_session(tty) || (o->flags & O_ACCMODE) == O_WRONLY)
		return -EPERM;
	tty_set_session(tty, session, job->current_group());
	job->set_current_tty(tty);
	return 0;
}

/* A leader that gives it up takes it from the whole session. */
static long
give_up_terminal(struct chardev_open *o)
{
	const struct tty_job_ops *job = tty_job();
	struct tty *tty = tty_of(o);
	pid_t foreground = tty_foreground(tty);

	if (!is_mine(o))
		return -ENOTTY;
	if (job->is_session_leader()) {
		if (foreground) {
			job->signal_group(foreground, SIGHUP);
			job->signal_group(foreground, SIGCONT);
		}
		job->forget_tty(tty);
		tty_set_session(tty, 0, 0);
	}
	job->set_current_tty(NULL);
	return 0;
}

static long
ioctl_job(struct chardev_open *o, unsigned cmd, void USER *p)
{
	struct tty *tty = tty_of(o);
	int id;

	switch (cmd) {
	case TIOCSCTTY:
		return take_terminal(o);
	case TIOCNOTTY:
		return give_up_terminal(o);
	case TIOCGPGRP:
		id = tty_foreground(tty);
		return is_mine(o) ? put_user(id, (int USER *)p) : -ENOTTY;
	case TIOCSPGRP:
		return set_foreground(o, p);
	case TIOCGSID:
		id = tty_session(tty);
		if (!is_mine(o) || !id)
			return -ENOTTY;
		return put_user(id, (int USER *)p);
	default:
		return -ENOTTY;
	}
}

/* --- flushing and flow --- */

static long
flush(struct chardev_open *o, uintptr_t what)
{
	int err = check_change(o);

	if (err)
		return err;
	if (what > TCIOFLUSH)
		return -EINVAL;
	if (what != TCOFLUSH)
		tty_flush_input(tty_of(o));
	return 0;
}

/* TCIOFF and TCION ask the other end: they send it VSTOP and VSTART. */
static long
flow(struct chardev_open *o, uintptr_t what)
{
	struct tty *tty = tty_of(o);
	struct ktermios t = get_termios(tty);
	int err = check_change(o);
	char c;

	if (err)
		return err;
	switch (what) {
	case TCOOFF:
	case TCOON:
		tty_flow(tty, what == TCOOFF);
		return 0;
	case TCIOFF:
	case TCION:
		c = (char)t.c_cc[what == TCIOFF ? VSTOP : VSTART];
		if (c != LDISC_DISABLED)
			tty->drv->write(tty, &c, 1);
		return 0;
	default:
		return -EINVAL;
	}
}

/* No driver can send a break; there is output to wait for only if stopped. */
static long
send_break(struct chardev_open *o, unsigned cmd, uintptr_t arg)
{
	int err = check_change(o);

	if (!err && cmd == TCSBRK && arg)
		err = wait_drained(o);
	return err;
}

static long
ioctl_flow(struct chardev_open *o, unsigned cmd, uintptr_t arg)
{
	switch (cmd) {
	case TCFLSH:
		return flush(o, arg);
	case TCXONC:
		return flow(o, arg);
	case TCSBRK:
	case TCSBRKP:
		return send_break(o, cmd, arg);
	default:
		return -ENOTTY;
	}
}

/* --- questions --- */

static long
set_size(struct tty *tty, const struct winsize USER *p)
{
	struct winsize size;
	unsigned long irq;

	if (copy_from_user(&size, p, sizeof(size)))
		return -EFAULT;
	irq = spin_lock_irq(&tty->line_lock);
	tty->size.ws_xpixel = size.ws_xpixel;
	tty->size.ws_ypixel = size.ws_ypixel;
	spin_unlock_irq(&tty->line_lock, irq);
	tty_set_size(tty, size.ws_row, size.ws_col);
	return 0;
}

static struct winsize
get_size(struct tty *tty)
{
	unsigned long irq = spin_lock_irq(&tty->line_lock);
	struct winsize size = tty->size;

	spin_unlock_irq(&tty->line_lock, irq);
	return size;
}

static int
count_input(struct tty *tty)
{
	unsigned long irq = spin_lock_irq(&tty->line_lock);
	int n = (int)ldisc_count(&tty->ld);

	spin_unlock_irq(&tty->line_lock, irq);
	return n;
}

/* There is one line discipline. */
static long
set_discipline(struct chardev_open *o, const int USER *p)
{
	int n, err = check_change(o);

	if (err)
		return err;
	if (get_user(n, p))
		return -EFAULT;
	return n == N_TTY ? 0 : -EINVAL;
}

static long
ioctl_state(struct chardev_open *o, unsigned cmd, void USER *p)
{
	struct tty *tty = tty_of(o);
	struct winsize size;
	unsigned value;

	switch (cmd) {
	case TIOCGWINSZ:
		size = get_size(tty);
		return copy_to_user(p, &size, sizeof(size));
	case TIOCSWINSZ:
		return set_size(tty, p);
	case FIONREAD:
		value = (unsigned)count_input(tty);
		break;
	case TIOCOUTQ: /* nothing is kept, and N_TTY is 0 too */
	case TIOCGETD:
		value = N_TTY;
		break;
	case TIOCSETD:
		return set_discipline(o, p);
	case TIOCGDEV:
		value = (unsigned)tty->dev.dev;
		break;
	case TIOCSTI: /* as Linux has it since 6.2: switched off */
		return -EIO;
	default:
		return -ENOTTY;
	}
	return copy_to_user(p, &value, sizeof(value));
}

long
tty_ioctl(struct chardev_open *o, unsigned cmd, uintptr_t arg)
{
	void USER *p = (void USER *)arg;
	long result;

	if (tty_open_is_dead(o))
		return cmd == TIOCSPGRP ? -ENOTTY : -EIO;
	result = ioctl_termios(o, cmd, p);
	if (result == -ENOTTY)
		result = ioctl_job(o, cmd, p);
	if (result == -ENOTTY)
		result = ioctl_flow(o, cmd, arg);
	if (result == -ENOTTY)
		result = ioctl_state(o, cmd, p);
	return result;
}
