/* SPDX-License-Identifier: MIT */
#include "arch/clock.h"
#include "arch/cpu.h"
#include "core/ktest.h"
#include "core/timer.h"

/*
 * core/timer_test.c - timers on the real event timer.
 */

#define COUNT 16

struct probe {
	struct timer timer;
	uint64_t due_ns;
	_Atomic uint64_t fired_ns; /* 0 = not yet */
	unsigned cpu;
};

static struct probe probes[COUNT];

static void
probe_fire(struct timer *t)
{
	struct probe *p = container_of(t, struct probe, timer);

	p->cpu = cpu_id();
	atomic_store(&p->fired_ns, clock_now_ns());
}

static void
probe_set(struct probe *p, uint64_t after_ns)
{
	timer_init(&p->timer, probe_fire);
	atomic_store(&p->fired_ns, 0);
	p->due_ns = clock_now_ns() + after_ns;
	timer_set(&p->timer, p->due_ns);
}

/* Spins, so that this CPU stays the one that set them. */
static bool
wait_until_fired(struct probe *p)
{
	uint64_t limit_ns = p->due_ns + 5 * NSEC_PER_SEC;

	while (atomic_load(&p->fired_ns) == 0 && clock_now_ns() < limit_ns)
		cpu_relax();
	return atomic_load(&p->fired_ns) != 0;
}

static bool
all_in_order(void)
{
	bool ok = true;

	for (unsigned i = 0; i < COUNT * COUNT; i++) {
		const struct probe *a = &probes[i / COUNT];
		const struct probe *b = &probes[i % COUNT];

		ok &= a->due_ns >= b->due_ns || a->fired_ns <= b->fired_ns;
	}
	return ok;
}

KTEST(timer, fires_in_order_and_not_early)
{
	unsigned here = cpu_id();

	for (unsigned i = 0; i < COUNT; i++)
		probe_set(&probes[i],
			  (i * 7ULL % COUNT + 1) * 300 * NSEC_PER_USEC);
	for (unsigned i = 0; i < COUNT; i++) {
		KTEST_EXPECT(wait_until_fired(&probes[i]));
		KTEST_EXPECT(probes[i].fired_ns >= probes[i].due_ns);
		KTEST_EXPECT(probes[i].cpu == here);
	}
	KTEST_EXPECT(all_in_order());
}

KTEST(timer, cancelled_stays_silent)
{
	probe_set(&probes[0], 2 * NSEC_PER_MSEC);
	probe_set(&probes[1], 4 * NSEC_PER_MSEC);
	KTEST_EXPECT(timer_cancel(&probes[0].timer));
	KTEST_EXPECT(!timer_cancel(&probes[0].timer));
	KTEST_EXPECT(wait_until_fired(&probes[1]));
	KTEST_EXPECT(probes[0].fired_ns == 0);
	KTEST_EXPECT(!timer_cancel(&probes[1].timer));
}

KTEST(timer, past_fires_at_once)
{
	probe_set(&probes[0], 0);
	KTEST_EXPECT(wait_until_fired(&probes[0]));
	timer_set(&probes[0].timer, 0);
	KTEST_EXPECT(wait_until_fired(&probes[0]));
}

KTEST(timer, moves_both_ways)
{
	probe_set(&probes[0], 3600 * NSEC_PER_SEC);
	timer_set(&probes[0].timer, clock_now_ns() + NSEC_PER_MSEC);
	probes[0].due_ns = clock_now_ns();
	KTEST_EXPECT(wait_until_fired(&probes[0]));
	probe_set(&probes[1], NSEC_PER_MSEC);
	timer_set(&probes[1].timer, clock_now_ns() + 3600 * NSEC_PER_SEC);
	probe_set(&probes[2], 5 * NSEC_PER_MSEC);
	KTEST_EXPECT(wait_until_fired(&probes[2]));
	KTEST_EXPECT(probes[1].fired_ns == 0);
	KTEST_EXPECT(timer_cancel(&probes[1].timer));
}
