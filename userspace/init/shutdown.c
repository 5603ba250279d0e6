/* SPDX-License-Identifier: MIT */
/*
 * shutdown.c - the orderly end.
 *
 * Services stop one by one, newest first, so that each still has what it
 * depends on.  Then every other process is asked, and after a while told.
 * Deadlines bound every wait: the machine ends, whatever a process does.
 */
#include "init.h"

#include <errno.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SERVICE_NS (5 * SECOND_NS)   /* one service has to end */
#define OTHERS_NS  (2 * SECOND_NS)   /* all other processes have */
#define STEP_NS    (SECOND_NS / 100) /* between two looks */

static void
pause_step(void)
{
	struct timespec step = { .tv_nsec = STEP_NS };

	nanosleep(&step, NULL);
}

static bool
ended_by(pid_t pid, uint64_t deadline)
{
	while (now_ns() < deadline) {
		reap_children();
		if (kill(pid, 0) && errno == ESRCH)
			return true;
		pause_step();
	}
	return false;
}

static bool
childless_by(uint64_t deadline)
{
	while (now_ns() < deadline) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);

		if (pid < 0 && errno == ECHILD)
			return true;
		if (pid <= 0)
			pause_step();
	}
	return false;
}

static void
stop_services(void)
{
	pid_t pid;

	while ((pid = services_stop_next())) {
		if (ended_by(pid, now_ns() + SERVICE_NS))
			continue;
		say("process %d does not stop, killing it", pid);
		kill(-pid, SIGKILL);
		kill(pid, SIGKILL);
		ended_by(pid, now_ns() + OTHERS_NS);
	}
}

/* A shell ignores SIGTERM and takes SIGHUP; a stopped process sees neither. */
static void
stop_others(void)
{
	kill(-1, SIGTERM);
	kill(-1, SIGHUP);
	kill(-1, SIGCONT);
	if (childless_by(now_ns() + OTHERS_NS))
		return;
	kill(-1, SIGKILL);
	if (!childless_by(now_ns() + OTHERS_NS))
		say("some processes cannot be killed");
}

static const struct {
	const char *text;
	int code;
} endings[] = {
	[ENDING_POWER_OFF] = { "powering off", RB_POWER_OFF },
	[ENDING_RESTART] = { "restarting", RB_AUTOBOOT },
	[ENDING_HALT] = { "halting", RB_HALT_SYSTEM },
};

void
shutdown_machine(enum ending how)
{
	say("stopping everything");
	stop_services();
	stop_others();
	mounts_down();
	say("%s", endings[how].text);
	if (reboot(endings[how].code))
		say("the kernel refuses: %s", strerror(errno));
}
