/* SPDX-License-Identifier: MIT */
#include "arch/clock.h"
#include "arch/trap.h"
#include "sched/runq_priv.h"
#include "sched/sched.h"

/*
 * sched/account.c - who used how much time, and the load average.
 *
 * How long a thread ran is exact: the clock is read at each switch.  How much
 * of that was user mode is sampled, so that system calls and traps need not
 * read the clock: now and then the timer interrupt looks which mode it
 * interrupted, and the time since the last reading counts as that.  Time up
 * to a switch counts as what the thread was last seen doing.
 *
 * A busy CPU is looked at after 4 ms, then at intervals that double up to
 * 128 ms while it does the same thing, so a CPU with one long computation is
 * interrupted eight times a second and an idle one never.
 *
 * Loads are Linux's: every five seconds each decays towards the number of
 * threads that are ready or in an uninterruptible sleep, in fixed point with
 * 11 bits.  A machine with all CPUs idle makes no samples; they are caught up
 * with by the next one, for it was idle all the while.
 */

#define SAMPLE_LAST_NS (128 * NSEC_PER_MSEC)

/* --- user and kernel time ------------------------------------------------ */

/*
 * The mode this timer interrupt found.  The frame at the top of the stack is
 * that of the last entry from user mode, and only a system call leaves its
 * number there.
 */
static enum thread_mode
mode_now(const struct thread *t)
{
	if (!t->mmu)
		return THREAD_MODE_KERNEL;
	return trap_syscall_nr(trap_frame_at(thread_stack_top(t))) == -1
		       ? THREAD_MODE_USER
		       : THREAD_MODE_KERNEL;
}

/* In the timer interrupt, with this CPU's queue locked. */
void
account_sample(struct run_queue *rq, uint64_t now_ns)
{
	struct thread *t = rq->current;

	if (t == rq->idle)
		return;
	t->mode = (uint8_t)mode_now(t);
	rq->sample_step_ns =
		rq->switches == rq->sample_switches
			? MIN(2 * rq->sample_step_ns, SAMPLE_LAST_NS)
			: SAMPLE_FIRST_NS;
	rq->sample_switches = rq->switches;
	rq->sample_ns = now_ns + rq->sample_step_ns;
	/* A look at the other CPUs goes with it. */
	if (atomic_load_explicit(&sched_online, memory_order_relaxed) !=
	    CPUMASK(rq->cpu)) {
		rq->balance = true;
		atomic_store_explicit(&t->resched, true, memory_order_relaxed);
	}
}

void
thread_times(const struct thread *t, uint64_t *user_ns,
	     uint64_t *kernel_ns) NO_LOCK_ANALYSIS
{
	unsigned long irq = irq_save();
	struct run_queue *rq = runq_lock_of(t);
	uint64_t now_ns = clock_now_ns();

	if (rq->current == t)
		runq_charge(rq, now_ns);
	*user_ns = t->ran_ns[THREAD_MODE_USER];
	*kernel_ns = t->ran_ns[THREAD_MODE_KERNEL];
	spin_unlock(&rq->lock);
	irq_restore(irq);
}

/* --- load average -------------------------------------------------------- */

#define LOAD_PERIOD_NS (5 * NSEC_PER_SEC)
#define LOAD_SHIFT     11
#define LOAD_ONE       (1ULL << LOAD_SHIFT)

/* LOAD_ONE * exp(-5 s / 1, 5, 15 minutes) */
static const uint64_t load_decay[3] = { 1884, 2014, 2037 };

static struct spinlock load_lock = SPINLOCK_INIT(LOCK_RUN_QUEUE, "load");
static uint64_t load[3];              /* [load_lock] */
static _Atomic uint64_t load_next_ns; /* [a] written under load_lock */

/* LOAD_ONE * (decay / LOAD_ONE) ^ n */
static uint64_t
decay_power(uint64_t decay, uint64_t n)
{
	uint64_t result = LOAD_ONE;

	for (; n > 0; n >>= 1) {
		if (n & 1)
			result = result * decay >> LOAD_SHIFT;
		decay = decay * decay >> LOAD_SHIFT;
	}
	return result;
}

