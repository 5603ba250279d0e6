/* SPDX-License-Identifier: MIT */
#include "fs/procfs/sysctl.h"

#include "core/klog.h"
#include "core/random.h"
#include "dev/tty.h"
#include "fs/devpts/devpts.h"
#include "fs/procfs/procfs_priv.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/slab.h"

/*
 * fs/procfs/sysctl.c - reading and writing the settings of /proc/sys, and the
 * settings of the layers below this one.
 *
 * Each file is a struct proc_file made of its line at boot; which line it was
 * comes back as the index.
 */

#define SYSCTL_MAX 192

static const struct sysctl *settings[SYSCTL_MAX]; /* [I] after boot */
static unsigned setting_count;                    /* [I] after boot */

static int64_t
setting_value(const struct sysctl *s)
{
	switch (s->kind) {
	case SYSCTL_INT:
		return atomic_load((atomic_int *)s->data);
	case SYSCTL_ULONG:
		return (int64_t)atomic_load((atomic_ulong *)s->data);
	case SYSCTL_CALL:
		return s->get();
	default:
		return s->min;
	}
}

static int
show_setting(pid_t index, struct proc_text *t)
{
	proc_printf(t, "%ld\n", (long)setting_value(settings[index]));
	return 0;
}

/* One decimal number with blanks around it, as sysctl(8) and echo write it. */
bool
sysctl_parse(const char *text, size_t n, int64_t *out)
{
	char digits[24];
	bool minus;
	uint64_t v;

	while (n && (*text == ' ' || *text == '\t' || *text == '\n')) {
		text++;
		n--;
	}
	while (n && (text[n - 1] == ' ' || text[n - 1] == '\n' ||
		     text[n - 1] == '\t' || !text[n - 1]))
		n--;
	minus = n && *text == '-';
	if (minus) {
		text++;
		n--;
	}
	if (!n || n >= sizeof(digits))
		return false;
	memcpy(digits, text, n);
	digits[n] = '\0';
	if (!str_to_u64(digits, 10, &v) || v > INT64_MAX)
		return false;
	*out = minus ? -(int64_t)v : (int64_t)v;
	return true;
}

static int
set_value(const struct sysctl *s, int64_t v)
{
	if (v < s->min || v > s->max)
		return -EINVAL;
	switch (s->kind) {
	case SYSCTL_INT:
		atomic_store((atomic_int *)s->data, (int)v);
		return 0;
	case SYSCTL_ULONG:
		atomic_store((atomic_ulong *)s->data, (unsigned long)v);
		return 0;
	case SYSCTL_CALL:
		return s->set(v);
	default:
		return -EPERM;
	}
}

static ssize_t
store_setting(pid_t index, const char *text, size_t n)
{
	int64_t v;
	int err;

	if (!sysctl_parse(text, n, &v))
		return -EINVAL;
	err = set_value(settings[index], v);
	return err ? err : (ssize_t)n;
}

static void
register_setting(struct superblock *sb, const struct sysctl *s)
{
	struct proc_file *f = kmalloc(sizeof(*f));
	char path[96];

	if (!f || setting_count == SYSCTL_MAX)
		panic("procfs: no room for the setting %s", s->path);
	snprintf(path, sizeof(path), "sys/%s", s->path);
	*f = (struct proc_file){ .name = s->path,
				 .mode = s->mode,
				 .show = show_setting,
				 .bits = PROC_SETTING };
	if (s->kind == SYSCTL_TEXT) {
		f->show = s->show;
		f->store = s->store;
	} else if (s->mode & 0222) {
		f->store = store_setting;
	}
	settings[setting_count] = s;
	proc_tree_register(sb, path, f, setting_count++);
}

void
proc_sysctl_register(struct superblock *sb, const struct sysctl *table)
{
	for (; table->path; table++)
		register_setting(sb, table);
}

/* Root is the owner and has the owner's bits, whatever its capabilities. */
static int
setting_permission(struct inode *i, unsigned want, const struct cred *c)
{
	mode_t bits = i->mode;

	if (c->user.fs == 0)
		bits >>= 6;
	else if (cred_in_group(c, 0))
		bits >>= 3;
	return (bits & want) == want ? 0 : -EACCES;
}

const struct inode_ops proc_setting_ops = {
	.evict = proc_node_evict,
	.permission = setting_permission,
};

/* --- the settings of the layers below --- */

#define RANDOM_POOL_BITS 256 /* of the key of the generator */

static void
put_uuid(struct proc_text *t, const uint8_t id[16])
{
	for (int i = 0; i < 16; i++)
		proc_printf(t, "%s%02x",
			    i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
			    id[i]);
	proc_printf(t, "\n");
}

/* RFC 4122, version 4: random. */
static void
make_uuid(uint8_t id[16])
{
	random_bytes(id, 16);
	id[6] = (uint8_t)((id[6] & 0x0f) | 0x40);
	id[8] = (uint8_t)((id[8] & 0x3f) | 0x80);
}

static uint8_t boot_id[16]; /* [I] after boot */

static int
show_boot_id(UNUSED pid_t index, struct proc_text *t)
{
	put_uuid(t, boot_id);
	return 0;
}

static int
show_uuid(UNUSED pid_t index, struct proc_text *t)
{
	uint8_t id[16];

	make_uuid(id);
	put_uuid(t, id);
	return 0;
}

static int
show_printk(UNUSED pid_t index, struct proc_text *t)
{
	proc_printf(t, "%u\t%u\t%u\t%u\n", klog_console_level(), KLOG_WARNING,
		    1, 7);
	return 0;
}

/* Only the first of the four, the console's level, can be changed. */
static ssize_t
store_printk(UNUSED pid_t index, const char *text, size_t n)
{
	size_t first = 0;
	int64_t level;

	while (first < n && text[first] != ' ' && text[first] != '\t')
		first++;
	if (!sysctl_parse(text, first, &level) || level < 0 || level > 8)
		return -EINVAL;
	klog_set_console_level((unsigned)level);
	return (ssize_t)n;
}

static const struct sysctl low_settings[] = {
	{ "kernel/random/boot_id", 0444, SYSCTL_TEXT, .show = show_boot_id },
	{ "kernel/random/uuid", 0444, SYSCTL_TEXT, .show = show_uuid },
	{ "kernel/random/poolsize", 0444, .min = RANDOM_POOL_BITS },
	{ "kernel/random/entropy_avail", 0444, .min = RANDOM_POOL_BITS },
	{ "kernel/printk", 0644, SYSCTL_TEXT, .show = show_printk,
	  .store = store_printk },
	{ "kernel/tainted", 0444, .min = 0 },
	{ "kernel/pty/max", 0644, SYSCTL_INT, .max = DEVPTS_MAX,
	  .data = &devpts_max },
	{ "kernel/pty/reserve", 0644, SYSCTL_INT, .max = DEVPTS_MAX,
	  .data = &devpts_reserve },
	{ "kernel/pty/nr", 0444, SYSCTL_CALL, .get = devpts_count },
	{ "dev/tty/legacy_tiocsti", 0644, SYSCTL_INT, .max = 1,
	  .data = &tty_legacy_sti },
	{ .path = NULL },
};

void
proc_sysctl_init(void)
{
	make_uuid(boot_id);
	procfs_register_sysctl(low_settings);
}
