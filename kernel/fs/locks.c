/* SPDX-License-Identifier: MIT */
#include "fs/locks.h"

#include "core/panic.h"
#include "fs/locks_priv.h"
#include "lib/errno.h"
#include "mm/slab.h"

/*
 * fs/locks.c - granting advisory locks.
 *
 * The ranges an owner has do not overlap each other, and neighbours of one type
 * are one: so what an owner has at a byte is one lock or none.  A request
 *
 *	owner has	[ shared  ][   exclusive   ]
 *	asks for	      [ shared ]
 *	and has then	[    shared    ][exclusive ]
 *
 * first swallows its equals, whole, then cuts what differs, then is put in its
 * place.  A cut in the middle makes one lock of its own, the request another:
 * both are allocated before the lock is taken, so what is found possible is
 * done.  The file's locks are few, or many of them are in one list all the
 * same, as on Linux: a request looks at all of them once.
 *
 * Who has to wait sleeps on the inode's queue; whenever something is given up
 * all look again, and some are too late again.
 */

struct attempt {
	const struct file_lock_request *r;
	struct file_locks *locks;
	struct file_lock *fresh, *spare; /* for the request, for a cut */
	bool gave_up;                    /* something others may wait for */
	struct lock_waiter *waiter;      /* NULL: who cannot wait in a circle */
	int err;
};

/* --- the locks of an inode ------------------------------------------------ */

static struct file_locks *
locks_of(const struct inode *i)
{
	return __atomic_load_n(&i->locks, __ATOMIC_ACQUIRE);
}

static struct file_locks *
locks_create(const struct inode *i)
{
	struct file_locks *l = kmalloc(sizeof(*l));

	if (!l)
		return NULL;
	spin_init(&l->lock, LOCK_FILE_LOCKS, "file locks");
	list_init(&l->flocks);
	list_init(&l->ranges);
	list_init(&l->waiting);
	wait_queue_init(&l->queue);
	l->dev = i->sb ? i->sb->dev : 0;
	l->ino = i->ino;
	return l;
}

