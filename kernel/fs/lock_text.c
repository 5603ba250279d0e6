/* SPDX-License-Identifier: MIT */
#include "fs/locks_priv.h"
#include "fs/procfs/procfs.h"
#include "lib/errno.h"
#include "mm/slab.h"

/*
 * fs/lock_text.c - /proc/locks: every lock there is.
 *
 * Text cannot be made with spinlocks held, so the locks are counted, room is
 * taken, and as many copied as fit: what was added meanwhile is left out.
 */

static struct spinlock all_lock = SPINLOCK_INIT(LOCK_ALL_LOCKS, "all locks");
static struct list_node all_locks = LIST_INIT(all_locks); /* [A] */

struct lock_line {
	struct file_lock lock;
	dev_t dev;
	ino_t ino;
};

void
lock_text_add(struct file_locks *l)
{
	spin_lock(&all_lock);
	list_push_back(&all_locks, &l->in_all);
	spin_unlock(&all_lock);
}

void
lock_text_remove(struct file_locks *l)
{
	spin_lock(&all_lock);
	list_remove(&l->in_all);
	spin_unlock(&all_lock);
}

static size_t
copy_list(struct file_locks *l, struct list_node *list, struct lock_line *to,
	  size_t room)
{
	struct file_lock *a;
	size_t n = 0;

	list_for_each (a, list, link) {
		if (n < room)
			to[n] = (struct lock_line){ *a, l->dev, l->ino };
		n++;
	}
	return n;
}

/* How many there are; the first `room` of them are copied. */
static size_t
copy_all(struct lock_line *to, size_t room)
{
	struct file_locks *l;
	size_t n = 0;

	spin_lock(&all_lock);
	list_for_each (l, &all_locks, in_all) {
		spin_lock(&l->lock);
		n += copy_list(l, &l->flocks, to + n, room - MIN(n, room));
		n += copy_list(l, &l->ranges, to + n, room - MIN(n, room));
		spin_unlock(&l->lock);
	}
	spin_unlock(&all_lock);
	return n;
}

static void
put_line(struct proc_text *t, size_t nr, const struct lock_line *line)
{
	static const char *const kinds[] = {
		[LOCK_KIND_FLOCK] = "FLOCK ",
		[LOCK_KIND_POSIX] = "POSIX ",
		[LOCK_KIND_OPEN] = "OFDLCK",
	};
	const struct file_lock *a = &line->lock;

	proc_printf(t, "%zu: %s ADVISORY  %s %d %02x:%02x:%llu ", nr,
		    kinds[a->kind],
		    a->type == LOCK_TYPE_EXCLUSIVE ? "WRITE" : "READ", a->pid,
		    dev_major(line->dev), dev_minor(line->dev),
		    (unsigned long long)line->ino);
	if (a->end >= INT64_MAX)
		proc_printf(t, "%llu EOF\n", (unsigned long long)a->start);
	else
		proc_printf(t, "%llu %llu\n", (unsigned long long)a->start,
			    (unsigned long long)a->end);
}

static int
show_locks(UNUSED pid_t pid, struct proc_text *t)
{
	size_t room = copy_all(NULL, 0), n;
	struct lock_line *lines;

	if (!room)
		return 0;
	lines = kcalloc(room, sizeof(*lines));
	if (!lines)
		return -ENOMEM;
	n = MIN(copy_all(lines, room), room);
	for (size_t i = 0; i < n; i++)
		put_line(t, i + 1, &lines[i]);
	kfree(lines);
	return 0;
}

void
file_locks_init(void)
{
	static const struct proc_file file = {
		.name = "locks",
		.mode = 0444,
		.show = show_locks,
	};

	procfs_register(file.name, &file);
}
