/* SPDX-License-Identifier: MIT */
#include "fs/file_caps.h"

#include <linux/capability.h>
#include <linux/xattr.h>

#include "fs/fs_priv.h"
#include "lib/errno.h"
#include "lib/string.h"

/* Bytes of each revision, and how many 32-bit words of capabilities. */
static const struct {
	uint32_t revision;
	size_t size;
	unsigned words;
} layouts[] = {
	{ VFS_CAP_REVISION_1, XATTR_CAPS_SZ_1, VFS_CAP_U32_1 },
	{ VFS_CAP_REVISION_2, XATTR_CAPS_SZ_2, VFS_CAP_U32_2 },
	{ VFS_CAP_REVISION_3, XATTR_CAPS_SZ_3, VFS_CAP_U32_3 },
};

static void
read_words(const struct vfs_ns_cap_data *d, unsigned words,
	   struct file_caps *out)
{
	memset(out, 0, sizeof(*out));
	for (unsigned i = 0; i < words; i++) {
		out->permitted |= (uint64_t)d->data[i].permitted << 32 * i;
		out->inheritable |= (uint64_t)d->data[i].inheritable << 32 * i;
	}
	out->permitted &= (2ULL << CAP_LAST_CAP) - 1;
	out->inheritable &= (2ULL << CAP_LAST_CAP) - 1;
	out->effective = d->magic_etc & VFS_CAP_FLAGS_EFFECTIVE;
}

/* Revision 3 names the root of a user name space: ours is user id 0. */
int
file_caps_parse(const void *data, size_t size, struct file_caps *out)
{
	struct vfs_ns_cap_data d = { 0 };

	if (size > sizeof(d) || size < sizeof(d.magic_etc))
		return -EINVAL;
	memcpy(&d, data, size);
	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
		if ((d.magic_etc & VFS_CAP_REVISION_MASK) !=
		    layouts[i].revision)
			continue;
		if (size != layouts[i].size)
			return -EINVAL;
		read_words(&d, layouts[i].words, out);
		return d.rootid ? -ENODATA : 0;
	}
	return -EINVAL;
}

int
inode_file_caps(struct inode *i, struct file_caps *out)
{
	struct vfs_ns_cap_data d;
	ssize_t n;

	if (likely(!atomic_load_explicit(&i->has_file_caps,
					 memory_order_relaxed)))
		return -ENODATA;
	mutex_lock(&i->lock);
	n = i->ops->get_xattr(i, XATTR_NAME_CAPS, &d, sizeof(d));
	mutex_unlock(&i->lock);
	if (n < 0)
		return n == -ERANGE ? -EINVAL : (int)n;
	return file_caps_parse(&d, (size_t)n, out);
}

void
inode_drop_file_caps(struct inode *i)
{
	if (likely(!atomic_load_explicit(&i->has_file_caps,
					 memory_order_relaxed)))
		return;
	(void)i->ops->set_xattr(i, XATTR_NAME_CAPS, NULL);
	atomic_store(&i->has_file_caps, false);
}
