/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * init.h - what the files of init share.
 *
 * One thread, one loop (main.c).  Signal handlers only set flags; everything
 * else, reaping included, happens in the loop, so nothing here needs a lock.
 *
 * Units: times are CLOCK_MONOTONIC nanoseconds; NEVER is no time at all.
 */

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SECOND_NS 1000000000ull
#define NEVER     UINT64_MAX

/* How the machine is to end. */
enum ending {
	ENDING_NONE,
	ENDING_POWER_OFF,
	ENDING_RESTART,
	ENDING_HALT
};

/* log.c: a line on standard error, "init: " before it. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* log.c: now. */
uint64_t now_ns(void);

/* log.c: "exited with status 3", "killed by signal 11 (Segmentation fault)". */
const char *status_text(int status);

/* child.c: what is to become of a new process before it runs its program. */
struct child_setup {
	char *const *argv;        /* argv[0] is what the program sees */
	const char *program;      /* path to run */
	char *const *environment; /* NAME=value words beside init's, or NULL */
	const char *output; /* path for fds 1 and 2, or NULL: init's own */
	bool terminal;      /* the console becomes its controlling tty */
};

/* Start a program in a session of its own.  Returns its pid or -1. */
pid_t child_start(const struct child_setup *setup);

/* mounts.c: mount what a Linux program expects, and name what fails. */
void mounts_up(void);

/* mounts.c: unmount all that can be, newest first, and sync. */
void mounts_down(void);

/*
 * services.c: the units of /etc/umbra.  Call load once, pump whenever a
 * process ended or time has passed.
 */
void services_load(const char *directory);

/* Start what may start.  Returns when it wants to be called again, or NEVER. */
uint64_t services_pump(uint64_t now);

/* A process ended.  Returns whether it was a service's main process. */
bool services_reaped(pid_t pid, int status, uint64_t now);

/* Whether every unit has been started or has failed (not counting restarts). */
bool services_settled(void);

/*
 * Begin to stop the newest service that still runs and forbid every start.
 * Returns its pid, or 0 when none is left.
 */
pid_t services_stop_next(void);

/* console.c: what the console runs: a shell that comes back, or a command. */
void console_init(char **command);

/* Start the shell or the command if it is time.  As services_pump(). */
uint64_t console_pump(uint64_t now);

/* A process ended.  Returns whether it was the console's. */
bool console_reaped(pid_t pid, int status, uint64_t now);

/* Whether a command was given and has ended: the machine is to power off. */
bool console_finished(void);

/* shutdown.c: stop everything in order and end the machine.  Does not return
 * but where the kernel refuses. */
void shutdown_machine(enum ending how);

/* main.c: reap what has ended, without waiting. */
void reap_children(void);
