/* SPDX-License-Identifier: MIT */
/*
 * pty_flow.c - pseudo-terminals: packet mode, flushing, stopped output.
 */
#include "terminal.h"

#include <stdlib.h>

/* --- packet mode ---------------------------------------------------------- */

static void
expect_packet(int master, const char *bytes, size_t n)
{
	char got[64];
	bool event = bytes[0] != 0;
	int want = POLLIN | POLLOUT | (event ? POLLPRI : 0);

	CHECK_EQ(polled(master, want), want);
	CHECK_EQ(read(master, got, sizeof(got)), n);
	CHECK(!memcmp(got, bytes, n));
}

static struct pair
packet_pair(void)
{
	struct pair p = new_pair();
	int on = 1;

	OK(ioctl(p.master, TIOCPKT, &on));
	on = 0;
	OK(ioctl(p.master, TIOCGPKT, &on));
	CHECK_EQ(on, 1);
	nonblocking(p.master);
	return p;
}

CASE(pty_packets_carry_data)
{
	struct pair p = packet_pair();
	int off = 0;
	char c;

	OK(write(p.slave, "abc", 3));
	expect_packet(p.master, "\0abc", 4);
	OK(write(p.slave, "abc", 3));
	CHECK_EQ(polled(p.master, POLLIN | POLLOUT), POLLIN | POLLOUT);
	CHECK_EQ(read(p.master, &c, 1), 1);
	CHECK_EQ(c, 0);
	expect_packet(p.master, "\0abc", 4);
	OK(ioctl(p.master, TIOCPKT, &off));
	OK(write(p.slave, "abc", 3));
	expect(p.master, "abc");
}

CASE(pty_packets_tell_of_flushes)
{
	struct pair p = packet_pair();

	OK(tcflush(p.slave, TCIFLUSH));
	expect_packet(p.master, "\1", 1);
	OK(tcflush(p.slave, TCOFLUSH));
	expect_packet(p.master, "\2", 1);
	OK(tcflush(p.slave, TCIOFLUSH));
	expect_packet(p.master, "\3", 1);
}

CASE(pty_packets_tell_of_flow)
{
	struct pair p = packet_pair();
	struct termios t;

	OK(tcflow(p.slave, TCOOFF));
	expect_packet(p.master, "\4", 1);
	OK(tcflow(p.slave, TCOON));
	expect_packet(p.master, "\10", 1);
	OK(tcflow(p.slave, TCIOFF));
	expect_packet(p.master, "\0\023", 2);
	OK(tcflow(p.slave, TCION));
	expect_packet(p.master, "\0\021", 2);
	OK(write(p.master, "\023", 1));
	expect_packet(p.master, "\4", 1);
	OK(write(p.master, "\021", 1));
	expect_packet(p.master, "\10", 1);
	OK(tcgetattr(p.slave, &t));
	t.c_iflag &= ~(tcflag_t)IXON;
	OK(tcsetattr(p.slave, TCSANOW, &t));
	expect_packet(p.master, "\20", 1);
	t.c_iflag |= IXON;
	OK(tcsetattr(p.slave, TCSANOW, &t));
	expect_packet(p.master, "\40", 1);
}

CASE(pty_packets_tell_of_settings)
{
	struct pair p = packet_pair();
	struct termios t;
	char c;

	OK(tcgetattr(p.slave, &t));
	t.c_lflag &= ~(tcflag_t)ECHO;
	OK(tcsetattr(p.slave, TCSANOW, &t));
	FAILS(read(p.master, &c, 1), EAGAIN);
	t.c_lflag |= EXTPROC;
	OK(tcsetattr(p.slave, TCSANOW, &t));
	expect_packet(p.master, "\100", 1);
	t.c_lflag &= ~(tcflag_t)ICANON;
	OK(tcsetattr(p.slave, TCSANOW, &t));
	expect_packet(p.master, "\100", 1);
	t.c_lflag &= ~(tcflag_t)EXTPROC;
	OK(tcsetattr(p.slave, TCSANOW, &t));
	expect_packet(p.master, "\100", 1);
	OK(tcsetattr(p.slave, TCSANOW, &t));
	FAILS(read(p.master, &c, 1), EAGAIN);
}

/* EXTPROC leaves all the editing to the other side. */
CASE(pty_external_processing)
{
	struct pair p = new_pair();
	struct termios t;
	char c;

	OK(tcgetattr(p.slave, &t));
	t.c_lflag |= EXTPROC;
	OK(tcsetattr(p.slave, TCSANOW, &t));
	OK(write(p.master, "a\177\003b", 4));
	expect(p.slave, "a\177\003b");
	nonblocking(p.master);
	FAILS(read(p.master, &c, 1), EAGAIN);
}

/* --- the master's own flow ------------------------------------------------ */

CASE(pty_master_flushes)
{
	struct pair p = new_pair();
	char c;

	nonblocking(p.master);
	OK(write(p.slave, "unread", 6));
	CHECK_EQ(polled(p.master, POLLIN | POLLOUT), POLLIN | POLLOUT);
	OK(tcflush(p.master, TCIFLUSH));
	FAILS(read(p.master, &c, 1), EAGAIN);
	FAILS(tcflush(p.master, 77), EINVAL);
	FAILS(tcflow(p.master, 77), EINVAL);
}

CASE(pty_slave_flushes_what_is_under_way)
{
	struct pair p = new_pair();
	char c;

	OK(write(p.master, "typed\n", 6));
	expect(p.master, "typed\r\n");
	OK(tcflush(p.slave, TCIFLUSH));
	nonblocking(p.slave);
	FAILS(read(p.slave, &c, 1), EAGAIN);
	FAILS(tcflush(p.slave, 77), EINVAL);
	FAILS(tcflow(p.slave, 77), EINVAL);
}

/* What has arrived at the master no flush of the slave takes back. */
CASE(pty_flush_leaves_what_has_arrived)
{
	struct pair p = new_pair();

	OK(write(p.slave, "there", 5));
	CHECK_EQ(polled(p.master, POLLIN | POLLOUT), POLLIN | POLLOUT);
	OK(tcflush(p.slave, TCOFLUSH));
	OK(write(p.master, "\003", 1));
	expect(p.master, "there^C");
}

/* What a program stopped, ^Q does not start. */
CASE(pty_two_ways_to_stop_output)
{
	struct pair p = new_pair();

	nonblocking(p.slave);
	OK(tcflow(p.slave, TCOOFF));
	FAILS(write(p.slave, "x", 1), EAGAIN);
	CHECK_EQ(polled(p.slave, 0) & POLLIN, 0);
	OK(write(p.master, "\021", 1));
	sleep_ms(10);
	FAILS(write(p.slave, "x", 1), EAGAIN);
	OK(tcflow(p.slave, TCOON));
	CHECK_EQ(write(p.slave, "x", 1), 1);
	expect(p.master, "x");
	OK(write(p.master, "\023", 1));
	sleep_ms(10);
	FAILS(write(p.slave, "y", 1), EAGAIN);
	OK(tcflow(p.slave, TCOON));
	FAILS(write(p.slave, "y", 1), EAGAIN);
	OK(write(p.master, "\021", 1));
	sleep_ms(10);
	CHECK_EQ(write(p.slave, "y", 1), 1);
	expect(p.master, "y");
}
