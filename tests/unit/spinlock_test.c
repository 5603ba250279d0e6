/* SPDX-License-Identifier: MIT */
/* unit: -iquote tests/unit/sim kernel/core/spinlock.c */

/*
 * spinlock_test.c - what debug kernels refuse: each misuse must panic, each
 * use must not.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arch/clock.h"
#include "core/panic.h"
#include "core/percpu.h"
#include "core/spinlock.h"

/* --- the machine: two CPUs, time passes while one waits ------------------ */

static unsigned cpu;
static bool irqs_off;
static uint64_t now_ns;
static struct spinlock *free_while_waiting;
static unsigned relaxed;
uintptr_t percpu_offsets[CPU_MAX];
extern char __start_sim_percpu[], __stop_sim_percpu[];

static jmp_buf caught;
static char said[512];
static bool dying;

NORETURN void
panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(said, sizeof(said), fmt, ap);
	va_end(ap);
	longjmp(caught, 1);
}

bool
panic_in_progress(void)
{
	return dying;
}

uint64_t
clock_now_ns(void)
{
	return now_ns += NSEC_PER_MSEC;
}

unsigned
cpu_id(void)
{
	return cpu;
}

void
cpu_relax(void)
{
	if (free_while_waiting && ++relaxed == 100)
		atomic_store(&free_while_waiting->holder, 0);
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
	return percpu_offsets[cpu];
}

static struct spinlock dcache, futex, line, queue, queue2;

static int
reset(UNUSED void **state)
{
	size_t size = (size_t)(__stop_sim_percpu - __start_sim_percpu);

	for (unsigned i = 0; i < 2; i++) {
		free((void *)(percpu_offsets[i] +
			      (uintptr_t)__start_sim_percpu *
				      (percpu_offsets[i] != 0)));
		percpu_offsets[i] = (uintptr_t)calloc(1, size) -
				    (uintptr_t)__start_sim_percpu;
	}
	cpu = 0;
	irqs_off = dying = false;
	free_while_waiting = NULL;
	relaxed = 0;
	said[0] = '\0';
	spin_init(&dcache, LOCK_DCACHE, "dcache");
	spin_init(&futex, LOCK_FUTEX, "futex");
	spin_init(&line, LOCK_TTY_LINE, "line");
	spin_init(&queue, LOCK_RUN_QUEUE, "queue");
	spin_init(&queue2, LOCK_RUN_QUEUE, "queue2");
	return 0;
}

