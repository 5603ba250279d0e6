/* SPDX-License-Identifier: MIT */
#include "arch/clock.h"
#include "arch/irq.h"
#include "core/symbols.h"
#include "core/wallclock.h"
#include "fs/procfs/procfs_priv.h"
#include "lib/errno.h"
#include "mm/slab.h"
#include "sched/sched.h"

/*
 * fs/procfs/system_cpu.c - files about processors and time, with the names and
 * layout programs parse (man 5 proc).
 */

#define TICK_NS 10000000ULL /* USER_HZ = 100 */

static void
put_cpuinfo(struct proc_text *t, const struct cpu_description *c, unsigned i)
{
	unsigned long khz = clock_cycles_hz() / 1000;

	proc_printf(t, "processor\t: %u\nvendor_id\t: %s\n", i, c->vendor);
	proc_printf(t, "cpu family\t: %u\nmodel\t\t: %u\n", c->family,
		    c->model);
	proc_printf(t, "model name\t: %s\nstepping\t: %u\n", c->model_name,
		    c->stepping);
	proc_printf(t, "cpu MHz\t\t: %lu.%03lu\n", khz / 1000, khz % 1000);
	proc_printf(t, "physical id\t: 0\nsiblings\t: %u\ncore id\t\t: %u\n",
		    cpu_count(), i);
	proc_printf(t, "cpu cores\t: %u\n", cpu_count());
	proc_printf(t, "fpu\t\t: yes\nfpu_exception\t: yes\nwp\t\t: yes\n");
	proc_printf(t, "flags\t\t: %s\n", c->flags);
	proc_printf(t, "bogomips\t: %lu.%02lu\n", khz / 500, khz % 500 / 5);
	proc_printf(t, "address sizes\t: %u bits physical, %u bits virtual\n\n",
		    c->phys_bits, c->virt_bits);
}

static int
show_cpuinfo(UNUSED pid_t pid, struct proc_text *t)
{
	struct cpu_description *c = kmalloc(sizeof(*c));

	if (!c)
		return -ENOMEM;
	cpu_describe(c);
	for (unsigned i = 0; i < cpu_count(); i++)
		put_cpuinfo(t, c, i);
	kfree(c);
	return 0;
}

/* Seconds with two decimals, as uptime shows them. */
static void
put_seconds(struct proc_text *t, uint64_t ns, char end)
{
	proc_printf(t, "%lu.%02lu%c", (unsigned long)(ns / NSEC_PER_SEC),
		    (unsigned long)(ns % NSEC_PER_SEC / 10000000), end);
}

static int
show_uptime(UNUSED pid_t pid, struct proc_text *t)
{
	struct sched_stats s;

	sched_stats(&s);
	put_seconds(t, clock_now_ns(), ' ');
	put_seconds(t, s.idle_ns, '\n');
	return 0;
}

static int
show_loadavg(UNUSED pid_t pid, struct proc_text *t)
{
	struct sched_stats s;

	sched_stats(&s);
	for (int i = 0; i < 3; i++)
		proc_printf(t, "%lu.%02lu ", (unsigned long)(s.load[i] >> 11),
			    (unsigned long)((s.load[i] & 2047) * 100 >> 11));
	proc_printf(t, "%u/%u %d\n", s.running, s.threads,
		    procfs_source->newest());
	return 0;
}

/* --- stat and interrupts --- */

static void
put_cpu_line(struct proc_text *t, const struct sched_stats *s)
{
	proc_printf(t, " %lu 0 %lu %lu 0 0 0 0 0 0\n",
		    (unsigned long)(s->user_ns / TICK_NS),
		    (unsigned long)(s->kernel_ns / TICK_NS),
		    (unsigned long)(s->idle_ns / TICK_NS));
}

static uint64_t
all_of_kind(enum irq_kind kind)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < cpu_count(); i++)
		sum += irq_count(i, kind);
	return sum;
}

static uint64_t
all_interrupts(void)
{
	struct irq_line_stats line;
	uint64_t sum = 0;

	for (enum irq_kind k = 0; k < IRQ_KINDS; k++)
		sum += all_of_kind(k);
	for (unsigned i = 0; irq_line_stats(i, &line); i++)
		sum += line.count;
	return sum;
}

static int
show_stat(UNUSED pid_t pid, struct proc_text *t)
{
	uint64_t boot = wallclock_ns() - clock_now_ns();
	struct sched_stats all, one;

	sched_stats(&all);
	proc_printf(t, "cpu ");
	put_cpu_line(t, &all);
	for (unsigned i = 0; i < cpu_count(); i++) {
		sched_cpu_stats(i, &one);
		proc_printf(t, "cpu%u", i);
		put_cpu_line(t, &one);
	}
	proc_printf(t, "intr %lu\nctxt %lu\nbtime %lu\nprocesses %lu\n",
		    (unsigned long)all_interrupts(),
		    (unsigned long)all.switches,
		    (unsigned long)(boot / NSEC_PER_SEC),
		    (unsigned long)procfs_source->forks());
	proc_printf(t, "procs_running %u\nprocs_blocked %lu\n", all.running,
		    (unsigned long)all.blocked);
	/* Interrupts are handled at once here: none is put off, of any kind. */
	proc_printf(t, "softirq 0 0 0 0 0 0 0 0 0 0 0\n");
	return 0;
}

static void
put_kind(struct proc_text *t, const char *name, enum irq_kind kind,
	 const char *what)
{
	proc_printf(t, "%4s:", name);
	for (unsigned i = 0; i < cpu_count(); i++)
		proc_printf(t, " %10lu", (unsigned long)irq_count(i, kind));
	proc_printf(t, "   %s\n", what);
}

/* Device lines go to the first processor; a handler's name tells whose. */
static int
show_interrupts(UNUSED pid_t pid, struct proc_text *t)
{
	struct irq_line_stats line;

	proc_printf(t, "     ");
	for (unsigned i = 0; i < cpu_count(); i++)
		proc_printf(t, "       CPU%-2u", i);
	proc_printf(t, "\n");
	for (unsigned n = 0; irq_line_stats(n, &line); n++) {
		proc_printf(t, "%4u:", line.gsi);
		for (unsigned i = 0; i < cpu_count(); i++)
			proc_printf(t, " %10lu",
				    i ? 0 : (unsigned long)line.count);
		proc_printf(t, "   IO-APIC %s\n",
			    symbol_find((uintptr_t)line.fn).name);
	}
	put_kind(t, "LOC", IRQ_TIMER, "Local timer interrupts");
	put_kind(t, "RES", IRQ_RESCHEDULE, "Rescheduling interrupts");
	put_kind(t, "CAL", IRQ_CALL, "Function call interrupts");
	proc_printf(t, " ERR: %10lu\n", (unsigned long)all_of_kind(IRQ_STRAY));
	return 0;
}

static const struct proc_file files[] = {
	{ "cpuinfo", 0444, show_cpuinfo },
	{ "uptime", 0444, show_uptime },
	{ "loadavg", 0444, show_loadavg },
	{ "stat", 0444, show_stat },
	{ "interrupts", 0444, show_interrupts },
};

void
proc_system_cpu_init(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(files); i++)
		procfs_register(files[i].name, &files[i]);
}
