/* SPDX-License-Identifier: MIT */
#include <asm/ioctls.h>
#include <linux/fcntl.h>

#include "arch/usercopy.h"
#include "fs/anon_file.h"
#include "fs/fs_priv.h"
#include "fs/inotify_priv.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/slab.h"

/*
 * fs/inotify.c - a group of watches, as a file: events queue up to be read.
 *
 * Events are queued under the group's lock by whoever makes something happen,
 * so they have room in advance or are lost; the overflow item, which is part of
 * the group, then says so once.  The same event twice in a row is one.
 */

#define NAME_ALIGN sizeof(struct inotify_event)

atomic_int inotify_max_queued = 16384;
atomic_int inotify_max_instances = 128;
atomic_int inotify_max_watches = 65536;

/* --- events, with the group's lock held ----------------------------------- */

static inline char *
item_name(struct item *i)
{
	return (char *)(i + 1);
}

static void
item_push(struct inotify *g, struct item *i)
{
	list_push_back(&g->items, &i->link);
	g->queued++;
	g->bytes += sizeof(i->event) + i->event.len;
	wait_queue_wake(&g->wait, POLLIN | POLLRDNORM);
}

static struct item *
item_pop(struct inotify *g)
{
	struct item *i = list_first(&g->items, struct item, link);

	list_remove(&i->link);
	g->queued--;
	g->bytes -= sizeof(i->event) + i->event.len;
	return i;
}

static void
item_free(struct inotify *g, struct item *i)
{
	if (i != &g->overflow)
		kfree(i);
}

/* The same again, right after: told once. */
static bool
repeats(const struct inotify *g, int wd, const struct happening *h)
{
	struct item *last;

	if (list_empty(&g->items))
		return false;
	last = list_last(&g->items, struct item, link);
	if (last->event.wd != wd || last->event.mask != h->mask ||
	    last->event.cookie != h->cookie || !last->event.len != !h->name)
		return false;
	return !h->name || (!memcmp(item_name(last), h->name, h->name_len) &&
			    !item_name(last)[h->name_len]);
}

void
inotify_tell(struct inotify *g, int wd, const struct happening *h)
{
	size_t len =
		h->name ? ALIGN_UP(h->name_len + 1, NAME_ALIGN) : (size_t)0;
	struct item *i = NULL;

	if (repeats(g, wd, h))
		return;
	if (g->queued < inotify_max_queued)
		i = kmalloc(sizeof(*i) + len);
	if (!i) {
		if (list_empty(&g->overflow.link))
			item_push(g, &g->overflow);
		return;
	}
	i->event.wd = wd;
	i->event.mask = h->mask;
	i->event.cookie = h->cookie;
	i->event.len = (uint32_t)len;
	if (h->name)
		memcpy(item_name(i), h->name, h->name_len);
	item_push(g, i);
}

/* --- reading -------------------------------------------------------------- */

static bool
has_items(const struct inotify *g)
{
	return __atomic_load_n(&g->items.next, __ATOMIC_RELAXED) != &g->items;
}

/* The next item if it fits into room; 0 = none, -EINVAL = does not fit. */
static int
next_item(struct inotify *g, size_t room, struct item **out)
{
	struct item *i;
	int result = 0;

	spin_lock(&g->lock);
	if (!list_empty(&g->items)) {
		i = list_first(&g->items, struct item, link);
		result = -EINVAL;
		if (sizeof(i->event) + i->event.len <= room) {
			*out = item_pop(g);
			result = 1;
		}
	}
	spin_unlock(&g->lock);
	return result;
}

static ssize_t
read_items(struct inotify *g, struct uio *u)
{
	ssize_t total = 0;
	struct item *i;
	int got;

	while ((got = next_item(g, u->left, &i)) > 0) {
		size_t size = sizeof(i->event) + i->event.len, done;

		done = uio_copy_out(u, &i->event, size);
		item_free(g, i);
		if (done < size)
			return total ? total : -EFAULT;
		total += (ssize_t)size;
	}
	return total ? total : got;
}

static ssize_t
inotify_read(struct file *f, struct uio *u, UNUSED uint64_t *pos)
{
	struct inotify *g = f->data;
	ssize_t n;

	for (;;) {
		n = read_items(g, u);
		if (n)
			return n;
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(&g->wait, has_items(g)))
			return -ERESTARTSYS;
	}
}

static unsigned
inotify_poll(struct file *f, struct poll_table *pt)
{
	struct inotify *g = f->data;

	poll_add(pt, &g->wait);
	return has_items(g) ? POLLIN | POLLRDNORM : 0;
}

static long
inotify_ioctl(struct file *f, unsigned cmd, uintptr_t arg)
{
	struct inotify *g = f->data;
	int bytes;

	if (cmd != FIONREAD)
		return -ENOTTY;
	spin_lock(&g->lock);
	bytes = (int)MIN(g->bytes, (size_t)INT32_MAX);
	spin_unlock(&g->lock);
	return copy_to_user((void USER *)arg, &bytes, sizeof(bytes));
}

/* --- life ----------------------------------------------------------------- */

static void
inotify_info(struct file *f, struct proc_text *t)
{
	inotify_watch_info(f->data, t);
}

static void
inotify_free(struct inotify *g)
{
	while (!list_empty(&g->items))
		item_free(g, item_pop(g));
	atomic_fetch_sub(&g->account->inotify_instances, 1);
	user_account_put(g->account);
	kfree(g);
}

static void
inotify_release(struct file *f)
{
	struct inotify *g = f->data;

	inotify_drop_watches(g);
	inotify_free(g);
}

static const struct file_ops inotify_ops = {
	.anon_name = "anon_inode:inotify",
	.release = inotify_release,
	.read = inotify_read,
	.seek = anon_file_seek,
	.ioctl = inotify_ioctl,
	.poll = inotify_poll,
	.info = inotify_info,
};

bool
file_is_inotify(const struct file *f)
{
	return f->ops == &inotify_ops;
}

static struct inotify *
inotify_alloc(void)
{
	struct inotify *g = kmalloc(sizeof(*g));

	if (!g)
		return NULL;
	spin_init(&g->lock, LOCK_INOTIFY, "inotify");
	RB_INIT(&g->watches);
	list_init(&g->items);
	list_init(&g->overflow.link);
	g->overflow.event.wd = -1;
	g->overflow.event.mask = IN_Q_OVERFLOW;
	wait_queue_init(&g->wait);
	return g;
}

int
inotify_create(unsigned flags, struct file **out)
{
	struct user_account *a = user_account_get(cred_current()->user.real);
	struct inotify *g;

	if (!a)
		return -ENOMEM;
	if (!user_account_charge(&a->inotify_instances,
				 (unsigned)inotify_max_instances)) {
		user_account_put(a);
		return -EMFILE;
	}
	g = inotify_alloc();
	if (!g) {
		atomic_fetch_sub(&a->inotify_instances, 1);
		user_account_put(a);
		return -ENOMEM;
	}
	g->account = a;
	*out = anon_file_create(&inotify_ops, g, O_RDONLY | flags);
	if (!*out) {
		inotify_free(g);
		return -ENFILE;
	}
	return 0;
}
