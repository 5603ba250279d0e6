/* SPDX-License-Identifier: MIT */

/*
 * fs/tmpfs/super.c - mounting tmpfs: options, size, statfs.
 */

#include <asm/statfs.h>
#include <linux/magic.h>

#include "fs/tmpfs/tmpfs.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/slab.h"

struct tmpfs_options {
	uint64_t max_pages;
	uint64_t max_inodes;
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

static uint64_t
ram_pages(void)
{
	struct frame_stats stats;

	frame_stats(&stats);
	return stats.total;
}

/* --- options -------------------------------------------------------------- */

#define VALUE_MAX 24

/* "512", "64k", "10m", "1g" in bytes, or "50%" of RAM; false if malformed. */
static bool
parse_size(const char *text, uint64_t *bytes)
{
	char digits[VALUE_MAX];
	size_t len = strlen(text);
	unsigned shift = 0;
	uint64_t n;
	char unit;

	if (len == 0 || len >= sizeof(digits))
		return false;
	unit = text[len - 1];
	memcpy(digits, text, len + 1);
	if (unit < '0' || unit > '9')
		digits[len - 1] = 0;
	if (!str_to_u64(digits, 10, &n))
		return false;
	switch (unit | 0x20) {
	case 'k':
		shift = 10;
		break;
	case 'm':
		shift = 20;
		break;
	case 'g':
		shift = 30;
		break;
	case 't':
		shift = 40;
		break;
	default:
		break;
	}
	if (unit == '%') {
		if (n > 1000)
			return false;
		*bytes = ram_pages() * n / 100 * PAGE_SIZE;
		return true;
	}
	if ((unit < '0' || unit > '9') && shift == 0)
		return false;
	if (n > UINT64_MAX >> shift)
		return false;
	*bytes = n << shift;
	return true;
}

static bool
parse_u32(const char *text, unsigned base, uint32_t *out)
{
	uint64_t n;

	if (!str_to_u64(text, base, &n) || n >= UINT32_MAX)
		return false;
	*out = (uint32_t)n;
	return true;
}

/* One NAME=VALUE; value "" if there is none. */
static bool
parse_option(struct tmpfs_options *o, const char *name, const char *value)
{
	uint64_t n;

	if (!strcmp(name, "size") || !strcmp(name, "nr_blocks")) {
		if (!parse_size(value, &n))
			return false;
		o->max_pages =
			name[0] == 's' ? n / PAGE_SIZE + !!(n % PAGE_SIZE) : n;
		if (n == 0)
			o->max_pages = UINT64_MAX >> PAGE_SHIFT;
		return true;
	}
	if (!strcmp(name, "nr_inodes")) {
		if (!parse_size(value, &n))
			return false;
		o->max_inodes = n ? n : UINT64_MAX;
		return true;
	}
	if (!strcmp(name, "mode")) {
		bool fine = parse_u32(value, 8, &o->mode);

		o->mode &= 07777;
		return fine;
	}
	if (!strcmp(name, "uid"))
		return parse_u32(value, 10, &o->uid);
	if (!strcmp(name, "gid"))
		return parse_u32(value, 10, &o->gid);
	return false;
}

/* Comma-separated; text is cut up. */
static bool
parse_options(struct tmpfs_options *o, char *text)
{
	while (*text) {
		char *end = strchr(text, ','), *value;
		char *next = end ? end + 1 : text + strlen(text);

		if (end)
			*end = 0;
		value = strchr(text, '=');
		if (value)
			*value++ = 0;
		if (*text && !parse_option(o, text, value ? value : ""))
			return false;
		text = next;
	}
	return true;
}

static int
read_options(struct tmpfs_options *o, const char *options)
{
	char *copy;
	bool fine;

	if (!options || !*options)
		return 0;
	copy = kstrdup(options);
	if (!copy)
		return -ENOMEM;
	fine = parse_options(o, copy);
	kfree(copy);
	return fine ? 0 : -EINVAL;
}

/* --- the superblock ------------------------------------------------------- */

static int
tmpfs_statfs(struct superblock *sb, struct statfs *out)
{
	const struct tmpfs *fs = tmpfs_of(sb);
	uint64_t used = fs->used_pages, max = fs->max_pages;

	out->f_blocks = (long)max;
	out->f_bfree = out->f_bavail = (long)(used < max ? max - used : 0);
	if (fs->max_inodes == UINT64_MAX)
		return 0;
	used = fs->used_inodes;
	max = fs->max_inodes;
	out->f_files = (long)max;
	out->f_ffree = (long)(used < max ? max - used : 0);
	return 0;
}

static void
tmpfs_show_options(struct superblock *sb, char *buf, size_t size)
{
	const struct tmpfs *fs = tmpfs_of(sb);

	snprintf(buf, size, ",size=%lluk,nr_inodes=%llu",
		 (unsigned long long)fs->max_pages * (PAGE_SIZE / 1024),
		 fs->max_inodes == UINT64_MAX
			 ? 0ULL
			 : (unsigned long long)fs->max_inodes);
}

/* As on Linux only the limits may change, and not below what is used. */
static int
tmpfs_remount(struct superblock *sb, const char *options)
{
	struct tmpfs *fs = tmpfs_of(sb);
	struct tmpfs_options o = { .max_pages = fs->max_pages,
				   .max_inodes = fs->max_inodes };
	int err;

	err = read_options(&o, options);
	if (err)
		return err;
	if (o.max_pages < fs->used_pages || o.max_inodes < fs->used_inodes)
		return -EINVAL;
	fs->max_pages = o.max_pages;
	fs->max_inodes = o.max_inodes;
	return 0;
}

static void
tmpfs_destroy(struct superblock *sb)
{
	kfree(sb->data);
}

static const struct superblock_ops tmpfs_super_ops = {
	.statfs = tmpfs_statfs,
	.options = tmpfs_show_options,
	.remount = tmpfs_remount,
	.destroy = tmpfs_destroy,
};

static int
tmpfs_make_root(struct superblock *sb, const struct tmpfs_options *o)
{
	struct inode *i;
	int err = tmpfs_inode(sb, NULL, S_IFDIR | o->mode, NULL, &i);

	if (err)
		return err;
	i->uid = o->uid;
	i->gid = o->gid;
	sb->root = dentry_create_root(i);
	if (sb->root)
		return 0;
	inode_put(i);
	return -ENOMEM;
}

static int
tmpfs_mount(const struct filesystem_type *type, const char *source,
	    const char *options, struct superblock **out)
{
	struct tmpfs_options o = { .max_pages = ram_pages() / 2,
				   .max_inodes = ram_pages() / 2,
				   .mode = S_ISVTX | 0777 };
	struct superblock *sb;
	struct tmpfs *fs;
	int err;

	if (type == &tmpfs_rootfs_type)
		o.mode = 0755;
	err = read_options(&o, options);
	if (err)
		return err;
	sb = superblock_create(type, &tmpfs_super_ops, TMPFS_MAGIC);
	if (!sb)
		return -ENOMEM;
	fs = sb->data = kmalloc(sizeof(*fs));
	if (fs) {
		fs->max_pages = o.max_pages;
		fs->max_inodes = o.max_inodes;
	}
	err = fs ? tmpfs_make_root(sb, &o) : -ENOMEM;
	if (err) {
		superblock_put(sb);
		return err;
	}
	*out = sb;
	return 0;
}

struct filesystem_type tmpfs_type = {
	.name = "tmpfs",
	.no_device = true,
	.mount = tmpfs_mount,
};
static struct filesystem_type ramfs_type = {
	.name = "ramfs",
	.no_device = true,
	.mount = tmpfs_mount,
};
struct filesystem_type tmpfs_rootfs_type = {
	.name = "rootfs",
	.no_device = true,
	.mount = tmpfs_mount,
};

void
tmpfs_init(void)
{
	filesystem_register(&tmpfs_rootfs_type);
	filesystem_register(&tmpfs_type);
	filesystem_register(&ramfs_type);
}
