/* SPDX-License-Identifier: MIT */
#include "proc/pid.h"

#include "mm/slab.h"

/*
 * proc/pid.c - the numbers, in a red-black tree; new ones are handed out in
 * ascending order and wrap, so that a number rests as long as possible.
 */

#define PID_AFTER_WRAP 300 /* low numbers belong to long-lived daemons */

RB_HEAD(pid_tree, pid);

static struct pid_tree pids = RB_INITIALIZER(&pids); /* [T] */
static pid_t last_nr;                                /* [T] */

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
	pid_t nr = last_nr;

	for (int tries = 0; tries < PID_MAX; tries++) {
		nr = nr + 1 < PID_MAX ? nr + 1 : PID_AFTER_WRAP;
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

struct pid kernel_pid = {
	.group = LIST_INIT(kernel_pid.group),
	.session = LIST_INIT(kernel_pid.session),
};

void
pid_release(struct pid *p)
{
	if (p == &kernel_pid || p->task || p->process ||
	    !list_empty(&p->group) || !list_empty(&p->session))
		return;
	RB_REMOVE(pid_tree, &pids, p);
	kfree(p);
}
