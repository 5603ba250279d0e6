/* SPDX-License-Identifier: MIT */
/*
 * tty_ioctl.c - every request to a terminal, on a pseudo-terminal.
 */
#include "terminal.h"

#include <asm/ioctls.h>
#include <linux/tty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

/* The kernel's own, which the C library hides. */
struct kernel_termios2 {
	tcflag_t c_iflag, c_oflag, c_cflag, c_lflag;
	cc_t c_line;
	cc_t c_cc[19];
	speed_t c_ispeed, c_ospeed;
};
#define GETS2       _IOR('T', 0x2A, struct kernel_termios2)
#define SETS2       _IOW('T', 0x2B, struct kernel_termios2)
#define SETSW2      _IOW('T', 0x2C, struct kernel_termios2)
#define SETSF2      _IOW('T', 0x2D, struct kernel_termios2)
#define OTHER_SPEED 0010000
#define SPEED_BITS  0010017
#define INPUT_SHIFT 16
#define GET_EXCL    _IOR('T', 0x40, int)
#define GET_DEV     _IOR('T', 0x32, unsigned int)
#define VHANGUP     0x5437

struct old_termio {
	unsigned short c_iflag, c_oflag, c_cflag, c_lflag;
	unsigned char c_line, c_cc[8];
};

/* --- settings ------------------------------------------------------------- */

CASE(tty_first_settings)
{
	struct pair p = new_pair();
	struct kernel_termios2 t;
	static const cc_t cc[] = { 3,  28, 127, 21, 4,  0,  1,  0, 17,
				   19, 26, 0,   18, 15, 23, 22, 0 };

	OK(ioctl(p.slave, GETS2, &t));
	CHECK_EQ(t.c_iflag, 02400);
	CHECK_EQ(t.c_oflag, 05);
	CHECK_EQ(t.c_cflag, 0277);
	CHECK_EQ(t.c_lflag, 0105073);
	CHECK_EQ(t.c_line, 0);
	CHECK_EQ(t.c_ispeed, 38400);
	CHECK_EQ(t.c_ospeed, 38400);
	CHECK(!memcmp(t.c_cc, cc, sizeof(cc)));
}

/* The master's settings are the terminal's. */
CASE(tty_settings_from_both_sides)
{
	struct pair p = new_pair();
	struct termios t, u;

	OK(tcgetattr(p.master, &t));
	t.c_lflag &= ~(tcflag_t)ECHO;
	t.c_cc[VERASE] = 8;
	OK(tcsetattr(p.master, TCSANOW, &t));
	OK(tcgetattr(p.slave, &u));
	CHECK_EQ(u.c_lflag & ECHO, 0);
	CHECK_EQ(u.c_cc[VERASE], 8);
}

CASE(tty_settings_at_bad_addresses)
{
	static const unsigned long requests[] = {
		TCGETS,         TCSETS,     TCSETSW,    TCSETSF,
		TCGETA,         TCSETA,     TCSETAW,    TCSETAF,
		GETS2,          SETS2,      SETSW2,     SETSF2,
		TIOCGLCKTRMIOS, TIOCGWINSZ, TIOCSWINSZ, FIONREAD,
		TIOCOUTQ,       TIOCGETD,   TIOCSETD,   TIOCGSOFTCAR,
		TIOCSSOFTCAR,   TIOCSTI,    GET_EXCL,   GET_DEV,
	};
	struct pair p = new_pair();

	for (size_t i = 0; i < COUNT(requests); i++) {
		FAILS(ioctl(p.slave, requests[i], NULL), EFAULT);
		FAILS(ioctl(p.slave, requests[i], before_hole()), EFAULT);
	}
}

CASE(tty_requests_to_what_is_no_terminal)
{
	static const unsigned long requests[] = {
		TCGETS,    TCSETS,     TCFLSH,    TCXONC,
		TCSBRK,    TIOCGWINSZ, TIOCSCTTY, TIOCNOTTY,
		TIOCGPGRP, TIOCSPGRP,  TIOCGSID,  TIOCEXCL,
		TIOCSTI,   TIOCGETD,   TIOCGPTN,  TIOCOUTQ,
	};
	int null = (int)OK(open("/dev/null", O_RDWR)), fds[2];
	int file = (int)OK(open("file", O_CREAT | O_RDWR, 0600));
	char text[128];

	OK(pipe(fds));
	for (size_t i = 0; i < COUNT(requests); i++) {
		FAILS(ioctl(null, requests[i], text), ENOTTY);
		FAILS(ioctl(file, requests[i], text), ENOTTY);
		FAILS(ioctl(fds[0], requests[i], text), ENOTTY);
		FAILS(ioctl(-1, requests[i], text), EBADF);
	}
}

