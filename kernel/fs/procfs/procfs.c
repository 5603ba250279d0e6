/* SPDX-License-Identifier: MIT */
#include <linux/magic.h>

#include "fs/procfs/procfs_priv.h"
#include "fs/procfs/sysctl.h"
#include "lib/errno.h"
#include "lib/string.h"

/*
 * fs/procfs/procfs.c - the file system type and its options.
 *
 * There is one superblock however often it is mounted, and so one setting of
 * hidepid= and gid=, as the kernels had it whose proc(5) had one a PID
 * namespace.
 */

const struct procfs_source *procfs_source;

static struct superblock *proc_sb; /* [I] */

/* --- hidepid= and gid= --- */

/* In one word, so that both change at once: level << 32 | gid. */
static atomic_ulong hiding;

#define HIDE_INVISIBLE 2

static const struct {
	const char *name;
	unsigned level;
} hide_names[] = {
	{ "0", 0 },   { "1", 1 },        { "2", 2 },
	{ "off", 0 }, { "noaccess", 1 }, { "invisible", 2 },
};

static bool
word_is(const char *word, size_t n, const char *name)
{
	return strlen(name) == n && memcmp(word, name, n) == 0;
}

static int
parse_hidepid(const char *v, size_t n, uint64_t *level)
{
	for (unsigned i = 0; i < ARRAY_SIZE(hide_names); i++) {
		if (word_is(v, n, hide_names[i].name)) {
			*level = hide_names[i].level;
			return 0;
		}
	}
	return -EINVAL;
}

static int
parse_gid(const char *v, size_t n, uint64_t *gid)
{
	char number[16];

	if (!n || n >= sizeof(number))
		return -EINVAL;
	memcpy(number, v, n);
	number[n] = '\0';
	return str_to_u64(number, 10, gid) && *gid <= UINT32_MAX ? 0 : -EINVAL;
}

/* All options or none: -EINVAL for one that is not known. */
static int
set_options(const char *options)
{
	uint64_t word = atomic_load(&hiding), level = word >> 32;
	uint64_t gid = (uint32_t)word;
	const char *o = options ? options : "";
	int err = 0;

	while (!err && *o) {
		const char *end = strchr(o, ',');
		size_t n = end ? (size_t)(end - o) : strlen(o);

		if (n > 8 && memcmp(o, "hidepid=", 8) == 0)
			err = parse_hidepid(o + 8, n - 8, &level);
		else if (n > 4 && memcmp(o, "gid=", 4) == 0)
			err = parse_gid(o + 4, n - 4, &gid);
		else if (n)
			err = -EINVAL;
		o += n + (end ? 1 : 0);
	}
	if (!err)
		atomic_store(&hiding, level << 32 | gid);
	return err;
}

bool
proc_may_know(pid_t pid, unsigned level)
{
	uint64_t word = atomic_load(&hiding);

	return likely(word >> 32 < level) ||
	       cred_in_group(cred_current(), (gid_t)word) ||
	       procfs_source->may_look(pid);
}

static void
show_options(UNUSED struct superblock *sb, char *buf, size_t size)
{
	uint64_t word = atomic_load(&hiding);
	size_t n = 0;

	if (size)
		*buf = '\0';
	if (word >> 32)
		n = (size_t)snprintf(buf, size, ",hidepid=%s",
				     word >> 32 == HIDE_INVISIBLE ? "invisible"
								  : "noaccess");
	if ((uint32_t)word && n < size)
		snprintf(buf + n, size - n, ",gid=%u", (unsigned)word);
}

static int
proc_remount(UNUSED struct superblock *sb, const char *options)
{
	return set_options(options);
}

static const struct superblock_ops proc_sb_ops = {
	.options = show_options,
	.remount = proc_remount,
};

/* --- the type --- */

static int
proc_mount(UNUSED const struct filesystem_type *type, UNUSED const char *source,
	   const char *options, struct superblock **out)
{
	int err = set_options(options);

	if (err)
		return err;
	superblock_get(proc_sb);
	*out = proc_sb;
	return 0;
}

static struct filesystem_type proc_type = {
	.name = "proc",
	.no_device = true,
	.mount = proc_mount,
};

void
procfs_register(const char *path, const struct proc_file *f)
{
	proc_tree_register(proc_sb, path, f, 0);
}

void
procfs_register_link(const char *path, const char *target)
{
	proc_tree_register_link(proc_sb, path, target);
}

void
procfs_register_sysctl(const struct sysctl *s)
{
	proc_sysctl_register(proc_sb, s);
}

void
procfs_set_source(const struct procfs_source *s)
{
	procfs_source = s;
}

void
procfs_init(void)
{
	struct inode *root;

	proc_sb = superblock_create(&proc_type, &proc_sb_ops, PROC_SUPER_MAGIC);
	if (!proc_sb)
		panic("procfs: no memory at boot");
	root = inode_create(proc_sb, S_IFDIR | 0555, &proc_root_ops,
			    &proc_root_file_ops);
	proc_sb->root = root ? dentry_create_root(root) : NULL;
	if (!proc_sb->root)
		panic("procfs: no memory for its root");
	filesystem_register(&proc_type);
	proc_ns_init();
	proc_system_cpu_init();
	proc_system_memory_init();
	proc_system_misc_init();
	proc_sysctl_init();
}
