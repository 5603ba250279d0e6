/* SPDX-License-Identifier: MIT */
#include "arch/irq.h"

#include "arch/io.h"
#include "arch/upcall.h"
#include "arch/x86_64/ioapic.h"
#include "arch/x86_64/lapic.h"
#include "arch/x86_64/platform_priv.h"
#include "arch/x86_64/smp_priv.h"
#include "arch/x86_64/trap_priv.h"
#include "core/klog.h"
#include "core/percpu.h"
#include "core/spinlock.h"
#include "lib/errno.h"

/*
 * arch/x86_64/irq.c - vectors: who gets which interrupt.
 *
 * A device line gets the lowest free vector and goes to CPU 0.  Taking a
 * handler away waits until CPU 0 cannot be in it: handlers run with interrupts
 * off, so a call to CPU 0 is answered only between them.
 */

#define VECTORS   (VECTOR_DEVICE_LAST - VECTOR_DEVICE_FIRST + 1)
#define ISA_IRQS  16
#define PIC1_DATA 0x21
#define PIC2_DATA 0xa1

struct irq_line {
	irq_handler_fn *_Atomic fn; /* [L] written; NULL = free vector */
	void *arg;                  /* [L] before fn is set */
	unsigned gsi;               /* [L] */
	uint64_t count;             /* CPU 0 only */
};

static struct irq_line lines[VECTORS];
static struct spinlock irq_lock =
	SPINLOCK_INIT(LOCK_IRQ_CHIP, "irq");    /* lines, I/O APICs */
static PERCPU(uint64_t, irq_counts[IRQ_KINDS]); /* [o] */

BOOT_CODE void
irq_init(void)
{
	/* Harmless where there is no 8259, and no table says for sure. */
	port_out8(PIC1_DATA, 0xff);
	port_out8(PIC2_DATA, 0xff);
	lapic_init();
	ioapic_init();
}

static struct irq_line *
line_of(unsigned gsi)
{
	unsigned i;

	for (i = 0; i < VECTORS; i++) {
		if (lines[i].fn && lines[i].gsi == gsi)
			return &lines[i];
	}
	return NULL;
}

static struct irq_line *
free_line(void)
{
	unsigned i;

	for (i = 0; i < VECTORS; i++) {
		if (!lines[i].fn)
			return &lines[i];
	}
	return NULL;
}

static int
attach_locked(unsigned gsi, const struct irq_line *wanted,
	      struct ioapic_route *route) REQUIRES(irq_lock)
{
	struct irq_line *line;

	if (!ioapic_has(gsi))
		return -ENODEV;
	if (line_of(gsi))
		return -EBUSY;
	line = free_line();
	if (!line)
		return -ENOSPC;
	line->gsi = gsi;
	line->arg = wanted->arg;
	atomic_store_explicit(&line->fn, wanted->fn, memory_order_release);
	route->vector = (uint8_t)(VECTOR_DEVICE_FIRST + (line - lines));
	route->apic_id = platform.apic_id[0];
	ioapic_route(gsi, route);
	return 0;
}

static int
attach(unsigned gsi, const struct irq_line *wanted, struct ioapic_route route)
{
	unsigned long irq = spin_lock_irq(&irq_lock);
	int err = attach_locked(gsi, wanted, &route);

	spin_unlock_irq(&irq_lock, irq);
	return err;
}

int
irq_attach_isa(unsigned isa, irq_handler_fn *fn, void *arg)
{
	const struct irq_line wanted = { .fn = fn, .arg = arg };
	const struct platform_isa_irq *p;

	if (isa >= ISA_IRQS)
		return -ENODEV;
	p = &platform.isa[isa];
	return attach(p->gsi, &wanted,
		      (struct ioapic_route){ .active_low = p->active_low,
					     .level = p->level });
}

/* Lines of PCI: level, active low; those of ISA as the firmware says. */
int
irq_attach_gsi(unsigned gsi, irq_handler_fn *fn, void *arg)
{
	const struct irq_line wanted = { .fn = fn, .arg = arg };
	unsigned isa;

	for (isa = 0; isa < ISA_IRQS; isa++) {
		if (platform.isa[isa].gsi == gsi)
			return irq_attach_isa(isa, fn, arg);
	}
	return attach(
		gsi, &wanted,
		(struct ioapic_route){ .active_low = true, .level = true });
}

static void
nothing(UNUSED void *arg)
{
}

void
irq_detach_gsi(unsigned gsi)
{
	unsigned long irq = spin_lock_irq(&irq_lock);
	struct irq_line *line = line_of(gsi);

	if (line) {
		ioapic_mask(gsi);
		atomic_store(&line->fn, NULL);
	}
	spin_unlock_irq(&irq_lock, irq);
	smp_call(CPUMASK(0), nothing, NULL);
}

static void
count(enum irq_kind kind)
{
	this_cpu(irq_counts)[kind]++;
}

uint64_t
irq_count(unsigned cpu, enum irq_kind kind)
{
	return __atomic_load_n(&cpu_var(irq_counts, cpu)[kind],
			       __ATOMIC_RELAXED);
}

bool
irq_line_stats(unsigned n, struct irq_line_stats *out)
{
	for (unsigned i = 0; i < VECTORS; i++) {
		out->fn = atomic_load(&lines[i].fn);
		if (!out->fn || n--)
			continue;
		out->gsi = lines[i].gsi;
		out->count = __atomic_load_n(&lines[i].count, __ATOMIC_RELAXED);
		return true;
	}
	return false;
}

static void
device(unsigned vector)
{
	struct irq_line *line = &lines[vector - VECTOR_DEVICE_FIRST];
	irq_handler_fn *fn =
		atomic_load_explicit(&line->fn, memory_order_acquire);

	if (fn) {
		line->count++;
		fn(line->arg);
	} else {
		count(IRQ_STRAY);
	}
	lapic_eoi();
}

void
irq_dispatch(unsigned vector)
{
	switch (vector) {
	case VECTOR_TIMER:
		count(IRQ_TIMER);
		lapic_eoi();
		upcall_timer();
		break;
	case VECTOR_RESCHEDULE:
		count(IRQ_RESCHEDULE);
		lapic_eoi();
		upcall_reschedule();
		break;
	case VECTOR_CALL:
		count(IRQ_CALL);
		lapic_eoi();
		smp_answer_calls();
		break;
	case VECTOR_SPURIOUS: /* not in service: no EOI */
		break;
	default:
		if (vector <= VECTOR_DEVICE_LAST) {
			device(vector);
			break;
		}
		count(IRQ_STRAY);
		lapic_eoi();
	}
}
