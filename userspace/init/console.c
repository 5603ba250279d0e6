/* SPDX-License-Identifier: MIT */
/*
 * console.c - the program on the console.
 *
 * Usually a login shell (the one root has in /etc/passwd, or else /bin/sh),
 * which comes back when it ends.  When init was given a command, that runs
 * instead, and its end ends the machine: that is how tests and one-purpose
 * images use init.
 *
 * Either waits until the units are settled, but not for ever: a unit that
 * hangs must not cost the shell that would find out why.
 */
#include "init.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define PATIENCE_NS (10 * SECOND_NS) /* for the units to settle */
#define RESPAWN_NS  SECOND_NS        /* between starts of the shell */

static struct {
	char **command;          /* argv, or NULL: the shell */
	pid_t pid;               /* of what runs, or 0 */
	bool finished;           /* the command has ended */
	bool impatient;          /* said that units are not settled */
	uint64_t due_ns;         /* not to be started before */
	uint64_t begun_ns;       /* when init began */
	bool have_settings;      /* settings are valid */
	struct termios settings; /* of the terminal as it was found */
} console;

/* The shell root has in /etc/passwd; "-" makes it a login shell. */
static struct {
	char path[128];
	char name[64];
	char *argv[2];
	char word[sizeof("SHELL=") + 128];
} shell = { "/bin/sh", "-sh", { shell.name, NULL }, "SHELL=/bin/sh" };

static void
choose_shell(void)
{
	struct passwd *root = getpwuid(0);
	const char *name;

	if (!root || root->pw_shell[0] != '/' ||
	    strlen(root->pw_shell) >= sizeof(shell.path) ||
	    access(root->pw_shell, X_OK))
		return;
	name = strrchr(root->pw_shell, '/') + 1;
	if (strlen(name) + 2 > sizeof(shell.name))
		return;
	strcpy(shell.path, root->pw_shell);
	snprintf(shell.name, sizeof(shell.name), "-%s", name);
	snprintf(shell.word, sizeof(shell.word), "SHELL=%s", shell.path);
}

void
console_init(char **command)
{
	console.command = command;
	console.begun_ns = now_ns();
	choose_shell();
	console.have_settings = !tcgetattr(STDIN_FILENO, &console.settings);
}

/* What login(1) would have said of root. */
static char *login_environment[] = { shell.word, "USER=root", "LOGNAME=root",
				     NULL };

static void
start(uint64_t now)
{
	struct child_setup setup = {
		.argv = console.command ? console.command : shell.argv,
		.program = console.command ? *console.command : shell.path,
		.environment = login_environment,
		.terminal = true,
	};

	/* A program that died may have left it raw and without echo. */
	if (console.have_settings)
		tcsetattr(STDIN_FILENO, TCSANOW, &console.settings);
	console.due_ns = now + RESPAWN_NS;
	console.pid = child_start(&setup);
	if (console.pid < 0) {
		say("cannot start %s", setup.program);
		console.pid = 0;
	}
}

uint64_t
console_pump(uint64_t now)
{
	uint64_t deadline = console.begun_ns + PATIENCE_NS;

	if (console.pid || console.finished)
		return NEVER;
	if (!services_settled() && now < deadline)
		return deadline;
	if (!services_settled() && !console.impatient)
		say("units are still starting: not waiting for them");
	console.impatient = true;
	if (now >= console.due_ns)
		start(now);
	return console.pid ? NEVER : console.due_ns;
}

bool
console_reaped(pid_t pid, int status, uint64_t now)
{
	if (pid != console.pid)
		return false;
	console.pid = 0;
	if (console.command) {
		say("%s %s", *console.command, status_text(status));
		console.finished = true;
	} else if (now >= console.due_ns) {
		console.due_ns = now;
	} else if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
		console.due_ns = now + 10 * RESPAWN_NS; /* no shell at all */
	}
	return true;
}

bool
console_finished(void)
{
	return console.finished;
}
