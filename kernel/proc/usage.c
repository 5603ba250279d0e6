/* SPDX-License-Identifier: MIT */
#include <linux/time.h>

#include "proc/process_priv.h"

/*
 * proc/usage.c - what processes have used: getrusage(2), times(2), wait4(2).
 */

void
usage_add(struct usage *to, const struct usage *from)
{
	to->user_ns += from->user_ns;
	to->kernel_ns += from->kernel_ns;
	to->minor_faults += from->minor_faults;
	to->major_faults += from->major_faults;
	to->voluntary += from->voluntary;
	to->involuntary += from->involuntary;
	to->peak_pages = MAX(to->peak_pages, from->peak_pages);
	to->read_bytes += from->read_bytes;
	to->written_bytes += from->written_bytes;
	to->reads += from->reads;
	to->writes += from->writes;
}

void
usage_add_task(struct usage *u, const struct task *t)
{
	uint64_t user, kernel;

	thread_times(&t->thread, &user, &kernel);
	u->user_ns += user;
	u->kernel_ns += kernel;
	u->voluntary += t->thread.voluntary;
	u->involuntary += t->thread.involuntary;
	u->read_bytes += t->thread.io.read_bytes;
	u->written_bytes += t->thread.io.written_bytes;
	u->reads += t->thread.io.reads;
	u->writes += t->thread.io.writes;
}

/* Faults and peak are counted by the space, which all tasks share. */
static void
usage_add_space(struct usage *u, struct vm_space *s)
{
	if (!s)
		return;
	u->minor_faults += atomic_load(&s->minor_faults);
	u->major_faults += atomic_load(&s->major_faults);
	u->peak_pages = MAX(u->peak_pages, s->peak_pages);
}

void
process_usage(struct process *p, struct usage *out)
{
	unsigned long irq = spin_lock_irq(&p->signal_lock);
	struct task *t;

	*out = p->dead_tasks;
	list_for_each (t, &p->tasks, process_link)
		usage_add_task(out, t);
	if (!list_empty(&p->tasks))
		usage_add_space(out,
				list_first(&p->tasks, struct task, process_link)
					->space);
	spin_unlock_irq(&p->signal_lock, irq);
}

void
usage_add_last_space(struct usage *u, struct vm_space *s)
{
	usage_add_space(u, s);
}

static void
timeval_set(struct __kernel_old_timeval *tv, uint64_t ns)
{
	tv->tv_sec = (__kernel_long_t)(ns / NSEC_PER_SEC);
	tv->tv_usec = (__kernel_long_t)(ns % NSEC_PER_SEC / NSEC_PER_USEC);
}

void
usage_to_rusage(const struct usage *u, struct rusage *out)
{
	struct __kernel_old_timeval user, kernel;

	memset(out, 0, sizeof(*out));
	timeval_set(&user, u->user_ns);
	timeval_set(&kernel, u->kernel_ns);
	out->ru_utime.tv_sec = user.tv_sec;
	out->ru_utime.tv_usec = user.tv_usec;
	out->ru_stime.tv_sec = kernel.tv_sec;
	out->ru_stime.tv_usec = kernel.tv_usec;
	out->ru_maxrss = (__kernel_long_t)(u->peak_pages * PAGE_SIZE / 1024);
	out->ru_minflt = (__kernel_long_t)u->minor_faults;
	out->ru_majflt = (__kernel_long_t)u->major_faults;
	out->ru_nvcsw = (__kernel_long_t)u->voluntary;
	out->ru_nivcsw = (__kernel_long_t)u->involuntary;
}

int
process_rusage(struct process *p, int who, struct rusage *out)
{
	struct usage u = { 0 };
	unsigned long irq;

	switch (who) {
	case RUSAGE_SELF:
		process_usage(p, &u);
		break;
	case RUSAGE_CHILDREN:
		irq = proc_tree_enter();
		u = p->dead_children;
		proc_tree_leave(irq);
		break;
	case RUSAGE_THREAD:
		usage_add_task(&u, current_task());
		break;
	default:
		return -EINVAL;
	}
	usage_to_rusage(&u, out);
	return 0;
}
