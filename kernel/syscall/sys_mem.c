/* SPDX-License-Identifier: MIT */
#include <linux/mman.h>

#include "mm/slab.h"
#include "proc/personality.h"
#include "syscall/define.h"

/*
 * syscall/sys_mem.c - the address space of the caller.
 */

#define PROT_KNOWN (PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM)

static unsigned
bits_of_prot(unsigned prot)
{
	return (prot & PROT_READ ? AREA_READ : 0) |
	       (prot & PROT_WRITE ? AREA_WRITE : 0) |
	       (prot & PROT_EXEC ? AREA_EXEC : 0);
}

static int
decode_flags(unsigned flags, struct vm_map_request *r)
{
	switch (flags & MAP_TYPE) {
	case MAP_SHARED:
	case MAP_SHARED_VALIDATE:
		r->bits |= AREA_SHARED;
		break;
	case MAP_PRIVATE:
		break;
	default:
		return -EINVAL;
	}
	if (flags & MAP_HUGETLB)
		return -EINVAL; /* no pool of huge pages is kept */
	if (flags & MAP_GROWSDOWN)
		r->bits |= AREA_GROWS_DOWN;
	r->no_replace = flags & MAP_FIXED_NOREPLACE;
	r->fixed = (flags & MAP_FIXED) || r->no_replace;
	r->populate = (flags & MAP_POPULATE) && !(flags & MAP_NONBLOCK);
	if (flags & MAP_LOCKED)
		r->bits |= AREA_LOCKED;
	if (flags & MAP_NORESERVE)
		r->bits |= AREA_NO_RESERVE;
	r->bits |= AREA_MAY_WRITE;
	return 0;
}

/* READ_IMPLIES_EXEC, but not for files that may not be executed. */
static void
add_implied(struct vm_map_request *r, const struct file *f)
{
	if ((r->bits & AREA_READ) && !(f && file_noexec(f)))
		r->bits |= task_read_implies(current_task());
}

/* The rules of mmap(2) for a file's access mode. */
/* Memory of no file, or of /dev/zero: what is shared needs an object. */
static int
map_no_object(struct vm_map_request *r)
{
	int err;

	r->object = vm_object_create_anon();
	if (!r->object)
		return -ENOMEM;
	err = vm_map(current_task()->space, r, &r->addr);
	vm_object_put(r->object);
	return err;
}

static int
map_file(struct vm_map_request *r, int fd)
{
	struct file *f = fd_get(current_task()->files, fd);
	int err = -EACCES;

	if (!f)
		return -EBADF;
	add_implied(r, f);
	if (!file_readable(f))
		goto put;
	if ((r->bits & AREA_SHARED) && !file_writable(f)) {
		if (r->bits & AREA_WRITE)
			goto put;
		r->bits &= ~(unsigned)AREA_MAY_WRITE;
	}
	err = file_mmap(f, r);
	if (!err && (r->bits & AREA_SHARED) && !r->object)
		err = map_no_object(r);
	else if (!err)
		err = vm_map(current_task()->space, r, &r->addr);
put:
	file_put(f);
	return err;
}

static int
map_anonymous(struct vm_map_request *r)
{
	add_implied(r, NULL);
	return r->bits & AREA_SHARED
		       ? map_no_object(r)
		       : vm_map(current_task()->space, r, &r->addr);
}

/*
 * mmap(2): -EACCES, -EBADF, -EEXIST, -EINVAL (also MAP_HUGETLB), -ENODEV,
 * -ENOMEM.
 */
SYSCALL6(mmap, vaddr_t, addr, size_t, size, unsigned, prot, unsigned, flags,
	 int, fd, uint64_t, offset)
{
	struct vm_map_request r = { .addr = addr, .offset = offset };
	int err;

	if ((offset & ~PAGE_MASK) || !size)
		return -EINVAL;
	r.size = ALIGN_UP(size, PAGE_SIZE);
	if (r.size < size)
		return -ENOMEM;
	if (offset + r.size < offset)
		return -EOVERFLOW;
	r.bits = bits_of_prot(prot);
	err = decode_flags(flags, &r);
	if (!err && r.fixed && (addr & ~PAGE_MASK))
		err = -EINVAL;
	if (!err && (flags & MAP_LOCKED) && !vm_may_lock(current_task()->space))
		err = -EPERM;
	if (err)
		return err;
	if (flags & MAP_ANONYMOUS) {
		r.offset = 0;
		err = map_anonymous(&r);
	} else {
		err = map_file(&r, fd);
	}
	return err ? err : (long)r.addr;
}

/* munmap(2): -EINVAL, -ENOMEM. */
SYSCALL2(munmap, vaddr_t, addr, size_t, size)
{
	size_t whole = ALIGN_UP(size, PAGE_SIZE);

	if ((addr & ~PAGE_MASK) || !size || whole < size)
		return -EINVAL;
	return vm_unmap(current_task()->space, addr, whole);
}

static long
protect(vaddr_t addr, size_t size, unsigned prot)
{
	size_t whole = ALIGN_UP(size, PAGE_SIZE);
	unsigned bits = bits_of_prot(prot);
	unsigned implied =
		bits & AREA_READ ? task_read_implies(current_task()) : 0;
	int err;

	if ((addr & ~PAGE_MASK) || (prot & ~(unsigned)PROT_KNOWN))
		return -EINVAL;
	if (whole < size)
		return -ENOMEM;
	if (!size)
		return 0;
	err = vm_protect(current_task()->space, addr, whole, bits | implied);
	/* What may not be executed is still to be readable. */
	if (err == -EACCES && (implied & ~bits))
		err = vm_protect(current_task()->space, addr, whole, bits);
	return err;
}

