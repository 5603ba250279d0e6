/* SPDX-License-Identifier: MIT */
#include "arch/smp.h"

#include "arch/x86_64/lapic.h"
#include "arch/x86_64/percpu_block.h"
#include "arch/x86_64/smp_priv.h"
#include "arch/x86_64/trap_priv.h"
#include "core/panic.h"
#include "core/spinlock.h"

/*
 * arch/x86_64/smp_call.c - one CPU asks others to do something.
 *
 * Each CPU has one outgoing request and one incoming set of callers:
 *
 *	caller		request = { fn, arg }, waiting = targets
 *			for each target: callers |= me, interrupt it
 *			until waiting is empty: answer my own callers
 *	target		take callers; for each: fn(arg), its waiting &= ~me
 *
 * One request is enough because a caller waits for its end with interrupts off,
 * and what is called neither calls nor takes locks.  Two CPUs that call each
 * other at once answer each other while they wait.  A CPU that waits for an
 * irq-safe spinlock answers nobody, so its holder must not call.
 *
 * Stopping for a panic goes by NMI, for the others may have interrupts off.
 */

/* A CPU that does not answer for so long is dead. */
#define ANSWER_CYCLES_MAX 100000000000ULL

/* Time the others get to stop. */
#define STOP_CYCLES_MAX 1000000000ULL

struct request {
	void (*fn)(void *arg);     /* [o] */
	void *arg;                 /* [o] */
	_Atomic cpumask_t waiting; /* [a] targets that have not answered */
};

static PERCPU(struct request, request);
static PERCPU(_Atomic cpumask_t, callers); /* [a] who wants something */

static _Atomic cpumask_t online = 1;
static atomic_uint running = 1;

static atomic_bool stopping;
static _Atomic cpumask_t stopped;
static PERCPU(struct trap_frame, stop_frame);

unsigned
cpu_count(void)
{
	return atomic_load_explicit(&running, memory_order_relaxed);
}

void
smp_set_online(unsigned cpu)
{
	atomic_fetch_or(&online, CPUMASK(cpu));
	atomic_fetch_add(&running, 1);
}

static void
send_to(unsigned cpu, enum irq_vector vector)
{
	lapic_send(cpu_var(cpu_local, cpu).apic_id, vector);
}

void
smp_kick(unsigned cpu)
{
	send_to(cpu, VECTOR_RESCHEDULE);
}

void
smp_answer_calls(void)
{
	cpumask_t me = CPUMASK(cpu_id());
	cpumask_t from = atomic_exchange(&this_cpu(callers), 0);

	while (from) {
		unsigned cpu = (unsigned)__builtin_ctzll(from);
		struct request *r = &cpu_var(request, cpu);

		from &= from - 1;
		r->fn(r->arg);
		atomic_fetch_and_explicit(&r->waiting, ~me,
					  memory_order_release);
	}
}

static void
wait_for_answers(struct request *r)
{
	uint64_t start = cycles();
	cpumask_t left;

	while ((left = atomic_load_explicit(&r->waiting,
					    memory_order_acquire))) {
		smp_answer_calls();
		if (panic_in_progress())
			return;
		if (cycles() - start > ANSWER_CYCLES_MAX)
			panic("smp: CPUs %#lx do not answer",
			      (unsigned long)left);
		cpu_relax();
	}
}

void
smp_call(cpumask_t mask, void (*fn)(void *arg), void *arg)
{
	unsigned long irq = irq_save();
	cpumask_t me = CPUMASK(cpu_id()), left;
	struct request *r = &this_cpu(request);

	if (DEBUG_KERNEL)
		spin_check_may_call();
	mask &= atomic_load(&online) & ~me;
	r->fn = fn;
	r->arg = arg;
	atomic_store(&r->waiting, mask);
	for (left = mask; left; left &= left - 1) {
		unsigned cpu = (unsigned)__builtin_ctzll(left);

		/* A set that was not empty has its interrupt on the way. */
		if (atomic_fetch_or(&cpu_var(callers, cpu), me) == 0)
			send_to(cpu, VECTOR_CALL);
	}
	wait_for_answers(r);
	irq_restore(irq);
}

/* Called by NMIs: if a panic wants this CPU to stop, it does. */
void
smp_nmi(const struct trap_frame *f)
{
	if (!atomic_load(&stopping))
		return;
	this_cpu(stop_frame) = *f;
	atomic_fetch_or(&stopped, CPUMASK(cpu_id()));
	cpu_stop();
}

void
smp_stop_others(void)
{
	cpumask_t others = atomic_load(&online) & ~CPUMASK(cpu_id()), left;
	uint64_t start = cycles();

	/* Two panics at once: the first one stops the second. */
	if (atomic_exchange(&stopping, true))
		return;
	for (left = others; left; left &= left - 1) {
		unsigned cpu = (unsigned)__builtin_ctzll(left);

		lapic_send_nmi(cpu_var(cpu_local, cpu).apic_id);
	}
	while ((atomic_load(&stopped) & others) != others &&
	       cycles() - start < STOP_CYCLES_MAX)
		cpu_relax();
}

const struct trap_frame *
smp_stopped_frame(unsigned cpu)
{
	if (!(atomic_load(&stopped) & CPUMASK(cpu)))
		return NULL;
	return &cpu_var(stop_frame, cpu);
}