static struct file_locks *
locks_get(struct inode *i)
{
	struct file_locks *l = locks_of(i), *none = NULL;

	if (l)
		return l;
	l = locks_create(i);
	if (!l)
		return NULL;
	if (!__atomic_compare_exchange_n(&i->locks, &none, l, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		kfree(l);
		return none;
	}
	lock_text_add(l);
	return l;
}

void
file_locks_destroy(struct file_locks *l)
{
	if (!l)
		return;
	ASSERT(list_empty(&l->flocks) && list_empty(&l->ranges));
	lock_text_remove(l);
	kfree(l);
}

/* --- conflicts ------------------------------------------------------------ */

static struct list_node *
list_for(struct file_locks *l, enum file_lock_kind kind)
{
	return kind == LOCK_KIND_FLOCK ? &l->flocks : &l->ranges;
}

static bool
overlaps(const struct file_lock *a, const struct file_lock_request *r)
{
	return a->start <= r->end && r->start <= a->end;
}

static struct file_lock *
find_conflict(struct file_locks *l, const struct file_lock_request *r)
{
	struct file_lock *a;

	list_for_each (a, list_for(l, r->kind), link) {
		if (a->owner != r->owner && overlaps(a, r) &&
		    (a->type == LOCK_TYPE_EXCLUSIVE ||
		     r->type == LOCK_TYPE_EXCLUSIVE))
			return a;
	}
	return NULL;
}

/* --- changing what an owner has ------------------------------------------- */

static void
lock_insert(struct list_node *list, struct file_lock *a)
{
	struct file_lock *b;

	list_for_each (b, list, link) {
		if (b->start > a->start) {
			list_push_back(&b->link, &a->link); /* before b */
			return;
		}
	}
	list_push_back(list, &a->link);
}

static void
lock_drop(struct file_lock *a)
{
	list_remove(&a->link);
	kfree(a);
}

/* Does b, of the same owner and type, overlap or touch a? */
static bool
touches(const struct file_lock *a, const struct file_lock *b)
{
	return (b->start == 0 || a->end >= b->start - 1) &&
	       (a->start == 0 || b->end >= a->start - 1);
}

/* The owner's locks of the same type that reach into a become part of it. */
static void
swallow_equals(struct attempt *t, struct file_lock *a)
{
	struct file_lock *b, *next;

	list_for_each_safe (b, next, &t->locks->ranges, link) {
		if (b->owner != a->owner || b->type != a->type ||
		    !touches(a, b))
			continue;
		a->start = MIN(a->start, b->start);
		a->end = MAX(a->end, b->end);
		lock_drop(b);
	}
}

/* b loses [start, end], which it overlaps. */
static void
cut(struct attempt *t, struct file_lock *b, uint64_t start, uint64_t end)
{
	struct file_lock *upper = t->spare;

	if (b->start < start && b->end > end) {
		t->spare = NULL;
		*upper = *b;
		upper->start = end + 1;
		b->end = start - 1;
		lock_insert(&t->locks->ranges, upper);
	} else if (b->start < start) {
		b->end = start - 1;
	} else if (b->end > end) {
		list_remove(&b->link);
		b->start = end + 1;
		lock_insert(&t->locks->ranges, b);
	} else {
		lock_drop(b);
	}
}

static void
cut_others(struct attempt *t, uint64_t start, uint64_t end)
{
	struct file_lock *b, *next;

	list_for_each_safe (b, next, &t->locks->ranges, link) {
		if (b->owner == t->r->owner && b->start <= end &&
		    start <= b->end)
			cut(t, b, start, end);
	}
}

static void
fill_fresh(struct attempt *t)
{
	const struct file_lock_request *r = t->r;

	ASSERT(t->fresh); /* it is used up once, by what ends the attempt */
	t->fresh->kind = r->kind;
	t->fresh->type = r->type;
	t->fresh->owner = r->owner;
	t->fresh->pid = r->pid;
	t->fresh->start = r->start;
	t->fresh->end = r->end;
}

static void
set_range(struct attempt *t)
{
	struct file_lock *a = t->fresh;

	if (t->r->type == LOCK_TYPE_NONE) {
		cut_others(t, t->r->start, t->r->end);
		return;
	}
	fill_fresh(t);
	swallow_equals(t, a);
	cut_others(t, t->r->start, t->r->end);
	lock_insert(&t->locks->ranges, a);
	t->fresh = NULL;
}

/* Give up what the open file has, unless it is what is asked for.  Done? */
static bool
drop_flock(struct attempt *t)
{
	struct file_lock *a;

	list_for_each (a, &t->locks->flocks, link) {
		if (a->owner != t->r->owner)
			continue;
		if (a->type == t->r->type)
			return true;
		lock_drop(a);
		t->gave_up = true;
		break;
	}
	return t->r->type == LOCK_TYPE_NONE;
}

/* --- one attempt ---------------------------------------------------------- */

/* -EAGAIN, or -EDEADLK if the wait would never end. */
static int
note_conflict(struct attempt *t, const struct file_lock *conflict)
{
	bool process = conflict->kind == LOCK_KIND_POSIX;

	if (t->waiter &&
	    !lock_wait_for(t->waiter, process ? conflict->owner : NULL))
		return -EDEADLK;
	return -EAGAIN;
}

/*
 * True: done, or failed for good; t->err.  A flock that is to change its type
 * is given up first, so two that both want to cannot stop each other.
 */
static bool
try_lock(struct attempt *t)
{
	struct file_locks *l = t->locks;
	struct file_lock *conflict = NULL;
	bool done;

	spin_lock(&l->lock);
	done = t->r->kind == LOCK_KIND_FLOCK && drop_flock(t);
	if (!done && t->r->type != LOCK_TYPE_NONE)
		conflict = find_conflict(l, t->r);
	t->err = conflict ? note_conflict(t, conflict) : 0;
	if (!done && !conflict) {
		if (t->r->kind == LOCK_KIND_FLOCK) {
			fill_fresh(t);
			list_push_back(&l->flocks, &t->fresh->link);
			t->fresh = NULL;
		} else {
			set_range(t);
		}
	}
	spin_unlock(&l->lock);
	return t->err != -EAGAIN;
}

/*
 * Locks that were changed or given up may be what others wait for.  Whoever saw
 * them as they were is on the queue by now.
 */
static void
tell_waiters(struct file_locks *l)
{
	if (!wait_queue_active(&l->queue))
		return;
	lock_wait_again(l);
	wait_queue_wake(&l->queue, 0);
}

static int
wait_for_lock(struct attempt *t)
{
	struct lock_waiter w;
	int err;

	if (t->r->kind == LOCK_KIND_POSIX) {
		lock_wait_begin(&w, t->locks, t->r->owner);
		t->waiter = &w;
	}
	err = wait_event_interruptible(&t->locks->queue, try_lock(t));
	if (t->waiter)
		lock_wait_end(&w);
	t->waiter = NULL;
	return err ? -ERESTARTSYS : t->err;
}

static int
attempt(struct attempt *t)
{
	int err;

	try_lock(t);
	err = t->err;
	if (err == -EAGAIN && t->r->wait) {
		/* Giving up our own flock may have let somebody else in. */
		if (t->gave_up)
			tell_waiters(t->locks);
		err = wait_for_lock(t);
	}
	tell_waiters(t->locks);
	return err;
}

int
file_lock_set(struct file *f, const struct file_lock_request *r)
{
	struct attempt t = { .r = r };
	int err = -ENOMEM;

	if (r->type == LOCK_TYPE_NONE && !locks_of(f->inode))
		return 0;
	t.locks = locks_get(f->inode);
	t.fresh = kmalloc(sizeof(*t.fresh));
	t.spare = kmalloc(sizeof(*t.spare));
	if (t.locks && t.fresh && t.spare)
		err = attempt(&t);
	kfree(t.fresh);
	kfree(t.spare);
	return err;
}

void
file_lock_test(struct file *f, struct file_lock_request *r)
{
	struct file_locks *l = locks_of(f->inode);
	struct file_lock *a = NULL;

	if (l) {
		spin_lock(&l->lock);
		a = find_conflict(l, r);
		if (a) {
			r->kind = a->kind;
			r->type = a->type;
			r->pid = a->pid;
			r->start = a->start;
			r->end = a->end;
		}
		spin_unlock(&l->lock);
	}
	if (!a)
		r->type = LOCK_TYPE_NONE;
}

/* --- the end of owners ---------------------------------------------------- */

/* How many there were. */
static unsigned
drop_all(struct list_node *list, const void *owner)
{
	struct file_lock *a, *next;
	unsigned n = 0;

	list_for_each_safe (a, next, list, link) {
		if (a->owner != owner)
			continue;
		lock_drop(a);
		n++;
	}
	return n;
}

static void
drop_owned(struct file_locks *l, const void *owner)
{
	unsigned n;

	spin_lock(&l->lock);
	n = drop_all(&l->flocks, owner);
	n += drop_all(&l->ranges, owner);
	spin_unlock(&l->lock);
	if (n)
		tell_waiters(l);
}

void
file_locks_close(struct file *f, const void *owner)
{
	struct file_locks *l = f->inode ? locks_of(f->inode) : NULL;

	if (unlikely(l))
		drop_owned(l, owner);
}

void
file_locks_release(struct file *f)
{
	file_locks_close(f, f);
}
