/* SPDX-License-Identifier: MIT */
/* unit: -iquote tests/unit/sim kernel/core/timer.c kernel/core/spinlock.c */

/*
 * timer_test.c - one CPU's timers against a list, and how seldom the event
 * timer is touched.  Several CPUs: sched_wake_test.c.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "arch/clock.h"
#include "arch/upcall.h"
#include "core/panic.h"
#include "core/percpu.h"
#include "core/timer.h"

/* --- the machine --------------------------------------------------------- */

static uint64_t now_ns, event_ns = NEVER;
static unsigned arms;
static bool irqs_off;
uintptr_t percpu_offsets[CPU_MAX];

uint64_t
clock_now_ns(void)
{
	return now_ns;
}

void
clock_event_set(uint64_t deadline_ns)
{
	event_ns = deadline_ns;
	arms++;
}

unsigned
cpu_id(void)
{
	return 0;
}

void
cpu_relax(void)
{
	abort();
}

bool
irq_enabled(void)
{
	return !irqs_off;
}

unsigned long
irq_save(void)
{
	unsigned long was = irqs_off;

	irqs_off = true;
	return was;
}

void
irq_restore(unsigned long was)
{
	irqs_off = was;
}

uintptr_t
percpu_offset(void)
{
	return 0;
}

NORETURN void
panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	abort();
}

bool
panic_in_progress(void)
{
	return false;
}

/* Let time pass up to then, with the interrupts that come. */
static void
advance_to(uint64_t then)
{
	while (event_ns <= then) {
		now_ns = event_ns > now_ns ? event_ns : now_ns;
		event_ns = NEVER;
		irqs_off = true;
		upcall_timer();
		irqs_off = false;
	}
	now_ns = then;
}

static void
hook(void)
{
}

static int
reset(UNUSED void **state)
{
	timer_set_preempt_hook(hook);
	irqs_off = true;
	timer_set_preempt_deadline(NEVER);
	irqs_off = false;
	advance_to(now_ns + NSEC_PER_SEC);
	arms = 0;
	return 0;
}

/* --- tests --------------------------------------------------------------- */

struct counted {
	struct timer timer;
	uint64_t due_ns; /* NEVER = not set */
	unsigned fired;
	uint64_t again_ns; /* set again that much later, 0 = not */
};

static void
on_counted(struct timer *t)
{
	struct counted *c = container_of(t, struct counted, timer);

	assert_true(irqs_off);
	assert_true(c->due_ns <= now_ns);
	c->fired++;
	c->due_ns = NEVER;
	if (c->again_ns) {
		c->due_ns = now_ns + c->again_ns;
		timer_set(t, c->due_ns);
	}
}

static void
test_fires_once_in_time(UNUSED void **state)
{
	struct counted c = { .due_ns = now_ns + 500 };

	timer_init(&c.timer, on_counted);
	timer_set(&c.timer, c.due_ns);
	advance_to(now_ns + 499);
	assert_int_equal(c.fired, 0);
	advance_to(now_ns + 1);
	assert_int_equal(c.fired, 1);
	advance_to(now_ns + NSEC_PER_SEC);
	assert_int_equal(c.fired, 1);
	assert_false(timer_cancel(&c.timer));
}

static void
test_past_fires_at_once(UNUSED void **state)
{
	struct counted c = { .due_ns = 0 };

	timer_init(&c.timer, on_counted);
	timer_set(&c.timer, 0);
	advance_to(now_ns);
	assert_int_equal(c.fired, 1);
}

static void
test_cancel_and_move(UNUSED void **state)
{
	struct counted c = { .due_ns = NEVER };

	timer_init(&c.timer, on_counted);
	assert_false(timer_cancel(&c.timer));
	timer_set(&c.timer, now_ns + 100);
	assert_true(timer_cancel(&c.timer));
	assert_false(timer_cancel(&c.timer));
	advance_to(now_ns + 200);
	assert_int_equal(c.fired, 0);
	timer_set(&c.timer, now_ns + 100);
	c.due_ns = now_ns + 300;
	timer_set(&c.timer, c.due_ns);
	advance_to(now_ns + 200);
	assert_int_equal(c.fired, 0);
	advance_to(now_ns + 100);
	assert_int_equal(c.fired, 1);
}

