/* SPDX-License-Identifier: MIT */
#include "arch/cpu.h"
#include "arch/io.h"
#include "arch/x86_64/machine/x86.h"
#include "arch/x86_64/platform_priv.h"
#include "arch/x86_64/tsc.h"
#include "core/klog.h"
#include "mm/kmap.h"

/*
 * arch/x86_64/tsc_measure.c - how fast does the time-stamp counter count?
 *
 * Processors and hypervisors that say so are believed.  Else it is measured
 * against a counter of known rate: HPET, ACPI PM timer or PIT.  Each may be
 * missing or stand still (clock-gated PITs hang other systems), so no loop
 * waits for one longer than a number of TSC cycles.  A reading counts the less
 * the longer it took: an emulator may put us aside between two instructions.
 *
 * Source: Intel SDM 2A CPUID leaves 15h, 16h; IA-PC HPET 1.0a 2.3; ACPI 6.5,
 * 4.8.3.3.
 */

#define WINDOW_US    5000ULL
#define MAX_GHZ      10ULL /* bounds the wait for a counter that stands */
#define READINGS     5
#define PM_TIMER_HZ  3579545
#define PIT_HZ       1193182
#define HPET_MIN_FS  100000ULL /* 10 GHz */
#define HPET_MAX_FS  100000000ULL
#define FS_PER_SEC   1000000000000000ULL
#define HPET_PERIOD  0x04
#define HPET_CONFIG  0x10
#define HPET_COUNTER 0xf0
#define HPET_SIZE    0x400

/* A frequency by CPUID or by us is wrong if outside of this. */
#define PLAUSIBLE_MIN 100000000ULL
#define PLAUSIBLE_MAX 20000000000ULL

/* A counter to measure against. */
struct reference {
	uint64_t hz;
	uint32_t mask; /* of the bits that count */
	uint32_t (*read)(void);
};

/* One reading of both. */
struct reading {
	uint64_t tsc;
	uint32_t count;
};

static void *hpet RO_AFTER_BOOT;

static uint32_t
hpet_read(void)
{
	return mmio_read32((char *)hpet + HPET_COUNTER);
}

static uint32_t
pm_timer_read(void)
{
	return port_in32((uint16_t)platform.pm_timer_port);
}

static uint32_t
pit_read(void)
{
	uint32_t low;

	port_out8(0x43, 0x80); /* latch channel 2 */
	low = port_in8(0x42);
	return ~(low | (uint32_t)port_in8(0x42) << 8);
}

/* The quickest of a few readings. */
BOOT_CODE static struct reading
take(const struct reference *ref)
{
	struct reading best = { 0 };
	uint64_t best_took = UINT64_MAX;
	unsigned i;

	for (i = 0; i < READINGS; i++) {
		uint64_t before = cycles();
		uint32_t count = ref->read() & ref->mask;
		uint64_t took = cycles() - before;

		if (took < best_took) {
			best = (struct reading){ before + took / 2, count };
			best_took = took;
		}
	}
	return best;
}

/* 0 if the counter stands still or the result is absurd. */
BOOT_CODE static uint64_t
measure(const struct reference *ref)
{
	uint64_t window = ref->hz * WINDOW_US / 1000000;
	uint64_t patience = WINDOW_US * 1000 * MAX_GHZ * 2, hz, counted;
	struct reading a = take(ref), b;

	do {
		if (cycles() - a.tsc > patience)
			return 0;
	} while (((ref->read() - a.count) & ref->mask) < window);
	b = take(ref);
	counted = (b.count - a.count) & ref->mask;
	hz = (b.tsc - a.tsc) * ref->hz / counted;
	if (hz < PLAUSIBLE_MIN || hz > PLAUSIBLE_MAX)
		return 0;
	return hz;
}

