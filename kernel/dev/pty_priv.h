/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * dev/pty_priv.h - a pair, as its two sides see it: pty.c (life, and the driver
 * of the slave), pty_master.c (the operations of the master).
 */

#include "dev/pty.h"
#include "dev/tty_priv.h"

/* Output the master has not read: what writers may fill, and echo beyond. */
#define PTY_RING  16384
#define PTY_WRITE 12288
/* Of it, what a flush by the slave does not take back; as on Linux. */
#define PTY_ARRIVED 4095

/*
 *	I  immutable after pty_create()
 *	L  the terminal's line_lock
 */
struct pty {
	struct tty tty;            /* the slave */
	struct chardev master_dev; /* [I] what the master's open leads to */

	const struct pty_host_ops *host_ops; /* [I] */
	void *host;                          /* [I] */
	char name[16];                       /* [I] of the slave, "pts/0" */

	char *ring;        /* [L] PTY_RING bytes */
	size_t head, tail; /* [L] positions, modulo the size */
	bool locked;       /* [L] the slave cannot be opened */
	bool master_open;  /* [L] */
	bool slave_closed; /* [L] it was open, and is not */
	bool packet;       /* [L] TIOCPKT */
	bool stopped;      /* [L] the master's own TCOOFF */
	unsigned events;   /* [L] TIOCPKT_* not yet read */

	struct mutex read_lock;       /* LOCK_TTY_READ: one reader */
	struct mutex write_lock;      /* LOCK_TTY_WRITE: one writer */
	struct wait_queue read_wait;  /* output came, or the slave closed */
	struct wait_queue write_wait; /* room for input */
};

extern const struct chardev_ops pty_master_ops;

static inline struct pty *
pty_of(struct tty *tty)
{
	return container_of(tty, struct pty, tty);
}

/* Take up to n bytes of output; returns how many. */
size_t pty_take(struct pty *pty, char *dst, size_t n)
	REQUIRES(pty->tty.line_lock);
void pty_flush(struct pty *pty) REQUIRES(pty->tty.line_lock);
/* The master is closed: the rest of the pair's life is its terminal's. */
void pty_close_master(struct pty *pty);
