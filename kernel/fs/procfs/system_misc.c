/* SPDX-License-Identifier: MIT */
#include <linux/capability.h>

#include "core/cmdline.h"
#include "core/klog.h"
#include "core/symbols.h"
#include "dev/chardev.h"
#include "fs/procfs/procfs_priv.h"
#include "lib/errno.h"
#include "lib/string.h"

/*
 * fs/procfs/system_misc.c - files about the kernel and its devices.  Those
 * about block devices and modules have no lines: there are none.
 */

static int
show_cmdline(UNUSED pid_t pid, struct proc_text *t)
{
	proc_printf(t, "%s\n", cmdline_text());
	return 0;
}

static void
put_filesystem(void *arg, const struct filesystem_type *type)
{
	proc_printf(arg, "%s\t%s\n", type->no_device ? "nodev" : "",
		    type->name);
}

static int
show_filesystems(UNUSED pid_t pid, struct proc_text *t)
{
	filesystem_each(put_filesystem, t);
	return 0;
}

#define KIND_SIZE 32

/* What is before the unit in a device's name. */
static void
kind_of(const struct chardev *c, char kind[KIND_SIZE])
{
	size_t n = 0;

	while (c->name[n] && n < KIND_SIZE - 1 &&
	       (c->name[n] < '0' || c->name[n] > '9'))
		n++;
	memcpy(kind, c->name, n);
	kind[n] = '\0';
}

static void
put_major(struct proc_text *t, unsigned major)
{
	char kind[KIND_SIZE], last[KIND_SIZE] = "";
	const struct chardev *c;

	for (unsigned i = 0; (c = chardev_nth(i)); i++) {
		if (dev_major(c->dev) != major)
			continue;
		kind_of(c, kind);
		if (strcmp(kind, last) != 0)
			proc_printf(t, "%3u %s\n", major, kind);
		strlcpy(last, kind, sizeof(last));
	}
}

/* A line a major number and kind; what has number 1 is one kind. */
static int
show_devices(UNUSED pid_t pid, struct proc_text *t)
{
	proc_printf(t, "Character devices:\n  1 mem\n");
	for (unsigned major = 2; major < 512; major++)
		put_major(t, major);
	proc_printf(t, "\nBlock devices:\n");
	return 0;
}

static int
show_partitions(UNUSED pid_t pid, struct proc_text *t)
{
	proc_printf(t, "major minor  #blocks  name\n\n");
	return 0;
}

static int
show_nothing(UNUSED pid_t pid, UNUSED struct proc_text *t)
{
	return 0;
}

/* proc(5): W it can write, E it is in use, C it is the console, p print. */
static void
put_console(void *arg, const char *name, bool first)
{
	char device[16];
	const struct chardev *c = NULL;

	strlcpy(device, name, sizeof(device));
	for (unsigned i = 0; (c = chardev_nth(i)); i++)
		if (strcmp(c->name, device) == 0)
			break;
	proc_printf(arg, "%-20s -W- (E%cp  )", device, first ? 'C' : ' ');
	if (c)
		proc_printf(arg, " %4u:%u", dev_major(c->dev),
			    dev_minor(c->dev));
	proc_printf(arg, "\n");
}

static int
show_consoles(UNUSED pid_t pid, struct proc_text *t)
{
	klog_each_console(put_console, t);
	return 0;
}

static const struct proc_file files[] = {
	{ "cmdline", 0444, show_cmdline },
	{ "filesystems", 0444, show_filesystems },
	{ "devices", 0444, show_devices },
	{ "partitions", 0444, show_partitions },
	{ "diskstats", 0444, show_nothing },
	{ "modules", 0444, show_nothing },
	{ "consoles", 0444, show_consoles },
};

void
proc_system_misc_init(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(files); i++)
		procfs_register(files[i].name, &files[i]);
	procfs_register_link("mounts", "self/mounts");
}
