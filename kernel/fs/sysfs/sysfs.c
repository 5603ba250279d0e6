/* SPDX-License-Identifier: MIT */
#include "fs/sysfs/sysfs.h"

#include <linux/magic.h>

#include "arch/cpu.h"
#include "arch/smp.h"
#include "core/klog.h"
#include "core/panic.h"
#include "dev/chardev.h"
#include "fs/procfs/procfs.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/slab.h"

/*
 * fs/sysfs/sysfs.c - the tree of /sys, by tables: files with a show function,
 * which is given the number of the processor or device it is about.
 */

static struct superblock *sys_sb; /* [I] */

/* --- processors --- */

static int
show_cpu_range(UNUSED pid_t n, struct proc_text *t)
{
	if (cpu_count() == 1)
		proc_printf(t, "0\n");
	else
		proc_printf(t, "0-%u\n", cpu_count() - 1);
	return 0;
}

static int
show_empty_line(UNUSED pid_t n, struct proc_text *t)
{
	proc_printf(t, "\n");
	return 0;
}

static int
show_kernel_max(UNUSED pid_t n, struct proc_text *t)
{
	proc_printf(t, "%u\n", CPU_MAX - 1);
	return 0;
}

static int
show_zero(UNUSED pid_t n, struct proc_text *t)
{
	proc_printf(t, "0\n");
	return 0;
}

static int
show_one(UNUSED pid_t n, struct proc_text *t)
{
	proc_printf(t, "1\n");
	return 0;
}

static int
show_number(pid_t n, struct proc_text *t)
{
	proc_printf(t, "%d\n", n);
	return 0;
}

/* Words of 32 bits, as many digits as there are processors. */
static void
put_mask(struct proc_text *t, cpumask_t mask)
{
	unsigned digits = (MIN(cpu_count(), 32) + 3) / 4;

	if (cpu_count() > 32)
		proc_printf(t, "%0*lx,", (int)(cpu_count() - 32 + 3) / 4,
			    (unsigned long)(mask >> 32));
	proc_printf(t, "%0*lx\n", (int)digits,
		    (unsigned long)(mask & UINT32_MAX));
}

static int
show_own_mask(pid_t n, struct proc_text *t)
{
	put_mask(t, CPUMASK((unsigned)n));
	return 0;
}

static int
show_all_mask(UNUSED pid_t n, struct proc_text *t)
{
	put_mask(t, cpu_count() >= 64 ? ~0ULL : CPUMASK(cpu_count()) - 1);
	return 0;
}

#define CPU "devices/system/cpu/"

static const struct proc_file cpu_files[] = {
	{ CPU "online", 0444, show_cpu_range },
	{ CPU "possible", 0444, show_cpu_range },
	{ CPU "present", 0444, show_cpu_range },
	{ CPU "offline", 0444, show_empty_line },
	{ CPU "isolated", 0444, show_empty_line },
	{ CPU "kernel_max", 0444, show_kernel_max },
};

/* One package, each processor a core of its own, as /proc/cpuinfo says. */
static const struct proc_file each_cpu_files[] = {
	{ "topology/physical_package_id", 0444, show_zero },
	{ "topology/die_id", 0444, show_zero },
	{ "topology/core_id", 0444, show_number },
	{ "topology/thread_siblings", 0444, show_own_mask },
	{ "topology/thread_siblings_list", 0444, show_number },
	{ "topology/core_cpus", 0444, show_own_mask },
	{ "topology/core_cpus_list", 0444, show_number },
	{ "topology/core_siblings", 0444, show_all_mask },
	{ "topology/core_siblings_list", 0444, show_cpu_range },
	{ "topology/package_cpus", 0444, show_all_mask },
	{ "topology/package_cpus_list", 0444, show_cpu_range },
};

/* Processors cannot be stopped: the first has no such file on Linux either. */
static const struct proc_file online_file = { "online", 0444, show_one };

static void
register_below(const char *folder, const struct proc_file *f, unsigned index)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, f->name);
	proc_tree_register(sys_sb, path, f, index);
}

static void
make_cpus(void)
{
	char folder[64];

	for (unsigned i = 0; i < ARRAY_SIZE(cpu_files); i++)
		proc_tree_register(sys_sb, cpu_files[i].name, &cpu_files[i], 0);
	for (unsigned cpu = 0; cpu < cpu_count(); cpu++) {
		snprintf(folder, sizeof(folder), CPU "cpu%u", cpu);
		for (unsigned i = 0; i < ARRAY_SIZE(each_cpu_files); i++)
			register_below(folder, &each_cpu_files[i], cpu);
		if (cpu)
			register_below(folder, &online_file, cpu);
	}
}

/* --- memory --- */

static int
show_distance(UNUSED pid_t n, struct proc_text *t)
{
	proc_printf(t, "10\n");
	return 0;
}

static int
show_node_meminfo(UNUSED pid_t n, struct proc_text *t)
{
	struct frame_stats s;
	unsigned long kib = PAGE_SIZE / 1024;

	frame_stats(&s);
	proc_printf(t, "Node 0 MemTotal:       %8lu kB\n",
		    (unsigned long)s.total * kib);
	proc_printf(t, "Node 0 MemFree:        %8lu kB\n",
		    (unsigned long)s.free * kib);
	proc_printf(t, "Node 0 MemUsed:        %8lu kB\n",
		    (unsigned long)(s.total - s.free) * kib);
	return 0;
}

/* vm/fault.c takes huge pages wherever they fit. */
static int
show_huge_enabled(UNUSED pid_t n, struct proc_text *t)
{
	proc_printf(t, "[always] madvise never\n");
	return 0;
}

