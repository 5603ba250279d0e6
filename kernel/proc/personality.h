/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/personality.h - personality(2): habits of other systems, a word of bits
 * a task hands down to its children and to the programs it executes.
 *
 * Owned by the task, which alone writes it; /proc reads it.
 * Source: man 2 personality, <linux/personality.h>.
 */

#include <linux/personality.h>
#include <linux/utsname.h>

#include "proc/process.h"

static inline unsigned
task_personality(const struct task *t)
{
	return atomic_load_explicit(&t->personality, memory_order_relaxed);
}

static inline void
task_set_personality(struct task *t, unsigned persona)
{
	atomic_store_explicit(&t->personality, persona, memory_order_relaxed);
}

/* What does memory that may be read get besides, as AREA_* bits? */
static inline unsigned
task_read_implies(const struct task *t)
{
	return task_personality(t) & READ_IMPLIES_EXEC ? AREA_EXEC : 0;
}

/* The names of the system as a task of that personality is to see them. */
void personality_uname(unsigned persona, struct new_utsname *n);
