/* SPDX-License-Identifier: MIT */
#include <asm-generic/fcntl.h>
#include <asm/ioctls.h>
#include <linux/capability.h>
#include <linux/tty.h>

#include "arch/usercopy.h"
#include "dev/tty_priv.h"
#include "lib/errno.h"

/*
 * dev/tty_ioctl.c - requests to a terminal: flow, questions, and the way to the
 * other families (tty_termios.c, tty_jobs.c, the driver's own).
 *
 * Each family is a function that answers -ENOTTY for what it does not know,
 * tried in turn.  Output is never held here for long, so "after the output is
 * sent" is at once, unless it is stopped.
 *
 * Source: man 2 ioctl_tty.
 */

/* --- flushing and flow --- */

static long
flush(struct chardev_open *o, uintptr_t what)
{
	int err = tty_check_change(o);

	if (err)
		return err;
	if (what > TCIOFLUSH)
		return -EINVAL;
	if (what != TCOFLUSH)
		tty_flush_input(tty_of(o));
	if (what != TCIFLUSH)
		tty_flush_output(tty_of(o));
	return 0;
}

/* TCIOFF and TCION ask the other end: they send it VSTOP and VSTART. */
static long
flow(struct chardev_open *o, uintptr_t what)
{
	struct tty *tty = tty_of(o);
	struct ktermios t = tty_get_termios(tty);
	int err = tty_check_change(o);
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
			tty_send_now(tty, &c, 1);
		return 0;
	default:
		return -EINVAL;
	}
}

/*
 * A break is the driver's to send (TIOCSBRK, TIOCCBRK); where there is no wire
 * there is nothing to do.  TCSBRK with an argument only waits for the output.
 */
static long
send_break(struct chardev_open *o, unsigned cmd, uintptr_t arg)
{
	int err = tty_check_change(o);

	if (!err)
		err = tty_wait_drained(o);
	if (err || (cmd == TCSBRK && arg))
		return err;
	return tty_of(o)->drv->send_break
		       ? tty_of(o)->drv->send_break(tty_of(o), cmd, arg)
		       : 0;
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
	case TIOCSBRK:
	case TIOCCBRK:
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
	int n, err = tty_check_change(o);

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
	case TIOCGEXCL:
		value = tty->exclusive;
		break;
	default:
		return -ENOTTY;
	}
	return put_user(value, (unsigned USER *)p);
}

/* --- for the privileged --- */

atomic_int tty_legacy_sti = 1;

/* Pretend that a byte was typed: on one's own terminal, or as root. */
static long
fake_input(struct chardev_open *o, const char USER *p)
{
	const struct tty_job_ops *job = tty_job();
	bool privileged = job->capable(CAP_SYS_ADMIN);
	struct tty *tty = tty_of(o);
	char c;

	if (!privileged && !tty_legacy_sti)
		return -EIO;
	if (!privileged && (tty_is_master(o) || !job->is_current_tty(tty)))
		return -EPERM;
	if (get_user(c, p))
		return -EFAULT;
	if (tty_is_master(o))
		tty_send_now(tty, &c, 1);
	else
		tty_input(tty, &c, 1);
	return 0;
}

static long
set_exclusive(struct tty *tty, bool on)
{
	unsigned long irq = spin_lock_irq(&tty->line_lock);

	tty->exclusive = on;
	spin_unlock_irq(&tty->line_lock, irq);
	return 0;
}

static long
hang_up(struct tty *tty)
{
	if (!tty_job()->capable(CAP_SYS_ADMIN))
		return -EPERM;
	tty_vhangup(tty);
	return 0;
}

static long
ioctl_power(struct chardev_open *o, unsigned cmd, uintptr_t arg)
{
	struct tty *tty = tty_of(o);

	switch (cmd) {
	case TIOCSTI:
		return fake_input(o, (const char USER *)arg);
	case TIOCEXCL:
	case TIOCNXCL:
		return set_exclusive(tty, cmd == TIOCEXCL);
	case TIOCVHANGUP:
		return hang_up(tty);
	default:
		return -ENOTTY;
	}
}

long
tty_ioctl(struct chardev_open *o, unsigned cmd, uintptr_t arg)
{
	const struct tty_driver *drv = tty_of(o)->drv;
	void USER *p = (void USER *)arg;
	long result;

	if (tty_open_is_dead(o))
		return cmd == TIOCSPGRP ? -ENOTTY : -EIO;
	result = tty_ioctl_termios(o, cmd, p);
	if (result == -ENOTTY)
		result = tty_ioctl_job(o, cmd, arg);
	if (result == -ENOTTY)
		result = ioctl_flow(o, cmd, arg);
	if (result == -ENOTTY)
		result = ioctl_state(o, cmd, p);
	if (result == -ENOTTY)
		result = ioctl_power(o, cmd, arg);
	if (result == -ENOTTY && drv->ioctl)
		result = drv->ioctl(o, cmd, arg);
	return result;
}