static int
show_huge_size(UNUSED pid_t n, struct proc_text *t)
{
	proc_printf(t, "%lu\n", PAGE_SIZE * 512);
	return 0;
}

#define NODE "devices/system/node/"
#define HUGE "kernel/mm/transparent_hugepage/"

/* --- the kernel and the firmware --- */

static int
show_byteorder(UNUSED pid_t n, struct proc_text *t)
{
	proc_printf(t, "little\n");
	return 0;
}

static int
show_64(UNUSED pid_t n, struct proc_text *t)
{
	proc_printf(t, "64\n");
	return 0;
}

static const struct proc_file files[] = {
	{ NODE "online", 0444, show_zero },
	{ NODE "possible", 0444, show_zero },
	{ NODE "has_cpu", 0444, show_zero },
	{ NODE "has_memory", 0444, show_zero },
	{ NODE "node0/cpulist", 0444, show_cpu_range },
	{ NODE "node0/cpumap", 0444, show_all_mask },
	{ NODE "node0/distance", 0444, show_distance },
	{ NODE "node0/meminfo", 0444, show_node_meminfo },
	{ HUGE "enabled", 0444, show_huge_enabled },
	{ HUGE "hpage_pmd_size", 0444, show_huge_size },
	{ "kernel/cpu_byteorder", 0444, show_byteorder },
	{ "kernel/address_bits", 0444, show_64 },
	{ "firmware/efi/fw_platform_size", 0444, show_64 },
};

/* --- character devices --- */

static const char *
class_of(const struct chardev *c)
{
	if (c->bits & CHARDEV_TTY || dev_major(c->dev) == 4 ||
	    dev_major(c->dev) == 5)
		return "tty";
	return dev_major(c->dev) == 1 ? "mem" : "misc";
}

static int
show_dev(pid_t n, struct proc_text *t)
{
	const struct chardev *c = chardev_nth((unsigned)n);

	proc_printf(t, "%u:%u\n", dev_major(c->dev), dev_minor(c->dev));
	return 0;
}

static int
show_uevent(pid_t n, struct proc_text *t)
{
	const struct chardev *c = chardev_nth((unsigned)n);

	proc_printf(t, "MAJOR=%u\nMINOR=%u\nDEVNAME=%s\nDEVMODE=%04o\n",
		    dev_major(c->dev), dev_minor(c->dev), c->name, c->mode);
	return 0;
}

static const struct proc_file device_files[] = {
	{ "dev", 0444, show_dev },
	{ "uevent", 0444, show_uevent },
};

static void
put_console(void *arg, const char *name, bool first)
{
	proc_printf(arg, "%s%s", first ? "" : " ", name);
}

static int
show_active(UNUSED pid_t n, struct proc_text *t)
{
	klog_each_console(put_console, t);
	proc_printf(t, "\n");
	return 0;
}

static const struct proc_file active_file = { "active", 0444, show_active };

/* For ever: links keep their text. */
static const char *
keep(const char *text)
{
	const char *copy = kstrdup(text);

	if (!copy)
		panic("sysfs: no memory at boot");
	return copy;
}

static void
make_device(const struct chardev *c, unsigned n)
{
	char folder[96], path[96], target[128];

	snprintf(folder, sizeof(folder), "devices/virtual/%s/%s", class_of(c),
		 c->name);
	for (unsigned i = 0; i < ARRAY_SIZE(device_files); i++)
		register_below(folder, &device_files[i], n);
	if (strcmp(c->name, "console") == 0)
		register_below(folder, &active_file, n);
	snprintf(path, sizeof(path), "%s/subsystem", folder);
	snprintf(target, sizeof(target), "../../../../class/%s", class_of(c));
	proc_tree_register_link(sys_sb, path, keep(target));
	snprintf(path, sizeof(path), "class/%s/%s", class_of(c), c->name);
	snprintf(target, sizeof(target), "../../%s", folder);
	proc_tree_register_link(sys_sb, path, keep(target));
	snprintf(path, sizeof(path), "dev/char/%u:%u", dev_major(c->dev),
		 dev_minor(c->dev));
	proc_tree_register_link(sys_sb, path, keep(target));
}

/* Two names of one device would be two entries of one number. */
static bool
number_is_new(const struct chardev *c, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (chardev_nth(i)->dev == c->dev)
			return false;
	return true;
}

static void
make_devices(void)
{
	const struct chardev *c;

	for (unsigned i = 0; (c = chardev_nth(i)); i++)
		if (!strchr(c->name, '/') && number_is_new(c, i))
			make_device(c, i);
}

/* --- the type --- */

static int
sys_mount(UNUSED const struct filesystem_type *type, UNUSED const char *source,
	  UNUSED const char *options, struct superblock **out)
{
	superblock_get(sys_sb);
	*out = sys_sb;
	return 0;
}

static struct filesystem_type sys_type = {
	.name = "sysfs",
	.no_device = true,
	.mount = sys_mount,
};

/* Places programs look into and are content to find nothing. */
static const char *const empty[] = { "block",     "bus", "class/block",
				     "dev/block", "fs",  "module" };

void
sysfs_init(void)
{
	sys_sb = proc_tree_create(&sys_type, SYSFS_MAGIC);
	if (!sys_sb)
		panic("sysfs: no memory at boot");
	make_cpus();
	for (unsigned i = 0; i < ARRAY_SIZE(files); i++)
		proc_tree_register(sys_sb, files[i].name, &files[i], 0);
	for (unsigned i = 0; i < ARRAY_SIZE(empty); i++)
		proc_tree_register_dir(sys_sb, empty[i]);
	make_devices();
	filesystem_register(&sys_type);
}
