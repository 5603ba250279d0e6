/* SPDX-License-Identifier: MIT */
#include <asm-generic/fcntl.h>
#include <linux/fs.h>
#include <linux/major.h>

#include "arch/clock.h"
#include "core/klog.h"
#include "dev/chardev.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "sched/mutex.h"

/*
 * dev/kmsg.c - /dev/kmsg: the log as a device.
 *
 * Each open has its own place; a read gives one record; a reader the ring has
 * overtaken is told so once (EPIPE) and goes on with the oldest record.  A
 * write makes one record.
 *
 * A record made with interrupts off wakes nobody (core/klog.h), so sleepers
 * look again every LOOK_AGAIN_NS.
 *
 * Source: Linux, Documentation/ABI/testing/dev-kmsg.
 */

#define LOOK_AGAIN_NS (500 * NSEC_PER_MSEC)

/* A record with every byte escaped (\xNN), and its head. */
#define LINE_MAX (4 * KLOG_TEXT_MAX + 64)

#define FACILITY_USER    1
#define FACILITY_MAX     0x1ff
#define PRIORITY_DEFAULT (FACILITY_USER << 3 | KLOG_WARNING)

struct reader {
	struct mutex lock;   /* LOCK_TTY_READ: one read at a time */
	uint64_t seq;        /* [L] next record; glanced at by poll */
	char line[LINE_MAX]; /* [L] */
};

static struct wait_queue kmsg_queue = WAIT_QUEUE_INIT(kmsg_queue);

static void
record_made(void)
{
	if (wait_queue_active(&kmsg_queue))
		wait_queue_wake(&kmsg_queue, POLLIN | POLLRDNORM);
}

int
kmsg_wait(uint64_t seq, bool nonblock)
{
	int err;

	while (seq >= klog_next_seq()) {
		if (nonblock)
			return -EAGAIN;
		err = wait_event_deadline(&kmsg_queue, seq < klog_next_seq(),
					  clock_now_ns() + LOOK_AGAIN_NS);
		if (err == -EINTR)
			return -ERESTARTSYS;
	}
	return 0;
}

static int
kmsg_open(struct chardev_open *o)
{
	struct reader *r;

	if ((o->flags & O_ACCMODE) == O_WRONLY)
		return 0;
	r = kmalloc(sizeof(*r));
	if (!r)
		return -ENOMEM;
	mutex_init(&r->lock, LOCK_TTY_READ, "kmsg");
	r->seq = klog_first_seq();
	o->data = r;
	return 0;
}

static void
kmsg_close(struct chardev_open *o)
{
	kfree(o->data);
}

static ssize_t
read_locked(struct chardev_open *o, struct reader *r, struct uio *u)
	REQUIRES(r->lock)
{
	uint64_t next = r->seq;
	ssize_t n;
	int err;

	err = kmsg_wait(r->seq, o->flags & O_NONBLOCK);
	if (err)
		return err;
	if (r->seq < klog_first_seq()) {
		r->seq = klog_first_seq();
		return -EPIPE;
	}
	n = klog_read(&next, KLOG_KMSG, r->line, sizeof(r->line));
	if (n < 0)
		return n;
	if ((size_t)n > u->left)
		return -EINVAL;
	r->seq = next;
	return uio_copy_out(u, r->line, (size_t)n) == (size_t)n ? n : -EFAULT;
}

static ssize_t
kmsg_read(struct chardev_open *o, struct uio *u,
	  UNUSED uint64_t pos) NO_LOCK_ANALYSIS
{
	struct reader *r = o->data;
	ssize_t n;

	if (!r)
		return -EBADF;
	if (mutex_lock_interruptible(&r->lock))
		return -ERESTARTSYS;
	n = read_locked(o, r, u);
	mutex_unlock(&r->lock);
	return n;
}

/*
 * "<N>text": N as syslog(3) has it, but what users write is never from the
 * kernel (facility 0).  Returns where the text begins.
 */
static size_t
parse_priority(const char *text, unsigned *priority)
{
	unsigned n = 0;
	size_t i = 1;

	if (text[0] != '<')
		return 0;
	while (text[i] >= '0' && text[i] <= '9' && n <= FACILITY_MAX << 3)
		n = n * 10 + (unsigned)(text[i++] - '0');
	if (i == 1 || text[i] != '>')
		return 0;
	n &= FACILITY_MAX << 3 | 7;
	*priority = n >> 3 ? n : FACILITY_USER << 3 | n;
	return i + 1;
}

static ssize_t
kmsg_write(UNUSED struct chardev_open *o, struct uio *u, UNUSED uint64_t pos)
{
	unsigned priority = PRIORITY_DEFAULT;
	size_t size = u->left, start;
	char *text;

	if (size > KLOG_TEXT_MAX)
		return -EINVAL;
	text = kmalloc(size + 1);
	if (!text)
		return -ENOMEM;
	if (uio_copy_in(u, text, size) != size) {
		kfree(text);
		return -EFAULT;
	}
	text[size] = '\0';
	start = parse_priority(text, &priority);
	klog_write(priority, text + start, size - start);
	kfree(text);
	return (ssize_t)size;
}

static unsigned
kmsg_poll(struct chardev_open *o, struct poll_table *pt)
{
	struct reader *r = o->data;
	uint64_t seq;

	if (!r)
		return POLLERR | POLLNVAL;
	poll_add(pt, &kmsg_queue);
	seq = __atomic_load_n(&r->seq, __ATOMIC_RELAXED);
	if (seq < klog_first_seq())
		return POLLIN | POLLRDNORM | POLLERR | POLLPRI;
	return seq < klog_next_seq() ? POLLIN | POLLRDNORM : 0;
}

/* To the oldest record (SEEK_SET, SEEK_DATA) or behind the newest. */
static int64_t
kmsg_seek(struct chardev_open *o, int64_t off, int whence)
{
	struct reader *r = o->data;
	uint64_t seq;

	if (!r)
		return -EBADF;
	if (off)
		return -ESPIPE;
	if (whence == SEEK_SET || whence == SEEK_DATA)
		seq = klog_first_seq();
	else if (whence == SEEK_END)
		seq = klog_next_seq();
	else
		return -EINVAL;
	mutex_lock(&r->lock);
	r->seq = seq;
	mutex_unlock(&r->lock);
	return 0;
}

static const struct chardev_ops kmsg_ops = {
	.open = kmsg_open,
	.close = kmsg_close,
	.read = kmsg_read,
	.write = kmsg_write,
	.poll = kmsg_poll,
	.seek = kmsg_seek,
};

static struct chardev kmsg_dev = {
	.name = "kmsg",
	.dev = DEV_NUMBER(MEM_MAJOR, 11),
	.mode = 0644,
	.ops = &kmsg_ops,
};

void
kmsg_init(void)
{
	chardev_register(&kmsg_dev);
	klog_set_notify(record_made);
}
