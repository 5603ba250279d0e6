/* SPDX-License-Identifier: MIT */
#include "arch/x86_64/lapic.h"

#include "arch/clock.h"
#include "arch/io.h"
#include "arch/x86_64/features.h"
#include "arch/x86_64/machine/x86.h"
#include "arch/x86_64/platform_priv.h"
#include "arch/x86_64/tsc_scale.h"
#include "core/klog.h"
#include "core/panic.h"
#include "mm/kmap.h"

/*
 * arch/x86_64/lapic.c - local APIC, as memory (xAPIC) or as MSRs (x2APIC).
 *
 * The mode is what the firmware left: machines from 2023 on lock x2APIC and
 * fault on the way back, so MSR 1Bh is read before anything is written.  Only
 * identifiers above 254 make us switch.  Destinations are always physical.
 *
 * Source: Intel SDM 3A chapter 11.
 */

enum lapic_register {
	LAPIC_TPR = 0x80,
	LAPIC_EOI = 0xb0,
	LAPIC_SPURIOUS = 0xf0,
	LAPIC_ESR = 0x280,
	LAPIC_LVT_CMCI = 0x2f0,
	LAPIC_ICR_LOW = 0x300,
	LAPIC_ICR_HIGH = 0x310,
	LAPIC_LVT_TIMER = 0x320,
	LAPIC_LVT_THERMAL = 0x330,
	LAPIC_LVT_PERF = 0x340,
	LAPIC_LVT_LINT0 = 0x350,
	LAPIC_LVT_LINT1 = 0x360,
	LAPIC_LVT_ERROR = 0x370,
	LAPIC_TIMER_START = 0x380,
	LAPIC_TIMER_NOW = 0x390,
	LAPIC_TIMER_DIVIDE = 0x3e0,
	LAPIC_VERSION = 0x30,
};

#define LVT_MASKED       (1u << 16)
#define LVT_NMI          (4u << 8)
#define LVT_TSC_DEADLINE (2u << 17)
#define SPURIOUS_ENABLE  (1u << 8)
#define DIVIDE_BY_16     3u

#define ICR_NMI     (4u << 8)
#define ICR_INIT    (5u << 8)
#define ICR_STARTUP (6u << 8)
#define ICR_PENDING (1u << 12)
#define ICR_ASSERT  (1u << 14)

/* How long the timer is measured, and an IPI may be on its way. */
#define TIMER_WINDOW_NS NSEC_PER_MSEC
#define SEND_CYCLES_MAX 100000000ULL

/* The whole counter, less some: never 0 or negative. */
#define TIMER_MAX 0xfffffff0u

static void *registers RO_AFTER_BOOT; /* NULL in x2APIC mode */
static bool deadline_mode RO_AFTER_BOOT;
static uint64_t ticks_per_cycle RO_AFTER_BOOT; /* timer / TSC, << 32 */

static uint32_t
lapic_read(enum lapic_register r)
{
	if (registers)
		return mmio_read32((char *)registers + r);
	return (uint32_t)rdmsr(MSR_X2APIC + r / 16);
}

static void
lapic_write(enum lapic_register r, uint32_t value)
{
	if (registers)
		mmio_write32((char *)registers + r, value);
	else
		wrmsr(MSR_X2APIC + r / 16, value);
}

BOOT_CODE static bool
wide_ids(void)
{
	unsigned i;

	for (i = 0; i < platform.cpus; i++) {
		if (platform.apic_id[i] >= 255)
			return true;
	}
	return false;
}

BOOT_CODE void
lapic_init(void)
{
	uint64_t msr = rdmsr(MSR_APIC_BASE);
	paddr_t base = msr & APIC_BASE_ADDRESS;

	if (!(msr & APIC_BASE_X2) && !(x86_features.x2apic && wide_ids())) {
		registers = kmap_physical(base, PAGE_SIZE, KMAP_UNCACHED);
		if (!registers)
			panic("lapic: cannot map %#lx", (unsigned long)base);
	}
	if (platform.lapic_base && platform.lapic_base != base)
		klog(KLOG_WARNING, "lapic: at %#lx, the firmware says %#lx",
		     (unsigned long)base, (unsigned long)platform.lapic_base);
	lapic_init_cpu();
	klog(KLOG_INFO, "lapic: %s mode", registers ? "xAPIC" : "x2APIC");
}

/* Entries beyond the highest this controller has must not be touched. */
static void
mask_all(void)
{
	unsigned entries = (lapic_read(LAPIC_VERSION) >> 16 & 0xff) + 1;

	lapic_write(LAPIC_LVT_TIMER, LVT_MASKED);
	lapic_write(LAPIC_LVT_LINT0, LVT_MASKED);
	lapic_write(LAPIC_LVT_LINT1, LVT_NMI);
	lapic_write(LAPIC_LVT_ERROR, VECTOR_ERROR);
	if (entries >= 5)
		lapic_write(LAPIC_LVT_PERF, LVT_MASKED);
	if (entries >= 6)
		lapic_write(LAPIC_LVT_THERMAL, LVT_MASKED);
	if (entries >= 7)
		lapic_write(LAPIC_LVT_CMCI, LVT_MASKED);
}