#define EXPECT_PANIC(what, statement)                             \
	do {                                                      \
		if (setjmp(caught) == 0) {                        \
			statement;                                \
			fail_msg("%s did not panic", #statement); \
		}                                                 \
		assert_non_null(strstr(said, what));              \
	} while (0)

/* --- tests --------------------------------------------------------------- */

static void
test_order_is_fine(UNUSED void **state)
{
	unsigned long irq;

	spin_lock(&dcache);
	spin_lock(&futex);
	irq = spin_lock_irq(&queue);
	assert_true(spin_held(&queue) && irqs_off);
	/* Not in the order they were taken. */
	spin_unlock(&dcache);
	spin_unlock_irq(&queue, irq);
	assert_false(irqs_off);
	spin_unlock(&futex);
	assert_false(spin_held(&futex));
	assert_may_sleep();
}

static void
test_wrong_order(UNUSED void **state)
{
	spin_lock(&futex);
	EXPECT_PANIC("taken under futex", spin_lock(&dcache));
	assert_int_equal(dcache.holder, 0);
}

static void
test_same_rank(UNUSED void **state)
{
	unsigned long irq = spin_lock_irq(&queue);

	EXPECT_PANIC("taken under queue", spin_lock(&queue2));
	spin_lock_nested(&queue2);
	spin_unlock(&queue2);
	spin_unlock_irq(&queue, irq);
}

static void
test_attempts_are_free(UNUSED void **state)
{
	irqs_off = true;
	spin_lock(&queue);
	assert_true(spin_try_lock(&queue2));
	spin_unlock(&queue2);
	assert_true(spin_try_lock(&line));
	EXPECT_PANIC("taken under", spin_lock(&queue2));
	cpu = 1;
	assert_false(spin_try_lock(&queue));
}

static void
test_interrupts_on(UNUSED void **state)
{
	EXPECT_PANIC("interrupts on", spin_lock(&queue));
	EXPECT_PANIC("interrupts on", (void)spin_try_lock(&queue));
	irqs_off = true;
	spin_lock(&queue);
	spin_unlock(&queue);
}

static void
test_taken_twice(UNUSED void **state)
{
	spin_lock(&dcache);
	EXPECT_PANIC("taken twice", spin_lock(&dcache));
	EXPECT_PANIC("taken twice", (void)spin_try_lock(&dcache));
}

static void
test_given_back_by_another(UNUSED void **state)
{
	EXPECT_PANIC("which lacks it", spin_unlock(&dcache));
	spin_lock(&dcache);
	cpu = 1;
	EXPECT_PANIC("by CPU 1", spin_unlock(&dcache));
}

static void
test_never_initialised(UNUSED void **state)
{
	struct spinlock blank = { .name = "blank" };

	EXPECT_PANIC("never initialised", spin_lock(&blank));
}

static void
test_sleeping_with_a_lock(UNUSED void **state)
{
	spin_lock(&dcache);
	EXPECT_PANIC("sleeping while holding spinlock dcache",
		     assert_may_sleep());
	spin_unlock(&dcache);
	assert_may_sleep();
}

static void
test_cpus_have_their_own_lists(UNUSED void **state)
{
	spin_lock(&futex);
	cpu = 1;
	spin_lock(&dcache);
	assert_int_equal(dcache.holder, 2);
	spin_unlock(&dcache);
	cpu = 0;
	spin_unlock(&futex);
}

static void
test_too_many(UNUSED void **state)
{
	struct spinlock locks[17];

	irqs_off = true;
	for (int i = 0; i < 17; i++)
		spin_init(&locks[i], LOCK_RUN_QUEUE, "many");
	for (int i = 0; i < 16; i++)
		spin_lock_nested(&locks[i]);
	EXPECT_PANIC("too many", spin_lock_nested(&locks[16]));
}

/* --- waiting ------------------------------------------------------------- */

static void
test_waits_until_free(UNUSED void **state)
{
	dcache.holder = 2;
	free_while_waiting = &dcache;
	spin_lock(&dcache);
	assert_true(spin_held(&dcache));
	assert_true(relaxed >= 100);
	spin_unlock(&dcache);
}

static void
test_waiting_for_ever_names_both(UNUSED void **state)
{
	dcache.holder = 2;
	EXPECT_PANIC("CPU 0 waits, CPU 1 keeps it", spin_lock(&dcache));
}

static void
test_a_panic_takes_what_it_needs(UNUSED void **state)
{
	dcache.holder = 2;
	dying = true;
	spin_lock(&dcache);
	assert_true(spin_held(&dcache));
	spin_unlock(&dcache);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_order_is_fine, reset),
		cmocka_unit_test_setup(test_wrong_order, reset),
		cmocka_unit_test_setup(test_same_rank, reset),
		cmocka_unit_test_setup(test_attempts_are_free, reset),
		cmocka_unit_test_setup(test_interrupts_on, reset),
		cmocka_unit_test_setup(test_taken_twice, reset),
		cmocka_unit_test_setup(test_given_back_by_another, reset),
		cmocka_unit_test_setup(test_never_initialised, reset),
		cmocka_unit_test_setup(test_sleeping_with_a_lock, reset),
		cmocka_unit_test_setup(test_cpus_have_their_own_lists, reset),
		cmocka_unit_test_setup(test_too_many, reset),
		cmocka_unit_test_setup(test_waits_until_free, reset),
		cmocka_unit_test_setup(test_waiting_for_ever_names_both, reset),
		cmocka_unit_test_setup(test_a_panic_takes_what_it_needs, reset),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	for (unsigned i = 0; i < 2; i++)
		free((void *)(percpu_offsets[i] +
			      (uintptr_t)__start_sim_percpu));
	return failed;
}
