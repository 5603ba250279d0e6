/* SPDX-License-Identifier: MIT */
#include "sched/thread.h"

#include "arch/clock.h"
#include "arch/trap.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "sched/runq_priv.h"

/*
 * sched/thread.c - making threads and starting them.
 *
 * Life: thread_init() -> thread_start() -> runs, sleeps -> thread_exit() ->
 * ops->released() on the stack of whoever runs next on that CPU.
 */

/* A new thread behaves like its maker (man 7 sched), but for what is lent. */
static void
inherit(struct thread *t)
{
	const struct thread *maker = current_thread();

	atomic_init(&t->affinity, ~(cpumask_t)0);
	t->sched_class = t->own_class = SCHED_CLASS_NORMAL;
	if (!maker || !maker->mmu)
		return;
	t->sched_class = t->own_class = maker->own_class;
	t->rt_priority = t->own_priority = maker->own_priority;
	t->nice = maker->nice;
	t->idle_policy = maker->idle_policy;
	atomic_init(&t->affinity, atomic_load_explicit(&maker->affinity,
						       memory_order_relaxed));
}

int
thread_init(struct thread *t, const char *name, const struct thread_ops *ops,
	    void (*entry)(void *arg), void *arg)
{
	void *user_frame;

	t->stack = stack_alloc();
	if (!t->stack)
		return -ENOMEM;
	t->ops = ops;
	t->entry = entry;
	t->arg = arg;
	t->mode = THREAD_MODE_USER;
	strlcpy(t->name, name, sizeof(t->name));
	list_init(&t->sched.link);
	inherit(t);
	atomic_init(&t->cpu, (int16_t)cpu_id());
	atomic_init(&t->state, THREAD_READY);
	t->start_ns = clock_now_ns();
	/* The registers of user mode lie above the first frame. */
	user_frame = trap_frame_at(thread_stack_top(t));
	arch_thread_init(&t->arch,
			 (void *)ALIGN_DOWN((uintptr_t)user_frame, 16UL),
			 thread_boot, t);
	return 0;
}

void
thread_discard(struct thread *t)
{
	thread_free_stack(t);
}

void
thread_start(struct thread *t) NO_LOCK_ANALYSIS
{
	unsigned long irq = irq_save();
	struct run_queue *rq = this_runq();

	spin_lock(&rq->lock);
	atomic_store_explicit(&t->cpu, (int16_t)rq->cpu, memory_order_relaxed);
	rq->threads++;
	spin_unlock(&rq->lock);
	place_thread(t, rq->cpu, JOIN_NEW);
	irq_restore(irq);
}

/* --- kernel threads ------------------------------------------------------ */

struct kernel_thread {
	struct thread thread;
	void (*fn)(void *arg);
	void *arg;
};

static void
kthread_released(struct thread *t)
{
	thread_free_stack(t);
	kfree(container_of(t, struct kernel_thread, thread));
}

static const struct thread_ops kthread_ops = { .released = kthread_released };

static void
kthread_main(void *arg)
{
	struct kernel_thread *k = arg;

	k->fn(k->arg);
}

struct thread *
kthread_start(const char *name, void (*fn)(void *), void *arg)
{
	struct kernel_thread *k = kmalloc(sizeof(*k));

	if (!k)
		return NULL;
	k->fn = fn;
	k->arg = arg;
	if (thread_init(&k->thread, name, &kthread_ops, kthread_main, k)) {
		kfree(k);
		return NULL;
	}
	k->thread.mode = THREAD_MODE_KERNEL;
	thread_set_class(&k->thread, SCHED_CLASS_NORMAL, 0);
	thread_set_nice(&k->thread, 0);
	thread_set_idle_policy(&k->thread, false);
	thread_start(&k->thread);
	return &k->thread;
}
