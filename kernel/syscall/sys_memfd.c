/* SPDX-License-Identifier: MIT */
#include <linux/limits.h>
#include <linux/memfd.h>

#include "fs/memfd.h"
#include "syscall/define.h"

/*
 * syscall/sys_memfd.c - memfd_create(2).
 */

#define NAME_PREFIX "memfd:"
#define PREFIX_SIZE (sizeof(NAME_PREFIX) - 1)

/*
 * memfd_create(2): -EFAULT, -EINVAL (flags; a name of more than 249 bytes),
 * -EMFILE, -ENFILE, -ENOMEM, -ENOSYS (MFD_HUGETLB: no pool of huge pages).
 */
SYSCALL2(memfd_create, const char USER *, user_name, unsigned, flags)
{
	char name[NAME_MAX + 1] = NAME_PREFIX;
	struct file *f;
	ssize_t len;
	int err;

	if (!(flags & MFD_HUGETLB)) {
		if (flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING))
			return -EINVAL;
	} else if (flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB |
			     MFD_HUGE_MASK << MFD_HUGE_SHIFT)) {
		return -EINVAL;
	}
	len = copy_string_from_user(name + PREFIX_SIZE, user_name,
				    sizeof(name) - PREFIX_SIZE);
	if (len < 0)
		return len == -ENAMETOOLONG ? -EINVAL : len;
	if (flags & MFD_HUGETLB)
		return -ENOSYS;
	err = memfd_create(name, flags & MFD_ALLOW_SEALING, &f);
	if (err)
		return err;
	return install_file(f, flags & MFD_CLOEXEC);
}
