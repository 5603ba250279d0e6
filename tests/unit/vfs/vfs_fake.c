/* SPDX-License-Identifier: MIT */

#include "vfs_fake.h"

#include <string.h>

#include "arch/clock.h"
#include "arch/usercopy.h"
#include "core/random.h"
#include "dev/chardev.h"
#include "fake_ram.h"
#include "fs/anon_file.h"
#include "fs/eventpoll.h"
#include "fs/notify.h"
#include "mm/slab.h"
#include "sched/waitq.h"
#include "vm/space.h"

struct thread fake_thread;
int (*vfs_on_sleep)(void);
size_t vfs_user_left = SIZE_MAX;

struct fs_context *
vfs_start(void)
{
	struct fs_context *fs;

	fake_ram_start(VFS_RAM);
	slab_init();
	vm_object_system_init();
	fs_init();
	assert_int_equal(mount_root(&fs), 0);
	return fs;
}

uint64_t
vfs_objects(void)
{
	struct slab_stats st;
	uint64_t sum = 0;

	/* The allocator's own books come and go as it likes. */
	for (unsigned n = 0; slab_stats(n, &st); n++)
		if (strcmp(st.name, "slab") && strcmp(st.name, "magazine"))
			sum += st.objects;
	return sum;
}

/* --- sleeping ------------------------------------------------------------ */

int
thread_sleep(uint64_t deadline_ns)
{
	if (vfs_on_sleep)
		return vfs_on_sleep();
	if (deadline_ns != NEVER)
		return -ETIMEDOUT;
	fail_msg("sleeps for ever");
	return -EINTR;
}

bool
thread_wake(struct thread *t, unsigned state_mask)
{
	return true;
}

void
wait_queue_init(struct wait_queue *wq)
{
	list_init(&wq->waiters);
}

bool
wait_queue_active(const struct wait_queue *wq)
{
	return !list_empty(&wq->waiters);
}

void
wait_queue_wake(struct wait_queue *wq, unsigned events)
{
	struct waiter *w, *next;

	list_for_each_safe (w, next, &wq->waiters, link)
		w->wake(w, events);
}

void
wait_queue_wake_one(struct wait_queue *wq, unsigned events)
{
	wait_queue_wake(wq, events);
}

void
waiter_init(struct waiter *w)
{
	list_init(&w->link);
	w->thread = &fake_thread;
}

void
waiter_add(struct wait_queue *wq, struct waiter *w)
{
	w->queue = wq;
	list_push_back(&wq->waiters, &w->link);
}

void
waiter_remove(struct waiter *w)
{
	list_remove(&w->link);
}

/* --- the machine ---------------------------------------------------------- */

uint64_t
clock_now_ns(void)
{
	static uint64_t now;

	return now += 1000;
}

uint64_t
random_u64(void)
{
	return 0x9e3779b97f4a7c15;
}

bool
cpu_random(uint64_t *out)
{
	return false;
}

static size_t
user_take(size_t n)
{
	n = MIN(n, vfs_user_left);
	if (vfs_user_left != SIZE_MAX)
		vfs_user_left -= n;
	return n;
}

size_t
copy_to_user_partial(void *dst, const void *src, size_t n)
{
	n = user_take(n);
	memcpy(dst, src, n);
	return n;
}

size_t
copy_from_user_partial(void *dst, const void *src, size_t n)
{
	n = user_take(n);
	memcpy(dst, src, n);
	return n;
}

int
copy_to_user(void *dst, const void *src, size_t n)
{
	return copy_to_user_partial(dst, src, n) == n ? 0 : -EFAULT;
}

int
copy_from_user(void *dst, const void *src, size_t n)
{
	return copy_from_user_partial(dst, src, n) == n ? 0 : -EFAULT;
}

int
clear_user(void *dst, size_t n)
{
	n = user_take(n);
	memset(dst, 0, n);
	return 0;
}

/* --- neighbours ----------------------------------------------------------- */

static ssize_t
null_read(struct chardev_open *o, struct uio *u, uint64_t pos)
{
	return o->flags & O_NONBLOCK ? -EAGAIN : 0;
}

static const struct chardev_ops null_ops = { .read = null_read };
static struct chardev null_device = {
	.name = "null",
	.ops = &null_ops,
	.bits = CHARDEV_SEEKABLE,
};

struct chardev *
chardev_find(dev_t dev)
{
	return dev == dev_make(1, 3) ? &null_device : NULL;
}

void
vm_object_unmap(struct vm_object *o, uint64_t first, uint64_t last)
{
	assert_false(mutex_held(&o->lock));
}

/* --- what these tests do without: files on no path, epoll --- */

void
anon_file_init(void)
{
}

void
eventpoll_init(void)
{
}

void
eventpoll_forget(UNUSED struct file *f)
{
	fail();
}

/* /proc/locks is not built here. */
void lock_text_add(struct file_locks *l);
void lock_text_remove(struct file_locks *l);

void
lock_text_add(struct file_locks *l)
{
	(void)l;
}

void
lock_text_remove(struct file_locks *l)
{
	(void)l;
}

/* Nobody watches anything. */

atomic_uint notify_watches;

void
notify_inode_slow(UNUSED struct inode *i, UNUSED uint32_t mask)
{
	fail();
}

void
notify_dentry_slow(UNUSED struct dentry *d, UNUSED uint32_t mask)
{
	fail();
}

void
notify_entry_slow(UNUSED struct inode *dir, UNUSED uint32_t mask,
		  UNUSED uint32_t cookie, UNUSED const struct path_part *name)
{
	fail();
}

void
notify_removed_slow(UNUSED struct inode *dir,
		    UNUSED const struct path_part *name,
		    UNUSED struct inode *victim)
{
	fail();
}

void
notify_moved_slow(UNUSED const struct notify_move *m)
{
	fail();
}