static void
test_sets_itself_again(UNUSED void **state)
{
	struct counted c = { .due_ns = now_ns + 10, .again_ns = 10 };

	timer_init(&c.timer, on_counted);
	timer_set(&c.timer, c.due_ns);
	advance_to(now_ns + 1000);
	assert_int_equal(c.fired, 100);
	assert_true(timer_cancel(&c.timer));
}

/* What is cancelled or moved to later touches the hardware once at most. */
static void
test_hardware_is_armed_lazily(UNUSED void **state)
{
	struct counted c = { .due_ns = NEVER };

	timer_init(&c.timer, on_counted);
	for (int i = 0; i < 1000; i++) {
		timer_set(&c.timer, now_ns + 100000 + (unsigned)i);
		timer_cancel(&c.timer);
	}
	assert_int_equal(arms, 1);
	irqs_off = true;
	for (unsigned i = 0; i < 1000; i++)
		timer_set_preempt_deadline(now_ns + 200000 + i);
	irqs_off = false;
	assert_int_equal(arms, 1);
}

static unsigned hooked;

static void
count_hook(void)
{
	hooked++;
}

static void
test_preempt_deadline(UNUSED void **state)
{
	struct counted c = { .due_ns = now_ns + 50 };

	hooked = 0;
	timer_set_preempt_hook(count_hook);
	timer_init(&c.timer, on_counted);
	timer_set(&c.timer, c.due_ns);
	irqs_off = true;
	timer_set_preempt_deadline(now_ns + 100);
	irqs_off = false;
	assert_true(timer_next_deadline() == c.due_ns);
	advance_to(now_ns + 99);
	assert_int_equal(hooked, 0);
	assert_int_equal(c.fired, 1);
	advance_to(now_ns + 1);
	assert_int_equal(hooked, 1);
	assert_true(timer_next_deadline() == NEVER);
	advance_to(now_ns + NSEC_PER_SEC);
	assert_int_equal(hooked, 1);
}

#define MANY 300

static struct counted many[MANY];

static uint64_t
first_due(void)
{
	uint64_t first = NEVER;

	for (int i = 0; i < MANY; i++)
		first = many[i].due_ns < first ? many[i].due_ns : first;
	return first;
}

static void
test_random_against_list(UNUSED void **state)
{
	srandom(1);
	for (int i = 0; i < MANY; i++) {
		timer_init(&many[i].timer, on_counted);
		many[i].due_ns = NEVER;
	}
	for (int step = 0; step < 200000; step++) {
		struct counted *c = &many[random() % MANY];

		switch (random() % 4) {
		case 0:
			assert_int_equal(timer_cancel(&c->timer),
					 c->due_ns != NEVER);
			c->due_ns = NEVER;
			break;
		case 1:
			advance_to(now_ns + (uint64_t)random() % 300);
			break;
		default:
			c->due_ns = now_ns + (uint64_t)random() % 5000;
			c->again_ns = random() % 8 ? 0 : 1 + random() % 999;
			timer_set(&c->timer, c->due_ns);
			break;
		}
		if (step % 16 == 0) {
			advance_to(now_ns);
			assert_true(timer_next_deadline() == first_due());
			assert_true(event_ns <= first_due());
		}
	}
	for (int i = 0; i < MANY; i++) {
		many[i].again_ns = 0;
		timer_cancel(&many[i].timer);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_fires_once_in_time, reset),
		cmocka_unit_test_setup(test_past_fires_at_once, reset),
		cmocka_unit_test_setup(test_cancel_and_move, reset),
		cmocka_unit_test_setup(test_sets_itself_again, reset),
		cmocka_unit_test_setup(test_hardware_is_armed_lazily, reset),
		cmocka_unit_test_setup(test_preempt_deadline, reset),
		cmocka_unit_test_setup(test_random_against_list, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
