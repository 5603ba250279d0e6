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

/*
 * What carries a terminal's bytes.  All but echo may be NULL.  [line] functions
 * are called with line_lock held and must not sleep.
 */
struct tty_driver {
	const char *name;
	bool is_pty; /* it outlives the exit of its session's leader */
	/*
	 * Write n post-processed bytes; may spin or sleep.  NULL: echo() takes
	 * written bytes too, never more than room() says.
	 */
	void (*write)(struct tty *tty, const char *bytes, size_t n);
	/* Put a few echo bytes out, from interrupts too. [line] */
	void (*echo)(struct tty *tty, const char *bytes, size_t n);
	/* Bytes that can be written now; NULL = any number. [line] */
	size_t (*room)(const struct tty *tty);
	/* Forget what was written and has not left. [line] */
	void (*flush_output)(struct tty *tty);
	/* TIOCPKT_* events, for the other side of a pty. [line] */
	void (*tell)(struct tty *tty, unsigned events);
	/* The settings have changed from old. [line] */
	void (*set_termios)(struct tty *tty, const struct ktermios *old);
	/* Input was taken or thrown away: there is room for more. */
	void (*input_taken)(struct tty *tty);
	/* The first open, the last close. [line] */
	void (*opened)(struct tty *tty);
	void (*closed)(struct tty *tty);
	/* TCSBRK, TCSBRKP (tenths of a second), TIOCSBRK, TIOCCBRK. */
	long (*send_break)(struct tty *tty, unsigned cmd, uintptr_t arg);
	/* Requests of its own; -ENOTTY for others. */
	long (*ioctl)(struct chardev_open *o, unsigned cmd, uintptr_t arg);
	/* The last reference is gone; NULL: it never is. */
	void (*destroy)(struct tty *tty);
};

/*
 * What terminals ask of the process layer.  Functions marked [line] are called
 * with the terminal's line_lock held, so that a process's terminal and a
 * terminal's session change as one.
 */
struct tty_job_ops {
	/* Send signo to every process of the group. */
	void (*signal_group)(pid_t pgrp, int signo);
	/*
	 * The session's line is gone: SIGHUP and SIGCONT for its leader, whose
	 * exit will hang up the foreground group.
	 */
	void (*signal_leader)(pid_t session, pid_t foreground);
	/* May the caller read (SIGTTIN) / write or set (SIGTTOU) this tty?
	 * 0, or -ERESTARTSYS after sending the signal, or -EIO (orphaned). */
	int (*check_background)(struct tty *tty, int signo);
	/* Ids of the caller. */
	pid_t (*current_session)(void);
	pid_t (*current_group)(void);
	bool (*is_session_leader)(void);
	bool (*capable)(int capability);
	/* Does the group exist in that session? Session 0: in any. */
	bool (*group_in_session)(pid_t pgrp, pid_t session);
	/* Caller's controlling terminal with a reference; NULL = none. */
	struct tty *(*current_tty)(void);
	bool (*is_current_tty)(const struct tty *tty);
	/* It becomes the caller's, unless the caller has one. [line] */
	bool (*take_tty)(struct tty *tty);
	/* The caller alone has none any more. */
	void (*drop_tty)(void);
	/* No process of the session has it any more. [line] */
	void (*forget_tty)(pid_t session, struct tty *tty);
};
void tty_set_job_ops(const struct tty_job_ops *ops);

/* Create and register a terminal as chardev `name`, dev. NULL = no memory. */
struct tty *tty_create(const char *name, dev_t dev,
		       const struct tty_driver *drv, void *data);
void *tty_data(const struct tty *tty);
dev_t tty_dev(const struct tty *tty);
const char *tty_name(const struct tty *tty);

/*
 * References: opens have one each, and a session that has the terminal as its
 * own.  A process's pointer is good while that lasts (proc_tree_lock).
 */
void tty_get(struct tty *tty);
void tty_put(struct tty *tty); /* may sleep */
bool tty_is_pty(const struct tty *tty);

/*
 * Input from the driver, any context: returns how much of it was taken; what
 * was not has no room before somebody reads (input_taken).
 */
size_t tty_input(struct tty *tty, const char *bytes, size_t n);
/* The line was held at 0 for longer than a byte takes. */
void tty_input_break(struct tty *tty);
void tty_set_size(struct tty *tty, unsigned rows, unsigned cols); /* SIGWINCH */

/* Job control state; 0 = none. */
pid_t tty_session(const struct tty *tty);
pid_t tty_foreground(const struct tty *tty);
/* End its being the terminal of that session; 0 = of whichever it is. */
void tty_leave_session(struct tty *tty, pid_t session);

/*
 * Every open of it reads end of file and fails to write from now on; its
 * session loses it.  tty_vhangup() tells the session's leader first, as when
 * the line is gone.
 */
void tty_hangup(struct tty *tty);
void tty_vhangup(struct tty *tty);

/* May TIOCSTI be used without privilege?  /proc/sys/dev/tty/legacy_tiocsti. */
extern atomic_int tty_legacy_sti;

/* The tty of a chardev open, or NULL if it is none. */
struct tty *tty_of_chardev(const struct chardev *d);

/* Registers ttyS0, tty1 (with tty0, console, tty aliases) for what exists. */
void tty_devices_init(void);

/* The one /dev/console means (last console= of the command line). */
struct tty *tty_console(void);