/*
 * Interrupts the firmware left in service would block ours of lower priority:
 * one EOI for each that could be.
 */
static void
finish_stray(void)
{
	unsigned i;

	for (i = 0; i < 16; i++)
		lapic_write(LAPIC_EOI, 0);
}

void
lapic_init_cpu(void)
{
	uint64_t msr = rdmsr(MSR_APIC_BASE);

	if (!(msr & APIC_BASE_ENABLE))
		wrmsr(MSR_APIC_BASE, msr | APIC_BASE_ENABLE);
	if (!registers && !(msr & APIC_BASE_X2))
		wrmsr(MSR_APIC_BASE, msr | APIC_BASE_ENABLE | APIC_BASE_X2);
	lapic_write(LAPIC_SPURIOUS, SPURIOUS_ENABLE | VECTOR_SPURIOUS);
	mask_all();
	lapic_write(LAPIC_TPR, 0);
	lapic_write(LAPIC_ESR, 0);
	finish_stray();
	if (ticks_per_cycle || deadline_mode)
		lapic_timer_init();
}

void
lapic_eoi(void)
{
	lapic_write(LAPIC_EOI, 0);
}

/* xAPIC only: the last one must have left. */
static void
wait_sent(void)
{
	uint64_t start = cycles();

	while (lapic_read(LAPIC_ICR_LOW) & ICR_PENDING) {
		if (cycles() - start > SEND_CYCLES_MAX)
			return;
		cpu_relax();
	}
}

/* In x2APIC mode the write does not order earlier stores: hence the fence. */
static void
send(uint32_t apic_id, uint32_t command)
{
	unsigned long irq;

	if (!registers) {
		__asm__ volatile("mfence; lfence" ::: "memory");
		wrmsr(MSR_X2APIC + LAPIC_ICR_LOW / 16,
		      (uint64_t)apic_id << 32 | command);
		return;
	}
	irq = irq_save();
	wait_sent();
	lapic_write(LAPIC_ICR_HIGH, apic_id << 24);
	lapic_write(LAPIC_ICR_LOW, command);
	irq_restore(irq);
}

void
lapic_send(uint32_t apic_id, enum irq_vector vector)
{
	send(apic_id, ICR_ASSERT | (uint32_t)vector);
}

void
lapic_send_nmi(uint32_t apic_id)
{
	send(apic_id, ICR_ASSERT | ICR_NMI);
}

void
lapic_send_init(uint32_t apic_id)
{
	send(apic_id, ICR_ASSERT | ICR_INIT);
}

void
lapic_send_startup(uint32_t apic_id, paddr_t page)
{
	send(apic_id,
	     ICR_ASSERT | ICR_STARTUP | (uint32_t)(page >> PAGE_SHIFT));
}

/* Let it run down for a while and see how far it comes. */
BOOT_CODE static uint64_t
measure(void)
{
	uint64_t start, taken;

	lapic_write(LAPIC_TIMER_START, UINT32_MAX);
	start = cycles();
	clock_delay_ns(TIMER_WINDOW_NS);
	taken = UINT32_MAX - lapic_read(LAPIC_TIMER_NOW);
	start = cycles() - start;
	lapic_write(LAPIC_TIMER_START, 0);
	return start ? (taken << 32) / start : 0;
}

void
lapic_timer_init(void)
{
	deadline_mode = x86_features.tsc_deadline && x86_features.invariant_tsc;
	if (deadline_mode) {
		lapic_write(LAPIC_LVT_TIMER, LVT_TSC_DEADLINE | VECTOR_TIMER);
		__asm__ volatile("mfence" ::: "memory");
		return;
	}
	lapic_write(LAPIC_TIMER_DIVIDE, DIVIDE_BY_16);
	lapic_write(LAPIC_LVT_TIMER, VECTOR_TIMER);
	if (!ticks_per_cycle)
		ticks_per_cycle = measure();
	if (!ticks_per_cycle)
		panic("lapic: the timer does not count");
}

/* A deadline too far away fires early; core/timer.c looks again then. */
void
lapic_timer_set(uint64_t tsc)
{
	uint64_t now, ticks;

	if (deadline_mode) {
		wrmsr(MSR_TSC_DEADLINE, tsc);
		return;
	}
	if (tsc == 0) {
		lapic_write(LAPIC_TIMER_START, 0);
		return;
	}
	now = cycles();
	ticks = tsc > now ? scale(tsc - now, ticks_per_cycle) + 1 : 1;
	lapic_write(LAPIC_TIMER_START, (uint32_t)MIN(ticks, TIMER_MAX));
}