CASE(tty_requests_nobody_knows)
{
	struct pair p = new_pair();
	int n;

	FAILS(ioctl(p.slave, 0x5499, &n), ENOTTY);
	FAILS(ioctl(p.master, 0x5499, &n), ENOTTY);
	FAILS(ioctl(p.slave, TIOCMGET, &n), ENOTTY);
	FAILS(ioctl(p.slave, TIOCMSET, &n), ENOTTY);
	FAILS(ioctl(p.slave, TIOCGSERIAL, &n), ENOTTY);
	FAILS(ioctl(p.slave, TIOCGICOUNT, &n), ENOTTY);
	FAILS(ioctl(p.slave, TIOCMIWAIT, 0), ENOTTY);
	FAILS(ioctl(p.slave, 0x4B33, &n), ENOTTY); /* KDGKBTYPE */
}

/* Three generations of the same settings. */
CASE(tty_three_kinds_of_settings)
{
	struct pair p = new_pair();
	struct old_termio a;
	struct termios b;
	struct kernel_termios2 c;

	OK(ioctl(p.slave, TCGETA, &a));
	a.c_lflag &= (unsigned short)~ICANON;
	a.c_cc[VINTR] = 7;
	OK(ioctl(p.slave, TCSETA, &a));
	OK(tcgetattr(p.slave, &b));
	CHECK_EQ(b.c_lflag & ICANON, 0);
	CHECK_EQ(b.c_cc[VINTR], 7);
	CHECK_EQ(b.c_cc[VSUSP], 26);
	b.c_cc[VSUSP] = 25;
	OK(tcsetattr(p.slave, TCSADRAIN, &b));
	OK(ioctl(p.slave, GETS2, &c));
	CHECK_EQ(c.c_cc[VSUSP], 25);
	c.c_lflag |= ICANON;
	OK(ioctl(p.slave, SETSF2, &c));
	OK(ioctl(p.slave, TCGETA, &a));
	CHECK(a.c_lflag & ICANON);
	OK(ioctl(p.slave, TCSETAW, &a));
	OK(ioctl(p.slave, TCSETAF, &a));
	OK(ioctl(p.slave, SETSW2, &c));
}

CASE(tty_speeds_of_ones_own)
{
	struct pair p = new_pair();
	struct kernel_termios2 t;
	struct termios old;

	OK(ioctl(p.slave, GETS2, &t));
	t.c_cflag &= ~(tcflag_t)(SPEED_BITS | SPEED_BITS << INPUT_SHIFT);
	t.c_cflag |= OTHER_SPEED | OTHER_SPEED << INPUT_SHIFT;
	t.c_ospeed = 12345;
	t.c_ispeed = 54321;
	OK(ioctl(p.slave, SETS2, &t));
	memset(&t, 0, sizeof(t));
	OK(ioctl(p.slave, GETS2, &t));
	CHECK_EQ(t.c_ospeed, 12345);
	CHECK_EQ(t.c_ispeed, 54321);
	OK(tcgetattr(p.slave, &old));
	OK(cfsetispeed(&old, B9600));
	OK(cfsetospeed(&old, B9600));
	old.c_cflag &= ~(tcflag_t)(SPEED_BITS << INPUT_SHIFT);
	OK(tcsetattr(p.slave, TCSANOW, &old));
	OK(ioctl(p.slave, GETS2, &t));
	CHECK_EQ(t.c_ospeed, 9600);
	CHECK_EQ(t.c_ispeed, 9600);
}

/* A pty has eight bits and no parity, whatever is asked. */
CASE(tty_pty_has_eight_bits)
{
	struct pair p = new_pair();
	struct termios t;

	OK(tcgetattr(p.slave, &t));
	t.c_cflag = (t.c_cflag & ~(tcflag_t)CSIZE) | CS7 | PARENB;
	OK(tcsetattr(p.slave, TCSANOW, &t));
	OK(tcgetattr(p.slave, &t));
	CHECK_EQ(t.c_cflag & CSIZE, CS8);
	CHECK_EQ(t.c_cflag & PARENB, 0);
}

