/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * dev/tty_priv.h - a terminal, as the parts of its code see it: tty.c (life,
 * job control, input), tty_io.c (read, write, poll), tty_ioctl.c, and
 * tty_devices.c (which terminals there are).
 */

#include "core/refcount.h"
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
	struct chardev dev;           /* [I] what opens of it lead to */
	const struct tty_driver *drv; /* [I] */
	void *data;                   /* [I] the driver's */
	struct refcount refs;         /* [a] */

	struct spinlock line_lock;
	struct ldisc ld;           /* [L] */
	char backlog[TTY_BACKLOG]; /* [L] */
	unsigned backlog_size;     /* [L] bytes at its start */
	struct winsize size;       /* [L] */
	pid_t session;             /* [L] it controls, 0 = none; a ref */
	pid_t foreground;          /* [L] group, 0 = none */
	unsigned opens;            /* [L] */
	bool exclusive;            /* [L] TIOCEXCL: no more opens */
	bool gone;                 /* [L] can never be opened again */
	struct ktermios locked;    /* [L] TIOCSLCKTRMIOS: bits that stay */

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

/* Prepare a terminal that nobody knows yet; one reference. */
void tty_init(struct tty *tty, const struct tty_driver *drv, void *data);

/* Has it hung up since this open?  Only where CHARDEV_NO_HANGUP is not set. */
bool tty_open_is_dead(const struct chardev_open *o);
/* Is it the other side of a pty?  Then tty_of() is the terminal anyway. */
static inline bool
tty_is_master(const struct chardev_open *o)
{
	return o->dev->bits & CHARDEV_PTY_MASTER;
}

/* Let the discipline take what waited for room; after reads. */
void tty_feed_backlog(struct tty *tty);
size_t tty_input_room(const struct tty *tty) REQUIRES(tty->line_lock);
void tty_flush_input(struct tty *tty);
void tty_flush_output(struct tty *tty);
/* TCOOFF and TCOON. */
void tty_flow(struct tty *tty, bool stop);
/* Put bytes out at once, past what is stopped: VSTOP and VSTART. */
void tty_send_now(struct tty *tty, const char *bytes, size_t n);
/* Tell the other side of a pty; nothing for others. */
void tty_tell(struct tty *tty, unsigned events) REQUIRES(tty->line_lock);
/*
 * The caller's session takes a terminal that has none, the caller being its
 * leader.  0, -EPERM: it has one, or the terminal is another's.
 */
NODISCARD int tty_join_session(struct tty *tty, pid_t session, pid_t group);
void tty_set_foreground(struct tty *tty, pid_t group);

ssize_t
tty_read(struct chardev_open *o, struct uio *u, uint64_t pos) NO_LOCK_ANALYSIS;
ssize_t
tty_write(struct chardev_open *o, struct uio *u, uint64_t pos) NO_LOCK_ANALYSIS;
unsigned tty_poll(struct chardev_open *o, struct poll_table *pt);
long tty_ioctl(struct chardev_open *o, unsigned cmd, uintptr_t arg);
void tty_close(struct chardev_open *o);

/* Families of requests: -ENOTTY for what they do not know. */
long tty_ioctl_termios(struct chardev_open *o, unsigned cmd, void USER *p);
long tty_ioctl_job(struct chardev_open *o, unsigned cmd, uintptr_t arg);
/* May this caller change the terminal now?  As check_background. */
int tty_check_change(struct chardev_open *o);
int tty_wait_drained(struct chardev_open *o);
struct ktermios tty_get_termios(struct tty *tty);