/* mprotect(2): -EACCES, -EINVAL, -ENOMEM. */
SYSCALL3(mprotect, vaddr_t, addr, size_t, size, unsigned, prot)
{
	return protect(addr, size, prot);
}

/*
 * Protection keys: CR4.PKE stays off whatever the processor can do, so all is
 * as Linux has it without them.  No key can be had, and only "no key" be used.
 */

/* pkey_mprotect(2): -EINVAL (a key), and as mprotect(2). */
SYSCALL4(pkey_mprotect, vaddr_t, addr, size_t, size, unsigned, prot, int, key)
{
	return key == -1 ? protect(addr, size, prot) : -EINVAL;
}

/* pkey_alloc(2): -EINVAL, -ENOSPC. */
SYSCALL2(pkey_alloc, uintptr_t, flags, uintptr_t, rights)
{
	return flags || (rights & ~(uintptr_t)PKEY_ACCESS_MASK) ? -EINVAL
								: -ENOSPC;
}

SYSCALL1(pkey_free, int, key)
{
	return -EINVAL; /* none was given */
}

SYSCALL1(brk, vaddr_t, want)
{
	return (long)vm_brk(current_task()->space, want,
			    task_read_implies(current_task()));
}

/* mremap(2): -EFAULT, -EINVAL, -ENOMEM. */
SYSCALL5(mremap, vaddr_t, old, size_t, old_size, size_t, new_size, unsigned,
	 flags, vaddr_t, new_addr)
{
	size_t old_whole = ALIGN_UP(old_size, PAGE_SIZE);
	size_t new_whole = ALIGN_UP(new_size, PAGE_SIZE);
	int err;

	if ((old & ~PAGE_MASK) || !new_whole || old_whole < old_size ||
	    new_whole < new_size)
		return -EINVAL;
	err = vm_remap(current_task()->space, old, old_whole, new_whole, flags,
		       &new_addr);
	return err ? err : (long)new_addr;
}

/* msync(2): -EBUSY, -EINVAL, -EIO, -ENOMEM. */
SYSCALL3(msync, vaddr_t, addr, size_t, size, int, flags)
{
	size_t whole = ALIGN_UP(size, PAGE_SIZE);

	if ((addr & ~PAGE_MASK) ||
	    (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) ||
	    ((flags & MS_ASYNC) && (flags & MS_SYNC)))
		return -EINVAL;
	if (whole < size)
		return -ENOMEM;
	return whole ? vm_sync(current_task()->space, addr, whole,
			       flags & MS_INVALIDATE)
		     : 0;
}

/* madvise(2): -EINVAL, -ENOMEM. */
SYSCALL3(madvise, vaddr_t, addr, size_t, size, int, advice)
{
	size_t whole = ALIGN_UP(size, PAGE_SIZE);

	if ((addr & ~PAGE_MASK) || whole < size || addr + whole < addr)
		return -EINVAL;
	return vm_advise(current_task()->space, addr, whole, advice);
}

#define MINCORE_CHUNK 512 /* pages at a time */

/* mincore(2): -EFAULT, -EINVAL, -ENOMEM. */
SYSCALL3(mincore, vaddr_t, addr, size_t, size, uint8_t USER *, vec)
{
	uint8_t chunk[MINCORE_CHUNK];
	size_t pages = ALIGN_UP(size, PAGE_SIZE) / PAGE_SIZE;
	int err;

	if (addr & ~PAGE_MASK)
		return -EINVAL;
	if (size > USER_TOP || addr > USER_TOP - size)
		return -ENOMEM;
	while (pages) {
		size_t n = MIN(pages, MINCORE_CHUNK);

		err = vm_mincore(current_task()->space, addr, n * PAGE_SIZE,
				 chunk);
		if (!err && copy_to_user(vec, chunk, n))
			err = -EFAULT;
		if (err)
			return err;
		addr += n * PAGE_SIZE;
		vec += n;
		pages -= n;
	}
	return 0;
}

/* --- locking -------------------------------------------------------------- */

/* Whole pages around a range; false: it goes over the end of all addresses. */
static bool
whole_pages(vaddr_t *addr, size_t *size)
{
	size_t lead = *addr & ~PAGE_MASK, whole;

	if (__builtin_add_overflow(*size, lead + PAGE_SIZE - 1, &whole))
		return false;
	*addr -= lead;
	*size = whole & PAGE_MASK;
	return *addr + *size >= *addr;
}

static long
lock_range(vaddr_t addr, size_t size, bool on_fault)
{
	if (!vm_may_lock(current_task()->space))
		return -EPERM;
	if (!whole_pages(&addr, &size))
		return -EINVAL;
	return vm_lock(current_task()->space, addr, size, on_fault);
}

/* mlock(2): -EAGAIN, -EINVAL, -ENOMEM, -EPERM. */
SYSCALL2(mlock, vaddr_t, addr, size_t, size)
{
	return lock_range(addr, size, false);
}

SYSCALL3(mlock2, vaddr_t, addr, size_t, size, int, flags)
{
	if (flags & ~MLOCK_ONFAULT)
		return -EINVAL;
	return lock_range(addr, size, flags & MLOCK_ONFAULT);
}

SYSCALL2(munlock, vaddr_t, addr, size_t, size)
{
	if (!whole_pages(&addr, &size))
		return -EINVAL;
	return vm_unlock(current_task()->space, addr, size);
}

/* mlockall(2): -EINVAL, -ENOMEM, -EPERM. */
SYSCALL1(mlockall, unsigned, flags)
{
	return vm_lock_all(current_task()->space, flags);
}

SYSCALL0(munlockall)
{
	vm_unlock_all(current_task()->space);
	return 0;
}