CASE(tty_locked_settings)
{
	struct pair p = new_pair();
	struct termios t, locks;

	need_root();
	OK(ioctl(p.slave, TIOCGLCKTRMIOS, &locks));
	CHECK_EQ(locks.c_lflag, 0);
	memset(&locks, 0, sizeof(locks));
	locks.c_lflag = ECHO;
	locks.c_cc[VINTR] = 1;
	OK(ioctl(p.slave, TIOCSLCKTRMIOS, &locks));
	OK(tcgetattr(p.slave, &t));
	t.c_lflag = ICANON;
	t.c_cc[VINTR] = 1;
	t.c_cc[VQUIT] = 1;
	OK(tcsetattr(p.slave, TCSANOW, &t));
	OK(tcgetattr(p.slave, &t));
	CHECK_EQ(t.c_lflag, ICANON | ECHO);
	CHECK_EQ(t.c_cc[VINTR], 3);
	CHECK_EQ(t.c_cc[VQUIT], 1);
	become_nobody();
	FAILS(ioctl(p.slave, TIOCSLCKTRMIOS, &locks), EPERM);
	OK(ioctl(p.slave, TIOCGLCKTRMIOS, &locks));
	CHECK_EQ(locks.c_lflag, ECHO);
}

CASE(tty_soft_carrier)
{
	struct pair p = new_pair();
	struct termios t;
	int on = -1;

	OK(ioctl(p.slave, TIOCGSOFTCAR, &on));
	CHECK_EQ(on, 0);
	on = 1;
	OK(ioctl(p.slave, TIOCSSOFTCAR, &on));
	OK(tcgetattr(p.slave, &t));
	CHECK(t.c_cflag & CLOCAL);
	OK(ioctl(p.slave, TIOCGSOFTCAR, &on));
	CHECK_EQ(on, 1);
}

CASE(tty_line_disciplines)
{
	struct pair p = new_pair();
	int n = -1;

	OK(ioctl(p.slave, TIOCGETD, &n));
	CHECK_EQ(n, N_TTY);
	OK(ioctl(p.slave, TIOCSETD, &n));
	n = 99;
	FAILS(ioctl(p.slave, TIOCSETD, &n), EINVAL);
}

/* --- questions and small deeds -------------------------------------------- */

CASE(tty_counts_of_waiting_bytes)
{
	struct pair p = new_pair();
	int n = -1;

	OK(write(p.master, "one\ntwo", 7));
	expect(p.master, "one\r\ntwo");
	OK(ioctl(p.slave, FIONREAD, &n));
	CHECK_EQ(n, 4);
	OK(ioctl(p.slave, TIOCOUTQ, &n));
	CHECK_EQ(n, 0);
	OK(write(p.slave, "12345", 5));
	CHECK_EQ(polled(p.master, POLLIN | POLLOUT), POLLIN | POLLOUT);
	OK(ioctl(p.master, FIONREAD, &n));
	CHECK_EQ(n, 5);
	OK(ioctl(p.master, TIOCOUTQ, &n));
	CHECK_EQ(n, 0);
	make_raw(p.slave);
	OK(ioctl(p.slave, FIONREAD, &n));
	CHECK_EQ(n, 7);
}

CASE(tty_device_number)
{
	struct pair p = new_pair();
	unsigned dev, n;

	OK(ioctl(p.master, TIOCGPTN, &n));
	OK(ioctl(p.slave, GET_DEV, &dev));
	CHECK_EQ(dev, 136 << 8 | n);
	OK(ioctl(p.master, GET_DEV, &dev));
	CHECK_EQ(dev, 136 << 8 | n);
}

CASE(tty_breaks_and_drains)
{
	struct pair p = new_pair();

	OK(write(p.slave, "x", 1));
	OK(tcdrain(p.slave));
	OK(tcdrain(p.master));
	OK(tcsendbreak(p.slave, 0));
	OK(ioctl(p.slave, TCSBRKP, 1));
	OK(ioctl(p.slave, TIOCSBRK, 0));
	OK(ioctl(p.slave, TIOCCBRK, 0));
}

CASE(tty_fake_input)
{
	struct pair p = new_pair();

	need_root();
	if (ioctl(p.slave, TIOCSTI, "h"))
		SKIP("TIOCSTI is switched off");
	OK(ioctl(p.slave, TIOCSTI, "i"));
	OK(ioctl(p.slave, TIOCSTI, "\n"));
	expect(p.slave, "hi\n");
	expect(p.master, "hi\r\n");
	become_nobody();
	errno = 0;
	CHECK_EQ(ioctl(p.slave, TIOCSTI, "x"), -1);
	CHECK(errno == EPERM || errno == EIO);
}

