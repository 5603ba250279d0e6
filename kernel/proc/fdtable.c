/* SPDX-License-Identifier: MIT */
#include "proc/fdtable.h"

#include <linux/fcntl.h>

#include "fs/locks.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/slab.h"

/*
 * proc/fdtable.c - file descriptors.
 *
 * Growing allocates outside the lock and swaps the arrays under it; the three
 * arrays are one allocation, so they grow together or not at all.
 */

#define FIRST_SIZE 64

struct fd_arrays {
	struct file **files;
	uint64_t *used, *cloexec;
};

static bool
arrays_alloc(struct fd_arrays *a, int size)
{
	size_t words = (size_t)size / 64;
	char *block = kmalloc((size_t)size * sizeof(struct file *) +
			      2 * words * sizeof(uint64_t));

	if (!block)
		return false;
	a->files = (struct file **)block;
	a->used = (uint64_t *)(block + (size_t)size * sizeof(struct file *));
	a->cloexec = a->used + words;
	return true;
}

static bool
bit_test(const uint64_t *map, int fd)
{
	return map[fd / 64] >> (fd % 64) & 1;
}

static void
bit_set(uint64_t *map, int fd, bool on)
{
	if (on)
		map[fd / 64] |= 1ULL << (fd % 64);
	else
		map[fd / 64] &= ~(1ULL << (fd % 64));
}

struct fd_table *
fd_table_create(void)
{
	struct fd_table *t = kmalloc(sizeof(*t));
	struct fd_arrays a;

	if (!t)
		return NULL;
	if (!arrays_alloc(&a, FIRST_SIZE)) {
		kfree(t);
		return NULL;
	}
	refcount_set(&t->users, 1);
	refcount_set(&t->holds, 1);
	spin_init(&t->lock, LOCK_FD_TABLE, "fd_table");
	t->files = a.files;
	t->used = a.used;
	t->cloexec = a.cloexec;
	t->size = FIRST_SIZE;
	return t;
}

/* Make room for descriptor fd.  Called without the lock; -ENOMEM. */
static int
table_grow(struct fd_table *t, int fd)
{
	struct file **old_files;
	struct fd_arrays a;
	int size = FIRST_SIZE;
	size_t old;

	while (size <= fd)
		size *= 2;
	if (!arrays_alloc(&a, size))
		return -ENOMEM;
	spin_lock(&t->lock);
	if (t->size > fd) { /* somebody else was faster */
		spin_unlock(&t->lock);
		kfree(a.files);
		return 0;
	}
	old = (size_t)t->size;
	memcpy(a.files, t->files, old * sizeof(*a.files));
	memcpy(a.used, t->used, old / 8);
	memcpy(a.cloexec, t->cloexec, old / 8);
	old_files = t->files;
	t->files = a.files;
	t->used = a.used;
	t->cloexec = a.cloexec;
	t->size = size;
	spin_unlock(&t->lock);
	kfree(old_files);
	return 0;
}

/* The highest descriptor in use plus one; lock held. */
static int
table_top(const struct fd_table *t)
{
	for (int w = t->size / 64 - 1; w >= 0; w--)
		if (t->used[w])
			return w * 64 + 64 - __builtin_clzll(t->used[w]);
	return 0;
}

/* Take what `from` holds; false if it has outgrown us meanwhile. */
static bool
copy_slots(struct fd_table *t, struct fd_table *from)
{
	spin_lock(&from->lock);
	int top = table_top(from);

	if (top > t->size) {
		spin_unlock(&from->lock);
		return false;
	}
	t->next = from->next;
	for (int fd = 0; fd < top; fd++) {
		if (!from->files[fd]) {
			t->next = MIN(t->next, fd); /* reserved there */
			continue;
		}
		file_get(from->files[fd]);
		t->files[fd] = from->files[fd];
		bit_set(t->used, fd, true);
		bit_set(t->cloexec, fd, bit_test(from->cloexec, fd));
	}
	spin_unlock(&from->lock);
	return true;
}

