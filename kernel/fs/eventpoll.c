/* SPDX-License-Identifier: MIT */
#include "fs/eventpoll.h"

#include <linux/fcntl.h>

#include "core/panic.h"
#include "fs/anon_file.h"
#include "fs/eventpoll_priv.h"
#include "fs/procfs/procfs.h"
#include "fs/user_account.h"
#include "lib/errno.h"
#include "mm/frame.h"
#include "mm/slab.h"

/*
 * fs/eventpoll.c - the set of watched files: its life and its changes.
 *
 * An item hangs on three things: the set's tree, the file's list of watchers,
 * and the wait queues of the file.  It is taken off them in the reverse order,
 * under the set's lock, and that is all that frees items:
 *
 *	epoll_ctl(DEL)   holds a reference to the file
 *	the set goes     the file cannot go before the item is off its list
 *	the file goes    the set cannot go before the item is off its tree
 *
 * The last two meet: each finds the other through the item, but for one the
 * item's lists are locked the other way round.  So a file that goes takes a
 * reference to the set under its own small lock, then the set's lock, and looks
 * again.
 */

#define ADD_EVENTS_OF_EXCLUSIVE                                             \
	(EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | \
	 EPOLLEXCLUSIVE)

atomic_int eventpoll_user_limit;
static struct slab_cache *item_cache RO_AFTER_BOOT;

static int
item_compare(const struct epoll_item *a, const struct epoll_item *b)
{
	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	return a->fd < b->fd ? -1 : a->fd > b->fd;
}

RB_GENERATE_STATIC(epoll_tree, epoll_item, node, item_compare)

void
eventpoll_init(void)
{
	struct frame_stats stats;

	item_cache =
		slab_cache_create("epoll_item", sizeof(struct epoll_item), 64);
	if (!item_cache)
		panic("fs: no memory for epoll");
	mutex_init(&epoll_nest_lock, LOCK_EPOLL_NEST, "epoll nesting");
	/* As Linux: items may take a twenty-fifth of memory. */
	frame_stats(&stats);
	eventpoll_user_limit = (unsigned)MIN(stats.total * PAGE_SIZE / 25 /
						     sizeof(struct epoll_item),
					     (uint64_t)INT32_MAX);
}

/* --- the set -------------------------------------------------------------- */

static void
eventpoll_put(struct eventpoll *ep)
{
	if (!refcount_put(&ep->refs))
		return;
	user_account_put(ep->account);
	kfree(ep);
}

static struct eventpoll *
eventpoll_alloc(void)
{
	struct eventpoll *ep = kmalloc(sizeof(*ep));

	if (!ep)
		return NULL;
	ep->account = user_account_get(cred_current()->user.real);
	if (!ep->account) {
		kfree(ep);
		return NULL;
	}
	refcount_set(&ep->refs, 1);
	mutex_init(&ep->lock, LOCK_EPOLL, "epoll");
	spin_init(&ep->ready_lock, LOCK_EPOLL_READY, "epoll ready");
	RB_INIT(&ep->items);
	list_init(&ep->ready);
	list_init(&ep->below);
	list_init(&ep->above);
	wait_queue_init(&ep->wait);
	wait_queue_init(&ep->poll_wait);
	return ep;
}

int
eventpoll_create(struct file **out)
{
	struct eventpoll *ep = eventpoll_alloc();

	if (!ep)
		return -ENOMEM;
	*out = anon_file_create(&eventpoll_ops, ep, O_RDWR);
	if (!*out) {
		eventpoll_put(ep);
		return -ENFILE;
	}
	return 0;
}

bool
file_is_eventpoll(const struct file *f)
{
	return f->ops == &eventpoll_ops;
}

/* --- hooks on the file's wait queues -------------------------------------- */

struct hook_table {
	struct poll_table table;
	struct epoll_item *item;
	bool failed;
};

static void
hook_add(struct poll_table *pt, struct wait_queue *wq)
{
	struct hook_table *t = container_of(pt, struct hook_table, table);
	struct epoll_item *i = t->item;
	struct epoll_hook *h = &i->first;

	if (i->hooks)
		h = kmalloc(sizeof(*h));
	if (!h) {
		t->failed = true;
		return;
	}
	waiter_init(&h->waiter);
	h->waiter.wake = epoll_item_wake;
	h->waiter.exclusive = i->events & EPOLLEXCLUSIVE;
	h->item = i;
	h->next = i->hooks;
	i->hooks = h;
	waiter_add(wq, &h->waiter);
}

