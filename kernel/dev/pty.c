/* SPDX-License-Identifier: MIT */
#include "dev/pty.h"

#include <linux/major.h>

#include "dev/pty_priv.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/slab.h"

/*
 * dev/pty.c - pairs: their life, and the slave's driver.
 *
 *	program --write--> N_TTY --echo()--> ring ---read--> master
 *	program <--read--- N_TTY <------- tty_input <-write- master
 *
 * Writers on the slave stop where the ring holds PTY_WRITE bytes; echo may go
 * beyond, and is lost where the ring ends: whoever types must not wait for
 * himself to read.
 *
 * The end of a side is seen by the other:
 *	last close of the slave	the master reads what is left, then EIO, and
 *				polls POLLHUP, until the slave is open again
 *	close of the master	the slave hangs up and can never be opened again
 *
 * References to the terminal are the pair's: the master has one, too.
 */

/* --- the ring --- */

static size_t
used(const struct pty *pty)
{
	return pty->head - pty->tail;
}

size_t
pty_take(struct pty *pty, char *dst, size_t n)
{
	size_t at = pty->tail % PTY_RING, first;

	n = MIN(n, used(pty));
	first = MIN(n, PTY_RING - at);
	memcpy(dst, pty->ring + at, first);
	memcpy(dst + first, pty->ring, n - first);
	pty->tail += n;
	return n;
}

void
pty_flush(struct pty *pty)
{
	pty->tail = pty->head;
}

/* --- the driver of the slave: all with line_lock held --- */

static void
slave_put(struct tty *tty, const char *bytes, size_t n) NO_LOCK_ANALYSIS
{
	struct pty *pty = pty_of(tty);
	size_t at = pty->head % PTY_RING, first;

	n = MIN(n, PTY_RING - used(pty));
	if (!n || !pty->master_open)
		return;
	first = MIN(n, PTY_RING - at);
	memcpy(pty->ring + at, bytes, first);
	memcpy(pty->ring, bytes + first, n - first);
	pty->head += n;
	wait_queue_wake(&pty->read_wait, POLLIN | POLLRDNORM);
}

_Static_assert(offsetof(struct pty, tty) == 0, "a pair begins with its slave");

static size_t
slave_room(const struct tty *tty)
{
	const struct pty *pty = (const struct pty *)tty;

	return PTY_WRITE - MIN(used(pty), (size_t)PTY_WRITE);
}

static void
slave_tell(struct tty *tty, unsigned events)
{
	struct pty *pty = pty_of(tty);

	if (!pty->packet)
		return;
	/* Of two that contradict each other the later one holds. */
	if (events & TIOCPKT_STOP)
		pty->events &= ~(unsigned)TIOCPKT_START;
	if (events & TIOCPKT_START)
		pty->events &= ~(unsigned)TIOCPKT_STOP;
	if (events & (TIOCPKT_DOSTOP | TIOCPKT_NOSTOP))
		pty->events &= ~(unsigned)(TIOCPKT_DOSTOP | TIOCPKT_NOSTOP);
	pty->events |= events;
	wait_queue_wake(&pty->read_wait, POLLPRI | POLLIN);
}

/*
 * What a master's first read could take counts as arrived: only the rest is
 * still under way.
 */
static void
slave_flush_output(struct tty *tty)
{
	struct pty *pty = pty_of(tty);

	pty->head = pty->tail + MIN(used(pty), (size_t)PTY_ARRIVED);
	slave_tell(tty, TIOCPKT_FLUSHWRITE);
}

/* Could a remote terminal do flow control with ^S and ^Q itself? */
static bool
usual_flow(const struct ktermios *t)
{
	return (t->c_iflag & IXON) && t->c_cc[VSTOP] == 023 &&
	       t->c_cc[VSTART] == 021;
}

static void
slave_set_termios(struct tty *tty, const struct ktermios *old)
{
	struct ktermios *t = &tty->ld.termios;

	t->c_cflag &= ~(tcflag_t)(CSIZE | PARENB);
	t->c_cflag |= CS8 | CREAD;
	if (usual_flow(t) != usual_flow(old))
		slave_tell(tty,
			   usual_flow(t) ? TIOCPKT_DOSTOP : TIOCPKT_NOSTOP);
	if ((t->c_lflag | old->c_lflag) & EXTPROC)
		slave_tell(tty, TIOCPKT_IOCTL);
}