struct fd_table *
fd_table_copy(struct fd_table *from)
{
	struct fd_table *t = fd_table_create();

	if (!t)
		return NULL;
	while (!copy_slots(t, from)) {
		if (table_grow(t,
			       __atomic_load_n(&from->size, __ATOMIC_RELAXED) -
				       1)) {
			fd_table_put(t);
			return NULL;
		}
	}
	return t;
}

void
fd_table_get(struct fd_table *t)
{
	refcount_get(&t->users);
}

bool
fd_table_is_shared(const struct fd_table *t)
{
	return refcount_read(&t->users) > 1;
}

void
fd_table_hold(struct fd_table *t)
{
	refcount_get(&t->holds);
}

void
fd_table_drop(struct fd_table *t)
{
	if (!refcount_put(&t->holds))
		return;
	kfree(t->files);
	kfree(t);
}

void
fd_table_put(struct fd_table *t)
{
	int fd = -1;

	if (!refcount_put(&t->users))
		return;
	while ((fd = fd_next(t, fd + 1)) >= 0)
		(void)fd_close(t, fd);
	fd_table_drop(t);
}

/* --- slots --- */

struct file *
fd_get(struct fd_table *t, int fd)
{
	struct file *f = NULL;

	spin_lock(&t->lock);
	if ((unsigned)fd < (unsigned)t->size)
		f = t->files[fd];
	if (f)
		file_get(f);
	spin_unlock(&t->lock);
	return f;
}

/* Lowest free descriptor >= min; t->size if the table is full. Lock held. */
static int
lowest_free(const struct fd_table *t, int min)
{
	int fd = MAX(min, t->next);

	while (fd < t->size) {
		uint64_t free = ~t->used[fd / 64] >> (fd % 64);

		if (free)
			return fd + __builtin_ctzll(free);
		fd = (fd / 64 + 1) * 64;
	}
	return MAX(fd, t->size);
}

static void
slot_fill(struct fd_table *t, int fd, struct file *f, bool cloexec)
{
	t->files[fd] = f;
	bit_set(t->used, fd, true);
	bit_set(t->cloexec, fd, cloexec);
	if (fd == t->next)
		t->next = fd + 1;
}

/* Returns the file that was there, for the caller to put. */
static struct file *
slot_clear(struct fd_table *t, int fd)
{
	struct file *f = t->files[fd];

	t->files[fd] = NULL;
	bit_set(t->used, fd, false);
	bit_set(t->cloexec, fd, false);
	if (fd < t->next)
		t->next = fd;
	return f;
}

/* Closing any descriptor of a file drops the locks that belong to the table. */
static void
slot_close(struct fd_table *t, struct file *f)
{
	file_locks_close(f, t);
	file_put(f);
}

/* Find the lowest slot as fd_install() does; returns with the lock if >= 0. */
static int
find_slot(struct fd_table *t, int min, int limit) NO_LOCK_ANALYSIS
{
	int fd, err;

	for (;;) {
		spin_lock(&t->lock);
		fd = lowest_free(t, min);
		if (fd < t->size && fd < limit)
			return fd;
		spin_unlock(&t->lock);
		if (fd >= limit)
			return -EMFILE;
		err = table_grow(t, fd);
		if (err)
			return err;
	}
}

int
fd_install(struct fd_table *t, struct file *f, int min, int limit,
	   bool cloexec) NO_LOCK_ANALYSIS
{
	int fd = find_slot(t, min, limit);

	if (fd < 0)
		return fd;
	slot_fill(t, fd, f, cloexec);
	spin_unlock(&t->lock);
	return fd;
}

/* In use, but without a file: no call but fd_next() finds it. */
int
fd_reserve(struct fd_table *t, int min, int limit) NO_LOCK_ANALYSIS
{
	int fd = find_slot(t, min, limit);

	if (fd < 0)
		return fd;
	slot_fill(t, fd, NULL, false);
	spin_unlock(&t->lock);
	return fd;
}

void
fd_fill(struct fd_table *t, int fd, struct file *f, bool cloexec)
{
	spin_lock(&t->lock);
	slot_fill(t, fd, f, cloexec);
	spin_unlock(&t->lock);
}

