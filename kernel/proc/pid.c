/* SPDX-License-Identifier: MIT */
#include "proc/pid.h"

#include "lib/errno.h"
#include "mm/slab.h"

/*
 * proc/pid.c - the numbers, in a red-black tree; new ones are handed out in
 * ascending order and wrap, so that a number rests as long as possible.
 */

#define PID_AFTER_WRAP 300 /* low numbers belong to long-lived daemons */

RB_HEAD(pid_tree, pid);

static struct pid_tree pids = RB_INITIALIZER(&pids); /* [T] */
static pid_t last_nr;                                /* [T] */
static uint64_t last_serial;                         /* [T] */
static atomic_int nr_limit = PID_MAX;                /* [a] */

static int
pid_compare(const struct pid *a, const struct pid *b)
{
	return a->nr < b->nr ? -1 : a->nr > b->nr;
}

RB_GENERATE_STATIC(pid_tree, pid, node, pid_compare)

struct pid *
pid_find(pid_t nr)
{
	struct pid key = { .nr = nr };

	return RB_FIND(pid_tree, &pids, &key);
}

struct pid *
pid_at_or_after(pid_t nr)
{
	struct pid key = { .nr = nr };

	return RB_NFIND(pid_tree, &pids, &key);
}

/* The next free number after last_nr, 0 if there is none. */
static pid_t
pid_next_free(void)
{
	pid_t nr = last_nr, limit = atomic_load(&nr_limit);

	for (int tries = 0; tries < limit; tries++) {
		nr = nr + 1 < limit ? nr + 1 : PID_AFTER_WRAP;
		if (!pid_find(nr))
			return nr;
	}
	return 0;
}

struct pid *
pid_alloc_number(pid_t nr)
{
	struct pid *p = kmalloc(sizeof(*p));

	if (!p)
		return NULL;
	p->nr = nr;
	p->serial = ++last_serial;
	list_init(&p->group);
	list_init(&p->session);
	RB_INSERT(pid_tree, &pids, p);
	return p;
}

struct pid *
pid_alloc(void)
{
	pid_t nr = pid_next_free();

	if (!nr)
		return NULL;
	last_nr = nr;
	return pid_alloc_number(nr);
}

/* Each one word, for /proc: no lock. */
pid_t
pid_newest(void)
{
	return __atomic_load_n(&last_nr, __ATOMIC_RELAXED);
}

uint64_t
pid_count(void)
{
	return __atomic_load_n(&last_serial, __ATOMIC_RELAXED);
}

int64_t
pid_limit(void)
{
	return atomic_load(&nr_limit);
}

int
pid_set_limit(int64_t limit)
{
	if (limit <= PID_AFTER_WRAP || limit > PID_MAX)
		return -EINVAL;
	atomic_store(&nr_limit, (int)limit);
	return 0;
}

struct pid kernel_pid = {
	.group = LIST_INIT(kernel_pid.group),
	.session = LIST_INIT(kernel_pid.session),
};

void
pid_release(struct pid *p)
{
	if (p == &kernel_pid || p->task || p->process || p->held ||
	    !list_empty(&p->group) || !list_empty(&p->session))
		return;
	RB_REMOVE(pid_tree, &pids, p);
	kfree(p);
}