static void
hooks_remove(struct epoll_item *i)
{
	while (i->hooks) {
		struct epoll_hook *h = i->hooks;

		i->hooks = h->next;
		waiter_remove(&h->waiter);
		if (h != &i->first)
			kfree(h);
	}
}

/* --- items ---------------------------------------------------------------- */

static struct epoll_item *
item_find(struct eventpoll *ep, struct file *f, int fd) REQUIRES(ep->lock)
{
	struct epoll_item key = { .file = f, .fd = fd };

	return RB_FIND(epoll_tree, &ep->items, &key);
}

/*
 * Take i off everything and free it.  If its file is an epoll, epoll_nest_lock
 * is held.
 */
static void
item_remove(struct eventpoll *ep, struct epoll_item *i) REQUIRES(ep->lock)
{
	struct file *f = i->file;
	unsigned long irq;

	hooks_remove(i);
	/* No wake-up finds it any more. */
	irq = spin_lock_irq(&ep->ready_lock);
	list_remove(&i->ready_link);
	spin_unlock_irq(&ep->ready_lock, irq);
	list_remove(&i->below_link);
	list_remove(&i->above_link);
	RB_REMOVE(epoll_tree, &ep->items, i);
	atomic_fetch_sub(&ep->account->epoll_items, 1);
	/* From here on the file may go. */
	spin_lock(&f->watch_lock);
	list_remove(&i->watch_link);
	spin_unlock(&f->watch_lock);
	slab_free(item_cache, i);
}

static struct epoll_item *
item_create(struct eventpoll *ep, struct file *f, int fd,
	    const struct epoll_event *event)
{
	struct epoll_item *i = slab_alloc(item_cache);

	if (!i)
		return NULL;
	i->ep = ep;
	i->file = f;
	i->fd = fd;
	i->events = event->events;
	i->data = event->data;
	list_init(&i->ready_link);
	list_init(&i->below_link);
	list_init(&i->above_link);
	f->watched = true;
	spin_lock(&f->watch_lock);
	list_push_back(&f->watchers, &i->watch_link);
	spin_unlock(&f->watch_lock);
	return i;
}

static int
item_add(struct eventpoll *ep, struct file *f, int fd,
	 const struct epoll_event *event) REQUIRES(ep->lock)
{
	struct hook_table t = { .table.add = hook_add };
	struct epoll_item *i;
	unsigned ready;

	if (!user_account_charge(&ep->account->epoll_items,
				 (unsigned)eventpoll_user_limit))
		return -ENOSPC;
	i = item_create(ep, f, fd, event);
	if (!i) {
		atomic_fetch_sub(&ep->account->epoll_items, 1);
		return -ENOMEM;
	}
	RB_INSERT(epoll_tree, &ep->items, i);
	if (file_is_eventpoll(f)) {
		struct eventpoll *other = f->data;

		list_push_back(&ep->below, &i->below_link);
		list_push_back(&other->above, &i->above_link);
	}
	t.item = i;
	ready = epoll_item_poll(i, &t.table);
	if (t.failed) {
		item_remove(ep, i);
		return -ENOMEM;
	}
	if (ready)
		epoll_item_ready(i);
	return 0;
}

static int
item_modify(struct epoll_item *i, const struct epoll_event *event)
{
	if ((i->events | event->events) & EPOLLEXCLUSIVE)
		return -EINVAL;
	i->data = event->data;
	/* Before the look: whatever happens after it is a wake-up. */
	atomic_store(&i->events, event->events);
	if (epoll_item_poll(i, NULL))
		epoll_item_ready(i);
	return 0;
}

/* Only what concerns epolls that watch epolls needs it. */
static void
nest_lock(bool nested) NO_LOCK_ANALYSIS
{
	if (nested)
		mutex_lock(&epoll_nest_lock);
}

static void
nest_unlock(bool nested) NO_LOCK_ANALYSIS
{
	if (nested)
		mutex_unlock(&epoll_nest_lock);
}

/* --- changes -------------------------------------------------------------- */

static int
change(struct eventpoll *ep, int op, struct file *f, int fd,
       const struct epoll_event *event) REQUIRES(ep->lock)
{
	struct epoll_item *i = item_find(ep, f, fd);

	switch (op) {
	case EPOLL_CTL_ADD:
		return i ? -EEXIST : item_add(ep, f, fd, event);
	case EPOLL_CTL_MOD:
		return i ? item_modify(i, event) : -ENOENT;
	case EPOLL_CTL_DEL:
		if (i)
			item_remove(ep, i);
		return i ? 0 : -ENOENT;
	default:
		return -EINVAL;
	}
}