static void
slave_input_taken(struct tty *tty)
{
	wait_queue_wake(&pty_of(tty)->write_wait, POLLOUT | POLLWRNORM);
}

static void
slave_opened(struct tty *tty)
{
	pty_of(tty)->slave_closed = false;
}

static void
slave_was_closed(struct tty *tty)
{
	struct pty *pty = pty_of(tty);

	pty->slave_closed = true;
	wait_queue_wake(&pty->read_wait, 0);
}

static void
destroy(struct tty *tty)
{
	struct pty *pty = pty_of(tty);

	pty->host_ops->destroy(pty->host);
	kfree(pty->ring);
	kfree(pty);
}

static const struct tty_driver slave_driver = {
	.name = "pty_slave",
	.is_pty = true,
	.echo = slave_put,
	.room = slave_room,
	.flush_output = slave_flush_output,
	.tell = slave_tell,
	.set_termios = slave_set_termios,
	.input_taken = slave_input_taken,
	.opened = slave_opened,
	.closed = slave_was_closed,
	.destroy = destroy,
};

/* --- life --- */

static void
init_devices(struct pty *pty, unsigned number)
{
	struct chardev *slave = &pty->tty.dev;

	snprintf(pty->name, sizeof(pty->name), "pts/%u", number);
	slave->name = pty->name;
	slave->dev = dev_make(UNIX98_PTY_SLAVE_MAJOR, number);
	pty->master_dev = (struct chardev){
		.name = "ptmx",
		.dev = dev_make(TTYAUX_MAJOR, 2),
		.bits = CHARDEV_TTY | CHARDEV_NO_HANGUP | CHARDEV_PTY_MASTER,
		.ops = &pty_master_ops,
		.data = &pty->tty,
	};
}

struct pty *
pty_create(unsigned number, const struct pty_host_ops *ops, void *host)
{
	struct pty *pty = kmalloc(sizeof(*pty));

	if (!pty)
		return NULL;
	pty->ring = kmalloc(PTY_RING);
	if (!pty->ring) {
		kfree(pty);
		return NULL;
	}
	tty_init(&pty->tty, &slave_driver, NULL);
	pty->tty.ld.termios.c_cflag = B38400 | CS8 | CREAD;
	pty->host_ops = ops;
	pty->host = host;
	pty->locked = true;
	mutex_init(&pty->read_lock, LOCK_TTY_READ, "pty read");
	mutex_init(&pty->write_lock, LOCK_TTY_WRITE, "pty write");
	wait_queue_init(&pty->read_wait);
	wait_queue_init(&pty->write_wait);
	init_devices(pty, number);
	return pty;
}

void
pty_open_master(struct pty *pty, struct chardev_open *o)
{
	tty_get(&pty->tty);
	pty->master_open = true;
	o->dev = &pty->master_dev;
}

void
pty_close_master(struct pty *pty)
{
	struct tty *tty = &pty->tty;
	unsigned long irq = spin_lock_irq(&tty->line_lock);

	pty->master_open = false;
	tty->gone = true;
	spin_unlock_irq(&tty->line_lock, irq);
	pty->host_ops->master_closed(pty->host);
	tty_vhangup(tty);
	tty_put(tty);
}

int
pty_check_open(struct pty *pty)
{
	unsigned long irq = spin_lock_irq(&pty->tty.line_lock);
	bool fine = pty->master_open && !pty->locked;

	spin_unlock_irq(&pty->tty.line_lock, irq);
	return fine ? 0 : -EIO;
}

/* --- who is who --- */

struct tty *
pty_tty(struct pty *pty)
{
	return &pty->tty;
}

struct chardev *
pty_slave_device(struct pty *pty)
{
	return &pty->tty.dev;
}

struct pty *
pty_of_master(const struct chardev *d)
{
	return d->bits & CHARDEV_PTY_MASTER ? pty_of(d->data) : NULL;
}

bool
pty_is_slave(const struct chardev *d)
{
	return d->ops == &tty_chardev_ops && tty_is_pty(d->data);
}

void *
pty_host(const struct pty *pty)
{
	return pty->host;
}
