/* SPDX-License-Identifier: MIT */
/*
 * serial.c - what the terminal of a serial port has that others have not, and
 * the questions only a screen answers.
 */
#include "terminal.h"

#include <asm/ioctls.h>
#include <linux/kd.h>
#include <linux/serial.h>
#include <linux/vt.h>
#include <signal.h>
#include <stdlib.h>

static int
open_port(void)
{
	int fd = open("/dev/ttyS0", O_RDWR | O_NOCTTY | O_NONBLOCK), bits;

	if (fd < 0)
		SKIP("no serial port");
	/* It may be our own, and we in the background. */
	signal(SIGTTOU, SIG_IGN);
	if (ioctl(fd, TIOCMGET, &bits))
		SKIP("no serial port behind /dev/ttyS0");
	return fd;
}

CASE(serial_modem_signals)
{
	int fd = open_port(), before = 0, bits = TIOCM_RTS, now = 0;

	OK(ioctl(fd, TIOCMGET, &before));
	CHECK(before & TIOCM_DTR);
	OK(ioctl(fd, TIOCMBIC, &bits));
	OK(ioctl(fd, TIOCMGET, &now));
	CHECK_EQ(now & TIOCM_RTS, 0);
	OK(ioctl(fd, TIOCMBIS, &bits));
	OK(ioctl(fd, TIOCMGET, &now));
	CHECK_EQ(now & TIOCM_RTS, TIOCM_RTS);
	OK(ioctl(fd, TIOCMSET, &before));
	FAILS(ioctl(fd, TIOCMGET, NULL), EFAULT);
	FAILS(ioctl(fd, TIOCMSET, NULL), EFAULT);
}

CASE(serial_counts_what_it_sends)
{
	struct serial_icounter_struct a, b;
	int fd = open_port();

	OK(ioctl(fd, TIOCGICOUNT, &a));
	OK(write(fd, "# sent\n", 7));
	OK(tcdrain(fd));
	sleep_ms(20);
	OK(ioctl(fd, TIOCGICOUNT, &b));
	CHECK(b.tx - a.tx >= 7);
	FAILS(ioctl(fd, TIOCGICOUNT, NULL), EFAULT);
}

CASE(serial_says_what_it_is)
{
	struct serial_struct s;
	int fd = open_port();

	OK(ioctl(fd, TIOCGSERIAL, &s));
	CHECK_EQ(s.port, 0x3f8);
	CHECK_EQ(s.line, 0);
	CHECK(s.baud_base > 0);
	FAILS(ioctl(fd, TIOCGSERIAL, NULL), EFAULT);
}

/* A speed it cannot have is refused by not being there afterwards. */
CASE(serial_keeps_its_settings)
{
	struct termios t, u;
	int fd = open_port();

	OK(tcgetattr(fd, &t));
	u = t;
	u.c_cflag |= CLOCAL | CREAD;
	OK(tcsetattr(fd, TCSANOW, &u));
	OK(tcgetattr(fd, &u));
	CHECK(u.c_cflag & CLOCAL);
	CHECK_EQ(cfgetospeed(&u), cfgetospeed(&t));
	OK(tcsetattr(fd, TCSANOW, &t));
}

CASE(serial_is_no_screen)
{
	int fd = open_port();
	char type;
	int mode;

	FAILS(ioctl(fd, KDGKBTYPE, &type), ENOTTY);
	FAILS(ioctl(fd, KDGETMODE, &mode), ENOTTY);
	FAILS(ioctl(fd, VT_OPENQRY, &mode), ENOTTY);
}

CASE(screen_says_what_it_is)
{
	int fd = open("/dev/tty1", O_RDWR | O_NOCTTY), mode = -1;
	struct vt_stat state;
	char type = 0;

	if (fd < 0 || ioctl(fd, KDGKBTYPE, &type))
		SKIP("no screen");
	CHECK_EQ(type, KB_101);
	OK(ioctl(fd, KDGETMODE, &mode));
	CHECK_EQ(mode, KD_TEXT);
	OK(ioctl(fd, KDGKBMODE, &mode));
	OK(ioctl(fd, KDSKBMODE, mode));
	OK(ioctl(fd, VT_GETSTATE, &state));
	CHECK_EQ(state.v_active, 1);
	OK(ioctl(fd, VT_ACTIVATE, 1));
	FAILS(ioctl(fd, VT_ACTIVATE, 0), ENXIO);
	FAILS(ioctl(fd, KDSKBMODE, 77), EINVAL);
	FAILS(ioctl(fd, KDSETMODE, 77), EINVAL);
	FAILS(ioctl(fd, KDGETMODE, NULL), EFAULT);
	FAILS(ioctl(fd, TIOCMGET, &mode), ENOTTY);
}