CASE(tty_exclusive)
{
	struct pair p = new_pair();
	int on = -1;

	need_root();
	OK(chmod(p.name, 0666));
	OK(ioctl(p.slave, GET_EXCL, &on));
	CHECK_EQ(on, 0);
	OK(ioctl(p.slave, TIOCEXCL, 0));
	OK(ioctl(p.slave, GET_EXCL, &on));
	CHECK_EQ(on, 1);
	OK(close((int)OK(open(p.name, O_RDWR | O_NOCTTY))));
	EXITS(CHILD({
		      become_nobody();
		      FAILS(open(p.name, O_RDWR | O_NOCTTY), EBUSY);
		      OK(ioctl(p.slave, TIOCNXCL, 0));
		      OK(open(p.name, O_RDWR | O_NOCTTY));
	      }),
	      0);
	OK(ioctl(p.slave, TIOCEXCL, 0));
	OK(close(p.slave));
	p.slave = (int)OK(open(p.name, O_RDWR | O_NOCTTY));
	OK(ioctl(p.slave, GET_EXCL, &on));
	CHECK_EQ(on, 1); /* the pair is the same as long as a side is open */
}

CASE(tty_window_size_from_both_sides)
{
	struct winsize w = { 50, 132, 800, 600 }, got;
	struct pair p = new_pair();

	OK(ioctl(p.slave, TIOCGWINSZ, &got));
	CHECK_EQ(got.ws_row, 0);
	CHECK_EQ(got.ws_col, 0);
	OK(ioctl(p.slave, TIOCSWINSZ, &w));
	OK(ioctl(p.master, TIOCGWINSZ, &got));
	CHECK(!memcmp(&w, &got, sizeof(w)));
}

CASE(tty_hang_up_by_request)
{
	struct pair p = new_pair();
	char c;

	need_root();
	EXITS(CHILD({
		      become_nobody();
		      FAILS(ioctl(p.slave, VHANGUP, 0), EPERM);
	      }),
	      0);
	OK(ioctl(p.slave, VHANGUP, 0));
	CHECK_EQ(read(p.slave, &c, 1), 0);
	FAILS(write(p.slave, "x", 1), EIO);
	/* a new open of it works */
	p.slave = (int)OK(open(p.name, O_RDWR | O_NOCTTY));
	OK(write(p.slave, "back", 4));
}

/* --- raw reads ------------------------------------------------------------ */

static void
set_raw_rule(int fd, cc_t min, cc_t tenths)
{
	struct termios t;

	make_raw(fd);
	OK(tcgetattr(fd, &t));
	t.c_cc[VMIN] = min;
	t.c_cc[VTIME] = tenths;
	OK(tcsetattr(fd, TCSANOW, &t));
}

CASE(tty_raw_without_waiting)
{
	struct pair p = new_pair();
	char got[8];

	set_raw_rule(p.slave, 0, 0);
	CHECK_EQ(read(p.slave, got, sizeof(got)), 0);
	OK(write(p.master, "ab", 2));
	CHECK_EQ(polled(p.slave, POLLIN | POLLOUT), POLLIN | POLLOUT);
	CHECK_EQ(read(p.slave, got, sizeof(got)), 2);
}

CASE(tty_raw_for_a_time)
{
	struct pair p = new_pair();
	char got[8];

	set_raw_rule(p.slave, 0, 1);
	CHECK_EQ(read(p.slave, got, sizeof(got)), 0);
	OK(write(p.master, "a", 1));
	CHECK_EQ(read(p.slave, got, sizeof(got)), 1);
}

CASE(tty_raw_a_number_at_once)
{
	struct pair p = new_pair();
	char got[8];
	pid_t pid;

	set_raw_rule(p.slave, 4, 0);
	OK(write(p.master, "abc", 3));
	sleep_ms(10);
	CHECK_EQ(polled(p.slave, POLLOUT), POLLOUT); /* three are too few */
	pid = CHILD({
		CHECK_EQ(read(p.slave, got, sizeof(got)), 5);
		CHECK(!memcmp(got, "abcde", 5));
	});
	sleep_ms(10);
	OK(write(p.master, "de", 2));
	EXITS(pid, 0);
}

CASE(tty_raw_until_a_pause)
{
	struct pair p = new_pair();
	char got[8];

	set_raw_rule(p.slave, 4, 1);
	OK(write(p.master, "ab", 2));
	CHECK_EQ(read(p.slave, got, sizeof(got)), 2);
}

static void
ignore(int signo)
{
	(void)signo;
}

CASE(tty_read_is_interrupted)
{
	struct pair p = new_pair();
	struct sigaction sa = { .sa_handler = ignore };
	char c;

	OK(sigaction(SIGALRM, &sa, NULL));
	alarm(1);
	FAILS(read(p.slave, &c, 1), EINTR);
	alarm(1);
	FAILS(read(p.master, &c, 1), EINTR);
}
