/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * dev/tty.h - terminals: a driver below, the line discipline (N_TTY) between,
 * a character device above.
 *
 * Input comes from the driver in interrupt context (tty_input) into a raw
 * ring; the discipline edits, echoes and makes signals there and then, so ^C
 * works while nobody reads.
 *
 * Job control is by process group and session numbers; the process layer gives
 * the functions that act on them (struct tty_job_ops).
 *
 * Locking: line_lock (spin, irq-safe, LOCK_TTY_LINE): termios copy, rings.
 *          read_lock, write_lock (mutexes): one reader, one writer.
 * Source:  POSIX.1-2017 chapter 11; man 3 termios, man 2 ioctl_tty.
 */

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <asm/termios.h>

#include "dev/chardev.h"
#include "sched/mutex.h"

struct tty;

struct tty_driver {
	const char *name;
	/* Write n bytes to the device; may spin or sleep. Post-processed. */
	void (*write)(struct tty *tty, const char *bytes, size_t n);
	/* Put a few echo bytes out from interrupt context; must not sleep. */
	void (*echo)(struct tty *tty, const char *bytes, size_t n);
	void (*set_termios)(struct tty *tty); /* may be NULL */
};

struct tty_job_ops {
	/* Send signo to every process of the group. */
	void (*signal_group)(pid_t pgrp, int signo);
	/* May the caller read (SIGTTIN) / write or set (SIGTTOU) this tty?
	 * 0, or -ERESTARTSYS after sending the signal, or -EIO (orphaned). */
	int (*check_background)(struct tty *tty, int signo);
	/* Ids of the caller. */
	pid_t (*current_session)(void);
	pid_t (*current_group)(void);
	bool (*is_session_leader)(void);
	/* Does the group exist in that session? Session 0: in any. */
	bool (*group_in_session)(pid_t pgrp, pid_t session);
	/* Caller's controlling terminal, for /dev/tty; NULL = none. */
	struct tty *(*current_tty)(void);
	void (*set_current_tty)(struct tty *tty); /* TIOCSCTTY, TIOCNOTTY */
	/* The terminal leaves its session (hangup, or the leader exits). */
	void (*forget_tty)(struct tty *tty);
};
void tty_set_job_ops(const struct tty_job_ops *ops);

/* Create and register a terminal as chardev `name`, dev. NULL = no memory. */
struct tty *tty_create(const char *name, dev_t dev,
		       const struct tty_driver *drv, void *data);
void *tty_data(const struct tty *tty);
dev_t tty_dev(const struct tty *tty);
const char *tty_name(const struct tty *tty);

/* Input from the driver: interrupt context. */
void tty_input(struct tty *tty, const char *bytes, size_t n);
void tty_set_size(struct tty *tty, unsigned rows, unsigned cols); /* SIGWINCH */

/* Job control state; 0 = none. */
pid_t tty_session(const struct tty *tty);
pid_t tty_foreground(const struct tty *tty);
void tty_set_session(struct tty *tty, pid_t session, pid_t pgrp);

/*
 * The line is gone, or the session leader is: every open of it reads end of
 * file and fails to write from now on; its session loses it (forget_tty).
 * The caller has sent the signals.
 */
void tty_hangup(struct tty *tty);

/* The tty of a chardev open, or NULL if it is none. */
struct tty *tty_of_chardev(const struct chardev *d);

/* Registers ttyS0, tty1 (with tty0, console, tty aliases) for what exists. */
void tty_devices_init(void);

/* Is tty the one /dev/console means (last console= of the command line)? */
struct tty *tty_console(void);