static void
load_step(uint64_t active, uint64_t periods)
{
	for (int i = 0; i < 3; i++) {
		uint64_t keep = decay_power(load_decay[i], periods);
		uint64_t sum = load[i] * keep +
			       (active << LOAD_SHIFT) * (LOAD_ONE - keep);

		/* Round towards the goal, so that it is reached. */
		if (active << LOAD_SHIFT >= load[i])
			sum += LOAD_ONE - 1;
		load[i] = sum >> LOAD_SHIFT;
	}
}

static void
count_active(uint64_t *ready, uint64_t *asleep)
{
	cpumask_t cpus =
		atomic_load_explicit(&sched_online, memory_order_relaxed);
	long sleepers = 0;

	*ready = 0;
	for (; cpus; cpus &= cpus - 1) {
		struct run_queue *rq = runq_of((unsigned)__builtin_ctzll(cpus));

		*ready +=
			atomic_load_explicit(&rq->ready, memory_order_relaxed);
		sleepers += *(volatile long *)&rq->uninterruptible;
	}
	*asleep = (uint64_t)MAX(sleepers, 0);
}

/* Bring the averages up to date.  Any context, no run queue locked. */
void
account_load(uint64_t now_ns)
{
	uint64_t next_ns =
		atomic_load_explicit(&load_next_ns, memory_order_relaxed);
	uint64_t periods, ready, asleep;
	unsigned long irq;

	if (likely(now_ns < next_ns))
		return;
	irq = spin_lock_irq(&load_lock);
	next_ns = atomic_load_explicit(&load_next_ns, memory_order_relaxed);
	if (now_ns >= next_ns) {
		periods = (now_ns - next_ns) / LOAD_PERIOD_NS;
		count_active(&ready, &asleep);
		if (periods > 0)
			load_step(asleep, periods);
		load_step(ready + asleep, 1);
		next_ns += (periods + 1) * LOAD_PERIOD_NS;
		atomic_store_explicit(&load_next_ns, next_ns,
				      memory_order_relaxed);
	}
	spin_unlock_irq(&load_lock, irq);
}

/* --- for /proc ----------------------------------------------------------- */

static void
add_cpu(unsigned cpu, struct sched_stats *out) NO_LOCK_ANALYSIS
{
	struct run_queue *rq = runq_of(cpu);
	unsigned long irq = spin_lock_irq(&rq->lock);

	runq_charge(rq, clock_now_ns());
	out->running += atomic_load_explicit(&rq->ready, memory_order_relaxed);
	/* A thread may start on one CPU and end on another: sums may wrap. */
	out->threads += (unsigned)rq->threads;
	out->switches += rq->switches;
	out->user_ns += rq->ran_ns[THREAD_MODE_USER];
	out->kernel_ns += rq->ran_ns[THREAD_MODE_KERNEL];
	out->idle_ns += rq->ran_ns[THREAD_MODE_IDLE];
	spin_unlock_irq(&rq->lock, irq);
}

void
sched_cpu_stats(unsigned cpu, struct sched_stats *out)
{
	*out = (struct sched_stats){ 0 };
	if (atomic_load_explicit(&sched_online, memory_order_acquire) &
	    CPUMASK(cpu))
		add_cpu(cpu, out);
}

void
sched_stats(struct sched_stats *out)
{
	cpumask_t cpus =
		atomic_load_explicit(&sched_online, memory_order_acquire);
	unsigned long irq;
	uint64_t ready;

	account_load(clock_now_ns());
	*out = (struct sched_stats){ 0 };
	count_active(&ready, &out->blocked);
	for (; cpus; cpus &= cpus - 1)
		add_cpu((unsigned)__builtin_ctzll(cpus), out);
	irq = spin_lock_irq(&load_lock);
	for (int i = 0; i < 3; i++)
		out->load[i] = load[i];
	spin_unlock_irq(&load_lock, irq);
}
