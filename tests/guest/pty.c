/* SPDX-License-Identifier: MIT */
/*
 * pty.c - pseudo-terminals: pairs, bytes, and the ends of both sides.
 */
#include "terminal.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#define DEVPTS_MAGIC 0x1cd1

static char block[65536];

/* --- pairs ---------------------------------------------------------------- */

CASE(pty_slave_is_locked_at_first)
{
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY), locked = 0;
	char name[32];
	unsigned n;

	if (master < 0)
		SKIP("no pseudo-terminals");
	OK(ioctl(master, TIOCGPTLCK, &locked));
	CHECK_EQ(locked, 1);
	OK(ioctl(master, TIOCGPTN, &n));
	snprintf(name, sizeof(name), "/dev/pts/%u", n);
	FAILS(open(name, O_RDWR | O_NOCTTY), EIO);
	FAILS(ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY), EIO);
	locked = 0;
	OK(ioctl(master, TIOCSPTLCK, &locked));
	OK(open(name, O_RDWR | O_NOCTTY));
	locked = 5;
	OK(ioctl(master, TIOCSPTLCK, &locked));
	OK(ioctl(master, TIOCGPTLCK, &locked));
	CHECK_EQ(locked, 1);
	FAILS(open(name, O_RDWR | O_NOCTTY), EIO);
}

CASE(pty_numbers_are_the_lowest_free)
{
	char a[32], b[32], c[32];
	int first = new_master(a), second = new_master(b), third;

	CHECK(strcmp(a, b));
	OK(close(first));
	third = new_master(c);
	CHECK(!strcmp(a, c));
	OK(close(second));
	OK(close(third));
}

CASE(pty_node_looks_as_it_should)
{
	struct pair p = new_pair();
	struct stat st, fs;
	struct statfs sf;
	unsigned n;

	OK(ioctl(p.master, TIOCGPTN, &n));
	OK(stat(p.name, &st));
	CHECK(S_ISCHR(st.st_mode));
	CHECK_EQ(major(st.st_rdev), 136);
	CHECK_EQ(minor(st.st_rdev), n);
	CHECK_EQ(st.st_ino, n + 3);
	CHECK_EQ(st.st_uid, geteuid());
	CHECK_EQ(st.st_nlink, 1);
	OK(fstat(p.slave, &fs));
	CHECK_EQ(fs.st_ino, st.st_ino);
	OK(fstat(p.master, &fs));
	CHECK_EQ(major(fs.st_rdev), 5);
	CHECK_EQ(minor(fs.st_rdev), 2);
	OK(statfs("/dev/pts", &sf));
	CHECK_EQ(sf.f_type, DEVPTS_MAGIC);
	CHECK(isatty(p.slave) && isatty(p.master));
}

CASE(pty_name_goes_with_its_master)
{
	struct pair p = new_pair();
	char link[64], to[64];
	ssize_t n;

	OK(close(p.master));
	FAILS(open(p.name, O_RDWR | O_NOCTTY), ENOENT);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", p.slave);
	n = OK(readlink(link, to, sizeof(to) - 1));
	to[n] = '\0';
	CHECK(strstr(to, "/dev/pts/") == to && strstr(to, " (deleted)"));
	FAILS(open(link, O_RDWR | O_NOCTTY), EIO);
}

/* While the slave is open its number is not given again. */
CASE(pty_number_stays_while_its_slave_is_open)
{
	struct pair p = new_pair();
	char name[32];

	OK(close(p.master));
	new_master(name);
	CHECK(strcmp(name, p.name));
}

CASE(pty_peer_needs_no_name)
{
	struct pair p = new_pair();
	char link[64], to[64];
	ssize_t n;
	int peer = ioctl(p.master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);

	CHECK(peer >= 0);
	CHECK_EQ(fcntl(peer, F_GETFD), FD_CLOEXEC);
	OK(write(peer, "hello", 5));
	expect(p.master, "hello");
	snprintf(link, sizeof(link), "/proc/self/fd/%d", peer);
	n = OK(readlink(link, to, sizeof(to) - 1));
	to[n] = '\0';
	CHECK(!strcmp(to, p.name));
	FAILS(ioctl(p.slave, TIOCGPTPEER, O_RDWR | O_NOCTTY), EIO);
	FAILS(ioctl(open("/dev/null", O_RDWR), TIOCGPTPEER, O_RDWR), ENOTTY);
}

