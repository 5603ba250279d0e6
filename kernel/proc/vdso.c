/* SPDX-License-Identifier: MIT */
#include "proc/vdso.h"

#include "arch/vdso.h"
#include "core/klog.h"
#include "core/spinlock.h"
#include "core/wallclock.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "vm/space.h"

/*
 * proc/vdso.c - the vDSO in address spaces.
 *
 * The data page is changed through the direct map, under a sequence number:
 * odd while it changes.  Programs see the same frame, read-only.
 */

static struct vm_object *object; /* [I] data page, then the image */
static struct vdso_data *data;   /* [V] the data page, direct map */
static struct spinlock data_lock = SPINLOCK_INIT(LOCK_FS_CONTEXT, "vdso");

static size_t
image_size(void)
{
	return (size_t)(vdso_image_end - vdso_image_start);
}

/* Page `index` of the object, filled with n bytes; NULL = no memory. */
static void *
fill_page(struct vm_object *o, uint64_t index, const void *from, size_t n)
{
	struct frame *f;
	void *bytes;

	if (vm_object_page(o, index, OBJECT_CREATE, &f))
		return NULL;
	bytes = frame_data(f);
	memcpy(bytes, from, n);
	frame_put(f); /* the object keeps it */
	return bytes;
}

void
vdso_init(void)
{
	struct vdso_data first = { 0 };
	struct vm_object *o = vm_object_create_anon();

	if (!o)
		return;
	clock_fill_vdso(&first);
	first.wall_offset = wallclock_offset_ns();
	data = fill_page(o, 0, &first, sizeof(first));
	for (size_t off = 0; data && off < image_size(); off += PAGE_SIZE)
		if (!fill_page(o, 1 + off / PAGE_SIZE, vdso_image_start + off,
			       PAGE_SIZE))
			data = NULL;
	if (data)
		object = o;
	else
		vm_object_put(o);
}

/* The data is shared so that it stays the kernel's page whatever happens. */
static int
map_part(struct vm_space *s, vaddr_t at, size_t size, uint64_t offset,
	 unsigned bits)
{
	struct vm_map_request r = {
		.addr = at,
		.size = size,
		.bits = bits | AREA_READ | AREA_VDSO,
		.object = object,
		.offset = offset,
		.fixed = true,
	};
	vaddr_t got;

	return vm_map(s, &r, &got);
}

int
vdso_map(struct vm_space *s, vaddr_t *image)
{
	vaddr_t base;
	int err;

	*image = 0;
	if (!object)
		return 0;
	base = s->mmap_top - image_size() - PAGE_SIZE;
	err = map_part(s, base, PAGE_SIZE, 0, AREA_SHARED);
	if (!err)
		err = map_part(s, base + PAGE_SIZE, image_size(), PAGE_SIZE,
			       AREA_EXEC);
	if (!err)
		*image = base + PAGE_SIZE;
	return err;
}

void
vdso_update(void)
{
	if (!data)
		return;
	spin_lock(&data_lock);
	__atomic_store_n(&data->seq, data->seq + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	data->wall_offset = wallclock_offset_ns();
	__atomic_store_n(&data->seq, data->seq + 1, __ATOMIC_RELEASE);
	spin_unlock(&data_lock);
}
