/* SPDX-License-Identifier: MIT */
/*
 * main.c - process 1.
 *
 *	init [single] [COMMAND [ARGUMENT...]]
 *
 * The words come from the kernel command line, after " -- ".  "single" starts
 * no units.  A COMMAND (a word with a slash first) runs on the console instead
 * of a shell; when it ends, "init: COMMAND exited with status N" is printed
 * and the machine powers off.
 *
 * Signals, as busybox and its poweroff, reboot and halt have them:
 *
 *	SIGTERM, SIGINT	restart		(reboot, Ctrl-Alt-Del)
 *	SIGUSR1		halt		(halt)
 *	SIGUSR2		power off	(poweroff)
 *
 * The loop: reap, start what may start, wait for a signal or the next time
 * something is due.  All signals are blocked but inside that wait, so none is
 * missed between the look and the wait.
 */
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t requested; /* enum ending, by a signal */

static void
on_signal(int number)
{
	switch (number) {
	case SIGTERM:
	case SIGINT:
		requested = ENDING_RESTART;
		break;
	case SIGUSR1:
		requested = ENDING_HALT;
		break;
	case SIGUSR2:
		requested = ENDING_POWER_OFF;
		break;
	default: /* SIGCHLD: it ends the wait, which is all it is for */
		break;
	}
}

static void
take_signals(sigset_t *unblocked)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGUSR1, SIGUSR2,
				       SIGCHLD };
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	sigemptyset(unblocked);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		sigaction(numbers[i], &action, NULL);
}

void
reap_children(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		uint64_t now = now_ns();

		if (!console_reaped(pid, status, now))
			services_reaped(pid, status, now);
	}
}

static void
wait_until(uint64_t due, uint64_t now, const sigset_t *unblocked)
{
	uint64_t wait = due > now ? due - now : 0;
	struct timespec timeout = {
		.tv_sec = (time_t)(wait / SECOND_NS),
		.tv_nsec = (long)(wait % SECOND_NS),
	};

	ppoll(NULL, 0, due == NEVER ? NULL : &timeout, unblocked);
}

/* The kernel opens the three for process 1, if it has a console to open. */
static void
open_console(void)
{
	int fd;

	do {
		fd = open("/dev/console", O_RDWR | O_NOCTTY);
		if (fd < 0)
			fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

static void
set_hostname(void)
{
	char name[65] = "umbra";
	FILE *file = fopen("/etc/hostname", "re");

	if (file) {
		if (fscanf(file, "%64s", name) != 1)
			strcpy(name, "umbra");
		fclose(file);
	}
	if (sethostname(name, strlen(name)))
		say("cannot set the host name: %s", strerror(errno));
}

static void
set_environment(void)
{
	setenv("PATH",
	       "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
	       "/sbin:/bin",
	       0);
	setenv("HOME", "/root", 1);
	setenv("TERM", "linux", 0);
	if (chdir("/root") && chdir("/"))
		say("no directory to be in");
}

static char **
parse_arguments(char **word, bool *single)
{
	for (; *word; word++) {
		if (**word == '/')
			return word;
		if (!strcmp(*word, "single") || !strcmp(*word, "-s"))
			*single = true;
		else
			say("unknown argument '%s' ignored", *word);
	}
	return NULL;
}

int
main(int argc, char **argv)
{
	bool single = false;
	sigset_t unblocked;
	char **command;

	if (getpid() != 1) {
		say("runs as process 1 only");
		return 1;
	}
	take_signals(&unblocked);
	umask(022);
	mounts_up();
	open_console();
	reboot(RB_DISABLE_CAD); /* Ctrl-Alt-Del is a SIGINT for us */
	set_hostname();
	set_environment();
	command = argc ? parse_arguments(argv + 1, &single) : NULL;
	console_init(command);
	if (!single)
		services_load("/etc/umbra");
	while (!requested && !console_finished()) {
		uint64_t now = now_ns();
		uint64_t due = services_pump(now);
		uint64_t console_due = console_pump(now);

		wait_until(due < console_due ? due : console_due, now,
			   &unblocked);
		reap_children();
	}
	shutdown_machine(requested ? (enum ending)requested : ENDING_POWER_OFF);
	for (;;)
		pause();
}
