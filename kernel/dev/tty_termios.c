/* SPDX-License-Identifier: MIT */
#include <asm/ioctls.h>
#include <asm/signal.h>
#include <linux/capability.h>

#include "arch/usercopy.h"
#include "dev/tty_priv.h"
#include "lib/errno.h"
#include "lib/string.h"

/*
 * dev/tty_termios.c - the requests that read and change a terminal's settings.
 *
 * Three generations of structures lead to one, struct ktermios.  Requests that
 * change the terminal stop callers in the background first (SIGTTOU).  Bits
 * that are locked (TIOCSLCKTRMIOS) keep their value whoever sets them.
 *
 * Source: man 2 ioctl_tty; asm/termbits.h, asm/termios.h.
 */

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

struct ktermios
tty_get_termios(struct tty *tty)
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

int
tty_wait_drained(struct chardev_open *o)
{
	struct tty *tty = tty_of(o);
	int err;

	if (tty->drv->is_pty) /* what is written is at the master */
		return 0;
	err = wait_event_interruptible(
		&tty->write_wait,
		!__atomic_load_n(&tty->ld.stopped, __ATOMIC_RELAXED) ||
			!tty->ld.held_size || tty_open_is_dead(o));
	return err ? -ERESTARTSYS : 0;
}

/* May this caller change the terminal now? */
int
tty_check_change(struct chardev_open *o)
{
	return tty_job()->check_background(tty_of(o), SIGTTOU);
}

/* Keep what is locked as it is. */
static void
obey_locks(struct ktermios *t, const struct ktermios *old,
	   const struct ktermios *locked)
{
#define KEEP(field) \
	(t->field = (old->field & locked->field) | (t->field & ~locked->field))
	KEEP(c_iflag);
	KEEP(c_oflag);
	KEEP(c_cflag);
	KEEP(c_lflag);
#undef KEEP
	if (locked->c_line)
		t->c_line = old->c_line;
	for (unsigned i = 0; i < NCCS; i++)
		if (locked->c_cc[i])
			t->c_cc[i] = old->c_cc[i];
}

static void
change_settings(struct tty *tty, struct ktermios *t)
{
	unsigned long irq = spin_lock_irq(&tty->line_lock);
	struct ktermios old = tty->ld.termios;
	bool started = tty->ld.stopped;

	obey_locks(t, &old, &tty->locked);
	set_speeds(t);
	ldisc_set_termios(&tty->ld, t);
	if (tty->drv->set_termios)
		tty->drv->set_termios(tty, &old);
	started &= !tty->ld.stopped;
	if (started)
		tty_tell(tty, TIOCPKT_START);
	spin_unlock_irq(&tty->line_lock, irq);
	if (started)
		wait_queue_wake(&tty->write_wait, POLLOUT | POLLWRNORM);
	/* Readers may be looking at other rules now. */
	wait_queue_wake(&tty->read_wait, 0);
}

static long
set_termios(struct chardev_open *o, struct ktermios *t, enum set_when when)
{
	struct tty *tty = tty_of(o);
	int err;

	if (when == SET_FLUSH)
		tty_flush_input(tty);
	if (when != SET_NOW) {
		err = tty_wait_drained(o);
		if (err)
			return err;
	}
	change_settings(tty, t);
	/* What waited for room may be read by the new rules. */
	tty_feed_backlog(tty);
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
	struct ktermios t = tty_get_termios(tty_of(o));
	int err = tty_check_change(o);

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
	struct ktermios t = tty_get_termios(tty_of(o));
	int err = tty_check_change(o);
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
	struct ktermios t = tty_get_termios(tty);
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

/* --- locks and carrier --- */

static long
set_locks(struct tty *tty, const void USER *p)
{
	struct ktermios t = { 0 };
	unsigned long irq;

	if (!tty_job()->capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (copy_from_user(&t, p, sizeof(struct termios)))
		return -EFAULT;
	irq = spin_lock_irq(&tty->line_lock);
	tty->locked = t;
	spin_unlock_irq(&tty->line_lock, irq);
	return 0;
}

static long
get_locks(struct tty *tty, void USER *p)
{
	unsigned long irq = spin_lock_irq(&tty->line_lock);
	struct ktermios t = tty->locked;

	spin_unlock_irq(&tty->line_lock, irq);
	return copy_to_user(p, &t, sizeof(struct termios));
}

static long
set_soft_carrier(struct tty *tty, const int USER *p)
{
	struct ktermios t = tty_get_termios(tty);
	int on;

	if (get_user(on, p))
		return -EFAULT;
	t.c_cflag = on ? t.c_cflag | CLOCAL : t.c_cflag & ~(tcflag_t)CLOCAL;
	change_settings(tty, &t);
	return 0;
}

static long
ioctl_locks(struct tty *tty, unsigned cmd, void USER *p)
{
	int on;

	switch (cmd) {
	case TIOCGLCKTRMIOS:
		return get_locks(tty, p);
	case TIOCSLCKTRMIOS:
		return set_locks(tty, p);
	case TIOCGSOFTCAR:
		on = !!(tty_get_termios(tty).c_cflag & CLOCAL);
		return put_user(on, (int USER *)p);
	case TIOCSSOFTCAR:
		return set_soft_carrier(tty, p);
	default:
		return -ENOTTY;
	}
}

long
tty_ioctl_termios(struct chardev_open *o, unsigned cmd, void USER *p)
{
	struct ktermios t;

	switch (cmd) {
	case TCGETS:
		t = tty_get_termios(tty_of(o));
		return copy_to_user(p, &t, sizeof(struct termios));
	case TCGETS2:
		t = tty_get_termios(tty_of(o));
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
		return ioctl_locks(tty_of(o), cmd, p);
	}
}
