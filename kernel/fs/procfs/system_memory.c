/* SPDX-License-Identifier: MIT */
#include "fs/procfs/procfs_priv.h"
#include "lib/errno.h"
#include "mm/frame.h"
#include "mm/slab.h"

/*
 * fs/procfs/system_memory.c - files about memory.
 *
 * All file data is in memory for good, as Linux's tmpfs is: it counts as Cached
 * and as Shmem, and not as available.
 */

#define MEMORY_NAME 16

static void
put_kib(struct proc_text *t, const char *name, uint64_t pages)
{
	proc_printf(t, "%-*s%8lu kB\n", MEMORY_NAME, name,
		    (unsigned long)(pages * (PAGE_SIZE / 1024)));
}

static int
show_meminfo(UNUSED pid_t pid, struct proc_text *t)
{
	struct frame_stats s;

	frame_stats(&s);
	const struct {
		const char *name;
		uint64_t pages;
	} lines[] = {
		{ "MemTotal:", s.total },
		{ "MemFree:", s.free },
		{ "MemAvailable:", s.free },
		{ "Buffers:", 0 },
		{ "Cached:", s.by_kind[FRAME_CACHE] },
		{ "SwapCached:", 0 },
		{ "Active:", s.by_kind[FRAME_ANON] },
		{ "Inactive:", s.by_kind[FRAME_CACHE] },
		{ "SwapTotal:", 0 },
		{ "SwapFree:", 0 },
		{ "Dirty:", 0 },
		{ "Writeback:", 0 },
		{ "AnonPages:", s.by_kind[FRAME_ANON] },
		{ "Shmem:", s.by_kind[FRAME_CACHE] },
		{ "KReclaimable:", 0 },
		{ "Slab:", s.by_kind[FRAME_SLAB] },
		{ "SReclaimable:", 0 },
		{ "SUnreclaim:", s.by_kind[FRAME_SLAB] },
		{ "PageTables:", s.by_kind[FRAME_NODE] },
		{ "Kernel:", s.by_kind[FRAME_KERNEL] },
		{ "Pipes:", s.by_kind[FRAME_PIPE] },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(lines); i++)
		put_kib(t, lines[i].name, lines[i].pages);
	proc_printf(t, "%-*s%8u kB\n", MEMORY_NAME, "Hugepagesize:", 2048);
	return 0;
}

static int
show_vmstat(UNUSED pid_t pid, struct proc_text *t)
{
	struct frame_stats s;

	frame_stats(&s);
	proc_printf(t, "nr_free_pages %lu\nnr_anon_pages %lu\n",
		    (unsigned long)s.free,
		    (unsigned long)s.by_kind[FRAME_ANON]);
	proc_printf(t, "nr_file_pages %lu\nnr_shmem %lu\n",
		    (unsigned long)s.by_kind[FRAME_CACHE],
		    (unsigned long)s.by_kind[FRAME_CACHE]);
	proc_printf(t, "nr_slab_unreclaimable %lu\nnr_page_table_pages %lu\n",
		    (unsigned long)s.by_kind[FRAME_SLAB],
		    (unsigned long)s.by_kind[FRAME_NODE]);
	/* There is no storage: nothing is paged in or out. */
	proc_printf(t, "nr_dirty 0\nnr_writeback 0\npgpgin 0\npgpgout 0\n"
		       "pswpin 0\npswpout 0\n");
	return 0;
}

static int
show_zoneinfo(UNUSED pid_t pid, struct proc_text *t)
{
	struct frame_stats s;

	frame_stats(&s);
	proc_printf(t, "Node 0, zone   Normal\n  pages free     %lu\n",
		    (unsigned long)s.free);
	proc_printf(t, "        present  %lu\n        managed  %lu\n",
		    (unsigned long)s.total, (unsigned long)s.total);
	return 0;
}

static int
show_buddyinfo(UNUSED pid_t pid, struct proc_text *t)
{
	uint64_t blocks[FRAME_MAX_ORDER + 1];

	frame_free_blocks(blocks);
	proc_printf(t, "Node 0, zone   Normal ");
	for (unsigned i = 0; i <= FRAME_MAX_ORDER; i++)
		proc_printf(t, "%6lu ", (unsigned long)blocks[i]);
	proc_printf(t, "\n");
	return 0;
}

/* slabtop(1) reads version 2.1. */
static int
show_slabinfo(UNUSED pid_t pid, struct proc_text *t)
{
	struct slab_stats s;

	proc_printf(t, "slabinfo - version: 2.1\n"
		       "# name            <active_objs> <num_objs> <objsize> "
		       "<objperslab> <pagesperslab> : tunables <limit> "
		       "<batchcount> <sharedfactor> : slabdata <active_slabs> "
		       "<num_slabs> <sharedavail>\n");
	for (unsigned i = 0; slab_stats(i, &s); i++) {
		unsigned long slabs = (unsigned long)s.slabs;

		proc_printf(t, "%-17s %6lu %6lu %6zu %4lu %4u", s.name,
			    (unsigned long)s.objects, (unsigned long)s.room,
			    s.object_size, slabs ? s.room / slabs : 0,
			    s.pages_per_slab);
		proc_printf(t,
			    " : tunables    0    0    0 : slabdata %6lu "
			    "%6lu      0\n",
			    slabs, slabs);
	}
	return 0;
}

static int
show_swaps(UNUSED pid_t pid, struct proc_text *t)
{
	proc_printf(t, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	return 0;
}

/* Umbra's own: what every frame is used for; leak tests read it. */
static int
show_frames(UNUSED pid_t pid, struct proc_text *t)
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

static const struct proc_file files[] = {
	{ "meminfo", 0444, show_meminfo },
	{ "vmstat", 0444, show_vmstat },
	{ "zoneinfo", 0444, show_zoneinfo },
	{ "buddyinfo", 0444, show_buddyinfo },
	{ "slabinfo", 0400, show_slabinfo },
	{ "swaps", 0444, show_swaps },
	{ "umbra/frames", 0444, show_frames },
};

void
proc_system_memory_init(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(files); i++)
		procfs_register(files[i].name, &files[i]);
}