CASE(pty_requests_of_the_master_alone)
{
	struct pair p = new_pair();
	int n;

	FAILS(ioctl(p.slave, TIOCGPTN, &n), ENOTTY);
	FAILS(ioctl(p.slave, TIOCSPTLCK, &n), ENOTTY);
	FAILS(ioctl(p.slave, TIOCGPTLCK, &n), ENOTTY);
	FAILS(ioctl(p.slave, TIOCPKT, &n), ENOTTY);
	FAILS(ioctl(p.slave, TIOCGPKT, &n), ENOTTY);
	FAILS(ioctl(p.slave, TIOCSIG, SIGINT), ENOTTY);
	FAILS(ioctl(p.master, TIOCGPTN, NULL), EFAULT);
	FAILS(ioctl(p.master, TIOCSPTLCK, NULL), EFAULT);
	FAILS(ioctl(p.master, TIOCGPTLCK, NULL), EFAULT);
	FAILS(ioctl(p.master, TIOCPKT, NULL), EFAULT);
	FAILS(ioctl(p.master, TIOCGPKT, NULL), EFAULT);
	FAILS(ioctl(p.master, TIOCSIG, SIGUSR1), EINVAL);
}

CASE(pty_positions_mean_nothing)
{
	struct pair p = new_pair();
	char c;

	FAILS(lseek(p.slave, 0, SEEK_SET), ESPIPE);
	FAILS(lseek(p.master, 0, SEEK_SET), ESPIPE);
	FAILS(pread(p.slave, &c, 1, 0), ESPIPE);
	FAILS(pwrite(p.master, "x", 1, 0), ESPIPE);
}

/* --- bytes ---------------------------------------------------------------- */

CASE(pty_nothing_to_read)
{
	struct pair p = new_pair();
	char c;

	nonblocking(p.master);
	nonblocking(p.slave);
	CHECK_EQ(polled(p.master, POLLOUT), POLLOUT);
	CHECK_EQ(polled(p.slave, POLLOUT), POLLOUT);
	FAILS(read(p.master, &c, 1), EAGAIN);
	FAILS(read(p.slave, &c, 1), EAGAIN);
	CHECK_EQ(read(p.master, &c, 0), 0);
	CHECK_EQ(read(p.slave, &c, 0), 0);
	CHECK_EQ(write(p.slave, &c, 0), 0);
	FAILS(read(p.slave, NULL, 1), EAGAIN);
	OK(write(p.slave, "x", 1));
	FAILS(read(p.master, NULL, 1), EFAULT);
	FAILS(write(p.slave, NULL, 1), EFAULT);
	FAILS(write(p.master, NULL, 1), EFAULT);
}

CASE(pty_bytes_wait_for_the_slave)
{
	char name[32], c;
	int master = new_master(name), slave;

	OK(write(master, "early\n", 6));
	expect(master, "early\r\n");
	slave = (int)OK(open(name, O_RDWR | O_NOCTTY));
	expect(slave, "early\n");
	nonblocking(slave);
	FAILS(read(slave, &c, 1), EAGAIN);
}

/* All that is written comes out in order, however much is under way. */
static void *
write_much(void *arg)
{
	int fd = *(int *)arg;
	unsigned next = 0;

	for (int i = 0; i < 16; i++) {
		size_t done = 0;

		for (size_t k = 0; k < sizeof(block); k++)
			block[k] = (char)(next++ % 251);
		while (done < sizeof(block))
			done += (size_t)OK(
				write(fd, block + done, sizeof(block) - done));
	}
	return NULL;
}

static void
carry_much(int from, int to)
{
	size_t total = 0;
	pthread_t writer;
	char got[3000];

	CHECK_EQ(pthread_create(&writer, NULL, write_much, &from), 0);
	while (total < 16 * sizeof(block)) {
		ssize_t n = OK(read(to, got, sizeof(got)));

		CHECK(n > 0);
		for (ssize_t i = 0; i < n; i++)
			CHECK_EQ((unsigned char)got[i],
				 (total + (size_t)i) % 251);
		total += (size_t)n;
	}
	CHECK_EQ(pthread_join(writer, NULL), 0);
}

CASE(pty_carries_a_megabyte_up)
{
	struct pair p = new_pair();

	make_raw(p.slave);
	carry_much(p.slave, p.master);
}

CASE(pty_carries_a_megabyte_down)
{
	struct pair p = new_pair();

	make_raw(p.slave);
	carry_much(p.master, p.slave);
}

/* Fill it; it holds more than a line, less than is allowed to be lost. */
static size_t
fill(int fd)
{
	size_t total = 0;
	ssize_t n;

	nonblocking(fd);
	for (;;) {
		n = write(fd, block, 1000);
		if (n < 0) {
			CHECK_EQ(errno, EAGAIN);
			sleep_ms(2);
			n = write(fd, block, 1000);
		}
		if (n < 0)
			break;
		total += (size_t)n;
		CHECK(total < 1000000);
	}
	return total;
}

static size_t
empty(int fd)
{
	size_t total = 0;
	ssize_t n;
	int quiet = 0;

	nonblocking(fd);
	while (quiet < 20) {
		n = read(fd, block, sizeof(block));
		if (n > 0)
			total += (size_t)n;
		else
			sleep_ms(1);
		quiet = n > 0 ? 0 : quiet + 1;
	}
	return total;
}