BOOT_CODE static uint64_t
by_hpet(void)
{
	struct reference ref = { 0, UINT32_MAX, hpet_read };
	uint32_t period;
	uint64_t hz;

	if (!platform.hpet_base)
		return 0;
	hpet = kmap_physical(platform.hpet_base, HPET_SIZE, KMAP_UNCACHED);
	if (!hpet)
		return 0;
	period = mmio_read32((char *)hpet + HPET_PERIOD);
	if (period < HPET_MIN_FS || period > HPET_MAX_FS) {
		klog(KLOG_WARNING, "clock: HPET period %u fs is absurd",
		     period);
		kunmap_physical(hpet, HPET_SIZE);
		return 0;
	}
	ref.hz = FS_PER_SEC / period;
	mmio_write32((char *)hpet + HPET_CONFIG,
		     mmio_read32((char *)hpet + HPET_CONFIG) | 1);
	hz = measure(&ref);
	kunmap_physical(hpet, HPET_SIZE);
	return hz;
}

BOOT_CODE static uint64_t
by_pm_timer(void)
{
	const struct reference ref = { PM_TIMER_HZ,
				       platform.pm_timer_32bit ? UINT32_MAX
							       : 0xffffff,
				       pm_timer_read };

	return platform.pm_timer_port ? measure(&ref) : 0;
}

/* Channel 2 needs no interrupt: gate on, speaker off, count from 65536. */
BOOT_CODE static uint64_t
by_pit(void)
{
	const struct reference ref = { PIT_HZ, 0xffff, pit_read };
	uint8_t gate = port_in8(0x61);
	uint64_t hz;

	port_out8(0x61, (uint8_t)((gate & ~2u) | 1u));
	port_out8(0x43, 0xb0);
	port_out8(0x42, 0);
	port_out8(0x42, 0);
	hz = measure(&ref);
	port_out8(0x61, gate);
	return hz;
}

BOOT_CODE static uint64_t
by_crystal(void)
{
	struct cpuid r = cpuid_if(0x15, 0);

	return r.a && r.b && r.c ? (uint64_t)r.c * r.b / r.a : 0;
}

BOOT_CODE static uint64_t
by_hypervisor(void)
{
	if (!(cpuid(1, 0).c >> 31) || cpuid(0x40000000, 0).a < 0x40000010)
		return 0;
	return (uint64_t)cpuid(0x40000010, 0).a * 1000;
}

BOOT_CODE static uint64_t
by_loader(void)
{
	return platform.loader_tsc_hz;
}

BOOT_CODE static uint64_t
by_base_frequency(void)
{
	return (uint64_t)(cpuid_if(0x16, 0).a & 0xffff) * 1000000;
}

/* Best first; the first that gives a plausible answer is taken. */
static const struct {
	const char *name;
	uint64_t (*find)(void);
} sources[] = {
	{ "CPUID 15h", by_crystal },
	{ "hypervisor", by_hypervisor },
	{ "HPET", by_hpet },
	{ "PM timer", by_pm_timer },
	{ "PIT", by_pit },
	{ "loader", by_loader },
	{ "CPUID 16h", by_base_frequency },
};

/* The loader timed Stall() under an emulator's load: only a hint. */
BOOT_CODE static void
compare_with_loader(uint64_t hz)
{
	uint64_t loader = platform.loader_tsc_hz;
	uint64_t off = hz > loader ? hz - loader : loader - hz;

	if (loader && off > hz / 50)
		klog(KLOG_NOTICE, "clock: the loader measured %lu MHz",
		     (unsigned long)(loader / 1000000));
}

BOOT_CODE uint64_t
tsc_measure(void)
{
	unsigned i;
	uint64_t hz;

	for (i = 0; i < ARRAY_SIZE(sources); i++) {
		hz = sources[i].find();
		if (hz < PLAUSIBLE_MIN || hz > PLAUSIBLE_MAX)
			continue;
		klog(KLOG_INFO, "clock: TSC at %lu.%03lu MHz by %s",
		     (unsigned long)(hz / 1000000),
		     (unsigned long)(hz / 1000 % 1000), sources[i].name);
		compare_with_loader(hz);
		return hz;
	}
	klog(KLOG_ERR, "clock: nothing says how fast the TSC is; times are "
		       "wrong by an unknown factor");
	return 2 * NSEC_PER_SEC;
}
