/* SPDX-License-Identifier: MIT */
/*
 * child.c - start a program.
 *
 * Everything between fork and exec: a session, clean signals, three file
 * descriptors, the environment.  A failure is said by the child itself and
 * ends it with status 127, as a shell would, so it reaches init the same way
 * as any other end of a service.
 */
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Of terminals, as Linux numbers devices. */
#define TTY_MAJOR 4
/* The minor number of ttyS0; those below are tty0, tty1 ... */
#define FIRST_SERIAL 64
#ifndef TIOCGDEV
#define TIOCGDEV _IOR('T', 0x32, unsigned int)
#endif

static void
clean_signals(void)
{
	sigset_t none;

	for (int n = 1; n < NSIG; n++)
		signal(n, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int
open_onto(const char *path, int flags, int fd)
{
	int opened = open(path, flags, 0644);

	if (opened < 0) {
		say("cannot open %s: %s", path, strerror(errno));
		return -1;
	}
	if (opened != fd) {
		dup2(opened, fd);
		close(opened);
	}
	return 0;
}

/*
 * Job control does not stop who reads /dev/console in the background, so that
 * a shell needs the terminal itself: the one the console stands for.
 */
static void
open_terminal(void)
{
	char name[32];
	unsigned dev;
	int fd;

	if (ioctl(STDIN_FILENO, TIOCGDEV, &dev) || major(dev) != TTY_MAJOR)
		return;
	if (minor(dev) < FIRST_SERIAL)
		snprintf(name, sizeof(name), "/dev/tty%u", minor(dev));
	else
		snprintf(name, sizeof(name), "/dev/ttyS%u",
			 minor(dev) - FIRST_SERIAL);
	fd = open(name, O_RDWR | O_NOCTTY);
	if (fd < 0)
		return;
	for (int to = STDIN_FILENO; to <= STDERR_FILENO; to++)
		dup2(fd, to);
	if (fd > STDERR_FILENO)
		close(fd);
}

/* The console's program reads it; a service has nothing to read. */
static int
set_descriptors(const struct child_setup *setup)
{
	if (setup->terminal) {
		open_terminal();
		/*
		 * 1: also from a session that has outlived its shell.  A
		 * console that is no terminal is still good enough.
		 */
		ioctl(STDIN_FILENO, TIOCSCTTY, 1);
		return 0;
	}
	if (open_onto("/dev/null", O_RDONLY, STDIN_FILENO))
		return -1;
	if (!setup->output)
		return 0;
	if (open_onto(setup->output, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY,
		      STDOUT_FILENO))
		return -1;
	dup2(STDOUT_FILENO, STDERR_FILENO);
	return 0;
}

static void
run(const struct child_setup *setup)
{
	setsid();
	clean_signals();
	for (char *const *word = setup->environment; word && *word; word++) {
		if (putenv(*word))
			say("cannot set %s", *word);
	}
	if (set_descriptors(setup))
		return;
	execv(setup->program, setup->argv);
	say("cannot run %s: %s", setup->program, strerror(errno));
}

pid_t
child_start(const struct child_setup *setup)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	run(setup);
	_exit(127);
}
