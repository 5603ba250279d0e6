/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * dev/pty.h - pseudo-terminals: a terminal (the slave) whose wire ends in a
 * device that another program reads and writes (the master).
 *
 * A pair lives while its terminal has references.  The master is opened once,
 * when the pair is made; its close hangs the terminal up for good.  Who shows
 * the slave under a name (fs/devpts) is the pair's host.
 *
 * Locking: as dev/tty.h; the slave's line_lock guards the pair.
 * Context: may sleep.
 * Source:  man 4 pts, man 2 ioctl_tty, man 7 pty.
 */

#include "dev/chardev.h"

struct pty;
struct tty;

struct pty_host_ops {
	/* The master was closed: the slave cannot be opened any more. */
	void (*master_closed)(void *host);
	/* The pair is gone, and with it its number. */
	void (*destroy)(void *host);
};

/*
 * A pair with that number, locked (TIOCSPTLCK), with one reference to its
 * terminal.  NULL = no memory, and the host is the caller's still.
 */
struct pty *
pty_create(unsigned number, const struct pty_host_ops *ops, void *host);
struct tty *pty_tty(struct pty *pty);

/* Make o the master's open: it takes a reference of its own. */
void pty_open_master(struct pty *pty, struct chardev_open *o);
/* The device that opens of the slave lead to. */
struct chardev *pty_slave_device(struct pty *pty);
/* May the slave be opened now?  0 or -EIO: locked, or the master is closed. */
NODISCARD int pty_check_open(struct pty *pty);

/* The pair whose master d is, or NULL; good while that is open. */
struct pty *pty_of_master(const struct chardev *d);
/* Is d the slave of a pair? */
bool pty_is_slave(const struct chardev *d);
void *pty_host(const struct pty *pty);
