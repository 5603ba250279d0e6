/* SPDX-License-Identifier: MIT */
#include "core/percpu.h"
#include "mm/kmap.h"
#include "sched/runq_priv.h"

/*
 * sched/stack.c - kernel stacks, kept for the next thread.
 *
 * A stack is mapped memory with a guard page, so making and unmaking one costs
 * page-table work and, to unmake, an interrupt to every CPU.  Each CPU keeps a
 * few for the next thread that is made there.  What is more than that cannot
 * be unmapped where threads die (interrupts are off there, and the CPU that
 * holds the mapping lock may be waiting for ours), so it goes on a list of the
 * dead that is emptied by whoever starts or ends a thread and by idle CPUs.
 *
 * A stack on a list holds the link in its lowest word, which nothing uses.
 */

#define KEEP 4 /* stacks each CPU keeps */

struct dead_stack {
	struct dead_stack *next;
};

/* Own CPU, interrupts off. */
static PERCPU(
	struct stack_store {
		unsigned count;
		void *stacks[KEEP];
	},
	stack_store);

static _Atomic(struct dead_stack *) dead_stacks;

static void *
store_pop(void)
{
	unsigned long irq = irq_save();
	struct stack_store *s = &this_cpu(stack_store);
	void *stack = s->count > 0 ? s->stacks[--s->count] : NULL;

	irq_restore(irq);
	return stack;
}

static bool
store_push(void *stack)
{
	unsigned long irq = irq_save();
	struct stack_store *s = &this_cpu(stack_store);
	bool room = s->count < KEEP;

	if (room)
		s->stacks[s->count++] = stack;
	irq_restore(irq);
	return room;
}

/* All are taken at once, so the list has no reader that could be fooled. */
bool
stack_reap(void)
{
	struct dead_stack *d, *next;

	if (likely(!atomic_load_explicit(&dead_stacks, memory_order_relaxed)))
		return false;
	d = atomic_exchange_explicit(&dead_stacks, NULL, memory_order_acquire);
	for (; d; d = next) {
		next = d->next;
		if (!store_push(d))
			break;
	}
	if (d)
		kmap_stacks_free(d, KERNEL_STACK_SIZE);
	return true;
}

void *
stack_alloc(void)
{
	void *stack = store_pop();

	if (!stack && stack_reap())
		stack = store_pop();
	return stack ? stack : kmap_stack_alloc(KERNEL_STACK_SIZE);
}

void
thread_free_stack(struct thread *t)
{
	struct dead_stack *d = t->stack;

	t->stack = NULL;
	if (!d || store_push(d))
		return;
	d->next = atomic_load_explicit(&dead_stacks, memory_order_relaxed);
	while (!atomic_compare_exchange_weak_explicit(&dead_stacks, &d->next, d,
						      memory_order_release,
						      memory_order_relaxed))
		;
}
