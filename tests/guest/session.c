/* SPDX-License-Identifier: MIT */
/*
 * session.c - process groups, sessions and the terminal.
 *
 * A pseudo-terminal would let a case play both sides; a kernel without one is
 * tested through /dev/console by a person or by tests/boot instead.
 */
#include "guest.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

CASE(groups)
{
	pid_t pid = CHILD({
		CHECK_EQ(getpgrp(), getppid());
		OK(setpgid(0, 0));
		CHECK_EQ(getpgrp(), getpid());
		CHECK_EQ(getpgid(0), getpid());
		OK(setpgid(getpid(), getpid())); /* again is fine */
	});

	EXITS(pid, 0);
	CHECK_EQ(getpgrp(), getpid()); /* the framework did it */
}

CASE(group_errors)
{
	FAILS(setpgid(0, 4194303), EPERM);
	FAILS(setpgid(4194303, 0), ESRCH);
	FAILS(setpgid(0, -1), EINVAL);
	FAILS(setpgid(getppid(), 0), ESRCH);
	FAILS(getpgid(4194303), ESRCH);
	FAILS(getsid(4194303), ESRCH);
}

CASE(group_of_a_child_until_it_execs)
{
	char *argv[] = { "x", "--list", NULL };
	int fds[2];
	char c;
	pid_t pid;

	OK(pipe2(fds, O_CLOEXEC));
	pid = CHILD({
		int out = open("/dev/null", O_WRONLY);

		OK(dup2(out, 1));
		execv(self_path(), argv);
	});
	OK(close(fds[1]));
	CHECK_EQ(read(fds[0], &c, 1), 0); /* it has executed, or ended */
	CHECK(setpgid(pid, pid) == -1 && (errno == EACCES || errno == ESRCH));
	EXITS(pid, 0);
}

CASE(sessions)
{
	FAILS(setsid(), EPERM); /* a group leader may not */
	EXITS(CHILD({
		      CHECK(getsid(0) != getpid());
		      CHECK_EQ(setsid(), getpid());
		      CHECK_EQ(getsid(0), getpid());
		      CHECK_EQ(getpgrp(), getpid());
		      FAILS(setsid(), EPERM);
		      FAILS(setpgid(0, 0), EPERM);
		      FAILS(open("/dev/tty", O_RDWR), ENXIO);
	      }),
	      0);
}

CASE(no_group_of_another_session)
{
	int fds[2];
	char c;
	pid_t pid;

	OK(pipe(fds));
	pid = CHILD({
		OK(setsid());
		OK(write(fds[1], "s", 1));
		for (;;)
			pause();
	});
	OK(read(fds[0], &c, 1));
	FAILS(setpgid(pid, 0), EPERM);
	EXITS(CHILD({ FAILS(setpgid(0, pid), EPERM); }), 0);
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

CASE(kill_a_group)
{
	pid_t leader = CHILD({
		OK(setpgid(0, 0));
		for (;;)
			pause();
	});
	pid_t member;

	setpgid(leader, leader);
	member = CHILD({
		for (;;)
			pause();
	});
	OK(setpgid(member, leader));
	OK(kill(-leader, SIGTERM));
	DIES(leader, SIGTERM);
	DIES(member, SIGTERM);
	FAILS(kill(-leader, SIGTERM), ESRCH);
}

CASE(orphaned_stopped_group_is_hung_up)
{
	int fds[2], report[2];
	char c = 0;
	pid_t middle;

	OK(pipe(fds));
	OK(pipe(report));
	middle = CHILD({
		pid_t pid;
		int status;

		OK(setsid());
		pid = CHILD({
			OK(setpgid(0, 0));
			OK(close(report[0]));
			raise(SIGSTOP);
			for (;;)
				pause();
		});
		CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
		CHECK(WIFSTOPPED(status));
	});
	OK(close(report[1]));
	EXITS(middle, 0);
	/* SIGHUP and SIGCONT end the stopped one: its end of the pipe closes */
	CHECK_EQ(read(report[0], &c, 1), 0);
}

/* --- through a pseudo-terminal -------------------------------------------- */

static int master, slave;

static void
open_pty(void)
{
	char *name;

	master = posix_openpt(O_RDWR | O_NOCTTY);
	if (master < 0)
		SKIP("no pseudo-terminals");
	if (grantpt(master) || unlockpt(master) || !(name = ptsname(master)))
		SKIP("pseudo-terminals do not work");
	slave = open(name, O_RDWR | O_NOCTTY);
	if (slave < 0)
		SKIP("cannot open the other side of the pseudo-terminal");
}

static void
expect(int fd, const char *text)
{
	char got[256];
	size_t n = 0;

	while (n < strlen(text)) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		CHECK_EQ(poll(&p, 1, 2000), 1);
		n += (size_t)OK(read(fd, got + n, sizeof(got) - 1 - n));
		got[n] = '\0';
	}
	CHECK(!strcmp(got, text));
}