void
fd_unreserve(struct fd_table *t, int fd)
{
	spin_lock(&t->lock);
	(void)slot_clear(t, fd);
	spin_unlock(&t->lock);
}

/* Both under one lock: another thread can close neither in between. */
int
fd_install_pair(struct fd_table *t, struct file *a, struct file *b, int limit,
		bool cloexec, int fds[2])
{
	int err;

	for (;;) {
		spin_lock(&t->lock);
		fds[0] = lowest_free(t, 0);
		fds[1] = lowest_free(t, fds[0] + 1);
		if (fds[1] < t->size && fds[1] < limit)
			break;
		spin_unlock(&t->lock);
		if (fds[1] >= limit)
			return -EMFILE;
		err = table_grow(t, fds[1]);
		if (err)
			return err;
	}
	slot_fill(t, fds[0], a, cloexec);
	slot_fill(t, fds[1], b, cloexec);
	spin_unlock(&t->lock);
	return 0;
}

int
fd_replace(struct fd_table *t, int fd, struct file *f, int limit, bool cloexec)
{
	struct file *old;
	int err;

	if (fd < 0 || fd >= limit)
		return -EBADF;
	if (fd >= t->size) {
		err = table_grow(t, fd);
		if (err)
			return err;
	}
	spin_lock(&t->lock);
	if (bit_test(t->used, fd) && !t->files[fd]) {
		spin_unlock(&t->lock);
		return -EBUSY;
	}
	old = t->files[fd] ? slot_clear(t, fd) : NULL;
	slot_fill(t, fd, f, cloexec);
	spin_unlock(&t->lock);
	if (old)
		slot_close(t, old);
	return fd;
}

int
fd_close(struct fd_table *t, int fd)
{
	struct file *f = NULL;

	spin_lock(&t->lock);
	if ((unsigned)fd < (unsigned)t->size && t->files[fd])
		f = slot_clear(t, fd);
	spin_unlock(&t->lock);
	if (!f)
		return -EBADF;
	slot_close(t, f);
	return 0;
}

int
fd_next(struct fd_table *t, int fd)
{
	int found = -1;

	spin_lock(&t->lock);
	while (fd < t->size) {
		uint64_t used = t->used[fd / 64] >> (fd % 64);

		if (used) {
			found = fd + __builtin_ctzll(used);
			break;
		}
		fd = (fd / 64 + 1) * 64;
	}
	spin_unlock(&t->lock);
	return found;
}

int
fd_close_range(struct fd_table *t, unsigned first, unsigned last,
	       bool only_mark_cloexec)
{
	int fd;

	if (first > last)
		return -EINVAL;
	if (first > INT32_MAX)
		return 0;
	for (fd = fd_next(t, (int)first); fd >= 0 && (unsigned)fd <= last;
	     fd = fd_next(t, fd + 1)) {
		if (only_mark_cloexec)
			(void)fd_set_cloexec(t, fd, true);
		else
			(void)fd_close(t, fd);
	}
	return 0;
}

void
fd_table_close_on_exec(struct fd_table *t)
{
	bool cloexec;
	int fd;

	for (fd = fd_next(t, 0); fd >= 0; fd = fd_next(t, fd + 1))
		if (fd_get_cloexec(t, fd, &cloexec) && cloexec)
			(void)fd_close(t, fd);
}

bool
fd_get_cloexec(struct fd_table *t, int fd, bool *out)
{
	bool open = false;

	spin_lock(&t->lock);
	if ((unsigned)fd < (unsigned)t->size && t->files[fd]) {
		open = true;
		*out = bit_test(t->cloexec, fd);
	}
	spin_unlock(&t->lock);
	return open;
}

bool
fd_set_cloexec(struct fd_table *t, int fd, bool on)
{
	bool open = false;

	spin_lock(&t->lock);
	if ((unsigned)fd < (unsigned)t->size && t->files[fd]) {
		open = true;
		bit_set(t->cloexec, fd, on);
	}
	spin_unlock(&t->lock);
	return open;
}
