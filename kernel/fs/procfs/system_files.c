/* SPDX-License-Identifier: MIT */
#include "arch/clock.h"
#include "core/cmdline.h"
#include "core/random.h"
#include "core/wallclock.h"
#include "fs/procfs/procfs_priv.h"
#include "lib/errno.h"
#include "mm/frame.h"
#include "mm/slab.h"
#include "sched/sched.h"

/*
 * fs/procfs/system_files.c - files about the whole machine, with the names
 * and layout programs parse (man 5 proc).
 */

#define TICK_NS 10000000ULL /* USER_HZ = 100 */

static unsigned long
kib(uint64_t pages)
{
	return (unsigned long)(pages * (PAGE_SIZE / 1024));
}

static int
show_meminfo(pid_t pid, struct proc_text *t)
{
	struct frame_stats s;

	frame_stats(&s);
	proc_printf(t, "MemTotal:       %8lu kB\n", kib(s.total));
	proc_printf(t, "MemFree:        %8lu kB\n", kib(s.free));
	proc_printf(t, "MemAvailable:   %8lu kB\n", kib(s.free));
	proc_printf(t, "Buffers:        %8lu kB\n", 0UL);
	proc_printf(t, "Cached:         %8lu kB\n",
		    kib(s.by_kind[FRAME_CACHE]));
	proc_printf(t, "SwapCached:     %8lu kB\n", 0UL);
	proc_printf(t, "Active:         %8lu kB\n", kib(s.by_kind[FRAME_ANON]));
	proc_printf(t, "Inactive:       %8lu kB\n",
		    kib(s.by_kind[FRAME_CACHE]));
	proc_printf(t, "SwapTotal:      %8lu kB\n", 0UL);
	proc_printf(t, "SwapFree:       %8lu kB\n", 0UL);
	proc_printf(t, "Dirty:          %8lu kB\n", 0UL);
	proc_printf(t, "Writeback:      %8lu kB\n", 0UL);
	proc_printf(t, "AnonPages:      %8lu kB\n", kib(s.by_kind[FRAME_ANON]));
	proc_printf(t, "Mapped:         %8lu kB\n", 0UL);
	proc_printf(t, "Shmem:          %8lu kB\n",
		    kib(s.by_kind[FRAME_CACHE]));
	proc_printf(t, "Slab:           %8lu kB\n", kib(s.by_kind[FRAME_SLAB]));
	proc_printf(t, "KernelStack:    %8lu kB\n",
		    kib(s.by_kind[FRAME_KERNEL]));
	proc_printf(t, "PageTables:     %8lu kB\n", kib(s.by_kind[FRAME_NODE]));
	return 0;
}

static int
show_cpuinfo(pid_t pid, struct proc_text *t)
{
	struct cpu_description *c = kmalloc(sizeof(*c));
	unsigned long khz = clock_cycles_hz() / 1000;

	if (!c)
		return -ENOMEM;
	cpu_describe(c);
	for (unsigned i = 0; i < cpu_count(); i++) {
		proc_printf(t, "processor\t: %u\nvendor_id\t: %s\n", i,
			    c->vendor);
		proc_printf(t, "cpu family\t: %u\nmodel\t\t: %u\n", c->family,
			    c->model);
		proc_printf(t, "model name\t: %s\nstepping\t: %u\n",
			    c->model_name, c->stepping);
		proc_printf(t, "cpu MHz\t\t: %lu.%03lu\n", khz / 1000,
			    khz % 1000);
		proc_printf(t, "siblings\t: %u\ncpu cores\t: %u\n", cpu_count(),
			    cpu_count());
		proc_printf(t, "fpu\t\t: yes\nwp\t\t: yes\nflags\t\t: %s\n",
			    c->flags);
		proc_printf(t,
			    "address sizes\t: %u bits physical, "
			    "%u bits virtual\n\n",
			    c->phys_bits, c->virt_bits);
	}
	kfree(c);
	return 0;
}

/* Seconds with two decimals, as uptime shows them. */
static void
put_seconds(struct proc_text *t, uint64_t ns, char end)
{
	proc_printf(t, "%lu.%02lu%c", (unsigned long)(ns / NSEC_PER_SEC),
		    (unsigned long)(ns % NSEC_PER_SEC / 10000000), end);
}

static int
show_uptime(pid_t pid, struct proc_text *t)
{
	struct sched_stats s;

	sched_stats(&s);
	put_seconds(t, clock_now_ns(), ' ');
	put_seconds(t, s.idle_ns, '\n');
	return 0;
}

