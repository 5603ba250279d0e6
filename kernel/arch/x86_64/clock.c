/* SPDX-License-Identifier: MIT */
#include "arch/clock.h"

#include "arch/cpu.h"
#include "arch/vdso.h"
#include "arch/x86_64/lapic.h"
#include "arch/x86_64/tsc.h"
#include "arch/x86_64/tsc_scale.h"
#include "core/klog.h"

/*
 * arch/x86_64/clock.c - nanoseconds from the time-stamp counter.
 *
 * The counters of all CPUs start together on every machine of the last fifteen
 * years, and the clock is then a multiplication.  Where they do not (firmware
 * that writes them, some hypervisors) the check at a CPU's start finds out,
 * and from then on nobody is told a time earlier than one already told.
 */

/* Until the frequency is known delays assume a fast processor. */
#define UNKNOWN_CYCLES_PER_NS 5

/* Rounds of the comparison; each is a few hundred cycles. */
#define SYNC_ROUNDS     1000
#define SYNC_CYCLES_MAX 10000000000ULL

static uint64_t origin RO_AFTER_BOOT;
static uint64_t tsc_hz RO_AFTER_BOOT;
static uint64_t ns_per_cycle RO_AFTER_BOOT;  /* << 32 */
static uint64_t cycles_per_ns RO_AFTER_BOOT; /* << 32 */

/* Set once at a CPU's start, hence not read-only. */
static atomic_bool unsynced;
static _Atomic uint64_t latest_ns;  /* [a] latest time told, if unsynced */
static _Atomic uint64_t latest_tsc; /* [a] of the comparison */
static atomic_uint sync_arrived;

BOOT_CODE void
clock_set_origin(void)
{
	origin = cycles();
}

BOOT_CODE void
clock_init(void)
{
	uint64_t hz = tsc_measure();

	cycles_per_ns = scale_ratio(hz, NSEC_PER_SEC);
	ns_per_cycle = scale_ratio(NSEC_PER_SEC, hz);
	tsc_hz = hz;
	lapic_timer_init();
}

static uint64_t
never_backwards(uint64_t ns)
{
	uint64_t seen = atomic_load_explicit(&latest_ns, memory_order_relaxed);

	do {
		if (seen >= ns)
			return seen;
	} while (!atomic_compare_exchange_weak_explicit(&latest_ns, &seen, ns,
							memory_order_relaxed,
							memory_order_relaxed));
	return ns;
}

uint64_t
clock_now_ns(void)
{
	uint64_t ns = scale(cycles() - origin, ns_per_cycle);

	if (unlikely(atomic_load_explicit(&unsynced, memory_order_relaxed)))
		return never_backwards(ns);
	return ns;
}

/* Programs cannot take part in keeping unsynchronised counters in order. */
void
clock_fill_vdso(struct vdso_data *d)
{
	d->usable = !atomic_load(&unsynced);
	d->origin = origin;
	d->ns_per_cycle = ns_per_cycle;
}

uint64_t
clock_cycles_hz(void)
{
	return tsc_hz;
}

void
clock_event_set(uint64_t deadline_ns)
{
	if (deadline_ns == NEVER)
		lapic_timer_set(0);
	else
		lapic_timer_set(origin + scale(deadline_ns, cycles_per_ns) + 1);
}

void
clock_delay_ns(uint64_t ns)
{
	uint64_t start = cycles(), wait;

	wait = cycles_per_ns ? scale(ns, cycles_per_ns)
			     : ns * UNKNOWN_CYCLES_PER_NS;
	while (cycles() - start < wait)
		cpu_relax();
}

/* False if the other CPU is lost: then nothing is known about its counter. */
static bool
sync_wait(unsigned arrived)
{
	uint64_t start = cycles();

	atomic_fetch_add(&sync_arrived, 1);
	while (atomic_load(&sync_arrived) < arrived) {
		if (cycles() - start > SYNC_CYCLES_MAX)
			return false;
		cpu_relax();
	}
	return true;
}

/* Both CPUs at once: does the counter ever read less than the other's did? */
static void
compare_counters(void)
{
	unsigned i;

	if (!sync_wait(2)) {
		atomic_store(&unsynced, true);
		return;
	}
	for (i = 0; i < SYNC_ROUNDS; i++) {
		uint64_t seen = atomic_load(&latest_tsc), now = cycles();

		if (now < seen)
			atomic_store(&unsynced, true);
		else
			atomic_compare_exchange_strong(&latest_tsc, &seen, now);
	}
}

void
clock_sync_target(void)
{
	compare_counters();
	(void)sync_wait(3);
}

void
clock_sync_source(void)
{
	bool before = atomic_load(&unsynced);

	compare_counters();
	(void)sync_wait(4);
	atomic_store(&sync_arrived, 0);
	if (!before && atomic_load(&unsynced))
		klog(KLOG_WARNING, "clock: processors disagree about the "
				   "time-stamp counter; using the slow way");
}