CASE(pty_full_slave_pushes_back)
{
	struct pair p = new_pair();
	size_t n;

	make_raw(p.slave);
	n = fill(p.master);
	CHECK(n > 4096);
	CHECK_EQ(polled(p.master, 0), 0);
	CHECK_EQ(empty(p.slave), n);
	CHECK_EQ(polled(p.master, POLLOUT), POLLOUT);
}

CASE(pty_full_master_pushes_back)
{
	struct pair p = new_pair();
	size_t n;

	make_raw(p.slave);
	n = fill(p.slave);
	CHECK(n > 4096);
	CHECK_EQ(polled(p.slave, 0), 0);
	CHECK_EQ(empty(p.master), n);
	CHECK_EQ(polled(p.slave, POLLOUT), POLLOUT);
}

/* A full ring does not keep echo from the typist, nor ^C from its work. */
CASE(pty_interrupt_throws_away_both_ways)
{
	struct pair p = new_pair();
	int n;

	OK(write(p.master, "half a line", 11));
	expect(p.master, "half a line");
	nonblocking(p.slave);
	fill(p.slave);
	OK(write(p.master, "\003", 1));
	CHECK(empty(p.master) <= 4096 + 2);
	OK(write(p.master, "rest\n", 5));
	expect(p.slave, "rest\n");
	OK(ioctl(p.slave, FIONREAD, &n));
	CHECK_EQ(n, 0);
}

/* --- ends ----------------------------------------------------------------- */

CASE(pty_last_close_of_the_slave)
{
	struct pair p = new_pair();
	int again = (int)OK(open(p.name, O_RDWR | O_NOCTTY));
	char c;

	OK(write(p.slave, "bye", 3));
	OK(close(p.slave));
	CHECK_EQ(polled(p.master, POLLIN | POLLOUT), POLLIN | POLLOUT);
	OK(close(again));
	CHECK_EQ(polled(p.master, POLLIN | POLLOUT | POLLHUP),
		 POLLIN | POLLOUT | POLLHUP);
	expect(p.master, "bye");
	FAILS(read(p.master, &c, 1), EIO);
	CHECK_EQ(polled(p.master, POLLOUT | POLLHUP), POLLOUT | POLLHUP);
	OK(write(p.master, "for later\n", 10));
	CHECK_EQ(polled(p.master, POLLIN | POLLOUT | POLLHUP),
		 POLLIN | POLLOUT | POLLHUP);
	expect(p.master, "for later\r\n");
	again = (int)OK(open(p.name, O_RDWR | O_NOCTTY));
	CHECK_EQ(polled(p.master, POLLOUT), POLLOUT);
	expect(again, "for later\n");
}

CASE(pty_settings_outlive_the_slave)
{
	struct pair p = new_pair();
	struct termios t;

	make_raw(p.slave);
	OK(close(p.slave));
	p.slave = (int)OK(open(p.name, O_RDWR | O_NOCTTY));
	OK(tcgetattr(p.slave, &t));
	CHECK_EQ(t.c_lflag & (ICANON | ECHO), 0);
}

CASE(pty_close_of_the_master)
{
	struct pair p = new_pair();
	int id = getpgrp();
	char c;

	OK(write(p.master, "lost\n", 5));
	OK(close(p.master));
	CHECK_EQ(polled(p.slave, POLLIN | POLLOUT | POLLERR | POLLHUP),
		 POLLIN | POLLOUT | POLLERR | POLLHUP);
	CHECK_EQ(read(p.slave, &c, 1), 0);
	FAILS(write(p.slave, "x", 1), EIO);
	FAILS(ioctl(p.slave, TIOCGWINSZ, block), EIO);
	FAILS(ioctl(p.slave, FIONREAD, block), EIO);
	FAILS(ioctl(p.slave, TIOCSPGRP, &id), ENOTTY);
}

static int waiting_fd;

static void *
read_to_the_end(void *arg)
{
	char c;
	ssize_t n = read(waiting_fd, &c, 1);

	*(int *)arg = n < 0 ? errno : (int)n;
	return NULL;
}

static void *
write_to_the_end(void *arg)
{
	while (write(waiting_fd, block, sizeof(block)) > 0)
		;
	*(int *)arg = errno;
	return NULL;
}

static void *
poll_to_the_end(void *arg)
{
	struct pollfd p = { .fd = waiting_fd, .events = POLLIN };

	OK(poll(&p, 1, 20000));
	*(int *)arg = p.revents;
	return NULL;
}

