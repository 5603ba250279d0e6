/* SPDX-License-Identifier: MIT */
#include "sched/sched.h"

#include "arch/clock.h"
#include "core/klog.h"
#include "core/panic.h"
#include "lib/string.h"
#include "sched/runq_priv.h"

/*
 * sched/sched.c - starting the scheduler.
 *
 * The context a CPU boots in becomes its idle thread: it runs whenever nothing
 * else can, and may never sleep.
 */

static const struct sched_policy *const policies[] = {
	&sched_fair, &sched_rr,  &sched_priority,
	&sched_fcfs, &sched_sjf, &sched_mlfq,
};
static const struct sched_policy *normal_policy RO_AFTER_BOOT;

static PERCPU(struct thread, idle_thread);

const struct sched_policy *
sched_policy_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(policies); i++) {
		if (strcmp(policies[i]->name, name) == 0)
			return policies[i];
	}
	return NULL;
}

/* For panics: whatever the memory says, without locks. */
static const char *
name_of_current(unsigned cpu)
{
	const struct thread *t = runq_of(cpu)->current;

	return t ? t->name : NULL;
}

static void
adopt_boot_context(struct thread *t)
{
	*t = (struct thread){ .name = "idle/" };
	t->name[5] = (char)('0' + cpu_id() / 10);
	t->name[6] = (char)('0' + cpu_id() % 10);
	t->sched_class = t->own_class = SCHED_CLASS_IDLE_LOOP;
	t->mode = THREAD_MODE_IDLE;
	atomic_init(&t->cpu, (int16_t)cpu_id());
	atomic_init(&t->affinity, ~(cpumask_t)0);
	t->start_ns = clock_now_ns();
	arch_thread_adopt(&t->arch);
}

static void
join_cpu(void)
{
	struct thread *idle = &this_cpu(idle_thread);
	unsigned long irq = irq_save();

	adopt_boot_context(idle);
	runq_init(this_runq(), idle, normal_policy);
	set_current_thread(idle);
	atomic_fetch_or_explicit(&sched_online, CPUMASK(cpu_id()),
				 memory_order_release);
	irq_restore(irq);
}

void
sched_init(const char *policy)
{
	normal_policy = policy ? sched_policy_find(policy) : &sched_fair;
	if (!normal_policy) {
		klog(KLOG_WARNING, "sched: no policy \"%s\", using fair",
		     policy);
		normal_policy = &sched_fair;
	}
	switch_init();
	join_cpu();
	panic_set_thread_name(name_of_current);
}

void
sched_init_cpu(void)
{
	join_cpu();
}
