/* SPDX-License-Identifier: MIT */

/*
 * fs/devpts/devpts.c - mounting devpts: options.
 *
 * Options set how nodes look that are made from then on; a change of ptmxmode
 * shows at once.
 */

#include "fs/devpts/devpts.h"

#include <linux/magic.h>

#include "fs/devpts/devpts_priv.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/slab.h"

static atomic_bool has_first; /* there has been an instance */

/* --- options -------------------------------------------------------------- */

static bool
parse_number(const char *text, unsigned base, uint64_t limit, uint32_t *out)
{
	uint64_t n;

	if (!text || !str_to_u64(text, base, &n) || n > limit)
		return false;
	*out = (uint32_t)n;
	return true;
}

/* One NAME=VALUE; value NULL if there is none. */
static bool
parse_option(struct devpts_options *o, const char *name, const char *value)
{
	if (!strcmp(name, "newinstance"))
		return !value; /* all are */
	if (!strcmp(name, "uid")) {
		o->has_uid = true;
		return parse_number(value, 10, UINT32_MAX - 1, &o->uid);
	}
	if (!strcmp(name, "gid")) {
		o->has_gid = true;
		return parse_number(value, 10, UINT32_MAX - 1, &o->gid);
	}
	if (!strcmp(name, "mode")) {
		bool fine = parse_number(value, 8, UINT32_MAX, &o->mode);

		o->mode &= 0777;
		return fine;
	}
	if (!strcmp(name, "ptmxmode")) {
		bool fine = parse_number(value, 8, UINT32_MAX, &o->ptmx_mode);

		o->ptmx_mode &= 0777;
		return fine;
	}
	if (!strcmp(name, "max"))
		return parse_number(value, 10, DEVPTS_MAX_LIMIT, &o->max);
	return false;
}

/* Comma-separated; text is cut up. */
static bool
parse_options(struct devpts_options *o, char *text)
{
	while (*text) {
		char *end = strchr(text, ','), *value;
		char *next = end ? end + 1 : text + strlen(text);

		if (end)
			*end = 0;
		value = strchr(text, '=');
		if (value)
			*value++ = 0;
		if (*text && !parse_option(o, text, value))
			return false;
		text = next;
	}
	return true;
}

static int
read_options(struct devpts_options *o, const char *options)
{
	char *copy;
	bool fine;

	*o = (struct devpts_options){ .mode = 0600, .max = DEVPTS_MAX_LIMIT };
	if (!options || !*options)
		return 0;
	copy = kstrdup(options);
	if (!copy)
		return -ENOMEM;
	fine = parse_options(o, copy);
	kfree(copy);
	return fine ? 0 : -EINVAL;
}

static struct devpts_options
get_options(struct devpts *fs)
{
	struct devpts_options o;

	spin_lock(&fs->lock);
	o = fs->options;
	spin_unlock(&fs->lock);
	return o;
}

/* Append to text that ends at len. */
static size_t
add(char *buf, size_t size, size_t len, const char *fmt, unsigned n)
{
	int more = len < size ? snprintf(buf + len, size - len, fmt, n) : 0;

	return len + (size_t)MAX(more, 0);
}

static void
devpts_show_options(struct superblock *sb, char *buf, size_t size)
{
	struct devpts_options o = get_options(devpts_of(sb));
	size_t len = 0;

	if (size)
		buf[0] = '\0';
	if (o.has_uid)
		len = add(buf, size, len, ",uid=%u", o.uid);
	if (o.has_gid)
		len = add(buf, size, len, ",gid=%u", o.gid);
	len = add(buf, size, len, ",mode=%03o", o.mode);
	len = add(buf, size, len, ",ptmxmode=%03o", o.ptmx_mode);
	if (o.max < DEVPTS_MAX_LIMIT)
		add(buf, size, len, ",max=%u", o.max);
}

static int
devpts_remount(struct superblock *sb, const char *options)
{
	struct devpts *fs = devpts_of(sb);
	struct devpts_options o;
	int err = read_options(&o, options);

	if (err)
		return err;
	spin_lock(&fs->lock);
	fs->options = o;
	spin_unlock(&fs->lock);
	mutex_lock(&fs->ptmx->lock);
	fs->ptmx->mode = S_IFCHR | o.ptmx_mode;
	mutex_unlock(&fs->ptmx->lock);
	return 0;
}

/* --- the type ------------------------------------------------------------- */

static void
devpts_destroy(struct superblock *sb)
{
	kfree(sb->data);
}

static const struct superblock_ops devpts_super_ops = {
	.options = devpts_show_options,
	.remount = devpts_remount,
	.destroy = devpts_destroy,
};

static int
devpts_mount(const struct filesystem_type *type, UNUSED const char *source,
	     const char *options, struct superblock **out)
{
	struct superblock *sb;
	struct devpts_options o;
	struct devpts *fs;
	int err = read_options(&o, options);

	if (err)
		return err;
	sb = superblock_create(type, &devpts_super_ops, DEVPTS_SUPER_MAGIC);
	if (!sb)
		return -ENOMEM;
	fs = sb->data = kmalloc(sizeof(*fs));
	if (fs) {
		spin_init(&fs->lock, LOCK_INODE_LIST, "devpts");
		fs->options = o;
		fs->first = !atomic_exchange(&has_first, true);
	}
	err = fs ? devpts_make_tree(sb) : -ENOMEM;
	if (err) {
		superblock_put(sb);
		return err;
	}
	*out = sb;
	return 0;
}

struct filesystem_type devpts_type = {
	.name = "devpts",
	.no_device = true,
	.mount = devpts_mount,
};

void
devpts_init(void)
{
	filesystem_register(&devpts_type);
	devpts_pairs_init();
}
