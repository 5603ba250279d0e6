/* SPDX-License-Identifier: MIT */
#include <linux/time.h>

#include "proc/cpu_clock.h"

#include "arch/smp.h"
#include "proc/pid.h"
#include "proc/process_priv.h"

/*
 * proc/cpu_clock.c - processor time as clocks.
 *
 * The id of another's clock is made of its number: ~number << 3, then a bit for
 * "a single thread", then enum cpu_time.  Number 0 is the caller.
 */

#define ID_THREAD    4
#define ID_TIME_MASK 3

/* Looks are not closer together; a process that sleeps is looked at rarely. */
#define LOOK_MIN_NS  (NSEC_PER_MSEC / 2)
#define LOOK_IDLE_NS (8 * NSEC_PER_MSEC)

static uint64_t
thread_cpu_ns(const struct thread *t, enum cpu_time time)
{
	uint64_t user, kernel;

	thread_times(t, &user, &kernel);
	return time == CPU_TIME_VIRT ? user : user + kernel;
}

uint64_t
process_cpu_ns_locked(struct process *p, enum cpu_time time)
{
	const struct usage *dead = &p->dead_tasks;
	uint64_t sum = dead->user_ns;
	struct task *t;

	if (time != CPU_TIME_VIRT)
		sum += dead->kernel_ns;
	list_for_each (t, &p->tasks, process_link)
		sum += thread_cpu_ns(&t->thread, time);
	return sum;
}

uint64_t
cpu_clock_read(const struct cpu_clock *c)
{
	struct process *p = c->process;
	unsigned long irq;
	uint64_t ns;

	if (c->task)
		return thread_cpu_ns(&c->task->thread, c->time);
	irq = spin_lock_irq(&p->signal_lock);
	ns = process_cpu_ns_locked(p, c->time);
	spin_unlock_irq(&p->signal_lock, irq);
	return ns;
}

/* --- finding -------------------------------------------------------------- */

static struct task *
find_thread(pid_t tid)
{
	struct task *t = tid ? task_find(tid) : current_task();

	if (!tid)
		task_get(t);
	if (t && t->process != current_process()) {
		task_put(t);
		t = NULL;
	}
	return t;
}

/* A thread may name its own process by its own number. */
static struct process *
find_process(pid_t pid)
{
	struct process *p = current_process();

	if (pid && pid != current_task()->tid)
		return process_find(pid);
	process_get(p);
	return p;
}

static int
get_by_number(pid_t nr, bool thread, struct cpu_clock *c)
{
	c->task = NULL;
	if (!thread) {
		c->process = find_process(nr);
		return c->process ? 0 : -EINVAL;
	}
	c->task = find_thread(nr);
	if (!c->task)
		return -EINVAL;
	c->process = c->task->process;
	process_get(c->process);
	return 0;
}

int
cpu_clock_get(int id, struct cpu_clock *out)
{
	out->time = CPU_TIME_SCHED;
	if (id >= 0)
		return get_by_number(0, id == CLOCK_THREAD_CPUTIME_ID, out);
	if ((id & ID_TIME_MASK) >= CPU_TIMES)
		return -EINVAL;
	out->time = (enum cpu_time)(id & ID_TIME_MASK);
	return get_by_number(~(id >> 3), id & ID_THREAD, out);
}

void
cpu_clock_put(struct cpu_clock *c)
{
	if (c->task)
		task_put(c->task);
	process_put(c->process);
}

/* --- waiting -------------------------------------------------------------- */

uint64_t
cpu_clock_next_look(const struct process *p, uint64_t used, uint64_t wanted,
		    uint64_t *seen)
{
	uint64_t left = wanted > used ? wanted - used : 0, now = clock_now_ns();
	unsigned runners = MIN(
		__atomic_load_n(&p->task_count, __ATOMIC_RELAXED), cpu_count());
	uint64_t wait = MAX(left / MAX(runners, 1u), LOOK_MIN_NS);

	/* It has not run at all: it sleeps, and may do so for long. */
	if (used == *seen)
		wait = MAX(wait, LOOK_IDLE_NS);
	*seen = used;
	return wait > NEVER - now ? NEVER : now + wait;
}
