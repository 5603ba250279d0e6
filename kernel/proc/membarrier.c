/* SPDX-License-Identifier: MIT */
#include "proc/membarrier.h"

#include <linux/membarrier.h>

#include "arch/smp.h"
#include "proc/process_priv.h"

/*
 * proc/membarrier.c - membarrier(2).
 *
 * The commands interrupt every CPU on which threads concerned may run; being
 * interrupted, each executes the barrier.  mmu_context.cpus names the CPUs a
 * space is loaded on.  A thread of the space that is not on one of them loads
 * it before it runs again, and loading an address space is a barrier and makes
 * the processor fetch its instructions anew; a CPU that switches between two
 * threads of the space has its bit set all the while.  So nobody is missed.
 *
 * Registrations are bits of the space, bit n for command n; fork() passes
 * them on, exec() makes a new space.  They change nothing in how we work, but
 * what was not registered for is refused, as programs may rely on.
 */

#define REGISTRATIONS                               \
	(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED | \
	 MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED | PRIVATE_REGISTRATIONS)
#define PRIVATE_REGISTRATIONS                                  \
	(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE | \
	 MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ)
#define COMMANDS                                                              \
	(REGISTRATIONS | MEMBARRIER_CMD_GLOBAL |                              \
	 MEMBARRIER_CMD_GLOBAL_EXPEDITED | MEMBARRIER_CMD_PRIVATE_EXPEDITED | \
	 MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE |                         \
	 MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ)

/* --- what the interrupted CPUs do; no locks ------------------------------ */

static void
barrier(UNUSED void *arg)
{
	atomic_thread_fence(memory_order_seq_cst);
}

static void
barrier_and_sync(UNUSED void *arg)
{
	atomic_thread_fence(memory_order_seq_cst);
	cpu_sync_core();
}

/* A thread of the space that runs here leaves its restartable sequence. */
static void
restart_sequence(void *arg)
{
	struct thread *t = current_thread();

	atomic_thread_fence(memory_order_seq_cst);
	if (t->mmu == arg && t->tell_switched)
		t->switched = true;
}

/* --- commands ------------------------------------------------------------ */

static void
everywhere(void)
{
	atomic_thread_fence(memory_order_seq_cst);
	smp_call(~(cpumask_t)0, barrier, NULL);
}

static void
in_space(struct vm_space *s, void (*fn)(void *arg), cpumask_t cpus)
{
	struct mmu_context *mmu = &s->tree.mmu;

	atomic_thread_fence(memory_order_seq_cst);
	if (cpus & CPUMASK(cpu_id()))
		fn(mmu);
	smp_call(atomic_load(&mmu->cpus) & cpus, fn, mmu);
	atomic_thread_fence(memory_order_seq_cst);
}

static int
require(const struct vm_space *s, unsigned registration)
{
	return atomic_load(&s->membarrier) & registration ? 0 : -EPERM;
}

static int
private_expedited(struct vm_space *s, unsigned registration,
		  void (*fn)(void *arg), cpumask_t cpus)
{
	int err = require(s, registration);

	if (!err)
		in_space(s, fn, cpus);
	return err;
}

/* A CPU that is not there runs nothing: no error, as on Linux. */
static cpumask_t
cpus_of(unsigned flags, int cpu)
{
	if (!(flags & MEMBARRIER_CMD_FLAG_CPU))
		return ~(cpumask_t)0;
	return cpu >= 0 && cpu < CPU_MAX ? CPUMASK(cpu) : 0;
}

static void
register_for(struct vm_space *s, unsigned command)
{
	/* Each of the special kinds is good for the plain one too. */
	if (command & PRIVATE_REGISTRATIONS)
		command |= MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;
	atomic_fetch_or(&s->membarrier, command);
}

static bool
flags_ok(int command, unsigned flags)
{
	if (command == MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ)
		return !(flags & ~(unsigned)MEMBARRIER_CMD_FLAG_CPU);
	return !flags;
}

long
membarrier(int command, unsigned flags, int cpu)
{
	struct vm_space *s = current_task()->space;

	if (!flags_ok(command, flags))
		return -EINVAL;
	switch (command) {
	case MEMBARRIER_CMD_QUERY:
		return COMMANDS;
	case MEMBARRIER_CMD_GLOBAL:
	case MEMBARRIER_CMD_GLOBAL_EXPEDITED:
		everywhere();
		return 0;
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
		return private_expedited(
			s, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, barrier,
			~(cpumask_t)0);
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE:
		return private_expedited(
			s, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE,
			barrier_and_sync, ~(cpumask_t)0);
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ:
		return private_expedited(
			s, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ,
			restart_sequence, cpus_of(flags, cpu));
	case MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED:
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ:
		register_for(s, (unsigned)command);
		return 0;
	default:
		return -EINVAL;
	}
}
