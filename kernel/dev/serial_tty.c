/* SPDX-License-Identifier: MIT */
#include <asm/ioctls.h>
#include <asm/termios.h>
#include <linux/capability.h>
#include <linux/serial.h>

#include "arch/clock.h"
#include "arch/usercopy.h"
#include "dev/console.h"
#include "dev/serial.h"
#include "dev/tty_priv.h"
#include "lib/errno.h"

/*
 * dev/serial_tty.c - the driver of the serial port's terminal: what a line has
 * that a screen has not.  Modem signals, breaks, a speed that means something.
 *
 * Source: man 2 ioctl_tty; linux/serial.h.
 */

static void
serial_put(UNUSED struct tty *tty, const char *bytes, size_t n)
{
	serial_write(bytes, n);
}

/* A speed the port cannot have stays what it was; flow by wire there is none.*/
static void
serial_set_termios(struct tty *tty, const struct ktermios *old)
{
	struct ktermios *t = &tty->ld.termios;

	t->c_cflag &= ~(tcflag_t)CRTSCTS;
	if (t->c_ospeed > SERIAL_BASE_BAUD) {
		const tcflag_t speed = CBAUD | (CBAUD << IBSHIFT);

		t->c_cflag = (t->c_cflag & ~speed) | (old->c_cflag & speed);
		t->c_ospeed = old->c_ospeed;
		t->c_ispeed = old->c_ispeed;
	}
	if (t->c_cflag != old->c_cflag || t->c_ospeed != old->c_ospeed)
		serial_configure(t->c_cflag, t->c_ospeed);
}

/* --- breaks --- */

/* Sleep so long, or until a signal comes. */
static int
pause_ms(struct tty *tty, unsigned ms)
{
	uint64_t end = clock_now_ns() + ms * (NSEC_PER_SEC / 1000);
	int err = wait_event_deadline(&tty->read_wait, false, end);

	return err == -ETIMEDOUT ? 0 : -EINTR;
}

static long
serial_break(struct tty *tty, unsigned cmd, uintptr_t arg)
{
	unsigned ms = 250;
	int err;

	if (cmd == TIOCSBRK || cmd == TIOCCBRK) {
		serial_send_break(cmd == TIOCSBRK);
		return 0;
	}
	if (cmd == TCSBRKP && arg)
		ms = (unsigned)MIN(arg, 600ul) * 100;
	serial_send_break(true);
	err = pause_ms(tty, ms);
	serial_send_break(false);
	return err;
}

/* --- requests --- */

static long
change_modem(unsigned cmd, const int USER *p)
{
	const unsigned ours = TIOCM_DTR | TIOCM_RTS | TIOCM_OUT1 | TIOCM_LOOP;
	unsigned bits;

	if (get_user(bits, (const unsigned USER *)p))
		return -EFAULT;
	bits &= ours;
	if (cmd == TIOCMBIS)
		serial_modem_change(bits, 0);
	else if (cmd == TIOCMBIC)
		serial_modem_change(0, bits);
	else
		serial_modem_change(bits, ours & ~bits);
	return 0;
}

static long
get_counters(void USER *p)
{
	struct serial_counts c;
	struct serial_icounter_struct out = { 0 };

	serial_get_counts(&c);
	out.rx = (int)c.received;
	out.tx = (int)c.sent;
	out.frame = (int)c.framing;
	out.overrun = (int)c.overruns;
	out.parity = (int)c.parity;
	out.brk = (int)c.breaks;
	return copy_to_user(p, &out, sizeof(out));
}

static long
get_port(void USER *p)
{
	struct serial_struct s = {
		.type = PORT_16550A,
		.port = SERIAL_PORT,
		.irq = SERIAL_IRQ,
		.xmit_fifo_size = SERIAL_FIFO,
		.baud_base = SERIAL_BASE_BAUD,
	};

	return copy_to_user(p, &s, sizeof(s));
}

static long
serial_ioctl(UNUSED struct chardev_open *o, unsigned cmd, uintptr_t arg)
{
	int USER *p = (int USER *)arg;
	unsigned value;

	switch (cmd) {
	case TIOCMGET:
		value = serial_modem_get();
		break;
	case TIOCMSET:
	case TIOCMBIS:
	case TIOCMBIC:
		return change_modem(cmd, p);
	case TIOCGICOUNT:
		return get_counters(p);
	case TIOCGSERIAL:
		return get_port(p);
	case TIOCSERGETLSR:
		value = serial_all_sent() ? TIOCSER_TEMT : 0;
		break;
	default:
		return -ENOTTY;
	}
	return put_user(value, (unsigned USER *)p);
}

const struct tty_driver serial_tty_driver = {
	.name = "serial",
	.write = serial_put,
	.echo = serial_put,
	.set_termios = serial_set_termios,
	.send_break = serial_break,
	.ioctl = serial_ioctl,
};
