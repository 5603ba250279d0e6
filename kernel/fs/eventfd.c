/* SPDX-License-Identifier: MIT */
#include "fs/eventfd.h"

#include <linux/fcntl.h>

#include "fs/anon_file.h"
#include "fs/procfs/procfs.h"
#include "lib/errno.h"
#include "mm/slab.h"

/*
 * fs/eventfd.c - a counter that can be waited for.
 *
 * The count is one atomic word, taken from and added to without a lock: who
 * finds nothing to take, or no room, queues up, then looks again.  It never
 * exceeds COUNT_MAX; UINT64_MAX would mean that the kernel itself overflowed
 * it.
 */

#define COUNT_MAX (UINT64_MAX - 1)

struct eventfd {
	_Atomic uint64_t count; /* [a] */
	struct wait_queue wait; /* for something, or for room */
	enum eventfd_kind kind; /* [I] */
	unsigned id;            /* [I] for fdinfo */
};

static atomic_uint next_id;

/* --- reading -------------------------------------------------------------- */

static bool
count_take(struct eventfd *e, uint64_t *got)
{
	uint64_t old = atomic_load(&e->count);

	do {
		if (old == 0)
			return false;
		*got = e->kind == EVENTFD_SEMAPHORE ? 1 : old;
	} while (!atomic_compare_exchange_weak(&e->count, &old, old - *got));
	return true;
}

static ssize_t
eventfd_read(struct file *f, struct uio *u, UNUSED uint64_t *pos)
{
	struct eventfd *e = f->data;
	uint64_t got = 0;

	if (u->left < sizeof(got))
		return -EINVAL;
	if (!count_take(e, &got)) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(&e->wait, count_take(e, &got)))
			return -ERESTARTSYS;
	}
	wait_queue_wake_one(&e->wait, POLLOUT);
	if (uio_copy_out(u, &got, sizeof(got)) < sizeof(got))
		return -EFAULT;
	return sizeof(got);
}

/* --- writing -------------------------------------------------------------- */

static bool
count_add(struct eventfd *e, uint64_t n)
{
	uint64_t old = atomic_load(&e->count);

	do {
		if (n > COUNT_MAX - old)
			return false;
	} while (!atomic_compare_exchange_weak(&e->count, &old, old + n));
	return true;
}

static ssize_t
eventfd_write(struct file *f, struct uio *u, UNUSED uint64_t *pos)
{
	struct eventfd *e = f->data;
	uint64_t n;

	if (u->left != sizeof(n))
		return -EINVAL;
	if (uio_copy_in(u, &n, sizeof(n)) < sizeof(n))
		return -EFAULT;
	if (n == UINT64_MAX)
		return -EINVAL;
	if (!count_add(e, n)) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(&e->wait, count_add(e, n)))
			return -ERESTARTSYS;
	}
	wait_queue_wake_one(&e->wait, POLLIN);
	return sizeof(n);
}

/* --- the rest ------------------------------------------------------------- */

static unsigned
eventfd_poll(struct file *f, struct poll_table *pt)
{
	struct eventfd *e = f->data;
	unsigned events = 0;
	uint64_t count;

	poll_add(pt, &e->wait);
	count = atomic_load(&e->count);
	if (count > 0)
		events |= POLLIN;
	if (count < COUNT_MAX)
		events |= POLLOUT;
	return events;
}

static void
eventfd_info(struct file *f, struct proc_text *t)
{
	struct eventfd *e = f->data;

	proc_printf(t, "eventfd-count: %16lx\neventfd-id: %u\n",
		    (unsigned long)atomic_load(&e->count), e->id);
	proc_printf(t, "eventfd-semaphore: %d\n", e->kind == EVENTFD_SEMAPHORE);
}

static void
eventfd_release(struct file *f)
{
	kfree(f->data);
}

static const struct file_ops eventfd_ops = {
	.anon_name = "anon_inode:[eventfd]",
	.seek = anon_file_seek,
	.release = eventfd_release,
	.read = eventfd_read,
	.write = eventfd_write,
	.poll = eventfd_poll,
	.info = eventfd_info,
};

int
eventfd_create(unsigned count, enum eventfd_kind kind, unsigned flags,
	       struct file **out)
{
	struct eventfd *e = kmalloc(sizeof(*e));

	if (!e)
		return -ENOMEM;
	e->count = count;
	e->kind = kind;
	e->id = atomic_fetch_add(&next_id, 1);
	wait_queue_init(&e->wait);
	*out = anon_file_create(&eventfd_ops, e, O_RDWR | flags);
	if (!*out) {
		kfree(e);
		return -ENFILE;
	}
	return 0;
}
