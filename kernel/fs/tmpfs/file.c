/* SPDX-License-Identifier: MIT */

/*
 * fs/tmpfs/file.c - regular files: copying between programs and pages.
 *
 * A page that a write covers wholly is not cleared first.  It must not be seen
 * before it is filled, or it would show what its frame held before; so the
 * frame is filled while nobody knows it and then put into the object.  If a
 * page fault was faster, the bytes go into its page instead.
 *
 * Reads take no lock: a page is kept by its reference, and a size read once
 * bounds the copy.  Writes and changes of size exclude each other by the
 * inode's lock, which may be held while user memory faults; the object's may
 * not, and is not.
 */

#include "fs/tmpfs/tmpfs.h"

#include <linux/fcntl.h>
#include <linux/mount.h>

#include "lib/errno.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "vm/space.h"

/* --- counting ------------------------------------------------------------- */

static int
charge(struct tmpfs_file *t)
{
	struct tmpfs *fs = t->fs;

	if (!fs)
		return 0;
	if (atomic_fetch_add(&fs->used_pages, 1) >= fs->max_pages) {
		atomic_fetch_sub(&fs->used_pages, 1);
		return -ENOSPC;
	}
	atomic_fetch_add_explicit(&t->charged, 1, memory_order_relaxed);
	return 0;
}

static void
uncharge(struct tmpfs_file *t, uint64_t pages)
{
	if (!t->fs)
		return;
	atomic_fetch_sub(&t->charged, pages);
	atomic_fetch_sub(&t->fs->used_pages, pages);
}

/*
 * Faults count a page before they know that it will be kept, and a truncation
 * may come in between: the object's own number is the truth.
 */
void
tmpfs_file_settle(struct tmpfs_file *t)
{
	uint64_t pages;

	mutex_lock(&t->object.lock);
	pages = t->object.pages;
	if (t->fs)
		atomic_fetch_add(&t->fs->used_pages,
				 pages - atomic_exchange(&t->charged, pages));
	mutex_unlock(&t->object.lock);
}

/* --- the object ----------------------------------------------------------- */

static struct tmpfs_file *
file_of(struct vm_object *o)
{
	return container_of(o, struct tmpfs_file, object);
}

/* A page appears by a fault or by fallocate: it is zero already. */
static int
object_fill(struct vm_object *o, uint64_t index, struct frame *f)
{
	return charge(file_of(o));
}

static uint64_t
object_size(struct vm_object *o)
{
	return file_of(o)->size;
}

static void
object_release(struct vm_object *o)
{
	vm_object_fini(o);
	kfree(file_of(o));
}

static bool
object_sealed(struct vm_object *o)
{
	return tmpfs_seals_write(file_of(o));
}

static const struct vm_object_ops tmpfs_object_ops = {
	.sealed = object_sealed,
	.fill = object_fill,
	.size = object_size,
	.release = object_release,
};

int
tmpfs_file_init(struct inode *i)
{
	struct tmpfs_file *t = kmalloc(sizeof(*t));

	if (!t)
		return -ENOMEM;
	vm_object_init(&t->object, &tmpfs_object_ops);
	t->fs = tmpfs_of(i->sb);
	t->seals = F_SEAL_SEAL; /* files with names take none */
	i->data = t;
	i->object = &t->object;
	return 0;
}

void
tmpfs_file_destroy(struct inode *i)
{
	struct tmpfs_file *t = i->data;

	if (!t)
		return;
	vm_object_truncate(&t->object, 0);
	mutex_lock(&t->object.lock);
	uncharge(t, t->charged);
	t->fs = NULL;
	mutex_unlock(&t->object.lock);
	vm_object_put(&t->object);
}

/* --- reading -------------------------------------------------------------- */

/* n bytes at off of page index, a hole being zero.  Count or error. */
static ssize_t
read_page(struct vm_object *o, struct uio *u, uint64_t pos, size_t n)
{
	struct frame *f;
	size_t done;
	int err;

	err = vm_object_page(o, pos >> PAGE_SHIFT, 0, &f);
	if (err)
		return err;
	if (f) {
		const char *data = frame_data(f);

		done = uio_copy_out(u, data + pos % PAGE_SIZE, n);
		frame_put(f);
	} else {
		done = uio_zero_out(u, n);
	}
	return done ? (ssize_t)done : -EFAULT;
}

static ssize_t
tmpfs_read(struct file *f, struct uio *u, uint64_t *pos)
{
	struct inode *i = f->inode;
	uint64_t start = *pos, at = start, size = i->size;
	ssize_t done = 0;

	while (u->left && at < size) {
		size_t n = PAGE_SIZE - at % PAGE_SIZE;

		n = MIN(n, MIN(u->left, size - at));
		done = read_page(i->object, u, at, n);
		if (done < 0)
			break;
		at += (uint64_t)done;
		if ((size_t)done < n)
			break;
	}
	if (!(f->flags & O_NOATIME) && !(f->path.mount->flags & MS_NOATIME))
		inode_touch_read(i);
	*pos = at;
	return at > start ? (ssize_t)(at - start) : MIN(done, 0);
}

/* --- writing -------------------------------------------------------------- */

static ssize_t
copy_in_page(struct frame *f, struct uio *u, size_t off, size_t n)
{
	char *data = frame_data(f);
	size_t done = uio_copy_in(u, data + off, n);

	return done ? (ssize_t)done : -EFAULT;
}

/* A fault put a page there meanwhile: the bytes go into that one. */
static int
copy_to_winner(struct vm_object *o, uint64_t index, const char *data,
	       size_t off, size_t n)
{
	struct frame *f;
	char *page;
	int err;

	err = vm_object_page(o, index, OBJECT_CREATE, &f);
	if (err)
		return err;
	page = frame_data(f);
	memcpy(page + off, data + off, n);
	frame_put(f);
	return 0;
}