/* Let somebody wait on one end, close the other: what does he get? */
static int
woken_by_close(void *(*wait)(void *), int fd, int other)
{
	pthread_t t;
	int result = -1;

	waiting_fd = fd;
	CHECK_EQ(pthread_create(&t, NULL, wait, &result), 0);
	sleep_ms(20);
	OK(close(other));
	CHECK_EQ(pthread_join(t, NULL), 0);
	return result;
}

CASE(pty_close_wakes_who_waits)
{
	struct pair p = new_pair();

	CHECK_EQ(woken_by_close(read_to_the_end, p.slave, p.master), EIO);
	p = new_pair();
	CHECK_EQ(woken_by_close(write_to_the_end, p.slave, p.master), EIO);
	p = new_pair();
	CHECK_EQ(woken_by_close(read_to_the_end, p.master, p.slave), EIO);
	p = new_pair();
	CHECK_EQ(woken_by_close(poll_to_the_end, p.master, p.slave), POLLHUP);
	p = new_pair();
	CHECK(woken_by_close(poll_to_the_end, p.slave, p.master) & POLLHUP);
}

/* --- many, and races ------------------------------------------------------ */

CASE(pty_two_hundred)
{
	static struct pair p[200];

	for (int i = 0; i < 200; i++)
		p[i] = new_pair();
	for (int i = 0; i < 200; i++)
		OK(write(p[i].master, "x\n", 2));
	for (int i = 0; i < 200; i++) {
		char text[16];

		expect(p[i].slave, "x\n");
		snprintf(text, sizeof(text), "n%d", i);
		OK(write(p[i].slave, text, strlen(text)));
	}
	for (int i = 199; i >= 0; i--) {
		char text[24];

		snprintf(text, sizeof(text), "x\r\nn%d", i);
		expect(p[i].master, text);
		OK(close(p[i].slave));
		OK(close(p[i].master));
	}
}

static int race_fd[2];

static void *
hammer(void *arg)
{
	long what = (long)arg;
	char bytes[100];

	memset(bytes, 'z', sizeof(bytes));
	for (int i = 0; i < 50; i++) {
		struct pollfd p[2] = { { .fd = race_fd[0], .events = POLLIN },
				       { .fd = race_fd[1],
					 .events = POLLIN | POLLOUT } };

		if (what == 0)
			(void)!read(race_fd[0], bytes, sizeof(bytes));
		else if (what == 1)
			(void)!write(race_fd[1], bytes, sizeof(bytes));
		else if (what == 2)
			poll(p, 2, 1);
		else
			tcflush(race_fd[1], TCIOFLUSH);
	}
	return NULL;
}

/* Whatever four others do with a pair that is closed under them. */
CASE(pty_close_races_with_use)
{
	guest_limit(120);
	for (int round = 0; round < 60; round++) {
		struct pair p = new_pair();
		pthread_t t[4];

		nonblocking(p.master);
		nonblocking(p.slave);
		race_fd[0] = p.master;
		race_fd[1] = p.slave;
		for (long i = 0; i < 4; i++)
			CHECK_EQ(pthread_create(&t[i], NULL, hammer, (void *)i),
				 0);
		if (round % 3 == 0)
			sched_yield();
		close(round % 2 ? p.master : p.slave);
		if (round % 3 == 1)
			sched_yield();
		close(round % 2 ? p.slave : p.master);
		for (int i = 0; i < 4; i++)
			CHECK_EQ(pthread_join(t[i], NULL), 0);
	}
}

static void *
open_and_close(void *arg)
{
	const char *name = arg;

	for (int i = 0; i < 200; i++) {
		int fd = open(name, O_RDWR | O_NOCTTY);

		if (fd >= 0)
			close(fd);
		else
			CHECK(errno == ENOENT || errno == EIO);
	}
	return NULL;
}

CASE(pty_open_races_with_the_masters_close)
{
	guest_limit(120);
	for (int round = 0; round < 30; round++) {
		char name[32];
		int master = new_master(name);
		pthread_t t[3];

		for (int i = 0; i < 3; i++)
			CHECK_EQ(pthread_create(&t[i], NULL, open_and_close,
						name),
				 0);
		sched_yield();
		OK(close(master));
		for (int i = 0; i < 3; i++)
			CHECK_EQ(pthread_join(t[i], NULL), 0);
	}
}

/* Pairs leave nothing behind. */
CASE(pty_pairs_do_not_leak)
{
	struct pair p;
	long before;

	for (int i = 0; i < 50; i++) {
		p = new_pair();
		OK(close(p.slave));
		OK(close(p.master));
	}
	before = meminfo("MemFree:");
	for (int i = 0; i < 500; i++) {
		p = new_pair();
		OK(write(p.master, "x\n", 2));
		OK(close(i % 2 ? p.master : p.slave));
		OK(close(i % 2 ? p.slave : p.master));
	}
	CHECK(before - meminfo("MemFree:") < 8192);
}