/* EPOLLEXCLUSIVE, where it may be and with what. */
static bool
exclusive_fits(int op, struct file *f, const struct epoll_event *e)
{
	if (!e || !(e->events & EPOLLEXCLUSIVE))
		return true;
	if (op == EPOLL_CTL_MOD)
		return false;
	return op != EPOLL_CTL_ADD ||
	       !(file_is_eventpoll(f) ||
		 (e->events & ~(uint32_t)ADD_EVENTS_OF_EXCLUSIVE));
}

int
eventpoll_ctl(struct file *epf, int op, struct file *f, int fd,
	      const struct epoll_event *event)
{
	struct eventpoll *ep = epf->data;
	bool nested = file_is_eventpoll(f);
	struct epoll_event e = { 0 };
	int err = 0;

	if (!file_can_poll(f))
		return -EPERM;
	if (f == epf || !exclusive_fits(op, f, event))
		return -EINVAL;
	if (event) {
		e = *event;
		e.events |= POLLERR | POLLHUP;
	}
	nest_lock(nested);
	if (nested && op == EPOLL_CTL_ADD)
		err = epoll_nest_check(ep, f->data);
	mutex_lock(&ep->lock);
	if (!err)
		err = change(ep, op, f, fd, &e);
	mutex_unlock(&ep->lock);
	nest_unlock(nested);
	return err;
}

/* --- the end of a file, the end of a set ---------------------------------- */

/* A set that watches f, with a reference, or NULL. */
static struct eventpoll *
first_watcher(struct file *f)
{
	struct eventpoll *ep = NULL;

	spin_lock(&f->watch_lock);
	if (!list_empty(&f->watchers)) {
		ep = list_first(&f->watchers, struct epoll_item, watch_link)
			     ->ep;
		refcount_get(&ep->refs);
	}
	spin_unlock(&f->watch_lock);
	return ep;
}

/* The first item of ep that watches f. */
static struct epoll_item *
item_of_file(struct eventpoll *ep, struct file *f) REQUIRES(ep->lock)
{
	struct epoll_item key = { .file = f, .fd = INT32_MIN };
	struct epoll_item *i = RB_NFIND(epoll_tree, &ep->items, &key);

	return i && i->file == f ? i : NULL;
}

void
eventpoll_forget(struct file *f)
{
	bool nested = file_is_eventpoll(f);
	struct epoll_item *i;
	struct eventpoll *ep;

	nest_lock(nested);
	while ((ep = first_watcher(f))) {
		mutex_lock(&ep->lock);
		while ((i = item_of_file(ep, f)))
			item_remove(ep, i);
		mutex_unlock(&ep->lock);
		eventpoll_put(ep);
	}
	nest_unlock(nested);
}

/* Nobody can add to it any more. */
static void
eventpoll_release(struct file *f)
{
	struct eventpoll *ep = f->data;
	bool nested = !list_empty(&ep->below);
	struct epoll_item *i;

	nest_lock(nested);
	mutex_lock(&ep->lock);
	while ((i = RB_MIN(epoll_tree, &ep->items))) {
		item_remove(ep, i);
		thread_check_preempt();
	}
	mutex_unlock(&ep->lock);
	nest_unlock(nested);
	eventpoll_put(ep);
}

/* --- /proc/PID/fdinfo ----------------------------------------------------- */

static void
eventpoll_info(struct file *f, struct proc_text *t)
{
	struct eventpoll *ep = f->data;
	struct epoll_item *i;

	mutex_lock(&ep->lock);
	RB_FOREACH(i, epoll_tree, &ep->items)
	{
		const struct inode *inode = i->file->inode;

		proc_printf(t, "tfd: %8d events: %8x data: %16lx ", i->fd,
			    (unsigned)i->events, (unsigned long)i->data);
		proc_printf(t, " pos:%ld ino:%lx sdev:%lx\n",
			    (long)i->file->pos,
			    inode ? (unsigned long)inode->ino : 0,
			    inode ? (unsigned long)inode->sb->dev : 0);
	}
	mutex_unlock(&ep->lock);
}

const struct file_ops eventpoll_ops = {
	.anon_name = "anon_inode:[eventpoll]",
	.seek = anon_file_seek,
	.release = eventpoll_release,
	.poll = eventpoll_poll,
	.info = eventpoll_info,
};
