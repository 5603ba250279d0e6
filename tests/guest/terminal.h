/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * terminal.h - what the families about terminals share: a case plays both sides
 * of a pseudo-terminal.
 */
#include "guest.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

#define HELPER static __attribute__((unused))

/* A master and the name of its slave, which may be opened. */
HELPER int
new_master(char name[32])
{
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	int zero = 0;
	unsigned n;

	if (master < 0 && (errno == ENOENT || errno == ENODEV))
		SKIP("no pseudo-terminals");
	CHECK(master >= 0);
	OK(ioctl(master, TIOCSPTLCK, &zero));
	OK(ioctl(master, TIOCGPTN, &n));
	snprintf(name, 32, "/dev/pts/%u", n);
	return master;
}

struct pair {
	int master, slave;
	char name[32];
};

HELPER struct pair
new_pair(void)
{
	struct pair p;

	p.master = new_master(p.name);
	p.slave = (int)OK(open(p.name, O_RDWR | O_NOCTTY));
	return p;
}

HELPER void
make_raw(int fd)
{
	struct termios t;

	OK(tcgetattr(fd, &t));
	cfmakeraw(&t);
	OK(tcsetattr(fd, TCSANOW, &t));
}

HELPER void
nonblocking(int fd)
{
	OK(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK));
}

/* What poll says now, or within two seconds if it has to become `wanted`. */
HELPER int
polled(int fd, int wanted)
{
	struct pollfd p = { .fd = fd };
	long end = now_ms() + 2000;

	do {
		p.events = POLLIN | POLLOUT | POLLPRI;
		OK(poll(&p, 1, 0));
		if (p.revents == wanted)
			break;
		sleep_ms(1);
	} while (now_ms() < end);
	return p.revents;
}

/* Read exactly that much text. */
HELPER void
expect(int fd, const char *text)
{
	char got[512];
	size_t n = 0;

	while (n < strlen(text)) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		CHECK_EQ(poll(&p, 1, 2000), 1);
		n += (size_t)OK(read(fd, got + n, sizeof(got) - 1 - n));
		got[n] = '\0';
	}
	CHECK(!strcmp(got, text));
}