/* Fill a frame nobody knows yet, then make it the page. */
static ssize_t
write_new_page(struct tmpfs_file *t, struct uio *u, uint64_t pos, size_t n)
{
	bool whole = n == PAGE_SIZE;
	size_t off = pos % PAGE_SIZE;
	struct frame *f;
	ssize_t done;
	int err;

	err = charge(t);
	if (err)
		return err;
	f = frame_alloc(FRAME_CACHE, whole ? FRAME_ANY : FRAME_ZERO);
	if (!f) {
		uncharge(t, 1);
		return -ENOMEM;
	}
	done = copy_in_page(f, u, off, n);
	if (done > 0) {
		char *data = frame_data(f);

		if (whole && (size_t)done < PAGE_SIZE)
			memset(data + done, 0, PAGE_SIZE - (size_t)done);
		err = vm_object_insert(&t->object, pos >> PAGE_SHIFT, f);
		if (!err)
			return done;
		if (err == -EEXIST)
			err = copy_to_winner(&t->object, pos >> PAGE_SHIFT,
					     data, off, (size_t)done);
	}
	uncharge(t, 1);
	frame_put(f);
	return err ? err : done;
}

static ssize_t
write_page(struct tmpfs_file *t, struct uio *u, uint64_t pos, size_t n)
{
	struct frame *f;
	ssize_t done;
	int err;

	err = vm_object_page(&t->object, pos >> PAGE_SHIFT, 0, &f);
	if (err)
		return err;
	if (!f)
		return write_new_page(t, u, pos, n);
	done = copy_in_page(f, u, pos % PAGE_SIZE, n);
	frame_put(f);
	return done;
}

static void
set_size(struct inode *i, uint64_t size)
{
	struct tmpfs_file *t = i->data;

	__atomic_store_n(&i->size, size, __ATOMIC_RELEASE);
	t->size = size;
}

/* The inode is locked.  Count or error. */
static ssize_t
write_locked(struct inode *i, struct uio *u, uint64_t start)
{
	uint64_t at = start;
	ssize_t done = 0;

	while (u->left) {
		size_t n = PAGE_SIZE - at % PAGE_SIZE;

		n = MIN(n, u->left);
		done = at + n > i->size
			       ? tmpfs_seals_resize(i->data, i->size, at + n)
			       : 0;
		if (!done)
			done = write_page(i->data, u, at, n);
		if (done < 0)
			break;
		at += (uint64_t)done;
		if (at > i->size)
			set_size(i, at);
		if ((size_t)done < n)
			break;
	}
	return at > start ? (ssize_t)(at - start) : MIN(done, 0);
}

static ssize_t
tmpfs_write(struct file *f, struct uio *u, uint64_t *pos)
{
	struct inode *i = f->inode;
	uint64_t start;
	ssize_t done;

	if (u->left == 0)
		return 0;
	mutex_lock(&i->lock);
	start = u->append || (f->flags & O_APPEND) ? i->size : *pos;
	if (start >= INT64_MAX || u->left > INT64_MAX - start) {
		mutex_unlock(&i->lock);
		return -EFBIG;
	}
	if (tmpfs_seals_write(i->data)) {
		mutex_unlock(&i->lock);
		return -EPERM;
	}
	inode_drop_setid(i);
	done = write_locked(i, u, start);
	inode_touch(i, ATTR_MTIME | ATTR_CTIME);
	mutex_unlock(&i->lock);
	if (done > 0)
		*pos = start + (uint64_t)done;
	return done;
}

/* --- size and mappings ---------------------------------------------------- */

void
tmpfs_file_zero(struct inode *i, uint64_t start, uint64_t end)
{
	struct frame *f;
	char *data;

	if (start >= end ||
	    vm_object_page(i->object, start >> PAGE_SHIFT, 0, &f) || !f)
		return;
	data = frame_data(f);
	memset(data + start % PAGE_SIZE, 0, end - start);
	frame_put(f);
}

/*
 * Why the order matters: with the size small first, a fault that comes later
 * finds nothing to map, and one that came before is undone at the end.
 */
int
tmpfs_file_resize(struct inode *i, uint64_t size)
{
	uint64_t old = i->size, first = (size + PAGE_SIZE - 1) >> PAGE_SHIFT;

	set_size(i, size);
	if (size > old)
		return 0;
	/* Also at the same size: fallocate may have put pages behind it. */
	tmpfs_file_zero(i, size, MIN(ALIGN_UP(size, PAGE_SIZE), old));
	vm_object_truncate(i->object, first);
	vm_object_unmap(i->object, first, UINT64_MAX);
	tmpfs_file_settle(i->data);
	return 0;
}

static int
tmpfs_mmap(struct file *f, struct vm_map_request *r)
{
	r->object = f->inode->object;
	if ((r->bits & AREA_SHARED) && tmpfs_seals_write(f->inode->data)) {
		if (r->bits & AREA_WRITE)
			return -EPERM;
		r->bits &= ~(unsigned)AREA_MAY_WRITE;
	}
	return 0;
}

/* There is nothing below to write to. */
static int
tmpfs_sync(struct file *f)
{
	return 0;
}

const struct file_ops tmpfs_file_ops = {
	.read = tmpfs_read,
	.write = tmpfs_write,
	.seek = tmpfs_file_seek,
	.mmap = tmpfs_mmap,
	.sync = tmpfs_sync,
	.allocate = tmpfs_file_allocate,
};
