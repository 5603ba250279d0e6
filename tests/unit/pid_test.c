/* SPDX-License-Identifier: MIT */
/* unit: kernel/proc/pid.c */

/*
 * pid_test.c - numbers against a plain array of who has which.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "proc/pid.h"

#define FIRST_AGAIN 300 /* where numbers begin after a wrap */

static bool no_memory;
static struct pid *holder[PID_MAX];

void *
kmalloc(size_t size)
{
	return no_memory ? NULL : calloc(1, size);
}

void
kfree(void *p)
{
	free(p);
}

static struct pid *
take(void)
{
	struct pid *p = pid_alloc();

	assert_non_null(p);
	assert_true(p->nr > 0 && p->nr < PID_MAX);
	assert_null(holder[p->nr]);
	holder[p->nr] = p;
	p->task = (struct task *)p; /* names something */
	return p;
}

static void
give(struct pid *p)
{
	holder[p->nr] = NULL;
	p->task = NULL;
	pid_release(p);
}

static void
give_all(void)
{
	for (int i = 0; i < PID_MAX; i++)
		if (holder[i])
			give(holder[i]);
}

static void
test_ascending(void **state)
{
	pid_t before = 0;

	for (int i = 0; i < 1000; i++) {
		struct pid *p = take();

		assert_true(p->nr > before);
		before = p->nr;
		if (i % 3)
			give(p); /* a number rests although it is free */
	}
	give_all();
}

static void
test_find(void **state)
{
	struct pid *a = take(), *b = take(), *c = take();
	pid_t nr = b->nr;

	assert_ptr_equal(pid_find(a->nr), a);
	assert_ptr_equal(pid_at_or_after(a->nr + 1), b);
	give(b);
	assert_null(pid_find(nr));
	assert_ptr_equal(pid_at_or_after(nr), c);
	assert_null(pid_at_or_after(c->nr + 1));
	assert_null(pid_find(0));
	assert_null(pid_find(-1));
	give_all();
}

/* A group keeps the number of its leader after the leader is gone. */
static void
test_kept_by_any_use(void **state)
{
	struct list_node member, other;
	struct pid *p = take();
	pid_t nr = p->nr;

	list_push_back(&p->group, &member);
	list_push_back(&p->session, &other);
	p->process = (struct process *)p;
	give(p);
	assert_ptr_equal(pid_find(nr), p);
	p->process = NULL;
	pid_release(p);
	assert_ptr_equal(pid_find(nr), p);
	list_remove(&member);
	pid_release(p);
	assert_ptr_equal(pid_find(nr), p);
	list_remove(&other);
	pid_release(p);
	assert_null(pid_find(nr));
	pid_release(&kernel_pid); /* never freed */
}

static void
test_no_memory(void **state)
{
	no_memory = true;
	assert_null(pid_alloc());
	no_memory = false;
	give(take());
}

/* After the last number it goes on above those of long-lived daemons. */
static void
test_wrap(void **state)
{
	struct pid *first, *p;
	pid_t before = 0;

	do {
		p = pid_alloc();
		assert_non_null(p);
		before = p->nr;
		pid_release(p);
	} while (before < PID_MAX - 1);
	first = take();
	assert_int_equal(first->nr, FIRST_AGAIN);
	/* Numbers in use are passed over. */
	do {
		p = pid_alloc();
		before = p->nr;
		assert_int_not_equal(before, FIRST_AGAIN);
		pid_release(p);
	} while (before < PID_MAX - 1);
	assert_int_equal(take()->nr, FIRST_AGAIN + 1);
	give_all();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ascending),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_kept_by_any_use),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