static int
show_loadavg(pid_t pid, struct proc_text *t)
{
	struct sched_stats s;
	pid_t last = 0, next;

	sched_stats(&s);
	for (int i = 0; i < 3; i++)
		proc_printf(t, "%lu.%02lu ", (unsigned long)(s.load[i] >> 11),
			    (unsigned long)((s.load[i] & 2047) * 100 >> 11));
	while ((next = procfs_source->next(last)))
		last = next;
	proc_printf(t, "%u/%u %d\n", s.running, s.threads, last);
	return 0;
}

static void
put_cpu_line(struct proc_text *t, const struct sched_stats *s)
{
	proc_printf(t, " %lu 0 %lu %lu 0 0 0 0 0 0\n",
		    (unsigned long)(s->user_ns / TICK_NS),
		    (unsigned long)(s->kernel_ns / TICK_NS),
		    (unsigned long)(s->idle_ns / TICK_NS));
}

static int
show_stat(pid_t pid, struct proc_text *t)
{
	uint64_t boot = wallclock_ns() - clock_now_ns();
	struct sched_stats all, one;

	sched_stats(&all);
	proc_printf(t, "cpu ");
	put_cpu_line(t, &all);
	for (unsigned i = 0; i < cpu_count(); i++) {
		sched_cpu_stats(i, &one);
		proc_printf(t, "cpu%u", i);
		put_cpu_line(t, &one);
	}
	proc_printf(t, "intr 0\nctxt %lu\nbtime %lu\nprocesses %u\n",
		    (unsigned long)all.switches,
		    (unsigned long)(boot / NSEC_PER_SEC), all.threads);
	proc_printf(t, "procs_running %u\nprocs_blocked 0\n", all.running);
	return 0;
}

static int
show_cmdline(pid_t pid, struct proc_text *t)
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
show_filesystems(pid_t pid, struct proc_text *t)
{
	filesystem_each(put_filesystem, t);
	return 0;
}

static int
show_slabinfo(pid_t pid, struct proc_text *t)
{
	struct slab_stats s;

	proc_printf(t, "# name            <active_objs> <objsize> <slabs>\n");
	for (unsigned i = 0; slab_stats(i, &s); i++)
		proc_printf(t, "%-17s %8lu %8zu %8lu\n", s.name,
			    (unsigned long)s.objects, s.object_size,
			    (unsigned long)s.slabs);
	return 0;
}

/* Umbra's own: what every frame is used for; leak tests read it. */
static int
show_frames(pid_t pid, struct proc_text *t)
{
	static const char *const names[FRAME_KINDS] = {
		[FRAME_FREE] = "free",     [FRAME_RESERVED] = "reserved",
		[FRAME_KERNEL] = "kernel", [FRAME_SLAB] = "slab",
		[FRAME_NODE] = "node",     [FRAME_ANON] = "anon",
		[FRAME_CACHE] = "cache",   [FRAME_PIPE] = "pipe",
	};
	struct frame_stats s;

	frame_stats(&s);
	proc_printf(t, "total %lu\nfree %lu\n", (unsigned long)s.total,
		    (unsigned long)s.free);
	for (unsigned i = 0; i < FRAME_KINDS; i++)
		if (i != FRAME_FREE && i != FRAME_RESERVED)
			proc_printf(t, "%s %lu\n", names[i],
				    (unsigned long)s.by_kind[i]);
	return 0;
}

static int
show_boot_id(pid_t pid, struct proc_text *t)
{
	static uint8_t id[16];
	static atomic_bool made;

	if (!atomic_exchange(&made, true))
		random_bytes(id, sizeof(id));
	for (int i = 0; i < 16; i++)
		proc_printf(t, "%s%02x",
			    i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
			    id[i]);
	proc_printf(t, "\n");
	return 0;
}

static const struct proc_file system_files[] = {
	{ "meminfo", 0444, show_meminfo, NULL },
	{ "cpuinfo", 0444, show_cpuinfo, NULL },
	{ "uptime", 0444, show_uptime, NULL },
	{ "loadavg", 0444, show_loadavg, NULL },
	{ "stat", 0444, show_stat, NULL },
	{ "cmdline", 0444, show_cmdline, NULL },
	{ "filesystems", 0444, show_filesystems, NULL },
	{ "slabinfo", 0400, show_slabinfo, NULL },
	{ "umbra/frames", 0444, show_frames, NULL },
	{ "sys/kernel/random/boot_id", 0444, show_boot_id, NULL },
};

void
proc_system_files_init(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(system_files); i++)
		procfs_register(system_files[i].name, &system_files[i]);
	procfs_register_link("mounts", "self/mounts");
}