CASE(tty_lines_and_echo)
{
	open_pty();
	OK(write(master, "ab\bc\r", 5));
	expect(master, "ab^Hc\r\n");
	expect(slave, "ab\bc\n");
	OK(write(master, "xy\177z\n", 5));
	expect(slave, "xz\n");
	OK(write(master, "gone\025kept\n", 10));
	expect(slave, "kept\n");
	OK(write(slave, "out\n", 4));
}

CASE(tty_end_of_file)
{
	char c;

	open_pty();
	OK(write(master, "\004", 1));
	CHECK_EQ(read(slave, &c, 1), 0);
	OK(write(master, "ab\004", 3));
	expect(slave, "ab");
}

CASE(tty_raw)
{
	struct termios t;

	open_pty();
	OK(tcgetattr(slave, &t));
	cfmakeraw(&t);
	OK(tcsetattr(slave, TCSANOW, &t));
	OK(write(master, "a\r\003", 3));
	expect(slave, "a\r\003");
	OK(write(slave, "x\n", 2));
	expect(master, "x\n");
}

CASE(tty_window_size)
{
	struct winsize size = { .ws_row = 33, .ws_col = 99 }, got;

	open_pty();
	OK(ioctl(master, TIOCSWINSZ, &size));
	OK(ioctl(slave, TIOCGWINSZ, &got));
	CHECK_EQ(got.ws_row, 33);
	CHECK_EQ(got.ws_col, 99);
}

/* A session of its own on the pty, whose child runs in the foreground. */
static pid_t
job(int number)
{
	return CHILD({
		OK(setsid());
		OK(ioctl(slave, TIOCSCTTY, 0));
		CHECK_EQ(tcgetpgrp(slave), getpid());
		signal(number, SIG_DFL);
		OK(write(slave, "go", 2));
		for (;;)
			pause();
	});
}

CASE(tty_keys_send_signals)
{
	pid_t pid;
	int status;

	open_pty();
	pid = job(SIGINT);
	expect(master, "go");
	OK(write(master, "\003", 1));
	DIES(pid, SIGINT);
	pid = job(SIGQUIT);
	expect(master, "^Cgo");
	OK(write(master, "\034", 1));
	DIES(pid, SIGQUIT);
	pid = job(SIGTSTP);
	expect(master, "^\\go");
	OK(write(master, "\032", 1));
	/* an orphaned group does not stop for ^Z */
	sleep_ms(20);
	CHECK_EQ(waitpid(pid, &status, WUNTRACED | WNOHANG), 0);
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

CASE(tty_background_read_stops)
{
	pid_t pid;

	open_pty();
	pid = CHILD({
		pid_t reader;
		int status;
		char c;

		OK(setsid());
		OK(ioctl(slave, TIOCSCTTY, 0));
		reader = CHILD({
			OK(setpgid(0, 0));
			OK(read(slave, &c, 1));
		});
		CHECK_EQ(waitpid(reader, &status, WUNTRACED), reader);
		CHECK(WIFSTOPPED(status));
		CHECK_EQ(WSTOPSIG(status), SIGTTIN);
		OK(tcsetpgrp(slave, reader));
		OK(write(master, "x\n", 2));
		OK(kill(reader, SIGCONT));
		EXITS(reader, 0);
	});
	EXITS(pid, 0);
}
