/* SPDX-License-Identifier: MIT */
#include <umbra/boot.h>

#include "arch/clock.h"
#include "arch/mmu.h"
#include "arch/platform.h"
#include "arch/power.h"
#include "core/cmdline.h"
#include "core/klog.h"
#include "core/ktest.h"
#include "core/panic.h"
#include "dev/console.h"
#include "firmware/acpi.h"
#include "firmware/madt.h"
#include "firmware/power.h"
#include "init/boot_priv.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/kmap.h"
#include "mm/slab.h"

/*
 * init/boot.c - the steps of main.c that need more than a line: mostly
 * carrying facts from one part of the kernel to another that may not ask.
 */

BOOT_CODE void
boot_console(const struct boot_info *bi)
{
	const struct boot_framebuffer *fb = &bi->fb;
	uint64_t need = (uint64_t)fb->pitch * fb->height;
	void *va = NULL;

	if (fb->format != BOOT_FB_NONE && fb->base && need <= fb->size)
		va = kmap_physical(fb->base, fb->size, KMAP_WRITE_COMBINE);
	fb_console_init(fb, va);
}

BOOT_CODE void
boot_banner(const struct boot_info *bi)
{
	uint64_t tsc = bi->tsc[BOOT_STEP_JUMP] - bi->tsc[BOOT_STEP_ENTRY];

	klog(KLOG_NOTICE, "Umbra on x86-64");
	klog(KLOG_INFO,
	     "boot: %lu memory ranges, slide %#lx, %u tries to exit"
	     " boot services, %lu million cycles in the loader",
	     (unsigned long)bi->mem_count, (unsigned long)bi->kernel_slide,
	     bi->exit_tries, (unsigned long)(tsc / 1000000));
	klog(KLOG_INFO, "boot: command line: %s", cmdline_text());
}

BOOT_CODE static void
copy_madt(struct arch_platform *p)
{
	static struct madt madt; /* large for a stack */
	const struct acpi_header *table = acpi_table("APIC", 0);
	unsigned i;

	madt_parse(table, arch_apic_id(), &madt);
	p->cpus = madt.cpus;
	for (i = 0; i < madt.cpus; i++)
		p->apic_id[i] = madt.apic_id[i];
	p->lapic_base = madt.lapic_base;
	p->ioapics = madt.ioapics;
	for (i = 0; i < madt.ioapics; i++) {
		p->ioapic[i].base = madt.ioapic[i].base;
		p->ioapic[i].gsi_base = madt.ioapic[i].gsi_base;
	}
	for (i = 0; i < ARRAY_SIZE(p->isa); i++) {
		p->isa[i].gsi = madt.isa[i].gsi;
		p->isa[i].active_low = madt.isa[i].active_low;
		p->isa[i].level = madt.isa[i].level;
	}
	if (madt.cpus_ignored)
		klog(KLOG_WARNING, "boot: %u processors beyond %u stay off",
		     madt.cpus_ignored, CPU_MAX);
}

BOOT_CODE static void
limit_cpus(struct arch_platform *p)
{
	uint64_t max = cmdline_get_u64("maxcpus", CPU_MAX);

	if (cmdline_get("nosmp") || max == 0)
		max = 1;
	if (p->cpus > max)
		p->cpus = (unsigned)max;
}

BOOT_CODE void
boot_describe_platform(const struct boot_info *bi)
{
	static struct arch_platform p; /* large for a stack */
	const struct acpi_fadt_facts *f = acpi_facts();

	copy_madt(&p);
	limit_cpus(&p);
	p.ap_trampoline = bi->ap_trampoline;
	p.hpet_base = f->hpet_base;
	p.pm_timer_port = f->pm_timer_port;
	p.pm_timer_32bit = f->pm_timer_32bit;
	p.has_8042 = f->has_8042;
	p.loader_tsc_hz = bi->tsc_hz;
	arch_set_platform(&p);
}

/*
 * The loader's memory goes last, for the map is in it: what is given back may
 * be overwritten at once, so the map is copied first.
 */
BOOT_CODE static void
reclaim_loader(const struct boot_info *bi)
{
	uint64_t n = bi->mem_count, i;
	struct boot_mem *map = kcalloc(n, sizeof(*map));

	if (!map) {
		klog(KLOG_WARNING, "boot: the loader's memory is lost");
		return;
	}
	memcpy(map, phys_to_virt(bi->mem_map), n * sizeof(*map));
	for (i = 0; i < n; i++) {
		if (map[i].type == BOOT_MEM_LOADER)
			frame_reclaim(map[i].base, map[i].base + map[i].size);
	}
	kfree(map);
}

BOOT_CODE void
boot_finish(const struct boot_info *bi)
{
	struct frame_stats s;
	size_t wx;

	reclaim_loader(bi);
	mmu_seal();
	wx = mmu_count_wx();
	if (wx)
		panic("boot: %zu kernel pages are writable and executable", wx);
	frame_stats(&s);
	klog(KLOG_NOTICE,
	     "boot: up after %lu ms, %lu of %lu KiB free, no page "
	     "writable and executable",
	     (unsigned long)(clock_now_ns() / NSEC_PER_MSEC),
	     (unsigned long)s.free * 4, (unsigned long)s.total * 4);
}

BOOT_CODE void
boot_run_tests(void)
{
	const char *area = cmdline_get("ktest");
	unsigned failed;

	if (!area)
		return;
	failed = ktest_run_all(area);
	arch_debug_exit((unsigned)cmdline_get_u64("debug_exit", 0),
			failed ? 1 : 0);
	power_off();
}
