/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * dev/tty_priv.h - a terminal, as the parts of its code see it: tty.c (life,
 * job control, input), tty_io.c (read, write, poll), tty_ioctl.c, and
 * tty_devices.c (which terminals there are).
 */

#include "core/spinlock.h"
#include "dev/tty.h"
#include "dev/tty_ldisc.h"

/* Input that waits for room in the line discipline. */
#define TTY_BACKLOG 8192

/*
 *	I  immutable after tty_create()
 *	L  line_lock
 *	a  atomic
 */
struct tty {
	struct chardev dev;           /* [I] as registered */
	const struct tty_driver *drv; /* [I] */
	void *data;                   /* [I] the driver's */

	struct spinlock line_lock;
	struct ldisc ld;           /* [L] */
	char backlog[TTY_BACKLOG]; /* [L] */
	unsigned backlog_size;     /* [L] bytes at its start */
	struct winsize size;       /* [L] */
	pid_t session;             /* [L] it controls, 0 = none */
	pid_t foreground;          /* [L] group, 0 = none */

	atomic_uint hangups;          /* [a] opens of before are dead */
	struct mutex read_lock;       /* LOCK_TTY_READ: one reader */
	struct mutex write_lock;      /* LOCK_TTY_WRITE: one writer */
	struct wait_queue read_wait;  /* input came, or it hung up */
	struct wait_queue write_wait; /* output goes on, or it hung up */
};

extern const struct chardev_ops tty_chardev_ops;

/* The job control functions; before proc/ gives them, ones that allow all. */
const struct tty_job_ops *tty_job(void);

/* The terminal of an open, never NULL. */
static inline struct tty *
tty_of(const struct chardev_open *o)
{
	return o->dev->data;
}

/* Has it hung up since this open? /dev/console never does. */
bool tty_open_is_dead(const struct chardev_open *o);
bool tty_is_console(const struct chardev_open *o);

/* Let the discipline take what waited for room; after reads. */
void tty_feed_backlog(struct tty *tty);
/* Flush input, also what waits; output is never held long. */
void tty_flush_input(struct tty *tty);
void tty_flow(struct tty *tty, bool stop);

ssize_t
tty_read(struct chardev_open *o, struct uio *u, uint64_t pos) NO_LOCK_ANALYSIS;
ssize_t
tty_write(struct chardev_open *o, struct uio *u, uint64_t pos) NO_LOCK_ANALYSIS;
unsigned tty_poll(struct chardev_open *o, struct poll_table *pt);
long tty_ioctl(struct chardev_open *o, unsigned cmd, uintptr_t arg);
